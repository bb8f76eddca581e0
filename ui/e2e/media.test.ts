// Images, audio, figures, distributions, files and log records of a run in a browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, holds, run_named, settled, texts, until } from "./harness.ts";

const scene = new Scene("media");
afterEach(() => scene.end());

async function open_tab(
  tab: string,
  search = "",
  name = "vivid-heron",
): Promise<Page> {
  const run = await run_named(scene, name);
  const page = await scene.open(
    `/runs/${run.id.slice(0, 16)}?tab=${tab}${search}`,
  );
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  await settled(page);
  return page;
}

const series = (page: Page, name: string) =>
  page.getByRole("region", { name, exact: true });
const slider = (page: Page) =>
  page.getByRole("slider", { name: "Step", exact: true });
const search_of = (page: Page) => new URL(page.url()).searchParams;

/** Waits until an image is drawn, and says how large it is by itself. */
async function natural(page: Page, place: string, n = 0): Promise<number[]> {
  const image = page.locator(`${place} img`).nth(n);
  await image.waitFor();
  return until(
    () =>
      image.evaluate((one) =>
        one instanceof HTMLImageElement && one.complete
          ? [one.naturalWidth, one.naturalHeight]
          : [0, 0],
      ),
    ([width]) => width !== 0,
  );
}

test("what a run has of these is counted in its tabs", async () => {
  const page = await open_tab("overview");
  const words = await texts(page.locator(".tabs a"));
  for (const tab of ["Images", "Audio", "Figures", "Distributions"])
    assert.ok(
      words.some((word) => word.startsWith(tab)),
      `${tab} is among ${words.join(", ")}`,
    );
  assert.match(words.join(), /Artifacts\s*6/);
});

test("images stand by series at the chosen step, which the slider and the link move", async () => {
  const page = await open_tab("images");
  const pages = series(page, "eval pages");
  assert.equal(await pages.locator("img").count(), 4);
  await pages.getByText("step 550, epoch 2.75 · 4 images").waitFor();
  await pages.getByText("page 3: where it looks").waitFor();
  await series(page, "corpus").getByText("step 0, epoch 0").waitFor();
  const before = await pages.locator("img").first().getAttribute("src");
  await page.keyboard.press("[");
  await pages.getByText("step 500, epoch 2.5 · 4 images").waitFor();
  await until(
    () => pages.locator("img").first().getAttribute("src"),
    (src) => src !== before,
  );
  assert.equal(search_of(page).get("step"), "500");
  await slider(page).fill("0");
  await pages.getByText("step 0, epoch 0 · 4 images").waitFor();
  await page.reload();
  await pages.getByText("step 0, epoch 0 · 4 images").waitFor();
  await page.getByRole("button", { name: "Last", exact: true }).click();
  await until(
    async () => search_of(page).has("step"),
    (has) => !has,
  );
});

test("every format is drawn, small images without blur, as large as is asked for", async () => {
  const page = await open_tab("images");
  const corpus = `section[aria-label="corpus"]`;
  assert.deepEqual(await natural(page, corpus, 0), [96, 64]);
  assert.deepEqual(await natural(page, corpus, 1), [48, 48]);
  const small = series(page, "layer 2 attention").locator("img");
  assert.deepEqual(
    await natural(page, `section[aria-label="layer 2 attention"]`),
    [16, 12],
  );
  assert.equal(
    await small.evaluate((one) => getComputedStyle(one).imageRendering),
    "pixelated",
  );
  await page.getByRole("slider", { name: "Size of images" }).fill("320");
  await until(
    async () => (await small.boundingBox())?.height ?? 0,
    (height) => height === 320,
  );
  assert.equal(search_of(page).get("size"), "320");
});

test("an image opens large, is zoomed, moved and left by keys, and the link opens it", async () => {
  const page = await open_tab("images");
  await series(page, "eval pages")
    .getByRole("button", { name: /Open page 2/ })
    .click();
  const view = page.getByRole("dialog", { name: /eval pages, step 550/ });
  await view.getByText("page 2: where it looks").waitFor();
  const image = view.locator("img");
  const width = async (): Promise<number> =>
    (await image.boundingBox())?.width ?? 0;
  const fit = await until(width, (found) => found > 160);
  await page.keyboard.press("+");
  await until(width, (found) => Math.abs(found - fit * 1.5) < 2);
  const left = (await image.boundingBox())?.x ?? 0;
  const stage = await view.locator(".image-stage").boundingBox();
  assert.ok(stage !== null);
  const [x, y] = [stage.x + stage.width / 2, stage.y + stage.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 60, y, { steps: 3 });
  await page.mouse.up();
  await until(
    async () => (await image.boundingBox())?.x ?? 0,
    (found) => Math.abs(found - left - 60) < 3,
  );
  await page.keyboard.press("0");
  await until(width, (found) => Math.abs(found - fit) < 2);
  await page.keyboard.press("ArrowRight");
  await view.getByText("page 3: where it looks").waitFor();
  assert.equal(search_of(page).get("show"), "pages#2");
  await page.reload();
  await page.getByRole("dialog").getByText("page 3: where it looks").waitFor();
  await page.keyboard.press("Escape");
  await until(
    () => page.getByRole("dialog").count(),
    (n) => n === 0,
  );
  await until(
    async () => search_of(page).get("show"),
    (show) => show === null,
  );
});

test("words find series and captions, and one series stands alone", async () => {
  const page = await open_tab("images");
  await page
    .getByRole("textbox", { name: "Find a series or caption" })
    .fill("page 4");
  await until(
    () => page.locator(".media-group img").count(),
    (n) => n === 1,
  );
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "More of layer 5 attention" }).click();
  await page.getByRole("button", { name: "Show alone" }).click();
  await until(
    () => texts(page.locator(".media-group h2")),
    (found) => found.join() === "attention",
  );
  await page.getByRole("button", { name: "All 4 series" }).click();
  await until(
    () => page.locator(".media-group").count(),
    (n) => n === 4,
  );
});

test("a step and a series are deleted, and brought back by Undo", async () => {
  const page = await open_tab("images");
  const pages = series(page, "eval pages");
  const menu = async (name: RegExp): Promise<void> => {
    await page.getByRole("button", { name: "More of eval pages" }).click();
    await page.getByRole("button", { name }).click();
  };
  const undo = async (): Promise<void> => {
    const toast = page.locator(".toast", { hasText: "deleted" }).last();
    await toast.getByRole("button", { name: "Undo" }).click();
  };
  await menu(/Delete step 550/);
  await pages.getByText("step 500, epoch 2.5").waitFor();
  await undo();
  await pages.getByText("step 550, epoch 2.75").waitFor();
  await menu(/Delete series/);
  const question = page.getByRole("dialog", { name: "Delete this series?" });
  await question.getByText("eval pages: 48 values at 12 steps").waitFor();
  await question.getByRole("button", { name: "Delete" }).click();
  await until(
    () => pages.count(),
    (n) => n === 0,
  );
  await undo();
  await pages.getByText("step 550, epoch 2.75").waitFor();
});

test("sounds play, one at a time, from where one wants", async () => {
  const page = await open_tab("audio");
  const players = series(page, "eval spoken answer").locator("audio");
  assert.equal(await players.count(), 2);
  const states = (): Promise<{ paused: boolean; duration: number }[]> =>
    players.evaluateAll((all) =>
      all.map((one) => ({
        paused: (one as HTMLAudioElement).paused,
        duration: (one as HTMLAudioElement).duration,
      })),
    );
  await until(states, (found) => found.every((one) => one.duration === 1.2));
  const play = (n: number): Promise<void> =>
    players.nth(n).evaluate(async (one) => {
      const audio = one as HTMLAudioElement;
      audio.muted = true;
      audio.loop = true;
      await audio.play();
    });
  await play(0);
  await play(1);
  await until(states, (found) => found[0]?.paused === true);
  assert.equal((await states())[1]?.paused, false);
  await players.nth(1).evaluate((one) => {
    (one as HTMLAudioElement).currentTime = 0.9;
  });
  await until(
    () =>
      players.nth(1).evaluate((one) => (one as HTMLAudioElement).currentTime),
    (at) => at >= 0.9 || at < 0.5,
  );
});

test("figures are drawn by this server's own Plotly, loaded when they are shown", async () => {
  const asked: string[] = [];
  const page = await open_tab("images");
  page.on("request", (request) => asked.push(request.url()));
  assert.ok(!asked.some((url) => url.includes("plotly")));
  await page.locator(".tabs a", { hasText: "Figures" }).click();
  const confusion = series(page, "eval confusion");
  const drawn = confusion.getByRole("figure", {
    name: /Kinds of answers: heatmap/,
  });
  await drawn.locator(".main-svg").first().waitFor();
  assert.deepEqual(
    asked.filter((url) => url.includes("plotly")),
    [`${scene.served.url}/assets/plotly.js`],
  );
  const ink = (): Promise<string> =>
    drawn
      .locator(".xtick text")
      .first()
      .evaluate((one) => getComputedStyle(one).fill);
  const light = await ink();
  await page.emulateMedia({ colorScheme: "dark" });
  await until(ink, (found) => found !== light);
  const lines = series(page, "eval calibration").locator(
    ".scatterlayer .js-line",
  );
  const path = (): Promise<string | null> => lines.last().getAttribute("d");
  const last = await path();
  await page.keyboard.press("[");
  await until(path, (found) => found !== null && found !== last);
});

test("distributions are a map and a histogram of the chosen step, in words and as a table", async () => {
  const page = await open_tab("distributions");
  const weights = series(page, "layer 0 weights");
  await weights
    .getByRole("img", { name: /layer 0 weights over 60 steps.*−2.*to 2/ })
    .waitFor();
  await holds(
    async () => (await ink_on(page, "layer 0 weights")) > 1000,
    "the map is drawn",
  );
  await weights.getByText("step 590").waitFor();
  const map = weights.locator(".heat-canvas");
  const box = await map.boundingBox();
  assert.ok(box !== null);
  await map.hover({ position: { x: box.width / 2, y: box.height / 2 } });
  await weights
    .locator(".distribution-foot", { hasText: /step \d+ · total/ })
    .waitFor();
  await map.click({ position: { x: 60, y: box.height / 2 } });
  await weights.getByText("step 0", { exact: true }).waitFor();
  assert.equal(search_of(page).get("step"), "0");
  await weights.getByRole("button", { name: "As table" }).click();
  assert.equal(await weights.locator(".bin-table tbody tr").count(), 64);
  const before = await ink_on(page, "layer 0 weights");
  await page.getByRole("radio", { name: "Log" }).click();
  await until(
    () => ink_on(page, "layer 0 weights"),
    (found) => found > before,
  );
});

/** Pixels of a series' map that are not nearly as the ground is. */
function ink_on(page: Page, name: string): Promise<number> {
  return page.evaluate((label) => {
    const canvas = document.querySelector(
      `section[aria-label="${label}"] .heat-canvas canvas`,
    );
    if (!(canvas instanceof HTMLCanvasElement)) return 0;
    const pen = canvas.getContext("2d");
    const data =
      pen?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let n = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [red = 0, , blue = 0, alpha = 0] = data.slice(i, i + 4);
      if (alpha > 200 && blue - red > 60) n++;
    }
    return n;
  }, name);
}

test("files stand in folders, are found, downloaded, deleted and brought back", async () => {
  const page = await open_tab("artifacts");
  const grid = page.getByRole("treegrid", { name: "Files" });
  const names = (): Promise<string[]> =>
    texts(grid.locator(".artifact-rows .artifact-name"));
  assert.deepEqual(await names(), [
    "corpus",
    "raw.tar",
    "model",
    "tokenizer",
    "vocab.txt",
    "config.json",
    "weights.bin",
    "notes",
    "reading order.md",
    "report.html",
  ]);
  await grid.getByText("s3://pages/raw/2026-11.tar").waitFor();
  await grid.locator(".artifact-row[aria-expanded]").nth(1).focus();
  await page.keyboard.press("ArrowLeft");
  await until(names, (found) => found.length === 6);
  await page.keyboard.press("ArrowRight");
  await until(names, (found) => found.length === 10);
  await page.keyboard.press("ArrowDown");
  await until(
    () => page.evaluate(() => document.activeElement?.textContent?.slice(0, 9)),
    (found) => found === "tokenizer",
  );
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    grid.getByRole("link", { name: "Download model/config.json" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "config.json");
  const kept = readFileSync(await download.path(), "utf8");
  assert.equal(kept, '{"layers": 6, "heads": 8}');
  await grid.getByRole("button", { name: "Delete report.html" }).click();
  await until(names, (found) => !found.includes("report.html"));
  const toast = page.locator(".toast", { hasText: "report.html deleted" });
  await toast.getByRole("button", { name: "Undo" }).click();
  await until(names, (found) => found.includes("report.html"));
  await page.getByRole("textbox", { name: "Find a file" }).fill("vocab");
  await until(names, (found) => found.join() === "model,tokenizer,vocab.txt");
});

test("log records are chosen by level and words, and read whole", async () => {
  const page = await open_tab("logs");
  await page.getByText("done in 13m 2s").waitFor();
  await page.getByRole("radio", { name: "Records" }).click();
  await page.getByText("400 records", { exact: true }).waitFor();
  await page.getByRole("radio", { name: "Warning 24" }).click();
  await page.getByText("24 of 400 records").waitFor();
  await page.getByRole("textbox", { name: "Find in messages" }).fill("worker");
  await page.getByText("8 of 400 records").waitFor();
  const log = page.getByRole("log", { name: "Log records" });
  await log.focus();
  await page.keyboard.press("ArrowDown");
  const chosen = page.getByRole("region", { name: "Chosen record" });
  await chosen.getByText(/File "read.py", line 88, in load/).waitFor();
  await chosen.getByText("read.py:129").waitFor();
  await chosen.getByText('"node-3"').waitFor();
  await page.keyboard.press("ArrowDown");
  await until(
    async () => search_of(page).get("record"),
    (found) => found === "2",
  );
});

test("what is spoilt says so in its own place, and the rest is shown", async () => {
  scene.expected = /404/;
  const page = await open_tab("images", "", "spoilt-media");
  const why = page.locator(".no-picture");
  await until(
    () => why.count(),
    (n) => n === 4,
  );
  await page.getByText("Pictures of the format svg are not shown").waitFor();
  await natural(page, ".image-card");
  await page.locator(".tabs a", { hasText: "Audio" }).click();
  await page.getByText(/no sound that this browser can play/).waitFor();
  await page.locator(".tabs a", { hasText: "Figures" }).click();
  await series_drawn(page, "good figure");
  await until(
    () => page.getByText("This figure cannot be drawn").count(),
    (n) => n === 3,
  );
  await page.locator(".tabs a", { hasText: "Distributions" }).click();
  await page.getByText("2 without a range or weight").waitFor();
});

async function series_drawn(page: Page, name: string): Promise<void> {
  const panel = page.locator(".media-group", {
    has: page.getByRole("heading", { name, exact: true }),
  });
  await panel.scrollIntoViewIfNeeded();
  await panel.locator(".main-svg").first().waitFor();
}
