// Decoders: what came from outside becomes a typed value, or an error that says where it was not as promised.

import type { Context, Json, Real } from "./schema.ts";

/** Reads a foreign value; `at` is its path, for the error. */
export type Decoder<T> = (value: unknown, at: string) => T;

/** A shape of the wire as the page holds it: numbers that JSON lacks are numbers. */
export type Decoded<T> = [null] extends [T]
  ? T
  : [T] extends [number | string | boolean]
    ? [Real] extends [T]
      ? number
      : T
    : T extends readonly (infer U)[]
      ? Decoded<U>[]
      : string extends keyof T
        ? T
        : { [K in keyof T]: Decoded<Exclude<T[K], undefined>> };

/** A field that may be absent or null. */
export interface Optional<T> {
  readonly optional: Decoder<T>;
}

/** The decoder of each field of `T`: optional ones are wrapped. */
export type Fields<T> = {
  readonly [K in keyof T]-?: {} extends Pick<T, K>
    ? Optional<Exclude<T[K], undefined>>
    : Decoder<T[K]>;
};

/** An answer was not as the interface promises. */
export class DecodeError extends Error {
  constructor(at: string, want: string, got: unknown) {
    super(`decode ${at}: got ${describe(got)}, want ${want}`);
    this.name = "DecodeError";
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object"
    ? "an object"
    : JSON.stringify(value).slice(0, 40);
}

export const string: Decoder<string> = (value, at) => {
  if (typeof value !== "string") throw new DecodeError(at, "a string", value);
  return value;
};

export const boolean: Decoder<boolean> = (value, at) => {
  if (typeof value !== "boolean")
    throw new DecodeError(at, "true or false", value);
  return value;
};

/** Numbers; JSON has no NaN and no infinities, so that they come as strings. */
export const number: Decoder<number> = (value, at) => {
  if (typeof value === "number") return value;
  if (value === "NaN") return NaN;
  if (value === "inf") return Infinity;
  if (value === "-inf") return -Infinity;
  throw new DecodeError(at, "a number", value);
};

/** Any JSON value, as it is. */
export const json: Decoder<Json> = (value, at) => {
  if (
    value === null ||
    typeof value === "boolean" ||
    typeof value === "number" ||
    typeof value === "string"
  ) {
    return value;
  }
  if (Array.isArray(value))
    return value.map((item, i) => json(item, `${at}[${i}]`));
  if (is_object(value)) return tree(value, at);
  throw new DecodeError(at, "a JSON value", value);
};

/** A JSON object. */
export const tree: Decoder<{ readonly [key: string]: Json }> = (value, at) => {
  if (!is_object(value)) throw new DecodeError(at, "an object", value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      json(item, `${at}.${key}`),
    ]),
  );
};

export const context: Decoder<Context> = tree;

export function array<T>(item: Decoder<T>): Decoder<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new DecodeError(at, "a list", value);
    return value.map((one: unknown, i) => item(one, `${at}[${i}]`));
  };
}

export function one_of<T extends string>(words: readonly T[]): Decoder<T> {
  return (value, at) => {
    const found = words.find((word) => word === value);
    if (found === undefined)
      throw new DecodeError(at, words.join(" or "), value);
    return found;
  };
}

export function optional<T>(decoder: Decoder<T>): Optional<T> {
  return { optional: decoder };
}

/** An object with the given fields; unknown ones are left out. */
export function object<T extends object>(fields: Fields<T>): Decoder<T> {
  const entries = Object.entries<Decoder<unknown> | Optional<unknown>>(fields);
  return (value, at) => {
    if (!is_object(value)) throw new DecodeError(at, "an object", value);
    const made: Record<string, unknown> = {};
    for (const [key, field] of entries) {
      const item = value[key];
      if (typeof field === "function") made[key] = field(item, `${at}.${key}`);
      else if (item !== undefined && item !== null)
        made[key] = field.optional(item, `${at}.${key}`);
    }
    return made as T;
  };
}

function is_object(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
