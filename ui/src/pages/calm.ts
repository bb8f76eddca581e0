// A signal that follows another at most so often; what it last says is always the other's last word.

import type { ReadonlySignal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export function use_calm<T>(
  source: ReadonlySignal<T>,
  millis: number,
): ReadonlySignal<T> {
  const calm = useSignal(source.peek());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = source.subscribe((value) => {
      if (timer !== undefined) return;
      calm.value = value;
      timer = setTimeout(() => {
        timer = undefined;
        calm.value = source.peek();
      }, millis);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [source, millis]);
  return calm;
}
