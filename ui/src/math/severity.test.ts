import assert from "node:assert/strict";
import { test } from "node:test";
import { count_from, severity_of } from "./severity.ts";

test("a level between two is called by the lower", () => {
  assert.deepEqual([0, 10, 25, 30, 45, 99].map(severity_of), [
    "debug",
    "debug",
    "info",
    "warning",
    "error",
    "critical",
  ]);
});

test("records from a level up are counted", () => {
  const levels = [
    { level: 10, count: 4 },
    { level: 35, count: 2 },
    { level: 40, count: 1 },
  ];
  assert.deepEqual(
    [0, 20, 40].map((least) => count_from(levels, least)),
    [7, 3, 1],
  );
});
