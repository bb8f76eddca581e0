// The page begins here: theme before the first paint, then routes, one line a page.

import { render } from "preact";
import type { JSX } from "preact";
import { needs_sign_in } from "./fetch.ts";
import { listen } from "./keys.ts";
import { follow } from "./live.ts";
import { Api } from "./pages/api/api.tsx";
import { Answers } from "./pages/answers/answers.tsx";
import { Ask } from "./pages/ask/ask.tsx";
import { Diff } from "./pages/diff/diff.tsx";
import { Home } from "./pages/home/home.tsx";
import { Metrics } from "./pages/metrics/metrics.tsx";
import { Missing } from "./pages/missing.tsx";
import { Params } from "./pages/params/params.tsx";
import { RunPage } from "./pages/run/run.tsx";
import { Runs } from "./pages/runs/runs.tsx";
import { SignIn } from "./pages/sign_in.tsx";
import { Texts } from "./pages/texts/texts.tsx";
import { Shell } from "./shell.tsx";
import { go, place, watch_history } from "./state.ts";
import { start_theme } from "./theme.ts";

type Page = (props: { readonly rest: string }) => JSX.Element;

/** Path → page; a path that ends in a slash takes what follows it as `rest`. */
const routes: readonly (readonly [string, Page])[] = [
  ["/", Home],
  ["/runs", Runs],
  ["/runs/", RunPage],
  ["/metrics", Metrics],
  ["/params", Params],
  ["/texts", Texts],
  ["/answers", Answers],
  ["/ask", Ask],
  ["/diff", Diff],
  ["/api", Api],
];

function App(): JSX.Element {
  if (needs_sign_in.value) return <SignIn />;
  const { path } = place.value;
  const exact = routes.find(([route]) => route === path);
  const nested = routes.find(
    ([route]) => route !== "/" && route.endsWith("/") && path.startsWith(route),
  );
  const [route, Found] = exact ?? nested ?? ["", Missing];
  const rest = decodeURIComponent(path.slice(route.length));
  return (
    <Shell>
      <Found key={route} rest={rest} />
    </Shell>
  );
}

/** Links of the page change the page, not the document. */
function follow_links(): void {
  addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey
    )
      return;
    const link =
      event.target instanceof Element ? event.target.closest("a") : null;
    const href = link?.getAttribute("href");
    if (
      link === null ||
      href === null ||
      href === undefined ||
      link.target !== "" ||
      link.hasAttribute("download")
    )
      return;
    if (!href.startsWith("/") || href.startsWith("/api/")) return;
    event.preventDefault();
    go(href);
  });
}

function start(): void {
  const app = document.getElementById("app");
  if (app === null) throw new Error("find #app: not in the document");
  watch_history();
  listen();
  follow_links();
  follow();
  render(<App />, app);
}

start_theme();
if (document.readyState === "loading")
  addEventListener("DOMContentLoaded", start);
else start();
