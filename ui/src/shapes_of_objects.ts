// How images, audio, figures, distributions, log records and files are read from an answer.

import type { Decoded, Decoder } from "./decode.ts";
import {
  DecodeError,
  array,
  boolean,
  context,
  number,
  object,
  optional,
  string,
  tree,
} from "./decode.ts";
import type * as s from "./schema.ts";

export type ImageValue = Decoded<s.ImageValue>;
export type AudioValue = Decoded<s.AudioValue>;
export type FigureValue = Decoded<s.FigureValue>;
export type DistributionValue = Decoded<s.DistributionValue>;
export type LogRecordValue = s.LogRecordValue;

/** What a value is: one of these is there. */
export interface ObjectValue {
  readonly image?: ImageValue;
  readonly audio?: AudioValue;
  readonly figure?: FigureValue;
  readonly distribution?: DistributionValue;
  readonly log_record?: LogRecordValue;
}

export type TrackedObject = Omit<s.TrackedObject, "value"> & {
  readonly value: ObjectValue;
};

export interface Objects {
  readonly total: number;
  readonly levels: readonly s.LevelCount[];
  readonly objects: readonly TrackedObject[];
}

const image = object<ImageValue>({
  blob: string,
  bytes: number,
  format: string,
  width: number,
  height: number,
  caption: string,
});
const audio = object<AudioValue>({
  blob: string,
  bytes: number,
  format: string,
  caption: string,
});
const figure = object<FigureValue>({
  blob: string,
  bytes: number,
  caption: string,
});
const distribution = object<DistributionValue>({
  low: number,
  high: number,
  weights: array(number),
});
const log_record = object<LogRecordValue>({
  level: number,
  message: string,
  is_cut: boolean,
  extra: tree,
  file: optional(string),
  line: optional(number),
});

const value_fields = object<ObjectValue>({
  image: optional(image),
  audio: optional(audio),
  figure: optional(figure),
  distribution: optional(distribution),
  log_record: optional(log_record),
});

const value: Decoder<ObjectValue> = (given, at) => {
  const read = value_fields(given, at);
  if (Object.keys(read).length === 0)
    throw new DecodeError(at, "a value of a known kind", given);
  return read;
};

export const objects: Decoder<Objects> = object<Objects>({
  total: number,
  levels: array(object<s.LevelCount>({ level: number, count: number })),
  objects: array(
    object<TrackedObject>({
      name: string,
      context,
      step: number,
      epoch: optional(number),
      time: number,
      index: number,
      of: number,
      value,
    }),
  ),
});

export const object_steps: Decoder<s.ObjectSteps> = object<s.ObjectSteps>({
  series: array(
    object<s.SeriesSteps>({
      name: string,
      context,
      total: number,
      most: number,
      steps: array(number),
    }),
  ),
});

export const artifacts: Decoder<s.Artifacts> = object<s.Artifacts>({
  total: number,
  bytes: number,
  artifacts: array(
    object<s.ArtifactEntry>({
      name: string,
      blob: optional(string),
      bytes: optional(number),
      is_here: boolean,
      uri: string,
    }),
  ),
});
