// A repository of 5,000 runs: the list scrolls, searches and sorts, and nothing stands in the page that is not seen.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, holds, settled, texts, until } from "./harness.ts";

const n_runs = 5000;
const scene = new Scene("many", "--runs", String(n_runs), "--steps", "20");
afterEach(() => scene.end());

interface Listed {
  readonly total: number;
  readonly runs: readonly { name: string }[];
}

/** What the server says of the runs of a query. */
async function listed(q: string, sort: string): Promise<Listed> {
  const search = new URLSearchParams({ q, sort, limit: "1" });
  const answer = await fetch(`${scene.served.url}/api/v1/runs?${search}`);
  return (await answer.json()) as Listed;
}

/** Opens the list without groups, and waits until all of it has come. */
async function open_runs(search = ""): Promise<Page> {
  const page = await scene.open(`/runs?group=${search}`);
  await page.locator(".row .name a").first().waitFor();
  await page
    .getByText(/5\D000 runs/)
    .first()
    .waitFor();
  return page;
}

const rows = (page: Page) => page.locator(".row");
const table = (page: Page) => page.locator("[role=grid]").first();

test("5,000 runs scroll to the last, and only what is seen is in the page", async () => {
  const page = await open_runs("&sort=started");
  const last = await listed("", "-created_at");
  const name = last.runs[0]?.name ?? "";
  await holds(async () => {
    await table(page).evaluate((one) => {
      one.scrollTop = one.scrollHeight;
    });
    return (await texts(rows(page).last().locator(".name a")))[0] === name;
  }, `${name} is the last row`);
  assert.ok((await rows(page).count()) < 200);
});

test("a query among 5,000 runs is answered, and its number is the server's", async () => {
  const page = await open_runs();
  const q = 'run.experiment == "baseline" and run.hparams.learning_rate < 1e-4';
  const { total } = await listed(q, "");
  assert.ok(total > 100 && total < 1000);
  await page.getByRole("combobox", { name: "Query" }).fill(q);
  await page.keyboard.press("Enter");
  await page.getByText(new RegExp(`^${total} runs · `)).waitFor();
});

test("5,000 runs sort by a param and by a metric", async () => {
  const page = await open_runs();
  for (const title of ["learning rate", "F1"]) {
    const head = page
      .locator("[role=columnheader]", { hasText: title })
      .locator(".sort")
      .first();
    await head.click();
    const one_way = await until(
      () => numbers_below(page, title),
      (found) => order_of(found) !== undefined,
    );
    await head.click();
    await until(
      () => numbers_below(page, title),
      (found) => order_of(found) !== undefined && found[0] !== one_way[0],
    );
  }
});

/** The numbers of a column in the first rows that are seen. */
function numbers_below(page: Page, title: string): Promise<number[]> {
  return page.evaluate((words) => {
    const heads = [
      ...document.querySelectorAll(
        ".head .line:not(.over) [role=columnheader]",
      ),
    ];
    const at = heads.findIndex((head) => head.textContent?.startsWith(words));
    const place = (row: Element): number =>
      Number(row.getAttribute("aria-rowindex"));
    return [...document.querySelectorAll(".row")]
      .sort((a, b) => place(a) - place(b))
      .slice(0, 12)
      .map((row) =>
        parseFloat(
          row.querySelectorAll("[role=gridcell]")[at]?.textContent ?? "",
        ),
      );
  }, title);
}

/** Whether numbers rise or fall, each as the one before or further; undefined when they do neither. */
function order_of(found: readonly number[]): "up" | "down" | undefined {
  const holds_for = (sign: number): boolean =>
    found.length === 12 &&
    found.every((one, i) => sign * (one - (found[i - 1] ?? one)) >= 0);
  return holds_for(1) ? "up" : holds_for(-1) ? "down" : undefined;
}

test("groups of a thousand runs come with what they amount to", async () => {
  const page = await scene.open("/runs");
  const groups = page.locator(".line.group");
  await groups.first().waitFor();
  await page
    .getByText(/5\D000 runs/)
    .first()
    .waitFor();
  await page
    .getByRole("button", { name: /^Close / })
    .first()
    .click();
  await until(
    () => texts(groups),
    (found) => found.length >= 2 && /\d+ runs/.test(found[0] ?? ""),
  );
});

test("Home and Params bear 5,000 runs", async () => {
  const page = await scene.open("/");
  await page.getByText(/runs in the last year/).waitFor();
  await settled(page);
  await page.goto(`${scene.served.url}/params`);
  await page.getByRole("grid", { name: "Runs on these axes" }).waitFor();
  await settled(page);
});
