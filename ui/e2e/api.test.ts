// The API page: every route of the document, found by words, opened by a link, tried against the server.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene, run_named } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

test("every route of the document stands there, and words narrow them", async () => {
  const page = await scene.open("/");
  await page.getByRole("link", { name: "API" }).click();
  await page.locator(".route-head").first().waitFor();
  const answer = await fetch(`${scene.served.url}/api/v1/openapi.json`);
  const document = (await answer.json()) as { paths: Record<string, object> };
  const n = Object.values(document.paths).flatMap(Object.keys).length;
  assert.ok(n > 35);
  assert.equal(await page.locator(".route-head").count(), n);
  await page.getByLabel("Find a route").fill("logs search");
  assert.deepEqual(await page.locator(".route-path").allTextContents(), [
    "/api/v1/runs/{id}/logs/search",
  ]);
  await page.getByLabel("Find a route").fill("nonsense");
  await page.getByText("No route is like that").waitFor();
});

test("a route that reads is tried with the values that are given", async () => {
  const page = await scene.open("/api?open=run");
  const form = page.getByRole("form", { name: "Try /api/v1/runs/{id}" });
  const button = form.getByRole("button", { name: "Try it" });
  assert.ok(await button.isDisabled(), "an id is needed");
  const { id } = await run_named(scene, "early-harbor");
  await page.getByLabel("Value of id").fill(id);
  await button.click();
  await form.getByText("200", { exact: true }).waitFor();
  const shown = await form.getByLabel("Answer").textContent();
  assert.match(shown ?? "", /"name": "early-harbor"/);
  scene.expected = /console: Failed to load resource.*404/;
  await page.getByLabel("Value of id").fill("ffff");
  await button.click();
  await form.getByText("404", { exact: true }).waitFor();
  await form.getByText('"code": "not_found"').waitFor();
});

test("shapes tell fields of fields, and what changes something is not tried", async () => {
  const page = await scene.open("/api?open=edit_runs");
  const open = page.locator(".routes > li.on");
  await open
    .getByRole("rowheader", { name: /^add_tag/ })
    .first()
    .waitFor();
  assert.equal(await open.getByRole("form").count(), 0);
  await page.getByRole("button", { name: "/api/v1/home" }).click();
  await open
    .getByRole("rowheader", { name: /^status_detail/ })
    .first()
    .waitFor();
  await page.getByRole("button", { name: "/api/v1/events" }).click();
  assert.ok(await open.getByRole("button", { name: "Try it" }).isDisabled());
});
