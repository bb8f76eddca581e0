// A sentence whose code stands between backticks.

import type { JSX } from "preact";

/** The sentence, its code as code. */
export function Words({ text }: { text: string }): JSX.Element {
  return (
    <>
      {text
        .split("`")
        .map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}
    </>
  );
}
