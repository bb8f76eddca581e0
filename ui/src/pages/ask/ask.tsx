// Ask: type a text and questions, choose one or two checkpoints, see what each answers.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../api.ts";
import { ApiError } from "../../fetch.ts";
import { ago } from "../../math/format.ts";
import { Empty, Loading, Looks } from "../../parts/looks.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Top } from "../../parts/top.tsx";
import { use_request } from "../../request.ts";
import type { Models } from "../../shapes_of_answers.ts";
import { AskForm, kept_by } from "./form.tsx";
import { load_asked, store_asked } from "./kept.ts";
import { AskReplies } from "./replies.tsx";
import {
  ask_view,
  asked,
  draft,
  first_model,
  keep_asked,
  questions_of,
  read_model,
  show_asked,
  shown,
} from "./view.ts";

/** The Ask page. */
export function Ask(_props: { readonly rest: string }): JSX.Element {
  const look = use_request("models", (signal) => api.models(signal));
  const id = use_request("info", api.info).data?.repository.id;
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
          {(models) =>
            id === undefined ? (
              <Loading />
            ) : (
              <Desk key={id} models={models} repository={id} />
            )
          }
        </Looks>
      </main>
    </>
  );
}

function Desk(props: { models: Models; repository: string }): JSX.Element {
  const { models, repository } = props;
  useState(() => load_asked(repository));
  const { a, b, run, top } = ask_view.values.value;
  const first = read_model(models, a) ?? first_model(models, run);
  const second = read_model(models, b);
  const chosen = [first, second].filter((model) => model !== undefined);
  const [is_asking, set_asking] = useState(false);
  const [error, set_error] = useState<ApiError | undefined>(undefined);
  const { context, questions, is_recorded } = draft.value;
  const record_to = kept_by(chosen);
  const one = asked.value[shown.value];
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
        ...(is_recorded ? { record: { run: record_to?.run ?? null } } : {}),
      });
      keep_asked({ context, reply, at: Date.now() });
      store_asked(repository);
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
      <div class="ask-side">
        <AskForm
          models={models}
          chosen={[first, second]}
          missing={is_asking ? "It is being answered" : missing}
          is_asking={is_asking}
          onAsk={() => void ask()}
        />
        <AskedBefore />
      </div>
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
        {one === undefined ? (
          <Empty title={is_asking ? "Asking…" : "Nothing asked yet"}>
            {is_asking
              ? "A checkpoint that was not asked before is loaded first"
              : "Answers stand here, with their places in the text"}
          </Empty>
        ) : (
          <AskReplies one={one} models={models} />
        )}
      </div>
    </div>
  );
}

/** What was asked here before: a click shows it again. */
function AskedBefore(): JSX.Element {
  const now = Date.now();
  if (asked.value.length < 2) return <></>;
  return (
    <section class="panel asked-before" aria-label="Asked before">
      <header>
        <h2>Asked before</h2>
        <span class="small-text quiet-text">in this browser</span>
      </header>
      <ul>
        {asked.value.map(({ reply, at }, i) => {
          const first = reply.answers[0]?.answers[0];
          return (
            <li key={at}>
              <button
                type="button"
                aria-pressed={i === shown.value}
                class={i === shown.value ? "on" : ""}
                onClick={() => show_asked(i)}
              >
                <span class="clip grow">{first?.question}</span>
                <b class="clip">{first?.answer}</b>
                <span class="quiet-text">{ago((now - at) / 1000)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
