// What lines of a terminal log mean: their level, which of them fold away, and the marks worth jumping to.

import { last_writing, plain } from "./ansi.ts";

export type Level = "error" | "warning" | "info";

export interface LoggedLine {
  readonly n: number;
  readonly text: string;
  readonly time: number;
  readonly step?: number;
}

/** A row of the list: a line, and how many lines after or before it are folded into it. */
export interface Row {
  readonly n: number;
  readonly folded: number;
  readonly fold: "progress" | "frames" | undefined;
}

export interface Mark {
  readonly n: number;
  readonly kind: Level | "begin" | "end" | "nan";
  readonly words: string;
}

const error =
  /\b(ERROR|CRITICAL|FATAL)\b|^(\w+\.)*\w*(Error|Exception)\b(:|$)|\bpanicked at\b/;
const warning = /\bWARN(ING)?\b|^(\S+:)?.*Warning:/;
const info = /\bINFO\b/;
const progress = /\d+%\s*\|.*\|\s*\d+\S*\/\d+|\r/;
const frame = /^\s*File ".*(site-packages|dist-packages|\/lib\/python\d)/;
const not_a_number = /(?<![\w.])nan(?![\w])/i;

/** The level that a line speaks with. */
export function level_of(text: string): Level | undefined {
  const words = plain(text);
  if (error.test(words)) return "error";
  if (warning.test(words)) return "warning";
  return info.test(words) ? "info" : undefined;
}

/** The level of each line that has one; what a traceback ends in is an error, whatever it is called. */
export function levels_of(
  lines: readonly LoggedLine[],
): ReadonlyMap<number, Level> {
  const found = new Map<number, Level>();
  let is_in_traceback = false;
  for (const { n, text } of lines) {
    const words = plain(text);
    const ends_traceback = is_in_traceback && /^\S/.test(words);
    const level = ends_traceback ? "error" : level_of(text);
    if (level !== undefined) found.set(n, level);
    if (ends_traceback) is_in_traceback = false;
    if (/^Traceback \(most recent call last\)/.test(words))
      is_in_traceback = true;
  }
  return found;
}

/** Whether a line is the state of a progress bar. */
export function is_progress(text: string): boolean {
  return progress.test(text.replace(/\r+$/, "")) || /\d+%\|/.test(text);
}

/** The rows of a whole log: of consecutive progress bars the last, of library frames in a traceback only their count. */
export function fold_lines(lines: readonly LoggedLine[]): readonly Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line === undefined) continue;
    if (is_progress(line.text)) {
      const end = run_of(lines, i, (text) => is_progress(text));
      rows.push({
        n: lines[end - 1]?.n ?? line.n,
        folded: end - i - 1,
        fold: end - i > 1 ? "progress" : undefined,
      });
      i = end - 1;
    } else if (frame.test(line.text)) {
      const end = frames_end(lines, i);
      rows.push({
        n: line.n,
        folded: end - i - 1,
        fold: end - i > 1 ? "frames" : undefined,
      });
      i = end - 1;
    } else rows.push({ n: line.n, folded: 0, fold: undefined });
  }
  return rows;
}

function run_of(
  lines: readonly LoggedLine[],
  from: number,
  fits: (text: string) => boolean,
): number {
  let end = from + 1;
  while (end < lines.length && fits(lines[end]?.text ?? "")) end++;
  return end;
}

/** Where a stretch of library frames ends: each is a `File` line and the indented lines below it. */
function frames_end(lines: readonly LoggedLine[], from: number): number {
  let end = from + 1;
  while (end < lines.length) {
    const text = lines[end]?.text ?? "";
    const is_code = /^\s{4,}\S/.test(text) && !/^\s*File "/.test(text);
    if (!is_code && !frame.test(text)) break;
    end++;
  }
  return end;
}

/** How many frames a folded stretch holds. */
export function frames_in(lines: readonly LoggedLine[], row: Row): number {
  const from = lines.findIndex((line) => line.n === row.n);
  return lines
    .slice(from, from + row.folded + 1)
    .filter((line) => /^\s*File "/.test(line.text)).length;
}

const most_marks = 24;

/** The places of a whole log worth jumping to. */
export function marks_of(lines: readonly LoggedLine[]): readonly Mark[] {
  const [first, last] = [lines[0], lines[lines.length - 1]];
  if (first === undefined || last === undefined) return [];
  const found: Mark[] = [];
  const seen = new Set<string>();
  for (const line of lines) {
    const words = plain(last_writing(line.text)).trim();
    const level = level_of(words);
    const is_nan = level === undefined && not_a_number.test(words);
    if (
      (level !== "error" && level !== "warning" && !is_nan) ||
      found.length >= most_marks
    )
      continue;
    const kind = is_nan ? "nan" : level === "error" ? "error" : "warning";
    const alike = is_nan ? "nan" : words.replace(/[\d.,]+/g, "#");
    if (seen.has(alike)) continue;
    seen.add(alike);
    found.push({
      n: line.n,
      kind,
      words: is_nan ? "A value is NaN" : short(words),
    });
  }
  return [
    { n: first.n, kind: "begin", words: "Log begins" },
    ...found,
    { n: last.n, kind: "end", words: "Log ends" },
  ];
}

function short(words: string): string {
  return (
    words
      .replace(/^.*?\b(ERROR|CRITICAL|FATAL|WARN(ING)?)\b[\s:|\]-]*/, "")
      .slice(0, 120) || words.slice(0, 120)
  );
}
