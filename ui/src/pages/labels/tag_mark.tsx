// A tag as every page shows it: with the colour and the meaning that people gave it.

import type { JSX } from "preact";
import { word_colour } from "../../math/colour.ts";
import { Icon } from "../../parts/icon.tsx";
import { use_label } from "./labels.ts";

/** A tag that a person gave. */
export function TagMark(props: {
  name: string;
  color?: string | undefined;
  onRemove?: () => void;
}): JSX.Element {
  const label = use_label("tag", props.name);
  const own = label.color === "" ? tag_colour(props.name) : label.color;
  const title =
    label.description === ""
      ? props.name
      : `${props.name}: ${label.description}`;
  return (
    <span class="tag" style={{ "--c": props.color ?? own }}>
      <span class="clip" title={title}>
        {props.name}
      </span>
      {props.onRemove !== undefined && (
        <button
          type="button"
          aria-label={`Remove tag ${props.name}`}
          title="Remove tag"
          onClick={props.onRemove}
        >
          <Icon name="close" small />
        </button>
      )}
    </span>
  );
}

/** The colour of a tag's dot: some tags mean something everywhere, the others keep one by their name. */
export function tag_colour(name: string): string {
  if (name === "champion") return "var(--blaze)";
  if (name === "diverged") return "var(--failed)";
  return name === "challenger" ? "var(--accent)" : word_colour(name);
}
