// Home and the frame of the page in a browser.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

test("home opens with the best run of each experiment, the latest and the activity", async () => {
  const page = await scene.open("/");
  const best = page.locator(".panel", {
    has: page.getByRole("heading", { name: "Best runs" }),
  });
  await best.getByText("early-harbor").waitFor();
  assert.match(await best.innerText(), /69\.58/);
  const latest = page.locator(".panel", {
    has: page.getByRole("heading", { name: "Latest runs" }),
  });
  assert.equal(await latest.locator("tbody tr").count(), 6);
  assert.match(
    await page.getByText(/runs in the last year/).innerText(),
    /6 runs in the last year/,
  );
  assert.ok((await page.locator(".activity a").count()) > 0);
});

test("every page is reached from the sidebar and by keys; its counts are there", async () => {
  const page = await scene.open("/");
  const runs = page.locator(".side a", { hasText: "Runs" });
  await until(
    () => runs.innerText(),
    (found) => found.includes("6"),
  );
  await runs.click();
  await until(
    async () => new URL(page.url()).pathname,
    (found) => found === "/runs",
  );
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  await until(
    async () => new URL(page.url()).pathname,
    (found) => found === "/",
  );
  await page.goBack();
  await until(
    async () => new URL(page.url()).pathname,
    (found) => found === "/runs",
  );
});

test("the theme follows the system until one is chosen, and is kept", async () => {
  const page = await scene.open("/", { dark: true });
  const theme = (): Promise<string | null> =>
    page.locator("html").getAttribute("data-theme");
  assert.equal(await theme(), "dark");
  await page.getByRole("button", { name: /^Theme/ }).click();
  await until(theme, (found) => found === "light");
  await page.reload();
  assert.equal(await theme(), "light");
  await page.keyboard.press("t");
  await until(theme, (found) => found === "dark");
});

test("the sheet of keys opens and closes; the palette finds a run", async () => {
  const page = await scene.open("/runs");
  await page.locator(".row").first().waitFor();
  await page.keyboard.press("?");
  await page
    .getByRole("dialog", { name: "Keys" })
    .getByText("Query box")
    .waitFor();
  await page.keyboard.press("Escape");
  await page
    .getByRole("dialog", { name: "Keys" })
    .waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  await page.keyboard.type("metr");
  await page.keyboard.press("Enter");
  await until(
    async () => new URL(page.url()).pathname,
    (found) => found === "/metrics",
  );
});

test("an address that no page has says so", async () => {
  const page = await scene.open("/nowhere");
  await page.getByText("No page is called so").waitFor();
});

test("when the server goes away the page says so and keeps what it shows; it heals by itself", async () => {
  scene.expected = /ERR_|Failed to load|502|net::/;
  const page = await scene.open("/runs");
  await page.locator(".row .name a").first().waitFor();
  await page.getByText(/^Live · /).waitFor();
  await scene.served.stop();
  await page.getByText(/Reconnecting/).waitFor();
  assert.equal(await page.locator(".row .name a").count(), 6);
  await scene.served.start();
  await page.getByText(/^Live · /).waitFor({ timeout: 15_000 });
  await page.locator(".side a", { hasText: "Home" }).click();
  await page.getByRole("heading", { name: "Best runs" }).waitFor();
});
