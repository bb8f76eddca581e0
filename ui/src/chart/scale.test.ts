import assert from "node:assert/strict";
import { test } from "node:test";
import { Scale, padded, wants_log } from "./scale.ts";

const near = (got: number, want: number) =>
  assert.ok(
    Math.abs(got - want) < 1e-9 * Math.max(1, Math.abs(want)),
    `got ${got}, want ${want}`,
  );

test("a linear axis places values evenly, and finds them again", () => {
  const scale = new Scale("linear", 10, 20, 100, 300);
  near(scale.at(10), 100);
  near(scale.at(15), 200);
  near(scale.invert(300), 20);
});

test("a downward axis has its low end at the foot", () => {
  const scale = new Scale("linear", 0, 4, 400, 0);
  near(scale.at(0), 400);
  near(scale.at(1), 300);
  near(scale.invert(0), 4);
});

test("a log axis gives each factor the same room", () => {
  const scale = new Scale("log", 1e-5, 1e-3, 0, 200);
  near(scale.at(1e-4), 100);
  near(scale.invert(50), Math.pow(10, -4.5));
});

test("what has no logarithm has no place", () => {
  const scale = new Scale("log", 1, 10, 0, 10);
  assert.ok(Number.isNaN(scale.at(0)));
  assert.ok(Number.isNaN(scale.at(-1)));
});

test("a range without width is drawn in the middle", () => {
  const scale = new Scale("linear", 5, 5, 0, 10);
  assert.equal(scale.at(5), 5);
  assert.equal(scale.invert(3), 5);
});

test("moving keeps the width, on either axis", () => {
  const linear = new Scale("linear", 0, 10, 0, 100).moved(50);
  near(linear.low, 5);
  near(linear.high, 15);
  const log = new Scale("log", 1, 100, 0, 100).moved(50);
  near(log.low, 10);
  near(log.high, 1000);
});

test("zooming keeps what is under the pointer", () => {
  for (const kind of ["linear", "log"] as const) {
    const scale = new Scale(kind, 1, 100, 0, 100);
    const zoomed = scale.zoomed(4, 30);
    near(zoomed.invert(30), scale.invert(30));
    near(zoomed.at(scale.invert(40)), 70);
  }
});

test("the ends belong to the range, NaN does not", () => {
  const scale = new Scale("linear", 0, 1, 0, 10);
  assert.ok(scale.has(0) && scale.has(1));
  assert.ok(!scale.has(1.01) && !scale.has(NaN));
});

test("a log axis is wanted above a factor of 30, of positive values", () => {
  assert.ok(wants_log(1, 31));
  assert.ok(!wants_log(1, 30));
  assert.ok(!wants_log(0, 100));
  assert.ok(!wants_log(-1, 100));
  assert.ok(!wants_log(NaN, NaN));
});

test("a range gets room on both sides", () => {
  assert.deepEqual(padded("linear", 0, 100, 0.1), [-10, 110]);
  const [low, high] = padded("log", 1, 100, 0.5);
  near(low, 0.1);
  near(high, 1000);
});

test("the largest numbers have an axis, though their distance is no number", () => {
  const [low, high] = padded("linear", -Number.MAX_VALUE, Number.MAX_VALUE);
  assert.ok(high > 0 && low === -high && Number.isFinite(high - low));
  const [least, most] = padded("linear", Number.MAX_VALUE, Number.MAX_VALUE);
  assert.ok(least < most && Number.isFinite(most));
});

test("ranges that cannot be drawn become ones that can", () => {
  assert.deepEqual(padded("linear", Infinity, -Infinity), [0, 1]);
  assert.deepEqual(padded("log", NaN, NaN), [1, 10]);
  assert.deepEqual(padded("linear", 5, 5), [4.5, 5.5]);
  assert.deepEqual(padded("linear", 0, 0), [-1, 1]);
  const [low, high] = padded("log", 3, 3);
  assert.ok(low < 3 && high > 3);
  const [floor] = padded("log", 0, 10);
  assert.ok(floor > 0);
  assert.deepEqual(padded("log", -2, -1), [1 / 1.5, 1.5]);
});
