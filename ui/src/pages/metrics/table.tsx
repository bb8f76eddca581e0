// The reading table: what each run's curves say at the cursor, at their best and at their end.

import type { JSX } from "preact";
import { compare_values } from "../../math/group.ts";
import { Table } from "../../parts/table.tsx";
import { columns_of } from "./columns.tsx";
import type {
  ReadingColumn,
  ReadingRow,
  ReadingTableProps,
} from "./columns.tsx";

export function ReadingTable(props: ReadingTableProps): JSX.Element {
  const columns = columns_of(props);
  const down = props.sort.startsWith("-");
  const key = down ? props.sort.slice(1) : props.sort;
  const sorted =
    columns.find((column) => column.key === key) ??
    columns.find((column) => column.is_first);
  const is_down = key === "" ? (sorted?.first_down ?? false) : down;
  const rows =
    sorted === undefined
      ? props.rows
      : sorted_rows(props.rows, sorted, is_down);
  return (
    <div class="reading-table" onPointerLeave={() => props.onHover(undefined)}>
      <Table
        label="Readings"
        columns={columns}
        lines={rows.map((row) => ({ kind: "row", key: row.run.run.id, row }))}
        sorted={sorted === undefined ? undefined : { key: sorted.key, is_down }}
        row_class={(row) => (row.is_dimmed || row.is_hidden ? "dimmed" : "")}
        onSort={(next) =>
          props.onSort(next === sorted?.key && !is_down ? `-${next}` : next)
        }
        onPoint={props.onHover}
      />
    </div>
  );
}

function sorted_rows(
  rows: readonly ReadingRow[],
  by: ReadingColumn,
  is_down: boolean,
): readonly ReadingRow[] {
  const missing = (value: number | string | null): boolean =>
    value === null || (typeof value === "number" && Number.isNaN(value));
  return [...rows].sort((a, b) => {
    const [x, y] = [by.value(a), by.value(b)];
    if (missing(x) || missing(y))
      return Number(missing(x)) - Number(missing(y));
    return is_down ? compare_values(y, x) : compare_values(x, y);
  });
}
