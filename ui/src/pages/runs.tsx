// Runs.

import type { JSX } from "preact";
import { Top } from "../parts/top.tsx";

/** Runs. */
export function Runs(_props: { rest: string }): JSX.Element {
  return (
    <>
      <Top title="Runs" />
      <main class="main" id="main" />
    </>
  );
}
