// The loss of who knows nothing: ln of the number of positions that an answer may begin or end at.

import type { Reference } from "../../chart/curve.ts";
import { context_value } from "../../fields.ts";
import type { FlatRun } from "../../fields.ts";
import type { Line } from "./lines.ts";

const WINDOW =
  /(^|[._])(max_length|max_seq_length|max_seq_len|max_len|window_length|window)$/;

/** The window length that a run trained with, if it says so. */
export function window_length(run: FlatRun): number | undefined {
  for (const [path, value] of run.params)
    if (typeof value === "number" && value > 1 && WINDOW.test(path))
      return value;
  return undefined;
}

/** A line for each window length among the runs, with how many of them end there. */
export function blind_references(
  metric: string,
  lines: readonly Line[],
): readonly Reference[] {
  if (!/(^|_)loss$/.test(metric)) return [];
  const lengths = new Map<number, Set<string>>();
  for (const line of lines) {
    const length = window_length(line.of.run);
    if (length === undefined) continue;
    const ends = lengths.get(length) ?? new Set<string>();
    lengths.set(length, ends);
    const last = line.of.series.value.at(-1) ?? NaN;
    if (Math.abs(last / Math.log(length) - 1) < 0.02)
      ends.add(line.of.run.run.id);
  }
  if (lengths.size === 0 || lengths.size > 3) return [];
  return [...lengths]
    .sort((a, b) => a[0] - b[0])
    .map(([length, ends]) => {
      const value = Math.log(length);
      const who =
        ends.size === 0
          ? ""
          : ends.size === 1
            ? ". One run ends on this line"
            : `. ${ends.size} runs end on this line`;
      return {
        value,
        text: `ln ${length} = ${value.toFixed(2)}: a blind guess${who}`,
      };
    });
}

/** Whether a run shows nothing but a blind guess or NaN, as far as these references say. */
export function is_collapsed(
  run: FlatRun,
  references: readonly Reference[],
): boolean {
  const losses = run.run.metrics.filter((metric) => metric.name === "loss");
  if (losses.some((metric) => metric.nan_step !== undefined)) return true;
  const evals = losses.find(
    (metric) => context_value(metric.context, "subset") === "eval",
  );
  const best = (evals ?? losses[0])?.min;
  return (
    best !== undefined && references.some(({ value }) => best >= 0.98 * value)
  );
}
