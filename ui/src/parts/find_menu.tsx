// One of many, behind a button: a list that searches.

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { PickFace } from "./menu.tsx";
import { PopButton } from "./popover.tsx";
import { TextFind } from "./text_find.tsx";

export interface FindOption {
  readonly value: string;
  readonly label: string;
  readonly detail?: string;
}

const most_options = 200;

/** Chooses one of many by a part of its name. */
export function FindMenu(props: {
  label: string;
  face: ComponentChildren;
  options: readonly FindOption[];
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <PopButton
      label={props.label}
      face={<PickFace label={props.label}>{props.face}</PickFace>}
      width={320}
      has_words
    >
      {(close) => (
        <Options
          {...props}
          onChange={(value) => {
            close();
            props.onChange(value);
          }}
        />
      )}
    </PopButton>
  );
}

function Options(props: {
  label: string;
  options: readonly FindOption[];
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  const [find, set_find] = useState("");
  const word = find.trim().toLowerCase();
  const found = props.options.filter((option) =>
    `${option.label} ${option.detail ?? ""}`.toLowerCase().includes(word),
  );
  return (
    <div class="picker menu">
      <TextFind
        label={`Find ${props.label}`}
        value={find}
        onChange={set_find}
      />
      <ul>
        {found.slice(0, most_options).map((option) => (
          <li key={option.value}>
            <button
              type="button"
              class={option.value === props.value ? "option on" : "option"}
              onClick={() => props.onChange(option.value)}
            >
              <span class="clip">{option.label}</span>
              <span class="detail">{option.detail}</span>
            </button>
          </li>
        ))}
        {found.length === 0 && <li class="section">Nothing is called so</li>}
        {found.length > most_options && (
          <li class="section">{found.length - most_options} more: search</li>
        )}
      </ul>
    </div>
  );
}
