// Writing expressions of the query language, where a click makes one.

import type { Json } from "../schema.ts";

/** Text as a string of the language. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A field of a run by its path: keys that are no names are looked up. */
export function field(path: string): string {
  const parts = path.split(".");
  return parts.reduce(
    (above, part) =>
      /^[A-Za-z_]\w*$/.test(part)
        ? `${above}.${part}`
        : `${above}[${quoted(part)}]`,
    "run",
  );
}

/** A field that has a value. */
export function field_equals(path: string, value: Json): string {
  if (value === null) return `${field(path)} is None`;
  if (typeof value === "boolean")
    return `${field(path)} == ${value ? "True" : "False"}`;
  return `${field(path)} == ${typeof value === "number" ? String(value) : quoted(String(value))}`;
}

/** Both of two expressions; brackets only where `or` would bind otherwise. */
export function and_query(query: string, more: string): string {
  const trimmed = query.trim();
  if (trimmed === "") return more;
  const loose = /\b(or|if|else|lambda)\b/.test(trimmed);
  return `${loose ? `(${trimmed})` : trimmed} and ${more}`;
}
