// One function per route of docs/http.md, each answer decoded.

import { string, tree } from "./decode.ts";
import { address, ask, get, post } from "./fetch.ts";
import * as read from "./shapes.ts";
import * as read_answers from "./shapes_of_answers.ts";
import * as read_lines from "./shapes_of_lines.ts";
import type {
  AskRequest,
  Completion,
  Edited,
  Edits,
  Info,
  Label,
  Labelled,
  LogHits,
  Logs,
  ParamTree,
  RunAnswerSteps,
  SignedIn,
  Texts,
} from "./schema.ts";
import type {
  AnswerHistory,
  AnswerList,
  AskReply,
  Comparison,
  Models,
} from "./shapes_of_answers.ts";
import type {
  AnswersQuery,
  LogSearch,
  LogsQuery,
  RunsQuery,
  SeriesQuery,
  TextsQuery,
} from "./queries.ts";
import type {
  Fields,
  Finding,
  Home,
  KeptViews,
  Labels,
  RunDetail,
  Runs,
} from "./shapes.ts";

export type Kind = "runs" | "metrics" | "texts";
const run_path = (id: string): string => `runs/${encodeURIComponent(id)}`;

export const info = (signal?: AbortSignal): Promise<Info> =>
  get(address("info"), read.info, signal);

export const home = (signal?: AbortSignal): Promise<Home> =>
  get(address("home"), read.home, signal);

export const fields = (
  q: string,
  kind: Kind,
  signal?: AbortSignal,
): Promise<Fields> => get(address("fields", { q, kind }), read.fields, signal);

export const complete = (
  text: string,
  cursor: number,
  kind: Kind,
  signal?: AbortSignal,
): Promise<Completion> =>
  get(address("complete", { text, cursor, kind }), read.completion, signal);

export const runs = (query: RunsQuery, signal?: AbortSignal): Promise<Runs> =>
  get(address("runs", { ...query }), read.runs, signal);

export const run = (id: string, signal?: AbortSignal): Promise<RunDetail> =>
  get(address(run_path(id)), read.run_detail, signal);

/** The views that people keep. */
export const views = (signal?: AbortSignal): Promise<KeptViews> =>
  get(address("views"), read.kept_views, signal);

/** Keeps a view by its name, in the place of one that is called so. */
export const keep_view = (name: string, url: string): Promise<KeptViews> =>
  post("views", { name, url }, read.kept_views);

export async function forget_view(name: string): Promise<KeptViews> {
  const response = await ask(address("views", { name }), { method: "DELETE" });
  return read.kept_views(await response.json(), "answer");
}

/** The document of the interface itself. */
export const openapi = (signal?: AbortSignal): Promise<ParamTree> =>
  get(address("openapi.json"), tree, signal);

/** Begins a session of this browser with a token. */
export const sign_in = (token: string): Promise<SignedIn> =>
  post("session", { token: token.trim() }, read.signed_in);

/** What people say of tags and experiments. */
export const labels = (signal?: AbortSignal): Promise<Labels> =>
  get(address("labels"), read.labels, signal);

export const set_label = (of: Labelled, label: Label): Promise<Labels> =>
  post("labels", { of, label }, read.labels);

export const findings = async (
  q: string,
  signal?: AbortSignal,
): Promise<Finding[]> =>
  (await get(address("findings", { q }), read.findings, signal)).findings;

export const edit = (edits: Edits): Promise<Edited> =>
  post("edits", edits, read_lines.edited);

export const csv_address = (
  q: string,
  sort: string,
  columns: readonly string[],
): string => address("runs.csv", { q, sort, columns: columns.join(",") });

/** The address of an answer of sampled columns. */
export function series_address(query: SeriesQuery): string {
  const { names, runs: ids, columns, ...rest } = query;
  return address("series", {
    ...rest,
    names: names?.join(","),
    runs: ids?.join(","),
    columns: columns?.join(","),
  });
}

/** Sampled columns of number series as they came; frame.ts reads them. */
export async function series(
  query: SeriesQuery,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  const response = await ask(
    series_address(query),
    signal === undefined ? {} : { signal },
  );
  return response.arrayBuffer();
}

export const logs = (
  id: string,
  query: LogsQuery,
  signal?: AbortSignal,
): Promise<Logs> =>
  get(address(`${run_path(id)}/logs`, { ...query }), read_lines.logs, signal);

export const search_logs = (
  id: string,
  search: LogSearch,
  signal?: AbortSignal,
): Promise<LogHits> =>
  get(
    address(`${run_path(id)}/logs/search`, { ...search }),
    read_lines.log_hits,
    signal,
  );

export const logs_address = (id: string): string =>
  address(`${run_path(id)}/logs.txt`);

/** At which steps runs have answers. */
export const answer_steps = async (
  q: string,
  signal?: AbortSignal,
): Promise<RunAnswerSteps[]> =>
  (await get(address("answers/steps", { q }), read_lines.answer_steps, signal))
    .runs;

/** Answers of one run at one step. */
export const answers = (
  query: AnswersQuery & { readonly run: string; readonly step: number },
  signal?: AbortSignal,
): Promise<AnswerList> =>
  get(address("answers", { ...query }), read_answers.answer_list, signal);

/** Answers of two checkpoints to the same questions; both are written RUN@STEP. */
export const compare_answers = (
  query: AnswersQuery & { readonly a: string; readonly b: string },
  signal?: AbortSignal,
): Promise<Comparison> =>
  get(
    address("answers/compare", { ...query }),
    read_answers.comparison,
    signal,
  );

/** One question at every step of a run. */
export const answer_history = (
  run: string,
  question: string,
  signal?: AbortSignal,
): Promise<AnswerHistory> =>
  get(
    address("answers/history", { run, question }),
    read_answers.answer_history,
    signal,
  );

/** Checkpoints that can be asked. */
export const models = (signal?: AbortSignal): Promise<Models> =>
  get(address("models"), read_answers.models, signal);

export const ask_models = (request: AskRequest): Promise<AskReply> =>
  post("ask", request, read_answers.ask_reply);

export const texts = (
  query: TextsQuery,
  signal?: AbortSignal,
): Promise<Texts> =>
  get(address("texts", { ...query }), read_lines.texts, signal);

/** The whole of one text, as plain text. */
export async function text(
  id: string,
  name: string,
  context: string,
  step: number,
): Promise<string> {
  const response = await ask(
    address(`${run_path(id)}/text`, { name, context, step }),
    {},
  );
  return string(await response.text(), "text");
}
