// Contexts and questions that the repository holds already: of question texts, and of answer records.

import * as api from "../../api.ts";
import { use_request } from "../../request.ts";
import type { Text } from "../../schema.ts";
import type { AnswerList } from "../../shapes_of_answers.ts";

/** A text and questions about it. */
export interface Example {
  readonly context: string;
  readonly questions: readonly string[];
}

const most_texts = 200;
const most_answers = 60;
const most_questions = 3;

/** Examples of this repository; none until they are known. */
export function use_examples(): readonly Example[] {
  const q = 'texts.name == "question"';
  const texts = use_request(
    `ask examples ${q}`,
    (signal) => api.texts({ q, limit: most_texts }, signal),
    { is_live: false },
  );
  const of_texts = examples_of_texts(texts.data?.texts ?? []);
  const steps = use_request(
    "ask example steps",
    (signal) => api.answer_steps("", signal),
    { is_live: false },
  );
  const run = steps.data?.find((one) => one.steps.length > 0);
  const step = run?.steps.at(-1)?.step;
  const answers = use_request(
    run && `ask example answers ${run.run} ${step}`,
    (signal) =>
      api.answers(
        {
          run: run?.run ?? "",
          step: step ?? 0,
          show: "all",
          find: "",
          limit: most_answers,
        },
        signal,
      ),
    { is_live: false },
  );
  return [
    ...of_texts,
    ...(answers.data === undefined ? [] : examples_of_answers(answers.data)),
  ];
}

/** Questions tracked as texts, by the context that they are about. */
export function examples_of_texts(texts: readonly Text[]): Example[] {
  return by_context(
    texts.flatMap(({ name, context, text, is_cut }) => {
      const about = context["context"];
      return name === "question" && typeof about === "string" && !is_cut
        ? [[about, text] as const]
        : [];
    }),
  );
}

/** Questions of an evaluation, by the context that they are about. */
export function examples_of_answers(list: AnswerList): Example[] {
  return by_context(
    list.answers.flatMap((answer) => {
      const context = list.contexts.get(answer.context_id);
      return context === undefined ? [] : [[context, answer.question] as const];
    }),
  );
}

function by_context(pairs: readonly (readonly [string, string])[]): Example[] {
  const questions = new Map<string, Set<string>>();
  for (const [context, question] of pairs)
    questions.set(
      context,
      (questions.get(context) ?? new Set()).add(question.trim()),
    );
  return [...questions].map(([context, found]) => ({
    context,
    questions: [...found].slice(0, most_questions),
  }));
}

/** The example after the one that stands in the form; the first where none does. */
export function next_example(
  examples: readonly Example[],
  context: string,
): Example | undefined {
  const at = examples.findIndex((example) => example.context === context);
  return examples[(at + 1) % examples.length];
}
