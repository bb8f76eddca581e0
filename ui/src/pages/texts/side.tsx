// The chosen cell beside the matrix: its whole text, how it changed over steps, and which series it is of.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api.ts";
import { value_text } from "../../fields.ts";
import * as format from "../../math/format.ts";
import { run_path } from "../../math/run_id.ts";
import { say_diff, word_diff } from "../../math/word_diff.ts";
import { IconButton } from "../../parts/button.tsx";
import { DiffText } from "../../parts/diff_text.tsx";
import { say, say_bad } from "../../parts/toast.tsx";
import type { Text } from "../../schema.ts";
import type { Run } from "../../shapes.ts";
import { shown_cell } from "./frame.ts";
import type { ShownCell, TextFrame } from "./frame.ts";
import { read_cell } from "./matrix.tsx";
import type { Line } from "./model.ts";
import { texts_view } from "./view.ts";

/** What is known of the chosen cell. */
export function TextSide(props: {
  frame: TextFrame;
  runs: readonly Run[];
}): JSX.Element {
  const { frame } = props;
  const { cell } = texts_view.values.value;
  const [row_at, column_at] = read_cell(cell);
  const row = frame.rows[row_at];
  const column = frame.matrix.columns[column_at];
  if (cell === "" || row === undefined || column === undefined) return <></>;
  const shown = shown_cell(frame, row, column);
  if (shown === undefined) return <></>;
  const run = props.runs.find((one) => one.id === shown.text.run);
  return (
    <aside class="text-side" aria-label="Selected cell">
      <Whole frame={frame} shown={shown} row={row} run={run} />
      {shown.cell.texts.length > 1 && <OverSteps frame={frame} shown={shown} />}
      <section class="panel text-facts">
        <header>
          <h2>Series</h2>
        </header>
        <dl>
          <dt>name</dt>
          <dd class="mono">{shown.text.name}</dd>
          <dt>context</dt>
          <dd class="mono clip" title={JSON.stringify(shown.text.context)}>
            {JSON.stringify(shown.text.context)}
          </dd>
          <dt>step</dt>
          <dd class="mono">{format.count(shown.text.step)}</dd>
          <dt>tracked</dt>
          <dd title={format.time_full(shown.text.time)}>
            {format.time(shown.text.time)}
          </dd>
        </dl>
        {run !== undefined && (
          <a class="to-link pad" href={`${run_path(run)}?tab=texts`}>
            Open {called(run)}
          </a>
        )}
      </section>
    </aside>
  );
}

function Whole(props: {
  frame: TextFrame;
  shown: ShownCell;
  row: Line;
  run: Run | undefined;
}): JSX.Element {
  const { shown, run } = props;
  const { text } = shown;
  const [whole, set_whole] = useState<string | undefined>(undefined);
  useEffect(() => set_whole(undefined), [text]);
  const words = whole ?? text.text;
  return (
    <section class="panel">
      <header>
        <h2 class="clip grow">
          {run?.name} <span class="second-text">{text.name}</span>
        </h2>
        <IconButton
          icon="copy"
          label="Copy text"
          small
          onClick={() =>
            void navigator.clipboard
              .writeText(words)
              .then(() => say("Text copied"), say_bad)
          }
        />
        <IconButton
          icon="close"
          label="Close"
          small
          onClick={() => texts_view.set({ cell: "" })}
        />
      </header>
      <div class="text-whole">
        {shown.diff !== undefined && whole === undefined ? (
          <DiffText pieces={shown.diff} />
        ) : (
          words
        )}
      </div>
      {text.is_cut && whole === undefined && (
        <button
          type="button"
          class="action pad"
          onClick={() => void ask_whole(text).then(set_whole, say_bad)}
        >
          Show all {format.bytes(text.bytes)}
        </button>
      )}
      <div class="text-whole quiet-text small-text">
        {props.row.values.map((value, i) => (
          <p key={i}>
            <b>{props.frame.row_fields[i]}</b> {value_text(value)}
          </p>
        ))}
      </div>
    </section>
  );
}

function ask_whole({ run, name, context, step }: Text): Promise<string> {
  return api.text(run, name, JSON.stringify(context), step);
}

function OverSteps(props: { frame: TextFrame; shown: ShownCell }): JSX.Element {
  const { frame, shown } = props;
  const { texts } = shown.cell;
  return (
    <section class="panel">
      <header>
        <h2>This cell over steps</h2>
        <span class="small-text quiet-text">
          {shown.at + 1} of {texts.length}
        </span>
      </header>
      <div class="cell-steps">
        {texts.map((text, i) => {
          const before = texts[i - 1];
          return (
            <button
              key={i}
              type="button"
              class={i === shown.at ? "on" : ""}
              aria-pressed={i === shown.at}
              onClick={() => frame.choose_step(shown.key, i)}
            >
              <span class="mono quiet-text">{format.count(text.step)}</span>
              <span class="clip grow">{text.text}</span>
              <span class="tiny-text quiet-text">
                {before !== undefined &&
                  say_diff(word_diff(before.text, text.text))}
              </span>
            </button>
          );
        })}
      </div>
    </section>
  );
}
