// What the address of the Texts page holds.

import { View, flag, list, number, text } from "../../state.ts";

export const texts_view = new View({
  q: text(),
  rows: list(),
  cols: list(),
  /** The run that others are compared with, `step` for the step before, `none`, or nothing for the first run. */
  diff: text(),
  merge: flag(true),
  step: number<number | undefined>(undefined),
  find: text(),
  cell: text(),
});
