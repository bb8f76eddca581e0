// The search box of a log: hits, the way to the next and the one before, regular expressions.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { use_keys } from "../../keys.ts";
import { count } from "../../math/format.ts";
import { IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import type { Look } from "../../request.ts";
import type { LogHits } from "../../schema.ts";
import { run_view } from "./view.ts";

const typing_millis = 250;

/** Finds in a log. */
export function LogFind(props: {
  hits: Look<LogHits>;
  line: number | undefined;
  onLine: (n: number) => void;
}): JSX.Element {
  const view = run_view.values.value;
  const [draft, set_draft] = useState(view.find);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => set_draft(view.find), [view.find]);
  useEffect(() => {
    if (draft === view.find) return undefined;
    const timer = setTimeout(
      () => run_view.set({ find: draft }),
      typing_millis,
    );
    return () => clearTimeout(timer);
  }, [draft]);
  use_keys([
    { keys: "/", does: "Find in the log", run: () => input.current?.focus() },
  ]);
  const lines = view.find === "" ? [] : (props.hits.data?.lines ?? []);
  const at = props.line === undefined ? -1 : lines.indexOf(props.line);
  const step = (by: number): void => {
    const here = props.line ?? -1;
    const next =
      by > 0
        ? lines.find((n) => n > here)
        : lines.filter((n) => n < here).pop();
    const target = next ?? (by > 0 ? lines[0] : lines[lines.length - 1]);
    if (target !== undefined) props.onLine(target);
  };
  const error = view.find === "" ? undefined : props.hits.error;
  const total = props.hits.data?.total ?? 0;
  const none = lines.length === 0 ? "Nothing is found" : undefined;
  return (
    <div class={error === undefined ? "query log-find" : "query log-find bad"}>
      <Icon name="search" />
      <input
        ref={input}
        class="mono plain-input"
        value={draft}
        placeholder="Find in the log"
        aria-label="Find in the log"
        aria-invalid={error !== undefined}
        spellcheck={false}
        onInput={(event) => set_draft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") set_draft("");
        }}
      />
      <span class="hits" role="status">
        {error !== undefined
          ? error.message
          : view.find === ""
            ? ""
            : at < 0
              ? `${count(total)} found`
              : `${count(at + 1)} of ${count(total)}`}
      </span>
      <IconButton
        icon="up_arrow"
        label="Previous"
        small
        not_now={none}
        onClick={() => step(-1)}
      />
      <IconButton
        icon="down_arrow"
        label="Next"
        small
        not_now={none}
        onClick={() => step(1)}
      />
      <button
        type="button"
        class={`button quiet small square mono${view.case ? " on" : ""}`}
        aria-pressed={view.case}
        aria-label="Match case"
        title="Match case"
        onClick={() => run_view.set({ case: !view.case })}
      >
        Aa
      </button>
      <button
        type="button"
        class={`button quiet small square mono${view.re ? " on" : ""}`}
        aria-pressed={view.re}
        aria-label="Regular expression"
        title="Regular expression"
        onClick={() => run_view.set({ re: !view.re })}
      >
        .*
      </button>
    </div>
  );
}
