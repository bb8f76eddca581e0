// How answers, comparisons, checkpoints and replies are read from an answer of the server.

import type { Decoded, Decoder } from "./decode.ts";
import { array, number, object, one_of, optional, string } from "./decode.ts";
import type * as s from "./schema.ts";

export type Candidate = Decoded<s.Candidate>;
export type Answer = Decoded<s.Answer>;
export type AnswerRow = Decoded<s.AnswerRow>;
export type Strip = Omit<Decoded<s.Strip>, "verdicts"> & {
  /** Letters by question: r, p, w, and - where it was not asked. */
  readonly verdicts: ReadonlyMap<string, string>;
};
export type AnswerList = Omit<Decoded<s.AnswerList>, "contexts" | "strip"> &
  Contexts & { readonly strip: Strip };
export type Difference = Decoded<s.Difference>;
export type Pair = Decoded<s.Pair>;
export type Comparison = Omit<Decoded<s.Comparison>, "contexts" | "strips"> &
  Contexts & { readonly strips: { readonly a: Strip; readonly b: Strip } };
export type HistoryStep = Decoded<s.HistoryStep>;
export type AnswerHistory = Decoded<s.AnswerHistory>;
export type Model = Decoded<s.Model>;
export type Models = Decoded<s.Models>;
export type AskAnswer = Decoded<s.AskAnswer>;
export type AskModel = Decoded<s.AskModel>;
export type AskReply = Decoded<s.AskReply>;

interface Contexts {
  readonly contexts: ReadonlyMap<string, string>;
}

const candidate: Decoder<Candidate> = object<Candidate>({
  text: string,
  start: number,
  end: number,
  score: number,
});

const answer_fields = {
  answer: string,
  start: number,
  end: number,
  score: number,
  null_score: optional(number),
  exact_match: number,
  f1: number,
  verdict: one_of<s.Verdict>(["right", "partly", "wrong"]),
  millis: number,
  others: array(candidate),
};

const question_fields = {
  question_key: string,
  question: string,
  context_id: string,
  golds: array(string),
};

const answer: Decoder<Answer> = object<Answer>(answer_fields);

const leak = object<s.Leak>({
  shared_paragraphs: number,
  eval_paragraphs: number,
  questions: number,
});

const by_key: Decoder<ReadonlyMap<string, string>> = (value, at) => {
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(
    Object.entries(value).map(([id, text]) => [id, string(text, at)]),
  );
};

const strip: Decoder<Strip> = object<Strip>({
  steps: array(object<s.StripStep>({ step: number, epoch: optional(number) })),
  verdicts: by_key,
});

export const answer_list: Decoder<AnswerList> = object<AnswerList>({
  total: number,
  summary: object<s.Summary>({
    total: number,
    right: number,
    partly: number,
    wrong: number,
    exact_match: number,
    f1: number,
  }),
  leak: optional(leak),
  strip,
  answers: array(object<AnswerRow>({ ...question_fields, ...answer_fields })),
  contexts: by_key,
});

const difference: Decoder<Difference> = object<Difference>({
  a: number,
  b: number,
  difference: number,
  low: number,
  high: number,
  p: number,
});

export const comparison: Decoder<Comparison> = object<Comparison>({
  total: number,
  summary: object<Decoded<s.ComparisonSummary>>({
    total: number,
    fixed: number,
    broken: number,
    both_wrong: number,
    both_right: number,
    only_a: number,
    only_b: number,
    exact_match: difference,
    f1: difference,
  }),
  leak: optional(leak),
  strips: object<Comparison["strips"]>({ a: strip, b: strip }),
  rows: array(
    object<Pair>({
      ...question_fields,
      change: one_of<s.Change>(["fixed", "broken", "both_wrong", "both_right"]),
      a: answer,
      b: answer,
    }),
  ),
  contexts: by_key,
});

export const answer_history: Decoder<AnswerHistory> = object<AnswerHistory>({
  ...question_fields,
  context: string,
  steps: array(
    object<HistoryStep>({
      step: number,
      epoch: optional(number),
      ...answer_fields,
    }),
  ),
});

export const models: Decoder<Models> = object<Models>({
  models: array(
    object<Model>({
      id: string,
      run: string,
      name: string,
      step: number,
      path: string,
      f1: optional(number),
    }),
  ),
  best: optional(string),
});

export const ask_reply: Decoder<AskReply> = object<AskReply>({
  answers: array(
    object<AskModel>({
      model: string,
      millis: number,
      answers: array(
        object<AskAnswer>({
          question: string,
          answer: string,
          start: number,
          end: number,
          score: number,
          others: array(candidate),
        }),
      ),
    }),
  ),
  recorded: optional(string),
});
