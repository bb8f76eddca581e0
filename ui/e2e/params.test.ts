// The Params page in a browser: its first view, and each control.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, holds } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

async function params(search = ""): Promise<Page> {
  const page = await scene.open(`/params${search}`);
  await page.getByRole("grid", { name: "Runs on these axes" }).waitFor();
  return page;
}

const search_of = (page: Page): URLSearchParams =>
  new URL(page.url()).searchParams;
const heads = (page: Page): Promise<string[]> =>
  page.locator(".axis-head b").allInnerTexts();

async function axis_menu(
  page: Page,
  axis: string,
  item: string,
): Promise<void> {
  await page
    .getByRole("button", { name: new RegExp(`^Axis ${axis} `) })
    .click();
  await page
    .locator(".pop")
    .getByRole("button", { name: item, exact: true })
    .click();
}

test("the first view leads from size and rate to loss and F1", async () => {
  const page = await params();
  const axes = await heads(page);
  assert.deepEqual(axes.slice(0, 2), ["batch_size", "learning_rate"]);
  assert.ok(axes.includes("loss, eval"));
  assert.equal(axes.at(-1), "f1");
  assert.match(
    await page.locator(".axis-head").nth(1).innerText(),
    /log, auto/,
  );
  assert.equal(await page.locator(".params-table .row").count(), 6);
  assert.equal(await page.locator(".heat-cell").count(), 6);
});

test("a drag along an axis brushes, and the table follows", async () => {
  const page = await params();
  const box = await page.locator(".parallel-canvas").boundingBox();
  assert.ok(box);
  const x = box.x + box.width - 150;
  await page.mouse.move(x, box.y + 14);
  await page.mouse.down();
  await page.mouse.move(x, box.y + box.height * 0.3, { steps: 5 });
  await page.mouse.up();
  await holds(
    () => /^f1:/.test(search_of(page).get("brush") ?? ""),
    "the brush is in the URL",
  );
  const dimmed = await page.locator(".params-table .row.dimmed").count();
  assert.ok(dimmed > 0 && dimmed < 6);
  assert.match(await page.locator(".brush-chip").innerText(), /f1 ≥/);
  await page.locator(".brush-chip").getByRole("button").click();
  await holds(() => search_of(page).get("brush") === null, "the brush is gone");
});

test("axes flip, change their scale, move and go", async () => {
  const page = await params();
  await axis_menu(page, "learning_rate", "Linear axis");
  await holds(
    () => /learning_rate:linear/.test(search_of(page).get("axes") ?? ""),
    "linear",
  );
  await axis_menu(page, "f1", "Flip");
  await holds(
    () => /f1:flip/.test(search_of(page).get("axes") ?? ""),
    "flipped",
  );
  await axis_menu(page, "batch_size", "Move right");
  await holds(async () => (await heads(page))[1] === "batch_size", "moved");
  await axis_menu(page, "batch_size", "Remove");
  await holds(
    async () => !(await heads(page)).includes("batch_size"),
    "removed",
  );
});

test("dragging a head reorders the axes", async () => {
  const page = await params();
  await page
    .locator(".axis-head")
    .nth(0)
    .dragTo(page.locator(".axis-head").nth(2));
  await holds(
    async () => (await heads(page))[0] === "learning_rate",
    "the first axis moved",
  );
});

test("any metric colours, by its best or its last", async () => {
  const page = await params();
  await axis_menu(page, "f1", "Colour by this");
  await holds(() => search_of(page).get("color") === "f1", "coloured by F1");
  await page.getByRole("button", { name: /^Metric value\b/ }).click();
  await page
    .locator(".pop")
    .getByRole("button", { name: "last", exact: true })
    .click();
  await holds(() => search_of(page).get("value") === "last", "last values");
});

test("two measures scatter, with their correlation and n", async () => {
  const page = await params();
  await page.getByRole("radio", { name: "Scatter" }).click();
  const scatter = page.getByRole("region", { name: "Scatter" });
  await scatter.waitFor();
  assert.match(
    await scatter.innerText(),
    /rank correlation [+−]\d\.\d\d, n = \d/,
  );
  await scatter.getByRole("button", { name: /^X\b/ }).click();
  await page
    .locator(".pop")
    .getByRole("button", { name: "batch_size" })
    .click();
  await holds(
    () => /batch_size/.test(search_of(page).get("x") ?? ""),
    "x is chosen",
  );
});

test("the map names its best cell, and its sides can be chosen", async () => {
  const page = await params();
  assert.equal(await page.locator(".heat-cell.is-best").count(), 1);
  await page.locator(".heat").getByRole("button", { name: "Rows" }).click();
  await page.keyboard.press("Escape");
});

test("a hovered line is marked in the table", async () => {
  const page = await params();
  await page.locator(".params-table .row").first().hover();
  await holds(
    async () => (await page.locator(".params-table .row.shown").count()) === 1,
    "the row is marked",
  );
});

test("the table is exported as CSV, with what is inside the brush", async () => {
  const page = await params("?brush=learning_rate:-0.0001");
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download as CSV" }).click();
  const lines = readFileSync(await (await coming).path(), "utf8")
    .trim()
    .split("\n");
  assert.equal(lines.length, 7);
  assert.match(lines[0] ?? "", /^run,name,inside,/);
  const inside = lines.slice(1).filter((line) => line.split(",")[2] === "1");
  assert.equal(inside.length, 2);
});
