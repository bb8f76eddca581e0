// Builds the page into dist/: one script, one style sheet, one document, the same bytes from the same sources; and,
// packed, the library that draws figures, which is loaded when the first figure is shown.
// `--check` writes nothing and fails when dist/ is not what the sources give; `--watch` builds at each change.
import { readFile, mkdir, writeFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(root, "dist");
const most_bytes = 300_000;

// The script is classic and stands in the head, so that the theme is set before the first paint.
const options = {
  absWorkingDir: root,
  entryPoints: [
    { in: "src/main.tsx", out: "app" },
    { in: "src/style.css", out: "app" },
  ],
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

async function files() {
  const built = await esbuild.build({ ...options, write: false });
  const made = new Map(
    built.outputFiles.map((file) => [
      path.basename(file.path),
      Buffer.from(file.contents),
    ]),
  );
  made.set("index.html", await readFile(path.join(root, "index.html")));
  return made;
}

/** Plotly's strict build, which makes no code from texts, below its licence. */
async function plotly() {
  const folder = path.join(root, "node_modules", "plotly.js-strict-dist-min");
  const licence = await readFile(path.join(folder, "LICENSE"), "utf8");
  const script = await readFile(path.join(folder, "plotly-strict.min.js"));
  return Buffer.concat([Buffer.from(`/*\n${licence}\n*/\n`), script]);
}

const made = await files();
const first_load = [...made.values()].reduce(
  (sum, bytes) => sum + gzipSync(bytes).length,
  0,
);
const later = new Map([["plotly.js.gz", await plotly()]]);
const stale = [];
for (const [name, bytes] of made) {
  const old = await readFile(path.join(dist, name)).catch(() => undefined);
  if (!old?.equals(bytes)) stale.push(name);
}
// Packers differ from one version of Node to the next: what is packed is compared.
for (const [name, bytes] of later) {
  const old = await readFile(path.join(dist, name)).catch(() => undefined);
  if (old !== undefined && gunzipSync(old).equals(bytes)) continue;
  made.set(name, gzipSync(bytes, { level: 9 }));
  stale.push(name);
}
if (first_load > most_bytes) {
  console.error(
    `ui: first load: got ${first_load} bytes gzipped, want at most ${most_bytes}`,
  );
  process.exit(1);
}
if (process.argv.includes("--check")) {
  if (stale.length > 0) {
    console.error(
      `ui: dist/ is stale: ${stale.join(", ")}; run \`cargo xtask ui\``,
    );
    process.exit(1);
  }
} else {
  await mkdir(dist, { recursive: true });
  for (const name of stale)
    await writeFile(path.join(dist, name), made.get(name));
}
console.log(
  `ui: ${new Set([...made.keys(), ...later.keys()]).size} files, ${first_load} bytes gzipped at first load`,
);
if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, logLevel: "info" });
  await context.watch();
}
