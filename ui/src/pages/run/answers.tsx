// How a run's answers went, checkpoint by checkpoint; each leads to the answers themselves.

import type { JSX } from "preact";
import * as api from "../../api.ts";
import * as format from "../../math/format.ts";
import { Empty, Looks } from "../../parts/looks.tsx";
import { use_request } from "../../request.ts";
import type { RunAnswerSteps } from "../../schema.ts";
import type { RunFrame } from "./frame.ts";
import { link_id } from "../../math/run_id.ts";

/** The answers of a run in figures. */
export function RunAnswers({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const q = `run.hash == ${JSON.stringify(run.id)}`;
  const look = use_request(`answer steps ${q}`, async (signal) =>
    (await api.answer_steps(q, signal)).filter((one) => one.run === run.id),
  );
  return (
    <div class="scrolls">
      <Looks
        look={look}
        is_empty={(runs) => runs.every((one) => one.steps.length === 0)}
        empty={
          <Empty title="No answers">
            An evaluation of a question-answering model records them:{" "}
            <span class="mono">trailmark train</span> does at every evaluation
          </Empty>
        }
      >
        {(runs) => (
          <section class="panel run-form wide">
            <header>
              <h2>Answers by checkpoint</h2>
              <span class="small-text quiet-text">
                right: exact match; partly: F1 above 0
              </span>
            </header>
            {runs.map((one) => (
              <StepTable key={one.run} steps={one} />
            ))}
          </section>
        )}
      </Looks>
    </div>
  );
}

function StepTable({ steps }: { steps: RunAnswerSteps }): JSX.Element {
  const best = Math.max(...steps.steps.map((step) => step.f1));
  const short = link_id({ id: steps.run });
  return (
    <table class="plain">
      <thead>
        <tr>
          <th class="number">Step</th>
          <th class="number">Epoch</th>
          <th class="number">Questions</th>
          <th>Right, partly, wrong</th>
          <th class="number">Exact match</th>
          <th class="number">F1</th>
          <th>
            <span class="hidden-text">Answers</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {steps.steps.map((step) => (
          <tr key={step.step}>
            <td class="number mono">{format.count(step.step)}</td>
            <td class="number">{step.epoch ?? format.none}</td>
            <td class="number">{format.count(step.total)}</td>
            <td>
              <span
                class="in-row verdicts"
                aria-label={`${step.right} right, ${step.partly} partly, ${step.wrong} wrong`}
              >
                <span class="verdict-bar" aria-hidden="true">
                  <i style={{ flex: step.right, background: "var(--right)" }} />
                  <i style={{ flex: step.partly, background: "var(--part)" }} />
                  <i style={{ flex: step.wrong, background: "var(--wrong)" }} />
                </span>
                <span class="mono second-text">
                  ● {format.count(step.right)} ◐ {format.count(step.partly)} ✕{" "}
                  {format.count(step.wrong)}
                </span>
              </span>
            </td>
            <td class="number mono">{format.percent(step.exact_match)}</td>
            <td class={`number mono${step.f1 === best ? " best" : ""}`}>
              {format.percent(step.f1)}
            </td>
            <td class="number">
              <a class="to-link" href={`/answers?a=${short}@${step.step}`}>
                Open
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
