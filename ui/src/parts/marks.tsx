// Small marks: status (icon and word), tags (people's), chips (facts), colour swatches, keys.

import type { ComponentChildren, JSX } from "preact";
import type { Status } from "../schema.ts";
import { Icon } from "./icon.tsx";

const words: Record<Status, string> = {
  running: "Running",
  finished: "Finished",
  failed: "Failed",
  crashed: "Crashed",
  killed: "Killed",
};

/** A run's status: an icon and a word, never colour alone. */
export function StatusMark(props: {
  status: Status;
  pill?: boolean;
  title?: string | undefined;
}): JSX.Element {
  return (
    <span
      class={`status ${props.status}${props.pill === true ? " pill" : ""}`}
      title={props.title}
    >
      <Icon name={props.status} />
      {words[props.status]}
    </span>
  );
}

/** A fact. */
export function Chip(props: {
  mono?: boolean;
  title?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <span
      class={props.mono === true ? "chip mono" : "chip"}
      title={props.title}
    >
      {props.children}
    </span>
  );
}

/** A run's or series' colour. */
export function Swatch({ color }: { color: string }): JSX.Element {
  return <span class="swatch" style={{ "--c": color }} aria-hidden="true" />;
}

/** How a line is drawn, in a legend. */
export function LineMark(props: {
  color: string;
  dashed?: boolean;
}): JSX.Element {
  return (
    <span
      class={props.dashed === true ? "line dashed" : "line"}
      style={{ "--c": props.color }}
      aria-hidden="true"
    />
  );
}

/** A bar of a share from 0 to 1. */
export function Bar({
  share,
  color,
}: {
  share: number;
  color?: string | undefined;
}): JSX.Element {
  const width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  return (
    <span
      class="bar"
      style={color === undefined ? {} : { "--c": color }}
      aria-hidden="true"
    >
      <i style={{ width }} />
    </span>
  );
}
