// Runs `node --test` on what esbuild bundled: unit tests in src/, or with `e2e` the browser tests in e2e/.
// Further words narrow the files by name.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const words = process.argv.slice(2);
const is_e2e = words[0] === "e2e";
const wanted = is_e2e ? words.slice(1) : words;
const folder = is_e2e ? "e2e" : "src";
const out = path.join(root, "node_modules", ".tests", folder);

const tests = readdirSync(path.join(root, folder), { recursive: true })
  .map(String)
  .filter((file) => /\.test\.tsx?$/.test(file))
  .filter(
    (file) => wanted.length === 0 || wanted.some((word) => file.includes(word)),
  )
  .sort();
if (tests.length === 0) {
  console.error(`ui: no test in ${folder}/ fits ${wanted.join(" ")}`);
  process.exit(1);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await esbuild.build({
  absWorkingDir: root,
  entryPoints: tests.map((file) => path.join(folder, file)),
  outdir: out,
  outbase: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  jsx: "automatic",
  jsxImportSource: "preact",
  sourcemap: "inline",
  packages: "external",
  logLevel: "warning",
});
const built = tests.map((file) =>
  path.join(out, file.replace(/\.tsx?$/, ".mjs")),
);
const options = [
  "--enable-source-maps",
  "--test",
  `--test-concurrency=${is_e2e ? 1 : 2}`,
];
const { status } = spawnSync(process.execPath, [...options, ...built], {
  stdio: "inherit",
  cwd: root,
});
process.exit(status ?? 1);
