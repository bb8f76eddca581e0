// The runs explorer in a browser, control by control.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, texts, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

const names = (page: Page): Promise<string[]> =>
  texts(page.locator(".row .name a"));
const search = (page: Page): string => new URL(page.url()).search;

async function open_runs(address = "/runs"): Promise<Page> {
  const page = await scene.open(address);
  await page.locator(".row .name a").first().waitFor();
  return page;
}

test("runs stand by best F1, the best values marked, findings above", async () => {
  const page = await open_runs();
  await until(
    () => names(page),
    (found) => found.length === 6 && found[0] === "early-harbor",
  );
  const finding = page.locator(".finding").first();
  assert.match(await finding.innerText(), /early-harbor is best: F1 69\.58/);
  const best = page
    .locator(".row", { hasText: "early-harbor" })
    .locator(".best");
  assert.deepEqual(await texts(best), ["69.58"]);
  assert.equal(await page.title(), "Runs · Trailmark");
});

test("params that differ stand before metrics, equal ones are folded with their count", async () => {
  const page = await open_runs();
  const heads = await texts(
    page.locator(".head .line:not(.over) [role=columnheader]"),
  );
  const place = (word: string): number =>
    heads.findIndex((head) => head.startsWith(word));
  assert.ok(
    place("learning rate") > 0 && place("learning rate") < place("loss"),
    heads.join("|"),
  );
  assert.equal(place("weight decay"), -1);
  assert.match(
    (await texts(page.locator(".heading"))).join("|"),
    /Params · \d of \d+ differ/,
  );
  await page.getByRole("switch", { name: "Only what differs" }).click();
  await page
    .locator("[role=columnheader][title='hparams.weight_decay']")
    .waitFor();
  assert.equal(search(page), "?all=1");
});

test("a click on a head sorts, a second turns round, and Ctrl Z takes it back", async () => {
  const page = await open_runs();
  const head = page.locator(
    "[role=columnheader][title='hparams.learning_rate'] .sort",
  );
  await head.click();
  await until(
    () => names(page),
    (found) => ["jolly-falcon", "early-orchid"].includes(found[0] ?? ""),
  );
  assert.equal(search(page), "?sort=-params.hparams.learning_rate");
  await head.click();
  await until(
    () => names(page),
    (found) => ["early-harbor", "brisk-glacier"].includes(found[0] ?? ""),
  );
  await page.keyboard.press("Control+z");
  await until(
    async () => search(page),
    (found) => found === "?sort=-params.hparams.learning_rate",
  );
  await page.keyboard.press("Control+y");
  await until(
    async () => search(page),
    (found) => found === "?sort=params.hparams.learning_rate",
  );
});

test("columns are chosen, moved, pinned, hidden and resized", async () => {
  const page = await open_runs();
  await page.getByRole("button", { name: "Columns" }).click();
  await page
    .getByRole("textbox", { name: "Find a field" })
    .fill("weight_decay");
  await page
    .locator(".picker .option", { hasText: "weight_decay" })
    .first()
    .click();
  await page.getByRole("switch", { name: "Only what differs" }).click();
  await page.keyboard.press("Escape");
  const head = page.locator(
    "[role=columnheader][title='hparams.weight_decay']",
  );
  await head.waitFor();
  await head.hover();
  await page
    .getByRole("button", { name: "Column hparams.weight_decay" })
    .click();
  await page.getByRole("button", { name: "Pin left" }).click();
  await until(
    () => head.getAttribute("class"),
    (found) => found?.includes("pinned") === true,
  );
  const before = (await head.boundingBox())?.width ?? 0;
  const grip = head.locator(".grip");
  const box = await grip.boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + 3, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + 63, box.y + 5);
  await page.mouse.up();
  await until(
    async () => (await head.boundingBox())?.width ?? 0,
    (found) => Math.abs(found - before - 60) < 3,
  );
  await head.hover();
  await page
    .getByRole("button", { name: "Column hparams.weight_decay" })
    .click();
  await page.getByRole("button", { name: "Hide", exact: true }).click();
  await head.waitFor({ state: "detached" });
});

test("groups come with what they amount to, and fold", async () => {
  const page = await open_runs();
  const group = page.locator(".line.group");
  assert.match(await group.innerText(), /6 runs/);
  await page.getByRole("button", { name: /^Close / }).click();
  await until(
    () => names(page),
    (found) => found.length === 0,
  );
  await page.getByRole("button", { name: /^Open / }).click();
  await until(
    () => names(page),
    (found) => found.length === 6,
  );
  await page.getByRole("button", { name: "Group" }).click();
  await page.locator(".picker .option", { hasText: "experiment" }).click();
  await page.locator(".picker .option", { hasText: "learning_rate" }).click();
  await page.keyboard.press("Escape");
  await until(
    () => group.count(),
    (found) => found === 3,
  );
  assert.match(search(page), /group=params\.hparams\.learning_rate/);
});

test("the selection shows what differs, their curves, and where to go with it", async () => {
  const page = await open_runs();
  await page.getByRole("checkbox", { name: "Select early-harbor" }).click();
  await page.getByRole("checkbox", { name: "Select brisk-glacier" }).click();
  const dock = page.getByRole("region", { name: "Selected runs" });
  assert.match(await dock.innerText(), /2 selected/);
  assert.match(await dock.innerText(), /per_device_train_batch_size/);
  assert.equal((await dock.locator("canvas").count()) > 0, true);
  const link = search(page);
  assert.match(link, /^\?sel=[0-9a-f]{16},[0-9a-f]{16}$/);
  await page.keyboard.press("Space");
  await dock.waitFor({ state: "detached" });
  await page.keyboard.press("Space");
  await dock.getByRole("button", { name: "Curves" }).click();
  await until(
    async () => new URL(page.url()).pathname,
    (found) => found === "/metrics",
  );
  await page.goBack();
  await dock.waitFor();
});

test("a link restores the page", async () => {
  const page = await open_runs("/runs?group=&sort=name&metric=last");
  await until(
    () => names(page),
    (found) => found[0] === "brisk-glacier" && found.length === 6,
  );
  assert.equal(await page.locator(".line.group").count(), 0);
  assert.match(
    (await texts(page.locator(".heading"))).join("|"),
    /eval · last/,
  );
});

test("keys move, select and open", async () => {
  const page = await open_runs();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await until(
    () => page.locator(".row.selected .name a").allInnerTexts(),
    (found) => found[0] === "brisk-glacier",
  );
  await page.keyboard.press("j");
  await page.keyboard.press("Shift+X");
  await until(
    () => page.locator(".row.selected").count(),
    (found) => found === 2,
  );
  await page.keyboard.press("Enter");
  await until(
    async () => new URL(page.url()).pathname,
    (found) => found.startsWith("/runs/"),
  );
});

test("a tag is given, seen and taken back; archiving hides and undo brings back", async () => {
  const page = await open_runs();
  await page.getByRole("checkbox", { name: "Select keen-otter" }).click();
  const dock = page.getByRole("region", { name: "Selected runs" });
  await dock.getByRole("button", { name: "Tag" }).click();
  await page
    .getByRole("textbox", { name: "Find or add a tag" })
    .fill("<b>keep</b>");
  await page.keyboard.press("Enter");
  const tag = page.locator(".row", { hasText: "keen-otter" }).locator(".tag");
  await until(
    () => texts(tag),
    (found) => found.includes("<b>keep</b>"),
  );
  await page.keyboard.press("Escape");
  await page
    .locator(".toast")
    .getByRole("button", { name: "Undo" })
    .first()
    .click();
  await until(
    () => tag.count(),
    (found) => found === 0,
  );
  await dock.getByRole("button", { name: "Archive" }).click();
  await until(
    () => names(page),
    (found) => found.length === 5 && !found.includes("keen-otter"),
  );
  await page
    .locator(".toast", { hasText: "1 run archived" })
    .getByRole("button", { name: "Undo" })
    .click();
  await until(
    () => names(page),
    (found) => found.includes("keen-otter"),
  );
});

test("deleting asks first, wants two runs typed, and can be undone", async () => {
  const page = await open_runs();
  await page.getByRole("checkbox", { name: "Select jolly-falcon" }).click();
  await page.getByRole("checkbox", { name: "Select early-orchid" }).click();
  const dock = page.getByRole("region", { name: "Selected runs" });
  await dock.getByRole("button", { name: "More" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete 2 runs?" });
  const button = dialog.getByRole("button", { name: "Delete", exact: true });
  assert.ok(await button.isDisabled());
  await dialog.getByRole("textbox").fill("delete 2");
  await button.click();
  await until(
    () => names(page),
    (found) => found.length === 4,
  );
  await page
    .locator(".toast", { hasText: "2 runs deleted" })
    .getByRole("button", { name: "Undo" })
    .click();
  await until(
    () => names(page),
    (found) => found.length === 6,
  );
});

test("the selected runs come as CSV", async () => {
  const page = await open_runs();
  await page.getByRole("checkbox", { name: "Select early-harbor" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV" }).click(),
  ]);
  const text = readFileSync(await download.path(), "utf8");
  assert.match(text, /early-harbor/);
  assert.equal(text.trim().split("\n").length, 2, text);
});

test("a query narrows, completes, and says where it is wrong while the last result stays", async () => {
  scene.expected = /400 \(Bad Request\)/;
  const page = await open_runs();
  const box = page.getByRole("combobox", { name: "Query" });
  await page.keyboard.press("/");
  await page.keyboard.type("run.hparams.learning_r");
  await page
    .getByRole("option", { name: /learning_rate/ })
    .first()
    .waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await box.inputValue(), "run.hparams.learning_rate");
  await page.keyboard.type(" < 1e-3");
  await page.keyboard.press("Enter");
  await until(
    () => names(page),
    (found) => found.length === 4,
  );
  await box.fill("run.hparam.learning_rate < 1e-3");
  await page.keyboard.press("Enter");
  const note = page.locator(".query-note.bad");
  await note.waitFor();
  assert.match(await note.innerText(), /hparams/);
  assert.match(await page.locator(".carets").innerText(), /\^+/);
  assert.equal((await names(page)).length, 4);
  await page.keyboard.press("Tab");
  await until(
    () => box.inputValue(),
    (found) => found === "run.hparams.learning_rate < 1e-3",
  );
  await note.waitFor({ state: "detached" });
});

test("a right query that finds nothing is told which values exist", async () => {
  const page = await open_runs();
  await page
    .getByRole("combobox", { name: "Query" })
    .fill("run.hparams.learning_rate < 1e-9");
  await page.keyboard.press("Enter");
  await page
    .getByText(/Valid, but nothing matches: learning_rate is 4e-5/)
    .waitFor();
});
