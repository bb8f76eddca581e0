// A log of a million lines on a run's page: it opens, scrolls, searches and filters while the page stays responsive.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, holds, run_named, until } from "./harness.ts";

const n_lines = 1_000_000;
const scene = new Scene("logs", "--lines", String(n_lines));
afterEach(() => scene.end());

/** The longest that the page may not answer: far above a frame, far below what one would call stuck. */
const most_pause_millis = 600;
/** The first look reads the whole log from the disk. */
const first_look_millis = 120_000;

async function open_log(): Promise<Page> {
  const { id } = await run_named(scene, "long-log");
  const read = await fetch(
    `${scene.served.url}/api/v1/runs/${id}/logs?tail=1`,
    {
      signal: AbortSignal.timeout(first_look_millis),
    },
  );
  assert.equal(read.status, 200);
  const page = await scene.open(`/runs/${id}?tab=logs`);
  await page.getByText(/1\D000\D000 lines/).waitFor();
  return page;
}

/** Does something, and says the longest pause between two frames while it lasted. */
async function longest_pause(
  page: Page,
  act: () => Promise<unknown>,
): Promise<number> {
  await page.evaluate(`
    window.pauses = [];
    window.is_watched = true;
    (function watch(last) {
      requestAnimationFrame((now) => {
        window.pauses.push(now - last);
        if (window.is_watched) watch(now);
      });
    })(performance.now());
  `);
  await act();
  return page.evaluate(`window.is_watched = false; Math.max(...window.pauses)`);
}

const line = (page: Page, words: string) =>
  page.locator(".log-line", { hasText: words });

test("a log of a million lines scrolls to any place, and only what is seen is in the page", async () => {
  const page = await open_log();
  await line(page, "step 0: loss").waitFor();
  const scroll_to = (share: number): Promise<void> =>
    page.locator(".log").evaluate((log, at) => {
      log.scrollTop = (log.scrollHeight - log.clientHeight) * at;
    }, share);
  const pause = await longest_pause(page, async () => {
    await scroll_to(1);
    await line(page, "ERROR worker").last().waitFor();
    await page.getByRole("button", { name: /^1\D000\D000$/ }).waitFor();
    await scroll_to(0.5);
    await line(page, "step 500").first().waitFor();
    for (let at = 0.5; at < 0.51; at += 0.0005) await scroll_to(at);
  });
  assert.ok(pause < most_pause_millis, `${pause} ms`);
  assert.ok((await page.locator(".log-line").count()) < 200);
});

test("a million lines are searched and filtered by level", async () => {
  const page = await open_log();
  const pause = await longest_pause(page, async () => {
    await page
      .getByRole("textbox", { name: "Find in the log" })
      .fill("slow batch");
    await page
      .getByText(/1\D000/)
      .first()
      .waitFor();
    await holds(
      async () => (await page.locator(".log-find").innerText()).includes("000"),
      "the number of lines that hold it",
    );
    await page.getByRole("radio", { name: /^Error/ }).click();
    await until(
      () => page.locator(".log-line").first().innerText(),
      (found) => /^1\D000\n[^]*ERROR worker/.test(found),
    );
  });
  assert.ok(pause < most_pause_millis, `${pause} ms`);
});
