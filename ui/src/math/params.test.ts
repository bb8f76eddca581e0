import assert from "node:assert/strict";
import { test } from "node:test";
import { all_paths, leaves, short_name, unequal, value_at } from "./params.ts";

const a = { hparams: { lr: 4e-5, bs: 32 }, name: "x", list: [1, 2] };
const b = { hparams: { lr: 4e-5, bs: 16 }, name: "x", extra: {} };

test("leaves are values by path; lists and empty trees are values", () => {
  assert.deepEqual(
    leaves(a).map((leaf) => leaf.path),
    ["hparams.lr", "hparams.bs", "name", "list"],
  );
  assert.deepEqual(leaves(b).at(-1), { path: "extra", value: {} });
});

test("a path finds its value, through keys with dots too", () => {
  assert.equal(value_at(a, "hparams.bs"), 32);
  assert.equal(value_at({ "a.b": { c: 1 } }, "a.b.c"), 1);
  assert.equal(value_at(a, "hparams.none"), undefined);
  assert.equal(value_at(a, "toString"), undefined);
});

test("what has two values differs; what some lack is told apart", () => {
  assert.deepEqual(unequal([a, b]), {
    differing: ["hparams.bs"],
    partly: ["list", "extra"],
  });
  assert.deepEqual(unequal([a, a]), { differing: [], partly: [] });
  assert.deepEqual(unequal([]), { differing: [], partly: [] });
});

test("a run without params makes no param differ", () => {
  const found = unequal([a, {}, b]);
  assert.deepEqual(found.differing, ["hparams.bs"]);
  assert.deepEqual(found.partly, ["hparams.lr", "name", "list", "extra"]);
});

test("paths of several trees are met once", () => {
  assert.deepEqual(all_paths([a, b]), [
    "hparams.lr",
    "hparams.bs",
    "name",
    "list",
    "extra",
  ]);
  assert.equal(short_name("hparams.lr"), "lr");
});
