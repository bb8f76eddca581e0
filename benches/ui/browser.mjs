// What a page of curves costs the browser: CPU of its whole process tree to the first complete view, for each move of
// the mouse, for each exact redraw; frames a second while panning.
//
//     node benches/ui/browser.mjs --kind trailmark|aim|empty [--url URL] [--curves 1000] [--moves 40] [--redraws 12]
//         [--server PID] [--shot FILE]
//
// Prints one line of JSON. CPU is user and system time of every process of the browser, also of those that ended.
// `empty` does the same on a page without anything: what the browser and the measuring cost by themselves.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(path.join(here, "../../ui/package.json"))("playwright-core");

const words = process.argv.slice(2);
const option = (name, fallback) => {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? fallback : words[at + 1];
};
const kind = option("kind", "trailmark");
const url = option("url", "about:blank");
const shot = option("shot", "");
const curves = Number(option("curves", "1000"));
const n_moves = Number(option("moves", "40"));
const n_redraws = Number(option("redraws", "12"));
const server_pid = Number(option("server", "0"));
const patience_millis = Number(option("patience", "240000"));

// Ticks of the clock that the kernel counts CPU in.
const ticks_a_second = 100;

/** User and system seconds of a process, its descendants and its group (Aim leaves its workers behind), those that ended included. */
function cpu_seconds(root) {
  const processes = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const text = readFileSync(`/proc/${entry}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      const [parent, group, ...times] = [fields[1], fields[2], ...fields.slice(11, 15)].map(Number);
      processes.set(Number(entry), { parent, group, ticks: times.reduce((a, b) => a + b, 0) });
    } catch {
      // the process ended between listing and reading
    }
  }
  const is_of_tree = (pid) => {
    for (let at = pid; at > 1; at = processes.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  let sum = 0;
  for (const [pid, { group, ticks }] of processes) if (group === root || is_of_tree(pid)) sum += ticks;
  return sum / ticks_a_second;
}

const sleep = (millis) => new Promise((done) => setTimeout(done, millis));

/** Waits until the browser has used next to no CPU for a while; says how much it had used by then. */
async function settled(root) {
  const deadline = Date.now() + patience_millis;
  let last = cpu_seconds(root);
  let calm = 0;
  while (calm < 3 && Date.now() < deadline) {
    await sleep(250);
    const now = cpu_seconds(root);
    calm = now - last < 0.02 ? calm + 1 : 0;
    last = now;
  }
  return last;
}

// How each page says that it is complete, and where its chart is.
const pages = {
  trailmark: {
    chart: ".line-chart",
    ready: (n) => document.querySelector(".legend")?.textContent?.includes(`${n} series`) ?? false,
  },
  aim: {
    chart: "svg:has(path.Line)",
    ready: (n) => document.querySelectorAll("path.Line").length >= n,
  },
  empty: { chart: "html", ready: () => document.readyState === "complete" },
};

/** What Aim's page writes into its address once the metric is searched for and dashes stand for the batch size. */
function aim_search() {
  const written = (value) => `O-${Buffer.from(encodeURI(JSON.stringify(value))).toString("base64url")}`;
  const key = written({ metricName: "loss", contextName: "" });
  const metric = { label: "loss", group: "loss", type: "metrics", color: "#3E72E7", key };
  const select = {
    options: [{ ...metric, value: { option_name: "loss", context: null } }],
    query: "",
    advancedMode: false,
    advancedQuery: "",
  };
  const each = (value) => ({ color: value, stroke: value, chart: value });
  const grouping = {
    color: [],
    stroke: ["run.params.hparams.per_device_train_batch_size"],
    chart: ["name"],
    reverseMode: each(false),
    isApplied: each(true),
    persistence: { color: false, stroke: false },
    seed: { color: 10, stroke: 10 },
    paletteIndex: 0,
  };
  return `?grouping=${written(grouping)}&select=${written(select)}`;
}

const server = await chromium.launchServer({
  executablePath: process.env.TRAILMARK_CHROMIUM ?? "/usr/bin/chromium",
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
const root = server.process().pid;
const browser = await chromium.connect(server.wsEndpoint());
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
await page.goto("about:blank");
let bytes = 0;
page.on("requestfinished", (request) => {
  void request.sizes().then(({ responseBodySize }) => (bytes += responseBodySize)).catch(() => undefined);
});

const result = { name: option("name", kind), kind, curves };
let before = await settled(root);
const server_before = server_pid > 0 ? cpu_seconds(server_pid) : 0;
const start = Date.now();
const address = kind === "aim" ? url + aim_search() : url;
await page.goto(address, { waitUntil: "commit", timeout: patience_millis });
await page.waitForFunction(pages[kind].ready, curves, { timeout: patience_millis, polling: 100 });
result.show_wall_seconds = (Date.now() - start) / 1000;
result.show_cpu_seconds = round((await settled(root)) - before);
if (server_pid > 0) result.server_cpu_seconds = round(cpu_seconds(server_pid) - server_before);
result.megabytes = round(bytes / 1e6);
if (shot !== "") await page.screenshot({ path: shot });

const found = await page.locator(pages[kind].chart).first().boundingBox();
const box = kind === "empty" ? { x: 200, y: 150, width: 1200, height: 400 } : found;
const at = (share, height) => [box.x + box.width * share, box.y + box.height * height];

await page.mouse.move(...at(0.2, 0.5));
before = await settled(root);
for (let i = 0; i < n_moves; i++) {
  await page.mouse.move(...at(0.2 + (0.6 * i) / n_moves, 0.4 + 0.2 * Math.sin(i)));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
result.move_cpu_millis = round((1000 * ((await settled(root)) - before)) / n_moves);

before = await settled(root);
for (let i = 0; i < n_redraws; i++) {
  await page.setViewportSize({ width: 1440, height: i % 2 === 0 ? 896 : 900 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
result.redraw_cpu_millis = round((1000 * ((await settled(root)) - before)) / n_redraws);

if (kind === "trailmark") Object.assign(result, await panned());
console.log(JSON.stringify(result));
await browser.close();
await server.close();

/** Drags with Shift for two seconds, as fast as moves are taken, and counts frames. */
async function panned() {
  const still = await settled(root);
  await page.keyboard.down("Shift");
  await page.mouse.move(...at(0.6, 0.5));
  await page.mouse.down();
  await page.evaluate(() => {
    const count = { frames: 0, start: performance.now() };
    window.counted = count;
    const frame = () => {
      count.frames++;
      count.end = performance.now();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const begin = Date.now();
  let moves = 0;
  for (; Date.now() - begin < 2000; moves++) await page.mouse.move(...at(0.6 - 0.2 * Math.sin(moves / 40), 0.5));
  const { frames, millis } = await page.evaluate(() => ({
    frames: window.counted.frames,
    millis: window.counted.end - window.counted.start,
  }));
  await page.mouse.up();
  await page.keyboard.up("Shift");
  const cpu = (await settled(root)) - still;
  return {
    pan_frames_a_second: round((1000 * frames) / millis),
    pan_moves: moves,
    pan_cpu_millis_a_move: round((1000 * cpu) / moves),
  };
}

function round(value) {
  return Number(value.toPrecision(4));
}
