// Generated from crates/server/src/dto by `TRAILMARK_WRITE=1 cargo test -p trailmark-server schema`; do not edit.
// What goes over the wire, as docs/http.md names it.

export type Real = number | "NaN" | "inf" | "-inf";

export type Json = null | boolean | number | string | readonly Json[] | ParamTree;

export type ParamTree = {
  readonly [key: string]: Json;
};

export type Context = ParamTree;

// What an answer with an error status holds.
export type ErrorBody = {
  status: number;
  code: string;
  message: string;
  hint?: string;
  position?: QueryPosition;
};

// Where a query is wrong.
export type QueryPosition = {
  start: number;
  end: number;
  line: number;
  column: number;
  expected?: string;
  nearest?: string;
};

// `GET /api/v1/info`.
export type Info = {
  version: string;
  repository: RepositoryInfo;
  counts: Counts;
  disk_bytes: number;
  started_at: number;
  problems: Array<Problem>;
};

// A repository.
export type RepositoryInfo = {
  id: string;
  name: string;
  path: string;
};

// How much a repository holds.
export type Counts = {
  runs: number;
  running: number;
  archived: number;
  experiments: number;
  tags: number;
  metrics: number;
  texts: number;
  answers: number;
  logs: number;
};

// Something that could not be read.
export type Problem = {
  run: string;
  message: string;
};

// `GET /api/v1/fields`.
export type Fields = {
  params: Array<ParamField>;
  metrics: Array<MetricField>;
  texts: Array<TextField>;
  experiments: Array<Named>;
  tags: Array<Named>;
};

// A param that some runs have.
export type ParamField = {
  path: string;
  kinds: Array<string>;
  runs: number;
  distinct: number;
  values?: Array<Json>;
};

// A number series that some runs have.
export type MetricField = {
  name: string;
  context: ParamTree;
  runs: number;
  points: number;
  is_system: boolean;
  min?: Real;
  max?: Real;
};

// A text series that some runs have.
export type TextField = {
  name: string;
  context_keys: Array<string>;
  runs: number;
  points: number;
};

// A name and how many runs have it.
export type Named = {
  name: string;
  runs: number;
};

// `GET /api/v1/complete`.
export type Completion = {
  from: number;
  to: number;
  items: Array<CompletionItem>;
};

// Something that fits.
export type CompletionItem = {
  insert: string;
  label: string;
  kind: CompletionKind;
  detail: string;
};

// What a completion is.
export type CompletionKind = "param" | "metric" | "property" | "function" | "keyword" | "value";

// `GET /api/v1/home`.
export type Home = {
  running: Array<Run>;
  latest: Array<Run>;
  best: Array<BestRun>;
  activity: Array<Activity>;
  experiments: Array<ExperimentCount>;
  tags: Array<Named>;
  disk_bytes: number;
};

// The best run of an experiment.
export type BestRun = {
  experiment: string;
  metric: string;
  context: ParamTree;
  run: Run;
  value: Real;
  step: number;
  runs: number;
};

// Runs of a day.
export type Activity = {
  day: string;
  runs: number;
};

// An experiment and its size.
export type ExperimentCount = {
  name: string;
  runs: number;
  last_created_at: number;
};

// `GET /api/v1/search`.
export type Hits = {
  total: number;
  took_millis: number;
  items: Array<Hit>;
};

// A series, a file or an answer that a query found: it has the fields of its kind.
export type Hit = {
  run: string;
  name: string;
  context?: ParamTree;
  count?: number;
  first_step?: number;
  last_step?: number;
  last?: Real;
  min?: Real;
  max?: Real;
  bytes?: number;
  hash?: string;
  uri?: string;
  step?: number;
  question?: string;
  answer?: string;
  score?: Real;
  exact?: number;
  f1?: number;
};

// `GET /api/v1/runs`.
export type Runs = {
  total: number;
  took_millis: number;
  cursor: string;
  runs: Array<Run>;
};

// A run as tables show it.
export type Run = {
  id: string;
  name: string;
  experiment: string;
  description: string;
  status: Status;
  status_detail?: StatusDetail;
  created_at: number;
  ended_at?: number;
  updated_at: number;
  archived: boolean;
  tags: Array<string>;
  params: ParamTree;
  metrics: Array<Metric>;
  has: Has;
  checkpoints: Array<Checkpoint>;
};

// How a run stands.
export type Status = "running" | "finished" | "failed" | "crashed" | "killed";

// How a run ended.
export type StatusDetail = {
  message?: string;
  exit_code?: number;
  signal?: number;
};

// What a number series of a run comes to.
export type Metric = {
  name: string;
  context: ParamTree;
  count: number;
  first_step: number;
  last_step: number;
  last: Real;
  min?: Real;
  min_step?: number;
  max?: Real;
  max_step?: number;
  last_epoch?: number;
  nan_step?: number;
};

// What a run has beside numbers.
export type Has = {
  texts: boolean;
  answers: boolean;
  logs: boolean;
  system: boolean;
};

// A checkpoint.
export type Checkpoint = {
  step: number;
  path: string;
  is_here: boolean;
};

// `GET /api/v1/runs/{id}`.
export type RunDetail = {
  system: ParamTree;
  series: Array<SeriesEntry>;
  artifacts: number;
  note: string;
  problems: Array<string>;
  siblings: Siblings;
  diagnosis?: Diagnosis;
  id: string;
  name: string;
  experiment: string;
  description: string;
  status: Status;
  status_detail?: StatusDetail;
  created_at: number;
  ended_at?: number;
  updated_at: number;
  archived: boolean;
  tags: Array<string>;
  params: ParamTree;
  metrics: Array<Metric>;
  has: Has;
  checkpoints: Array<Checkpoint>;
};

// A series of a run.
export type SeriesEntry = {
  name: string;
  context: ParamTree;
  kind: SeriesKind;
  count: number;
  first_step: number;
  last_step: number;
};

// What the points of a series are.
export type SeriesKind = "number" | "text" | "log" | "answer" | "image" | "audio" | "figure" | "distribution" | "log_record";

// The other runs of the experiment.
export type Siblings = {
  experiment_runs: number;
  differs: Array<string>;
  partly: Array<string>;
};

// What the curves of a run say.
export type Diagnosis = {
  sentence: string;
  step?: number;
  epoch?: number;
  kind: DiagnosisKind;
};

// Kinds of diagnoses.
export type DiagnosisKind = "best" | "overfits" | "diverged" | "failed" | "running" | "stopped" | "short";

// `GET /api/v1/findings`.
export type Findings = {
  findings: Array<Finding>;
};

// Something worth knowing about the runs of a table.
export type Finding = {
  kind: FindingKind;
  sentence: string;
  runs: Array<string>;
  metric?: SeriesName;
  value?: Real;
  margin?: number;
  step?: number;
  url: string;
};

// Kinds of findings.
export type FindingKind = "best" | "diverged" | "blind" | "failed";

// Names a series inside its run.
export type SeriesName = {
  name: string;
  context: ParamTree;
};

// `POST /api/v1/edits`.
export type Edits = {
  runs: Array<string>;
  edit: Edit;
};

// One change.
export type Edit = { "name": string } | { "experiment": string } | { "description": string } | { "note": string } | { "add_tag": string } | { "remove_tag": string } | { "archived": boolean } | { "deleted": boolean } | { "points": DeletePoints } | { "artifact": DeleteArtifact };

// Points to delete or restore.
export type DeletePoints = {
  name: string;
  context: ParamTree;
  step?: number;
  is_deleted: boolean;
};

// A file to delete or restore.
export type DeleteArtifact = {
  name: string;
  is_deleted: boolean;
};

// What an edit answers.
export type Edited = {
  edited: number;
  undo: Array<Edits>;
};

// The header of `GET /api/v1/series`.
export type SeriesHeader = {
  total: number;
  took_millis: number;
  cursor: string;
  series: Array<SeriesHead>;
};

// A series whose points are here.
export type SeriesHead = {
  run: string;
  name: string;
  context: ParamTree;
  count: number;
  rows: number;
  is_sampled: boolean;
  columns: Columns;
};

// Columns by what they hold.
export type Columns = {
  step?: Column;
  epoch?: Column;
  time?: Column;
  value?: Column;
};

// How a column is laid out.
export type Column = { "as": "range", start: number, stride: number, } | { "as": "u32", at: number, start: number, } | { "as": "f32", at: number, } | { "as": "f64", at: number, };

// `GET /api/v1/texts`.
export type Texts = {
  total: number;
  took_millis: number;
  texts: Array<Text>;
};

// A tracked text.
export type Text = {
  run: string;
  name: string;
  context: ParamTree;
  step: number;
  epoch?: number;
  time: number;
  text: string;
  bytes: number;
  is_cut: boolean;
};

// `GET /api/v1/runs/{id}/logs`.
export type Logs = {
  total: number;
  lines: Array<LogLine>;
};

// A line of the terminal.
export type LogLine = {
  n: number;
  time: number;
  stream: Stream;
  text: string;
  step?: number;
};

// One of the two outputs of a process.
export type Stream = "stdout" | "stderr";

// `GET /api/v1/runs/{id}/logs/search`.
export type LogHits = {
  total: number;
  lines: Array<number>;
};

// `GET /api/v1/runs/{id}/objects`.
export type Objects = {
  total: number;
  took_millis: number;
  levels: Array<LevelCount>;
  objects: Array<TrackedObject>;
};

// Messages of a level.
export type LevelCount = {
  level: number;
  count: number;
};

// One value of a series.
export type TrackedObject = {
  name: string;
  context: ParamTree;
  step: number;
  epoch?: number;
  time: number;
  index: number;
  of: number;
  value: ObjectValue;
};

// What a value is, by its kind.
export type ObjectValue = { "image": ImageValue } | { "audio": AudioValue } | { "figure": FigureValue } | { "distribution": DistributionValue } | { "log_record": LogRecordValue };

// A picture.
export type ImageValue = {
  blob: string;
  bytes: number;
  format: string;
  width: number;
  height: number;
  caption: string;
};

// A sound.
export type AudioValue = {
  blob: string;
  bytes: number;
  format: string;
  caption: string;
};

// A figure.
export type FigureValue = {
  blob: string;
  bytes: number;
  caption: string;
};

// A histogram of bins of equal width.
export type DistributionValue = {
  low: Real;
  high: Real;
  weights: Array<Real>;
};

// A message with its severity.
export type LogRecordValue = {
  level: number;
  message: string;
  is_cut: boolean;
  extra: ParamTree;
  file?: string;
  line?: number;
};

// `GET /api/v1/runs/{id}/objects/steps`.
export type ObjectSteps = {
  series: Array<SeriesSteps>;
};

// Where a series has values.
export type SeriesSteps = {
  name: string;
  context: ParamTree;
  total: number;
  most: number;
  steps: Array<number>;
};

// `GET /api/v1/runs/{id}/artifacts`.
export type Artifacts = {
  total: number;
  bytes: number;
  artifacts: Array<ArtifactEntry>;
};

// A file of a run.
export type ArtifactEntry = {
  name: string;
  blob?: string;
  bytes?: number;
  is_here: boolean;
  uri: string;
};

// `GET /api/v1/answers/steps`.
export type AnswerSteps = {
  runs: Array<RunAnswerSteps>;
};

// At which steps a run has answers.
export type RunAnswerSteps = {
  run: string;
  name: string;
  steps: Array<AnswerStep>;
};

// Answers of one step in figures.
export type AnswerStep = {
  step: number;
  epoch?: number;
  total: number;
  right: number;
  partly: number;
  wrong: number;
  exact_match: number;
  f1: number;
};

// Answers in figures.
export type Summary = {
  total: number;
  right: number;
  partly: number;
  wrong: number;
  exact_match: number;
  f1: number;
};

// How good an answer is.
export type Verdict = "right" | "partly" | "wrong";

// Verdicts through the last checkpoints of a run, five at most.
export type Strip = {
  steps: Array<StripStep>;
  verdicts: { [key in string]: string };
};

// A checkpoint of a strip.
export type StripStep = {
  step: number;
  epoch?: number;
};

// The strips of two runs.
export type Strips = {
  a: Strip;
  b: Strip;
};

// `GET /api/v1/answers`.
export type AnswerList = {
  total: number;
  summary: Summary;
  leak?: Leak;
  strip: Strip;
  answers: Array<AnswerRow>;
  contexts: { [key in string]: string };
};

// A question and what was answered.
export type AnswerRow = {
  question_key: string;
  question: string;
  context_id: string;
  golds: Array<string>;
  answer: string;
  start: number;
  end: number;
  score: Real;
  null_score?: Real;
  exact_match: number;
  f1: number;
  verdict: Verdict;
  millis: number;
  others: Array<Candidate>;
};

// An answer with its verdict.
export type Answer = {
  answer: string;
  start: number;
  end: number;
  score: Real;
  null_score?: Real;
  exact_match: number;
  f1: number;
  verdict: Verdict;
  millis: number;
  others: Array<Candidate>;
};

// A possible answer.
export type Candidate = {
  text: string;
  start: number;
  end: number;
  score: Real;
};

// Paragraphs that are in training and in evaluation.
export type Leak = {
  shared_paragraphs: number;
  eval_paragraphs: number;
  questions: number;
};

// `GET /api/v1/answers/compare`.
export type Comparison = {
  total: number;
  summary: ComparisonSummary;
  leak?: Leak;
  strips: Strips;
  rows: Array<Pair>;
  contexts: { [key in string]: string };
};

// Two sets of answers in figures.
export type ComparisonSummary = {
  total: number;
  fixed: number;
  broken: number;
  both_wrong: number;
  both_right: number;
  only_a: number;
  only_b: number;
  exact_match: Difference;
  f1: Difference;
};

// A difference of means in points of percent.
export type Difference = {
  a: number;
  b: number;
  difference: number;
  low: number;
  high: number;
  p: number;
};

// How an answer changed from A to B; right means EM 1.
export type Change = "fixed" | "broken" | "both_wrong" | "both_right";

// A question that both answered.
export type Pair = {
  question_key: string;
  question: string;
  context_id: string;
  golds: Array<string>;
  change: Change;
  a: Answer;
  b: Answer;
};

// `GET /api/v1/answers/history`.
export type AnswerHistory = {
  question_key: string;
  question: string;
  context_id: string;
  context: string;
  golds: Array<string>;
  steps: Array<HistoryStep>;
};

// What was answered at a step.
export type HistoryStep = {
  step: number;
  epoch?: number;
  answer: string;
  start: number;
  end: number;
  score: Real;
  null_score?: Real;
  exact_match: number;
  f1: number;
  verdict: Verdict;
  millis: number;
  others: Array<Candidate>;
};

// `GET /api/v1/models`.
export type Models = {
  models: Array<Model>;
  best?: string;
};

// A checkpoint that can be asked.
export type Model = {
  id: string;
  run: string;
  name: string;
  step: number;
  path: string;
  f1?: Real;
};

// `POST /api/v1/ask`.
export type AskRequest = {
  models: Array<string>;
  context: string;
  questions: Array<string>;
  top_k?: number;
  record?: AskRecord;
};

// Where questions and answers are kept.
export type AskRecord = {
  run: string | null;
};

// What asking answers.
export type AskReply = {
  answers: Array<AskModel>;
  recorded?: string;
};

// What a model answers.
export type AskModel = {
  model: string;
  millis: number;
  answers: Array<AskAnswer>;
};

// An answered question.
export type AskAnswer = {
  question: string;
  answer: string;
  start: number;
  end: number;
  score: Real;
  others: Array<Candidate>;
};

// The first event of a stream.
export type Hello = {
  cursor: string;
  version: string;
};

// Runs grew, changed, ended, came or went.
export type Changed = {
  cursor: string;
  runs: Array<string>;
  new: Array<string>;
  gone: Array<string>;
};

// All kept views.
export type KeptViews = {
  views: Array<View>;
  before?: View;
};

// A view of the page that somebody kept.
export type View = {
  name: string;
  url: string;
  kept_at: number;
};

// A view to keep.
export type KeepView = {
  name: string;
  url: string;
};

// `GET /api/v1/labels`.
export type Labels = {
  tags: Array<Label>;
  experiments: Array<Label>;
  before?: Label;
};

// What people say of one tag or experiment.
export type Label = {
  name: string;
  color: string;
  description: string;
};

// `POST /api/v1/labels`.
export type SetLabel = {
  of: Labelled;
  label: Label;
};

// What can have a label.
export type Labelled = "tag" | "experiment";

// `GET /api/v1/session`.
export type SignedIn = {
  required: boolean;
  name?: string;
  scope?: string;
};

// `POST /api/v1/session`.
export type BeginSession = {
  token: string;
};
