// What is asked: a text, questions, checkpoints; and which run keeps it.

import type { JSX } from "preact";
import * as format from "../../math/format.ts";
import { link_id } from "../../math/run_id.ts";
import { Button, Choice, Switch } from "../../parts/button.tsx";
import { FindMenu } from "../../parts/find_menu.tsx";
import { Menu, PickFace } from "../../parts/menu.tsx";
import { Who } from "../../parts/verdict.tsx";
import type { Model, Models } from "../../shapes_of_answers.ts";
import { next_example, use_examples } from "./examples.ts";
import { ask_view, draft } from "./view.ts";

/** The run that shall keep what is asked; none for a new one. */
export function kept_by(
  chosen: readonly (Model | undefined)[],
): Model | undefined {
  const { record_to } = draft.value;
  if (record_to === "new") return undefined;
  return chosen[record_to === "a" ? 0 : 1];
}

/** What is asked, of whom, and where it is kept. */
export function AskForm(props: {
  models: Models;
  chosen: readonly [Model | undefined, Model | undefined];
  missing: string | undefined;
  is_asking: boolean;
  onAsk: () => void;
}): JSX.Element {
  const { context, questions, is_recorded } = draft.value;
  const { top } = ask_view.values.value;
  const [first, second] = props.chosen;
  const keydown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    props.onAsk();
  };
  return (
    <section class="panel ask-form" aria-label="Question" onKeyDown={keydown}>
      <label class="field">
        <span class="in-row">
          <b>Context</b>
          <span class="grow" />
          <span class="quiet-text small-text">
            {format.plural(context.length, "character")}
          </span>
        </span>
        <textarea
          class="input"
          rows={8}
          value={context}
          placeholder="The text that holds the answers"
          onInput={(event) => {
            draft.value = {
              ...draft.value,
              context: event.currentTarget.value,
            };
          }}
        />
      </label>
      <UseExample />
      <label class="field">
        <span class="in-row">
          <b>Questions</b>
          <span class="grow" />
          <span class="quiet-text small-text">one a line</span>
        </span>
        <textarea
          class="input"
          rows={4}
          value={questions}
          placeholder="Who…?"
          onInput={(event) => {
            draft.value = {
              ...draft.value,
              questions: event.currentTarget.value,
            };
          }}
        />
      </label>
      <h3>Checkpoints</h3>
      <ModelPick
        models={props.models}
        model={first}
        letter="A"
        onChange={(a) => ask_view.set({ a, run: "" })}
      />
      <ModelPick
        models={props.models}
        model={second}
        letter="B"
        onChange={(b) => ask_view.set({ b })}
      />
      <div class="in-row">
        <span class="second-text small-text">Answers each</span>
        <Choice
          small
          label="Answers each"
          value={String(top)}
          options={["1", "3", "5", "10"].map((value) => ({
            value,
            label: value,
          }))}
          onChange={(value) => ask_view.set({ top: Number(value) })}
        />
      </div>
      <Switch
        on={is_recorded}
        title="Questions and answers are kept as texts of a run"
        onChange={(on) => {
          draft.value = { ...draft.value, is_recorded: on };
        }}
      >
        Record to a run
      </Switch>
      {is_recorded && <RecordTo models={props.chosen} />}
      <Button
        kind="prime"
        keys="Ctrl Enter"
        not_now={props.missing}
        onClick={props.onAsk}
      >
        {props.is_asking ? "Asking…" : "Ask"}
      </Button>
    </section>
  );
}

function ModelPick(props: {
  models: Models;
  model: Model | undefined;
  letter: "A" | "B";
  onChange: (word: string) => void;
}): JSX.Element {
  const { model, models, letter } = props;
  const options = models.models.map((one) => ({
    value: `${link_id({ id: one.run })}@${one.step}`,
    label: `${one.name} ${format.count(one.step)}`,
    detail: `${one.f1 === undefined ? "" : `F1 ${format.percent(one.f1)}`}${one.id === models.best ? " ★" : ""}`,
  }));
  return (
    <div class="in-row">
      <Who letter={letter} />
      <FindMenu
        label={`Checkpoint ${letter}`}
        face={
          model === undefined
            ? "none"
            : `${model.name} ${format.count(model.step)}`
        }
        value={
          model === undefined
            ? ""
            : `${link_id({ id: model.run })}@${model.step}`
        }
        options={
          letter === "A" ? options : [{ value: "", label: "None" }, ...options]
        }
        onChange={props.onChange}
      />
    </div>
  );
}

/** Fills the form from what the repository holds; each press brings the next. */
function UseExample(): JSX.Element {
  const examples = use_examples();
  const { context } = draft.value;
  const next = next_example(examples, context);
  if (next === undefined) return <></>;
  return (
    <div class="in-row">
      <Button
        small
        icon="texts"
        title="A text and questions of this repository"
        onClick={() => {
          draft.value = {
            ...draft.value,
            context: next.context,
            questions: next.questions.join("\n"),
          };
        }}
      >
        Use an example
      </Button>
      <span class="quiet-text small-text">
        {format.plural(examples.length, "text")} of this repository
      </span>
    </div>
  );
}

function RecordTo(props: {
  models: readonly [Model | undefined, Model | undefined];
}): JSX.Element {
  const [a, b] = props.models;
  const kept = kept_by(props.models);
  const runs = [
    { to: "a" as const, model: a },
    ...(b?.run === a?.run ? [] : [{ to: "b" as const, model: b }]),
  ];
  const set = (record_to: "new" | "a" | "b"): void => {
    draft.value = { ...draft.value, record_to };
  };
  return (
    <Menu
      label="Record to"
      class="pick"
      align="start"
      face={
        <PickFace label="Record to">
          {kept === undefined ? "a new run of ask" : kept.name}
        </PickFace>
      }
      items={[
        {
          label: "A new run of the experiment ask",
          on: kept === undefined,
          run: () => set("new"),
        },
        ...runs.flatMap(({ to, model }) =>
          model === undefined
            ? []
            : [
                {
                  label: `${model.name}, the run of ${to.toUpperCase()}`,
                  on: kept?.run === model.run,
                  run: () => set(to),
                },
              ],
        ),
      ]}
    />
  );
}
