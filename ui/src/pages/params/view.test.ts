import assert from "node:assert/strict";
import { test } from "node:test";
import { read_axis, read_brush, write_axis, write_brush } from "./view.ts";

test("axes are written with how they differ from what is automatic", () => {
  for (const word of ["lr", "lr:log", "loss.eval:flip", "f1:linear:upright"])
    assert.equal(write_axis(read_axis(word)), word);
  assert.deepEqual(read_axis("a.b:log"), {
    id: "a.b",
    scale: "log",
    flip: undefined,
  });
});

test("brushes are ranges that may be open, with any number for an end", () => {
  assert.deepEqual(read_brush("f1:78-"), { id: "f1", low: 78, high: Infinity });
  assert.deepEqual(read_brush("lr:1e-5-4e-4"), {
    id: "lr",
    low: 1e-5,
    high: 4e-4,
  });
  assert.deepEqual(read_brush("x:-3--1"), { id: "x", low: -3, high: -1 });
  assert.deepEqual(read_brush("loss.eval:-2"), {
    id: "loss.eval",
    low: -Infinity,
    high: 2,
  });
  assert.equal(read_brush("f1:-"), undefined);
  assert.equal(read_brush("f1"), undefined);
});

test("brushes read back", () => {
  for (const word of ["f1:78-", "lr:0.00001-0.0004", "loss.eval:-2", "x:-3--1"])
    assert.equal(
      write_brush(read_brush(word) ?? { id: "", low: 0, high: 0 }),
      word,
    );
});
