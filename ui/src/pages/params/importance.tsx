// Which params move the result, in bars, with what they rest on.

import type { JSX } from "preact";
import { short_label } from "../../fields.ts";
import { varying } from "../../varying.ts";
import type { RunField } from "../../fields.ts";
import { plural } from "../../math/format.ts";
import { importance, rank_correlation } from "../../math/importance.ts";
import { Icon } from "../../parts/icon.tsx";
import { Empty } from "../../parts/looks.tsx";
import { Bar } from "../../parts/marks.tsx";
import type { Measure } from "./axes.ts";
import type { ParamsModel } from "./model.ts";

const most_shown = 6;
const hint_below = 12;

export function Importance(props: {
  readonly model: ParamsModel;
  readonly fields: readonly RunField[];
}): JSX.Element {
  const measure = props.model.color;
  const runs = props.model.runs.map((one) => one.run);
  const results = runs.map((run) => {
    const value = measure?.value(run);
    return typeof value === "number" ? value : NaN;
  });
  const n = results.filter(Number.isFinite).length;
  const rows = varying(props.fields, runs)
    .map((field) => {
      const values = runs.map((run) => run.params.get(field.path));
      const numbers = values.map((value) =>
        typeof value === "number" ? value : NaN,
      );
      return {
        field,
        share: importance(values, results),
        rho: rank_correlation(numbers, results),
      };
    })
    .sort((a, b) => b.share - a.share)
    .slice(0, most_shown);
  const name = measure?.label.replace(/^(.*), (.*)$/, "$2 $1") ?? "the result";
  return (
    <section class="panel importance" aria-label={`What moves ${name}`}>
      <header>
        <h2 class="clip">What moves {name}</h2>
        <span
          class="quiet-text"
          title="Share of the spread of ranks that lies between a param's values, adjusted for their number"
        >
          importance, by rank
        </span>
      </header>
      {rows.length === 0 || measure === undefined ? (
        <Empty title="Nothing differs">
          Params that differ among these runs are weighed here
        </Empty>
      ) : (
        <div class="bars">
          {rows.map(({ field, share, rho }) => (
            <div key={field.id}>
              <div class="in-row">
                <span class="mono grow clip" title={field.path}>
                  {short_label(field.label)}
                </span>
                <b class="mono">{share.toFixed(2)}</b>
              </div>
              <Bar share={share} />
              <span class="tiny-text quiet-text">
                {words_of(measure, share, rho)}
              </span>
            </div>
          ))}
          {n < hint_below && (
            <div class="note">
              <Icon name="info" />
              <span>
                {plural(n, "run")} with a value of {name}: read as a hint
              </span>
            </div>
          )}
        </div>
      )}
    </section>
  );
}

function words_of(measure: Measure, share: number, rho: number): string {
  if (share === 0) return "nothing to see";
  if (Number.isNaN(rho)) return "values are words";
  const said = `rank correlation ${rho < 0 ? "−" : "+"}${Math.abs(rho).toFixed(2)}`;
  if (Math.abs(rho) < 0.3) return `no direction, ${said}`;
  const lower_wins = rho > 0 === measure.is_less_better;
  return `${lower_wins ? "lower" : "higher"} is better, ${said}`;
}
