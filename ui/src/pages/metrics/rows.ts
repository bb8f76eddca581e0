// The rows of the reading table: a run each, with its lines.

import { context_value } from "../../fields.ts";
import type { FlatRun } from "../../fields.ts";
import { is_collapsed } from "./blind.ts";
import { item_of, values_key } from "./lines.ts";
import type { MetricsModel } from "./model.ts";
import type { Line } from "./lines.ts";
import { line_key } from "./columns.tsx";
import type { ReadingRow } from "./columns.tsx";
import type { Chosen, MetricsValues } from "./view.ts";

export function reading_rows(
  model: MetricsModel,
  runs: readonly FlatRun[],
  chosen: Chosen,
  values: MetricsValues,
): readonly ReadingRow[] {
  const lines = new Map<string, Map<string, Line>>();
  for (const line of model.lines) {
    const { run, series } = line.of;
    const of_run = lines.get(run.run.id) ?? new Map<string, Line>();
    lines.set(run.run.id, of_run);
    of_run.set(
      line_key(
        series.name,
        String(context_value(series.context, "subset") ?? ""),
      ),
      line,
    );
  }
  const colors = new Map(model.colors.map((entry) => [entry.key, entry.color]));
  const references = model.charts.flatMap((chart) => chart.plot.references);
  return runs.flatMap((run) => {
    const own = lines.get(run.run.id);
    const first = own?.values().next().value;
    if (own === undefined || first === undefined) return [];
    const item = item_of(first);
    const key = values_key(chosen.color.map((field) => field.of(item)));
    return [
      {
        run,
        color: colors.get(key) ?? "var(--text-3)",
        is_hidden: values.off.includes(run.run.id) || values.hide.includes(key),
        is_dimmed: is_collapsed(run, references),
        lines: own,
      },
    ];
  });
}
