// A run that is written while its pages are open, by the real client in a process of its own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import { after, afterEach, test } from "node:test";
import type { Page } from "playwright-core";
import { Scene, example_path, settled, until } from "./harness.ts";

const scene = new Scene("reference");
afterEach(() => scene.end());

/** What may pass between a point on disk and its place on the page: about a second, and what a busy machine adds. */
const usual_millis = 1200;
const most_millis = 2500;

/** A training that records a number when it is told to. */
class Training {
  id = "";
  name = "";
  #process: ChildProcessWithoutNullStreams;
  #lines: AsyncIterator<string>;

  constructor(folder: string) {
    this.#process = spawn(example_path("live"), [folder]);
    const lines: Interface = createInterface(this.#process.stdout);
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async begin(): Promise<void> {
    [this.id = "", this.name = ""] = (await this.#line()).split(" ");
    assert.match(this.id, /^[0-9a-f]{24}$/);
  }

  /** Records a number, or a value of a kind; when it returns, it is on disk. */
  async record(
    metric: string,
    value: number | "image" | "distribution" | "record",
  ): Promise<void> {
    this.#process.stdin.write(`${metric} ${value}\n`);
    assert.match(await this.#line(), /^written \d+$/);
  }

  /** Ends as a training does that is done. */
  async end(): Promise<void> {
    const ended = new Promise((done) => this.#process.once("exit", done));
    this.#process.stdin.end();
    assert.equal(await ended, 0);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    assert.ok(done !== true, "the training goes on");
    return value;
  }
}

const trainings: Training[] = [];
after(() => {
  for (const training of trainings) training.kill();
});

async function train(): Promise<Training> {
  const training = new Training(scene.served.folder);
  trainings.push(training);
  await training.begin();
  return training;
}

/** How long it takes until `look` gives what a page shows of a number that was just written. */
async function millis_until(
  look: () => Promise<string>,
  wanted: string | RegExp,
): Promise<number> {
  const begin = performance.now();
  await until(look, (found) =>
    typeof wanted === "string" ? found.includes(wanted) : wanted.test(found),
  );
  return performance.now() - begin;
}

function assert_prompt(millis: readonly number[]): void {
  const sorted = [...millis].sort((a, b) => a - b);
  const said = sorted.map(Math.round).join(", ");
  assert.ok((sorted[sorted.length >> 1] ?? Infinity) < usual_millis, said);
  assert.ok((sorted.at(-1) ?? Infinity) < most_millis, said);
}

/** A reload would forget this mark. */
async function mark(page: Page): Promise<() => Promise<void>> {
  await page.evaluate("window.is_same_page = true");
  return async () =>
    assert.equal(await page.evaluate("window.is_same_page"), true);
}

test("points appear on the Metrics page and on the run's within a second of being written", async () => {
  const training = await train();
  await training.record("loss", 9);
  const page = await scene.open(
    `/metrics?q=${encodeURIComponent(`run.hash == "${training.id}"`)}`,
  );
  const run_page = await scene.open(`/runs/${training.id}?tab=metrics`);
  await settled(page);
  await settled(run_page);
  const is_same_page = await mark(page);
  const is_same_run_page = await mark(run_page);
  const row = page.locator(".reading-table .row").first();
  const chart = run_page
    .getByRole("region", { name: "loss", exact: true })
    .locator(".line-chart");
  const on_metrics: number[] = [];
  const on_run: number[] = [];
  for (const value of [7.125, 6.25, 5.375, 4.5, 3.75]) {
    await training.record("loss", value);
    const [a, b] = await Promise.all([
      millis_until(() => row.innerText(), String(value)),
      millis_until(
        async () => (await chart.getAttribute("aria-label")) ?? "",
        `last ${value}`,
      ),
    ]);
    on_metrics.push(a);
    on_run.push(b);
  }
  assert_prompt(on_metrics);
  assert_prompt(on_run);
  await is_same_page();
  await is_same_run_page();
  await training.end();
  await run_page.getByText("Finished").first().waitFor();
});

test("a run that begins and ends is seen on Home and in the list without a reload", async () => {
  const home = await scene.open("/");
  const list = await scene.open("/runs");
  await settled(home);
  await list.locator(".row .name a").first().waitFor();
  const training = await train();
  await training.record("loss", 2.5);
  const running = home.locator(".panel", {
    has: home.getByRole("heading", { name: /^Running/ }),
  });
  await running.getByText(training.name).waitFor();
  await list.getByRole("button", { name: "1 new run" }).click();
  const row = list.locator(".row", { hasText: training.name });
  await row.getByText("Running").waitFor();
  await training.end();
  await row.getByText("Finished").waitFor();
  await running.getByText(training.name).waitFor({ state: "detached" });
});

test("what was written while the server was away is there when it is back", async () => {
  scene.expected = /ERR_|Failed to load|net::/;
  const training = await train();
  await training.record("loss", 9.5);
  await training.record("loss", 8.5);
  const page = await scene.open(`/runs/${training.id}?tab=metrics`);
  const chart = page
    .getByRole("region", { name: "loss", exact: true })
    .locator(".line-chart");
  const label = async (): Promise<string> =>
    (await chart.getAttribute("aria-label")) ?? "";
  await until(label, (found) => found.includes("last 8.5"));
  await scene.served.stop();
  await page.getByText(/Reconnecting/).waitFor();
  await training.record("loss", 1.625);
  assert.match(await label(), /last 8\.5/);
  await scene.served.start();
  await until(label, (found) => found.includes("last 1.625"));
  await training.end();
});

test("images, distributions and log records appear while they are looked at, and a chosen step stays", async () => {
  const training = await train();
  await training.record("loss", 1);
  await training.record("pictures", "image");
  const page = await scene.open(`/runs/${training.id}?tab=images`);
  const caption = page.locator(".image-card figcaption");
  await caption.getByText("seen at 1").waitFor();
  await training.record("pictures", "image");
  await caption.getByText("seen at 2").waitFor();
  await page.keyboard.press("[");
  await caption.getByText("seen at 1").waitFor();
  await training.record("pictures", "image");
  await page.getByText("1 of 3").waitFor();
  await caption.getByText("seen at 1").waitFor();
  await training.record("weights", "distribution");
  await page.locator(".tabs a", { hasText: "Distributions" }).click();
  const panel = page.getByRole("region", { name: "train weights" });
  await panel.getByText("1 step").waitFor();
  await training.record("weights", "distribution");
  await panel.getByText("2 steps").waitFor();
  await training.record("logged", "record");
  await page.locator(".tabs a", { hasText: "Logs" }).click();
  await page.getByText("said at 6").waitFor();
  await training.record("logged", "record");
  await page.getByText("said at 7").waitFor();
  await page.getByText("2 records").waitFor();
  await training.end();
});

test("a run that is killed is seen to be dead", async () => {
  const training = await train();
  await training.record("loss", 2);
  const page = await scene.open(`/runs/${training.id}`);
  await page.getByText("Running").first().waitFor();
  training.kill();
  await page.getByText("Crashed").first().waitFor();
});
