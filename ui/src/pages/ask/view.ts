// What the Ask page holds: which checkpoints, in its address; texts in this browser only, never in addresses.

import { signal } from "@preact/signals";
import type { AskReply, Model, Models } from "../../shapes_of_answers.ts";
import { View, number, text } from "../../state.ts";

export const ask_view = new View({
  a: text(),
  b: text(),
  /** A run whose last checkpoint is asked, from its page. */
  run: text(),
  top: number(3),
});

export interface Draft {
  readonly context: string;
  readonly questions: string;
  readonly is_recorded: boolean;
  /** Which run keeps it: a new one, or that of a checkpoint. */
  readonly record_to: "new" | "a" | "b";
}

/** What was asked, and what was answered. */
export interface Asked {
  readonly context: string;
  readonly reply: AskReply;
  readonly at: number;
}

/** What a person types; kept while the page is open, wherever one goes. */
export const draft = signal<Draft>({
  context: "",
  questions: "",
  is_recorded: false,
  record_to: "new",
});

/** What was asked, the latest first. */
export const asked = signal<readonly Asked[]>([]);

/** Which of them is shown. */
export const shown = signal(0);

const most_asked = 20;

/** Keeps what was answered, and shows it. */
export function keep_asked(one: Asked): void {
  asked.value = [one, ...asked.value].slice(0, most_asked);
  shown.value = 0;
}

/** Shows what was asked before, and puts its words into the form. */
export function show_asked(index: number): void {
  const one = asked.value[index];
  if (one === undefined) return;
  shown.value = index;
  draft.value = { ...draft.value, ...words_of(one) };
}

/** What was typed to ask this. */
export function words_of({ context, reply }: Asked): {
  readonly context: string;
  readonly questions: string;
} {
  const questions = reply.answers[0]?.answers.map((one) => one.question) ?? [];
  return { context, questions: questions.join("\n") };
}

/** Questions of a text, one a line. */
export function questions_of(lines: string): string[] {
  return lines
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The checkpoint that a word names: RUN@STEP, or the last one of a run. */
export function read_model(models: Models, word: string): Model | undefined {
  if (word === "") return undefined;
  const [id = "", step] = word.split("@");
  const of_run = models.models.filter((model) => model.run.startsWith(id));
  if (step !== undefined)
    return of_run.find((model) => model.step === Number(step));
  return of_run.reduce<Model | undefined>(
    (last, model) =>
      last === undefined || model.step > last.step ? model : last,
    undefined,
  );
}

/** The checkpoint that is asked where nobody chose: the best one. */
export function first_model(models: Models, run: string): Model | undefined {
  return (
    read_model(models, run) ??
    models.models.find((model) => model.id === models.best) ??
    models.models[0]
  );
}
