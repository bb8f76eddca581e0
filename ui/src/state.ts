// URL ⇄ view state: a link restores the page. Defaults are left out, the order is fixed, and every change can be undone.

import { computed, signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";

/** A field of a view, whatever it holds. */
export interface AnyField {
  readonly fallback: unknown;
  read(text: string): unknown;
  write(value: never): string;
}

/** How one field of a view is written in the URL. */
export interface Field<T> extends AnyField {
  readonly fallback: T;
  read(text: string): T;
  write(value: T): string;
}

/** A value of each field. */
export type Values<F> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

export interface Place {
  readonly path: string;
  readonly search: string;
}

const start: Place =
  typeof location === "undefined"
    ? { path: "/", search: "" }
    : place_of(location);

/** Where the page is. */
export const place = signal<Place>(start);

function place_of(url: { pathname: string; search: string }): Place {
  return { path: url.pathname, search: url.search.replace(/^\?/, "") };
}

/** Goes to an address of the page. A replaced one leaves no step for Back. */
export function go(url: string, how: "push" | "replace" = "push"): void {
  const next = place_of(new URL(url, location.origin));
  if (next.path === place.value.path && next.search === place.value.search)
    return;
  if (next.path !== place.value.path) forget_undo();
  history[how === "push" ? "pushState" : "replaceState"](null, "", url);
  place.value = next;
}

/** Follows Back and Forward; called once. */
export function watch_history(): void {
  addEventListener("popstate", () => {
    const next = place_of(location);
    if (next.path !== place.value.path) forget_undo();
    place.value = next;
  });
}

// Ctrl Z for the view: searches of this path that were left.
let undone: string[] = [];
let redone: string[] = [];

function forget_undo(): void {
  undone = [];
  redone = [];
}

/** Takes the last change of the view back; says whether there was one. */
export function undo_view(): boolean {
  return step_view(undone, redone);
}

/** Makes a change that was taken back again. */
export function redo_view(): boolean {
  return step_view(redone, undone);
}

function step_view(from: string[], to: string[]): boolean {
  const search = from.pop();
  if (search === undefined) return false;
  to.push(place.value.search);
  replace_search(search);
  return true;
}

function replace_search(search: string): void {
  const { path } = place.value;
  history.replaceState(null, "", search === "" ? path : `${path}?${search}`);
  place.value = { path, search };
}

/** Writes a search: pairs in order, with as little escaping as reads back the same. */
export function write_search(
  pairs: readonly (readonly [string, string])[],
): string {
  return pairs.map(([key, value]) => `${key}=${escape_value(value)}`).join("&");
}

function escape_value(value: string): string {
  return encodeURIComponent(value)
    .replace(/%20/g, "+")
    .replace(/%(2C|3A|40|2F|5B|5D|3B|24|7B|7D|22|3C|3E|3D|7C)/g, (escaped) =>
      decodeURIComponent(escaped),
    )
    .replace(/["<>{}|]/g, (sign) => encodeURIComponent(sign));
}

/** A view of a page: its fields, read from and written to the URL. */
export class View<F extends Readonly<Record<string, AnyField>>> {
  readonly #fields: F;
  /** The values that the URL gives. */
  readonly values: ReadonlySignal<Values<F>>;

  constructor(fields: F) {
    this.#fields = fields;
    this.values = computed(() => this.read(place.value.search));
  }

  /** The values that a search gives. */
  read(search: string): Values<F> {
    const pairs = new URLSearchParams(search);
    const values: Record<string, unknown> = {};
    for (const [key, field] of Object.entries<Field<unknown>>(this.#fields)) {
      const text = pairs.get(key);
      values[key] = text === null ? field.fallback : field.read(text);
    }
    return values as Values<F>;
  }

  /** The search that gives the values. */
  write(values: Values<F>): string {
    const pairs: [string, string][] = [];
    for (const [key, field] of Object.entries<Field<unknown>>(this.#fields)) {
      const text = field.write(values[key as keyof F]);
      if (text !== field.write(field.fallback)) pairs.push([key, text]);
    }
    return write_search(pairs);
  }

  /** The search after a change. */
  search_with(change: Partial<Values<F>>): string {
    return this.write({ ...this.values.value, ...change });
  }

  /** Changes the view in place: Ctrl Z takes it back, Back does not. */
  set(change: Partial<Values<F>>): void {
    const search = this.search_with(change);
    if (search === this.write(this.values.value)) return;
    undone.push(place.value.search);
    redone = [];
    replace_search(search);
  }
}

export function text(fallback = ""): Field<string> {
  return { fallback, read: (value) => value, write: (value) => value };
}

/** Words divided by commas; a comma or backslash inside a word is escaped by a backslash. */
export function list(
  fallback: readonly string[] = [],
): Field<readonly string[]> {
  return { fallback, read: split_list, write: join_list };
}

export function join_list(words: readonly string[]): string {
  return words.map((word) => word.replace(/[\\,]/g, "\\$&")).join(",");
}

export function split_list(joined: string): readonly string[] {
  if (joined === "") return [];
  const words: string[] = [];
  let word = "";
  for (let i = 0; i < joined.length; i++) {
    const sign = joined.charAt(i);
    if (sign === "\\") word += joined.charAt(++i);
    else if (sign === ",") {
      words.push(word);
      word = "";
    } else word += sign;
  }
  return [...words, word];
}

export function flag(fallback = false): Field<boolean> {
  return {
    fallback,
    read: (value) => value === "1",
    write: (value) => (value ? "1" : "0"),
  };
}

export function choice<const T extends string>(
  options: readonly T[],
  fallback: T,
): Field<T> {
  return {
    fallback,
    read: (value) => options.find((option) => option === value) ?? fallback,
    write: (value) => value,
  };
}

/** A number, written as short as it reads back. */
export function number<T extends number | undefined>(
  fallback: T,
): Field<number | T> {
  return {
    fallback,
    read: (value) =>
      value.trim() !== "" && Number.isFinite(Number(value))
        ? Number(value)
        : fallback,
    write: (value) =>
      value === undefined ? "" : String(value).replace(/^(-?)0\./, "$1."),
  };
}
