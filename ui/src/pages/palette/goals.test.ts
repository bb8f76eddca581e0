import assert from "node:assert/strict";
import { test } from "node:test";
import { page_goals, rank_goals, runs_query } from "./goals.ts";
import type { Goal } from "./goals.ts";

const goal = (
  label: string,
  section: Goal["section"],
  also?: string,
): Goal => ({
  key: label,
  label,
  icon: "runs",
  section,
  ...(also === undefined ? {} : { also }),
});

test("the best match stands first, then sections with their best", () => {
  const ranked = rank_goals("met", [
    goal("eval metric", "Metrics"),
    goal("old comet", "Runs"),
    goal("Metrics", "Pages"),
    goal("other", "Runs", "metal"),
    goal("nothing", "Runs"),
  ]);
  assert.deepEqual(
    ranked.map((one) => [one.section, one.goal.label]),
    [
      ["Best match", "Metrics"],
      ["Metrics", "eval metric"],
      ["Runs", "old comet"],
      ["Runs", "other"],
    ],
  );
});

test("without words every page stands there, none as best match", () => {
  const ranked = rank_goals("", page_goals());
  assert.ok(ranked.length >= 7);
  assert.ok(ranked.every((one) => one.section === "Pages"));
});

test("runs are asked for by name, id, experiment or tag; quotes are escaped", () => {
  assert.equal(runs_query("  "), "");
  assert.equal(
    runs_query('Ab "x'),
    '("ab" in run.name.lower() or "ab" in run.experiment.lower() or run.hash.startswith("ab") or "ab" in run.tags) and ("\\"x" in run.name.lower() or "\\"x" in run.experiment.lower() or run.hash.startswith("\\"x") or "\\"x" in run.tags)',
  );
});
