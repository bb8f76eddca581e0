import assert from "node:assert/strict";
import { test } from "node:test";
import {
  epoch_at,
  is_series,
  main_metric,
  read_series,
  say_series,
  value_of,
  write_series,
} from "./series_name.ts";

test("short names read back", () => {
  for (const series of [
    { name: "f1", context: { subset: "eval" } },
    { name: "loss", context: { subset: "train" } },
    { name: "x", context: {} },
    { name: "x", context: { gpu: 0, subset: "eval" } },
    { name: "x", context: { subset: "a,b" } },
  ]) {
    assert.ok(
      is_series(read_series(write_series(series)), series),
      write_series(series),
    );
  }
  assert.equal(
    write_series({ name: "loss", context: { subset: "train" } }),
    "loss@train",
  );
});

test("the order of a context's keys does not matter", () => {
  assert.ok(
    is_series(
      { name: "x", context: { a: 1, b: 2 } },
      { name: "x", context: { b: 2, a: 1 } },
    ),
  );
  assert.ok(
    !is_series({ name: "x", context: { a: 1 } }, { name: "x", context: {} }),
  );
});

test("best follows the metric's name", () => {
  const metric = {
    context: {},
    count: 2,
    first_step: 1,
    last: 3,
    last_step: 9,
    min: 1,
    min_step: 4,
    max: 5,
    max_step: 6,
  };
  assert.deepEqual(value_of({ ...metric, name: "loss" }, "best"), {
    value: 1,
    step: 4,
  });
  assert.deepEqual(value_of({ ...metric, name: "f1" }, "best"), {
    value: 5,
    step: 6,
  });
  assert.deepEqual(value_of({ ...metric, name: "f1" }, "last"), {
    value: 3,
    step: 9,
  });
});

test("the epoch of a step is told by the last one", () => {
  const metric = {
    name: "f1",
    context: {},
    count: 5,
    first_step: 1,
    last: 3,
    last_step: 10950,
    last_epoch: 5,
  };
  assert.equal(epoch_at(metric, 6570), 3);
  assert.equal(epoch_at({ ...metric, last_step: 0 }, 3), undefined);
});

test("runs are ranked by F1 of the evaluation where there is one", () => {
  const metric = (name: string, subset: string, runs: number) => ({
    name,
    context: { subset },
    runs,
  });
  const metrics = [
    metric("loss", "train", 9),
    metric("loss", "eval", 6),
    metric("f1", "eval", 6),
    metric("f1", "train", 9),
  ];
  assert.equal(main_metric(metrics), metrics[2]);
  assert.equal(main_metric(metrics.slice(0, 1))?.name, "loss");
  assert.equal(main_metric([]), undefined);
});

test("people read the context before the name", () => {
  assert.equal(
    say_series({ name: "loss", context: { subset: "eval" } }),
    "eval loss",
  );
  assert.equal(say_series({ name: "x", context: { gpu: 0 } }), "gpu 0 x");
});
