// The warning that evaluation paragraphs were trained on.

import type { JSX } from "preact";
import { count } from "../../math/format.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Leak } from "../../schema.ts";

/** Says how many evaluation paragraphs are in the training part too. */
export function LeakNote({ leak }: { leak: Leak | undefined }): JSX.Element {
  if (leak === undefined || leak.shared_paragraphs === 0) return <></>;
  const share =
    leak.eval_paragraphs === 0
      ? 0
      : (leak.shared_paragraphs / leak.eval_paragraphs) * 100;
  return (
    <div class="note" role="note">
      <Icon name="warning" />
      <span>
        <b>{share.toFixed(1)} %</b> of these paragraphs are also in train:{" "}
        {count(leak.shared_paragraphs)} of {count(leak.eval_paragraphs)}, with{" "}
        {count(leak.questions)} questions. Scores are higher than on new texts
      </span>
    </div>
  );
}
