// The head of a table.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { cell_class, pin_style } from "./table.tsx";
import type { Column, TableProps } from "./table.tsx";

/** The head of a table: groups of columns above, columns below, each to sort, drag and resize. */
export function TableHead<R>(props: {
  table: TableProps<R>;
  pins: ReadonlyMap<string, number>;
}): JSX.Element {
  const { table, pins } = props;
  const [dragged, set_dragged] = useState<string | undefined>(undefined);
  return (
    <div class="head" role="rowgroup">
      <div class="line over" role="presentation">
        {table.columns.map((column, i) => {
          const begins =
            i === 0 || table.columns[i - 1]?.group !== column.group;
          return (
            <div
              key={column.key}
              class={cell_class(table.columns, i)}
              style={pin_style(pins, column.key)}
            >
              {begins && (
                <span
                  class="heading clip"
                  title={column.group}
                  style={{
                    flex: "none",
                    maxWidth: `${group_width(table.columns, i)}px`,
                  }}
                >
                  {column.group}
                </span>
              )}
            </div>
          );
        })}
      </div>
      <div class="line" role="row" aria-rowindex={1}>
        {table.columns.map((column, i) => (
          <HeadCell
            key={column.key}
            table={table}
            column={column}
            class={cell_class(table.columns, i)}
            style={pin_style(pins, column.key)}
            dragged={dragged}
            onDrag={set_dragged}
          />
        ))}
      </div>
    </div>
  );
}

interface HeadCellProps<R> {
  readonly table: TableProps<R>;
  readonly column: Column<R>;
  readonly class: string;
  readonly style: Record<string, string>;
  readonly dragged: string | undefined;
  readonly onDrag: (key: string | undefined) => void;
}

function HeadCell<R>(props: HeadCellProps<R>): JSX.Element {
  const { table, column } = props;
  const sorted = table.sorted?.key === column.key ? table.sorted : undefined;
  const sorts = column.sorts === true && table.onSort !== undefined;
  const direction =
    sorted === undefined ? "none" : sorted.is_down ? "descending" : "ascending";
  return (
    <div
      class={`${props.class}${sorted === undefined ? "" : " sorted"}`}
      style={props.style}
      role="columnheader"
      aria-sort={sorts ? direction : undefined}
      title={column.name}
      draggable={table.onMove !== undefined && column.is_pinned !== true}
      onDragStart={() => props.onDrag(column.key)}
      onDragEnd={() => props.onDrag(undefined)}
      onDragOver={(event) => {
        if (props.dragged !== undefined && props.dragged !== column.key)
          event.preventDefault();
      }}
      onDrop={() => {
        if (props.dragged !== undefined)
          table.onMove?.(props.dragged, column.key);
      }}
    >
      {sorts ? (
        <button
          type="button"
          class="sort"
          onClick={() => table.onSort?.(column.key)}
        >
          <span class="clip">{column.title}</span>
          {sorted !== undefined && (
            <Icon name={sorted.is_down ? "down_arrow" : "up_arrow"} small />
          )}
        </button>
      ) : (
        <span class="clip">{column.title}</span>
      )}
      {table.head_menu?.(column)}
      {table.onResize !== undefined && (
        <Grip column={column} onResize={table.onResize} />
      )}
    </div>
  );
}

const least_width = 40;

function Grip<R>(props: {
  column: Column<R>;
  onResize: (key: string, width: number) => void;
}): JSX.Element {
  const begin = useRef<
    { readonly x: number; readonly width: number } | undefined
  >(undefined);
  const { column } = props;
  return (
    <span
      class="grip"
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${column.name}`}
      aria-valuenow={column.width}
      draggable={false}
      onPointerDown={(event) => {
        event.preventDefault();
        event.stopPropagation();
        begin.current = { x: event.clientX, width: column.width };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const from = begin.current;
        if (from === undefined) return;
        props.onResize(
          column.key,
          Math.max(
            least_width,
            Math.round(from.width + event.clientX - from.x),
          ),
        );
      }}
      onPointerUp={() => {
        begin.current = undefined;
      }}
    />
  );
}

/** The pixels that the heading of the group that begins at a column has. */
function group_width(
  columns: readonly { readonly group?: string; readonly width: number }[],
  first: number,
): number {
  const group = columns[first]?.group;
  const past = columns.findIndex((one, i) => i > first && one.group !== group);
  const members = columns.slice(first, past < 0 ? undefined : past);
  return members.reduce((sum, one) => sum + one.width, -16);
}
