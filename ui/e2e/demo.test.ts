// The repository that `trailmark demo` leaves, with real curves, answers and checkpoints: `cargo xtask ci` makes one.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { afterEach, test } from "node:test";
import { Scene, settled, until } from "./harness.ts";

const folder = process.env["TRAILMARK_DEMO"] ?? "";
const context =
  "The stone bridge of Lindholm was built in 1884 by Ada Berg. Before that, a ferry carried people across the river.";

if (!existsSync(folder)) {
  test("the demo's repository", {
    skip: `no demo at ${JSON.stringify(folder)}: \`cargo xtask ci\` makes one`,
  });
} else {
  const scene = new Scene({ folder });
  afterEach(() => scene.end());

  test("each page opens on the demo's repository with what it is for", async () => {
    const page = await scene.open("/");
    await page.getByRole("heading", { name: "Best runs" }).waitFor();
    for (const [address, shown] of [
      ["/runs", ".row .name a"],
      ["/metrics", ".line-chart canvas"],
      ["/params", ".axis-head"],
      ["/texts", ".text-matrix td"],
      ["/answers", ".question-row"],
      ["/diff", ".line-chart canvas"],
    ] as const) {
      await page.goto(scene.served.url + address);
      await page.locator(shown).first().waitFor();
      await settled(page);
    }
  });

  test("a checkpoint of the demo answers a question about a text, in its words", async () => {
    const page = await scene.open("/ask");
    await page.getByLabel("Context").fill(context);
    await page.getByLabel("Questions").fill("Who built the bridge?");
    await page.getByLabel("Questions").press("Control+Enter");
    const answer = page.locator(".marked-text .in-a").first();
    const words = await until(
      async () => ((await answer.count()) > 0 ? await answer.innerText() : ""),
      (found) => found !== "",
      60_000,
    );
    assert.ok(context.includes(words.replace(/A$/, "").trim()), words);
  });
}
