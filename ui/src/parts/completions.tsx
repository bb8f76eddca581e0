// What a query box offers to complete: a list below it, moved by arrows, taken by Tab.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Completion, CompletionItem } from "../schema.ts";

export type Complete = (text: string, cursor: number) => Promise<Completion>;

/** How many Unicode characters stand before a place counted as JavaScript counts. */
const characters = (text: string, at: number): number =>
  Array.from(text.slice(0, at)).length;

/** The list below a query box. */
export function Completions(props: {
  items: readonly CompletionItem[];
  at: number;
  typed: string;
  onTake: (item: CompletionItem) => void;
}): JSX.Element {
  return (
    <div class="pop completions">
      <ul id="completions" role="listbox" aria-label="Completions">
        {props.items.map((item, i) => (
          <li
            key={`${item.kind} ${item.label}`}
            id={`completion-${i}`}
            role="option"
            aria-selected={i === props.at}
            class={i === props.at ? "option on" : "option"}
            onPointerDown={(event) => {
              event.preventDefault();
              props.onTake(item);
            }}
          >
            <span class="mono">{item.label}</span>
            <span class="detail">{item.detail}</span>
          </li>
        ))}
      </ul>
      <footer>
        <kbd>Tab</kbd> take <kbd>Ctrl Space</kbd> all fields
      </footer>
    </div>
  );
}

export interface CompletionState {
  readonly items: readonly CompletionItem[];
  readonly at: number;
  readonly from: number;
  /** Where the word ends that a completion replaces: what was typed since it was asked for belongs to it. */
  end_in(text: string): number;
  ask(text: string, cursor: number): void;
  close(): void;
  /** Whether a key was for the list. */
  key(event: KeyboardEvent, take: (item: CompletionItem) => void): boolean;
}

const most_items = 12;

interface Found extends Completion {
  /** For which text this was asked. */
  readonly text: string;
}

/** Where the word ends that a list completes, in a text that may have grown since: that belongs to the word. */
function end_of({ from, to, text }: Found, now: string): number {
  const grown = characters(now, now.length) - characters(text, text.length);
  return Math.max(from, to + grown);
}

/** What of a list goes on with what was typed since it was asked for. */
export function fitting(found: Found, now: string): readonly CompletionItem[] {
  if (now === found.text) return found.items;
  const typed = Array.from(now).slice(found.from, end_of(found, now)).join("");
  const word = typed.toLowerCase();
  return found.items.filter((item) =>
    item.insert.toLowerCase().startsWith(word),
  );
}

/** Asks what fits at the cursor of a text and keeps the list that came. */
export function use_completion(
  complete: Complete,
  text: string,
): CompletionState {
  const [found, set_found] = useState<Found | undefined>(undefined);
  const [chosen, set_at] = useState(0);
  const asked = useRef(0);
  const items =
    found === undefined ? [] : fitting(found, text).slice(0, most_items);
  const at = Math.min(chosen, Math.max(items.length - 1, 0));
  const close = (): void => {
    asked.current += 1;
    set_found(undefined);
  };
  return {
    items,
    at,
    from: found?.from ?? 0,
    end_in: (now) => (found === undefined ? 0 : end_of(found, now)),
    close,
    ask: (text, cursor) => {
      const mine = ++asked.current;
      complete(text, characters(text, cursor)).then(
        (answer) => {
          if (asked.current !== mine) return;
          set_found({ ...answer, text });
          set_at(0);
        },
        () => set_found(undefined), // without an answer there is nothing to offer; the query itself will say why
      );
    },
    key: (event, take) => {
      if (items.length === 0) return false;
      const item = items[at];
      if (event.key === "ArrowDown") set_at((at + 1) % items.length);
      else if (event.key === "ArrowUp")
        set_at((at + items.length - 1) % items.length);
      else if (event.key === "Tab" && !event.shiftKey && item !== undefined)
        take(item);
      else if (event.key === "Escape") close();
      else return false;
      return true;
    },
  };
}
