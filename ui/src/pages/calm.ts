// A signal that follows another when that rests, and now and then while it does not; what it last says is always the
// other's last word.

import type { ReadonlySignal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Follows `source` once it has rested for `rest` milliseconds, and at the latest `most` after it changed. */
export function use_calm<T>(
  source: ReadonlySignal<T>,
  rest: number,
  most: number,
): ReadonlySignal<T> {
  const calm = useSignal(source.peek());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let due: number | undefined;
    const follow = (): void => {
      due = undefined;
      calm.value = source.peek();
    };
    const stop = source.subscribe(() => {
      const now = performance.now();
      due ??= now + most;
      clearTimeout(timer);
      timer = setTimeout(follow, Math.min(rest, due - now));
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [source, rest, most]);
  return calm;
}
