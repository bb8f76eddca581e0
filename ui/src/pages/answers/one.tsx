// The answers of one run: how each checkpoint did, its questions with their verdicts, and the one that is looked at.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../api.ts";
import { use_keys } from "../../keys.ts";
import * as format from "../../math/format.ts";
import { Choice } from "../../parts/button.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { AnswerText } from "../../parts/verdict.tsx";
import { StripLegend, VerdictStrip } from "../../parts/verdict_strip.tsx";
import { use_request } from "../../request.ts";
import type { AnswerList, AnswerRow } from "../../shapes_of_answers.ts";
import { AnswerDetail } from "./detail.tsx";
import { LeakNote } from "./leak.tsx";
import { More, QuestionList } from "./list.tsx";
import {
  answers_view,
  best_step,
  say_step,
  step_word,
  write_side,
} from "./view.ts";
import type { Side } from "./view.ts";

const page_size = 200;

/** One run's answers at one of its steps. */
export function OneRun({ side }: { side: Side }): JSX.Element {
  const { show, find } = answers_view.values.value;
  const [limit, set_limit] = useState(page_size);
  const query = {
    run: side.run.run,
    step: side.step.step,
    show: ["right", "partly", "wrong"].includes(show) ? show : "all",
    find,
    limit,
  };
  const look = use_request(`answers ${JSON.stringify(query)}`, (signal) =>
    api.answers(query, signal),
  );
  const step_by = (by: number): void => {
    const at = side.run.steps.findIndex((step) => step.step === side.step.step);
    const step = side.run.steps[at + by];
    if (step !== undefined)
      answers_view.set({ a: write_side({ run: side.run, step }) });
  };
  use_keys([
    { keys: "[", does: "Checkpoint before", run: () => step_by(-1) },
    { keys: "]", does: "Checkpoint after", run: () => step_by(1) },
  ]);
  return (
    <div class="answers">
      <Checkpoints side={side} />
      <LeakNote leak={look.data?.leak} />
      <Looks look={look}>
        {(list) => (
          <Questions
            side={side}
            list={list}
            show={query.show}
            onMore={() => set_limit(limit + page_size)}
          />
        )}
      </Looks>
    </div>
  );
}

function Checkpoints({ side }: { side: Side }): JSX.Element {
  const best = best_step(side.run);
  return (
    <section class="panel step-strip" aria-label="Checkpoints">
      {side.run.steps.map((step) => (
        <button
          key={step.step}
          type="button"
          class={step.step === side.step.step ? "on" : ""}
          aria-pressed={step.step === side.step.step}
          onClick={() =>
            answers_view.set({ a: write_side({ run: side.run, step }) })
          }
        >
          <span class="tiny-text quiet-text clip">
            {say_step(step)}
            {step === best && " ★"}
          </span>
          <span class="in-row">
            <b class={step === best ? "mono best" : "mono"}>
              {format.percent(step.f1)}
            </b>
            <span class="tiny-text quiet-text">F1</span>
            <b class="mono">{format.percent(step.exact_match)}</b>
            <span class="tiny-text quiet-text">EM</span>
          </span>
          <span
            class="verdict-bar"
            role="img"
            aria-label={`${step.right} right, ${step.partly} partly, ${step.wrong} wrong`}
          >
            <i style={{ flex: step.right, background: "var(--right)" }} />
            <i style={{ flex: step.partly, background: "var(--part)" }} />
            <i style={{ flex: step.wrong, background: "var(--wrong)" }} />
          </span>
        </button>
      ))}
    </section>
  );
}

function Questions(props: {
  side: Side;
  list: AnswerList;
  show: string;
  onMore: () => void;
}): JSX.Element {
  const { list, side } = props;
  const { id } = answers_view.values.value;
  const chosen =
    list.answers.find((row) => id !== "" && row.question_key.startsWith(id)) ??
    list.answers[0];
  const { summary } = list;
  const option = (
    value: "all" | "right" | "partly" | "wrong",
    label: string,
    n: number,
  ) => ({
    value,
    label: (
      <>
        {label} <span class="second-text">{format.count(n)}</span>
      </>
    ),
  });
  return (
    <div class="answers-body">
      <section class="panel question-side">
        <div class="question-filters">
          <Choice
            small
            label="Verdict"
            value={props.show as "all"}
            options={[
              option("all", "All", summary.total),
              option("right", "● Right", summary.right),
              option("partly", "◐ Partly", summary.partly),
              option("wrong", "✕ Wrong", summary.wrong),
            ]}
            onChange={(show) => answers_view.set({ show, id: "" })}
          />
        </div>
        <StripLegend
          sides={[
            {
              words: `by ${step_word(list.strip.steps)}`,
              n: list.strip.steps.length,
            },
          ]}
        />
        <QuestionList
          keys={list.answers.map((row) => row.question_key)}
          chosen={chosen?.question_key}
          onChoose={(key) => answers_view.set({ id: key })}
          row={(i) => (
            <Row row={list.answers[i]} list={list} step={side.step.step} />
          )}
          foot={
            <More
              shown={list.answers.length}
              total={list.total}
              onMore={props.onMore}
            />
          }
        />
      </section>
      {chosen === undefined ? (
        <section class="panel">
          <Empty title="No question has this">
            Choose another verdict or another word
          </Empty>
        </section>
      ) : (
        <AnswerDetail
          key={chosen.question_key}
          question={chosen}
          context={list.contexts.get(chosen.context_id) ?? ""}
          sides={[{ letter: undefined, side, answer: chosen }]}
        />
      )}
    </div>
  );
}

function Row(props: {
  row: AnswerRow | undefined;
  list: AnswerList;
  step: number;
}): JSX.Element {
  const { row, list } = props;
  if (row === undefined) return <></>;
  return (
    <>
      <span class="clip question">{row.question}</span>
      <span class="in-row small-text">
        <span class={row.verdict === "wrong" ? "clip wrong-text" : "clip"}>
          <AnswerText text={row.answer} />
        </span>
        <span class="grow" />
        {row.verdict !== "right" && (
          <span class="quiet-text clip">gold: {row.golds[0] ?? "none"}</span>
        )}
        <VerdictStrip
          letters={list.strip.verdicts.get(row.question_key) ?? ""}
          steps={list.strip.steps}
          at={props.step}
        />
      </span>
    </>
  );
}
