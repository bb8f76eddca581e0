// A value that is ringed for a second when it changes.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const ring_millis = 1000;

/** Rings its content when `value` changes. */
export function Ringed(props: {
  value: string;
  class?: string;
  title?: string | undefined;
  children: ComponentChildren;
}): JSX.Element {
  const before = useRef(props.value);
  const [is_ringed, set_ringed] = useState(false);
  useEffect(() => {
    if (before.current === props.value) return undefined;
    before.current = props.value;
    set_ringed(true);
    const timer = setTimeout(() => set_ringed(false), ring_millis);
    return () => clearTimeout(timer);
  }, [props.value]);
  return (
    <span
      class={`${props.class ?? ""}${is_ringed ? " ringed" : ""}`}
      title={props.title}
    >
      {props.children}
    </span>
  );
}
