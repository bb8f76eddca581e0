// What the routes of docs/http.md can be asked for: the parameters of lists, series, logs, answers and texts.

export interface RunsQuery {
  readonly q?: string;
  readonly sort?: string;
  readonly offset?: number;
  readonly limit?: number;
  readonly archived?: boolean;
}

export interface SeriesQuery {
  readonly q?: string;
  readonly names?: readonly string[];
  readonly runs?: readonly string[];
  readonly points?: number;
  readonly columns?: readonly ("step" | "epoch" | "time" | "value")[];
  readonly from?: number;
  readonly to?: number;
  readonly f32?: boolean;
  readonly system?: boolean;
  readonly limit?: number;
}

export interface LogsQuery {
  readonly offset?: number;
  readonly limit?: number;
  readonly tail?: number;
}

export interface LogSearch {
  readonly find: string;
  readonly re: boolean;
  readonly case: boolean;
  readonly limit?: number;
}

export interface AnswersQuery {
  readonly show: string;
  readonly find: string;
  readonly limit: number;
}

export interface TextsQuery {
  readonly q?: string;
  readonly names?: string;
  readonly offset?: number;
  readonly limit?: number;
}
