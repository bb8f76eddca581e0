import assert from "node:assert/strict";
import { test } from "node:test";
import { counts_of } from "./tabs.tsx";

const series = (name: string, kind: "number" | "text", count: number) => ({
  name,
  context: {},
  kind,
  count,
  first_step: 0,
  last_step: 1,
});

test("tabs count what their pages show", () => {
  const counts = counts_of({
    params: { hparams: { lr: 1, kwargs: {} }, model: "m" },
    note: "",
    artifacts: 3,
    series: [
      series("loss", "number", 100),
      series("__system__cpu", "number", 20),
      series("answer", "text", 10),
      series("checkpoint", "text", 2),
    ],
  });
  assert.equal(counts.params, 3);
  assert.equal(counts.texts, 10);
  assert.equal(counts.metrics, 1);
  assert.equal(counts.system, 1);
  assert.equal(counts.notes, 0);
  assert.equal(counts.images, 0);
  assert.equal(counts.artifacts, 3);
});
