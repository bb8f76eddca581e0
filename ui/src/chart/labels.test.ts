import assert from "node:assert/strict";
import { test } from "node:test";
import type { Curve } from "./curve.ts";
import { place_labels, shared_words } from "./labels.ts";
import { Scale } from "./scale.ts";

const plane = {
  across: new Scale("linear", 0, 1, 0, 100),
  up: new Scale("linear", 0, 100, 100, 0),
  box: { left: 0, top: 0, right: 100, bottom: 100 },
};
const curve = (id: string, end: number): Curve => ({
  id,
  x: Float64Array.of(0, 1),
  y: Float64Array.of(0, end),
  color: id,
  dash: 0,
  has_dots: false,
  gap: Infinity,
  label: { prefix: "eval", head: id, tail: "" },
});

test("curves that end together share a label", () => {
  const placed = place_labels(
    [curve("a", 50), curve("b", 52), curve("c", 90)],
    plane,
  );
  assert.deepEqual(
    placed.map((label) => label.text),
    ["eval c", "eval b, a"],
  );
});

test("labels stand apart and inside", () => {
  const placed = place_labels(
    [curve("a", 100), curve("b", 88), curve("c", 0)],
    plane,
  );
  const ys = placed.map((label) => label.y);
  for (let i = 1; i < ys.length; i++)
    assert.ok((ys[i] ?? 0) - (ys[i - 1] ?? 0) >= 14);
  assert.ok(ys.every((y) => y >= 0 && y <= 100));
});

test("too many labels are none", () => {
  const many = Array.from({ length: 9 }, (_, i) => curve(String(i), i * 12));
  assert.deepEqual(place_labels(many, plane), []);
});

test("words that differ are listed, shared ones said once", () => {
  const label = (prefix: string, head: string, tail: string) => ({
    prefix,
    head,
    tail,
  });
  assert.equal(shared_words([label("eval", "4e-5", "16")]), "eval 4e-5 16");
  assert.equal(
    shared_words([label("eval", "4e-4", "16"), label("train", "4e-3", "32")]),
    "4e-4, 4e-3",
  );
  assert.equal(
    shared_words([label("eval", "4e-4", "16"), label("eval", "4e-4", "32")]),
    "eval 4e-4",
  );
  assert.equal(
    shared_words(["a", "b", "c", "d"].map((head) => label("", head, ""))),
    "a, b +2",
  );
});
