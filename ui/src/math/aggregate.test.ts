import assert from "node:assert/strict";
import test from "node:test";
import { aggregate, student95 } from "./aggregate.ts";

const f = (...values: number[]): Float64Array => Float64Array.from(values);
const curve = (x: Float64Array, y: Float64Array) => ({ x, y });
const three = [
  curve(f(0, 1), f(1, 1)),
  curve(f(0, 1), f(2, 2)),
  curve(f(0, 1), f(6, 6)),
];

test("the middle is what was asked for", () => {
  const at = (middle: "mean" | "median" | "min" | "max") =>
    aggregate(three, middle, "none").middle[0];
  assert.equal(at("mean"), 3);
  assert.equal(at("median"), 2);
  assert.equal(at("min"), 1);
  assert.equal(at("max"), 6);
});

test("an even number of curves has its median between the two", () => {
  assert.equal(aggregate(three.slice(0, 2), "median", "none").middle[0], 1.5);
});

test("bands are the spread that was asked for", () => {
  const std = Math.sqrt(7);
  const check = (
    spread: "minmax" | "std" | "stderr" | "ci95",
    low: number,
    high: number,
  ) => {
    const band = aggregate(three, "mean", spread);
    assert.ok(Math.abs((band.low[1] ?? NaN) - low) < 1e-9, spread);
    assert.ok(Math.abs((band.high[1] ?? NaN) - high) < 1e-9, spread);
  };
  check("minmax", 1, 6);
  check("std", 3 - std, 3 + std);
  check("stderr", 3 - std / Math.sqrt(3), 3 + std / Math.sqrt(3));
  const reach = (4.303 * std) / Math.sqrt(3);
  check("ci95", 3 - reach, 3 + reach);
});

test("a single curve has no band", () => {
  const one = aggregate(three.slice(0, 1), "mean", "ci95");
  assert.equal(one.middle[0], 1);
  assert.ok(Number.isNaN(one.low[0]));
  assert.equal(one.n[0], 1);
});

test("a curve counts between its ends only, by straight lines", () => {
  const out = aggregate(
    [curve(f(0, 4), f(0, 8)), curve(f(1, 2), f(10, 10))],
    "mean",
    "minmax",
  );
  assert.deepEqual([...out.x], [0, 1, 2, 4]);
  assert.deepEqual([...out.n], [1, 2, 2, 1]);
  assert.deepEqual([...out.middle], [0, 6, 7, 8]);
});

test("a curve of one point counts at its place alone", () => {
  const out = aggregate(
    [curve(f(0, 2), f(0, 2)), curve(f(1), f(5))],
    "mean",
    "none",
  );
  assert.deepEqual([...out.n], [1, 2, 1]);
  assert.deepEqual([...out.middle], [0, 3, 2]);
});

test("NaN takes a curve out where it stands", () => {
  const out = aggregate(
    [curve(f(0, 1, 2), f(1, NaN, 1)), curve(f(0, 1, 2), f(3, 3, 3))],
    "mean",
    "none",
  );
  assert.deepEqual([...out.n], [2, 1, 2]);
  assert.equal(out.middle[1], 3);
});

test("very many places are thinned evenly and keep both ends", () => {
  const x = Float64Array.from({ length: 5000 }, (_, i) => i);
  const out = aggregate([curve(x, x)], "mean", "none", 100);
  assert.equal(out.x.length, 100);
  assert.equal(out.x[99], 4999);
  assert.ok(Math.abs((out.middle[50] ?? 0) - (out.x[50] ?? 0)) < 1e-9);
});

test("nothing gives nothing", () => {
  assert.equal(aggregate([], "mean", "std").x.length, 0);
});

test("Student's t falls to the normal's 1.96", () => {
  assert.equal(student95(1), 12.706);
  assert.ok(Math.abs(student95(40) - 2.021) < 1e-3);
  assert.ok(Math.abs(student95(100) - 1.984) < 1e-3);
  assert.ok(Math.abs(student95(1e9) - 1.96) < 1e-4);
});
