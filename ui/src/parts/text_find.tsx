// A small box to find something in what is shown.

import type { JSX } from "preact";
import { Icon } from "./icon.tsx";

/** A search box; Esc empties it. */
export function TextFind(props: {
  value: string;
  label: string;
  width?: number;
  detail?: string | undefined;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <label
      class="find"
      style={props.width === undefined ? {} : { width: `${props.width}px` }}
    >
      <Icon name="search" small />
      <input
        value={props.value}
        placeholder={props.label}
        aria-label={props.label}
        spellcheck={false}
        onInput={(event) => props.onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || props.value === "") return;
          event.stopPropagation();
          props.onChange("");
        }}
      />
      {props.detail !== undefined && <span class="detail">{props.detail}</span>}
    </label>
  );
}
