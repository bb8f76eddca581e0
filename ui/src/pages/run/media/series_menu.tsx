// What can be done with a series of the run: seen alone, linked to, deleted, as a whole or a step of it.

import type { JSX } from "preact";
import { count, plural } from "../../../math/format.ts";
import { say_series, write_series } from "../../../math/series_name.ts";
import { ask_first } from "../../../parts/dialog.tsx";
import { Menu } from "../../../parts/menu.tsx";
import { say } from "../../../parts/toast.tsx";
import type { SeriesSteps } from "../../../schema.ts";
import { edit_runs } from "../../run_edits.ts";
import { run_view } from "../view.ts";

/** The menu of a series; `step` is the one that is shown. */
export function SeriesMenu(props: {
  run: { readonly id: string };
  series: SeriesSteps;
  step: number | undefined;
}): JSX.Element {
  const { run, series, step } = props;
  const { name, context } = series;
  const key = write_series(series);
  const is_alone = run_view.values.value.series === key;
  const words = say_series(series);
  const remove = (at: number | undefined, said: string): void =>
    void edit_runs(
      [run],
      {
        points: {
          name,
          context,
          ...(at === undefined ? {} : { step: at }),
          is_deleted: true,
        },
      },
      said,
    );
  return (
    <Menu
      label={`More of ${words}`}
      class="button square small quiet"
      items={[
        {
          label: is_alone ? "Show all series" : "Show alone",
          icon: "expand",
          run: () => run_view.set({ series: is_alone ? "" : key }),
        },
        {
          label: "Copy link",
          icon: "link",
          run: () => {
            const search = run_view.search_with({ series: key, step });
            void navigator.clipboard
              .writeText(`${location.origin}${location.pathname}?${search}`)
              .then(() => say("Link copied"));
          },
        },
        {
          label: `Delete step ${step === undefined ? "" : count(step)}`.trim(),
          icon: "trash",
          is_danger: true,
          not_now: step === undefined ? "No step is shown" : undefined,
          run: () =>
            remove(step, `Step ${count(step ?? 0)} of ${words} deleted`),
        },
        {
          label: "Delete series…",
          icon: "trash",
          is_danger: true,
          run: () =>
            ask_first({
              title: "Delete this series?",
              words: `${words}: ${plural(series.total, "value")} at ${plural(series.steps.length, "step")}. What is tracked afterwards is kept.`,
              action: "Delete",
              run: () => remove(undefined, `${words} deleted`),
            }),
        },
      ]}
    />
  );
}
