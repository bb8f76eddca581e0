// What browser tests share: the real program on a free port over a generated repository, and a real browser that
// notes every request to another address, every error of a script and every unhandled complaint.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import type { Browser, Locator, Page } from "playwright-core";

const program = process.env["TRAILMARK_BINARY"] ?? "";
const examples = path.join(path.dirname(program), "examples");
const start_millis = 20_000;
/** How long a test waits for what it wants to see: far more than it takes, also on a busy machine. */
const wait_millis = 15_000;
const poll_millis = 25;

/** A program that serves a repository. */
export class Program {
  readonly folder: string;
  url = "";
  #process: ChildProcess | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Starts serving, on the port it had before when it was stopped. */
  async start(): Promise<void> {
    const port = this.url === "" ? "0" : new URL(this.url).port;
    const words = ["up", "--repo", this.folder, "--port", port, "--headless"];
    const child = spawn(program, words, {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    this.url = await address_of(child);
  }

  /** Stops as Ctrl-C does, and waits. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGINT");
    const force = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(force);
  }
}

function address_of(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = "";
    const timer = setTimeout(
      () => fail(new Error(`serve: no address after 20 s; it said ${said}`)),
      start_millis,
    );
    child.stderr?.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      const found = /http:\/\/[\d.]+:\d+/.exec(said)?.[0];
      if (found === undefined) return;
      clearTimeout(timer);
      done(found);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(new Error(`serve: ended with ${code}; it said ${said}`));
    });
  });
}

/** Makes a repository with the generator: `reference`, or `many --runs 5000`. */
export function generate(...words: readonly string[]): string {
  const folder = path.join(
    mkdtempSync(path.join(tmpdir(), "trailmark-e2e-")),
    "squad-qa",
  );
  const [kind = "reference", ...rest] = words;
  run_example("generate", [kind, folder, ...rest]);
  return folder;
}

/** Takes a generated repository away. */
export function forget(folder: string): void {
  rmSync(path.dirname(folder), { recursive: true, force: true });
}

function run_example(name: string, words: readonly string[]): void {
  const made = spawnSync(example_path(name), words, { encoding: "utf8" });
  assert.equal(made.status, 0, `${name} ${words.join(" ")}: ${made.stderr}`);
}

/** The path of a built example; says how to build it when it is not there. */
export function example_path(name: string): string {
  const found = path.join(examples, name);
  assert.ok(
    existsSync(found),
    `find ${found}: build it with \`cargo build --examples\``,
  );
  return found;
}

/** What a test file uses: one server, one browser, a fresh page for each test. */
export class Scene {
  readonly #words: readonly string[];
  #browser: Browser | undefined;
  #served: Program | undefined;
  #complaints: string[] = [];
  #pages: Page[] = [];
  /** Complaints that a test expects, such as a failed request while the server is away. */
  expected: RegExp | undefined;

  constructor(...words: readonly string[]) {
    this.#words = words;
    before(async () => {
      this.#served = new Program(generate(...this.#words));
      await this.#served.start();
      this.#browser = await launch();
    });
    after(async () => {
      await this.#browser?.close();
      await this.#served?.stop();
      if (this.#served !== undefined) forget(this.#served.folder);
    });
  }

  get served(): Program {
    assert.ok(
      this.#served !== undefined,
      "the server is started before the first test",
    );
    return this.#served;
  }

  /** Opens an address of the page in a window of its own. */
  async open(
    address: string,
    options: { dark?: boolean; bypassCSP?: boolean } = {},
  ): Promise<Page> {
    assert.ok(
      this.#browser !== undefined,
      "the browser is started before the first test",
    );
    const context = await this.#browser.newContext({
      viewport: { width: 1440, height: 900 },
      bypassCSP: options.bypassCSP === true,
      colorScheme: options.dark === true ? "dark" : "light",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(wait_millis);
    this.#watch(page);
    this.#pages.push(page);
    await page.goto(this.served.url + address);
    return page;
  }

  #watch(page: Page): void {
    page.on("request", (request) => {
      const url = request.url();
      const is_own =
        url.startsWith(`${this.served.url}/`) ||
        /^(data|blob|about):/.test(url);
      if (!is_own) this.#complaints.push(`asked ${url}`);
    });
    page.on("pageerror", (error) =>
      this.#complaints.push(`script error: ${error.message}`),
    );
    page.on("console", (message) => {
      if (message.type() === "error")
        this.#complaints.push(`console: ${message.text()}`);
    });
  }

  /** Closes the windows of a test; fails when a page asked another address or complained. */
  async end(): Promise<void> {
    for (const page of this.#pages) await page.context().close();
    this.#pages = [];
    const expected = this.expected;
    const complaints = this.#complaints.filter(
      (complaint) => expected === undefined || !expected.test(complaint),
    );
    this.#complaints = [];
    this.expected = undefined;
    assert.deepEqual(complaints, []);
  }
}

/** Starts a browser. */
export async function launch(): Promise<Browser> {
  const executablePath = process.env["TRAILMARK_CHROMIUM"] ?? "";
  for (const file of [program, executablePath])
    assert.ok(
      existsSync(file),
      `find ${JSON.stringify(file)}: start these tests by \`cargo xtask ui --e2e\``,
    );
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Waits until `look` gives what is wanted; the page draws when it can. */
export async function until<T>(
  look: () => Promise<T>,
  wanted: (got: T) => boolean,
  limit_millis = wait_millis,
): Promise<T> {
  const end = Date.now() + limit_millis;
  for (;;) {
    const got = await look();
    if (wanted(got)) return got;
    assert.ok(
      Date.now() < end,
      `waited ${limit_millis} ms; last got ${JSON.stringify(got)}`,
    );
    await new Promise((done) => setTimeout(done, poll_millis));
  }
}

/** Waits until something holds; `what` says in words what never came. */
export async function holds(
  look: () => Promise<boolean> | boolean,
  what: string,
): Promise<void> {
  const end = Date.now() + wait_millis;
  while (!(await look())) {
    assert.ok(Date.now() < end, `never: ${what}`);
    await new Promise((done) => setTimeout(done, poll_millis));
  }
}

/** Waits until a page shows what it asked for: something stands there, and no part of it is still loading. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      (document.querySelector("#main")?.textContent ?? "") !== "" &&
      document.querySelector(".loading, [aria-busy=true]") === null,
  );
}

/** What the server says of the run of this name. */
export async function run_named(
  scene: Scene,
  name: string,
): Promise<{ id: string; name: string }> {
  const answer = await fetch(`${scene.served.url}/api/v1/runs`);
  const { runs } = (await answer.json()) as {
    runs: { id: string; name: string }[];
  };
  const run = runs.find((one) => one.name === name);
  assert.ok(run !== undefined, `the generated repository has ${name}`);
  return run;
}

/** The text of each element, without blanks at its ends. */
export async function texts(found: Locator): Promise<string[]> {
  return (await found.allInnerTexts()).map((text) => text.trim());
}
