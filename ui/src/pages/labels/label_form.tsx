// Says what a tag or an experiment is: its colour and its description.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { set_label, use_label } from "./labels.ts";
import type { Labelled } from "../../schema.ts";
import { Button } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PopButton } from "../../parts/popover.tsx";

/** The colours that are offered; any other can be picked. */
const colors = [
  "#d03b3b",
  "#d97706",
  "#a16207",
  "#15803d",
  "#0d9488",
  "#2563eb",
  "#7c3aed",
  "#c026d3",
];

/** The button that opens the form. */
export function EditLabel(props: { of: Labelled; name: string }): JSX.Element {
  const label = `Describe the ${props.of} ${props.name}`;
  return (
    <PopButton
      label={label}
      title={label}
      class="button quiet small square"
      align="end"
      width={280}
      face={<Icon name="edit" />}
    >
      {(close) => <LabelForm {...props} onDone={close} />}
    </PopButton>
  );
}

function LabelForm(props: {
  of: Labelled;
  name: string;
  onDone: () => void;
}): JSX.Element {
  const known = use_label(props.of, props.name);
  const [color, set_color] = useState(known.color);
  const [description, set_description] = useState(known.description);
  const save = (): void => {
    props.onDone();
    void set_label(props.of, {
      name: props.name,
      color,
      description: description.trim(),
    });
  };
  return (
    <form
      class="label-form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        class="input"
        autofocus
        rows={3}
        maxLength={4000}
        value={description}
        aria-label="Description"
        placeholder={`What this ${props.of} means`}
        onInput={(event) => set_description(event.currentTarget.value)}
      />
      {props.of === "tag" && (
        <Colors name={props.name} color={color} onChange={set_color} />
      )}
      <div class="in-row end">
        <Button onClick={props.onDone}>Cancel</Button>
        <Button kind="prime" onClick={save}>
          Save
        </Button>
      </div>
    </form>
  );
}

function Colors(props: {
  name: string;
  color: string;
  onChange: (color: string) => void;
}): JSX.Element {
  const { color, onChange } = props;
  return (
    <div class="in-row colors" role="radiogroup" aria-label="Colour">
      <button
        type="button"
        role="radio"
        class={color === "" ? "color none on" : "color none"}
        aria-checked={color === ""}
        aria-label="Of its name"
        title="The colour that its name gives it"
        onClick={() => onChange("")}
      />
      {colors.map((one) => (
        <button
          key={one}
          type="button"
          role="radio"
          class={one === color ? "color on" : "color"}
          style={{ "--c": one }}
          aria-checked={one === color}
          aria-label={one}
          title={one}
          onClick={() => onChange(one)}
        />
      ))}
      <input
        type="color"
        value={color === "" ? "#808080" : color}
        aria-label="Another colour"
        title="Another colour"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
