// Very many curves: the page says how many there are and draws a density, which still answers the pointer.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene } from "./harness.ts";

const scene = new Scene("wide", "--runs", "1200", "--steps", "40");
afterEach(() => scene.end());

test("1,200 curves are counted, drawn as a density, and one of them is read", async () => {
  const page = await scene.open("/metrics");
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
});

test("a click lays a run on top of the density, by name", async () => {
  const page = await scene.open("/metrics");
  await page.locator(".legend button").first().waitFor();
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator(".tip.reading").waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(/top=[0-9a-f]{24}/);
});

test("a param of very many values is cut into ranges", async () => {
  const page = await scene.open("/metrics");
  await page.locator(".legend button").first().waitFor();
  const items = await page.locator(".legend button").allInnerTexts();
  assert.equal(items.length, 5);
  assert.ok(
    items.every((item) => item.includes("–")),
    items.join(),
  );
});
