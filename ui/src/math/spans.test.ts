import assert from "node:assert/strict";
import { test } from "node:test";
import { cut_at, places_of } from "./spans.ts";

test("a text is cut at the ends of its spans, and they nest", () => {
  const pieces = cut_at("China has about 1.4 billion people.", [
    { start: 10, end: 27, kind: "a" },
    { start: 16, end: 27, kind: "b" },
    { start: 16, end: 27, kind: "gold" },
  ]);
  assert.deepEqual(pieces, [
    { text: "China has ", kinds: [], ends: [] },
    { text: "about ", kinds: ["a"], ends: [] },
    {
      text: "1.4 billion",
      kinds: ["a", "b", "gold"],
      ends: ["a", "b", "gold"],
    },
    { text: " people.", kinds: [], ends: [] },
  ]);
});

test("places count characters, not UTF-16 units", () => {
  const pieces = cut_at("😀😀 Canberra", [{ start: 3, end: 11, kind: "a" }]);
  assert.deepEqual(
    pieces.map((piece) => piece.text),
    ["😀😀 ", "Canberra"],
  );
  assert.deepEqual(places_of("😀 Canberra", ["canberra"]), [
    { start: 2, end: 10 },
  ]);
});

test("spans outside the text and empty ones mark nothing", () => {
  assert.deepEqual(
    cut_at("abc", [
      { start: 2, end: 2, kind: "a" },
      { start: 7, end: 9, kind: "b" },
    ]),
    [{ text: "abc", kinds: [], ends: [] }],
  );
  assert.deepEqual(cut_at("", [{ start: 0, end: 4, kind: "a" }]), []);
});

test("references are found as whole words, each place once", () => {
  assert.deepEqual(places_of("In 1931, not 19310; in 1931.", ["1931"]), [
    { start: 3, end: 7 },
    { start: 23, end: 27 },
  ]);
  assert.deepEqual(places_of("the Royal Society", ["Royal", "Royal Society"]), [
    { start: 4, end: 17 },
  ]);
  assert.deepEqual(places_of("abc", [""]), []);
});
