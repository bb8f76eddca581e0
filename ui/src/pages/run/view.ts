// What the address of a run's page holds.

import { View, choice, flag, list, number, text } from "../../state.ts";

export const run_tabs = [
  "overview",
  "metrics",
  "system",
  "logs",
  "params",
  "answers",
  "texts",
  "images",
  "audio",
  "figures",
  "distributions",
  "artifacts",
  "notes",
  "settings",
] as const;

export type RunTab = (typeof run_tabs)[number];

export const run_view = new View({
  tab: choice(run_tabs, "overview"),
  find: text(),
  re: flag(),
  case: flag(),
  level: choice(["all", "info", "warning", "error"], "all"),
  line: number<number | undefined>(undefined),
  time: choice(["start", "clock"], "start"),
  fold: flag(true),
  wrap: flag(),
  x: choice(["epoch", "step", "time"], "epoch"),
  smooth: number(0.9),
  m: list(),
  series: text(),
  step: number<number | undefined>(undefined),
  show: text(),
  size: number(176),
  own: flag(),
  colour: choice(["linear", "log"], "linear"),
  from: choice(["terminal", "records"], "terminal"),
  record: number<number | undefined>(undefined),
});
