// What a query that is right but finds nothing gets told: which values the fields it speaks of have.

import type { JSX } from "preact";
import * as api from "../api.ts";
import { param } from "../math/format.ts";
import { short_name } from "../math/params.ts";
import { use_request } from "../request.ts";
import type { ParamField } from "../schema.ts";

/** Says which values exist. */
export function NothingFound({ q }: { q: string }): JSX.Element {
  const look = use_request("fields runs ", (signal) =>
    api.fields("", "runs", signal),
  );
  const words = new Set(q.match(/\w+/g) ?? []);
  const named = (look.data?.params ?? []).filter((field) =>
    words.has(short_name(field.path)),
  );
  const facts = named
    .slice(0, 3)
    .map((field) => `${short_name(field.path)} is ${values_of(field)} here`);
  return (
    <>Valid, but nothing matches{facts.length > 0 && `: ${facts.join("; ")}`}</>
  );
}

function values_of(field: ParamField): string {
  const values = field.values;
  if (values === undefined || values.length === 0)
    return `one of ${field.distinct} values`;
  const numbers = values.filter((value) => typeof value === "number");
  const [low, high] = [numbers[0], numbers[numbers.length - 1]];
  if (numbers.length === values.length && values.length > 3)
    return `${param(low)} to ${param(high)}`;
  return (
    values.slice(0, 6).map(param).join(", ") + (values.length > 6 ? " …" : "")
  );
}
