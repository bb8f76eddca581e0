// What the parts of the Texts page share.

import { word_diff } from "../../math/word_diff.ts";
import type { DiffPiece } from "../../math/word_diff.ts";
import type { Text } from "../../schema.ts";
import { base_of, shown_index } from "./model.ts";
import type { Cell, Line, Matrix } from "./model.ts";
import { texts_view } from "./view.ts";

export interface TextFrame {
  readonly matrix: Matrix;
  /** The rows that are shown. */
  readonly rows: readonly Line[];
  readonly row_fields: readonly string[];
  readonly column_fields: readonly string[];
  readonly diff: string;
  /** The name of the run that others are compared with. */
  readonly base_name: string | undefined;
  /** Which text a cell shows where a person stepped in it. */
  readonly steps: ReadonlyMap<string, number>;
  choose_step(cell: string, at: number): void;
}

/** A cell as it is shown. */
export interface ShownCell {
  readonly key: string;
  readonly cell: Cell;
  readonly at: number;
  readonly text: Text;
  readonly is_base: boolean;
  /** What differs from the text that it is compared with. */
  readonly diff: readonly DiffPiece[] | undefined;
}

/** A cell with its text and its difference. */
export function shown_cell(
  frame: TextFrame,
  row: Line,
  column: Line,
): ShownCell | undefined {
  const cell = frame.matrix.cell(row, column);
  if (cell === undefined) return undefined;
  const key = `${row.key} ${column.key}`;
  const own = frame.steps.get(key);
  const at = own ?? shown_index(cell, texts_view.values.value.step);
  const text = cell.texts[at];
  if (text === undefined) return undefined;
  const base = base_of(frame.matrix, { row, cell, at }, frame.diff);
  return {
    key,
    cell,
    at,
    text,
    is_base: text.run === frame.diff,
    diff: base === undefined ? undefined : word_diff(base.text, text.text),
  };
}
