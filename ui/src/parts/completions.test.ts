// What a list of completions offers while the text runs ahead of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting } from "./completions.tsx";

const item = (insert: string) =>
  ({ kind: "param", label: insert, insert, detail: "" }) as const;

test("a list that is behind offers only what goes on with what was typed", () => {
  const items = [item("run"), item("run.hparams.learning_rate"), item("rank")];
  const found = { from: 0, to: 1, text: "r", items } as unknown as Parameters<
    typeof fitting
  >[0];
  const labels = (now: string) => fitting(found, now).map((one) => one.label);
  assert.deepEqual(labels("r"), ["run", "run.hparams.learning_rate", "rank"]);
  assert.deepEqual(labels("run.hparams.learning_r"), [
    "run.hparams.learning_rate",
  ]);
  assert.deepEqual(labels("RA"), ["rank"]);
  assert.deepEqual(labels("run < 3"), []);
});
