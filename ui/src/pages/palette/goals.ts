// What the palette leads to: pages, runs, metrics and actions, ranked by how well they fit what is typed.

import { called } from "../../called.ts";
import { match } from "../../math/match.ts";
import { link_id, run_path } from "../../math/run_id.ts";
import { say_series, write_series } from "../../math/series_name.ts";
import { page_links } from "../../page_list.ts";
import type { IconName } from "../../parts/icon.tsx";
import type { MetricField, Run } from "../../shapes.ts";
import { undo_view, redo_view, write_search } from "../../state.ts";
import { choose_theme } from "../../theme.ts";
import type { View } from "../../schema.ts";
import { page_of } from "../views/place.ts";

export interface Goal {
  readonly key: string;
  readonly label: string;
  readonly icon: IconName;
  readonly section: "Runs" | "Pages" | "Views" | "Metrics" | "Actions";
  readonly url?: string;
  readonly act?: () => void;
  readonly keys?: string;
  readonly detail?: string;
  readonly run?: Run;
  /** What else it is found by. */
  readonly also?: string;
}

export interface Ranked {
  readonly goal: Goal;
  readonly places: readonly (readonly [number, number])[];
  /** The heading above it. */
  readonly section: string;
}

const most_in_section = 8;

/** The query for runs by name, id, experiment or tag; every word must fit one of them. */
export function runs_query(typed: string): string {
  return typed
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const text = JSON.stringify(word);
      return `(${text} in run.name.lower() or ${text} in run.experiment.lower() or run.hash.startswith(${text}) or ${text} in run.tags)`;
    })
    .join(" and ");
}

/** Goals that fit, the best one first, then section by section. */
export function rank_goals(typed: string, goals: readonly Goal[]): Ranked[] {
  const found = goals
    .map((goal) => {
      const own = match(typed, goal.label);
      const other = match(typed, `${goal.label} ${goal.also ?? ""}`);
      return own.score > 0
        ? { goal, ...own }
        : { goal, score: other.score / 2, places: [] };
    })
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score);
  const best = typed.trim() === "" ? undefined : found[0];
  const order = new Map<string, typeof found>();
  for (const one of found) {
    if (one === best) continue;
    const { section } = one.goal;
    order.set(section, [...(order.get(section) ?? []), one]);
  }
  const rest = [...order].flatMap(([section, items]) =>
    items
      .slice(0, most_in_section)
      .map(({ goal, places }) => ({ goal, places, section })),
  );
  return best === undefined
    ? rest
    : [
        { goal: best.goal, places: best.places, section: "Best match" },
        ...rest,
      ];
}

/** Pages. */
export function page_goals(): Goal[] {
  return [
    ...page_links.map((page): Goal => ({
      key: page.path,
      url: page.path,
      label: page.name,
      icon: page.icon,
      section: "Pages",
      keys: `G ${page.key}`,
    })),
    {
      key: "/diff",
      url: "/diff",
      label: "Diff the two best runs",
      icon: "diff",
      section: "Pages",
    },
  ];
}

/** Kept views. */
export function view_goals(views: readonly View[]): Goal[] {
  return views.map((view) => {
    const page = page_of(view.url);
    return {
      key: `view ${view.name}`,
      url: view.url,
      label: view.name,
      icon: "bookmark",
      section: "Views",
      detail: page?.name ?? "",
      also: `view ${page?.name ?? ""}`,
    };
  });
}

/** Things to do. */
export function action_goals(): Goal[] {
  const action = (
    label: string,
    icon: IconName,
    act: () => void,
    keys?: string,
  ): Goal => ({
    key: label,
    label,
    icon,
    act,
    section: "Actions",
    ...(keys === undefined ? {} : { keys }),
  });
  return [
    action("Theme: light", "sun", () => choose_theme("light")),
    action("Theme: dark", "moon", () => choose_theme("dark")),
    action("Theme: as the system", "screen", () => choose_theme("system")),
    action("Undo view", "undo", () => void undo_view(), "Ctrl Z"),
    action("Redo view", "arrow", () => void redo_view(), "Ctrl Y"),
    action("Copy link to this view", "link", () => {
      void navigator.clipboard.writeText(location.href);
    }),
  ];
}

/** A run, by all that it is found by. */
export function run_goal(run: Run): Goal {
  return {
    key: run.id,
    url: run_path(run),
    label: called(run),
    icon: "runs",
    section: "Runs",
    detail: run.experiment,
    run,
    also: [run.experiment, link_id(run), run.id, ...run.tags].join(" "),
  };
}

/** A metric, on the Metrics page. */
export function metric_goals(fields: readonly MetricField[]): Goal[] {
  const known = new Map(fields.map((field) => [write_series(field), field]));
  return [...known.values()]
    .filter((field) => !field.is_system)
    .map((field) => ({
      key: `metric ${write_series(field)}`,
      url: `/metrics?${write_search([["m", field.name]])}`,
      label: say_series(field),
      icon: "metrics",
      section: "Metrics",
      detail: `${field.runs} runs`,
    }));
}
