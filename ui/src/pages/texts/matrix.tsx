// The matrix of texts: one text a cell, what differs from the base marked, the keyboard moves between cells.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { count } from "../../math/format.ts";
import { say_diff } from "../../math/word_diff.ts";
import { value_text } from "../../fields.ts";
import { DiffText, FoundText } from "../../parts/diff_text.tsx";
import { Chip } from "../../parts/marks.tsx";
import { shown_cell } from "./frame.ts";
import type { ShownCell, TextFrame } from "./frame.ts";
import type { Column, Line } from "./model.ts";
import { texts_view } from "./view.ts";

const page_size = 100;

/** Rows and columns of texts. */
export function TextMatrix({ frame }: { frame: TextFrame }): JSX.Element {
  const [limit, set_limit] = useState(page_size);
  const { matrix, rows } = frame;
  const move = (event: KeyboardEvent): void => {
    const [row, column] = read_cell(texts_view.values.value.cell);
    const by = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = [
      clamp(row + (by[0] ?? 0), Math.min(limit, rows.length)),
      clamp(column + (by[1] ?? 0), matrix.columns.length),
    ];
    texts_view.set({ cell: next.join(",") });
    const table = event.currentTarget;
    if (table instanceof HTMLElement)
      table
        .querySelector<HTMLElement>(`[data-cell="${next.join(",")}"]`)
        ?.focus();
  };
  return (
    <section class="panel text-matrix" onKeyDown={move}>
      <table>
        <Head frame={frame} />
        <tbody>
          {rows.slice(0, limit).map((row, i) => (
            <tr key={row.key}>
              <RowHead frame={frame} row={row} at={i} />
              {matrix.columns.map((column, j) => (
                <TextCell
                  key={column.key}
                  frame={frame}
                  row={row}
                  column={column}
                  place={`${i},${j}`}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > limit && (
        <button
          type="button"
          class="action question-more"
          onClick={() => set_limit(limit + page_size)}
        >
          {count(limit)} of {count(rows.length)} rows shown. Show more
        </button>
      )}
    </section>
  );
}

const clamp = (at: number, length: number): number =>
  Math.max(0, Math.min(length - 1, at));

/** The row and the column of the chosen cell. */
export function read_cell(word: string): readonly [number, number] {
  const [row, column] = word.split(",").map(Number);
  const whole = (value: number | undefined): number =>
    value !== undefined && Number.isInteger(value) && value >= 0 ? value : 0;
  return [whole(row), whole(column)];
}

function Head({ frame }: { frame: TextFrame }): JSX.Element {
  const { columns } = frame.matrix;
  const depth = Math.max(1, frame.column_fields.length);
  return (
    <thead>
      {Array.from({ length: depth }, (_, level) => (
        <tr key={level}>
          {level === 0 && (
            <th rowSpan={depth} class="row-head" scope="col">
              <span class="quiet-text">Rows</span>{" "}
              {frame.row_fields.join(" › ")}
            </th>
          )}
          {spans(columns, level).map(({ column, span }) => (
            <th key={column.key} colSpan={span} scope="col">
              <span class="in-row">
                {column.merged > 1 && level === depth - 1 ? (
                  <Chip title="Equal in every row">
                    merged, {column.merged} columns
                  </Chip>
                ) : (
                  <b class="clip">{value_text(column.values[level] ?? null)}</b>
                )}
                {level === depth - 1 &&
                  column.values[level] === frame.base_name &&
                  column.merged === 1 && <span class="quiet-text">base</span>}
              </span>
            </th>
          ))}
        </tr>
      ))}
    </thead>
  );
}

/** Neighbours with equal values down to a level, as one heading. */
function spans(
  columns: readonly Column[],
  level: number,
): { column: Column; span: number }[] {
  const found: { column: Column; span: number }[] = [];
  const key = (column: Column): string =>
    JSON.stringify(column.values.slice(0, level + 1));
  for (const column of columns) {
    const last = found[found.length - 1];
    if (last !== undefined && key(last.column) === key(column)) last.span++;
    else found.push({ column, span: 1 });
  }
  return found;
}

function RowHead(props: {
  frame: TextFrame;
  row: Line;
  at: number;
}): JSX.Element {
  const { find } = texts_view.values.value;
  return (
    <th class="row-head" scope="row">
      {props.row.values.map((value, i) => (
        <div key={i} class="text-words">
          <FoundText text={value_text(value)} find={find} />
        </div>
      ))}
      <div class="tiny-text quiet-text">
        row {props.at + 1} of {props.frame.rows.length}
      </div>
    </th>
  );
}

function TextCell(props: {
  frame: TextFrame;
  row: Line;
  column: Column;
  place: string;
}): JSX.Element {
  const { frame, row, column, place } = props;
  const shown = shown_cell(frame, row, column);
  const { find, cell } = texts_view.values.value;
  if (shown === undefined)
    return (
      <td>
        <span class="quiet-text">–</span>
      </td>
    );
  const has_diff = shown.diff !== undefined && find === "";
  return (
    <td class={cell === place ? "on" : ""}>
      <button
        type="button"
        data-cell={place}
        aria-pressed={cell === place}
        onClick={() => texts_view.set({ cell: place })}
      >
        <span
          class={
            shown.is_base && column.merged === 1
              ? "text-words strong"
              : "text-words"
          }
        >
          {has_diff ? (
            <DiffText pieces={shown.diff ?? []} />
          ) : (
            <FoundText text={shown.text.text} find={find} />
          )}
        </span>
        <Caption shown={shown} column={column} />
      </button>
    </td>
  );
}

function Caption(props: { shown: ShownCell; column: Column }): JSX.Element {
  const { shown, column } = props;
  const n = shown.cell.texts.length;
  const words =
    column.merged > 1
      ? `same in ${column.merged}`
      : shown.diff === undefined
        ? `step ${count(shown.text.step)}`
        : say_diff(shown.diff);
  return (
    <span class="in-row tiny-text quiet-text">
      <span
        class={
          shown.diff !== undefined && words !== "equal" && column.merged === 1
            ? "accent-text"
            : ""
        }
      >
        {words}
      </span>
      {n > 1 && (
        <span>
          {shown.at + 1} of {n}
        </span>
      )}
      {shown.text.is_cut && <span>cut</span>}
    </span>
  );
}
