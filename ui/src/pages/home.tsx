// Home.

import type { JSX } from "preact";
import { Top } from "../parts/top.tsx";

/** Home. */
export function Home(_props: { rest: string }): JSX.Element {
  return (
    <>
      <Top title="Home" />
      <main class="main" id="main" />
    </>
  );
}
