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
});
