import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "./format.ts";

const check = <T>(
  write: (value: T) => string,
  cases: readonly (readonly [T, string])[],
): void => {
  for (const [value, want] of cases)
    assert.equal(write(value), want, String(value));
};

test("metrics have four significant digits, true minus and thin spaces", () => {
  check(format.metric, [
    [1.0971, "1.097"],
    [0.55712, "0.5571"],
    [-12.345, "−12.35"],
    [1234.5, "1\u202f235"],
    [65536, "65\u202f536"],
    [0.00004, "4e-5"],
    [0.00012346, "0.0001235"],
    [12345678, "1.235e7"],
    [0, "0"],
    [NaN, "NaN"],
    [Infinity, "∞"],
    [-Infinity, "−∞"],
    [undefined, "–"],
  ]);
});

test("params are verbatim", () => {
  check<unknown>(format.param, [
    [0.00004, "4e-5"],
    [0.0004, "4e-4"],
    [0.01, "0.01"],
    [0.004, "4e-3"],
    [0.0015, "0.0015"],
    [0.000123, "1.23e-4"],
    [32, "32"],
    [1e21, "1e21"],
    [true, "true"],
    [null, "None"],
    ["epoch", "epoch"],
    [[1, 2], "[1,2]"],
    [undefined, "–"],
  ]);
});

test("shares have two decimals, by the metric's name", () => {
  assert.equal(format.metric_named("f1", 85.414), "85.41");
  assert.equal(format.metric_named("exact_match", 77.1234), "77.12");
  assert.equal(format.metric_named("loss", 85.414), "85.41");
  assert.equal(format.metric_named("f1", 0.85414), "0.8541");
  assert.equal(format.metric_named("exact_match", 0.15, 77.12), "0.15");
});

test("durations, clocks, sizes, counts", () => {
  check<number | undefined>(format.duration, [
    [2478, "41m 18s"],
    [13_920, "3h 52m"],
    [90_000, "1d 01h"],
    [0.25, "250 ms"],
    [9, "9s"],
    [undefined, "–"],
  ]);
  check(format.clock, [
    [463, "7:43.0"],
    [3605.21, "1:00:05.2"],
    [59.96, "1:00.0"],
  ]);
  check(format.bytes, [
    [11_800_000_000, "11.8\u202fGB"],
    [999, "999\u202fB"],
    [999_600, "1\u202fMB"],
    [0, "0\u202fB"],
  ]);
  check(format.compact, [
    [17_520, "17.5k"],
    [999_950, "1M"],
    [12, "12"],
  ]);
  assert.equal(format.count(17_520), "17\u202f520");
  assert.equal(format.plural(1, "run"), "1 run");
});

test("differences are always signed", () => {
  assert.equal(format.delta(0.61, format.percent), "+0.61");
  assert.equal(format.delta(-0.0271), "−0.02710");
  assert.equal(format.delta(0), "±0");
});

test("less is better by the last word of a name", () => {
  assert.ok(format.is_less_better("loss"));
  assert.ok(format.is_less_better("eval_loss"));
  assert.ok(!format.is_less_better("loss_scale"));
  assert.ok(!format.is_less_better("f1"));
  for (const name of ["eval_runtime", "samples_per_second", "learning_rate"])
    assert.ok(format.is_pace(name), name);
  for (const name of ["loss", "exact_match", "epochs_without_gain"])
    assert.ok(!format.is_pace(name), name);
});

test("a p value says its sign", () => {
  assert.equal(format.p_value(0.00003), "p < 0.0001");
  assert.equal(format.p_value(0.0234), "p = 0.02");
  assert.equal(format.p_value(NaN), "NaN");
});

test("of a long path its last part is told", () => {
  assert.equal(
    format.short_path("/home/someone/models/all-MiniLM-L6-v2/checkpoint-41"),
    "…/checkpoint-41",
  );
  assert.equal(format.short_path("./runs/long-enough/of-a-path/x/"), "…/x");
  assert.equal(
    format.short_path("sentence-transformers/all-MiniLM-L6-v2"),
    "sentence-transformers/all-MiniLM-L6-v2",
  );
  assert.equal(format.short_path("/short"), "/short");
});
