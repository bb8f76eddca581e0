// The page of a run in a browser, tab by tab.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, run_named, texts, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

async function open_run(name: string, search = ""): Promise<Page> {
  const run = await run_named(scene, name);
  const page = await scene.open(`/runs/${run.id.slice(0, 16)}${search}`);
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  return page;
}

const panel = (page: Page, title: string) =>
  page.locator(".panel", {
    has: page.getByRole("heading", { name: title, exact: true }),
  });

test("the overview opens with figures, their rank, and one sentence", async () => {
  const page = await open_run("early-harbor");
  const figures = page.getByRole("region", { name: "Best and last values" });
  await until(
    () => figures.innerText(),
    (found) =>
      /Best F1, eval\s+69\.58/.test(found) && /\+1\.04 on 2nd/.test(found),
  );
  await page.getByText(/Overfits after epoch 3/).waitFor();
  await page.getByText("1 of 6 by F1").waitFor();
});

test("curves stand by name, train and eval in one, and one may fill the page", async () => {
  const page = await open_run("early-harbor");
  const chart = page.getByRole("region", { name: "loss", exact: true });
  await chart.locator("canvas").first().waitFor();
  assert.deepEqual((await texts(chart.locator(".line-legend > span"))).sort(), [
    "eval",
    "train",
  ]);
  assert.equal(await page.locator(".run-chart").count(), 4);
  await chart.getByRole("button", { name: "Show this chart alone" }).click();
  await until(
    () => page.locator(".run-chart").count(),
    (found) => found === 1,
  );
  await page.getByRole("button", { name: "Show all charts" }).click();
  await until(
    () => page.locator(".run-chart").count(),
    (found) => found === 4,
  );
});

test("the pointer over a curve reads its value and step", async () => {
  const page = await open_run("early-harbor", "?tab=metrics");
  const chart = page.getByRole("region", {
    name: "f1, exact_match",
    exact: true,
  });
  await chart.locator("canvas").first().waitFor();
  const plot = chart.locator(".line-chart");
  const box = await plot.boundingBox();
  assert.ok(box !== null);
  await plot.hover({ position: { x: box.width / 2, y: 20 } });
  const tip = chart.locator(".tip");
  await tip.waitFor();
  assert.match(await tip.innerText(), /f1\s+69\.58\s+step\s+4\D104/);
});

test("the tree of params searches, keeps parents, names what differs and copies", async () => {
  const page = await open_run("early-harbor");
  const params = panel(page, "Params");
  await params
    .getByText("also 4e-4, 4e-3")
    .or(params.getByText("also 4e-3, 4e-4"))
    .waitFor();
  await params.getByRole("textbox", { name: "Find" }).fill("decay");
  await until(
    () => params.locator(".twig > .param").allInnerTexts(),
    (found) => found.some((text) => text.startsWith("hparams")),
  );
  await params.getByRole("button", { name: /weight_decay/ }).click();
  await page.getByText("Path copied").waitFor();
  assert.equal(
    await page.evaluate("navigator.clipboard.readText()"),
    "hparams.weight_decay",
  );
});

test("where it came from is there: git, hardware, packages, command", async () => {
  const page = await open_run("early-harbor");
  const facts = panel(page, "Where it came from");
  assert.match(await facts.innerText(), /main @ 3f1c9a2/);
  await facts.getByRole("button", { name: "All" }).click();
  await until(
    async () => new URL(page.url()).search,
    (found) => found === "?tab=params",
  );
  await page
    .getByRole("textbox", { name: "Find a param, package or variable" })
    .fill("torch");
  await until(
    () => page.locator(".params-tree mark").count(),
    (found) => found > 0,
  );
});

test("system metrics have their own tab", async () => {
  const page = await open_run("early-harbor", "?tab=system");
  await page
    .getByRole("region", { name: "CPU" })
    .locator("canvas")
    .first()
    .waitFor();
});

test("the next and the previous run are one key away, the tab stays", async () => {
  const page = await open_run("early-harbor", "?tab=params");
  await page.getByText("1 of 6 by F1").waitFor();
  await page.keyboard.press("j");
  await page
    .getByRole("heading", { name: "brisk-glacier", level: 1 })
    .waitFor();
  assert.equal(new URL(page.url()).search, "?tab=params");
  await page.keyboard.press("k");
  await page.getByRole("heading", { name: "early-harbor", level: 1 }).waitFor();
});

test("a note is kept, and markup in it stays text", async () => {
  const page = await open_run("keen-otter", "?tab=notes");
  const box = page.getByRole("textbox", { name: "Notes" });
  await box.fill("<img src=x onerror=alert(1)> next: other seeds");
  await page.getByRole("button", { name: /Keep/ }).click();
  await page.getByText("Note kept").waitFor();
  await page.reload();
  await until(
    () => box.inputValue(),
    (found) => found.startsWith("<img src=x"),
  );
  await page.locator(".tabs a", { hasText: "Overview" }).click();
  await page.getByText("<img src=x onerror=alert(1)>").waitFor();
  assert.equal(await page.locator("main img").count(), 0);
});

test("a run is renamed, described, tagged, archived and brought back", async () => {
  const page = await open_run("mellow-cedar", "?tab=settings");
  await page.getByRole("textbox", { name: "Name" }).fill("mellow <i>cedar</i>");
  await page.keyboard.press("Enter");
  await page
    .getByRole("heading", { name: "mellow <i>cedar</i>", level: 1 })
    .waitFor();
  await page
    .locator(".toast")
    .getByRole("button", { name: "Undo" })
    .first()
    .click();
  await page.getByRole("heading", { name: "mellow-cedar", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  await page.getByRole("heading", { name: "Archived" }).waitFor();
  await page.getByRole("button", { name: "Bring back" }).click();
  await page.getByRole("heading", { name: "Archive or delete" }).waitFor();
});

test("a run that is deleted while open says so", async () => {
  scene.expected = /404/;
  const page = await open_run("early-orchid");
  const id = new URL(page.url()).pathname.split("/").pop();
  const answer = await fetch(`${scene.served.url}/api/v1/runs/${id}`);
  const run = (await answer.json()) as { id: string };
  const edit = (deleted: boolean): Promise<Response> =>
    fetch(`${scene.served.url}/api/v1/edits`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ runs: [run.id], edit: { deleted } }),
    });
  assert.equal((await edit(true)).status, 200);
  await page.getByText("early-orchid was deleted").waitFor();
  assert.equal((await edit(false)).status, 200);
});

test("an unknown run says so", async () => {
  scene.expected = /404/;
  const page = await scene.open("/runs/ffffffffffff");
  await page.getByText("No run has this id").waitFor();
});
