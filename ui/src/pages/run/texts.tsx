// The texts of a run, by name and context, each with its steps.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../api.ts";
import { count, plural } from "../../math/format.ts";
import { say_series, write_series } from "../../math/series_name.ts";
import { IconButton } from "../../parts/button.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import { say_bad } from "../../parts/toast.tsx";
import { use_request } from "../../request.ts";
import type { Text } from "../../schema.ts";
import { write_search } from "../../state.ts";
import type { RunFrame } from "./frame.ts";
import { run_view } from "./view.ts";

/** What a run logged as text. */
export function RunTexts({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const q = `run.hash == ${JSON.stringify(run.id)}`;
  const look = use_request(`texts ${q}`, (signal) => api.texts({ q }, signal));
  const { find } = run_view.values.value;
  return (
    <>
      <div class="controls">
        <TextFind
          label="Find in texts"
          width={320}
          value={find}
          onChange={(value) => run_view.set({ find: value })}
        />
        <span class="grow" />
        <a
          class="to-link small-text"
          href={`/texts?${write_search([["q", q]])}`}
        >
          Compare in Texts
        </a>
      </div>
      <div class="scrolls">
        <Looks
          look={look}
          is_empty={(texts) => texts.total === 0}
          empty={
            <Empty title="No texts">
              A run logs them with{" "}
              <span class="mono">run.track(Text("…"), name="answer")</span>
            </Empty>
          }
        >
          {(texts) => (
            <TextGroups texts={texts.texts} total={texts.total} find={find} />
          )}
        </Looks>
      </div>
    </>
  );
}

function TextGroups(props: {
  texts: readonly Text[];
  total: number;
  find: string;
}): JSX.Element {
  const word = props.find.toLowerCase();
  const groups = new Map<string, Text[]>();
  for (const text of props.texts) {
    if (word !== "" && !text.text.toLowerCase().includes(word)) continue;
    const key = write_series(text);
    groups.set(key, [...(groups.get(key) ?? []), text]);
  }
  if (groups.size === 0) return <Empty title="No text has these words" />;
  return (
    <div class="run-texts">
      {[...groups].map(([key, texts]) => (
        <TextGroup key={key} texts={texts} />
      ))}
      {props.total > props.texts.length && (
        <p class="quiet-text small-text">
          The first {count(props.texts.length)} of {count(props.total)} texts
          are searched and shown
        </p>
      )}
    </div>
  );
}

function TextGroup({ texts }: { texts: readonly Text[] }): JSX.Element {
  const [at, set_at] = useState(texts.length - 1);
  const [whole, set_whole] = useState<string | undefined>(undefined);
  const shown = texts[Math.min(at, texts.length - 1)];
  if (shown === undefined) return <></>;
  const step_by = (by: number): void => {
    set_at(Math.max(0, Math.min(texts.length - 1, at + by)));
    set_whole(undefined);
  };
  return (
    <section class="panel">
      <header>
        <h2 class="clip">{shown.name}</h2>
        <span class="small-text quiet-text clip grow" title={say_series(shown)}>
          {Object.entries(shown.context)
            .map(([key, value]) => `${key}: ${String(value)}`)
            .join(" · ")}
        </span>
        <span class="small-text second-text">
          step {count(shown.step)}
          {shown.epoch !== undefined && `, epoch ${shown.epoch}`} ·{" "}
          {Math.min(at, texts.length - 1) + 1} of {texts.length}
        </span>
        <IconButton
          icon="up_arrow"
          label="Step back"
          small
          not_now={at === 0 ? "This is the first" : undefined}
          onClick={() => step_by(-1)}
        />
        <IconButton
          icon="down_arrow"
          label="Step on"
          small
          not_now={at + 1 >= texts.length ? "This is the last" : undefined}
          onClick={() => step_by(1)}
        />
      </header>
      <pre class="logged-text">{whole ?? shown.text}</pre>
      {shown.is_cut && whole === undefined && (
        <button
          type="button"
          class="action pad"
          onClick={() => {
            const { run, name, context, step } = shown;
            void api
              .text(run, name, JSON.stringify(context), step)
              .then(set_whole, say_bad);
          }}
        >
          Show all {plural(shown.bytes, "byte")}
        </button>
      )}
    </section>
  );
}
