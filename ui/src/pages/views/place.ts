// Where a kept view leads.

import { page_links } from "../../page_list.ts";
import type { PageLink } from "../../page_list.ts";
import type { Place } from "../../state.ts";

/** A place as the address that is kept. */
export function url_of({ path, search }: Place): string {
  return search === "" ? path : `${path}?${search}`;
}

/** The page that an address belongs to: the one with the longest path that leads to it. */
export function page_of(
  url: string,
): Pick<PageLink, "name" | "icon"> | undefined {
  const path = url.replace(/[?#].*$/, "");
  if (path === "/diff") return { name: "Diff", icon: "diff" };
  if (path.startsWith("/runs/")) return { name: "Run", icon: "runs" };
  return page_links.find((page) => page.path === path);
}
