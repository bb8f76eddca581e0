// Every page that the sidebar and the palette name.

import type { IconName } from "./parts/icon.tsx";
import type { Counts } from "./schema.ts";

export interface PageLink {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  /** The key after G. */
  readonly key: string;
  readonly count?: (counts: Counts) => number;
}

export interface PageSection {
  readonly title: string;
  readonly links: readonly PageLink[];
}

export const page_sections: readonly PageSection[] = [
  {
    title: "Explore",
    links: [
      { path: "/", name: "Home", icon: "home", key: "H" },
      {
        path: "/runs",
        name: "Runs",
        icon: "runs",
        key: "R",
        count: (counts) => counts.runs,
      },
      {
        path: "/metrics",
        name: "Metrics",
        icon: "metrics",
        key: "M",
        count: (counts) => counts.metrics,
      },
      { path: "/params", name: "Params", icon: "params", key: "P" },
      {
        path: "/texts",
        name: "Texts",
        icon: "texts",
        key: "T",
        count: (counts) => counts.texts,
      },
    ],
  },
  {
    title: "Question answering",
    links: [
      {
        path: "/answers",
        name: "Answers",
        icon: "answers",
        key: "A",
        count: (counts) => counts.answers,
      },
      { path: "/ask", name: "Ask", icon: "ask", key: "Q" },
    ],
  },
];

/** What stands at the foot of the sidebar. */
export const api_link: PageLink = {
  path: "/api",
  name: "API",
  icon: "braces",
  key: "I",
};

export const page_links: readonly PageLink[] = [
  ...page_sections.flatMap((section) => section.links),
  api_link,
];
