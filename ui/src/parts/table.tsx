// The table: virtual rows, columns to sort, resize, drag and pin, group rows, rows to select; a grid for the keyboard.

import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { TableHead } from "./table_head.tsx";
import { use_virtual_rows } from "./virtual_rows.ts";

export interface Column<R> {
  readonly key: string;
  readonly title: ComponentChildren;
  /** What is read aloud and shown on hover. */
  readonly name: string;
  /** Columns of one group stand under one heading. */
  readonly group: string;
  readonly width: number;
  readonly is_number?: boolean;
  readonly is_pinned?: boolean;
  /** Whether a click on its head sorts. */
  readonly sorts?: boolean;
  readonly cell: (row: R) => ComponentChildren;
}

/** A row of the table, or the head of a group. */
export type Line<R> =
  | { readonly kind: "row"; readonly key: string; readonly row: R }
  | {
      readonly kind: "group";
      readonly key: string;
      readonly cell: (column: string) => ComponentChildren;
    };

export interface TableProps<R> {
  readonly label: string;
  readonly columns: readonly Column<R>[];
  readonly lines: readonly Line<R>[];
  readonly row_height?: number;
  /** The key that sorts, and which way. */
  readonly sorted?:
    { readonly key: string; readonly is_down: boolean } | undefined;
  /** The line that the keyboard stands on. */
  readonly at?: string | undefined;
  readonly row_class?: (row: R) => string;
  readonly is_selected?: (row: R) => boolean;
  readonly onSort?: (key: string) => void;
  readonly onResize?: (key: string, width: number) => void;
  readonly onMove?: (key: string, before: string) => void;
  readonly onOpen?: (row: R, event: MouseEvent) => void;
  readonly onPoint?: (key: string) => void;
  readonly head_menu?: (column: Column<R>) => ComponentChildren;
}

const group_height = 30;

/** Draws what is in sight of a table of any length. */
export function Table<R>(props: TableProps<R>): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const row_height = props.row_height ?? 32;
  const heights = (i: number): number =>
    props.lines[i]?.kind === "group" ? group_height : row_height;
  const at_index =
    props.at === undefined
      ? -1
      : props.lines.findIndex((line) => line.key === props.at);
  const rows = use_virtual_rows({
    scroller,
    count: props.lines.length,
    height: heights,
    heights: row_height,
    at: at_index,
  });
  const template = props.columns.map((column) => `${column.width}px`).join(" ");
  const width = props.columns.reduce((sum, column) => sum + column.width, 0);
  const pins = pinned_offsets(props.columns);
  return (
    <div
      ref={scroller}
      class="table"
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.lines.length + 1}
      aria-colcount={props.columns.length}
      tabIndex={0}
      style={{
        "--template": `${template} minmax(0,1fr)`,
        "--width": `${width}px`,
      }}
    >
      <TableHead table={props} pins={pins} />
      <div class="body" style={{ height: `${rows.total}px` }} role="rowgroup">
        {rows.shown.map((shown) => {
          const line = props.lines[shown.index];
          return line === undefined ? null : (
            <BodyLine
              key={line.key}
              table={props}
              line={line}
              index={shown.index}
              top={shown.top}
              height={shown.height}
              pins={pins}
            />
          );
        })}
      </div>
    </div>
  );
}

function pinned_offsets<R>(
  columns: readonly Column<R>[],
): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  let left = 0;
  for (const column of columns) {
    if (column.is_pinned !== true) continue;
    offsets.set(column.key, left);
    left += column.width;
  }
  return offsets;
}

/** The classes of a cell of column `i`. */
export function cell_class<R>(
  columns: readonly Column<R>[],
  i: number,
): string {
  const column = columns[i];
  const leads = i > 0 && column?.group !== columns[i - 1]?.group;
  const words = ["cell"];
  if (column?.is_number === true) words.push("number");
  if (column?.is_pinned === true) words.push("pinned");
  if (leads) words.push("lead");
  return words.join(" ");
}

/** Where a pinned column sticks. */
export function pin_style(
  pins: ReadonlyMap<string, number>,
  key: string,
): Record<string, string> {
  const left = pins.get(key);
  return left === undefined ? {} : { left: `${left}px` };
}

interface LineProps<R> {
  readonly table: TableProps<R>;
  readonly line: Line<R>;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly pins: ReadonlyMap<string, number>;
}

function BodyLine<R>(props: LineProps<R>): JSX.Element {
  const { table, line } = props;
  const style = {
    transform: `translateY(${props.top}px)`,
    height: `${props.height}px`,
  };
  const here = table.at === line.key ? " here" : "";
  if (line.kind === "group") {
    return (
      <div
        class={`line group${here}`}
        style={style}
        role="row"
        aria-rowindex={props.index + 2}
      >
        {table.columns.map((column, i) => (
          <div
            key={column.key}
            class={cell_class(table.columns, i)}
            role="gridcell"
            style={pin_style(props.pins, column.key)}
          >
            {line.cell(column.key)}
          </div>
        ))}
      </div>
    );
  }
  const selected = table.is_selected?.(line.row) === true;
  return (
    <div
      class={`line row ${table.row_class?.(line.row) ?? ""}${selected ? " selected" : ""}${here}`}
      style={style}
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={selected}
      onPointerMove={() => table.onPoint?.(line.key)}
      onClick={(event) => table.onOpen?.(line.row, event)}
    >
      {table.columns.map((column, i) => (
        <div
          key={column.key}
          class={cell_class(table.columns, i)}
          role="gridcell"
          style={pin_style(props.pins, column.key)}
        >
          {column.cell(line.row)}
        </div>
      ))}
    </div>
  );
}
