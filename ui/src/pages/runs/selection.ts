// Which runs are selected: kept in the address, changed by boxes and by keys.

import { useMemo, useRef } from "preact/hooks";
import { use_keys } from "../../keys.ts";
import type { Run } from "../../shapes.ts";
import { go } from "../../state.ts";
import { runs_view } from "./view.ts";
import { link_id, run_path } from "../../math/run_id.ts";

export interface Selection {
  readonly runs: readonly Run[];
  readonly ids: ReadonlySet<string>;
  toggle(run: Run): void;
  /** Selects from the last toggled to this one. */
  extend(run: Run, order: readonly Run[]): void;
  set(runs: readonly Run[]): void;
  clear(): void;
}

export function use_selection(runs: readonly Run[]): Selection {
  const { sel } = runs_view.values.value;
  const last = useRef<string | undefined>(undefined);
  const chosen = useMemo(
    () =>
      sel.flatMap(
        (prefix) => runs.find((run) => run.id.startsWith(prefix)) ?? [],
      ),
    [sel, runs],
  );
  const set = (next: readonly Run[]): void =>
    runs_view.set({ sel: next.map((run) => link_id(run)) });
  return {
    runs: chosen,
    ids: new Set(chosen.map((run) => run.id)),
    set,
    clear: () => set([]),
    toggle: (run) => {
      last.current = run.id;
      set(
        chosen.includes(run)
          ? chosen.filter((one) => one !== run)
          : [...chosen, run],
      );
    },
    extend: (run, order) => {
      const [from, to] = [
        order.findIndex((one) => one.id === last.current),
        order.indexOf(run),
      ];
      if (from < 0) return set([...chosen, run]);
      const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
      return set([...new Set([...chosen, ...range])]);
    },
  };
}

export function use_run_keys(props: {
  selection: Selection;
  order: { readonly current: readonly Run[] };
  at: string | undefined;
  set_at: (id: string) => void;
}): void {
  const { selection, order, at } = props;
  const here = (): Run | undefined =>
    order.current.find((run) => run.id === at);
  const move = (by: number): void => {
    const index = order.current.findIndex((run) => run.id === at);
    const next =
      order.current[
        Math.max(0, Math.min(order.current.length - 1, index + by))
      ];
    if (next !== undefined) props.set_at(next.id);
  };
  const with_here = (act: (run: Run) => void) => (): void => {
    const run = here();
    if (run !== undefined) act(run);
  };
  use_keys([
    { keys: "J, ↓", does: "Next row", run: () => move(1) },
    { keys: "K, ↑", does: "Previous row", run: () => move(-1) },
    {
      keys: "X",
      does: "Select",
      run: with_here((run) => selection.toggle(run)),
    },
    {
      keys: "Shift X",
      does: "Select a range",
      run: with_here((run) => selection.extend(run, order.current)),
    },
    {
      keys: "Space",
      does: "Show or hide what differs",
      run: () => runs_view.set({ dock: !runs_view.values.value.dock }),
    },
    {
      keys: "Enter",
      does: "Open",
      run: with_here((run) => go(run_path(run))),
    },
    {
      keys: "D",
      does: "Diff the two selected",
      run: () => {
        const [a, b] = selection.runs;
        if (a !== undefined && b !== undefined)
          go(`/diff?a=${link_id(a)}&b=${link_id(b)}`);
      },
    },
  ]);
}
