// Ask, Diff and the palette in a browser. The generated repository has no model, so that what Ask shows of one is given
// here in the shapes of the interface.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

test("without checkpoints Ask says how they come", async () => {
  const page = await scene.open("/ask");
  await page.getByText("No checkpoint to ask").waitFor();
});

test("two checkpoints answer side by side, marked in the text; HTML is text", async () => {
  const page = await scene.open("/");
  await page.locator(".side .count").first().waitFor();
  const model = (run: string, name: string) => ({
    id: `${run.repeat(12)}@100`,
    run: run.repeat(12),
    name,
    step: 100,
    path: "checkpoints/100",
  });
  await page.route("**/api/v1/models", (route) =>
    route.fulfill({
      json: {
        models: [model("aa", "amber-finch"), model("bb", "quiet-heron")],
        best: `${"aa".repeat(12)}@100`,
      },
    }),
  );
  let body: unknown;
  await page.route("**/api/v1/ask", (route) => {
    body = route.request().postDataJSON();
    const answer = (words: string, start: number) => ({
      question: "Which city?",
      answer: words,
      start,
      end: start + words.length,
      score: 0.9,
      others: [{ text: "other", start: 0, end: 5, score: 0.1 }],
    });
    return route.fulfill({
      json: {
        answers: [
          {
            model: `${"aa".repeat(12)}@100`,
            millis: 3,
            answers: [answer("Bern", 7)],
          },
          {
            model: `${"bb".repeat(12)}@100`,
            millis: 4,
            answers: [answer("Basel", 15)],
          },
        ],
        recorded: "cc".repeat(12),
      },
    });
  });
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.getByLabel("Context").fill("<b>Not Bern but Basel</b>");
  await page.getByLabel("Questions").fill("Which city?");
  await page.getByRole("button", { name: "Checkpoint B" }).click();
  await page.getByRole("button", { name: /quiet-heron/ }).click();
  await page.waitForURL(/b=/);
  await page.getByRole("switch", { name: "Record to a run" }).click();
  await page.getByLabel("Questions").press("Control+Enter");
  await page.getByText("A and B agree on 0 of 1").waitFor();
  const marked = page.locator(".marked-text");
  assert.equal(await marked.locator("b").count(), 0);
  assert.match(await marked.innerText(), /^<b>Not Bern/);
  assert.equal(await marked.locator(".in-a").innerText(), "BernA");
  await page.getByRole("link", { name: /Recorded/ }).waitFor();
  assert.deepEqual((body as { record: unknown }).record, { run: null });
  assert.ok(!page.url().includes("Bern"));
});

test("Diff opens with the two best: margins with their interval, what differs, B − A", async () => {
  const page = await scene.open("/diff");
  const margins = page.getByRole("region", { name: "Margins" });
  await until(
    () => margins.innerText(),
    (text) =>
      /95 % CI [+−][\d.]+ to [+−][\d.]+, p = [\d.]+, n = 240/.test(text),
  );
  const params = page.getByRole("region", { name: "Params" });
  assert.equal(await params.locator("tbody tr").count(), 2);
  await params.getByRole("button", { name: /equal params/ }).click();
  assert.equal(await params.locator("tbody tr").count(), 15);
  await page.getByText("eval loss, B − A").waitFor();
  await page.getByRole("switch", { name: "Only what differs" }).click();
  await page.waitForURL(/all=1/);
  await page.getByRole("button", { name: "Swap A and B" }).click();
  await page.waitForURL(/a=.*b=/);
});

test("the palette goes to runs, pages and metrics, and changes the theme", async () => {
  const page = await scene.open("/");
  await page.locator(".side .count").first().waitFor();
  const box = page.getByRole("dialog", { name: "Go to" });
  const type_in_palette = async (words: string): Promise<void> => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(words);
  };
  await type_in_palette("harb");
  await box.getByRole("option", { name: /early-harbor/ }).waitFor();
  await box.getByRole("complementary", { name: "Preview" }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/runs\/[0-9a-f]{16}/);
  await type_in_palette("answ");
  await box.getByRole("option", { name: /Answers/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/answers/);
  await type_in_palette("theme dark");
  await box.getByRole("option", { name: /Theme: dark/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("html[data-theme=dark]").waitFor();
  await type_in_palette("zzzz");
  await box.getByText("Nothing is called").waitFor();
  await page.keyboard.press("Escape");
});
