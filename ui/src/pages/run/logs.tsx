// The log of a run: search, levels, folded noise, marks; a line leads to its step and a step to its curve.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../../api.ts";
import { count } from "../../math/format.ts";
import { fold_lines, levels_of, marks_of } from "../../math/log_lines.ts";
import type { Level, Row } from "../../math/log_lines.ts";
import { Button } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Empty, Loading } from "../../parts/looks.tsx";
import { say } from "../../parts/toast.tsx";
import { use_request } from "../../request.ts";
import type { LogLine } from "../../schema.ts";
import { LevelChoice, LogSwitches } from "./log_controls.tsx";
import { LogFind } from "./log_find.tsx";
import { use_log } from "./log_list.ts";
import type { LogList } from "./log_list.ts";
import { LogMap } from "./log_map.tsx";
import { LogRows, use_find } from "./log_rows.tsx";
import { LogSource } from "./log_source.tsx";
import { LogSide } from "./log_side.tsx";
import type { RunFrame } from "./frame.ts";
import { run_view } from "./view.ts";

const level_patterns: Readonly<Record<Level, string>> = {
  info: "\\bINFO\\b",
  warning: "\\bWARN(ING)?\\b|Warning:",
  error: "\\b(ERROR|CRITICAL|FATAL)\\b|^\\w*(Error|Exception)\\b",
};

/** The tab of the log. */
export function RunLogs({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const view = run_view.values.value;
  const log = use_log(run.id);
  const scroller = useRef<HTMLDivElement>(null);
  const [pointed, set_pointed] = useState<LogLine | undefined>(undefined);
  const [follows, set_follows] = useState(
    run.status === "running" && view.line === undefined,
  );
  const levels = useMemo(() => levels_of(log.whole ?? []), [log.whole]);
  const marks = useMemo(() => marks_of(log.whole ?? []), [log.whole]);
  const rows = use_rows(run.id, log, levels);
  const search = { find: view.find, re: view.re, case: view.case };
  const hits = use_request(
    view.find === ""
      ? undefined
      : `log hits ${run.id} ${JSON.stringify(search)}`,
    (signal) => api.search_logs(run.id, search, signal),
  );
  const hit_set = useMemo(() => new Set(hits.data?.lines), [hits.data]);
  const find = use_find(view.find, view.re, view.case);
  const line = view.line === undefined ? undefined : view.line - 1;
  const shown = pointed ?? (line === undefined ? undefined : log.line(line));
  const to_line = (n: number): void => {
    set_follows(false);
    run_view.set({ line: n + 1 });
  };
  use_unfollow(scroller, follows, () => set_follows(false));
  if (log.total === undefined)
    return log.error === undefined ? <Loading /> : <NoLog log={log} />;
  if (log.total === 0) {
    return (
      <Empty title="No log">
        {run.status === "running"
          ? "Nothing was printed yet"
          : "This run captured no terminal output"}
      </Empty>
    );
  }
  return (
    <>
      <div class="controls">
        <LogSource run={run} />
        <LogFind hits={hits} line={line} onLine={to_line} />
        <LevelChoice levels={levels} />
        <span class="grow" />
        <LogSwitches log={log} />
        <span class="separator" />
        <Button
          small
          icon="down_arrow"
          on={follows}
          not_now={run.status === "running" ? undefined : "The run has ended"}
          onClick={() => set_follows(!follows)}
        >
          Follow
        </Button>
        <a
          class="button square small"
          href={api.logs_address(run.id)}
          download={`${called(run)}.log`}
          title="Download"
          aria-label="Download"
        >
          <Icon name="download" />
        </a>
      </div>
      <div class="log-place">
        <section class="panel log-panel">
          <div class="log-head">
            <span class="small-text quiet-text grow clip">
              {head_words(log, rows?.length, shown)}
            </span>
            <button
              type="button"
              class="to-link small-text"
              onClick={() => copy_link(shown)}
            >
              Copy link to line
            </button>
          </div>
          <div class="log-body-place">
            {rows?.length === 0 ? (
              <Empty title="No line of this level" />
            ) : (
              <LogRows
                log={log}
                rows={rows}
                n_rows={rows?.length ?? log.total}
                begun_at={run.created_at}
                shows_clock={view.time === "clock"}
                wraps={view.wrap}
                follows={follows}
                levels={levels}
                find={find}
                line={line}
                scroller={scroller}
                onLine={to_line}
                onPoint={set_pointed}
                onLeave={() => set_pointed(undefined)}
              />
            )}
            {rows !== undefined &&
              log.whole !== undefined &&
              rows.length > 0 && (
                <LogMap
                  rows={rows}
                  levels={levels}
                  lengths={(n) => log.line(n)?.text.length ?? 0}
                  hits={hit_set}
                  scroller={scroller}
                />
              )}
          </div>
        </section>
        <LogSide
          frame={frame}
          marks={marks}
          line={shown}
          log={log}
          onLine={to_line}
        />
      </div>
    </>
  );
}

function NoLog({ log }: { log: LogList }): JSX.Element {
  return (
    <Empty title={log.error?.message ?? "No log"}>
      <Button small onClick={log.reload}>
        Try now
      </Button>
    </Empty>
  );
}

/** The rows to show; undefined while every line is one. */
function use_rows(
  id: string,
  log: LogList,
  levels: ReadonlyMap<number, Level>,
): readonly Row[] | undefined {
  const { level, fold } = run_view.values.value;
  const is_asked =
    log.total !== undefined && log.whole === undefined && level !== "all";
  const search = {
    find: level === "all" ? "" : level_patterns[level],
    re: true,
    case: true,
  };
  const found = use_request(
    is_asked ? `log level ${id} ${level}` : undefined,
    (signal) => api.search_logs(id, search, signal),
  );
  return useMemo(() => {
    const plain = (n: number): Row => ({ n, folded: 0, fold: undefined });
    if (log.whole === undefined)
      return level === "all" ? undefined : found.data?.lines.map(plain);
    if (level !== "all")
      return log.whole
        .filter((line) => levels.get(line.n) === level)
        .map((line) => plain(line.n));
    return fold
      ? fold_lines(log.whole)
      : log.whole.map((line) => plain(line.n));
  }, [log.whole, level, fold, found.data, levels]);
}

/** Scrolling up by hand stops following. */
function use_unfollow(
  scroller: { readonly current: HTMLDivElement | null },
  follows: boolean,
  stop: () => void,
): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null || !follows) return undefined;
    const wheel = (event: WheelEvent): void => {
      if (event.deltaY < 0) stop();
    };
    element.addEventListener("wheel", wheel, { passive: true });
    return () => element.removeEventListener("wheel", wheel);
  });
}

function head_words(
  log: LogList,
  n_rows: number | undefined,
  line: LogLine | undefined,
): string {
  const shown =
    n_rows === undefined || n_rows === log.total
      ? ""
      : `, ${count(n_rows)} rows`;
  const words = `stdout and stderr · ${count(log.total ?? 0)} lines${shown}`;
  if (line === undefined) return words;
  return `${words} · line ${count(line.n + 1)}${line.step === undefined ? "" : ` is step ${count(line.step)}`}`;
}

function copy_link(line: LogLine | undefined): void {
  const search =
    line === undefined
      ? run_view.search_with({})
      : run_view.search_with({ line: line.n + 1 });
  void navigator.clipboard
    .writeText(`${location.origin}${location.pathname}?${search}`)
    .then(() => say("Link copied"));
}
