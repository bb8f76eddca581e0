import assert from "node:assert/strict";
import { test } from "node:test";
import {
  View,
  choice,
  flag,
  join_list,
  list,
  number,
  split_list,
  text,
  write_search,
} from "./state.ts";

const view = new View({
  q: text(),
  sel: list(),
  y: choice(["auto", "log", "linear"], "auto"),
  smooth: number(0),
  live: flag(true),
});

test("a view of defaults is an empty search", () => {
  assert.equal(view.write(view.read("")), "");
  assert.equal(view.write(view.read("y=auto&live=1&unknown=3")), "");
});

test("fields keep their order and read back", () => {
  const values = view.read(
    "live=0&smooth=.9&y=log&sel=7c1e,e20b&q=run.name+==+'x'",
  );
  assert.deepEqual(values, {
    q: "run.name == 'x'",
    sel: ["7c1e", "e20b"],
    y: "log",
    smooth: 0.9,
    live: false,
  });
  assert.equal(
    view.write(values),
    "q=run.name+=='x'".replace("==", "==+") +
      "&sel=7c1e,e20b&y=log&smooth=.9&live=0",
  );
});

test("what does not fit a field falls back", () => {
  assert.equal(view.read("y=sideways").y, "auto");
  assert.equal(view.read("smooth=much").smooth, 0);
});

test("every sign of a query survives the URL", () => {
  const query =
    "run.hparams['a&b'] >= 1e-3 and \"ü+%\" in run.name # {x|y} [0]";
  const search = write_search([["q", query]]);
  assert.equal(new URLSearchParams(search).get("q"), query);
  assert.equal(
    new URL(`http://x/runs?${search}`).search,
    `?${search}`.replace(/'/g, "%27"),
  );
});

test("commas and backslashes inside words survive", () => {
  const words = ["a,b", "c\\", "", "d"];
  assert.deepEqual(split_list(join_list(words)), words);
  assert.deepEqual(split_list(join_list([])), []);
});
