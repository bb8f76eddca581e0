// Picker: fields to choose and put in order. Its menu searches, orders by drag or Alt ↑↓, says why a field cannot be
// chosen, and stays open until Esc.

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { Check } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { PickFace } from "./menu.tsx";
import { PopButton } from "./popover.tsx";

export interface PickOption {
  readonly value: string;
  readonly label: string;
  readonly detail?: string;
  /** Why it cannot be chosen. */
  readonly not_now?: string;
  readonly section?: string;
}

interface PickerProps {
  readonly label: string;
  readonly face: ComponentChildren;
  readonly options: readonly PickOption[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
  readonly foot?: ComponentChildren;
  readonly most?: number;
}

/** Chooses several fields, in order. */
export function Picker(props: PickerProps): JSX.Element {
  return (
    <PopButton
      label={props.label}
      face={<PickFace label={props.label}>{props.face}</PickFace>}
      width={340}
      has_words
    >
      {() => <PickerMenu {...props} />}
    </PopButton>
  );
}

function PickerMenu(props: PickerProps): JSX.Element {
  const [find, set_find] = useState("");
  const [dragged, set_dragged] = useState<string | undefined>(undefined);
  const fits = (option: PickOption): boolean =>
    option.label.toLowerCase().includes(find.trim().toLowerCase());
  const by_value = new Map(
    props.options.map((option) => [option.value, option]),
  );
  const chosen = props.chosen.map(
    (value) => by_value.get(value) ?? { value, label: value },
  );
  const rest = props.options.filter(
    (option) => !props.chosen.includes(option.value),
  );
  const toggle = (value: string): void => {
    const without = props.chosen.filter((one) => one !== value);
    if (without.length < props.chosen.length) props.onChange(without);
    else
      props.onChange([...props.chosen, value].slice(-(props.most ?? Infinity)));
  };
  const move_to = (value: string, at: number): void => {
    const without = props.chosen.filter((one) => one !== value);
    props.onChange([...without.slice(0, at), value, ...without.slice(at)]);
  };
  const row = (option: PickOption, at: number | undefined): JSX.Element => (
    <PickRow
      key={option.value}
      option={option}
      at={at}
      last={props.chosen.length - 1}
      toggle={toggle}
      move_to={move_to}
      dragged={dragged}
      onDrag={set_dragged}
    />
  );
  const shown_rest = rest.filter(fits);
  return (
    <div class="picker">
      <label class="find">
        <Icon name="search" small />
        <input
          autofocus
          value={find}
          placeholder={`${props.label} by…`}
          aria-label="Find a field"
          onInput={(event) => set_find(event.currentTarget.value)}
        />
      </label>
      <ul>
        {chosen
          .filter(fits)
          .map((option) => row(option, props.chosen.indexOf(option.value)))}
        {sections(shown_rest).map(([section, options]) => (
          <>
            {section !== "" && <li class="section">{section}</li>}
            {options.map((option) => row(option, undefined))}
          </>
        ))}
        {chosen.filter(fits).length + shown_rest.length === 0 && (
          <li class="section">No field called “{find}”</li>
        )}
      </ul>
      {props.foot !== undefined && <footer>{props.foot}</footer>}
    </div>
  );
}

function sections(options: readonly PickOption[]): [string, PickOption[]][] {
  const found = new Map<string, PickOption[]>();
  for (const option of options) {
    const section = option.section ?? "";
    found.set(section, [...(found.get(section) ?? []), option]);
  }
  return [...found];
}

interface PickRowProps {
  readonly option: PickOption;
  readonly at: number | undefined;
  readonly last: number;
  readonly dragged: string | undefined;
  readonly toggle: (value: string) => void;
  readonly move_to: (value: string, at: number) => void;
  readonly onDrag: (value: string | undefined) => void;
}

function PickRow(props: PickRowProps): JSX.Element {
  const { option, at } = props;
  const is_off = at === undefined && option.not_now !== undefined;
  return (
    <li
      class={`option${at === undefined ? "" : " on"}${is_off ? " off" : ""}`}
      title={option.not_now}
      draggable={at !== undefined}
      onDragStart={() => props.onDrag(option.value)}
      onDragEnd={() => props.onDrag(undefined)}
      onDragOver={(event) => {
        if (at === undefined || props.dragged === undefined) return;
        event.preventDefault();
        if (props.dragged !== option.value) props.move_to(props.dragged, at);
      }}
      onClick={() => {
        if (!is_off) props.toggle(option.value);
      }}
      onKeyDown={(event) => {
        if (at === undefined || !event.altKey) return;
        if (event.key === "ArrowUp")
          props.move_to(option.value, Math.max(0, at - 1));
        if (event.key === "ArrowDown")
          props.move_to(option.value, Math.min(props.last, at + 1));
      }}
    >
      <span class="grip">{at !== undefined && <Icon name="grip" small />}</span>
      <Check
        on={at !== undefined}
        label={option.label}
        disabled={is_off}
        onChange={() => props.toggle(option.value)}
      />
      <span class="mono clip">{option.label}</span>
      <span class="detail">{option.not_now ?? option.detail}</span>
    </li>
  );
}
