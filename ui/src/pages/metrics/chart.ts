// One chart of the Metrics page: its curves, alone or summed up, its title and what it says of its choices.

import { called } from "../../called.ts";
import type { Curve, EndLabel } from "../../chart/curve.ts";
import { span } from "../../chart/fit.ts";
import { shared_words } from "../../chart/labels.ts";
import { DENSITY_FROM } from "../../chart/paint.ts";
import type { PlotModel } from "../../chart/paint.ts";
import { text_width } from "../../chart/pen.ts";
import { LOG_FROM } from "../../chart/scale.ts";
import { field_text, value_text } from "../../fields.ts";
import type { RunField } from "../../fields.ts";
import { aggregate } from "../../math/aggregate.ts";
import { is_share } from "../../math/format.ts";
import { group } from "../../math/group.ts";
import type { FieldValue, Group } from "../../math/group.ts";
import { x_axis, y_kind } from "./axes.ts";
import { blind_references } from "./blind.ts";
import { curve_of, item_of, values_key } from "./lines.ts";
import type { Line } from "./lines.ts";
import type { Look } from "./looks.ts";
import type { Chosen } from "./view.ts";

export interface ChartModel {
  readonly key: string;
  readonly title: string;
  readonly chips: readonly { readonly text: string; readonly why: string }[];
  readonly plot: PlotModel;
  readonly curves: ReadonlyMap<string, CurveInfo>;
  readonly metrics: readonly string[];
}

/** What a curve of a chart is of: one line, or a group summed up. */
export interface CurveInfo {
  readonly lines: readonly Line[];
  readonly colors: readonly FieldValue[];
  readonly dash: string;
  /** How many curves a summed-up one rests on at each point. */
  readonly n: Uint32Array | undefined;
}

export function chart_of(
  { key, values, items }: Group<Line>,
  chosen: Chosen,
  look: Look,
): ChartModel {
  const names = [...new Set(items.map((line) => line.of.series.name))];
  const subsets = new Set(
    items.map((line) =>
      values_key(chosen.dash.map((field) => field.of(item_of(line)))),
    ),
  );
  const own_look =
    subsets.size > 1 ? look : { ...look, dashes: new Map<string, number>() };
  const drawn =
    chosen.band === undefined
      ? items.map((line) => single(line, chosen, own_look, subsets.size > 1))
      : summed(items, chosen, own_look, chosen.band, subsets.size > 1);
  const curves = drawn.map((one) => one.curve);
  const values_span = span(curves);
  const { least, largest } = values_span;
  const is_log = y_kind(values_span, chosen) === "log";
  const references =
    names.length === 1 ? blind_references(names[0] ?? "", items) : [];
  const [low, high] = is_log
    ? [undefined, undefined]
    : share_range(names, least, largest);
  return {
    key,
    title: title_of(values, chosen, names),
    chips: chips_of(items, chosen, {
      is_log,
      factor: largest / least,
      subsets,
    }),
    plot: {
      curves,
      x: x_axis(curves, chosen),
      y: {
        kind: is_log ? "log" : "linear",
        style: "number",
        title: "",
        low,
        high,
      },
      references,
      label_width: label_room(labelled(curves, chosen)),
      has_all_lines: chosen.has_all_lines,
    },
    curves: new Map(drawn.map((one) => [one.curve.id, one.info])),
    metrics: names,
  };
}

/** The curves that get labels: of a density those on top alone. */
function labelled(curves: readonly Curve[], chosen: Chosen): readonly Curve[] {
  const top = curves.filter((curve) => curve.is_pinned);
  if (curves.length - top.length > DENSITY_FROM) return top;
  return chosen.color.length > 0 ? curves : top;
}

/** Room for the longest label, or for two heads that share one. */
function label_room(curves: readonly Curve[]): number {
  if (curves.length === 0) return 0;
  let most = 60;
  for (const { label } of curves) {
    if (label === undefined) continue;
    const { prefix, head } = label;
    const pair = `${prefix} ${head}, ${head}`;
    most = Math.max(most, text_width(shared_words([label])), text_width(pair));
  }
  return Math.min(most + 14, 150);
}

/** Shares in percent that differ widely are read against the whole. */
function share_range(
  names: readonly string[],
  least: number,
  largest: number,
): [number, number] | [undefined, undefined] {
  const is_wide = least >= 0 && largest <= 100 && least < 25 && largest > 50;
  return is_wide && names.every(is_share) ? [0, 102] : [undefined, undefined];
}

function title_of(
  values: readonly FieldValue[],
  chosen: Chosen,
  names: readonly string[],
): string {
  if (chosen.chart.length === 0) return names.join(", ");
  const words = chosen.chart.map((field, i) => {
    const said = value_text(values[i] ?? null);
    return field.kind === "metric" || field.kind === "context"
      ? said
      : `${field.label} ${said}`;
  });
  if (!chosen.chart.some((field) => field.kind === "metric"))
    words.unshift(names.join(", "));
  return words.join(" · ");
}

function chips_of(
  items: readonly Line[],
  chosen: Chosen,
  y: { is_log: boolean; factor: number; subsets: ReadonlySet<string> },
): { text: string; why: string }[] {
  const chips = [
    { text: [...y.subsets].sort().join(", "), why: "Which series are drawn" },
  ];
  if (y.is_log)
    chips.push({
      text: chosen.y === "auto" ? "log, auto" : "log",
      why: `Values span ${Math.round(y.factor)} times; a log axis is chosen above ${LOG_FROM}`,
    });
  if (chosen.is_auto.smooth && items.some((line) => line.is_smoothed))
    chips.push({
      text: "smoothed, auto",
      why: "A running mean of weight 0.9; what was measured lies behind it",
    });
  return chips.filter((chip) => chip.text !== "");
}

function single(
  line: Line,
  chosen: Chosen,
  look: Look,
  says_dash: boolean,
): { curve: Curve; info: CurveInfo } {
  const item = item_of(line);
  const colors = chosen.color.map((field) => field.of(item));
  const dash = values_key(chosen.dash.map((field) => field.of(item)));
  const is_top = chosen.top.has(item.run.run.id);
  const curve = curve_of(line, {
    id: `${item.run.run.id} ${item.name} ${JSON.stringify(item.context)}`,
    color: look.color_of(colors),
    dash: look.dashes.get(dash) ?? 0,
    label: is_top
      ? { prefix: "", head: called(item.run.run), tail: says_dash ? dash : "" }
      : label_of(chosen.color, colors, says_dash ? dash : ""),
    is_pinned: is_top,
  });
  return { curve, info: { lines: [line], colors, dash, n: undefined } };
}

function label_of(
  fields: readonly RunField[],
  colors: readonly FieldValue[],
  prefix: string,
): EndLabel {
  const [head = "", ...rest] = fields.map((field, i) =>
    field_text(field, colors[i] ?? null),
  );
  return { prefix, head, tail: rest.join(" ") };
}

function summed(
  items: readonly Line[],
  chosen: Chosen,
  look: Look,
  band: NonNullable<Chosen["band"]>,
  says_dash: boolean,
): { curve: Curve; info: CurveInfo }[] {
  const fields = [...chosen.color, ...chosen.dash];
  const metric = (line: Line): FieldValue => line.of.series.name;
  const groups = group(items, [
    ...fields.map((field) => (line: Line) => field.of(item_of(line))),
    metric,
  ]);
  return groups.map(({ key, values, items: lines }) => {
    const colors = values.slice(0, chosen.color.length);
    const dash = values_key(values.slice(chosen.color.length, -1));
    const { x, middle, low, high, n } = aggregate(
      lines,
      band.middle,
      band.spread,
    );
    const most = Math.max(...n, 0);
    const label = label_of(chosen.color, colors, says_dash ? dash : "");
    const curve: Curve = {
      id: key,
      x,
      y: middle,
      band: band.spread === "none" ? undefined : { low, high },
      color: look.color_of(colors),
      dash: look.dashes.get(dash) ?? 0,
      has_dots: x.length < 40,
      label: { ...label, tail: `${label.tail} n=${most}`.trim() },
      gap: Infinity,
    };
    return { curve, info: { lines, colors, dash, n } };
  });
}
