import assert from "node:assert/strict";
import { test } from "node:test";
import { examples_of_texts, next_example } from "./examples.ts";

const text = (name: string, words: string, context?: string) => ({
  run: "r",
  name,
  context: context === undefined ? {} : { context },
  step: 0,
  time: 0,
  text: words,
  bytes: words.length,
  is_cut: false,
});

test("questions stand with the context that they are about, each once", () => {
  const examples = examples_of_texts([
    text("question", "Where?", "Bern is in Switzerland."),
    text("answer", "Switzerland", "Bern is in Switzerland."),
    text("question", "What? ", "Bern is in Switzerland."),
    text("question", "What?", "Bern is in Switzerland."),
    text("question", "How many?", "There are eight planets."),
    text("question", "Of nothing?"),
  ]);
  assert.deepEqual(examples, [
    { context: "Bern is in Switzerland.", questions: ["Where?", "What?"] },
    { context: "There are eight planets.", questions: ["How many?"] },
  ]);
});

test("the next example follows the one in the form, round and round", () => {
  const examples = ["a", "b"].map((context) => ({ context, questions: [] }));
  assert.equal(next_example(examples, "")?.context, "a");
  assert.equal(next_example(examples, "a")?.context, "b");
  assert.equal(next_example(examples, "b")?.context, "a");
  assert.equal(next_example([], "a"), undefined);
});
