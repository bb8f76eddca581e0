// The only file that calls fetch: requests to the server this page came from, answers decoded, errors in its words.

import { signal } from "@preact/signals";
import type { Decoder } from "./decode.ts";
import { tree } from "./decode.ts";
import type { QueryPosition } from "./schema.ts";
import { position as read_position } from "./shapes_of_lines.ts";

/** Whether the server wants to know who asks, and does not. */
export const needs_sign_in = signal(false);

export type Values = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/** What went wrong, in the server's words; `code` is `unreachable` when there was no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly position: QueryPosition | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { hint?: string; position?: QueryPosition } = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.hint = more.hint;
    this.position = more.position;
  }
}

/** The address of a route with its parameters; absent, empty and false ones are left out. */
export function address(route: string, values: Values = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || value === "" || value === false) continue;
    search.set(key, value === true ? "1" : String(value));
  }
  const text = search.toString();
  return `/api/v1/${route}${text === "" ? "" : `?${text}`}`;
}

export async function ask(
  url: string,
  options: RequestInit,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new ApiError(0, "unreachable", "No answer from the server");
  }
  if (!response.ok) {
    const error = await error_of(response);
    if (error.code === "sign_in") needs_sign_in.value = true;
    throw error;
  }
  return response;
}

async function error_of(response: Response): Promise<ApiError> {
  const fallback = new ApiError(
    response.status,
    "internal",
    `The server answered ${response.status}`,
  );
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== "object" || body === null) return fallback;
  const fields = tree(body, "error");
  const { code, message, hint, position } = fields;
  if (typeof code !== "string" || typeof message !== "string") return fallback;
  return new ApiError(response.status, code, message, {
    ...(typeof hint === "string" ? { hint } : {}),
    ...(position === undefined || position === null
      ? {}
      : { position: read_position(position, "error.position") }),
  });
}

export async function get<T>(
  url: string,
  decoder: Decoder<T>,
  signal?: AbortSignal,
): Promise<T> {
  const response = await ask(url, signal === undefined ? {} : { signal });
  return decoder(await response.json(), "answer");
}

export async function post<T>(
  route: string,
  body: unknown,
  decoder: Decoder<T>,
): Promise<T> {
  const response = await ask(address(route), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return decoder(await response.json(), "answer");
}

/** An answer as it came, whatever its status. */
export interface Tried {
  readonly url: string;
  readonly status: number;
  readonly media_type: string;
  readonly n_bytes: number;
  readonly millis: number;
  /** Its text; none for bytes. */
  readonly text: string | undefined;
}

/** Asks an address of the interface, and says what came. */
export async function try_route(url: string): Promise<Tried> {
  const began = performance.now();
  const response = await fetch(url);
  const body = await response.arrayBuffer();
  const media_type = response.headers.get("content-type") ?? "";
  const is_text = /^text\/|^application\/json/.test(media_type);
  return {
    url,
    status: response.status,
    media_type,
    n_bytes: body.byteLength,
    millis: performance.now() - began,
    text: is_text ? new TextDecoder().decode(body) : undefined,
  };
}
