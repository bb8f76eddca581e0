import assert from "node:assert/strict";
import { test } from "node:test";
import { and_query, field, field_equals } from "./query_text.ts";

test("a field is written as its path, keys that are no names in brackets", () => {
  assert.equal(field("hparams.learning_rate"), "run.hparams.learning_rate");
  assert.equal(field("data.my key"), 'run.data["my key"]');
});

test("a value is compared as the language writes it", () => {
  assert.equal(
    field_equals("hparams.lr", 0.00004),
    "run.hparams.lr == 0.00004",
  );
  assert.equal(field_equals("fp16", true), "run.fp16 == True");
  assert.equal(field_equals("metric", null), "run.metric is None");
  assert.equal(field_equals("name", 'a "b"'), 'run.name == "a \\"b\\""');
});

test("a condition is added, and what an or says stays together", () => {
  assert.equal(and_query("", "x"), "x");
  assert.equal(and_query("a and b", "x"), "a and b and x");
  assert.equal(and_query("a or b", "x"), "(a or b) and x");
});
