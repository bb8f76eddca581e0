import assert from "node:assert/strict";
import { test } from "node:test";
import type { Curve } from "./curve.ts";
import { nearest, nearest_point, reading_at } from "./nearest.ts";
import { Scale } from "./scale.ts";

const across = new Scale("linear", 0, 10, 0, 100);
const up = new Scale("linear", 0, 10, 100, 0);
const curve = (id: string, x: number[], y: number[]): Curve => ({
  id,
  x: Float64Array.from(x),
  y: Float64Array.from(y),
  color: "red",
  dash: 0,
  has_dots: false,
  gap: Infinity,
});

test("the line that passes nearest is found, not the nearest point", () => {
  const sparse = curve("sparse", [0, 10], [5, 5]);
  const dense = curve("dense", [0, 4, 5, 6, 10], [9, 9, 9, 9, 9]);
  const found = nearest([dense, sparse], across, up, 50, 46);
  assert.equal(found?.curve.id, "sparse");
  assert.equal(found?.distance, 4);
  assert.equal(found?.others, 0);
});

test("a spike a few pixels aside is nearer than a line far below", () => {
  const x = Array.from({ length: 2001 }, (_, i) => i / 200);
  const spiky = curve(
    "spiky",
    x,
    x.map((_, i) => (i === 1010 ? 9 : 1)),
  );
  const flat = curve("flat", [0, 10], [7, 7]);
  for (const at of [47, 54]) {
    const found = nearest([flat, spiky], across, up, at, 15);
    assert.equal(found?.curve.id, "spiky");
    assert.ok(Math.abs(found.distance - Math.abs(at - 50.5)) < 0.1);
  }
});

test("other lines close by are counted", () => {
  const curves = [5, 5.2, 5.4, 9].map((y, i) =>
    curve(String(i), [0, 10], [y, y]),
  );
  const found = nearest(curves, across, up, 50, 50);
  assert.equal(found?.curve.id, "0");
  assert.equal(found?.others, 2);
});

test("past its end a curve is as far as its last point", () => {
  const short = curve("short", [0, 5], [5, 5]);
  const found = nearest([short], across, up, 80, 50);
  assert.equal(found?.distance, 30);
  assert.equal(found?.point, 1);
});

test("a curve of one point can be met, one of none cannot", () => {
  assert.equal(
    nearest([curve("one", [5], [5])], across, up, 53, 54)?.distance,
    5,
  );
  assert.equal(nearest([curve("none", [], [])], across, up, 50, 50), undefined);
  assert.equal(nearest([], across, up, 50, 50), undefined);
});

test("NaN is not met", () => {
  const found = nearest(
    [curve("nan", [0, 5, 10], [NaN, NaN, NaN])],
    across,
    up,
    50,
    50,
  );
  assert.equal(found, undefined);
});

test("the nearest point along x", () => {
  const x = Float64Array.of(0, 10, 20);
  assert.deepEqual(
    [-5, 4, 6, 15, 99].map((at) => nearest_point(x, at)),
    [0, 0, 1, 1, 2],
  );
});

test("a curve has no reading where it is not", () => {
  const half = curve("half", [0, 1, 2], [5, 6, 7]);
  assert.equal(reading_at(half, 1.2), 1);
  assert.equal(reading_at(half, 2.9), 2);
  assert.equal(reading_at(half, 8), -1);
  assert.equal(reading_at(curve("one", [3], [1]), 3), 0);
  assert.equal(reading_at(curve("one", [3], [1]), 4), -1);
});

test("within eight pixels the nearest of many jagged lines is the nearest of all", () => {
  let seed = 7;
  const dice = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2 ** 31;
  const x = Array.from({ length: 201 }, (_, i) => i / 20);
  const curves = Array.from({ length: 40 }, (_, k) =>
    curve(
      String(k),
      x,
      x.map(() => (dice() < 0.03 ? 10 * dice() : 2 + 6 * dice() * dice())),
    ),
  );
  const to_line = (one: Curve, px: number, py: number): number => {
    let least = Infinity;
    for (let i = 0; i + 1 < x.length; i++)
      for (let part = 0; part <= 40; part++) {
        const share = part / 40;
        const mix = (of: Curve["x"]): number =>
          (of[i] ?? 0) * (1 - share) + (of[i + 1] ?? 0) * share;
        const [ax, ay] = [across.at(mix(one.x)), up.at(mix(one.y))];
        least = Math.min(least, Math.hypot(ax - px, ay - py));
      }
    return least;
  };
  for (let k = 0; k < 30; k++) {
    const [px, py] = [10 + 80 * dice(), 100 * dice()];
    const want = Math.min(...curves.map((one) => to_line(one, px, py)));
    const found = nearest(curves, across, up, px, py);
    if (want > 8) continue;
    assert.ok(Math.abs((found?.distance ?? NaN) - want) < 0.6, `${want}`);
  }
});
