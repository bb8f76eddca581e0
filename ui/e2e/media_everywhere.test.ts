// The tabs of images, audio, figures, distributions, files and records: axe-core finds nothing serious in either theme.

import { afterEach, test } from "node:test";
import { assert_accessible } from "./axe.ts";
import { Scene, run_named, settled } from "./harness.ts";

const scene = new Scene("media");
afterEach(() => scene.end());

for (const [name, search] of [
  ["images", "?tab=images"],
  ["a large image", "?tab=images&show=pages%231"],
  ["audio", "?tab=audio"],
  ["figures", "?tab=figures"],
  ["distributions", "?tab=distributions"],
  ["files", "?tab=artifacts"],
  ["log records", "?tab=logs&from=records&record=50"],
] as const) {
  test(`${name}: nothing serious for axe-core, light or dark`, async () => {
    const { id } = await run_named(scene, "vivid-heron");
    const page = await scene.open(`/runs/${id}${search}`);
    await settled(page);
    if (name === "figures")
      await page.locator(".plotly-place .main-svg").first().waitFor();
    if (name === "a large image")
      await page.locator(".image-view img").waitFor();
    await assert_accessible(page);
  });

  test(`${name}: spoilt and hostile, nothing serious either`, async () => {
    scene.expected = /404/;
    const { id } = await run_named(scene, "spoilt-media");
    const page = await scene.open(`/runs/${id}${search}`);
    await settled(page);
    await assert_accessible(page);
  });
}
