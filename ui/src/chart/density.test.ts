import assert from "node:assert/strict";
import { test } from "node:test";
import type { Curve } from "./curve.ts";
import { Density } from "./density.ts";
import { Haze } from "./haze.ts";
import { Scale } from "./scale.ts";

const box = { left: 0, top: 0, right: 100, bottom: 100 };
const across = new Scale("linear", 0, 10, 0, 100);
const up = new Scale("linear", 0, 100, 100, 0);

function flat(value: number, x = Float64Array.of(0, 10)): Curve {
  const y = x.map(() => value);
  return {
    id: String(value),
    x,
    y,
    color: "red",
    dash: 0,
    has_dots: false,
    gap: Infinity,
  };
}

test("quantiles are those of the curves, to a pixel", () => {
  const density = new Density(box, across, up);
  for (let value = 0; value < 100; value++) density.add(flat(value + 0.5));
  const { xs, lines } = density.quantiles();
  assert.equal(xs.length, 50);
  const values = lines.map((line) => up.invert(line[25] ?? NaN));
  [95, 75, 50, 25, 5].forEach((want, i) => {
    assert.ok(
      Math.abs((values[i] ?? NaN) - want) <= 1,
      `got ${values[i]}, want ${want}`,
    );
  });
});

test("a spike of one curve among many is touched by the haze", () => {
  const density = new Density(box, across, up);
  for (let i = 0; i < 60; i++) density.add(flat(10));
  const x = Float64Array.from({ length: 20_000 }, (_, i) => i / 2000);
  const spiky = flat(10, x);
  spiky.y[12_345] = 95;
  density.add(spiky);
  const row = Math.floor(up.at(95));
  let touched = 0;
  for (let column = 0; column < density.columns; column++)
    touched += density.haze[column * density.rows + row] ?? 0;
  assert.ok(touched >= 1);
});

test("where no curve runs there is no quantile", () => {
  const density = new Density(box, across, up);
  density.add(flat(50, Float64Array.of(2, 4)));
  const { lines } = density.quantiles();
  assert.ok(Number.isNaN(lines[2][5]));
  assert.ok(Math.abs((lines[2][15] ?? NaN) - 50) <= 1);
  assert.ok(Number.isNaN(lines[2][40]));
});

test("values out of view pull the quantiles, and break nothing", () => {
  const density = new Density(box, across, up);
  for (const value of [-500, 50, 900]) density.add(flat(value));
  const { lines } = density.quantiles();
  assert.ok(Math.abs((lines[2][20] ?? NaN) - 50) <= 1);
  assert.ok((lines[0][20] ?? NaN) <= 0);
  assert.ok((lines[4][20] ?? NaN) >= 100);
});

test("bands between curves out of view, above and below, fill the column", () => {
  const density = new Density(box, across, up);
  for (const value of [-500, -400, 800, 900]) density.add(flat(value));
  const haze = new Haze(density.columns, density.rows);
  haze.add(density, density.quantiles(), [255, 0, 0]);
  const pixels = haze.pixels();
  const cover = (row: number): number =>
    pixels[4 * (row * density.columns + 20) + 3] ?? 0;
  assert.ok(cover(1) > 0 && cover(50) > 0 && cover(98) > 0);
});
