// When runs began: a year in weeks, each day a link to its runs.

import type { JSX } from "preact";
import { calendar, day_of, months, strength } from "../../math/calendar.ts";
import { plural } from "../../math/format.ts";
import { write_search } from "../../state.ts";

const pitch = 13;
const side = 10;
const top = 22;
const left = 38;
const rows = ["Mon", "", "Wed", "", "Fri", "", ""];

/** The activity grid of a year. */
export function Activity(props: {
  days: readonly { day: string; runs: number }[];
}): JSX.Element {
  const counts = new Map(props.days.map((day) => [day.day, day.runs]));
  const grid = calendar(day_of(new Date()));
  const most = Math.max(0, ...props.days.map((day) => day.runs));
  const total = props.days.reduce((sum, day) => sum + day.runs, 0);
  const weeks = (grid[grid.length - 1]?.week ?? 0) + 1;
  const [width, height] = [left + weeks * pitch, top + 7 * pitch];
  return (
    <section class="panel">
      <header>
        <h2>Activity</h2>
        <span class="small-text quiet-text">
          {plural(total, "run")} in the last year on{" "}
          {plural(props.days.length, "day")}
        </span>
      </header>
      <div class="activity">
        <svg
          viewBox={`0 0 ${width} ${height}`}
          role="group"
          aria-label="Runs by day"
        >
          {months(grid).map((month) => (
            <text key={month.week} x={left + month.week * pitch} y="12">
              {month.name}
            </text>
          ))}
          {rows.map((name, row) => (
            <text key={row} x="0" y={top + row * pitch + 11}>
              {name}
            </text>
          ))}
          {grid.map(({ day, week, weekday }) => {
            const runs = counts.get(day) ?? 0;
            const box = (
              <rect
                class={`strength-${strength(runs, most)}`}
                x={left + week * pitch}
                y={top + weekday * pitch}
                width={side}
                height={side}
                rx="2"
              >
                <title>{`${plural(runs, "run")} on ${day}`}</title>
              </rect>
            );
            return runs === 0 ? (
              <g key={day}>{box}</g>
            ) : (
              <a
                key={day}
                href={`/runs?${write_search([["q", query_of_day(day)]])}`}
                aria-label={`${plural(runs, "run")} on ${day}`}
              >
                {box}
              </a>
            );
          })}
        </svg>
      </div>
    </section>
  );
}

function query_of_day(day: string): string {
  const at = (date: Date): string =>
    `datetime(${date.getFullYear()}, ${date.getMonth() + 1}, ${date.getDate()})`;
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  const next = new Date(year, month - 1, date + 1);
  return `run.created_at >= ${at(new Date(year, month - 1, date))} and run.created_at < ${at(next)}`;
}
