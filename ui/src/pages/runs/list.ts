// Every run that matches a query, page after page; kept up to date without changing the order under the pointer.

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api.ts";
import { ApiError } from "../../fetch.ts";
import { on_change } from "../../live.ts";
import type { Changed } from "../../schema.ts";
import type { Run } from "../../shapes.ts";

export interface RunQuery {
  readonly q: string;
  readonly sort: string;
  readonly archived: boolean;
}

export interface RunList {
  readonly runs: readonly Run[] | undefined;
  readonly total: number;
  readonly took_millis: number;
  readonly error: ApiError | undefined;
  readonly is_loading: boolean;
  /** Runs that match but are not shown yet, so that nothing moves by itself. */
  readonly waiting: number;
  /** Asks again for all, in its true order. */
  reload(): void;
}

type Held = Omit<RunList, "reload">;

/** The first page is small, so that rows stand early. */
const first_size = 100;
const page_size = 500;
/** More changed runs than this are asked for as a whole list. */
const most_changed = 50;
const nothing: Held = {
  runs: undefined,
  total: 0,
  took_millis: 0,
  error: undefined,
  is_loading: true,
  waiting: 0,
};

/** Follows the runs of a query; without one, nothing is asked yet. */
export function use_run_list(query: RunQuery | undefined): RunList {
  const [held, set_held] = useState<Held>(nothing);
  const [turn, set_turn] = useState(0);
  const runs = useRef(held.runs);
  runs.current = held.runs;
  const key = JSON.stringify(query);
  useEffect(() => {
    if (query === undefined) return undefined;
    const abort = new AbortController();
    set_held((before) => ({ ...before, is_loading: true }));
    load_all(query, abort.signal, (part) => {
      if (!abort.signal.aborted) set_held((before) => ({ ...before, ...part }));
    }).catch((error: unknown) => {
      if (!abort.signal.aborted)
        set_held((before) => ({
          ...before,
          error: as_error(error),
          is_loading: false,
        }));
    });
    return () => abort.abort();
  }, [key, turn]);
  useEffect(
    () =>
      on_change((change) => {
        if (query === undefined) return;
        update(query, runs.current ?? [], change)
          .then((part) =>
            set_held((before) =>
              before.runs === runs.current ? { ...before, ...part } : before,
            ),
          )
          .catch(() => undefined); // the next change, or the connection's return, asks again
      }),
    [key],
  );
  const reload = (): void => set_turn((n) => n + 1);
  useEffect(() => {
    if (held.error?.code !== "unreachable") return undefined;
    const timer = setTimeout(reload, 2000);
    return () => clearTimeout(timer);
  }, [held.error, turn]);
  return { ...held, reload };
}

function as_error(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(
    0,
    "internal",
    error instanceof Error ? error.message : String(error),
  );
}

async function load_all(
  query: RunQuery,
  signal: AbortSignal,
  show: (part: Partial<Held>) => void,
): Promise<void> {
  const runs: Run[] = [];
  let shown = 0;
  for (;;) {
    const page = await api.runs(
      {
        ...query,
        offset: runs.length,
        limit: runs.length === 0 ? first_size : page_size,
      },
      signal,
    );
    const is_first = runs.length === 0;
    runs.push(...page.runs);
    const is_loading = page.runs.length > 0 && runs.length < page.total;
    // Each time the table looks at all of them: so it grows by doubling.
    if (is_first || !is_loading || runs.length >= shown * 2) {
      shown = runs.length;
      show({
        runs: [...runs],
        total: page.total,
        error: undefined,
        waiting: 0,
        is_loading,
        ...(is_first ? { took_millis: page.took_millis } : {}),
      });
    }
    if (!is_loading) return;
  }
}

/** Puts changed runs in their places, takes gone ones out and counts new ones. */
async function update(
  query: RunQuery,
  runs: readonly Run[],
  change: Changed,
): Promise<Partial<Held>> {
  const shown = new Set(runs.map((run) => run.id));
  const touched = [...new Set([...change.runs, ...change.new])];
  const gone = new Set(change.gone);
  if (touched.length > most_changed) {
    const { total } = await api.runs({ ...query, limit: 1 });
    return { total, waiting: Math.max(0, total - shown.size) };
  }
  if (touched.length === 0)
    return { runs: runs.filter((run) => !gone.has(run.id)) };
  const one_of = `run.hash in [${touched.map((id) => JSON.stringify(id)).join(", ")}]`;
  const q = query.q.trim() === "" ? one_of : `(${query.q}) and ${one_of}`;
  const answer = await api.runs({ ...query, q, limit: most_changed });
  const fresh = new Map(answer.runs.map((run) => [run.id, run]));
  const kept = runs
    .filter(
      (run) =>
        !gone.has(run.id) && (fresh.has(run.id) || !touched.includes(run.id)),
    )
    .map((run) => fresh.get(run.id) ?? run);
  const added = answer.runs.filter((run) => !shown.has(run.id)).length;
  const waiting = runs.length === 0 ? 0 : added;
  return {
    runs: runs.length === 0 ? answer.runs : kept,
    total: kept.length + added,
    ...(added > 0 ? { waiting } : {}),
  };
}
