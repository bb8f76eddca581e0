// The answers of two checkpoints to the same questions: the net effect with its uncertainty, then what changed.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../api.ts";
import * as format from "../../math/format.ts";
import { Choice } from "../../parts/button.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { Swatch } from "../../parts/marks.tsx";
import { AnswerText, Who } from "../../parts/verdict.tsx";
import { StripLegend, VerdictStrip } from "../../parts/verdict_strip.tsx";
import { use_request } from "../../request.ts";
import type { Comparison, Pair } from "../../shapes_of_answers.ts";
import { AnswerDetail } from "./detail.tsx";
import { Effect, changes } from "./effect.tsx";
import { LeakNote } from "./leak.tsx";
import { More, QuestionList } from "./list.tsx";
import { answers_view, step_word, write_side } from "./view.ts";
import type { Side } from "./view.ts";

const page_size = 200;
const shows = [
  "all",
  "changed",
  "fixed",
  "broken",
  "both_wrong",
  "both_right",
] as const;
type Show = (typeof shows)[number];

/** What changed from A to B. */
export function TwoRuns({ a, b }: { a: Side; b: Side }): JSX.Element {
  const values = answers_view.values.value;
  const [limit, set_limit] = useState(page_size);
  const show = shows.find((one) => one === values.show) ?? "all";
  const query = {
    a: write_side(a),
    b: write_side(b),
    show,
    find: values.find,
    limit,
  };
  const look = use_request(`compare ${JSON.stringify(query)}`, (signal) =>
    api.compare_answers(query, signal),
  );
  return (
    <div class="answers">
      <Looks
        look={look}
        is_empty={({ summary }) => summary.total === 0}
        empty={
          <Empty title="No question in common">
            A and B answered different questions; choose runs evaluated on the
            same data
          </Empty>
        }
      >
        {(answer) => (
          <>
            <Effect a={a} b={b} answer={answer} />
            <LeakNote leak={answer.leak} />
            <Changes
              a={a}
              b={b}
              answer={answer}
              show={show}
              onMore={() => set_limit(limit + page_size)}
            />
          </>
        )}
      </Looks>
    </div>
  );
}

function Changes(props: {
  a: Side;
  b: Side;
  answer: Comparison;
  show: Show;
  onMore: () => void;
}): JSX.Element {
  const { answer, a, b } = props;
  const { summary } = answer;
  const rows =
    props.show === "changed"
      ? [...answer.rows].sort((x, y) => rank_of(x) - rank_of(y))
      : answer.rows;
  const { id } = answers_view.values.value;
  const chosen =
    rows.find((row) => id !== "" && row.question_key.startsWith(id)) ?? rows[0];
  const counts: Record<Show, number> = {
    ...summary,
    all: summary.total,
    changed: summary.fixed + summary.broken,
  };
  const names: Record<Show, string> = {
    all: "All",
    changed: "Changed",
    fixed: "Fixed",
    broken: "Broken",
    both_wrong: "Both wrong",
    both_right: "Both right",
  };
  const head = (i: number): JSX.Element | undefined => {
    const row = rows[i];
    if (row === undefined || row.change === rows[i - 1]?.change)
      return undefined;
    const [, name, color] =
      changes.find(([key]) => key === row.change) ?? changes[0] ?? [];
    return (
      <h3 class="in-row change-head">
        <Swatch color={color ?? ""} />
        {name}
      </h3>
    );
  };
  return (
    <div class="answers-body">
      <section class="panel question-side">
        <div class="question-filters">
          <Choice
            small
            label="Change"
            value={props.show}
            options={shows.map((value) => ({
              value,
              label:
                value === props.show ? (
                  <>
                    {names[value]}{" "}
                    <span class="quiet-text">
                      {format.count(counts[value])}
                    </span>
                  </>
                ) : (
                  names[value]
                ),
              title: format.plural(counts[value], "question"),
            }))}
            onChange={(show) => answers_view.set({ show, id: "" })}
          />
        </div>
        <StripLegend
          sides={(["a", "b"] as const).map((key) => ({
            words: `${key.toUpperCase()} by ${step_word(answer.strips[key].steps)}`,
            n: answer.strips[key].steps.length,
          }))}
        />
        <QuestionList
          keys={rows.map((row) => row.question_key)}
          chosen={chosen?.question_key}
          onChoose={(key) => answers_view.set({ id: key })}
          row={(i) => (
            <PairRow
              row={rows[i]}
              answer={answer}
              steps={{ a: a.step.step, b: b.step.step }}
            />
          )}
          {...(props.show === "changed" ? { head } : {})}
          foot={
            <More
              shown={rows.length}
              total={answer.total}
              onMore={props.onMore}
            />
          }
        />
      </section>
      {chosen === undefined ? (
        <section class="panel">
          <Empty title="No question is so">
            Choose another change or another word
          </Empty>
        </section>
      ) : (
        <AnswerDetail
          key={chosen.question_key}
          question={chosen}
          context={answer.contexts.get(chosen.context_id) ?? ""}
          change={chosen.change}
          sides={[
            { letter: "A", side: a, answer: chosen.a },
            { letter: "B", side: b, answer: chosen.b },
          ]}
        />
      )}
    </div>
  );
}

/** What is fixed stands before what is broken. */
function rank_of({ change }: Pair): number {
  return change === "fixed" ? 0 : 1;
}

function PairRow(props: {
  row: Pair | undefined;
  answer: Comparison;
  steps: Readonly<Record<"a" | "b", number>>;
}): JSX.Element {
  const { row, answer, steps } = props;
  if (row === undefined) return <></>;
  return (
    <>
      <span class="clip question">{row.question}</span>
      <span class="pair small-text">
        {(["a", "b"] as const).map((key) => (
          <span key={key} class="in-row">
            <Who letter={key === "a" ? "A" : "B"} />
            <span
              class={row[key].verdict === "wrong" ? "clip wrong-text" : "clip"}
            >
              <AnswerText text={row[key].answer} />
            </span>
          </span>
        ))}
        {(["a", "b"] as const).map((key) => (
          <VerdictStrip
            key={`strip ${key}`}
            letters={answer.strips[key].verdicts.get(row.question_key) ?? ""}
            steps={answer.strips[key].steps}
            at={steps[key]}
          />
        ))}
      </span>
    </>
  );
}
