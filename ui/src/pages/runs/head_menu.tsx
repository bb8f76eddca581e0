// What a column's head offers: sort, pin, group, hide, and only the runs of one value.

import type { JSX } from "preact";
import { param } from "../../math/format.ts";
import { value_at } from "../../math/params.ts";
import { and_query, field_equals } from "../../math/query_text.ts";
import { Icon } from "../../parts/icon.tsx";
import { Menu } from "../../parts/menu.tsx";
import type { MenuItem } from "../../parts/menu.tsx";
import type { Column } from "../../parts/table.tsx";
import type { Json } from "../../schema.ts";
import type { Run } from "../../shapes.ts";
import { is_sortable, sort_by } from "./bar.tsx";
import { runs_view } from "./view.ts";
import type { ColumnKey } from "./view.ts";

const most_values = 6;

/** The menu of a column. */
export function HeadMenu(props: {
  column: Column<Run>;
  columns: readonly ColumnKey[];
  runs: readonly Run[];
  sort: string;
}): JSX.Element | null {
  const { column, columns } = props;
  const { key } = column;
  if (!columns.includes(key)) return null;
  const items = [
    ...(is_sortable(key)
      ? [
          {
            label: "Sort",
            icon: "sort",
            run: () => sort_by(key, props.sort),
          } as const,
        ]
      : []),
    pin_item(key),
    ...group_items(key),
    {
      label: "Hide",
      icon: "hidden",
      run: () => runs_view.set({ cols: columns.filter((one) => one !== key) }),
    } as const,
    ...filter_items(key, props.runs),
  ];
  return (
    <Menu
      label={`Column ${column.name}`}
      class="head-menu"
      face={<Icon name="down" small />}
      items={items}
    />
  );
}

function pin_item(key: ColumnKey): MenuItem {
  const { pin } = runs_view.values.value;
  const is_pinned = pin.includes(key);
  return {
    label: is_pinned ? "Unpin" : "Pin left",
    icon: "pin",
    run: () =>
      runs_view.set({
        pin: is_pinned ? pin.filter((one) => one !== key) : [...pin, key],
      }),
  };
}

function group_items(key: ColumnKey): readonly MenuItem[] {
  const { group } = runs_view.values.value;
  if (!key.startsWith("params.") && key !== "status" && key !== "experiment")
    return [];
  const is_grouped = group.includes(key);
  return [
    {
      label: is_grouped ? "Ungroup" : "Group by it",
      icon: "runs",
      run: () =>
        runs_view.set({
          group: is_grouped
            ? group.filter((one) => one !== key)
            : [...group, key],
        }),
    },
  ];
}

/** Only the runs of one value, where there are few. */
function filter_items(
  key: ColumnKey,
  runs: readonly Run[],
): readonly MenuItem[] {
  const read = (run: Run): Json | undefined => {
    if (key === "status") return run.status;
    if (key === "experiment") return run.experiment;
    return key.startsWith("params.")
      ? value_at(run.params, key.slice("params.".length))
      : undefined;
  };
  const values = new Map<string, Json>();
  for (const run of runs) {
    const value = read(run);
    if (value !== undefined && (typeof value !== "object" || value === null))
      values.set(JSON.stringify(value), value);
  }
  if (values.size < 2 || values.size > most_values) return [];
  const sorted = [...values.values()].sort((a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b)),
  );
  return sorted.map((value) => ({
    label: `Only ${param(value)}`,
    icon: "filter",
    run: () =>
      runs_view.set({
        q: and_query(
          runs_view.values.value.q,
          field_equals(key.replace(/^params\./, ""), value),
        ),
      }),
  }));
}
