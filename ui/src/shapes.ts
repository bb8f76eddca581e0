// How each shape of schema.ts is read from an answer.

import type { Decoded, Decoder } from "./decode.ts";
import {
  array,
  boolean,
  context,
  json,
  number,
  object,
  one_of,
  optional,
  string,
  tree,
} from "./decode.ts";
import type * as s from "./schema.ts";

export type Metric = Decoded<s.Metric>;
export type Run = Decoded<s.Run>;
export type Runs = Decoded<s.Runs>;
export type RunDetail = Decoded<s.RunDetail>;
export type Finding = Decoded<s.Finding>;
export type MetricField = Decoded<s.MetricField>;
export type Fields = Decoded<s.Fields>;
export type BestRun = Decoded<s.BestRun>;
export type Home = Decoded<s.Home>;
export type Labels = Decoded<s.Labels>;
export type KeptViews = Decoded<s.KeptViews>;

const counted = object<{ name: string; runs: number }>({
  name: string,
  runs: number,
});

export const info: Decoder<s.Info> = object<s.Info>({
  version: string,
  repository: object({ id: string, name: string, path: string }),
  counts: object<s.Counts>({
    runs: number,
    running: number,
    archived: number,
    experiments: number,
    tags: number,
    metrics: number,
    texts: number,
    answers: number,
    logs: number,
  }),
  disk_bytes: number,
  started_at: number,
  problems: array(object<s.Problem>({ run: string, message: string })),
});

const metric: Decoder<Metric> = object<Metric>({
  name: string,
  context,
  count: number,
  first_step: number,
  last_step: number,
  last: number,
  min: optional(number),
  min_step: optional(number),
  max: optional(number),
  max_step: optional(number),
  last_epoch: optional(number),
  nan_step: optional(number),
});

const run_fields = {
  id: string,
  name: string,
  experiment: string,
  description: string,
  status: one_of(["running", "finished", "failed", "crashed", "killed"]),
  status_detail: optional(
    object<s.StatusDetail>({
      message: optional(string),
      exit_code: optional(number),
      signal: optional(number),
    }),
  ),
  created_at: number,
  ended_at: optional(number),
  updated_at: number,
  archived: boolean,
  tags: array(string),
  params: tree,
  metrics: array(metric),
  has: object<s.Has>({
    texts: boolean,
    answers: boolean,
    logs: boolean,
    system: boolean,
  }),
  checkpoints: array(
    object<s.Checkpoint>({ step: number, path: string, is_here: boolean }),
  ),
};

export const run: Decoder<Run> = object<Run>(run_fields);

export const runs: Decoder<Runs> = object<Runs>({
  total: number,
  took_millis: number,
  cursor: string,
  runs: array(run),
});

export const run_detail: Decoder<RunDetail> = object<RunDetail>({
  ...run_fields,
  system: tree,
  series: array(
    object<s.SeriesEntry>({
      name: string,
      context,
      kind: one_of([
        "number",
        "text",
        "log",
        "answer",
        "image",
        "audio",
        "figure",
        "distribution",
        "log_record",
      ]),
      count: number,
      first_step: number,
      last_step: number,
    }),
  ),
  artifacts: number,
  note: string,
  problems: array(string),
  siblings: object<s.Siblings>({
    experiment_runs: number,
    differs: array(string),
    partly: array(string),
  }),
  diagnosis: optional(
    object<s.Diagnosis>({
      sentence: string,
      step: optional(number),
      epoch: optional(number),
      kind: one_of([
        "best",
        "overfits",
        "diverged",
        "failed",
        "running",
        "stopped",
        "short",
      ]),
    }),
  ),
});

export const findings: Decoder<{ findings: Finding[] }> = object<{
  findings: Finding[];
}>({
  findings: array(
    object<Finding>({
      kind: one_of(["best", "diverged", "blind", "failed"]),
      sentence: string,
      runs: array(string),
      metric: optional(
        object<{ name: string; context: s.Context }>({ name: string, context }),
      ),
      value: optional(number),
      margin: optional(number),
      step: optional(number),
      url: string,
    }),
  ),
});

export const fields: Decoder<Fields> = object<Fields>({
  params: array(
    object<s.ParamField>({
      path: string,
      kinds: array(string),
      runs: number,
      distinct: number,
      values: optional(array(json)),
    }),
  ),
  metrics: array(
    object<MetricField>({
      name: string,
      context,
      runs: number,
      points: number,
      is_system: boolean,
      min: optional(number),
      max: optional(number),
    }),
  ),
  texts: array(
    object<s.TextField>({
      name: string,
      context_keys: array(string),
      runs: number,
      points: number,
    }),
  ),
  experiments: array(counted),
  tags: array(
    object<{ name: string; runs: number }>({ name: string, runs: number }),
  ),
});

const view: Decoder<s.View> = object<s.View>({
  name: string,
  url: string,
  kept_at: number,
});

export const kept_views: Decoder<KeptViews> = object<KeptViews>({
  views: array(view),
  before: optional(view),
});

export const signed_in: Decoder<s.SignedIn> = object<s.SignedIn>({
  required: boolean,
  name: optional(string),
  scope: optional(string),
});

const label: Decoder<s.Label> = object<s.Label>({
  name: string,
  color: string,
  description: string,
});

export const labels: Decoder<Labels> = object<Labels>({
  tags: array(label),
  experiments: array(label),
  before: optional(label),
});

export const completion: Decoder<s.Completion> = object<s.Completion>({
  from: number,
  to: number,
  items: array(
    object<s.CompletionItem>({
      insert: string,
      label: string,
      kind: one_of([
        "param",
        "metric",
        "property",
        "function",
        "keyword",
        "value",
      ]),
      detail: string,
    }),
  ),
});

export const home: Decoder<Home> = object<Home>({
  running: array(run),
  latest: array(run),
  best: array(
    object<BestRun>({
      experiment: string,
      metric: string,
      context,
      run,
      value: number,
      step: number,
      runs: number,
    }),
  ),
  activity: array(
    object<{ day: string; runs: number }>({ day: string, runs: number }),
  ),
  experiments: array(
    object<{ name: string; runs: number; last_created_at: number }>({
      name: string,
      runs: number,
      last_created_at: number,
    }),
  ),
  tags: array(counted),
  disk_bytes: number,
});
