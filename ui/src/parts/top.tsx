// The bar at the top of a page: its name, what it is about, what can be done with it.

import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";

/** The top bar; names the browser's tab too. */
export function Top(props: {
  title: string;
  heading?: ComponentChildren;
  children?: ComponentChildren;
}): JSX.Element {
  useEffect(() => {
    document.title = `${props.title} · Trailmark`;
  }, [props.title]);
  return (
    <header class="top">
      {props.heading ?? <h1>{props.title}</h1>}
      {props.children}
    </header>
  );
}
