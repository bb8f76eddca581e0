// What the address of the Answers page holds, and what it shows where the address says nothing.

import { link_id } from "../../math/run_id.ts";
import type { AnswerStep, RunAnswerSteps } from "../../schema.ts";
import { View, choice, text } from "../../state.ts";

export const answers_view = new View({
  a: text(),
  b: text(),
  show: choice(
    [
      "all",
      "right",
      "partly",
      "wrong",
      "changed",
      "fixed",
      "broken",
      "both_wrong",
      "both_right",
    ],
    "all",
  ),
  find: text(),
  id: text(),
});

/** A run's answers at one step. */
export interface Side {
  readonly run: RunAnswerSteps;
  readonly step: AnswerStep;
}

/** How an address names a side. */
export function write_side({ run, step }: Side): string {
  return `${link_id({ id: run.run })}@${step.step}`;
}

/** The side that an address names: RUN@STEP, or a run alone at its best step. */
export function read_side(
  runs: readonly RunAnswerSteps[],
  word: string,
): Side | undefined {
  const [id = "", at] = word.split("@");
  const run =
    id === "" ? undefined : runs.find((one) => one.run.startsWith(id));
  if (run === undefined) return undefined;
  const step =
    at === undefined
      ? best_step(run)
      : run.steps.find((one) => one.step === Number(at));
  return step === undefined ? undefined : { run, step };
}

/** The step of a run with the best F1; the earlier of two that are equal. */
export function best_step(run: RunAnswerSteps): AnswerStep | undefined {
  return run.steps.reduce<AnswerStep | undefined>(
    (best, step) => (best === undefined || step.f1 > best.f1 ? step : best),
    undefined,
  );
}

/** Every run at its best step, the best first. */
export function ranked_sides(runs: readonly RunAnswerSteps[]): Side[] {
  return runs
    .flatMap((run) => {
      const step = best_step(run);
      return step === undefined ? [] : [{ run, step }];
    })
    .sort((a, b) => b.step.f1 - a.step.f1);
}

/** The best other run that answered as many questions, to compare with. */
export function comparable(
  side: Side,
  runs: readonly RunAnswerSteps[],
): Side | undefined {
  return ranked_sides(runs).find(
    (other) =>
      other.run.run !== side.run.run && other.step.total === side.step.total,
  );
}

/** How a step is said. */
export function say_step(step: {
  readonly step: number;
  readonly epoch?: number;
}): string {
  return step.epoch === undefined
    ? `step ${step.step}`
    : `epoch ${Math.round(step.epoch * 100) / 100}, step ${step.step}`;
}

/** What steps are told by where there is room for one word. */
export function step_word(
  steps: readonly { readonly epoch?: number }[],
): string {
  return steps.every((step) => step.epoch !== undefined) ? "epoch" : "step";
}
