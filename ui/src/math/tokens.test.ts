import assert from "node:assert/strict";
import { test } from "node:test";
import { tokens } from "./tokens.ts";

const kinds = (query: string): string =>
  tokens(query)
    .map((token) => `${token.kind}:${token.text}`)
    .join("|");

test("a query is cut into names, signs, strings, numbers and keywords", () => {
  assert.equal(
    kinds("run.hparams.lr >= 1e-3 and not 'x\\'y' in run.name"),
    "name:run.hparams.lr|sign: >= |number:1e-3|sign: |keyword:and|sign: |keyword:not|sign: |string:'x\\'y'|sign: |keyword:in|sign: |name:run.name",
  );
});

test("the pieces together are the query, whatever it is", () => {
  for (const query of [
    "",
    '"open',
    "a..b",
    "😀 == 'ü'",
    "((((",
    "1.5.2e",
    "run['x'].y",
  ]) {
    assert.equal(
      tokens(query)
        .map((token) => token.text)
        .join(""),
      query,
    );
  }
});
