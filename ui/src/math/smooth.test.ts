import assert from "node:assert/strict";
import test from "node:test";
import { smooth, typical_spacing } from "./smooth.ts";

const f = (...values: number[]): Float64Array => Float64Array.from(values);

test("none keeps every value", () => {
  assert.deepEqual(smooth(f(0, 1), f(3, NaN), { kind: "none" }, 1), f(3, NaN));
});

test("the running mean starts at the first value and has no bias", () => {
  const flat = smooth(f(0, 1, 2), f(5, 5, 5), { kind: "ema", weight: 0.9 }, 1);
  for (const value of flat) assert.ok(Math.abs(value - 5) < 1e-12);
  const two = smooth(f(0, 1), f(0, 1), { kind: "ema", weight: 0.5 }, 1);
  assert.equal(two[0], 0);
  assert.ok(Math.abs((two[1] ?? 0) - 0.5 / 0.75) < 1e-12);
});

test("a wide step forgets more than a narrow one", () => {
  const near = smooth(f(0, 1), f(0, 1), { kind: "ema", weight: 0.9 }, 1)[1];
  const far = smooth(f(0, 50), f(0, 1), { kind: "ema", weight: 0.9 }, 1)[1];
  assert.ok((near ?? 0) < 0.6);
  assert.ok((far ?? 0) > 0.9);
});

test("leaving out points leaves the mean of a steady curve alone", () => {
  const x = Float64Array.from({ length: 400 }, (_, i) => i);
  const y = x.map((at) => 3 * at);
  const how = { kind: "ema", weight: 0.9 } as const;
  const whole = smooth(x, y, how, 1);
  const every4 = smooth(
    x.filter((_, i) => i % 4 === 3),
    y.filter((_, i) => i % 4 === 3),
    how,
    1,
  );
  const difference = Math.abs((whole[399] ?? 0) - (every4[99] ?? 0));
  assert.ok(difference < 8, `got ${difference}, want below one kept spacing`);
});

test("values that are not finite stay and are not averaged", () => {
  const y = f(1, NaN, Infinity, 1);
  for (const how of [
    { kind: "ema", weight: 0.9 },
    { kind: "mean", window: 4 },
  ] as const) {
    const out = smooth(f(0, 1, 2, 3), y, how, 1);
    assert.ok(Number.isNaN(out[1]));
    assert.equal(out[2], Infinity);
    assert.ok(Math.abs((out[3] ?? 0) - 1) < 1e-12);
  }
});

test("the moving average is centred and keeps both ends", () => {
  const y = f(0, 0, 9, 0, 0);
  const out = smooth(f(0, 1, 2, 3, 4), y, { kind: "mean", window: 2 }, 1);
  assert.deepEqual(out, f(0, 3, 3, 3, 0));
});

test("the moving average is the mean of all points in reach", () => {
  const n = 60;
  const x = Float64Array.from({ length: n }, (_, i) => i * i * 0.1);
  const y = Float64Array.from({ length: n }, (_, i) => Math.sin(i * 7));
  const out = smooth(x, y, { kind: "mean", window: 40 }, 1);
  for (let i = 0; i < n; i++) {
    const at = x[i] ?? 0;
    const reach = Math.min(20, at, (x[n - 1] ?? 0) - at);
    const near = [...y].filter((_, j) => {
      const other = x[j] ?? 0;
      return other >= at - reach && other <= at + reach;
    });
    const mean = near.reduce((a, b) => a + b, 0) / near.length;
    assert.ok(Math.abs((out[i] ?? 0) - mean) < 1e-9, `at point ${i}`);
  }
});

test("spacing is the mean distance, as of at most so many points", () => {
  assert.equal(typical_spacing(f(0, 5, 10), 3), 5);
  assert.equal(typical_spacing(f(0, 5, 10), 101), 0.1);
  assert.equal(typical_spacing(f(0, 400), 1_000_000), 1);
  assert.equal(typical_spacing(f(3), 1), 1);
});
