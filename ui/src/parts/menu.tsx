// Menus: a list of things to do or one of several to choose, behind a button.

import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icon.tsx";
import { PopButton } from "./popover.tsx";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly detail?: string;
  readonly on?: boolean;
  readonly is_danger?: boolean;
  readonly not_now?: string | undefined;
  readonly run: () => void;
}

/** A button with a menu below it. */
export function Menu(props: {
  label: string;
  face?: ComponentChildren;
  class?: string;
  align?: "start" | "end";
  items: readonly MenuItem[];
}): JSX.Element {
  return (
    <PopButton
      label={props.label}
      title={props.label}
      has_words={props.class === "pick"}
      face={props.face ?? <Icon name="more" />}
      class={props.class ?? "button square quiet"}
      align={props.align ?? "end"}
    >
      {(close) => (
        <ul class="menu">
          {props.items.map((item) => (
            <li key={item.label}>
              <button
                type="button"
                class={`option${item.on === true ? " on" : ""}${item.is_danger === true ? " danger" : ""}`}
                disabled={item.not_now !== undefined}
                title={item.not_now}
                onClick={() => {
                  close();
                  item.run();
                }}
              >
                {item.icon !== undefined && <Icon name={item.icon} />}
                {item.label}
                {item.detail !== undefined && (
                  <span class="detail">{item.detail}</span>
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
    </PopButton>
  );
}

/** What a control chip shows: its label and its value. */
export function PickFace(props: {
  label: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <>
      <span class="label">{props.label}</span>
      <span class="value">{props.children}</span>
      <Icon name="down" small />
    </>
  );
}
