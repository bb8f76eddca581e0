// A real program over a real repository in a real browser, for one file of tests.
//
// The program is the one that TRAILMARK_BINARY names; repositories come from the example `generate` built beside it.

import type { Browser, Page } from "playwright-core";
import { Program, forget, generate, launch } from "./harness.ts";

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

/** Serves a generated repository: `reference`, or `wide` with more words. */
export async function serve(...kind: readonly string[]): Promise<Served> {
  const repository = generate(...kind);
  const program = new Program(repository);
  await program.start();
  const address = program.url;
  const browser = await launch();
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
    await program.stop();
    forget(repository);
  };
  return { address, folder: repository, browser, open, problems, stop };
}
