import assert from "node:assert/strict";
import { test } from "node:test";
import {
  nearest_line,
  parallel_plane,
  place_of_share,
  share_of_place,
} from "./parallel_plane.ts";
import type { ParallelLine, ParallelModel } from "./parallel_plane.ts";

const axis = { ticks: [], is_exact: false, brush: undefined };
const line = (id: string, ...shares: number[]): ParallelLine => ({
  id,
  shares: Float32Array.from(shares),
  color: "red",
  is_in: true,
  label: id,
});
const model: ParallelModel = {
  axes: [
    { id: "a", ...axis },
    { id: "b", ...axis },
    { id: "c", ...axis },
  ],
  lines: [
    line("up", 0, 1, 1),
    line("down", 1, 0, 0),
    line("gone", 0.5, NaN, NaN),
  ],
  has_brush: false,
};
const plane = parallel_plane(model, 620, 346);

test("axes are spread evenly, and shares are heights", () => {
  assert.deepEqual(plane.xs, [70, 270, 470]);
  assert.equal(place_of_share(0, plane), plane.box.bottom);
  assert.equal(place_of_share(1, plane), plane.box.top);
  assert.ok(
    Math.abs(share_of_place(place_of_share(0.3, plane), plane) - 0.3) < 1e-9,
  );
  assert.equal(share_of_place(-500, plane), 1);
});

test("what is missing runs below the axes", () => {
  assert.ok(place_of_share(NaN, plane) > plane.box.bottom);
  assert.equal(
    nearest_line(model, plane, 400, place_of_share(NaN, plane))?.id,
    "gone",
  );
});

test("the line under the pointer is found on axes and between them", () => {
  assert.equal(nearest_line(model, plane, 272, plane.box.top + 3)?.id, "up");
  assert.equal(
    nearest_line(model, plane, 400, plane.box.bottom - 3)?.id,
    "down",
  );
  const bent = place_of_share(0.1, plane);
  assert.equal(
    nearest_line({ ...model, lines: [line("up", 0, 1, 1)] }, plane, 115, bent)
      ?.id,
    "up",
  );
  assert.equal(
    nearest_line(model, plane, 470, (plane.box.top + plane.box.bottom) / 2),
    undefined,
  );
});
