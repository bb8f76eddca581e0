// The query box: coloured text, completion of names that exist, and errors with a wavy line, carets and the nearest name.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../fetch.ts";
import { use_keys } from "../keys.ts";
import { tokens } from "../math/tokens.ts";
import type { Completion, CompletionItem, QueryPosition } from "../schema.ts";
import { Completions, use_completion } from "./completions.tsx";
import { Icon } from "./icon.tsx";

interface QueryBoxProps {
  readonly value: string;
  readonly placeholder?: string;
  /** What was found, at the right: hits and time. */
  readonly hits?: string | undefined;
  readonly error?: ApiError | undefined;
  /** Whether the last good result is still shown below an error. */
  readonly is_kept?: boolean;
  /** What is said when the query is right but nothing matches. */
  readonly nothing?: ComponentChildren;
  readonly onChange: (query: string) => void;
  readonly complete: (text: string, cursor: number) => Promise<Completion>;
}

/** Where the n-th Unicode character begins, as JavaScript counts. */
const unit_of = (text: string, n: number): number =>
  Array.from(text).slice(0, n).join("").length;

/** A query, asked for with Enter or by leaving the box. */
export function QueryBox(props: QueryBoxProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const shade = useRef<HTMLDivElement>(null);
  const [draft, set_draft] = useState(props.value);
  const completion = use_completion(props.complete, draft);
  useEffect(() => set_draft(props.value), [props.value]);
  use_keys([
    { keys: "/", does: "Query box", run: () => input.current?.focus() },
  ]);
  const is_asked = draft === props.value;
  const commit = (query: string): void => {
    completion.close();
    if (query !== props.value) props.onChange(query);
  };
  const write = (text: string, cursor: number): void => {
    set_draft(text);
    // At once: what is typed before the next frame goes where the cursor is.
    if (input.current !== null) input.current.value = text;
    input.current?.setSelectionRange(cursor, cursor);
    completion.ask(text, cursor);
  };
  const take = (item: CompletionItem): void => {
    const from = unit_of(draft, completion.from);
    const text =
      draft.slice(0, from) +
      item.insert +
      draft.slice(unit_of(draft, completion.end_in(draft)));
    write(text, from + item.insert.length);
  };
  const take_nearest = (position: QueryPosition, nearest: string): void => {
    const from = unit_of(draft, position.start);
    const text =
      draft.slice(0, from) +
      nearest +
      draft.slice(unit_of(draft, position.end));
    set_draft(text);
    input.current?.focus();
    commit(text);
  };
  const error = is_asked ? props.error : undefined;
  const keydown = (event: KeyboardEvent): void => {
    if (completion.key(event, take)) event.preventDefault();
    else if (event.key === "Enter") commit(input.current?.value ?? draft);
    else if (
      event.key === "Tab" &&
      error?.position?.nearest !== undefined &&
      !event.shiftKey
    ) {
      event.preventDefault();
      take_nearest(error.position, error.position.nearest);
    } else if (event.key === "Escape") {
      set_draft(props.value);
      input.current?.blur();
    } else if (event.key === " " && event.ctrlKey)
      completion.ask(draft, input.current?.selectionStart ?? 0);
  };
  const open = completion.items.length > 0;
  return (
    <div class="query-place">
      <div class={`query${error === undefined ? "" : " bad"}`}>
        <Icon name="filter" />
        <div class="text">
          <div ref={shade} class="shade" aria-hidden="true">
            <Coloured query={draft} position={error?.position} />
          </div>
          <input
            ref={input}
            class="mono"
            value={draft}
            placeholder={
              props.placeholder ??
              "Every run. Try run.hparams.learning_rate < 1e-3"
            }
            spellcheck={false}
            autocomplete="off"
            role="combobox"
            aria-label="Query"
            aria-expanded={open}
            aria-controls="completions"
            aria-autocomplete="list"
            aria-invalid={error !== undefined}
            aria-activedescendant={
              open ? `completion-${completion.at}` : undefined
            }
            onInput={(event) => {
              const { value, selectionStart } = event.currentTarget;
              set_draft(value);
              completion.ask(value, selectionStart ?? value.length);
            }}
            onScroll={(event) => {
              if (shade.current !== null)
                shade.current.scrollLeft = event.currentTarget.scrollLeft;
            }}
            onKeyDown={keydown}
            onBlur={(event) => commit(event.currentTarget.value)}
          />
        </div>
        {props.hits !== undefined && error === undefined && (
          <span class="hits">{is_asked ? props.hits : "Enter"}</span>
        )}
        <kbd>/</kbd>
      </div>
      {open && (
        <Completions
          items={completion.items}
          at={completion.at}
          typed={draft}
          onTake={take}
        />
      )}
      {!open && error !== undefined && (
        <QueryError
          error={error}
          is_kept={props.is_kept === true}
          onTake={take_nearest}
        />
      )}
      {!open &&
        error === undefined &&
        is_asked &&
        props.nothing !== undefined && (
          <div class="query-note" role="status">
            {props.nothing}
          </div>
        )}
    </div>
  );
}

function Coloured(props: {
  query: string;
  position: QueryPosition | undefined;
}): JSX.Element {
  const { query, position } = props;
  if (position === undefined) return <ColouredText query={query} />;
  const [from, to] = [
    unit_of(query, position.start),
    unit_of(query, position.end),
  ];
  return (
    <>
      <ColouredText query={query.slice(0, from)} />
      <span class="wrong">
        <ColouredText query={query.slice(from, to)} />
        {from === to && " "}
      </span>
      <ColouredText query={query.slice(to)} />
    </>
  );
}

function ColouredText({ query }: { query: string }): JSX.Element {
  return (
    <>
      {tokens(query).map((token, i) => (
        <span key={i} class={`q-${token.kind}`}>
          {token.text}
        </span>
      ))}
    </>
  );
}

function QueryError(props: {
  error: ApiError;
  is_kept: boolean;
  onTake: (position: QueryPosition, nearest: string) => void;
}): JSX.Element {
  const { message, position, hint } = props.error;
  const nearest = position?.nearest;
  return (
    <div class="query-note bad" role="alert">
      {position !== undefined && (
        <pre class="carets" aria-hidden="true">
          {" ".repeat(position.start)}
          {"^".repeat(Math.max(1, position.end - position.start))}
        </pre>
      )}
      <span>{message}. </span>
      {nearest !== undefined && position !== undefined && (
        <>
          Did you mean{" "}
          <button
            type="button"
            class="action mono"
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => props.onTake(position, nearest)}
          >
            {nearest}
          </button>
          ? <kbd>Tab</kbd>{" "}
        </>
      )}
      {hint !== undefined && nearest === undefined && <span>{hint}. </span>}
      {props.is_kept && (
        <span class="quiet-text">Below: the last good result</span>
      )}
    </div>
  );
}
