// Markup in captions, names, figures, files and messages: shown as text, with the server's policy off, so that only the
// page's own care is tested. No figure asks another server.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, holds, run_named, settled } from "./harness.ts";

const scene = new Scene("media");
afterEach(() => scene.end());

const markup = (place: string): string =>
  `"><img src=x onerror="window.injected='${place}'"><script>window.injected='${place}'</script>`;

async function open_tab(search: string): Promise<Page> {
  const { id } = await run_named(scene, "spoilt-media");
  const page = await scene.open(`/runs/${id}${search}`, { bypassCSP: true });
  await settled(page);
  return page;
}

const shown: readonly (readonly [string, readonly string[]])[] = [
  ["?tab=images", ["image name", "context", "caption", "format"]],
  ["?tab=audio", ["sound", "context"]],
  ["?tab=figures", ["figure caption", "context"]],
  ["?tab=distributions", ["distribution", "context"]],
  ["?tab=logs&record=1", ["message", "extra key", "extra"]],
];

for (const [search, places] of shown) {
  test(`${search}: markup is shown as text`, async () => {
    scene.expected = /404/;
    const page = await open_tab(search);
    for (const place of places)
      await holds(
        async () =>
          (await page.locator("body").textContent())?.includes(
            markup(place),
          ) === true,
        `${markup(place)} on ${search}`,
      );
    await assert_not_injected(page);
  });
}

test("a file's name and address are text, and nothing that was recorded is a link of the page", async () => {
  const page = await open_tab("?tab=artifacts");
  const grid = page.getByRole("treegrid", { name: "Files" });
  await grid.getByText("javascript:window.injected='uri'").waitFor();
  assert.equal(
    await grid.locator("a:not([href^='/api/v1/blobs/'])").count(),
    0,
  );
  await assert_not_injected(page);
});

test("a figure of markup is drawn as text, without its links and foreign pictures", async () => {
  const page = await open_tab("?tab=figures");
  const panel = page.locator(".media-group", {
    has: page.getByRole("heading", { name: "figure of markup" }),
  });
  await panel.getByText("<script>window.injected='title'</script>").waitFor();
  await panel.getByText("<img src=x onerror=window.injected='text'>").waitFor();
  assert.equal(await panel.locator("image").count(), 0);
  await assert_not_injected(page);
});

test("a kept document runs nothing when it is opened by itself", async () => {
  const { id } = await run_named(scene, "spoilt-media");
  const answer = await fetch(
    `${scene.served.url}/api/v1/runs/${id}/objects?kind=image`,
  );
  const { objects } = (await answer.json()) as {
    objects: { value: { image: { blob: string; format: string } } }[];
  };
  const svg = objects.find((one) => one.value.image.format === "svg");
  for (const search of ["?type=svg", "?type=png", "", "?name=x.svg"]) {
    const got = await fetch(
      `${scene.served.url}/api/v1/blobs/${svg?.value.image.blob}${search}`,
    );
    assert.doesNotMatch(got.headers.get("content-type") ?? "", /svg|xml|html/);
    assert.match(got.headers.get("content-security-policy") ?? "", /sandbox/);
  }
});

async function assert_not_injected(page: Page): Promise<void> {
  assert.equal(await page.evaluate("window.injected"), undefined);
  assert.equal(await page.locator("img[src=x], body script").count(), 0);
  assert.equal(
    await page
      .locator("a[href^='javascript:' i], a[*|href^='javascript:' i]")
      .count(),
    0,
  );
}
