// Round values for an axis, and their labels.
//
// Labels of one axis share their decimals, so that they can be compared at a glance; thousands become k, M and G, which
// belongs on axes only.

import type { Scale } from "./scale.ts";

export type TickStyle = "number" | "whole" | "time" | "duration";

export interface Tick {
  value: number;
  label: string;
}

/** About `count` ticks of the range that `scale` shows, in ascending order. */
export function ticks(
  scale: Scale,
  count: number,
  style: TickStyle = "number",
): Tick[] {
  const { low, high } = scale;
  if (!(low < high) || !Number.isFinite(low) || !Number.isFinite(high))
    return [];
  if (style === "time") return time_ticks(low, high, count);
  if (style === "duration") return duration_ticks(low, high, count);
  if (scale.kind === "log" && low > 0) {
    const values = log_values(low, high, count);
    if (values.length >= 3)
      return values.map((value) => ({ value, label: plain(value) }));
  }
  const step = round_step(
    (high - low) / Math.max(count, 1),
    style === "whole" ? 1 : 0,
  );
  return multiples(low, high, step).map((value) => ({
    value,
    label: stepped(value, step, Math.max(Math.abs(low), Math.abs(high))),
  }));
}

/** The round number (1, 2 or 5 times a power of ten, from 25 on also 2.5) closest above `rough`. */
function round_step(rough: number, least: number): number {
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const times =
    (power >= 10 ? [1, 2, 2.5, 5, 10] : [1, 2, 5, 10]).find(
      (times) => times * power >= rough * 0.999,
    ) ?? 10;
  return Math.max(times * power, least);
}

function multiples(low: number, high: number, step: number): number[] {
  const out: number[] = [];
  const last = Math.floor(high / step + 1e-9);
  for (let i = Math.ceil(low / step - 1e-9); i <= last; i++) {
    out.push(Number((i * step).toPrecision(12)));
  }
  return out;
}

const MANTISSAS = [
  [1, 1.5, 2, 3, 4, 6, 8],
  [1, 2, 3, 5],
  [1, 2, 5],
  [1, 3],
  [1],
] as const;

/** The densest set of round values that is not much more than `count`. */
function log_values(low: number, high: number, count: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  for (const mantissas of MANTISSAS) {
    const values = powers(low, high, first, last, 1, mantissas);
    if (values.length <= count * 1.4) return values;
  }
  const stride = Math.ceil((last - first) / Math.max(count, 1));
  return powers(
    low,
    high,
    Math.ceil(first / stride) * stride,
    last,
    stride,
    [1],
  );
}

function powers(
  low: number,
  high: number,
  first: number,
  last: number,
  stride: number,
  mantissas: readonly number[],
): number[] {
  const out: number[] = [];
  for (let power = first; power <= last; power += stride) {
    for (const mantissa of mantissas) {
      const value = Number(`${mantissa}e${power}`);
      if (value >= low && value <= high) out.push(value);
    }
  }
  return out;
}

function stepped(value: number, step: number, largest: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (step >= 1e8 && largest >= 1e9)
    return `${signed(value / 1e9, step / 1e9)}G`;
  if (step >= 1e6) return `${signed(value / 1e6, step / 1e6)}M`;
  if (step >= 1000) return `${signed(value / 1000, step / 1000)}k`;
  if (step < 1e-4) {
    const power = Math.floor(Math.log10(size) + 1e-9);
    const digits = Math.max(0, power - Math.floor(Math.log10(step) + 1e-9));
    return tidy_exponent(value.toExponential(digits));
  }
  return signed(value, step);
}

function signed(value: number, step: number): string {
  const power = Math.floor(Math.log10(step) + 1e-9);
  const has_half = Math.abs(step / Math.pow(10, power) - 2.5) < 1e-6;
  const decimals = Math.max(0, -power + (has_half ? 1 : 0));
  return value.toFixed(Math.min(decimals, 20)).replace("-", "−");
}

/** A value by itself, as short as it is exact: 0.4, 1.5, 10, 4e-5, 20k. */
function plain(value: number): string {
  if (value >= 1e12) return tidy_exponent(value.toExponential());
  if (value >= 1e9) return `${Number((value / 1e9).toPrecision(3))}G`;
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e4) return `${Number((value / 1000).toPrecision(3))}k`;
  if (value < 1e-3) return tidy_exponent(value.toExponential());
  return String(Number(value.toPrecision(6)));
}

function tidy_exponent(text: string): string {
  return text
    .replace("e+", "e")
    .replace(/^-/, "−")
    .replace(/\.?0+e/, "e");
}

const DURATIONS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600,
  43_200, 86_400, 172_800, 604_800,
] as const;

function duration_step(rough: number): number {
  if (rough < 1) return round_step(rough, 0);
  return (
    DURATIONS.find((step) => step >= rough * 0.999) ??
    Math.ceil(rough / 604_800) * 604_800
  );
}

/** Ticks of seconds since a beginning: 0, 10m, 20m, 1h 30m. */
function duration_ticks(low: number, high: number, count: number): Tick[] {
  const step = duration_step((high - low) / Math.max(count, 1));
  return multiples(low, high, step).map((value) => ({
    value,
    label: spoken_duration(value, step),
  }));
}

function spoken_duration(seconds: number, step: number): string {
  if (step < 1) return `${signed(seconds, step)}s`;
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.round(Math.abs(seconds));
  if (whole === 0) return "0";
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n}${unit}`);
  return sign + said.slice(0, 2).join(" ");
}

/** Ticks of wall time at round local times; the first of a day says the day. */
function time_ticks(low: number, high: number, count: number): Tick[] {
  const step = duration_step((high - low) / Math.max(count, 1));
  const offset = new Date(low * 1000).getTimezoneOffset() * 60;
  let day = "";
  return multiples(low - offset, high - offset, step).map((local) => {
    const value = local + offset;
    const date = new Date(value * 1000);
    const today = date.toLocaleDateString("en-GB", {
      day: "numeric",
      month: "short",
    });
    const clock = date.toLocaleTimeString(
      "en-GB",
      step < 60 ? {} : { hour: "2-digit", minute: "2-digit" },
    );
    const label =
      step >= 86_400 ? today : today === day ? clock : `${today} ${clock}`;
    day = today;
    return { value, label };
  });
}
