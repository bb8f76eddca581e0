// How logs, texts, edits and changes are read from an answer.

import type { Decoder } from "./decode.ts";
import {
  array,
  boolean,
  context,
  number,
  object,
  one_of,
  optional,
  string,
  tree,
} from "./decode.ts";
import type * as s from "./schema.ts";

export const logs: Decoder<s.Logs> = object<s.Logs>({
  total: number,
  lines: array(
    object<s.LogLine>({
      n: number,
      time: number,
      stream: one_of(["stdout", "stderr"]),
      text: string,
      step: optional(number),
    }),
  ),
});

export const log_hits: Decoder<s.LogHits> = object<s.LogHits>({
  total: number,
  lines: array(number),
});

export const texts: Decoder<s.Texts> = object<s.Texts>({
  total: number,
  took_millis: number,
  texts: array(
    object<s.Text>({
      run: string,
      name: string,
      context,
      step: number,
      epoch: optional(number),
      time: number,
      text: string,
      bytes: number,
      is_cut: boolean,
    }),
  ),
});

const points = object<s.DeletePoints>({
  name: string,
  context,
  step: optional(number),
  is_deleted: boolean,
});

const artifact = object<s.DeleteArtifact>({
  name: string,
  is_deleted: boolean,
});

const edit: Decoder<s.Edit> = (value, at) => {
  const fields = tree(value, at);
  const [key, item] = Object.entries(fields)[0] ?? [];
  switch (key) {
    case "name":
      return { name: string(item, at) };
    case "experiment":
      return { experiment: string(item, at) };
    case "description":
      return { description: string(item, at) };
    case "note":
      return { note: string(item, at) };
    case "add_tag":
      return { add_tag: string(item, at) };
    case "remove_tag":
      return { remove_tag: string(item, at) };
    case "archived":
      return { archived: boolean(item, at) };
    case "points":
      return { points: points(item, at) };
    case "artifact":
      return { artifact: artifact(item, at) };
    default:
      return { deleted: boolean(fields["deleted"], `${at}.deleted`) };
  }
};

export const edited: Decoder<s.Edited> = object<s.Edited>({
  edited: number,
  undo: array(object<s.Edits>({ runs: array(string), edit })),
});

export const changed: Decoder<s.Changed> = object<s.Changed>({
  cursor: string,
  runs: array(string),
  new: array(string),
  gone: array(string),
});

export const position: Decoder<s.QueryPosition> = object<s.QueryPosition>({
  start: number,
  end: number,
  line: number,
  column: number,
  expected: optional(string),
  nearest: optional(string),
});

export const answer_steps: Decoder<s.AnswerSteps> = object<s.AnswerSteps>({
  runs: array(
    object<s.RunAnswerSteps>({
      run: string,
      name: string,
      steps: array(
        object<s.AnswerStep>({
          step: number,
          epoch: optional(number),
          total: number,
          right: number,
          partly: number,
          wrong: number,
          exact_match: number,
          f1: number,
        }),
      ),
    }),
  ),
});
