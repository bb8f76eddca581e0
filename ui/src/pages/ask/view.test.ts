import assert from "node:assert/strict";
import { test } from "node:test";
import { first_model, questions_of, read_model } from "./view.ts";

const model = (run: string, step: number) => ({
  id: `${run}@${step}`,
  run,
  name: run,
  step,
  path: "",
});
const models = {
  models: [model("aa01", 10), model("aa01", 30), model("bb02", 20)],
  best: "bb02@20",
};

test("questions are one a line, blank lines left out", () => {
  assert.deepEqual(questions_of(" Who? \n\n  \nWhen?"), ["Who?", "When?"]);
  assert.deepEqual(questions_of(""), []);
});

test("a word names a checkpoint, a run alone its last one", () => {
  const ids = ["aa@10", "aa", "bb02@20", "aa@11", "cc", ""].map(
    (word) => read_model(models, word)?.id,
  );
  assert.deepEqual(ids, [
    "aa01@10",
    "aa01@30",
    "bb02@20",
    undefined,
    undefined,
    undefined,
  ]);
});

test("the best checkpoint is asked unless a run is named", () => {
  assert.equal(first_model(models, "")?.id, "bb02@20");
  assert.equal(first_model(models, "aa01")?.id, "aa01@30");
  assert.equal(first_model({ models: [] }, ""), undefined);
});
