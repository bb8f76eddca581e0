import assert from "node:assert/strict";
import { test } from "node:test";
import type { Curve } from "./curve.ts";
import { extent, fit, span } from "./fit.ts";

const curve = (y: number[], raw?: number[]): Curve => ({
  id: "a",
  x: Float64Array.from(y, (_, i) => i),
  y: Float64Array.from(y),
  raw: raw && Float64Array.from(raw),
  color: "red",
  dash: 0,
  has_dots: false,
  gap: Infinity,
});

test("the extent is of finite values, and on a log axis of positive ones", () => {
  assert.deepEqual(extent([curve([3, NaN, -1, Infinity])], "linear"), {
    least: -1,
    largest: 3,
  });
  assert.deepEqual(extent([curve([3, NaN, -1, 0, 0.5])], "log"), {
    least: 0.5,
    largest: 3,
  });
});

test("only what lies in view counts, and one point beside it", () => {
  assert.deepEqual(extent([curve([9, 1, 2, 3, 8])], "linear", 1.5, 2.5), {
    least: 1,
    largest: 3,
  });
});

test("what was measured counts, unless it would flatten the smoothed line", () => {
  assert.deepEqual(extent([curve([1, 2], [0.9, 2.2])], "linear"), {
    least: 0.9,
    largest: 2.2,
  });
  assert.deepEqual(extent([curve([1, 2], [1, 100])], "linear"), {
    least: 1,
    largest: 2,
  });
});

test("a reference near the values is brought into view, a far one is not", () => {
  const values = [curve([1, 5.8])];
  assert.ok(fit(values, [{ value: 6.2, text: "" }], "linear")[1] > 6.2);
  assert.ok(fit(values, [{ value: 50, text: "" }], "linear")[1] < 10);
});

test("the span says whether anything is not positive", () => {
  assert.deepEqual(span([curve([1, 40])]), {
    least: 1,
    largest: 40,
    has_others: false,
  });
  assert.equal(span([curve([0, 40])]).has_others, true);
});
