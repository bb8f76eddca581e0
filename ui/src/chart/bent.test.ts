import assert from "node:assert/strict";
import { test } from "node:test";
import { bent_of } from "./bent.ts";

test("a linear axis takes values as they are", () => {
  const values = Float64Array.of(-1, 0, 2);
  assert.equal(bent_of(values, "linear"), values);
});

test("a log axis takes logarithms, found once; what is not above zero lies far below, NaN stays", () => {
  const values = Float32Array.of(1, Math.E, 0, -2, NaN, Infinity);
  const bent = bent_of(values, "log");
  assert.equal(bent_of(values, "log"), bent);
  assert.equal(bent[0], 0);
  assert.ok(Math.abs((bent[1] ?? NaN) - 1) < 1e-6);
  assert.ok((bent[2] ?? 0) < -1e6 && (bent[3] ?? 0) < -1e6);
  assert.ok(Number.isNaN(bent[4]));
  assert.equal(bent[5], Infinity);
});
