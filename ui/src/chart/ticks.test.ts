import assert from "node:assert/strict";
import { test } from "node:test";
import { Scale } from "./scale.ts";
import type { ScaleKind } from "./scale.ts";
import { ticks } from "./ticks.ts";
import type { TickStyle } from "./ticks.ts";

const labels = (
  kind: ScaleKind,
  low: number,
  high: number,
  count: number,
  style: TickStyle = "number",
) =>
  ticks(new Scale(kind, low, high, 0, 100), count, style).map(
    (tick) => tick.label,
  );

test("linear ticks are round and share their decimals", () => {
  const check = (low: number, high: number, count: number, want: string[]) =>
    assert.deepEqual(labels("linear", low, high, count), want);
  check(0, 5, 5, ["0", "1", "2", "3", "4", "5"]);
  check(0.9, 2.1, 4, ["1.0", "1.5", "2.0"]);
  check(-1, 1, 4, ["−1.0", "−0.5", "0", "0.5", "1.0"]);
  check(0, 100, 5, ["0", "20", "40", "60", "80", "100"]);
  check(0, 20_000, 5, ["0", "5k", "10k", "15k", "20k"]);
  check(0, 4e6, 4, ["0", "1M", "2M", "3M", "4M"]);
  check(0, 2e8, 2, ["0", "100M", "200M"]);
  check(0, 1.2e9, 3, ["0", "0.5G", "1.0G"]);
  check(0, 4e-5, 4, ["0", "1e-5", "2e-5", "3e-5", "4e-5"]);
});

test("ticks are the values that their labels say", () => {
  const values = ticks(new Scale("linear", 0, 0.7, 0, 100), 7).map(
    (tick) => tick.value,
  );
  assert.deepEqual(values, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
});

test("whole ticks have no fractions", () => {
  assert.deepEqual(labels("linear", 0, 2, 8, "whole"), ["0", "1", "2"]);
});

test("log ticks thin out as decades grow", () => {
  const check = (low: number, high: number, count: number, want: string[]) =>
    assert.deepEqual(labels("log", low, high, count), want);
  check(0.37, 11.5, 10, [
    "0.4",
    "0.6",
    "0.8",
    "1",
    "1.5",
    "2",
    "3",
    "4",
    "6",
    "8",
    "10",
  ]);
  check(0.03, 300, 5, ["0.1", "1", "10", "100"]);
  check(500, 2e9, 3, ["1000", "1M", "1G"]);
  check(3e-5, 5e-3, 8, [
    "3e-5",
    "5e-5",
    "1e-4",
    "2e-4",
    "3e-4",
    "5e-4",
    "0.001",
    "0.002",
    "0.003",
    "0.005",
  ]);
  check(1, 1e12, 4, ["1", "1000", "1M", "1G", "1e12"]);
});

test("a log axis too narrow for round powers falls back to even steps", () => {
  assert.deepEqual(labels("log", 5.01, 5.94, 5), ["5.2", "5.4", "5.6", "5.8"]);
});

test("durations stop at minutes and hours", () => {
  assert.deepEqual(labels("linear", 0, 2400, 4, "duration"), [
    "0",
    "10m",
    "20m",
    "30m",
    "40m",
  ]);
  assert.deepEqual(labels("linear", 0, 6000, 4, "duration"), [
    "0",
    "30m",
    "1h",
    "1h 30m",
  ]);
  assert.deepEqual(labels("linear", 0, 2, 4, "duration"), [
    "0.0s",
    "0.5s",
    "1.0s",
    "1.5s",
    "2.0s",
  ]);
});

test("times of a day are round, and the first says the day", () => {
  const noon = new Date(2024, 1, 20, 11, 58).getTime() / 1000;
  assert.deepEqual(labels("linear", noon, noon + 3600, 4, "time"), [
    "20 Feb 12:00",
    "12:15",
    "12:30",
    "12:45",
  ]);
});

test("nothing to show gives no ticks", () => {
  assert.deepEqual(labels("linear", 1, 1, 5), []);
  assert.deepEqual(labels("linear", NaN, 1, 5), []);
  assert.deepEqual(labels("linear", 0, Infinity, 5), []);
  assert.deepEqual(labels("log", 0, 4, 2), ["0", "2", "4"]);
});
