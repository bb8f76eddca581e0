// What holds on every page, in both themes: axe-core finds nothing serious, and the scene sees no request elsewhere and
// no error.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { assert_accessible, violations } from "./axe.ts";
import { Scene, run_named, settled } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

const pages: readonly (readonly [string, () => Promise<string> | string])[] = [
  ["Home", () => "/"],
  ["Runs", () => "/runs"],
  ["Metrics", () => "/metrics"],
  ["Params", () => "/params"],
  ["Texts", () => "/texts"],
  ["Answers", () => "/answers"],
  ["Answers of two runs", async () => `/answers?${await two_runs()}`],
  ["Ask", () => "/ask"],
  ["Diff", () => "/diff"],
  ["API", () => "/api"],
  ["a route of the API", () => "/api?open=list_runs"],
  ["an unknown page", () => "/nowhere"],
  ...[
    "overview",
    "metrics",
    "system",
    "logs",
    "params",
    "answers",
    "texts",
    "notes",
    "settings",
  ].map(
    (tab) =>
      [
        `a run's ${tab}`,
        async () =>
          `/runs/${(await run_named(scene, "early-harbor")).id}?tab=${tab}`,
      ] as const,
  ),
];

async function two_runs(): Promise<string> {
  const a = await run_named(scene, "early-harbor");
  const b = await run_named(scene, "brisk-glacier");
  return `a=${a.id.slice(0, 16)}&b=${b.id.slice(0, 16)}`;
}

for (const [name, address] of pages) {
  test(`${name}: nothing serious for axe-core, light or dark`, async () => {
    const page = await scene.open(await address());
    await settled(page);
    await assert_accessible(page);
  });
}

test("axe-core is able to complain", async () => {
  const page = await scene.open("/");
  await settled(page);
  await page.evaluate(
    "document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')",
  );
  assert.match((await violations(page)).join(), /button-name/);
});
