// The list of questions at the left of the Answers page: one is chosen, by pointer or by J and K.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { use_keys } from "../../keys.ts";
import { count } from "../../math/format.ts";

/** Questions by key, each a button. */
export function QuestionList(props: {
  keys: readonly string[];
  chosen: string | undefined;
  onChoose: (key: string) => void;
  row: (index: number) => ComponentChildren;
  /** What stands above a row. */
  head?: (index: number) => ComponentChildren;
  foot: ComponentChildren;
}): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const move = (by: number): void => {
    const at =
      props.chosen === undefined ? -1 : props.keys.indexOf(props.chosen);
    const key = props.keys[Math.max(0, at + by)];
    if (key !== undefined) props.onChoose(key);
  };
  use_keys([
    { keys: "J, ↓", does: "Next question", run: () => move(1) },
    { keys: "K, ↑", does: "Question before", run: () => move(-1) },
  ]);
  useEffect(() => {
    list.current
      ?.querySelector("[aria-current]")
      ?.scrollIntoView({ block: "nearest" });
  }, [props.chosen]);
  return (
    <div ref={list} class="question-list">
      {props.keys.map((key, i) => (
        <>
          {props.head?.(i)}
          <button
            key={key}
            type="button"
            class={key === props.chosen ? "question-row on" : "question-row"}
            aria-current={key === props.chosen ? "true" : undefined}
            onClick={() => props.onChoose(key)}
          >
            {props.row(i)}
          </button>
        </>
      ))}
      {props.foot}
    </div>
  );
}

/** Says how many are shown, and shows more. */
export function More(props: {
  shown: number;
  total: number;
  onMore: () => void;
}): JSX.Element {
  if (props.shown >= props.total) return <></>;
  return (
    <button type="button" class="action question-more" onClick={props.onMore}>
      {count(props.shown)} of {count(props.total)} shown. Show more
    </button>
  );
}
