// The Metrics page in a browser: its first view, and each control.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, holds } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

async function metrics(search = ""): Promise<Page> {
  const page = await scene.open(`/metrics${search}`);
  await page.locator(".line-chart").first().waitFor();
  await page.getByRole("grid", { name: "Readings" }).waitFor();
  return page;
}

const search_of = (page: Page): URLSearchParams =>
  new URL(page.url()).searchParams;

/** Pixels of the curves' layer that are drawn at all. */
const drawn = (page: Page, chart = 0): Promise<number> =>
  page.evaluate((index) => {
    const host = document.querySelectorAll(".line-chart")[index];
    const canvas = host?.querySelectorAll("canvas")[1];
    const pixels =
      canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height)
        .data ?? [];
    let n = 0;
    for (let i = 3; i < pixels.length; i += 4) if ((pixels[i] ?? 0) > 0) n++;
    return n;
  }, chart);

async function choose(
  page: Page,
  control: string,
  item: string | RegExp,
): Promise<void> {
  await page
    .locator(".metrics-controls")
    .getByRole("button", { name: new RegExp(`^${control}\\b`) })
    .click();
  await page
    .locator(".pop")
    .getByRole("button", { name: item })
    .first()
    .click();
}

test("the first view is loss by rate and size, evaluation solid, its companions beside", async () => {
  const page = await metrics();
  const titles = await page.locator(".chart-frame h2").allTextContents();
  assert.deepEqual(titles, ["loss", "f1", "grad_norm"]);
  const legend = await page.locator(".legend").innerText();
  assert.match(legend.replace(/\s+/g, " "), /lr 4e-5 batch 16 32/);
  assert.match(legend, /eval/);
  const picks = await page.locator(".metrics-controls .pick").allInnerTexts();
  assert.match(
    picks.join(" ").replace(/\s+/g, " "),
    /Colour learning_rate › batch_size Dash subset Chart metric/,
  );
  assert.ok((await drawn(page)) > 1000);
  assert.equal(await page.locator(".reading-table .row").count(), 6);
  assert.equal(new URL(page.url()).search, "");
});

test("the pointer reads the nearest curve, in every chart and in the table", async () => {
  const page = await metrics();
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.42, box.y + box.height * 0.9);
  await page.locator(".tip.reading").waitFor();
  const said = await page.locator(".tip.reading").innerText();
  assert.match(said, /loss/);
  assert.match(said, /epoch/);
  await holds(
    async () =>
      /at \d/.test(await page.locator(".reading-table .head").innerText()),
    "the table follows",
  );
  await page.mouse.move(5, 5);
  await holds(
    async () => (await page.locator(".tip.reading").count()) === 0,
    "the reading goes",
  );
});

test("the keyboard reads points, and says them", async () => {
  const page = await metrics();
  await page.locator(".line-chart").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await holds(
    async () =>
      /loss: [\d.]+ at/.test(
        (await page.locator(".line-chart .unseen").first().textContent()) ?? "",
      ),
    "the reading is said",
  );
});

test("dragging zooms and asks for that range alone; 0 shows all again", async () => {
  const page = await metrics();
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  const asked = page.waitForRequest((request) =>
    /series\?.*from=\d+&to=\d+/.test(request.url()),
  );
  await page.mouse.move(box.x + box.width * 0.3, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 210);
  await page.mouse.move(box.x + box.width * 0.6, box.y + 220);
  await page.mouse.up();
  await asked;
  assert.match(search_of(page).get("zoom") ?? "", /^[\d.]+:[\d.]+$/);
  await page.keyboard.press("0");
  await holds(() => search_of(page).get("zoom") === null, "the zoom is gone");
  await page.keyboard.press("Control+z");
  await holds(
    () => search_of(page).get("zoom") !== null,
    "undo brings it back",
  );
});

test("Shift and dragging moves along", async () => {
  const page = await metrics("?zoom=1:3");
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + 300, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + 200, box.y + 200, { steps: 8 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await holds(
    () => Number(search_of(page).get("zoom")?.split(":")[0]) > 1.1,
    "the range moved",
  );
});

test("colour, dash and chart take any field; Esc closes the picker", async () => {
  const page = await metrics();
  await page.getByRole("button", { name: /^Chart\b/ }).click();
  const menu = page.getByRole("dialog", { name: "Chart" });
  await menu.getByRole("checkbox", { name: "metric", exact: true }).click();
  await menu
    .getByRole("checkbox", { name: "learning_rate", exact: true })
    .click();
  await page.keyboard.press("Escape");
  await holds(
    async () => (await page.locator(".chart-frame").count()) === 3,
    "a chart for each rate",
  );
  const titles = await page.locator(".chart-frame h2").allTextContents();
  assert.ok(
    titles.every((title) => title.includes("learning_rate")),
    titles.join(),
  );
});

test("bands sum up runs of one colour, and say n", async () => {
  const page = await metrics("?color=learning_rate&m=loss");
  await choose(page, "Band", "min–max");
  await holds(
    () => search_of(page).get("band") === "minmax",
    "the band is in the URL",
  );
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.85);
  await page.locator(".tip.reading").waitFor();
  const said = await page.locator(".tip.reading").innerText();
  assert.match(said, /mean loss/);
  assert.match(said, /\nn\n/);
});

test("x and y take other scales", async () => {
  const page = await metrics();
  await choose(page, "X", /^step/);
  await holds(() => search_of(page).get("x") === "step", "x is steps");
  await choose(page, "X", /^relative time/);
  await holds(() => search_of(page).get("x") === "relative", "x is time");
  await choose(page, "X", /^wall time/);
  await holds(() => search_of(page).get("x") === "time", "x is wall time");
  await choose(page, "Y", /^log/);
  await holds(
    async () =>
      (await page.locator(".chart-frame .chip", { hasText: /^log$/ }).count()) >
      0,
    "log is said",
  );
  assert.ok((await drawn(page)) > 500);
});

test("smoothing is a slider and a key", async () => {
  const page = await metrics();
  await page.getByLabel("Smoothing", { exact: true }).fill("0.5");
  await holds(
    () => search_of(page).get("smooth") === ".5",
    "the weight is in the URL",
  );
  await page.keyboard.press("Escape");
  await page.locator("h1").click();
  await page.keyboard.press("s");
  await holds(() => search_of(page).get("smooth") === "0", "S turns it off");
  await page.getByRole("button", { name: "Kind of smoothing" }).click();
  await page.getByRole("radio", { name: "Moving average" }).click();
  await holds(
    () => search_of(page).get("window") === "15",
    "a window of points",
  );
});

test("the legend lights up, hides, and shows alone", async () => {
  const page = await metrics();
  const before_hiding = await drawn(page);
  const item = page.locator(".legend button").first();
  await item.hover();
  await item.click();
  await holds(
    async () => (await item.getAttribute("aria-pressed")) === "false",
    "the item is off",
  );
  await holds(
    async () => (await drawn(page)) < before_hiding,
    "its curves are gone",
  );
  await item.click();
  await item.click({ modifiers: ["Alt"] });
  await holds(
    () => (search_of(page).get("hide") ?? "").split(",").length === 5,
    "all others are hidden",
  );
  await item.click({ modifiers: ["Alt"] });
  await holds(() => search_of(page).get("hide") === null, "and back");
});

test("the table hides runs and sorts", async () => {
  const page = await metrics();
  const first = page.locator(".reading-table .row").first();
  const name = await first.locator("a").innerText();
  await first.getByRole("button", { name: `Hide ${name}` }).click();
  await holds(() => search_of(page).get("off") !== null, "the run is off");
  await page
    .locator(".reading-table .head")
    .getByText("Run", { exact: true })
    .click();
  await holds(() => search_of(page).get("sort") === "run", "sorted by name");
  const names = await page.locator(".reading-table .row a").allInnerTexts();
  assert.deepEqual(names, [...names].sort());
});

test("P pins the cursor; the link restores it", async () => {
  const page = await metrics();
  const box = await page.locator(".line-chart").first().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.42, box.y + box.height * 0.9);
  await page.locator(".tip.reading").waitFor();
  await page.keyboard.press("p");
  await holds(
    () => search_of(page).get("pin") !== null,
    "the pin is in the URL",
  );
  const again = await metrics(new URL(page.url()).search);
  await holds(
    async () =>
      /at \d/.test(await again.locator(".reading-table .head").innerText()),
    "it is read there",
  );
});

test("F and the frame's button show one chart alone", async () => {
  const page = await metrics();
  await page.keyboard.press("f");
  await holds(
    async () => (await page.locator(".chart-frame").count()) === 1,
    "one chart",
  );
  await page.getByRole("button", { name: "Show all charts" }).click();
  await holds(
    async () => (await page.locator(".chart-frame").count()) === 3,
    "all charts",
  );
});

for (const [kind, begins] of [
  ["PNG", "\u0089PNG"],
  ["SVG", "<svg xmlns"],
  ["CSV", "run,name,metric"],
] as const) {
  test(`a chart is exported as ${kind}`, async () => {
    const page = await metrics();
    await page.locator(".chart-frame").first().hover();
    await page
      .locator(".chart-frame")
      .first()
      .getByRole("button", { name: "Download" })
      .click();
    const coming = page.waitForEvent("download");
    await page.locator(".pop").getByRole("button", { name: kind }).click();
    const file = await (await coming).path();
    const bytes = readFileSync(file);
    assert.ok(bytes.length > 500);
    assert.equal(bytes.toString("latin1").slice(0, begins.length), begins);
  });
}

test("a broken query keeps the last good result and says what is wrong", async () => {
  scene.expected = /400 \(Bad Request\)/;
  const page = await metrics();
  await page.getByRole("combobox", { name: "Query" }).fill("run.hparam.lr < 1");
  await page.keyboard.press("Enter");
  await page.locator(".query.bad").waitFor();
  assert.equal(await page.locator(".chart-frame").count(), 3);
});

test("a query that cannot be read is said, also when the page opens with it", async () => {
  scene.expected = /400 \(Bad Request\)/;
  const page = await scene.open("/metrics?q=run.name+%3D%3D+%3D%3D");
  await page.getByText("The query cannot be read").waitFor();
  await page.locator(".query.bad").waitFor();
});
