import assert from "node:assert/strict";
import { test } from "node:test";
import { column_at, heat_plane } from "./distribution.ts";

const map = {
  steps: [0, 10, 20, 100],
  shades: [],
  range: [-1, 1] as const,
};
const size = { width: 400, height: 200 };

test("a place on the map belongs to the nearest step", () => {
  const plane = heat_plane(map, size);
  for (const [step, want] of [
    [-5, 0],
    [4, 0],
    [6, 1],
    [50, 2],
    [70, 3],
    [1000, 3],
  ] as const)
    assert.equal(column_at(map, plane, plane.across.at(step)), want, `${step}`);
});

test("a map of one step has room for it", () => {
  const plane = heat_plane({ ...map, steps: [7] }, size);
  assert.ok(plane.across.low < 7 && plane.across.high > 7);
});
