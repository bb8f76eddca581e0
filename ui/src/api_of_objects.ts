// The routes of images, audio, figures, distributions, log records, files and kept bytes.

import { address, ask, get } from "./fetch.ts";
import type { Artifacts, ObjectSteps, SeriesKind } from "./schema.ts";
import * as read from "./shapes_of_objects.ts";
import type { Objects } from "./shapes_of_objects.ts";

export type ObjectKind = Extract<
  SeriesKind,
  "image" | "audio" | "figure" | "distribution" | "log_record"
>;

export interface ObjectsQuery {
  readonly kind: ObjectKind;
  readonly name?: string;
  readonly context?: string;
  readonly at?: number;
  readonly steps?: number;
  readonly level?: number;
  readonly find?: string;
  readonly offset?: number;
  readonly limit?: number;
}

const run_path = (id: string): string => `runs/${encodeURIComponent(id)}`;

export const objects = (
  id: string,
  query: ObjectsQuery,
  signal?: AbortSignal,
): Promise<Objects> =>
  get(address(`${run_path(id)}/objects`, { ...query }), read.objects, signal);

/** Where each series of a kind has values. */
export const object_steps = (
  id: string,
  kind: ObjectKind,
  signal?: AbortSignal,
): Promise<ObjectSteps> =>
  get(
    address(`${run_path(id)}/objects/steps`, { kind }),
    read.object_steps,
    signal,
  );

export const artifacts = (
  id: string,
  offset: number,
  limit: number,
  signal?: AbortSignal,
): Promise<Artifacts> =>
  get(
    address(`${run_path(id)}/artifacts`, { offset, limit }),
    read.artifacts,
    signal,
  );

/** The address of kept bytes as a browser shows them. */
export const shown_address = (blob: string, format: string): string =>
  address(`blobs/${blob}`, { type: format });

/** The address of kept bytes as a file of this name. */
export const file_address = (blob: string, name: string): string =>
  address(`blobs/${blob}`, { name });

/** Kept JSON. */
export async function blob_json(
  blob: string,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await ask(
    shown_address(blob, "json"),
    signal === undefined ? {} : { signal },
  );
  return response.json();
}
