import assert from "node:assert/strict";
import { test } from "node:test";
import { last_writing, pieces, plain } from "./ansi.ts";

test("colours and weights are pieces", () => {
  assert.deepEqual(pieces("\u001b[31;1mERROR\u001b[0m rest"), [
    { text: "ERROR", colour: "red", is_bold: true },
    { text: " rest" },
  ]);
  assert.deepEqual(pieces("\u001b[1mb\u001b[22mn \u001b[93my\u001b[39md"), [
    { text: "b", is_bold: true },
    { text: "n " },
    { text: "y", colour: "yellow" },
    { text: "d" },
  ]);
});

test("wide colours and other sequences leave only their text", () => {
  assert.equal(
    plain("\u001b[38;5;196mred\u001b[0m\u001b[2K\u001b]0;title\u0007!\u0007"),
    "red!",
  );
  assert.deepEqual(pieces("\u001b[38;2;1;2;3mx"), [{ text: "x" }]);
  assert.deepEqual(pieces(""), []);
});

test("after a carriage return the line begins anew", () => {
  assert.equal(last_writing(" 10%|█\r 20%|██\r"), " 20%|██");
  assert.equal(last_writing("plain"), "plain");
});
