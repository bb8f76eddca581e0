// Very many curves: the page says how many there are and draws a density, which still answers the pointer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "./served.ts";
import type { Served } from "./served.ts";

let served: Served;
before(async () => {
  served = await serve("wide", "--runs", "1200", "--steps", "40");
});
after(async () => {
  assert.deepEqual(served.problems, []);
  await served.stop();
});

test("1,200 curves are counted, drawn as a density, and one of them is read", async () => {
  const page = await served.open("/metrics");
  await page.getByText(/1.200 series of 1.200 runs match/).waitFor();
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator(".tip.reading").waitFor();
  await page
    .locator(".chart-frame")
    .first()
    .getByRole("button", { name: "More" })
    .click();
  await page
    .locator(".pop")
    .getByRole("button", { name: "Draw every line" })
    .click();
  await page.waitForURL(/lines=1/);
  await page.context().close();
});

test("a click lays a run on top of the density, by name", async () => {
  const page = await served.open("/metrics");
  await page.locator(".legend button").first().waitFor();
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator(".tip.reading").waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(/top=[0-9a-f]{24}/);
  await page.context().close();
});

test("a param of very many values is cut into ranges", async () => {
  const page = await served.open("/metrics");
  await page.locator(".legend button").first().waitFor();
  const items = await page.locator(".legend button").allInnerTexts();
  assert.equal(items.length, 5);
  assert.ok(
    items.every((item) => item.includes("–")),
    items.join(),
  );
  await page.context().close();
});
