// The strip above the charts: what colours and dashes stand for, and how much is drawn.

import type { JSX } from "preact";
import { brief_label, field_text } from "../../fields.ts";
import { compact } from "../../math/format.ts";
import { group } from "../../math/group.ts";
import { Legend } from "../../parts/legend.tsx";
import type { LegendGroup } from "../../parts/legend.tsx";
import type { MetricsModel } from "./model.ts";
import { metrics_view } from "./view.ts";
import type { Chosen, MetricsValues } from "./view.ts";

interface MetricsLegendProps {
  readonly model: MetricsModel;
  readonly chosen: Chosen;
  readonly values: MetricsValues;
  readonly is_smoothed: boolean;
  readonly onHover: (key: string | undefined) => void;
}

export function MetricsLegend(props: MetricsLegendProps): JSX.Element {
  const { model, chosen, values } = props;
  const points = model.lines.reduce(
    (sum, line) => sum + line.of.series.rows,
    0,
  );
  const is_sampled = model.lines.some((line) => line.of.series.is_sampled);
  const all = [
    ...model.colors.map((entry) => entry.key),
    ...model.dashes.map((entry) => `~${entry.key}`),
  ];
  return (
    <Legend
      groups={[
        ...color_groups(model, chosen, values),
        ...dash_group(model, values),
      ]}
      onHover={props.onHover}
      onToggle={(key, is_alone) =>
        metrics_view.set({ hide: toggled(values.hide, all, key, is_alone) })
      }
    >
      {props.is_smoothed && (
        <span class="legend-group">
          <i class="ghost-mark" aria-hidden="true" />
          <span class="second-text">raw, behind the smoothed line</span>
        </span>
      )}
      {model.repeats_colors && (
        <span
          class="chip"
          title="Twelve colours can be told apart; more curves share them"
        >
          colours repeat after 12
        </span>
      )}
      <span class="grow" />
      <span class="quiet-text">
        {model.lines.length} series · {compact(points)} points
        {is_sampled && ", min–max per pixel"}
      </span>
    </Legend>
  );
}

/** Two fields: a heading for each value of the first, and its second values beside. */
function color_groups(
  model: MetricsModel,
  chosen: Chosen,
  values: MetricsValues,
): LegendGroup[] {
  const [first, ...rest] = chosen.color;
  if (first === undefined) return [];
  const item = (entry: MetricsModel["colors"][number], label: string) => ({
    key: entry.key,
    label,
    mark: { color: entry.color },
    is_hidden: values.hide.includes(entry.key),
  });
  if (rest.length === 0)
    return [
      {
        title: (
          <>
            <span class="quiet-text">Colour</span>
            <b class="mono">{first.label}</b>
          </>
        ),
        items: model.colors.map((entry) =>
          item(entry, field_text(first, entry.values[0] ?? null)),
        ),
      },
    ];
  return group(model.colors, [(entry) => entry.values[0] ?? null]).map(
    (one, i) => ({
      title: (
        <>
          {i === 0 && <span class="quiet-text">Colour</span>}
          <b class="mono">
            {brief_label(first.label)}{" "}
            {field_text(first, one.values[0] ?? null)}
          </b>
          <span class="quiet-text">
            {rest.map((field) => brief_label(field.label)).join(", ")}
          </span>
        </>
      ),
      items: one.items.map((entry) =>
        item(
          entry,
          rest
            .map((field, k) => field_text(field, entry.values[k + 1] ?? null))
            .join("/"),
        ),
      ),
    }),
  );
}

function dash_group(model: MetricsModel, values: MetricsValues): LegendGroup[] {
  if (model.dashes.length < 2) return [];
  return [
    {
      title: <span class="quiet-text">Dash</span>,
      items: model.dashes.map((entry) => ({
        key: `~${entry.key}`,
        label: entry.key,
        mark: { dash: entry.dash },
        is_hidden: values.hide.includes(`~${entry.key}`),
      })),
    },
  ];
}

/** What is hidden after a click: one more or one less; alone, all others of its kind, or none again. */
export function toggled(
  hidden: readonly string[],
  all: readonly string[],
  key: string,
  is_alone: boolean,
): readonly string[] {
  if (!is_alone)
    return hidden.includes(key)
      ? hidden.filter((one) => one !== key)
      : [...hidden, key];
  const is_dash = key.startsWith("~");
  const kind = all.filter((one) => one.startsWith("~") === is_dash);
  const others = kind.filter((one) => one !== key);
  const rest = hidden.filter((one) => one.startsWith("~") !== is_dash);
  const was_alone =
    !hidden.includes(key) && others.every((one) => hidden.includes(one));
  return was_alone ? rest : [...rest, ...others];
}

/** Hides a run or shows it again; shown alone, all others are hidden. */
export function toggle_run(
  values: MetricsValues,
  model: MetricsModel,
  run: string,
  is_alone: boolean,
): void {
  const all = [...new Set(model.lines.map((line) => line.of.run.run.id))];
  metrics_view.set({ off: toggled(values.off, all, run, is_alone) });
}
