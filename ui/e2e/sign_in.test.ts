// A server that wants to know who asks: the page takes a token, and a revoked one ends the session.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

test("the page asks for a token, opens with the right one, and closes when it is revoked", async () => {
  const { served } = scene;
  await served.stop();
  const token = served.run("token", "create", "me", "--scope", "track");
  assert.match(token, /^trailmark_[0-9a-f]{48}$/);
  await served.start("--sign-in");
  scene.expected = /console: Failed to load resource.*40[13]/;

  const page = await scene.open("/runs");
  const form = page.getByRole("form", { name: "Sign in" });
  await form.waitFor();
  assert.equal(await page.locator(".table").count(), 0);
  await form.getByLabel("Token").fill("trailmark_nonsense");
  await page.keyboard.press("Enter");
  await form.getByText("this server wants a token").waitFor();
  await form.getByLabel("Token").fill(token);
  await form.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".table .line.row").first().waitFor();
  const cookies = await page.context().cookies();
  assert.equal(cookies.length, 1);
  assert.ok(cookies[0]?.httpOnly === true && cookies[0].sameSite === "Strict");
  assert.equal(await page.evaluate(() => document.cookie), "");

  served.run("token", "revoke", "me");
  await new Promise((done) => setTimeout(done, 1200));
  await page.reload();
  await form.waitFor();
});
