// The document of the interface as the page shows it: routes with their parameters, bodies and answers, references
// followed. What the page does not understand of it is left out, not an error.

import { is_tree } from "./math/params.ts";
import type { Json, ParamTree } from "./schema.ts";

/** A field of a route: in its path, its search, or a header. */
export interface Parameter {
  readonly name: string;
  readonly place: "path" | "query" | "header";
  readonly about: string;
  readonly is_required: boolean;
  readonly schema: ParamTree;
  readonly example: string;
}

/** What is sent, or what comes back. */
export interface Content {
  readonly media_type: string;
  readonly schema: ParamTree;
  readonly example: Json | undefined;
}

export interface Answer {
  readonly status: string;
  readonly about: string;
  readonly contents: readonly Content[];
}

/** A method of a path. */
export interface Route {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly about: string;
  readonly tag: string;
  readonly parameters: readonly Parameter[];
  readonly body: Content | undefined;
  readonly answers: readonly Answer[];
}

export interface Section {
  readonly name: string;
  readonly about: string;
  readonly routes: readonly Route[];
}

/** The document, read. */
export interface Interface {
  readonly title: string;
  readonly version: string;
  readonly about: string;
  readonly wants_token: boolean;
  readonly sections: readonly Section[];
  readonly document: ParamTree;
}

/** A line of a shape: a field with what it can be, `depth` fields down. */
export interface Line {
  readonly depth: number;
  readonly name: string;
  readonly type: string;
  readonly is_required: boolean;
  readonly about: string;
}

const methods = ["get", "post", "put", "delete"] as const;
const deepest = 4;

const tree_of = (value: Json | undefined): ParamTree =>
  is_tree(value) ? value : {};
const list_of = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];
const text_of = (value: Json | undefined): string =>
  typeof value === "string" ? value : "";

/** Reads the document. */
export function read_interface(document: ParamTree): Interface {
  const info = tree_of(document["info"]);
  const routes = Object.entries(tree_of(document["paths"])).flatMap(
    ([path, item]) =>
      methods.flatMap((method) => {
        const operation = tree_of(item)[method];
        return operation === undefined
          ? []
          : [route_of(document, method, path, tree_of(operation))];
      }),
  );
  const sections = list_of(document["tags"]).map((tag) => {
    const name = text_of(tree_of(tag)["name"]);
    return {
      name,
      about: text_of(tree_of(tag)["description"]),
      routes: routes.filter((route) => route.tag === name),
    };
  });
  return {
    title: text_of(info["title"]),
    version: text_of(info["version"]),
    about: text_of(info["description"]),
    wants_token: list_of(document["security"]).length > 0,
    sections,
    document,
  };
}

function route_of(
  document: ParamTree,
  method: string,
  path: string,
  operation: ParamTree,
): Route {
  const body = tree_of(operation["requestBody"])["content"];
  return {
    id: text_of(operation["operationId"]),
    method,
    path,
    summary: text_of(operation["summary"]),
    about: text_of(operation["description"]),
    tag: text_of(list_of(operation["tags"])[0]),
    parameters: list_of(operation["parameters"]).flatMap(parameter_of),
    body: contents_of(body)[0],
    answers: Object.entries(tree_of(operation["responses"])).map(
      ([status, response]) => {
        const { description, content } = follow(document, tree_of(response));
        return {
          status,
          about: text_of(description),
          contents: contents_of(content),
        };
      },
    ),
  };
}

function parameter_of(value: Json): Parameter[] {
  const parameter = tree_of(value);
  const place = parameter["in"];
  if (place !== "path" && place !== "query" && place !== "header") return [];
  const example = parameter["example"];
  return [
    {
      name: text_of(parameter["name"]),
      place,
      about: text_of(parameter["description"]),
      is_required: parameter["required"] === true,
      schema: tree_of(parameter["schema"]),
      example: example === undefined ? "" : String(example),
    },
  ];
}

function contents_of(content: Json | undefined): Content[] {
  return Object.entries(tree_of(content)).map(([media_type, value]) => ({
    media_type,
    schema: tree_of(tree_of(value)["schema"]),
    example: tree_of(value)["example"],
  }));
}

/** What a reference names; anything else as it is. */
export function follow(document: ParamTree, value: ParamTree): ParamTree {
  const reference = value["$ref"];
  if (typeof reference !== "string") return value;
  const parts = reference.replace(/^#\//, "").split("/");
  return parts.reduce((at, part) => tree_of(at[part]), document);
}

const reference_name = (schema: ParamTree): string =>
  text_of(schema["$ref"]).split("/").at(-1) ?? "";

/** The type of a schema in a few words: `Run[]`, `integer 0…`, `"a" | "b"`. */
export function say_type(schema: ParamTree): string {
  if (schema["$ref"] !== undefined) return reference_name(schema);
  const words = list_of(schema["enum"]);
  if (words.length > 0)
    return words.map((word) => JSON.stringify(word)).join(" | ");
  const either = list_of(schema["oneOf"]);
  if (either.length > 0)
    return either.map((one) => say_type(tree_of(one))).join(" | ");
  const type = schema["type"];
  if (Array.isArray(type)) return type.map(String).join(" | ");
  if (type === "array") return `${say_type(tree_of(schema["items"]))}[]`;
  if (type === "object" && is_tree(schema["additionalProperties"]))
    return `{ name: ${say_type(schema["additionalProperties"])} }`;
  if (type === "integer" || type === "number") return text_of(type);
  return text_of(type) || "any";
}

/** The bounds of a schema: `0…2^53 − 1`, `at most 200 characters`, `^/…$`. */
export function say_bounds(schema: ParamTree): string {
  const {
    minimum,
    maximum,
    minItems,
    maxItems,
    maxLength,
    pattern,
    format,
    default: usual,
  } = schema;
  const said: string[] = [];
  if (typeof minimum === "number" || typeof maximum === "number")
    said.push(`${say_number(minimum)} … ${say_number(maximum)}`);
  if (typeof maxItems === "number")
    said.push(`${say_number(minItems ?? 0)} … ${say_number(maxItems)} items`);
  if (typeof maxLength === "number")
    said.push(`at most ${say_number(maxLength)} characters`);
  if (typeof format === "string" && !/^u?int|float|double/.test(format))
    said.push(format);
  if (typeof pattern === "string") said.push(`like ${pattern}`);
  if (usual !== undefined) said.push(`${String(usual)} unless said`);
  return said.join(", ");
}

/** Powers of two, as they are bounds, are shorter so. */
function say_number(value: Json | undefined): string {
  if (typeof value !== "number") return "";
  const size = Math.abs(value);
  if (size < 2 ** 53 - 1) return value.toLocaleString("en-US");
  const power = Math.round(Math.log2(size));
  const less = value > 0 ? " − 1" : "";
  return `${value < 0 ? "−" : ""}2^${power}${less}`;
}

/** The fields of a shape, those of shapes inside it below them. */
export function shape_lines(document: ParamTree, schema: ParamTree): Line[] {
  const lines: Line[] = [];
  add_lines(document, schema, { lines, depth: 0, within: [] });
  return lines;
}

interface Adding {
  readonly lines: Line[];
  readonly depth: number;
  /** Names of the shapes that this one is inside of. */
  readonly within: readonly string[];
}

function add_lines(document: ParamTree, of: ParamTree, to: Adding): void {
  const name = reference_name(of);
  if (to.depth > deepest || to.within.includes(name)) return;
  const within = name === "" ? to.within : [...to.within, name];
  const schema = follow(document, of);
  const inside = { ...to, within };
  for (const one of list_of(schema["allOf"]))
    add_lines(document, tree_of(one), inside);
  for (const one of list_of(schema["oneOf"]))
    if (is_shape(tree_of(one), document))
      add_lines(document, tree_of(one), inside);
  const items = schema["items"];
  if (items !== undefined) add_lines(document, tree_of(items), inside);
  if (is_tree(schema["additionalProperties"]))
    add_lines(document, schema["additionalProperties"], inside);
  const required = list_of(schema["required"]);
  for (const [field, value] of Object.entries(tree_of(schema["properties"]))) {
    const inner = tree_of(value);
    to.lines.push({
      depth: to.depth,
      name: field,
      type: say_type(inner),
      is_required: required.includes(field),
      about: text_of(inner["description"]),
    });
    add_lines(document, inner, { ...inside, depth: to.depth + 1 });
  }
}

const is_shape = (schema: ParamTree, document: ParamTree): boolean =>
  follow(document, schema)["properties"] !== undefined;

/** The address of a route with values for its parameters; empty ones are left out. */
export function address_of(
  route: Route,
  values: Readonly<Record<string, string>>,
): string {
  const value = (name: string): string => values[name] ?? "";
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(value(name)),
  );
  const search = new URLSearchParams();
  for (const { name, place } of route.parameters)
    if (place === "query" && value(name) !== "") search.set(name, value(name));
  const text = search.toString();
  return `${path}${text === "" ? "" : `?${text}`}`;
}

/** Whether a route has all the words in its path, its summary or the names of its parameters. */
export function finds(route: Route, words: string): boolean {
  const names = route.parameters.map((parameter) => parameter.name).join(" ");
  const text =
    `${route.method} ${route.path} ${route.summary} ${names}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
