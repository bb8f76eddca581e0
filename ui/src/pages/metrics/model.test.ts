import assert from "node:assert/strict";
import { test } from "node:test";
import { fields_of, flat_run } from "../../fields.ts";
import type { FrameSeries } from "../../frame.ts";
import type { Run } from "../../shapes.ts";
import { curve_rows } from "./chart_table.tsx";
import { toggled } from "./legend.tsx";
import { build } from "./model.ts";
import type { Hidden } from "./model.ts";
import { choose, metrics_view, zoom_range, zoom_text } from "./view.ts";
import { steps_in } from "./x.ts";

function series(
  run: string,
  name: string,
  subset: string,
  values: readonly number[],
  stride = 10,
): FrameSeries {
  const n = values.length;
  return {
    run,
    name,
    context: { subset },
    count: n,
    rows: n,
    is_sampled: false,
    step: Float64Array.from({ length: n }, (_, i) => (i + 1) * stride),
    epoch: Float64Array.from({ length: n }, (_, i) => (i + 1) / (n / 5)),
    value: Float64Array.from(values),
  };
}

const decay = (n: number, to: number): number[] =>
  Array.from({ length: n }, (_, i) => to + 5 * Math.exp(-i / 20));
const grid = [
  [4e-5, 16],
  [4e-5, 32],
  [4e-4, 16],
  [4e-4, 32],
].map(([lr = 0, bs = 0], i) => ({
  id: `r${i}`,
  lr,
  bs,
  end: lr < 1e-4 ? 0.1 : 5.9,
}));

const frames = grid.flatMap(({ id, end }) => [
  series(id, "loss", "train", decay(100, end)),
  series(id, "loss", "eval", [end + 2, end + 1, end + 1.5], 300),
  series(id, "f1", "eval", [80 - end, 85 - end, 84 - end], 300),
  series(id, "grad_norm", "train", decay(90, 1)),
]);

const runs = grid.map(({ id, lr, bs }) => {
  const of_run = frames.filter((one) => one.run === id);
  const run: Run = {
    id,
    name: id,
    experiment: "e",
    description: "",
    status: "finished",
    created_at: 0,
    updated_at: 0,
    archived: false,
    tags: [],
    params: { hparams: { lr, bs, max_length: 384, seed: 1 } },
    metrics: of_run.map((one) => ({
      name: one.name,
      context: { subset: one.context["subset"] ?? null },
      count: one.count,
      first_step: one.step[0] ?? 0,
      last_step: one.step.at(-1) ?? 0,
      last: one.value.at(-1) ?? NaN,
      min: Math.min(...one.value),
      max: Math.max(...one.value),
      last_epoch: 5,
    })),
    has: { texts: false, answers: false, logs: false, system: false },
    checkpoints: [],
  };
  return flat_run(run);
});
const fields = fields_of(runs);
const nothing: Hidden = { keys: new Set(), runs: new Set() };

function model(search: string, hidden = nothing) {
  const chosen = choose(metrics_view.read(search), fields, runs);
  const by_id = new Map(runs.map((run) => [run.run.id, run]));
  const given = frames
    .filter((one) => chosen.metrics.includes(one.name))
    .flatMap((one) => {
      const run = by_id.get(one.run);
      return run ? [{ run, series: one }] : [];
    });
  return {
    chosen,
    model: build(given, chosen, hidden, (field) => field.values),
  };
}

test("the first view: loss by rate and size, its companions beside it", () => {
  const { chosen, model: built } = model("");
  assert.deepEqual(chosen.metrics, ["loss", "f1", "grad_norm"]);
  assert.deepEqual(
    chosen.color.map((field) => field.id),
    ["lr", "bs"],
  );
  assert.equal(chosen.x, "epoch");
  assert.deepEqual(
    built.charts.map((chart) => chart.title),
    ["loss", "f1", "grad_norm"],
  );
});

test("evaluation is solid with dots and its best, training dashed and smoothed", () => {
  const loss = model("").model.charts[0];
  const curves = [...(loss?.plot.curves ?? [])];
  const [train, evaluated] = [curves[0], curves[1]];
  assert.equal(train?.dash, 1);
  assert.ok(train?.raw);
  assert.equal(evaluated?.dash, 0);
  assert.equal(evaluated?.best, 1);
  assert.equal(evaluated?.raw, undefined);
});

test("two fields nest, so that one sees which of them matters", () => {
  const { model: built } = model("");
  assert.deepEqual(
    built.colors.map((entry) => [entry.key, entry.color]),
    [
      ["4e-5/16", "var(--nest-1a)"],
      ["4e-5/32", "var(--nest-1b)"],
      ["4e-4/16", "var(--nest-2a)"],
      ["4e-4/32", "var(--nest-2b)"],
    ],
  );
});

test("a log axis is chosen where values span far, and said", () => {
  const loss = model("").model.charts[0];
  assert.equal(loss?.plot.y.kind, "log");
  assert.ok(loss?.chips.some((chip) => chip.text === "log, auto"));
  assert.equal(model("y=linear").model.charts[0]?.plot.y.kind, "linear");
});

test("the loss of a blind guess is drawn where the window is known", () => {
  const references = model("").model.charts[0]?.plot.references ?? [];
  assert.equal(references.length, 1);
  assert.match(
    references[0]?.text ?? "",
    /^ln 384 = 5\.95: a blind guess\. 2 runs end/,
  );
});

test("what is hidden leaves the charts and stays in the legend", () => {
  const { model: built } = model("", {
    keys: new Set(["4e-5/16", "~train"]),
    runs: new Set(["r3"]),
  });
  assert.equal(built.charts[0]?.plot.curves.length, 2);
  assert.equal(built.colors.length, 4);
});

test("bands sum up what has one colour and dash, and say n", () => {
  const { model: built } = model("color=lr&band=minmax&m=loss");
  const chart = built.charts[0];
  assert.equal(chart?.plot.curves.length, 4);
  const curve = chart?.plot.curves[0];
  assert.ok(curve?.band);
  assert.match(curve?.label?.tail ?? "", /n=2/);
  assert.deepEqual(
    [...(chart?.curves.get(curve?.id ?? "")?.n ?? [])].slice(-1),
    [2],
  );
});

test("charts of one metric share their axes", () => {
  const { model: built } = model("chart=lr&m=loss");
  assert.equal(built.charts.length, 2);
  const [a, b] = built.charts.map((chart) => chart.plot.y);
  assert.deepEqual(a, b);
  assert.ok(
    built.charts[0]?.chips.some((chip) => chip.text.startsWith("shared y")),
  );
});

test("x may be steps, and a choice by hand is not called automatic", () => {
  const { chosen, model: built } = model("x=step&smooth=0&color=-");
  assert.equal(chosen.is_auto.x, false);
  assert.deepEqual(chosen.color, []);
  const curve = built.charts[0]?.plot.curves[0];
  assert.equal(curve?.x[0], 10);
  assert.equal(curve?.raw, undefined);
});

test("legend clicks hide and show; alone and back", () => {
  const all = ["a", "b", "c", "~eval", "~train"];
  assert.deepEqual(toggled([], all, "a", false), ["a"]);
  assert.deepEqual(toggled(["a"], all, "a", false), []);
  assert.deepEqual(toggled(["~train"], all, "a", true), ["~train", "b", "c"]);
  assert.deepEqual(toggled(["b", "c"], all, "a", true), []);
});

test("a zoom reads back, as short as it tells its ends apart", () => {
  assert.equal(zoom_text([2, 4]), "2:4");
  assert.deepEqual(
    zoom_range(zoom_text([100_000.25, 100_001.5])),
    [100_000.25, 100_001.5],
  );
  assert.equal(zoom_range("4:2"), undefined);
  assert.equal(zoom_range(""), undefined);
});

test("a range of epochs asks for its steps, and some on both sides", () => {
  const [low = 0, high = 0] =
    steps_in([series("a", "loss", "train", decay(100, 1))], "epoch", [1, 2]) ??
    [];
  assert.ok(low <= 10 * 10 && low > 0);
  assert.ok(high >= 2.5 * 200 && high < 1000);
});

test("a chart as a table: what was measured, its ends and its outermost values", () => {
  const { model: built } = model("");
  const [loss] = built.charts;
  assert.ok(loss);
  const rows = curve_rows(loss);
  assert.equal(rows.length, loss.plot.curves.length);
  const train = rows.find((row) => row.name === "r0, train");
  assert.ok(train && train.points === 100);
  assert.ok(Math.abs(train.first - 5.1) < 1e-9);
  assert.deepEqual(train.largest, [train.first, 0.05]);
  assert.equal(train.least[0], train.last);
  const evals = rows.find((row) => row.name === "r0, eval");
  assert.ok(evals);
  assert.ok(Math.abs(evals.least[0] - 1.1) < 1e-9);
});

test("a summed-up chart as a table says how many curves each row rests on", () => {
  const { model: built } = model("?color=lr&band=minmax");
  const [loss] = built.charts;
  assert.ok(loss);
  const names = curve_rows(loss).map((row) => row.name);
  assert.ok(names.some((name) => /\(2 curves\), train$/.test(name)));
});

test("x may be another metric: points stand at its values, in their order", () => {
  const chosen = choose(metrics_view.read("?m=loss&xm=tokens"), fields, runs);
  assert.equal(chosen.x, "metric");
  const [run] = runs;
  assert.ok(run);
  const loss = { ...series("r0", "loss", "train", [9, 8, 7, 6]) };
  const tokens = series("r0", "tokens", "train", [300, 100, 200]);
  const built = build(
    [loss, tokens].map((one) => ({ run, series: one })),
    chosen,
    nothing,
    (field) => field.values,
  );
  assert.equal(built.lines.length, 1);
  const [line] = built.lines;
  assert.ok(line);
  assert.deepEqual([...line.x], [100, 200, 300]);
  assert.deepEqual([...line.y], [8, 7, 9]);
  assert.deepEqual([...line.of.series.step], [20, 30, 10]);
  assert.equal(built.charts[0]?.plot.x.title, "tokens");
});

test("between logged values of x a point stands between, and outside nowhere", () => {
  const chosen = choose(metrics_view.read("?m=loss&xm=tokens"), fields, runs);
  const [run] = runs;
  assert.ok(run);
  const loss = series("r0", "loss", "eval", [5, 4, 3, 2, 1]);
  const tokens = series("r0", "tokens", "train", [0, 100], 20);
  const built = build(
    [loss, tokens].map((one) => ({ run, series: one })),
    chosen,
    nothing,
    (field) => field.values,
  );
  assert.deepEqual([...(built.lines[0]?.x ?? [])], [0, 50, 100]);
  assert.deepEqual([...(built.lines[0]?.of.series.value ?? [])], [4, 3, 2]);
});
