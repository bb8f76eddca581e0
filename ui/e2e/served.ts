// A real program over a real repository in a real browser, for one file of tests.
//
// The program is the one that TRAILMARK_BINARY names; repositories come from the example `generate` built beside it.

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

export interface Served {
  readonly address: string;
  readonly folder: string;
  readonly browser: Browser;
  /** A fresh page at a path; it fails the test that sees an error of the page or a request elsewhere. */
  open(path: string, theme?: "light" | "dark"): Promise<Page>;
  /** What went wrong in pages so far. */
  readonly problems: string[];
  stop(): Promise<void>;
}

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Serves a generated repository: `reference`, or `wide` with more words. */
export async function serve(...kind: readonly string[]): Promise<Served> {
  const binary = process.env["TRAILMARK_BINARY"] ?? "../target/debug/trailmark";
  if (!existsSync(binary))
    throw new Error(`find the program: ${binary} is not there`);
  const folder = mkdtempSync(path.join(tmpdir(), "trailmark-e2e-"));
  const repository = path.join(folder, "squad-qa");
  const generate = path.join(path.dirname(binary), "examples", "generate");
  const [name = "reference", ...more] = kind;
  const made = spawnSync(generate, [name, repository, ...more]);
  if (made.status !== 0)
    throw new Error(`generate ${kind.join(" ")}: ${String(made.stderr)}`);
  const server = spawn(binary, [
    "up",
    "--repo",
    repository,
    "--port",
    "0",
    "--no-open",
  ]);
  const address = await said_address(server);
  const browser = await chromium.launch({
    executablePath: process.env["TRAILMARK_CHROMIUM"] ?? "/usr/bin/chromium",
    args: flags,
  });
  const problems: string[] = [];
  const open = async (
    at: string,
    theme: "light" | "dark" = "light",
  ): Promise<Page> => {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: theme,
      acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(address) && !/^(data|blob|about):/.test(url))
        problems.push(`asked ${url}`);
    });
    await page.goto(address + at);
    return page;
  };
  const stop = async (): Promise<void> => {
    await browser.close();
    const ended = new Promise((done) => server.once("exit", done));
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { address, folder: repository, browser, open, problems, stop };
}

function said_address(server: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = "";
    const hear = (bytes: Buffer): void => {
      said += String(bytes);
      const found = /http:\/\/[\d.:]+/.exec(said);
      if (found) done(found[0]);
    };
    server.stdout?.on("data", hear);
    server.stderr?.on("data", hear);
    server.once("exit", (code) =>
      fail(new Error(`trailmark up ended with ${code}: ${said}`)),
    );
  });
}
