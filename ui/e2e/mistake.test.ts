// 20,000 series selected by mistake: the page says how many there are, and draws their density.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scene, holds } from "./harness.ts";

const scene = new Scene(
  "wide",
  "--runs",
  "2000",
  "--curves",
  "10",
  "--steps",
  "3",
);
afterEach(() => scene.end());

test("20,000 series are counted, drawn as a density, and narrowed by a query", async () => {
  const page = await scene.open("/metrics");
  await page.getByText(/20\D000 series of 2\D000 runs match/).waitFor();
  await holds(
    () =>
      page.evaluate(() => {
        const canvas =
          document.querySelectorAll<HTMLCanvasElement>(".line-chart canvas")[1];
        const pixels =
          canvas
            ?.getContext("2d")
            ?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        let n = 0;
        for (let i = 3; i < pixels.length; i += 4)
          if ((pixels[i] ?? 0) > 0) n++;
        return n > 1000;
      }),
    "the density is drawn",
  );
  const box = page.getByRole("combobox", { name: "Query" });
  await box.fill("run.hparams.learning_rate < 1.02e-5");
  await page.keyboard.press("Enter");
  await page.getByText(/20\D000 series/).waitFor({ state: "detached" });
  assert.ok((await page.locator(".reading-table .row").count()) > 0);
});
