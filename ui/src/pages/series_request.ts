// Series as they are shown: asked for once, then only those runs that grew.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import * as api from "../api.ts";
import type { SeriesQuery } from "../queries.ts";
import { decode_frame } from "../frame.ts";
import type { FrameSeries, SeriesFrame } from "../frame.ts";
import { on_change } from "../live.ts";
import { use_request } from "../request.ts";
import type { Look } from "../request.ts";

interface Patch {
  readonly base: SeriesFrame;
  readonly runs: ReadonlyMap<string, readonly FrameSeries[]>;
}

/** The series of a query; runs that change are asked for alone and take the place of what was known. */
export function use_series(query: SeriesQuery | undefined): Look<SeriesFrame> {
  const key = query === undefined ? undefined : api.series_address(query);
  const look = use_request(
    key,
    async (signal) => decode_frame(await api.series(query ?? {}, signal)),
    { is_live: false },
  );
  const patch = useSignal<Patch | undefined>(undefined);
  const base = look.data;
  useEffect(() => {
    if (query === undefined) return undefined;
    const abort = new AbortController();
    const put = (found: ReadonlyMap<string, readonly FrameSeries[]>): void => {
      if (base === undefined) return;
      const before = patch.peek();
      const known = before?.base === base ? before.runs : new Map();
      patch.value = { base, runs: new Map([...known, ...found]) };
    };
    const stop = on_change((change) => {
      const asked = query.runs;
      const has_others = change.new.length + change.gone.length > 0;
      if (base === undefined || (asked === undefined && has_others)) {
        look.retry();
        return;
      }
      const is_ours = (id: string): boolean => asked?.includes(id) ?? true;
      const gone = change.gone.filter(is_ours);
      if (gone.length > 0) put(new Map(gone.map((id) => [id, []])));
      const grown = [...change.runs, ...change.new].filter(
        (id) => is_ours(id) && !gone.includes(id),
      );
      if (grown.length > 0)
        void fetch_runs(query, grown, abort.signal).then(put, ignore);
    });
    return () => {
      stop();
      abort.abort();
    };
  }, [key, base]);
  const grown = patch.value;
  const data = useMemo(
    () =>
      base === undefined || grown?.base !== base
        ? base
        : patched(base, grown.runs),
    [base, grown],
  );
  return { ...look, data };
}

/** A change that could not be fetched is made good by the next one. */
function ignore(): void {}

async function fetch_runs(
  query: SeriesQuery,
  runs: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly FrameSeries[]>> {
  const frame = decode_frame(await api.series({ ...query, runs }, signal));
  const found = new Map<string, FrameSeries[]>(runs.map((run) => [run, []]));
  for (const series of frame.series)
    found.set(series.run, [...(found.get(series.run) ?? []), series]);
  return found;
}

function patched(
  base: SeriesFrame,
  runs: ReadonlyMap<string, readonly FrameSeries[]>,
): SeriesFrame {
  const series = base.series.filter((one) => !runs.has(one.run));
  return { ...base, series: [...series, ...[...runs.values()].flat()] };
}
