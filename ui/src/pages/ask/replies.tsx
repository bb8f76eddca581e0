// What checkpoints answered: questions in rows, checkpoints in columns, and the chosen question in its text.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as format from "../../math/format.ts";
import { run_path } from "../../math/run_id.ts";
import { Chip } from "../../parts/marks.tsx";
import { Score } from "../../parts/score.tsx";
import { AnswerText, MarkedText, Who } from "../../parts/verdict.tsx";
import type { AskAnswer, AskModel, Models } from "../../shapes_of_answers.ts";
import type { Asked } from "./view.ts";

const letters = ["A", "B"] as const;
const colours = ["var(--a)", "var(--b)"] as const;

/** The answers to what was asked last. */
export function AskReplies(props: { one: Asked; models: Models }): JSX.Element {
  const { context, reply, at } = props.one;
  const questions = reply.answers[0]?.answers.map((one) => one.question) ?? [];
  const [chosen, set_chosen] = useState({ at, index: 0 });
  const index = chosen.at === at ? chosen.index : 0;
  const agreed = questions.filter((_, i) => agree(reply.answers, i)).length;
  return (
    <>
      <section class="panel" aria-label="Answers">
        <table class="plain replies">
          <thead>
            <tr>
              <th>Question</th>
              {reply.answers.map((one, i) => (
                <ModelHead key={i} one={one} at={i} models={props.models} />
              ))}
            </tr>
          </thead>
          <tbody>
            {questions.map((question, i) => (
              <tr key={i} class={i === index ? "on" : ""}>
                <td>
                  <button
                    type="button"
                    class="question"
                    aria-pressed={i === index}
                    onClick={() => set_chosen({ at, index: i })}
                  >
                    <span class="quiet-text">{i + 1}</span> {question}
                  </button>
                </td>
                {reply.answers.map((one, j) => (
                  <Reply key={j} answer={one.answers[i]} at={j} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <p class="reply-foot small-text second-text in-row">
          {format.plural(questions.length, "question")} ×{" "}
          {format.plural(reply.answers.length, "checkpoint")}
          {reply.answers.length === 2 &&
            `. A and B agree on ${agreed} of ${questions.length}`}
          <span class="grow" />
          {reply.recorded !== undefined && (
            <a
              class="to-link"
              href={`${run_path({ id: reply.recorded })}?tab=texts`}
            >
              Recorded: open its run
            </a>
          )}
        </p>
      </section>
      <Chosen context={context} answers={reply.answers} index={index} />
    </>
  );
}

function agree(models: readonly AskModel[], index: number): boolean {
  const [a, b] = models.map((one) => one.answers[index]?.answer);
  return a !== undefined && a === b;
}

function ModelHead(props: {
  one: AskModel;
  at: number;
  models: Models;
}): JSX.Element {
  const { one, at } = props;
  const model = props.models.models.find((known) => known.id === one.model);
  return (
    <th>
      <span class="in-row">
        <Who letter={letters[at] ?? "B"} />
        <b class="clip">{model?.name ?? one.model}</b>
        <span class="quiet-text">
          {model !== undefined && `step ${format.count(model.step)} · `}
          {format.metric(one.millis)} ms
        </span>
      </span>
    </th>
  );
}

function Reply(props: {
  answer: AskAnswer | undefined;
  at: number;
}): JSX.Element {
  const { answer, at } = props;
  if (answer === undefined) return <td>{format.none}</td>;
  return (
    <td>
      <div class="reply-words">
        <AnswerText text={answer.answer} />
      </div>
      <Score score={answer.score} color={colours[at] ?? ""} />
    </td>
  );
}

function Chosen(props: {
  context: string;
  answers: readonly AskModel[];
  index: number;
}): JSX.Element {
  const found = props.answers.flatMap((one) => one.answers[props.index] ?? []);
  const [first] = found;
  if (first === undefined) return <></>;
  const spans = found.map((one, i) => ({
    start: one.start,
    end: one.end,
    kind: i === 0 ? ("a" as const) : ("b" as const),
  }));
  return (
    <section class="panel answer-detail" aria-label="Chosen question">
      <div class="answer-head">
        <h2 class="in-row">
          {first.question}
          {found.length === 2 && (
            <Chip>
              {agree(props.answers, props.index)
                ? "A and B agree"
                : "A and B differ"}
            </Chip>
          )}
        </h2>
      </div>
      <div class="answer-context">
        <MarkedText text={props.context} spans={spans} />
      </div>
      <div class="answer-columns">
        {found.map((one, i) => (
          <div key={i} class="answer-others">
            <h3 class="in-row">
              <Who letter={letters[i] ?? "B"} /> Other answers
            </h3>
            {one.others.length === 0 && (
              <p class="quiet-text small-text">None beside the first</p>
            )}
            {one.others.map((other, j) => (
              <div key={j} class="in-row other">
                <span class="clip grow" title={other.text}>
                  <AnswerText text={other.text} />
                </span>
                <Score score={other.score} color={colours[i] ?? ""} />
              </div>
            ))}
          </div>
        ))}
      </div>
    </section>
  );
}
