import assert from "node:assert/strict";
import { test } from "node:test";
import { importance, rank_correlation, ranks } from "./importance.ts";

const rates = [4e-5, 4e-5, 4e-4, 4e-4, 4e-3, 4e-3];
const sizes = [16, 32, 16, 32, 16, 32];
const losses = [1.124, 1.097, 5.942, 5.946, 5.97, 5.956];

test("what separates results matters, what does not does not", () => {
  assert.ok(importance(rates, losses) > 0.8);
  assert.equal(importance(sizes, losses), 0);
});

test("a field of one value, or of one value for each run, explains nothing", () => {
  assert.equal(importance([1, 1, 1, 1, 1, 1], losses), 0);
  assert.equal(importance([1, 2, 3, 4, 5, 6], losses), 0);
});

test("results that are missing do not count", () => {
  assert.equal(importance([1, 1, 2], [1, NaN, 2]), 0);
  assert.ok(importance([...rates, 9], [...losses, NaN]) > 0.8);
});

test("who lacks the param does not count", () => {
  assert.equal(
    importance([...rates, undefined], [...losses, 100]),
    importance(rates, losses),
  );
  assert.equal(importance([1, 1, 1, undefined], [1, 2, 3, 100]), 0);
});

test("equal values share their rank", () => {
  assert.deepEqual(ranks([3, 1, 3, 2]), [2.5, 0, 2.5, 1]);
});

test("rank correlation is one for any rising pair", () => {
  assert.ok(
    Math.abs(rank_correlation([1, 2, 3, 4], [1, 10, 11, 1000]) - 1) < 1e-12,
  );
  assert.ok(Math.abs(rank_correlation([1, 2, 3], [3, 2, 1]) + 1) < 1e-12);
  assert.ok(Number.isNaN(rank_correlation([1, 2], [1, 2])));
  assert.ok(Number.isNaN(rank_correlation([1, 1, 1], [1, 2, 3])));
});

test("of a continuous param ranges are compared", () => {
  const many = Array.from(
    { length: 60 },
    (_, i) => 1e-5 * 1.1 ** ((i * 7) % 60),
  );
  const falls = many.map((rate) => -Math.log(rate));
  assert.ok(importance(many, falls) > 0.9);
  assert.ok(
    importance(
      many,
      many.map((_, i) => (i * 29) % 61),
    ) < 0.3,
  );
});
