// Server data as a cache keyed by request, and the four looks of each request: loading, empty, error, data.

import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ApiError } from "./fetch.ts";

/** What is known of a request. Old data stays while new comes and when new fails. */
export interface Look<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly is_loading: boolean;
  /** When the data came, in milliseconds since 1970. */
  readonly at: number | undefined;
  /** Whether the data is that of an earlier key. */
  readonly is_stale: boolean;
  retry(): void;
}

export type Load<T> = (signal: AbortSignal) => Promise<T>;

interface Held<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly is_loading: boolean;
  readonly at: number | undefined;
}

interface Entry {
  readonly key: string;
  readonly held: Signal<Held<unknown>>;
  load: Load<unknown>;
  users: number;
  is_live: boolean;
  is_due: boolean;
  abort: AbortController | undefined;
}

const kept = 60;
const entries = new Map<string, Entry>();
const nothing: Held<unknown> = {
  data: undefined,
  error: undefined,
  is_loading: true,
  at: undefined,
};

function entry_of(key: string, load: Load<unknown>): Entry {
  const known = entries.get(key);
  if (known !== undefined) {
    entries.delete(key);
    entries.set(key, known);
    known.load = load;
    return known;
  }
  const entry: Entry = {
    key,
    held: signal(nothing),
    load,
    users: 0,
    is_live: true,
    is_due: true,
    abort: undefined,
  };
  entries.set(key, entry);
  forget_oldest();
  return entry;
}

function forget_oldest(): void {
  for (const [key, entry] of entries) {
    if (entries.size <= kept) return;
    if (entry.users === 0) entries.delete(key);
  }
}

async function start(entry: Entry): Promise<void> {
  // What is on its way may be older than what it is asked for again for: it stays due.
  if (entry.abort !== undefined) return;
  entry.is_due = false;
  const abort = new AbortController();
  entry.abort = abort;
  entry.held.value = { ...entry.held.peek(), is_loading: true };
  try {
    const data = await entry.load(abort.signal);
    if (entry.abort === abort) {
      entry.held.value = {
        data,
        error: undefined,
        is_loading: false,
        at: Date.now(),
      };
    }
  } catch (error) {
    if (entry.abort === abort) {
      entry.held.value = {
        ...entry.held.peek(),
        error: error_of(error),
        is_loading: false,
      };
    }
  }
  if (entry.abort === abort) entry.abort = undefined;
  if (entry.is_due && entry.users > 0) void start(entry);
}

function error_of(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(
    0,
    "internal",
    error instanceof Error ? error.message : String(error),
  );
}

/** Asks again for everything that is shown and live; what is kept but not shown is asked for when it is shown. */
export function refresh(concerns: (key: string) => boolean = () => true): void {
  for (const entry of entries.values()) {
    if (!concerns(entry.key)) continue;
    entry.is_due = true;
    if (entry.users > 0 && entry.is_live) void start(entry);
  }
}

/** Whether anything shown has failed because the server did not answer. */
export function has_unreachable(): boolean {
  return [...entries.values()].some(
    (entry) =>
      entry.users > 0 && entry.held.peek().error?.code === "unreachable",
  );
}

export interface RequestOptions {
  /** Whether it is asked again when runs change; true unless said. */
  readonly is_live?: boolean;
}

/** The look of the request named by `key`; an undefined key asks nothing. */
export function use_request<T>(
  key: string | undefined,
  load: Load<T>,
  options: RequestOptions = {},
): Look<T> {
  const entry = useMemo(
    () => (key === undefined ? undefined : entry_of(key, load)),
    [key],
  );
  if (entry !== undefined) {
    entry.load = load;
    entry.is_live = options.is_live ?? true;
  }
  useEffect(() => {
    if (entry === undefined) return undefined;
    entry.users += 1;
    if (entry.is_due || entry.held.peek().error !== undefined)
      void start(entry);
    return () => {
      entry.users -= 1;
      if (entry.users > 0 || entry.abort === undefined) return;
      entry.abort.abort();
      entry.abort = undefined;
      entry.is_due = true;
    };
  }, [entry]);
  return use_last(entry);
}

function use_last<T>(entry: Entry | undefined): Look<T> {
  const last = useRef<{ data: unknown; at: number | undefined }>({
    data: undefined,
    at: undefined,
  });
  const held =
    entry === undefined ? { ...nothing, is_loading: false } : entry.held.value;
  const is_stale =
    held.data === undefined &&
    last.current.data !== undefined &&
    entry !== undefined;
  if (held.data !== undefined) last.current = { data: held.data, at: held.at };
  const shown = is_stale ? last.current : held;
  return {
    data: shown.data as T | undefined,
    error: held.error,
    is_loading: held.is_loading,
    at: shown.at,
    is_stale,
    retry: () => {
      if (entry === undefined) return;
      entry.is_due = true;
      void start(entry);
    },
  };
}
