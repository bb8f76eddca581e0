// Light, dark, or as the system has it; set before the first paint.

import { signal } from "@preact/signals";

export type Theme = "light" | "dark" | "system";

const place = "trailmark.theme";
const system =
  typeof matchMedia === "undefined"
    ? undefined
    : matchMedia("(prefers-color-scheme: dark)");

/** What the person chose. */
export const theme = signal<Theme>(read());

/** What is shown. */
export const shown_theme = signal<"light" | "dark">("light");

function read(): Theme {
  try {
    const kept = localStorage.getItem(place);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system"; // storage may be forbidden; the theme then lasts as long as the page
  }
}

/** Chooses a theme and keeps the choice. */
export function choose_theme(chosen: Theme): void {
  theme.value = chosen;
  try {
    localStorage.setItem(place, chosen);
  } catch {
    // storage may be forbidden; the theme then lasts as long as the page
  }
  show();
}

/** The next theme in the circle light, dark, system. */
export function next_theme(): Theme {
  return theme.value === "light"
    ? "dark"
    : theme.value === "dark"
      ? "system"
      : "light";
}

function show(): void {
  const is_dark =
    theme.value === "dark" ||
    (theme.value === "system" && system?.matches === true);
  shown_theme.value = is_dark ? "dark" : "light";
  document.documentElement.dataset["theme"] = shown_theme.value;
}

/** Shows the theme and follows the system; called once, before anything is drawn. */
export function start_theme(): void {
  show();
  system?.addEventListener("change", show);
}
