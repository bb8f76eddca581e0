// Answers of one run and of two, in a browser.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene, texts, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

test("the first view is the best run's best step, without a click", async () => {
  const page = await scene.open("/answers");
  const steps = page.getByRole("region", { name: "Checkpoints" });
  await steps.waitFor();
  assert.equal(await steps.getByRole("button").count(), 5);
  assert.match(
    await steps.locator("[aria-pressed=true]").innerText(),
    /epoch 3[^]*69\.58/,
  );
  await page.getByText("of these paragraphs are also in train").waitFor();
  const detail = page.getByRole("region", { name: "Question" });
  await detail.locator(".marked-text .in-gold").first().waitFor();
  await until(
    () => detail.locator("tbody tr").count(),
    (rows) => rows === 5,
  );
  assert.ok((await detail.locator(".other").count()) > 0);
});

test("verdicts filter, words find, keys move, and the address keeps it", async () => {
  const page = await scene.open("/answers");
  await page.getByRole("radio", { name: /Wrong/ }).click();
  await page.waitForURL(/show=wrong/);
  const rows = page.locator(".question-row");
  await until(
    () => rows.locator(".boxed .verdict.wrong").count(),
    (found) => found === 57,
  );
  const second = await rows.nth(1).locator(".question").innerText();
  await page.keyboard.press("j");
  await page.waitForURL(/id=/);
  await page.getByRole("heading", { name: second, level: 2 }).waitFor();
  await page.getByLabel("Find in answers").fill("Brunnfeld");
  await until(
    () => texts(rows.locator(".question")),
    (found) =>
      found.length > 0 && found.every((text) => text.includes("Brunnfeld")),
  );
  await page.getByLabel("Find in answers").fill("nowhere to be found");
  await page.getByText("No question has this").waitFor();
});

test("brackets step through checkpoints", async () => {
  const page = await scene.open("/answers");
  const chosen = page.locator(".step-strip [aria-pressed=true]");
  await chosen.waitFor();
  await page.keyboard.press("]");
  await until(
    () => chosen.innerText(),
    (text) => text.includes("epoch 4"),
  );
  await page.keyboard.press("[");
  await until(
    () => chosen.innerText(),
    (text) => text.includes("epoch 3"),
  );
});

test("two runs: the net effect with its interval and p, then what changed", async () => {
  const page = await scene.open("/answers");
  await page.getByRole("button", { name: /Compare with/ }).click();
  await page.waitForURL(/b=/);
  const effect = page.getByRole("region", { name: "Net effect" });
  await effect.waitFor();
  const words = await effect.innerText();
  assert.match(words, /EM [+−±][\d.]+ 95 % CI [+−][\d.]+ to [+−][\d.]+, p = /);
  const counts = /Fixed\s+(\d+)[^]*Broken\s+(\d+)/.exec(words);
  assert.ok(counts !== null, words);
  const changed = Number(counts[1]) + Number(counts[2]);
  const rows = page.locator(".question-row");
  await until(
    () => rows.count(),
    (found) => found === changed,
  );
  await page.getByRole("radio", { name: "Fixed" }).click();
  await until(
    () => rows.count(),
    (found) => found === Number(counts[1]),
  );
  await page.locator(".marked-text .in-b").first().waitFor();
  await page.getByRole("button", { name: "Swap A and B" }).click();
  await until(
    () => rows.count(),
    (found) => found === Number(counts[2]),
  );
  await page.getByRole("button", { name: "Only A" }).click();
  await page.getByRole("region", { name: "Checkpoints" }).waitFor();
});

test("answers that do not exist are said to be so", async () => {
  const page = await scene.open("/answers?a=ffffffff@7");
  await page.getByText("No such answers").waitFor();
});
