// Takes pictures of every page of a repository that a server shows, in both themes:
//   node shots.mjs ADDRESS FOLDER [NAME…]
// Names narrow the pages. The run that is opened is the best by F1; the two that are compared are the best two.
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const [address, folder, ...names] = process.argv.slice(2);
if (address === undefined || folder === undefined) {
  console.error("usage: node shots.mjs ADDRESS FOLDER [NAME…]");
  process.exit(2);
}
const browsers = [process.env.TRAILMARK_CHROMIUM, "/usr/bin/chromium"];
const executable = browsers.find((file) => file && existsSync(file));

const sort = encodeURIComponent("-metrics.f1.max");
const answer = await fetch(`${address}/api/v1/runs?sort=${sort}&limit=2`);
const [best, second = best] = (await answer.json()).runs;
const pages = {
  home: "/",
  runs: "/runs",
  metrics: "/metrics",
  params: "/params",
  texts: "/texts",
  answers: `/answers?a=${best.id}`,
  "answers-two": `/answers?a=${second.id}&b=${best.id}`,
  ask: "/ask",
  api: "/api",
  "api-open": "/api?open=series",
  diff: `/diff?a=${second.id}&b=${best.id}`,
};
for (const tab of "overview metrics system logs texts answers notes settings".split(
  " ",
))
  pages[`run-${tab}`] = `/runs/${best.id}?tab=${tab}`;

// The tabs of what few runs have: of the run that has most of them.
const all = (await (await fetch(`${address}/api/v1/runs`)).json()).runs;
const media = {
  image: "images",
  audio: "audio",
  figure: "figures",
  distribution: "distributions",
  log_record: "logs&from=records",
};
const details = await Promise.all(
  all
    .slice(0, 50)
    .map(async ({ id }) =>
      (await fetch(`${address}/api/v1/runs/${id}`)).json(),
    ),
);
const has = (run, kind) => run.series.some((series) => series.kind === kind);
for (const [kind, tab] of Object.entries(media)) {
  const run = details.find((one) => has(one, kind) && has(one, "number"));
  if (run !== undefined) pages[`run-${kind}`] = `/runs/${run.id}?tab=${tab}`;
}
const kept = details.find((run) => run.artifacts > 2);
if (kept !== undefined)
  pages["run-artifacts"] = `/runs/${kept.id}?tab=artifacts`;

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: executable,
  args: ["--no-sandbox", "--disable-gpu"],
});
for (const theme of ["light", "dark"]) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
  });
  for (const [name, place] of Object.entries(pages)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const page = await context.newPage();
    page.on("console", (said) => {
      if (said.type() === "error") console.error(`${name}: ${said.text()}`);
    });
    page.on("pageerror", (error) => console.error(`${name}: ${error.message}`));
    await page.goto(address + place);
    // Two seconds without a change of the page: everything that it fetches is drawn.
    await page.evaluate(
      () =>
        new Promise((done) => {
          let timer = setTimeout(done, 2000);
          const still = () => {
            clearTimeout(timer);
            timer = setTimeout(done, 2000);
          };
          const watch = { subtree: true, childList: true, characterData: true };
          new MutationObserver(still).observe(document.body, watch);
          setTimeout(done, 15000);
        }),
    );
    await page.screenshot({ path: path.join(folder, `${name}-${theme}.png`) });
    await page.close();
  }
  await context.close();
}
await browser.close();
