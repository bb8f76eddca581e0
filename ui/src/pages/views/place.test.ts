import assert from "node:assert/strict";
import { test } from "node:test";
import { page_of, url_of } from "./place.ts";

test("a place is kept as its address", () => {
  assert.equal(
    url_of({ path: "/runs", search: "q=run.archived" }),
    "/runs?q=run.archived",
  );
  assert.equal(url_of({ path: "/", search: "" }), "/");
});

test("an address says which page it leads to", () => {
  const names = [
    "/runs?q=a/b",
    "/runs/7c1e?tab=logs",
    "/diff?a=1",
    "/",
    "/nothing",
  ].map((url) => page_of(url)?.name);
  assert.deepEqual(names, ["Runs", "Run", "Diff", "Home", undefined]);
});
