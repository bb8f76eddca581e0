import assert from "node:assert/strict";
import { test } from "node:test";
import { say_diff, word_diff } from "./word_diff.ts";

const shown = (before: string, after: string): string =>
  word_diff(before, after)
    .map(({ kind, text }) =>
      kind === "same" ? text : `${kind === "gone" ? "-" : "+"}[${text}]`,
    )
    .join("");

test("words that come and go are marked, the rest stays", () => {
  assert.equal(
    shown("1.4 billion", "around 1.4 billion"),
    "+[around ]1.4 billion",
  );
  assert.equal(shown("Canberra", "Australia is"), "-[Canberra]+[Australia is]");
  assert.equal(shown("Joe Biden", "Joe Biden"), "Joe Biden");
  assert.equal(shown("", "new words"), "+[new words]");
  assert.equal(shown("old words", ""), "-[old words]");
});

test("the pieces give both texts back", () => {
  const pairs = [
    ["the old dome was raised by two metres", "the dome, raised by 2 metres"],
    ["a b c d e", "e d c b a"],
    ["  blanks   stay ", "blanks  stay too"],
    ["ünï çødé 😀 signs", "ünï 😀 codé signs"],
  ] as const;
  for (const [before, after] of pairs) {
    const pieces = word_diff(before, after);
    const text = (left_out: string): string =>
      pieces
        .filter((piece) => piece.kind !== left_out)
        .map((piece) => piece.text)
        .join("");
    assert.equal(text("new"), before);
    assert.equal(text("gone"), after);
  }
});

test("very long texts are compared by their ends alone", () => {
  const long = (word: string): string => `start ${`${word} `.repeat(5000)}end`;
  const pieces = word_diff(long("one"), long("two"));
  assert.deepEqual(
    pieces.map((piece) => piece.kind),
    ["same", "gone", "new", "same"],
  );
});

test("a difference is said in a few words", () => {
  const say = (before: string, after: string): string =>
    say_diff(word_diff(before, after));
  assert.equal(say("195", "195"), "equal");
  assert.equal(say("1.4 billion", "around 1.4 billion"), "+1 word");
  assert.equal(say("in the year 1931", "1931"), "−3 words");
  assert.equal(say("1889", "1931"), "other words");
  assert.equal(say("1931", "1931."), "other signs");
});
