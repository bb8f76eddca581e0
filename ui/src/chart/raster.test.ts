import assert from "node:assert/strict";
import { test } from "node:test";
import type { Curve } from "./curve.ts";
import { Raster } from "./raster.ts";
import { Scale } from "./scale.ts";

const box = { left: 10, top: 20, right: 110, bottom: 120 };
const plane = {
  across: new Scale("linear", 0, 100, 10, 110),
  up: new Scale("linear", 0, 100, 120, 20),
  box,
};
const curve = (x: number[], y: number[], dash = 0): Curve => ({
  id: "one",
  x: Float64Array.from(x),
  y: Float64Array.from(y),
  color: "red",
  dash,
  has_dots: false,
  gap: Infinity,
});

function drawn(one: Curve, ratio = 1): (column: number, row: number) => number {
  const raster = new Raster(box, ratio);
  raster.add(one, plane, [200, 100, 50]);
  const pixels = raster.pixels();
  return (column, row) => pixels[4 * (row * raster.columns + column) + 3] ?? 0;
}

const sum_of = (count: number, cover: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => cover(i)).reduce((a, b) => a + b, 0);

test("a flat line covers one pixel's worth of every column, and no more", () => {
  const cover = drawn(curve([0, 100], [50.25, 50.25]));
  for (let column = 0; column < 100; column++) {
    const sum = sum_of(100, (row) => cover(column, row));
    assert.ok(Math.abs(sum - 255) <= 4, `column ${column}: ${sum}`);
  }
});

test("a spike of one point is drawn to its tip", () => {
  const x = Array.from({ length: 1000 }, (_, i) => i / 10);
  const y = x.map((_, i) => (i === 501 ? 95 : 10));
  const cover = drawn(curve(x, y));
  for (let row = 7; row < 88; row++)
    assert.ok(sum_of(100, (column) => cover(column, row)) > 100, `row ${row}`);
});

test("a rising line leaves no column and no row out", () => {
  for (const end of [30, 100]) {
    const cover = drawn(curve([0, 100], [0, end]));
    for (let column = 1; column < 99; column++)
      assert.ok(sum_of(100, (row) => cover(column, row)) > 200);
  }
  const steep = drawn(curve([40, 60], [0, 100]));
  for (let row = 1; row < 99; row++)
    assert.ok(sum_of(100, (column) => steep(column, row)) > 200);
});

test("noise finer than a pixel leaves no gap", () => {
  const x = Array.from({ length: 400 }, (_, i) => i / 4);
  const y = x.map((_, i) => 50 + 0.4 * Math.sin(i * 2));
  const cover = drawn(curve(x, y));
  for (let column = 1; column < 99; column++)
    assert.ok(sum_of(100, (row) => cover(column, row)) > 200, `${column}`);
});

test("dashes keep their rhythm across points, whatever the screen", () => {
  const x = Array.from({ length: 101 }, (_, i) => i);
  for (const ratio of [1, 2]) {
    const cover = drawn(
      curve(
        x,
        x.map(() => 50.5),
        1,
      ),
      ratio,
    );
    const row = Math.floor(49.5 * ratio);
    const is_on = Array.from(
      { length: 100 * ratio },
      (_, i) => cover(i, row) > 0,
    );
    assert.deepEqual(
      is_on,
      is_on.map((_, i) => ((i + 0.5) / ratio) % 9 < 5),
    );
  }
});

test("NaN and gaps break the line, what lies out of view is not drawn", () => {
  const cover = drawn(curve([0, 40, 50, 60, 100], [50, 50, NaN, 50, 50]));
  const column_sum = (column: number): number =>
    sum_of(100, (row) => cover(column, row));
  assert.ok(column_sum(20) > 0 && column_sum(80) > 0);
  assert.equal(column_sum(50), 0);
  const far = drawn(curve([0, 100], [500, 900]));
  assert.equal(
    sum_of(100, (i) => far(i, 0) + far(i, 99)),
    0,
  );
  const gapped = drawn({
    ...curve([0, 40, 60, 100], [50, 50, 50, 50]),
    gap: 30,
  });
  assert.ok(sum_of(100, (row) => gapped(50, row)) > 0);
  const broken = drawn({
    ...curve([0, 40, 60, 100], [50, 50, 50, 50]),
    gap: 10,
  });
  assert.equal(
    sum_of(100, (row) => broken(50, row)),
    0,
  );
});

test("the later line lies on top, in its own colour", () => {
  const raster = new Raster(box, 1);
  raster.add(curve([0, 100], [50, 50]), plane, [200, 100, 50]);
  raster.add(curve([50, 50.01, 51], [0, 100, 100]), plane, [0, 0, 255]);
  const pixels = raster.pixels();
  const color = (column: number, row: number): number[] => [
    ...pixels.subarray(4 * (row * raster.columns + column)).subarray(0, 3),
  ];
  color(20, 50).forEach((part, i) =>
    assert.ok(Math.abs(part - ([200, 100, 50][i] ?? 0)) <= 3),
  );
  const [red = 0, , blue = 0] = color(50, 50);
  assert.ok(blue > 150 && red < 80, `${red} ${blue}`);
});
