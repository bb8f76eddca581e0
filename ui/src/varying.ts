// Which params vary among runs in a way that is worth a look: those that people set, each standing for what follows
// from it.

import type { FlatRun, RunField } from "./fields.ts";
import type { FieldValue } from "./math/group.ts";

/** Params that differ among the runs, that no run has for itself alone, and that no other param stands for. */
export function varying(
  fields: readonly RunField[],
  runs: readonly FlatRun[],
): readonly RunField[] {
  const found = fields.filter(
    (field) =>
      field.kind === "param" &&
      field.differs &&
      (runs.length <= 3 ||
        is_shared(field, runs) ||
        is_continuous(field.present)) &&
      !/(^|[._])(seed|run_name|name|output_dir|logging_dir)$/.test(field.path),
  );
  const kept: { readonly field: RunField; readonly split: Split }[] = [];
  for (const field of [...found].sort((a, b) => standing(a) - standing(b))) {
    const split = split_of(field, runs);
    if (!kept.some((other) => is_followed(split, other.split)))
      kept.push({ field, split });
  }
  return found.filter((field) => kept.some((one) => one.field === field));
}

/** Whether any two runs share a value. */
function is_shared(field: RunField, runs: readonly FlatRun[]): boolean {
  const have = runs.filter((run) => run.params.has(field.path)).length;
  return field.present.length < have;
}

/** A number for each run, equal for equal values; none for a run without one. */
type Split = readonly (number | undefined)[];

function split_of(field: RunField, runs: readonly FlatRun[]): Split {
  const order = new Map<FieldValue, number>();
  return runs.map((run) => {
    const value = run.params.get(field.path);
    if (value === undefined) return undefined;
    const known = order.get(value) ?? order.size;
    order.set(value, known);
    return known;
  });
}

/** Whether one param follows from another and the other from it, in all runs that have both: then one is enough. Where no
 *  two of more than three runs share a value, that says nothing. */
function is_followed(split: Split, other: Split): boolean {
  const there = new Map<number, number>();
  const back = new Map<number, number>();
  let both = 0;
  for (let i = 0; i < split.length; i++) {
    const [a, b] = [split[i], other[i]];
    if (a === undefined || b === undefined) continue;
    if ((there.get(a) ?? b) !== b || (back.get(b) ?? a) !== a) return false;
    there.set(a, b);
    back.set(b, a);
    both++;
  }
  return there.size > 1 && (there.size < both || both <= 3);
}

/** What a person sets, 0, stands before what follows from it, 2. */
export function standing(field: RunField): number {
  if (/(learning_rate|lr|batch_size)$/.test(field.path)) return 0;
  return /(steps|samples|tokens|total|effective)/.test(field.path) ? 2 : 1;
}

/** Numbers with fractions are drawn from a range; whole ones that are all different may be a mere count. */
function is_continuous(values: readonly FieldValue[]): boolean {
  return values.every(
    (value) => typeof value === "number" && !Number.isInteger(value),
  );
}
