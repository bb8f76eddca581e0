// Which colour stands for what: series, ordered numbers, two ordered fields. Colours are CSS, so that a theme switch
// needs no second computation; who draws on a canvas resolves them there.

export type Ramp = "ember" | "lagoon";

/** How many colours tell things apart without anything else. */
export const series_colours = 12;

const stops = 7;

/** The colour of the n-th thing; after twelve they repeat, and who draws adds dash patterns and says so. */
export function series_colour(index: number): string {
  return `var(--c${(((index % series_colours) + series_colours) % series_colours) + 1})`;
}

/** The ramp that suits a field: sizes and depths take lagoon, rates and losses ember. */
export function ramp_of(field: string): Ramp {
  return /batch|bs$|depth|layer|length|size|width|dim|heads|rank|seed|epochs|steps/i.test(
    field,
  )
    ? "lagoon"
    : "ember";
}

/** The colour at `share` (0 to 1) of a ramp, between its seven stops where it falls there. */
export function ramp_colour(ramp: Ramp, share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (stops - 1);
  const low = Math.min(stops - 1, Math.floor(at));
  const rest = Math.round((at - low) * 100);
  const stop = (n: number): string => `var(--${ramp}-${n + 1})`;
  if (rest === 0) return stop(low);
  if (rest === 100) return stop(low + 1);
  return `color-mix(in oklab, ${stop(low)} ${100 - rest}%, ${stop(low + 1)})`;
}

/** Where each distinct value stands on a ramp: by rank up to seven values, else by size, by its logarithm where the
 *  values are positive and span more than 30×. */
export function shares_of(
  values: readonly number[],
): (value: number) => number {
  const distinct = [...new Set(values.filter(Number.isFinite))].sort(
    (a, b) => a - b,
  );
  const low = distinct[0];
  const high = distinct[distinct.length - 1];
  if (low === undefined || high === undefined || low === high) return () => 0;
  if (distinct.length <= stops) {
    const ranks = new Map(
      distinct.map((value, rank) => [value, rank / (distinct.length - 1)]),
    );
    return (value) => ranks.get(value) ?? 0;
  }
  const scale =
    low > 0 && high / low > 30 ? Math.log : (value: number): number => value;
  return (value) => (scale(value) - scale(low)) / (scale(high) - scale(low));
}

/** Colours of an ordered field. */
export function ordered_colours(
  field: string,
  values: readonly number[],
): (value: number) => string {
  const ramp = ramp_of(field);
  const share = shares_of(values);
  return (value) =>
    Number.isFinite(value) ? ramp_colour(ramp, share(value)) : "var(--text-3)";
}

/** Colours of two ordered fields: hue by the first, lightness by the second. */
export function nested_colours(
  first: readonly number[],
  second: readonly number[],
): (first: number, second: number) => string {
  const hues = [...new Set(first.filter(Number.isFinite))].sort(
    (a, b) => a - b,
  );
  const hue_share = shares_of(first);
  const light_share = shares_of(second);
  return (a, b) => {
    if (!Number.isFinite(a)) return "var(--text-3)";
    const share = Number.isFinite(b) ? light_share(b) : 0;
    if (hues.length <= 3)
      return nested_stop(Math.max(0, hues.indexOf(a)) + 1, share);
    const base = ramp_colour("ember", hue_share(a));
    const ink = Math.round(share * 45);
    return ink === 0
      ? base
      : `color-mix(in oklab, ${base} ${100 - ink}%, var(--text))`;
  };
}

function nested_stop(hue: number, share: number): string {
  const [light, deep] = [`var(--nest-${hue}a)`, `var(--nest-${hue}b)`];
  const part = Math.round(share * 100);
  if (part === 0) return light;
  return part === 100
    ? deep
    : `color-mix(in oklab, ${light} ${100 - part}%, ${deep})`;
}

/** A colour number for a word that stays the same wherever the word is met. */
export function word_colour(word: string): string {
  let hash = 2166136261;
  for (let i = 0; i < word.length; i++)
    hash = Math.imul(hash ^ word.charCodeAt(i), 16777619);
  return series_colour((hash >>> 0) % series_colours);
}
