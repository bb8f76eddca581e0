// Answers: what a checkpoint answered, question by question; or what changed from one checkpoint to another.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import * as api from "../../api.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { FindMenu } from "../../parts/find_menu.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { PickFace } from "../../parts/menu.tsx";
import { Menu } from "../../parts/menu.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import { Top } from "../../parts/top.tsx";
import { Who } from "../../parts/verdict.tsx";
import * as format from "../../math/format.ts";
import { use_request } from "../../request.ts";
import type { RunAnswerSteps } from "../../schema.ts";
import { OneRun } from "./one.tsx";
import { TwoRuns } from "./two.tsx";
import {
  answers_view,
  best_step,
  comparable,
  ranked_sides,
  read_side,
  say_step,
  write_side,
} from "./view.ts";
import type { Side } from "./view.ts";
import { SaveView } from "../views/views.tsx";

/** The Answers page. */
export function Answers(_props: { readonly rest: string }): JSX.Element {
  const look = use_request("answer steps ", (signal) =>
    api.answer_steps("", signal),
  );
  return (
    <>
      <Top title="Answers">
        <span class="second-text clip">
          What a checkpoint answered, question by question
        </span>
        <span class="grow" />
        <SaveView />
      </Top>
      <main class="main" id="main">
        <Looks
          look={look}
          is_empty={(runs) => runs.every((run) => run.steps.length === 0)}
          empty={
            <Empty title="No answers yet">
              An evaluation of a question-answering model records them:{" "}
              <span class="mono">trailmark train</span> does at every evaluation
            </Empty>
          }
        >
          {(runs) => <Sides runs={runs} />}
        </Looks>
      </main>
    </>
  );
}

function Sides({ runs }: { runs: readonly RunAnswerSteps[] }): JSX.Element {
  const values = answers_view.values.value;
  const ranked = ranked_sides(runs);
  const a = values.a === "" ? ranked[0] : read_side(runs, values.a);
  const b = values.b === "" ? undefined : read_side(runs, values.b);
  if (a === undefined || (values.b !== "" && b === undefined))
    return (
      <Empty title="No such answers">
        No run has answers at {a === undefined ? values.a : values.b}.{" "}
        <a class="to-link" href="/answers">
          Show the best run’s
        </a>
      </Empty>
    );
  return (
    <>
      <Controls runs={runs} ranked={ranked} a={a} b={b} />
      {b === undefined ? (
        <OneRun key={a.run.run} side={a} />
      ) : (
        <TwoRuns key={`${a.run.run} ${b.run.run}`} a={a} b={b} />
      )}
    </>
  );
}

function Controls(props: {
  runs: readonly RunAnswerSteps[];
  ranked: readonly Side[];
  a: Side;
  b: Side | undefined;
}): JSX.Element {
  const { runs, ranked, a, b } = props;
  const other = b === undefined ? comparable(a, runs) : undefined;
  const values = answers_view.values.value;
  return (
    <div class="controls">
      <SidePick letter={b && "A"} side={a} ranked={ranked} field="a" />
      {b !== undefined && (
        <>
          <IconButton
            icon="swap"
            label="Swap A and B"
            small
            onClick={() =>
              answers_view.set({ a: write_side(b), b: write_side(a) })
            }
          />
          <SidePick letter="B" side={b} ranked={ranked} field="b" />
          <Button
            small
            kind="quiet"
            icon="close"
            onClick={() => answers_view.set({ b: "", show: "all" })}
          >
            Only A
          </Button>
        </>
      )}
      {other !== undefined && (
        <Button
          small
          icon="diff"
          onClick={() =>
            answers_view.set({
              a: write_side(other),
              b: write_side(a),
              show: "changed",
              id: "",
            })
          }
        >
          Compare with {called(other.run)}
        </Button>
      )}
      <span class="grow" />
      <TextFind
        label="Find in answers"
        width={220}
        value={values.find}
        onChange={(find) => answers_view.set({ find })}
      />
    </div>
  );
}

function SidePick(props: {
  letter: "A" | "B" | undefined;
  side: Side;
  ranked: readonly Side[];
  field: "a" | "b";
}): JSX.Element {
  const { side, field } = props;
  const set = (word: string): void =>
    answers_view.set(field === "a" ? { a: word } : { b: word });
  const best = best_step(side.run);
  return (
    <span class="in-row">
      {props.letter !== undefined && <Who letter={props.letter} />}
      <FindMenu
        label={`Run ${props.letter ?? ""}`.trim()}
        face={called(side.run)}
        value={side.run.run}
        options={props.ranked.map((one) => ({
          value: one.run.run,
          label: called(one.run),
          detail: `F1 ${format.percent(one.step.f1)}`,
        }))}
        onChange={(id) => {
          const found = props.ranked.find((one) => one.run.run === id);
          if (found !== undefined) set(write_side(found));
        }}
      />
      <Menu
        label={`Checkpoint ${props.letter ?? ""}`.trim()}
        class="pick"
        align="start"
        face={
          <PickFace label="Checkpoint">
            {say_step(side.step)}
            {best?.step === side.step.step ? ", best" : ""}
          </PickFace>
        }
        items={side.run.steps.map((step) => ({
          label: say_step(step),
          detail: `F1 ${format.percent(step.f1)}`,
          on: step.step === side.step.step,
          run: () => set(write_side({ run: side.run, step })),
        }))}
      />
    </span>
  );
}
