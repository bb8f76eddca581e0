import assert from "node:assert/strict";
import { test } from "node:test";
import { match } from "./match.ts";

test("beginnings fit better than insides, whole names best", () => {
  const names = ["early-harbor", "harbor", "my-harbor", "unharbored", "otter"];
  const ranked = names
    .map((name) => [name, match("harbor", name).score] as const)
    .filter(([, score]) => score > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([name]) => name);
  assert.deepEqual(ranked, [
    "harbor",
    "early-harbor",
    "my-harbor",
    "unharbored",
  ]);
});

test("every word must fit, in any order", () => {
  assert.ok(match("dark theme", "Theme: dark").score > 0);
  assert.equal(match("dark themes", "Theme: dark").score, 0);
  assert.ok(match("", "anything").score > 0);
});

test("places say what to mark", () => {
  assert.deepEqual(match("Har", "early-harbor").places, [[6, 9]]);
  assert.deepEqual(match("b a", "a b").places, [
    [0, 1],
    [2, 3],
  ]);
});
