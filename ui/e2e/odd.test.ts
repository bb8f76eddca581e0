// What somebody will record one day: markup in every name and text, numbers that are none, a text of 10 MB.
//
// The server's Content-Security-Policy would stop an injected script; here it is off, so that only the page's own care
// is tested.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, holds, run_named, settled, until } from "./harness.ts";

const scene = new Scene("odd");
afterEach(() => scene.end());

const markup = (place: string): string =>
  `"><img src=x onerror="window.injected='${place}'"><script>window.injected='${place}'</script>`;

/** Opens a page, and fails when it took a text for markup. */
async function open(address: string): Promise<Page> {
  const page = await scene.open(address, { bypassCSP: true });
  await settled(page);
  return page;
}

async function assert_not_injected(page: Page): Promise<void> {
  assert.equal(await page.evaluate("window.injected"), undefined);
  assert.equal(await page.locator("img[src=x], body script").count(), 0);
  assert.equal(await page.locator("a[href^='javascript:' i]").count(), 0);
}

async function injected_run(): Promise<string> {
  return (await run_named(scene, markup("name"))).id;
}

test("a page without the policy would run what is injected", async () => {
  const page = await open("/");
  await page.evaluate(
    `document.body.insertAdjacentHTML("beforeend", ${JSON.stringify(markup("here"))})`,
  );
  await until(
    () => page.evaluate("window.injected"),
    (found) => found === "here",
  );
  scene.expected = /404/;
});

const shown: readonly (readonly [string, readonly string[]])[] = [
  ["/", ["name", "experiment", "tag"]],
  ["/runs", ["name", "experiment", "tag"]],
  ["/runs?all=1", ["param value"]],
  ["/metrics?m=loss&color=run.name", ["name"]],
  ["/params", ["name"]],
  ["/texts", ["name", "text name", "context of a text", "text"]],
  ["/answers", ["name", "question", "answer", "gold"]],
  ["RUN", ["name", "experiment", "tag", "description", "note", "message"]],
  ["RUN?tab=metrics", ["metric"]],
  ["RUN?tab=logs", ["log"]],
  ["RUN?tab=params", ["param key", "param value", "executable", "branch"]],
  ["RUN?tab=texts", ["text name", "text"]],
  ["RUN?tab=settings", ["name", "tag"]],
];

for (const [address, places] of shown) {
  test(`${address}: markup is shown as text`, async () => {
    const run = `/runs/${await injected_run()}`;
    const page = await open(address.replace("RUN", run));
    for (const place of places)
      await holds(
        async () => (await said(page)).includes(markup(place)),
        `${markup(place)} on ${address}`,
      );
    await assert_not_injected(page);
  });
}

/** All that a page says: its words, and what its boxes and titles hold. */
function said(page: Page): Promise<string> {
  return page.evaluate(() =>
    [
      document.body.textContent,
      ...[...document.querySelectorAll("[title]")].map((one) =>
        one.getAttribute("title"),
      ),
      ...[...document.querySelectorAll("input, textarea")].map((one) =>
        one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement
          ? one.value
          : "",
      ),
    ].join("\n"),
  );
}

test("markup in a paragraph stays text around the marked answer", async () => {
  const page = await open("/answers");
  const paragraph = page.locator(".marked-text").first();
  await paragraph.waitFor();
  assert.match(
    (await paragraph.textContent()) ?? "",
    /c=x onerror="window\.injected='paragraph'"><script>window/,
  );
  await assert_not_injected(page);
});

test("NaN and infinities are marked where they are, and the rest is drawn", async () => {
  const { id } = await run_named(scene, "not-numbers");
  const page = await open(`/runs/${id}?tab=metrics`);
  const chart = (name: string) =>
    page.getByRole("region", { name, exact: true }).locator(".line-chart");
  const summary = async (name: string): Promise<string> =>
    (await chart(name).getAttribute("aria-label")) ?? "";
  assert.match(await summary("loss"), /eval loss, 60 points, last NaN/);
  assert.match(await summary("loss"), /train loss, 60 points, last 0\.05/);
  assert.match(await summary("always_nan"), /last NaN/);
  assert.match(await summary("always_infinite"), /last ∞/);
  for (const name of ["loss", "largest", "constant", "always_infinite"])
    await holds(
      async () => (await drawn(page, name)) > 20,
      `something is drawn of ${name}`,
    );
  await page.goto(`${scene.served.url}/runs`);
  const row = page.locator(".row", { hasText: "not-numbers" });
  await row.getByText("NaN").first().waitFor();
  await page.getByText("loss is NaN or infinite from step 0").waitFor();
  await page.goto(`${scene.served.url}/metrics?m=always_nan&m=loss`);
  await page.locator(".line-chart").first().waitFor();
  await page.goto(`${scene.served.url}/params`);
  await page.getByRole("grid", { name: "Runs on these axes" }).waitFor();
  await settled(page);
});

/** Pixels of the curves' layer of a chart that are drawn at all. */
function drawn(page: Page, name: string): Promise<number> {
  return page.evaluate((label) => {
    const region = [...document.querySelectorAll("section")].find(
      (one) => one.getAttribute("aria-label") === label,
    );
    const canvas = region?.querySelectorAll("canvas")[1];
    const pixels =
      canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height)
        .data ?? [];
    let n = 0;
    for (let i = 3; i < pixels.length; i += 4) if ((pixels[i] ?? 0) > 0) n++;
    return n;
  }, name);
}

test("a text of 10 MB is cut at first, and shown whole when it is asked for", async () => {
  const { id } = await run_named(scene, "huge-text");
  const page = await open(`/runs/${id}?tab=texts`);
  const text = page.locator(".logged-text");
  assert.ok(((await text.textContent()) ?? "").length <= 16 << 10);
  await page
    .getByRole("button", { name: /Show all 10\D485\D\d+ bytes/ })
    .click();
  await holds(
    () =>
      text.evaluate(
        (one) =>
          (one.textContent?.length ?? 0) > 10_000_000 &&
          one.textContent?.endsWith("The end of it.") === true,
      ),
    "the whole text",
  );
});

test("a text of 10 MB stands among the others in the matrix", async () => {
  const page = await open("/texts");
  const cell = page.locator(".text-matrix td", { hasText: "A line of" });
  await cell.getByText("cut").waitFor();
  await cell.locator("button").first().click();
  const side = page.getByRole("complementary", { name: "Selected cell" });
  await side.getByRole("button", { name: /Show all 10/ }).click();
  await holds(
    () =>
      side.evaluate(
        (one) => one.textContent?.includes("The end of it.") === true,
      ),
    "the whole text",
  );
});

test("a name stays readable beside a long tag, and nothing lies over the ways to the next run", async () => {
  const page = await open("/runs");
  const name = page.locator(".row .name a", { hasText: "injected" });
  assert.ok(((await name.boundingBox())?.width ?? 0) > 60);
  await page.goto(`${scene.served.url}/runs/${await injected_run()}`);
  const compare = page.getByRole("button", { name: "Compare" });
  const next = page.getByRole("button", { name: "Next run" });
  const [left, right] = [await next.boundingBox(), await compare.boundingBox()];
  assert.ok(left !== null && right !== null);
  assert.ok(left.x + left.width <= right.x);
});
