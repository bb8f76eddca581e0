import assert from "node:assert/strict";
import { test } from "node:test";
import { read_asked, write_asked } from "./kept.ts";
import { words_of } from "./view.ts";

const one = (at: number, context = "Bern is in Switzerland.") => ({
  context,
  at,
  reply: {
    answers: [
      {
        model: "aa@10",
        millis: 3,
        answers: ["Where?", "What?"].map((question) => ({
          question,
          answer: "Bern",
          start: 0,
          end: 4,
          score: 0.9,
          others: [],
        })),
      },
    ],
  },
});

test("what was asked reads back as it was kept", () => {
  const kept = [one(2), one(1)];
  assert.deepEqual(read_asked(write_asked(kept, 10_000)), kept);
  assert.deepEqual(words_of(one(1)), {
    context: "Bern is in Switzerland.",
    questions: "Where?\nWhat?",
  });
});

test("of too much the latest is kept", () => {
  const text = write_asked([one(3), one(2, "x".repeat(5000)), one(1)], 2000);
  assert.deepEqual(
    read_asked(text).map(({ at }) => at),
    [3],
  );
  assert.equal(write_asked([one(1, "x".repeat(5000))], 100), "[]");
});

test("what is no record of asking is left out", () => {
  const odd = JSON.stringify([
    3,
    { context: "a", at: 1 },
    { ...one(1), at: "yesterday" },
    one(2),
  ]);
  assert.equal(read_asked(odd).length, 1);
  assert.deepEqual(read_asked("{"), []);
  assert.deepEqual(read_asked("{}"), []);
});
