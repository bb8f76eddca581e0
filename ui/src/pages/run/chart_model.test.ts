import assert from "node:assert/strict";
import { test } from "node:test";
import type { FrameSeries } from "../../frame.ts";
import { chart_groups, run_chart } from "./chart_model.ts";

const series = (
  name: string,
  subset: string,
  values: readonly number[],
): FrameSeries => ({
  run: "r",
  name,
  context: { subset },
  count: values.length,
  rows: values.length,
  is_sampled: false,
  step: Float64Array.from(values.map((_, i) => i * 10)),
  value: Float64Array.from(values),
});

test("what people look at first stands first; epochs are no chart", () => {
  const { charts, singles } = chart_groups([
    series("epoch", "train", [0.1, 0.2]),
    series("grad_norm", "train", [1, 2]),
    series("learning_rate", "train", [1, 0]),
    series("f1", "eval", [60, 70]),
    series("samples", "train", [5, 6]),
    series("exact_match", "eval", [50, 60]),
    series("loss", "train", [2, 1]),
  ]);
  assert.deepEqual(
    charts.map(([key]) => key),
    ["loss", "shares", "learning_rate", "grad_norm", "samples"],
  );
  assert.deepEqual(singles, []);
});

test("a series of one point is no curve, but the first evaluation beside a curve is drawn", () => {
  const { charts, singles } = chart_groups([
    series("loss", "train", [3, 2, 1]),
    series("loss", "eval", [1.5]),
    series("mean_loss", "train", [2]),
    series("runtime", "eval", [4, 5]),
    series("runtime", "train", [200]),
    series("f1", "eval", [60]),
  ]);
  assert.deepEqual(
    charts.map(([key, members]) => [key, members.length]),
    [
      ["loss", 2],
      ["runtime", 1],
    ],
  );
  assert.deepEqual(
    singles.map((one) => `${one.name} ${String(one.context["subset"])}`),
    ["mean_loss train", "runtime train", "f1 eval"],
  );
});

test("what is set, not measured, is drawn on a linear axis however far it spans", () => {
  const values = [4e-5, 2e-5, 1e-9];
  const kind = (name: string): string =>
    run_chart(
      name,
      [series(name, "train", values)],
      { x: "step", smooth: 0 },
      0,
    ).model.y.kind;
  assert.equal(kind("learning_rate"), "linear");
  assert.equal(kind("perplexity"), "log");
});
