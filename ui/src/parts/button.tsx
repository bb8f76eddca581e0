// Buttons, switches, choices and check boxes.

import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icon.tsx";

interface ButtonProps {
  readonly icon?: IconName;
  readonly kind?: "plain" | "prime" | "quiet" | "danger";
  readonly small?: boolean;
  /** Shown pressed. */
  readonly on?: boolean | undefined;
  readonly title?: string | undefined;
  /** Why it cannot be used now; it is then disabled. */
  readonly not_now?: string | undefined;
  readonly keys?: string;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** A button with words. */
export function Button(props: ButtonProps): JSX.Element {
  const { kind = "plain", small = false } = props;
  return (
    <button
      type="button"
      class={`button ${kind}${small ? " small" : ""}${props.on === true ? " on" : ""}`}
      title={props.not_now ?? props.title}
      disabled={props.not_now !== undefined}
      aria-pressed={props.on}
      onClick={props.onClick}
    >
      {props.icon !== undefined && <Icon name={props.icon} />}
      {props.children}
      {props.keys !== undefined && <kbd>{props.keys}</kbd>}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly small?: boolean;
  readonly kind?: "plain" | "quiet";
  readonly on?: boolean | undefined;
  readonly not_now?: string | undefined;
  readonly expanded?: boolean;
  readonly onClick: () => void;
}

/** A button with an icon alone; its name is its tooltip and what is read aloud. */
export function IconButton(props: IconButtonProps): JSX.Element {
  const { kind = "quiet", small = false } = props;
  return (
    <button
      type="button"
      class={`button square ${kind}${small ? " small" : ""}${props.on === true ? " on" : ""}`}
      aria-label={props.label}
      title={props.not_now ?? props.label}
      disabled={props.not_now !== undefined}
      aria-pressed={props.on}
      aria-expanded={props.expanded}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** On or off, at once. */
export function Switch(props: {
  on: boolean;
  onChange: (on: boolean) => void;
  title?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <button
      type="button"
      role="switch"
      class={props.on ? "switch on" : "switch"}
      aria-checked={props.on}
      title={props.title}
      onClick={() => props.onChange(!props.on)}
    >
      <i aria-hidden="true" />
      {props.children}
    </button>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly {
    readonly value: T;
    readonly label: ComponentChildren;
    readonly title?: string;
  }[];
  readonly small?: boolean;
  readonly onChange: (value: T) => void;
}

/** One of a few, all in sight. */
export function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  return (
    <div
      class={props.small === true ? "choice small" : "choice"}
      role="radiogroup"
      aria-label={props.label}
    >
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          class={option.value === props.value ? "on" : ""}
          aria-checked={option.value === props.value}
          title={option.title}
          onClick={() => props.onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

/** A box to tick; `some` shows that a part is ticked. */
export function Check(props: {
  on: boolean;
  some?: boolean;
  label: string;
  disabled?: boolean;
  onChange: (on: boolean, event: MouseEvent) => void;
}): JSX.Element {
  return (
    <button
      type="button"
      role="checkbox"
      class={`check${props.some === true ? " some" : props.on ? " on" : ""}`}
      aria-checked={props.some === true ? "mixed" : props.on}
      aria-label={props.label}
      disabled={props.disabled}
      onClick={(event) => {
        event.stopPropagation();
        props.onChange(!props.on, event);
      }}
    >
      <i aria-hidden="true" />
    </button>
  );
}
