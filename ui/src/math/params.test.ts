import assert from "node:assert/strict";
import { test } from "node:test";
import {
  all_paths,
  differing,
  leaves,
  short_name,
  value_at,
} from "./params.ts";

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

test("what differs is named, and missing differs from any value", () => {
  assert.deepEqual(differing([a, b]), ["hparams.bs", "list", "extra"]);
  assert.deepEqual(differing([a, a]), []);
  assert.deepEqual(differing([]), []);
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
