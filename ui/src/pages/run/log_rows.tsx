// The rows of a log: number, time, text in its colours, with level stripes and search hits marked.

import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { last_writing, pieces, plain } from "../../math/ansi.ts";
import type { Piece } from "../../math/ansi.ts";
import { clock, count, time_full } from "../../math/format.ts";
import { frames_in, level_of } from "../../math/log_lines.ts";
import type { Level, Row } from "../../math/log_lines.ts";
import { tokens } from "../../math/tokens.ts";
import { use_virtual_rows } from "../../parts/virtual_rows.ts";
import type { LogLine } from "../../schema.ts";
import type { LogList } from "./log_list.ts";

export interface LogRowsProps {
  readonly log: LogList;
  readonly rows: readonly Row[] | undefined;
  /** How many rows there are when they are not listed: each line is one. */
  readonly n_rows: number;
  readonly begun_at: number;
  readonly shows_clock: boolean;
  readonly wraps: boolean;
  readonly follows: boolean;
  /** Levels that take more than their line to know. */
  readonly levels: ReadonlyMap<number, Level>;
  readonly find: RegExp | undefined;
  readonly line: number | undefined;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly onLine: (n: number) => void;
  readonly onPoint: (line: LogLine) => void;
  readonly onLeave: () => void;
}

const row_height = 24;
const wrapped_height = 18;
const sign_width = 7.23;
const lead_width = 150;

/** The lines in sight of a log of any length. */
export function LogRows(props: LogRowsProps): JSX.Element {
  const { log, rows } = props;
  const row_at = (i: number): Row | undefined =>
    rows?.[i] ?? { n: i, folded: 0, fold: undefined };
  const columns = use_columns(props.scroller);
  const height = (i: number): number => {
    if (!props.wraps) return row_height;
    const text = log.line(row_at(i)?.n ?? 0)?.text ?? "";
    return (
      6 +
      wrapped_height *
        Math.max(1, Math.ceil(plain(last_writing(text)).length / columns))
    );
  };
  const at = props.line === undefined ? -1 : index_of(rows, props.line);
  const virtual = use_virtual_rows({
    scroller: props.scroller,
    count: props.n_rows,
    height,
  });
  const [first, last] = [
    virtual.shown[0]?.index,
    virtual.shown[virtual.shown.length - 1]?.index,
  ];
  useEffect(() => {
    if (first !== undefined && last !== undefined)
      log.need(row_at(first)?.n ?? 0, row_at(last)?.n ?? 0);
  }, [first, last, rows, log.total]);
  const is_ready = props.n_rows > 0;
  useLayoutEffect(() => {
    if (is_ready && at >= 0) virtual.scroll_to(at, "center");
  }, [at, is_ready]);
  useLayoutEffect(() => {
    if (props.follows && is_ready) virtual.scroll_to(props.n_rows - 1, "end");
  }, [props.follows, props.n_rows]);
  return (
    <div
      ref={props.scroller}
      class={props.wraps ? "log wraps" : "log"}
      role="log"
      aria-label="Log"
      tabIndex={0}
      onPointerLeave={props.onLeave}
    >
      <div class="log-body" style={{ height: `${virtual.total}px` }}>
        {virtual.shown.map((shown) => {
          const row = row_at(shown.index);
          if (row === undefined) return null;
          const style = {
            transform: `translateY(${shown.top}px)`,
            height: `${shown.height}px`,
          };
          return (
            <LogRow
              key={row.n}
              row={row}
              line={log.line(row.n)}
              style={style}
              list={props}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The row that shows a line, or the fold that holds it. */
function index_of(rows: readonly Row[] | undefined, n: number): number {
  if (rows === undefined) return n;
  const after = rows.findIndex((row) => row.n >= n);
  if (after < 0) return rows.length - 1;
  const before = rows[after - 1];
  const is_inside =
    before?.fold === "frames" && n > before.n && n <= before.n + before.folded;
  return is_inside ? after - 1 : after;
}

function use_columns(scroller: RefObject<HTMLElement | null>): number {
  const [width, set_width] = useState(800);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => set_width(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return Math.max(20, Math.floor((width - lead_width) / sign_width));
}

function LogRow(props: {
  row: Row;
  line: LogLine | undefined;
  style: Record<string, string>;
  list: LogRowsProps;
}): JSX.Element {
  const { row, line, list } = props;
  if (line === undefined) {
    return (
      <div class="log-line" style={props.style}>
        <span class="n">{count(row.n + 1)}</span>
      </div>
    );
  }
  const level = list.levels.get(row.n) ?? level_of(line.text) ?? "plain";
  const here = list.line === row.n ? " here" : "";
  const since = clock(line.time - list.begun_at);
  return (
    <div
      class={`log-line ${level}${here}`}
      style={props.style}
      onPointerEnter={() => list.onPoint(line)}
    >
      <button
        type="button"
        class="n"
        title="Link to this line"
        onClick={() => list.onLine(row.n)}
      >
        {count(row.n + 1)}
      </button>
      <span class="t" title={time_full(line.time)}>
        {list.shows_clock ? time_full(line.time).slice(11, 19) : since}
      </span>
      <span class={line.stream === "stderr" ? "x stderr" : "x"}>
        <LineText text={last_writing(line.text)} find={list.find} />
        {row.fold === "progress" && (
          <span class="folded">
            ▸ {count(row.folded)} more of this bar folded
          </span>
        )}
        {row.fold === "frames" && (
          <span class="folded">
            ▸ {count(frames_in(list.log.whole ?? [], row))} library frames
            folded
          </span>
        )}
      </span>
    </div>
  );
}

function LineText({
  text,
  find,
}: {
  text: string;
  find: RegExp | undefined;
}): JSX.Element {
  const parts = pieces(text);
  const is_plain = parts.length === 1 && parts[0]?.colour === undefined;
  if (is_plain && /^\s*[{[]/.test(text)) {
    return (
      <>
        {tokens(parts[0]?.text ?? "").map((token, i) => (
          <span key={i} class={token_class(token.kind, token.text)}>
            <Hits text={token.text} find={find} />
          </span>
        ))}
      </>
    );
  }
  return (
    <>
      {parts.map((piece, i) => (
        <span key={i} class={piece_class(piece)}>
          <Hits text={piece.text} find={find} />
        </span>
      ))}
    </>
  );
}

/** A record that a trainer prints: its values that are not finite stand out. */
function token_class(kind: string, text: string): string {
  return kind === "name" && /^(nan|inf)$/i.test(text)
    ? "bad-value b"
    : `q-${kind}`;
}

function piece_class(piece: Piece): string {
  const colour = piece.colour === undefined ? "" : `ansi-${piece.colour}`;
  return `${colour}${piece.is_bold === true ? " b" : ""}${piece.is_dim === true ? " dim" : ""}`;
}

function Hits({
  text,
  find,
}: {
  text: string;
  find: RegExp | undefined;
}): JSX.Element {
  if (find === undefined) return <>{text}</>;
  const found: JSX.Element[] = [];
  let from = 0;
  for (const match of text.matchAll(find)) {
    if (match[0] === "") break;
    found.push(<>{text.slice(from, match.index)}</>, <mark>{match[0]}</mark>);
    from = match.index + match[0].length;
  }
  return (
    <>
      {found}
      {text.slice(from)}
    </>
  );
}

/** The expression of a search, as far as the browser can follow it: for the marks alone. */
export function use_find(
  find: string,
  re: boolean,
  keeps_case: boolean,
): RegExp | undefined {
  const made = useRef<{
    readonly key: string;
    readonly found: RegExp | undefined;
  }>({ key: "", found: undefined });
  const key = `${find} ${re} ${keeps_case}`;
  if (made.current.key !== key)
    made.current = { key, found: make_find(find, re, keeps_case) };
  return made.current.found;
}

function make_find(
  find: string,
  re: boolean,
  keeps_case: boolean,
): RegExp | undefined {
  if (find === "") return undefined;
  try {
    return new RegExp(
      re ? find : find.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"),
      keeps_case ? "g" : "gi",
    );
  } catch {
    return undefined; // the server says what is wrong with it
  }
}
