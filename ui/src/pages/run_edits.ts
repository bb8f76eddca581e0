// What people say of runs: each change is one request, says what it did, and can be taken back.

import { called } from "../called.ts";
import * as api from "../api.ts";
import { plural } from "../math/format.ts";
import { ask_first } from "../parts/dialog.tsx";
import { say, say_bad } from "../parts/toast.tsx";
import { refresh } from "../request.ts";
import type { Edit, Edits } from "../schema.ts";
import type { Run } from "../shapes.ts";

/** Makes a change and says so; `done` follows what the page shows. */
export async function edit_runs(
  runs: readonly { readonly id: string }[],
  edit: Edit,
  words: string,
  done: () => void = () => undefined,
): Promise<void> {
  try {
    const edited = await api.edit({ runs: runs.map((run) => run.id), edit });
    say(words, () => void undo(edited.undo, done));
  } catch (error) {
    say_bad(error);
  }
  refresh();
  done();
}

async function undo(edits: readonly Edits[], done: () => void): Promise<void> {
  try {
    for (const one of [...edits].reverse()) await api.edit(one);
    say("Taken back");
  } catch (error) {
    say_bad(error);
  }
  refresh();
  done();
}

/** Archives runs, or brings them back when all are archived. */
export function archive_runs(runs: readonly Run[], done?: () => void): void {
  const archived = !runs.every((run) => run.archived);
  const words = `${plural(runs.length, "run")} ${archived ? "archived" : "brought back"}`;
  void edit_runs(runs, { archived }, words, done);
}

/** Deletes runs after a question that says what goes. `begin` is called before they go: what is shown of them is asked for
 *  no more. */
export function delete_runs(
  runs: readonly Run[],
  done?: () => void,
  begin?: () => void,
): void {
  const names = runs.slice(0, 3).map((run) => called(run));
  const more = runs.length - names.length;
  const listed =
    more > 0 ? `${names.join(", ")} and ${more} more` : names.join(" and ");
  const points = runs
    .flatMap((run) => run.metrics)
    .reduce((sum, metric) => sum + metric.count, 0);
  const logs = runs.filter((run) => run.has.logs).length;
  ask_first({
    title: `Delete ${plural(runs.length, "run")}?`,
    words: `${listed}: ${plural(points, "point")}, ${plural(logs, "log")}. Archiving hides them and keeps the data.`,
    action: "Delete",
    typed: runs.length > 1 ? `delete ${runs.length}` : undefined,
    instead: { action: "Archive instead", run: () => archive_runs(runs, done) },
    run: () => {
      begin?.();
      void edit_runs(
        runs,
        { deleted: true },
        `${plural(runs.length, "run")} deleted`,
        done,
      );
    },
  });
}

/** Gives runs a tag, or takes it when all have it. */
export function toggle_tag(
  runs: readonly Run[],
  tag: string,
  done?: () => void,
): void {
  const all_have = runs.every((run) => run.tags.includes(tag));
  const edit = all_have ? { remove_tag: tag } : { add_tag: tag };
  const words = `${plural(runs.length, "run")} ${all_have ? "no longer" : "now"} tagged “${tag}”`;
  void edit_runs(runs, edit, words, done);
}
