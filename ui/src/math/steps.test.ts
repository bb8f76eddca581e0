import assert from "node:assert/strict";
import { test } from "node:test";
import { all_steps, place_of_step } from "./steps.ts";

test("the steps of several series are one growing list", () => {
  const series = [{ steps: [0, 50, 100] }, { steps: [25, 50] }, { steps: [] }];
  assert.deepEqual(all_steps(series), [0, 25, 50, 100]);
});

test("a step between two means the one before, one before all means the first", () => {
  const steps = [0, 25, 50, 100];
  const places = [undefined, 50, 60, -5, 1000].map((step) =>
    place_of_step(steps, step),
  );
  assert.deepEqual(places, [3, 2, 2, 0, 3]);
  assert.equal(place_of_step([], undefined), -1);
});
