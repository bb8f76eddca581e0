import assert from "node:assert/strict";
import { test } from "node:test";
import {
  is_drawable,
  range_of,
  rows_of,
  shade_of,
  summary_of,
} from "./bins.ts";

const close = (got: Float64Array, want: number[]): void => {
  assert.equal(got.length, want.length);
  want.forEach((one, i) => assert.ok(Math.abs((got[i] ?? 0) - one) < 1e-12));
};

test("bins are put on rows by what of them lies there", () => {
  const even = { low: 0, high: 4, weights: [1, 1, 1, 1] };
  close(rows_of(even, [0, 4], 2), [0.5, 0.5]);
  close(rows_of(even, [0, 8], 4), [0.5, 0.5, 0, 0]);
  close(
    rows_of({ low: 0, high: 3, weights: [1, 1, 1] }, [0, 3], 2),
    [0.5, 0.5],
  );
  close(rows_of({ low: 1, high: 2, weights: [3, 1] }, [0, 4], 4), [0, 1, 0, 0]);
});

test("a histogram without width stands in its row", () => {
  const point = { low: 1, high: 1, weights: [5] };
  assert.deepEqual(range_of([point]), [0.9, 1.1]);
  close(rows_of(point, [0, 2], 4), [0, 0, 1, 0]);
});

test("what has no range or no weight is not drawn", () => {
  for (const [low, high, weights] of [
    [NaN, 1, [1]],
    [0, Infinity, [1]],
    [2, 1, [1]],
    [0, 1, []],
    [0, 1, [NaN, -1]],
  ] as const)
    assert.equal(is_drawable({ low, high, weights }), false);
  assert.equal(range_of([{ low: 0, high: 1, weights: [] }]), undefined);
  close(
    rows_of({ low: 0, high: 1, weights: [NaN, -1, 4, 4] }, [0, 1], 2),
    [0, 1],
  );
});

test("a histogram is summed up", () => {
  const { total, mean, deviation } = summary_of({
    low: -1,
    high: 1,
    weights: [2, 2],
  });
  assert.deepEqual([total, mean, deviation], [4, 0, 0.5]);
});

test("a logarithmic shade tells a thousandth from nothing", () => {
  assert.equal(shade_of(0, 1, "log"), 0);
  assert.equal(shade_of(1, 1, "log"), 1);
  assert.ok(shade_of(0.001, 1, "log") > 0 && shade_of(0.001, 1, "log") < 0.03);
  assert.ok(shade_of(0.1, 1, "log") > shade_of(0.1, 1, "linear"));
});
