// What people keep, in a browser: views by name in the repository, what was asked in the browser itself. The generated
// repository has no model, so what Ask shows of one is given here in the shapes of the interface.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

test("a view is saved by name, found on Home and in the palette, removed and brought back", async () => {
  const page = await scene.open("/runs?q=run.hparams.learning_rate+<+1e-3");
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByLabel("Name of the view").fill("small rates");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "small rates" }).waitFor();

  await page.goto(`${scene.served.url}/`);
  const views = page.getByRole("region", { name: "Views" });
  await views.getByRole("link", { name: /small rates/ }).click();
  await page.waitForURL(/\/runs\?q=run\.hparams\.learning_rate/);
  await until(
    () => page.locator(".table .line.row").count(),
    (n) => n === 4,
  );

  await page.goto(`${scene.served.url}/metrics`);
  await page.locator(".side .count").first().waitFor();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("dialog", { name: "Go to" });
  await box.locator("input:focus").waitFor();
  await page.keyboard.type("small ra");
  await box.getByRole("option", { name: /small rates/ }).click();
  await page.waitForURL(/\/runs\?q=/);

  await page.getByRole("button", { name: "small rates" }).click();
  await page
    .getByRole("button", { name: "Remove the view small rates" })
    .click();
  await page.getByRole("button", { name: "Save view" }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "small rates" }).first().waitFor();
});

test("rows are as high as chosen, and the link says so", async () => {
  const page = await scene.open("/runs");
  const row = page.locator(".table .line.row").first();
  await row.waitFor();
  const height = async (): Promise<number> =>
    (await row.boundingBox())?.height ?? 0;
  assert.equal(await height(), 32);
  for (const [name, pixels] of [
    ["compact", 26],
    ["roomy", 40],
  ] as const) {
    await page.getByRole("button", { name: /^Rows/ }).click();
    await page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
    await page.waitForURL(new RegExp(`rows=${name}`));
    await until(height, (got) => got === pixels);
  }
});

const runs = ["aa", "bb"].map((letters) => letters.repeat(12));

/** Gives two checkpoints, and an answer to whatever is asked of them. */
async function with_models(page: Page): Promise<unknown[]> {
  const asked: unknown[] = [];
  await page.route("**/api/v1/models", (route) =>
    route.fulfill({
      json: {
        models: runs.map((run, i) => ({
          id: `${run}@100`,
          run,
          name: ["amber-finch", "quiet-heron"][i],
          step: 100,
          path: "checkpoints/100",
        })),
        best: `${runs[0]}@100`,
      },
    }),
  );
  await page.route("**/api/v1/ask", (route) => {
    const body = route.request().postDataJSON() as { questions: string[] };
    asked.push(body);
    return route.fulfill({
      json: {
        answers: [
          {
            model: `${runs[0]}@100`,
            millis: 3,
            answers: body.questions.map((question) => ({
              question,
              answer: "The",
              start: 0,
              end: 3,
              score: 0.9,
              others: [],
            })),
          },
        ],
      },
    });
  });
  return asked;
}

test("an example of the repository is asked, recorded to the checkpoint's run, and stands there on the next visit", async () => {
  const page = await scene.open("/");
  const asked = await with_models(page);
  await page.locator(".side .count").first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.getByRole("button", { name: "Use an example" }).click();
  const context = await page.getByLabel("Context").inputValue();
  const questions = await page.getByLabel("Questions").inputValue();
  assert.ok(context.length > 20 && questions.length > 5, context);
  await page.getByRole("button", { name: "Use an example" }).click();
  assert.notEqual(await page.getByLabel("Context").inputValue(), context);

  await page.getByRole("switch", { name: "Record to a run" }).click();
  await page.getByRole("button", { name: /^Record to/ }).click();
  await page.getByRole("button", { name: /amber-finch, the run of A/ }).click();
  await page.getByRole("button", { name: /^Ask/ }).click();
  await page.getByRole("region", { name: "Chosen question" }).waitFor();
  assert.deepEqual((asked[0] as { record: unknown }).record, { run: runs[0] });

  const last = await page.getByLabel("Context").inputValue();
  await page.reload();
  await page.getByRole("region", { name: "Chosen question" }).waitFor();
  assert.equal(await page.getByLabel("Context").inputValue(), last);
  assert.equal(asked.length, 1);

  await page.getByLabel("Questions").fill("Which one?");
  await page.getByLabel("Questions").press("Control+Enter");
  const before = page.getByRole("region", { name: "Asked before" });
  await until(
    () => before.getByRole("button").count(),
    (n) => n === 2,
  );
  await before.getByRole("button").nth(1).click();
  assert.notEqual(
    await page.getByLabel("Questions").inputValue(),
    "Which one?",
  );
});

test("each question tells its verdicts at five checkpoints, the compared one boxed", async () => {
  const page = await scene.open("/answers");
  const row = page.locator(".question-row").first();
  await row.waitFor();
  assert.equal(await row.locator(".sign").count(), 5);
  assert.equal(await row.locator(".sign.boxed").count(), 1);
  await page.getByRole("button", { name: /^Compare with/ }).click();
  await until(
    () => row.locator(".sign.boxed").count(),
    (n) => n === 2,
  );
  assert.equal(await row.locator(".sign").count(), 10);
  await page.getByText("A by epoch").waitFor();
});

test("a tag gets a colour and a meaning, everywhere and for everyone, and loses them by Undo", async () => {
  const page = await scene.open("/");
  const tags = page.locator(".tag-cloud .labelled");
  const name = (await tags.first().locator(".tag").textContent()) ?? "";
  const dot = (): Promise<string> =>
    tags
      .first()
      .locator(".tag")
      .evaluate((tag) => getComputedStyle(tag).getPropertyValue("--c").trim());
  const before = await dot();
  await page.getByRole("button", { name: `Describe the tag ${name}` }).focus();
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: `Describe the tag ${name}` });
  await form.getByLabel("Description").fill("not to be <b>shipped</b>");
  await form.getByRole("radio", { name: "#7c3aed" }).click();
  await form.getByRole("button", { name: "Save" }).click();
  await until(dot, (color) => color === "#7c3aed");

  const other = await page.context().newPage();
  await other.goto(`${scene.served.url}/runs`);
  const mark = other.locator(".tag", { hasText: name }).first();
  await mark.waitFor();
  await until(
    () => mark.evaluate((tag) => getComputedStyle(tag).getPropertyValue("--c")),
    (color) => color.trim() === "#7c3aed",
  );
  assert.match(
    (await mark.locator(".clip").getAttribute("title")) ?? "",
    /not to be <b>shipped/,
  );
  await other.close();

  await page.getByRole("button", { name: "Undo" }).click();
  await until(dot, (color) => color === before);
});
