// Run.

import type { JSX } from "preact";
import { Top } from "../parts/top.tsx";

/** Run. */
export function RunPage(_props: { rest: string }): JSX.Element {
  return (
    <>
      <Top title="Run" />
      <main class="main" id="main" />
    </>
  );
}
