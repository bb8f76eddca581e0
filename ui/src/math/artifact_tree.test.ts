import assert from "node:assert/strict";
import { test } from "node:test";
import { tree_rows } from "./artifact_tree.ts";

const files = [
  { name: "model/config.json", bytes: 10 },
  { name: "model/vocab/a.txt", bytes: 5 },
  { name: "report.html", bytes: 1 },
  { name: "a//b", bytes: 2 },
  { name: "raw.tar" },
];
const seen = (closed: readonly string[], find = ""): string[] =>
  tree_rows(files, new Set(closed), find).map(
    (row) => `${"  ".repeat(row.depth)}${row.label}${row.file ? "" : "/"}`,
  );

test("folders come first, and files below them", () => {
  assert.deepEqual(seen([]), [
    "a/",
    "  /",
    "    b",
    "model/",
    "  vocab/",
    "    a.txt",
    "  config.json",
    "report.html",
    "raw.tar",
  ]);
});

test("a closed folder says how much is in it", () => {
  assert.deepEqual(seen(["model/", "a/"]), [
    "a/",
    "model/",
    "report.html",
    "raw.tar",
  ]);
  const row = tree_rows(files, new Set(["model/"]), "").find(
    (one) => one.path === "model/",
  );
  assert.deepEqual([row?.n_files, row?.bytes, row?.is_open], [2, 15, false]);
});

test("a search opens the folders of what it finds", () => {
  assert.deepEqual(seen(["model/"], "CONFIG"), ["model/", "  config.json"]);
});
