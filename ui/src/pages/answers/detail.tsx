// One question: its text with the answers in it, the answers checkpoint by checkpoint, and what else was possible.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import * as api from "../../api.ts";
import * as format from "../../math/format.ts";
import {
  AnswerText,
  MarkedText,
  VerdictMark,
  Who,
} from "../../parts/verdict.tsx";
import { Score } from "../../parts/score.tsx";
import { use_request } from "../../request.ts";
import type { Answer, HistoryStep } from "../../shapes_of_answers.ts";
import type { Side } from "./view.ts";

/** One checkpoint's answer to the question. */
export interface SideAnswer {
  readonly letter: "A" | "B" | undefined;
  readonly side: Side;
  readonly answer: Answer;
}

interface Question {
  readonly question_key: string;
  readonly question: string;
  readonly golds: readonly string[];
}

const colour_of = (letter: "A" | "B" | undefined): string =>
  letter === "A" ? "var(--a)" : letter === "B" ? "var(--b)" : "var(--c1)";

/** A question with the answers of one or two checkpoints. */
export function AnswerDetail(props: {
  question: Question;
  context: string;
  sides: readonly SideAnswer[];
  /** What changed, where two are compared. */
  change?: string;
}): JSX.Element {
  const { question, context, sides } = props;
  const spans = sides.map(({ letter, answer }) => ({
    start: answer.start,
    end: answer.end,
    kind: letter === "A" ? ("a" as const) : ("b" as const),
  }));
  const is_one = sides.length === 1;
  return (
    <section
      class={is_one ? "panel answer-detail one" : "panel answer-detail"}
      aria-label="Question"
    >
      <div class="answer-head">
        <span class="in-row small-text quiet-text">
          {is_one && sides[0] !== undefined ? (
            <VerdictMark verdict={sides[0].answer.verdict} word />
          ) : (
            <b class={`change ${props.change ?? ""}`}>
              {props.change?.replace("_", " ")}
            </b>
          )}
          <span class="mono clip" title={question.question_key}>
            {question.question_key.slice(0, 12)}
          </span>
        </span>
        <h2>{question.question}</h2>
      </div>
      <div class="answer-context">
        {context === "" ? (
          <p class="quiet-text">The run does not keep this question’s text</p>
        ) : (
          <MarkedText text={context} spans={spans} golds={question.golds} />
        )}
        <p class="in-row small-text quiet-text">
          {is_one ? (
            <span class="in-b">answer</span>
          ) : (
            <>
              <span class="in-a">A answers</span>
              <span class="in-b">B answers</span>
            </>
          )}
          <span
            class="in-gold"
            title="Underlined wherever the reference’s words stand"
          >
            gold
          </span>
          <span class="clip">
            {question.golds.length === 0
              ? "the text has no answer"
              : [...new Set(question.golds)].join(" · ")}
          </span>
        </p>
      </div>
      <div class="answer-columns">
        {sides.map((one) => (
          <Steps key={one.letter} one={one} question={question.question_key} />
        ))}
      </div>
      <div class="answer-columns">
        {sides.map((one) => (
          <Others key={one.letter} one={one} />
        ))}
      </div>
    </section>
  );
}

function Steps(props: { one: SideAnswer; question: string }): JSX.Element {
  const { letter, side } = props.one;
  const run = side.run.run;
  const look = use_request(
    `answer history ${run} ${props.question}`,
    (signal) => api.answer_history(run, props.question, signal),
  );
  const steps: readonly HistoryStep[] = look.data?.steps ?? [
    { ...props.one.answer, step: side.step.step },
  ];
  return (
    <table class="plain">
      <caption>
        <span class="in-row">
          {letter !== undefined && <Who letter={letter} />}
          <b>{called(side.run)}</b>{" "}
          <span class="quiet-text">by checkpoint</span>
        </span>
      </caption>
      <thead>
        <tr>
          <th>{steps[0]?.epoch === undefined ? "Step" : "Epoch"}</th>
          <th>Answer</th>
          <th>Score</th>
          <th class="number">F1</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <tr
            key={step.step}
            class={step.step === side.step.step ? "on" : ""}
            aria-current={step.step === side.step.step ? "true" : undefined}
          >
            <td class="mono">
              {step.epoch === undefined
                ? format.count(step.step)
                : Math.round(step.epoch * 100) / 100}
            </td>
            <td title={step.answer}>
              <VerdictMark verdict={step.verdict} />{" "}
              <AnswerText text={step.answer} />
            </td>
            <td>
              <Score score={step.score} color={colour_of(letter)} />
            </td>
            <td class="number mono">{format.percent(step.f1 * 100)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Others({ one }: { one: SideAnswer }): JSX.Element {
  const { answer, letter } = one;
  const color = colour_of(letter);
  return (
    <div class="answer-others">
      <h3>Other answers {letter !== undefined && `of ${letter}`}</h3>
      {answer.others.length === 0 && (
        <p class="quiet-text small-text">None was recorded</p>
      )}
      {answer.others.map((other, i) => (
        <div key={i} class="in-row other">
          <span class="clip grow" title={other.text}>
            <AnswerText text={other.text} />
          </span>
          <Score score={other.score} color={color} />
        </div>
      ))}
      <p class="quiet-text tiny-text">
        {answer.null_score !== undefined &&
          `no answer ${format.metric(answer.null_score)} · `}
        answered in {format.metric(answer.millis)} ms
      </p>
    </div>
  );
}
