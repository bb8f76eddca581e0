import assert from "node:assert/strict";
import test from "node:test";
import { compare_values, distinct, group, key_of } from "./group.ts";

test("equal fields make one group, in the order of values", () => {
  const items = [
    { lr: 4e-3, bs: 16 },
    { lr: 4e-5, bs: 32 },
    { lr: 4e-5, bs: 16 },
    { lr: 4e-5, bs: 32 },
  ];
  const groups = group(items, [(item) => item.lr, (item) => item.bs]);
  assert.deepEqual(
    groups.map((one) => [...one.values, one.items.length]),
    [
      [4e-5, 16, 1],
      [4e-5, 32, 2],
      [4e-3, 16, 1],
    ],
  );
});

test("no field makes one group of all, and no items make none", () => {
  assert.equal(group([1, 2], []).length, 1);
  assert.equal(group([], []).length, 0);
});

test("numbers come before texts, and none last", () => {
  assert.deepEqual(distinct([null, "b", 10, 9, true, "a", false, 9]), [
    9,
    10,
    "a",
    "b",
    false,
    true,
    null,
  ]);
});

test("a number and its text are different values", () => {
  assert.notEqual(key_of([1]), key_of(["1"]));
  assert.notEqual(key_of([NaN]), key_of([null]));
  assert.notEqual(key_of([Infinity]), key_of([NaN]));
  assert.equal(key_of([NaN]), key_of([NaN]));
});

test("NaN is the last of numbers and equal to itself", () => {
  assert.ok(compare_values(NaN, 1) > 0);
  assert.ok(compare_values(1, NaN) < 0);
  assert.equal(compare_values(NaN, NaN), 0);
  assert.equal(compare_values(Infinity, Infinity), 0);
  assert.ok(compare_values(NaN, "a") < 0);
});
