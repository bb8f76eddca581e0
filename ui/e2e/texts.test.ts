// The matrix of texts in a browser.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

test("contexts in rows, names and runs in columns, equal ones merged, differences marked", async () => {
  const page = await scene.open("/texts");
  const table = page.locator(".text-matrix table");
  await table.waitFor();
  assert.equal(await table.locator("tbody tr").count(), 12);
  await table.getByText("merged, 6 columns").waitFor();
  await table.locator("ins").first().waitFor();
  await page.getByRole("switch", { name: "Merge equal" }).click();
  await until(
    () => table.locator("thead tr:last-child th").count(),
    (found) => found === 12,
  );
});

test("words are found and marked; steps go back; a cell tells its steps", async () => {
  const page = await scene.open("/texts");
  const rows = page.locator(".text-matrix tbody tr");
  await rows.first().waitFor();
  await page.keyboard.press("[");
  await page.waitForURL(/step=1/);
  await rows.getByText("2 of 3").first().waitFor();
  await rows.first().locator("td button").first().click();
  const side = page.getByRole("complementary", { name: "Selected cell" });
  await side.getByText("This cell over steps").waitFor();
  await side.locator(".cell-steps button").first().click();
  await rows.first().getByText("1 of 3").first().waitFor();
  await side.getByRole("button", { name: "Close" }).click();
  await page.getByLabel("Find in texts").fill("Castoria");
  await until(
    () => rows.count(),
    (found) => found === 1,
  );
  assert.ok((await rows.locator("mark").count()) > 0);
});

test("texts are compared with the step before, and a query that is wrong says where", async () => {
  const page = await scene.open("/texts");
  await page.locator(".text-matrix").waitFor();
  await page.getByRole("button", { name: "Diff against" }).click();
  await page.getByRole("button", { name: "The step before" }).click();
  await page.waitForURL(/diff=step/);
  await page.locator(".text-matrix del").first().waitFor();
  scene.expected = /400|Bad Request/;
  await page.getByLabel("Query").fill("texts.name ==");
  await page.keyboard.press("Enter");
  await page.locator(".query.bad").waitFor();
});
