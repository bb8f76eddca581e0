import assert from "node:assert/strict";
import { test } from "node:test";
import { groups_of } from "./group.ts";

const series = (name: string, steps: number[]) => ({
  name,
  context: {},
  total: steps.length,
  most: 1,
  steps,
});
const picture = (name: string, step: number, caption: string) => ({
  name,
  context: {},
  step,
  time: 0,
  index: 0,
  of: 1,
  value: {
    image: { blob: "a", bytes: 1, format: "png", width: 1, height: 1, caption },
  },
});

test("each series shows its own last step up to the chosen one", () => {
  const all = [series("a", [0, 10, 20]), series("b", [15])];
  const shown = groups_of(all, [picture("a", 10, "")], 12, "");
  assert.deepEqual(
    shown.map((group) => [group.step, group.objects.length]),
    [
      [10, 1],
      [undefined, 0],
    ],
  );
});

test("words find series by name, and values by caption", () => {
  const all = [series("cats", [0]), series("dogs", [0])];
  const objects = [picture("cats", 0, "tabby"), picture("dogs", 0, "terrier")];
  const found = (find: string): string[] =>
    groups_of(all, objects, undefined, find).map(({ series }) => series.name);
  assert.deepEqual(found("CAT"), ["cats"]);
  assert.deepEqual(found("terr"), ["dogs"]);
  assert.deepEqual(found("bird"), []);
});
