// What stands at an address that no page has.

import type { JSX } from "preact";
import { Empty } from "../parts/looks.tsx";
import { Top } from "../parts/top.tsx";

/** No page is here. */
export function Missing({ rest }: { rest: string }): JSX.Element {
  return (
    <>
      <Top title="Nothing here" />
      <main class="main" id="main">
        <Empty title="No page is called so">
          <span class="mono">{rest}</span> · <a href="/">Home</a> ·{" "}
          <a href="/runs">Runs</a>
        </Empty>
      </main>
    </>
  );
}
