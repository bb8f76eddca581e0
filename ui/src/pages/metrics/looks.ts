// The colours and dashes of the Metrics page.

import type { RunField } from "../../fields.ts";
import { kept_color } from "../../colors.ts";
import {
  nested_colours,
  ordered_colours,
  ramp_colour,
  ramp_of,
} from "../../math/colour.ts";
import { key_of } from "../../math/group.ts";
import type { FieldValue, Group } from "../../math/group.ts";
import { values_key } from "./lines.ts";
import type { Line } from "./lines.ts";
import { is_numeric } from "./view.ts";

export function is_ramp(fields: readonly RunField[]): boolean {
  return fields.length > 0 && fields.length <= 2 && fields.every(is_numeric);
}

/** Ordered numbers take a ramp, two of them the nested one, all else a colour that it keeps. */
export function colors_of(
  fields: readonly RunField[],
  all_values: (field: RunField) => readonly FieldValue[],
): (values: readonly FieldValue[]) => string {
  const [first, second] = fields;
  const numbers = (field: RunField): number[] =>
    all_values(field).filter((value) => typeof value === "number");
  const number = (value: FieldValue | undefined): number =>
    typeof value === "number" ? value : NaN;
  if (first === undefined) return () => "var(--c1)";
  if (first.whole !== undefined && second === undefined) {
    const ramp = ramp_of(first.path);
    const last = first.values.length - 1;
    return ([value = null]) => {
      const at = first.values.indexOf(value);
      return at < 0 ? "var(--text-3)" : ramp_colour(ramp, at / last);
    };
  }
  if (is_ramp(fields)) {
    if (second === undefined) {
      const color = ordered_colours(first.path, numbers(first));
      return (values) => color(number(values[0]));
    }
    const color = nested_colours(numbers(first), numbers(second));
    return (values) => color(number(values[0]), number(values[1]));
  }
  const name = fields.map((field) => field.path).join("+");
  return (values) => kept_color(name, key_of(values));
}

/** Evaluation is solid and training dashed, whatever else there is. */
export function dash_patterns(
  groups: readonly Group<Line>[],
): { key: string; dash: number }[] {
  const keys = groups.map((one) => values_key(one.values));
  const known = new Map([
    ["eval", 0],
    ["train", 1],
  ]);
  if (!keys.includes("eval") && keys.length < 2) known.set("train", 0);
  let next = keys.some((key) => known.has(key)) ? 2 : 0;
  return keys
    .map((key) => ({ key, dash: known.get(key) ?? next++ }))
    .sort((a, b) => a.dash - b.dash);
}

export interface Look {
  readonly color_of: (values: readonly FieldValue[]) => string;
  readonly dashes: ReadonlyMap<string, number>;
}
