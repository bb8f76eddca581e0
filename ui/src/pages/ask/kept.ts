// What was asked in this browser, kept by repository: on the next visit the last question stands there, answered.

import { ask_reply } from "../../shapes_of_answers.ts";
import { asked, draft, show_asked } from "./view.ts";
import type { Asked } from "./view.ts";

/** Characters that are kept at most; of what is longer the oldest goes. */
const most_characters = 400_000;

const place = (repository: string): string => `trailmark.ask.${repository}`;
let loaded = "";

/** Brings back what was asked of a repository, once; what is typed already stays. */
export function load_asked(repository: string): void {
  if (loaded === repository) return;
  loaded = repository;
  if (asked.value.length > 0) return;
  try {
    asked.value = read_asked(localStorage.getItem(place(repository)) ?? "[]");
  } catch {
    return; // storage may be forbidden; what was asked then lasts as long as the page
  }
  if (draft.value.context === "" && draft.value.questions === "") show_asked(0);
}

/** Keeps what was asked. */
export function store_asked(repository: string): void {
  try {
    localStorage.setItem(
      place(repository),
      write_asked(asked.value, most_characters),
    );
  } catch {
    // storage may be forbidden or full; what was asked then lasts as long as the page
  }
}

/** What was kept, without what cannot be read. */
export function read_asked(text: string): Asked[] {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((one: unknown): Asked[] => {
    if (typeof one !== "object" || one === null) return [];
    const fields = one as Readonly<Record<string, unknown>>;
    const { context, at } = fields;
    if (typeof context !== "string" || typeof at !== "number") return [];
    try {
      return [{ context, at, reply: ask_reply(fields["reply"], "reply") }];
    } catch {
      return [];
    }
  });
}

/** The latest of what was asked, in at most so many characters. */
export function write_asked(all: readonly Asked[], most: number): string {
  const texts: string[] = [];
  let length = 2;
  for (const one of all) {
    const text = JSON.stringify(one);
    length += text.length + 1;
    if (length > most) break;
    texts.push(text);
  }
  return `[${texts.join(",")}]`;
}
