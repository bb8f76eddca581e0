// The stream of changes: what is shown is asked for again when runs grow, and the page says when the server is away.

import { signal } from "@preact/signals";
import { address } from "./fetch.ts";
import { string, object } from "./decode.ts";
import { refresh } from "./request.ts";
import type { Changed } from "./schema.ts";
import { changed } from "./shapes_of_lines.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly since: number; readonly tries: number };

/** How the page stands to its server. */
export const connection = signal<Connection>({ state: "connecting" });

/** Whether changes are followed; the switch “Live”. */
export const is_followed = signal(true);

type Listener = (change: Changed) => void;
const listeners = new Set<Listener>();

/** Calls `listener` at each change of runs; the answer stops that. */
export function on_change(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const hello = object<{ cursor: string; version: string }>({
  cursor: string,
  version: string,
});
const least_pause_millis = 700;
let cursor = "";
let version = "";
let source: EventSource | undefined;
let was_live = false;
let due: Changed | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let last_told = 0;

/** Opens the stream; called once. */
export function follow(): void {
  open();
  document.addEventListener("visibilitychange", () => {
    if (
      document.visibilityState === "visible" &&
      connection.peek().state === "lost"
    )
      open();
  });
}

/** Tries to reach the server now. */
export function try_now(): void {
  open();
}

function open(): void {
  source?.close();
  const stream = new EventSource(address("events", { cursor }));
  source = stream;
  stream.addEventListener("hello", (event) => {
    const said = hello(JSON.parse(event.data), "hello");
    if (version !== "" && version !== said.version) location.reload();
    version = said.version;
    cursor = said.cursor;
    connection.value = { state: "live" };
    if (was_live) refresh();
    was_live = true;
  });
  stream.addEventListener("changed", (event) => {
    const change = changed(JSON.parse(event.data), "changed");
    cursor = change.cursor;
    tell_soon(change);
  });
  stream.addEventListener("error", () => {
    if (source !== stream) return;
    stream.close();
    const before = connection.peek();
    const tries = before.state === "lost" ? before.tries + 1 : 1;
    connection.value = {
      state: "lost",
      since: before.state === "lost" ? before.since : Date.now(),
      tries,
    };
    setTimeout(() => {
      if (source === stream) open();
    }, pause_millis(tries));
  });
}

/** How long to wait before the next try: half a second at first, five at most. */
export function pause_millis(tries: number): number {
  return Math.min(5000, 500 * 2 ** (tries - 1));
}

function tell_soon(change: Changed): void {
  due = due === undefined ? change : merge(due, change);
  if (timer !== undefined) return;
  const wait = Math.max(0, last_told + least_pause_millis - Date.now());
  timer = setTimeout(tell, wait);
}

function tell(): void {
  timer = undefined;
  last_told = Date.now();
  const change = due;
  due = undefined;
  if (change === undefined || !is_followed.peek()) return;
  for (const listener of listeners) listener(change);
  refresh();
}

/** Two changes as one. */
export function merge(a: Changed, b: Changed): Changed {
  const union = (x: string[], y: string[]): string[] =>
    [...new Set([...x, ...y])].sort();
  return {
    cursor: b.cursor,
    runs: union(a.runs, b.runs),
    new: union(a.new, b.new),
    gone: union(a.gone, b.gone),
  };
}
