// Ask: type a text and questions, choose one or two checkpoints, see what each answers.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../api.ts";
import { ApiError } from "../api.ts";
import * as format from "../math/format.ts";
import { link_id } from "../math/run_id.ts";
import { Button, Choice, Switch } from "../parts/button.tsx";
import { FindMenu } from "../parts/find_menu.tsx";
import { Empty, Looks } from "../parts/looks.tsx";
import { Icon } from "../parts/icon.tsx";
import { Top } from "../parts/top.tsx";
import { Who } from "../parts/verdict.tsx";
import { use_request } from "../request.ts";
import type { Model, Models } from "../shapes_of_answers.ts";
import { AskReplies } from "./ask_replies.tsx";
import {
  ask_view,
  asked,
  draft,
  first_model,
  keep_asked,
  questions_of,
  read_model,
} from "./ask_view.ts";

/** The Ask page. */
export function Ask(_props: { readonly rest: string }): JSX.Element {
  const look = use_request("models", (signal) => api.models(signal));
  return (
    <>
      <Top title="Ask">
        <span class="second-text clip">
          Type a text and questions; see what each checkpoint answers
        </span>
      </Top>
      <main class="main" id="main">
        <Looks
          look={look}
          is_empty={(models) => models.models.length === 0}
          empty={
            <Empty title="No checkpoint to ask">
              <span class="mono">trailmark train</span> keeps checkpoints of the
              models that it trains; their runs then stand here
            </Empty>
          }
        >
          {(models) => <Desk models={models} />}
        </Looks>
      </main>
    </>
  );
}

function Desk({ models }: { models: Models }): JSX.Element {
  const { a, b, run, top } = ask_view.values.value;
  const first = read_model(models, a) ?? first_model(models, run);
  const second = read_model(models, b);
  const chosen = [first, second].filter((model) => model !== undefined);
  const [is_asking, set_asking] = useState(false);
  const [error, set_error] = useState<ApiError | undefined>(undefined);
  const { context, questions, is_recorded } = draft.value;
  const missing =
    context.trim() === ""
      ? "Type a text first"
      : questions_of(questions).length === 0
        ? "Type a question first"
        : undefined;
  const ask = async (): Promise<void> => {
    if (missing !== undefined || is_asking) return;
    set_asking(true);
    set_error(undefined);
    try {
      const reply = await api.ask_models({
        models: chosen.map((model) => model.id),
        context,
        questions: questions_of(questions),
        top_k: top,
        ...(is_recorded ? { record: { run: null } } : {}),
      });
      keep_asked({ context, reply, at: Date.now() });
    } catch (failure) {
      set_error(
        failure instanceof ApiError
          ? failure
          : new ApiError(0, "internal", String(failure)),
      );
    }
    set_asking(false);
  };
  return (
    <div class="ask-page">
      <Form
        models={models}
        chosen={[first, second]}
        missing={is_asking ? "It is being answered" : missing}
        is_asking={is_asking}
        onAsk={() => void ask()}
      />
      <div class="ask-result">
        {error !== undefined && (
          <div class="note bad" role="alert">
            <Icon name="failed" />
            <span class="grow">
              {error.message}
              {error.hint !== undefined && `. ${error.hint}`}
            </span>
          </div>
        )}
        {asked.value[0] === undefined ? (
          <Empty title={is_asking ? "Asking…" : "Nothing asked yet"}>
            {is_asking
              ? "A checkpoint that was not asked before is loaded first"
              : "Answers stand here, with their places in the text"}
          </Empty>
        ) : (
          <AskReplies one={asked.value[0]} models={models} />
        )}
      </div>
    </div>
  );
}

function Form(props: {
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
        title="Questions and answers are kept as texts of a new run of the experiment ask"
        onChange={(on) => {
          draft.value = { ...draft.value, is_recorded: on };
        }}
      >
        Record to a run
      </Switch>
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
