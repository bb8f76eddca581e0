// What the Ask page holds: which checkpoints, in its address; texts only in memory, never in addresses.

import { signal } from "@preact/signals";
import type { AskReply, Model, Models } from "../shapes_of_answers.ts";
import { View, number, text } from "../state.ts";

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
});

/** What was asked, the latest first. */
export const asked = signal<readonly Asked[]>([]);

const most_asked = 20;

/** Keeps what was answered. */
export function keep_asked(one: Asked): void {
  asked.value = [one, ...asked.value].slice(0, most_asked);
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
