import assert from "node:assert/strict";
import { test } from "node:test";
import { lower_bound, make_polyline, project } from "./polyline.ts";
import { Scale } from "./scale.ts";

const up = new Scale("linear", 0, 100, 100, 0);

test("the first index at or above a value is found", () => {
  const x = Float64Array.of(1, 3, 3, 7);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 7, 8].map((at) => lower_bound(x, at)),
    [0, 0, 1, 1, 3, 3, 4],
  );
  assert.equal(lower_bound(Float64Array.of(), 1), 0);
});

test("few points are kept as they are, with one more on each side", () => {
  const x = Float64Array.of(0, 1, 2, 3, 4, 5);
  const line = make_polyline();
  project(x, x, new Scale("linear", 1.5, 3.5, 0, 100), up, line);
  assert.deepEqual([...line.xs.subarray(0, line.length)], [-25, 25, 75, 125]);
});

test("many points become four a column at most, and no spike is lost", () => {
  const n = 100_000;
  const x = Float64Array.from({ length: n }, (_, i) => i);
  const y = Float64Array.from({ length: n }, (_, i) =>
    i === 54_321 ? 99 : i === 77_777 ? 1 : 50,
  );
  const line = make_polyline();
  project(x, y, new Scale("linear", 0, n, 0, 200), up, line);
  const ys = line.ys.subarray(0, line.length);
  assert.ok(line.length <= 4 * 201, `got ${line.length} points`);
  assert.equal(Math.min(...ys), 1);
  assert.equal(Math.max(...ys), 99);
});

test("values that are not finite break the line, thinned or not", () => {
  for (const n of [10, 50_000]) {
    const x = Float64Array.from({ length: n }, (_, i) => i);
    const y = x.map((_, i) => (i === n / 2 ? NaN : 1));
    const line = make_polyline();
    project(x, y, new Scale("linear", 0, n, 0, 100), up, line);
    assert.ok([...line.ys.subarray(0, line.length)].some(Number.isNaN));
  }
});

test("zero on a log axis is far below, and no place is out of hand", () => {
  const x = Float64Array.of(0, 1);
  const line = make_polyline();
  project(
    x,
    Float64Array.of(0, 1e300),
    new Scale("linear", 0, 1, 0, 10),
    new Scale("log", 1, 10, 100, 0),
    line,
  );
  assert.deepEqual([...line.ys.subarray(0, 2)], [20_000, -20_000]);
});
