// What the tabs of images, audio and figures show: the values of each series at the chosen step.

import { place_of_step } from "../../../math/steps.ts";
import { say_series, write_series } from "../../../math/series_name.ts";
import type { SeriesSteps } from "../../../schema.ts";
import type { TrackedObject } from "../../../shapes_of_objects.ts";

/** A series with what it has at the chosen step. */
export interface MediaGroup {
  readonly key: string;
  readonly series: SeriesSteps;
  /** The step that is shown: its last up to the chosen one. */
  readonly step: number | undefined;
  readonly epoch: number | undefined;
  readonly objects: readonly TrackedObject[];
}

/** The text that people read below a value. */
export function caption_of({ value }: TrackedObject): string {
  return (value.image ?? value.audio ?? value.figure)?.caption ?? "";
}

/** The series that fit the words, or whose values do, each with its values. */
export function groups_of(
  series: readonly SeriesSteps[],
  objects: readonly TrackedObject[],
  chosen: number | undefined,
  find: string,
): readonly MediaGroup[] {
  const by_series = new Map<string, TrackedObject[]>();
  for (const one of objects) {
    const key = write_series(one);
    const known = by_series.get(key);
    if (known === undefined) by_series.set(key, [one]);
    else known.push(one);
  }
  const word = find.trim().toLowerCase();
  const fits = (text: string): boolean => text.toLowerCase().includes(word);
  return series.flatMap((one) => {
    const key = write_series(one);
    const all = by_series.get(key) ?? [];
    const kept = fits(say_series(one))
      ? all
      : all.filter((object) => fits(caption_of(object)));
    const first = one.steps[0];
    const has_begun =
      chosen === undefined || (first !== undefined && first <= chosen);
    if (word !== "" && kept.length === 0 && !fits(say_series(one))) return [];
    return {
      key,
      series: one,
      step: has_begun ? one.steps[place_of_step(one.steps, chosen)] : undefined,
      epoch: all[0]?.epoch,
      objects: has_begun ? kept : [],
    };
  });
}
