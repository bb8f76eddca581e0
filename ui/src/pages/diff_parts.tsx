// What two runs were given: params, code, packages, environment; what is equal is folded and counted.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../math/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Who } from "../parts/verdict.tsx";
import type { RunDetail } from "../shapes.ts";
import { diff_rows, diff_view, part_of } from "./diff_view.ts";
import type { DiffRow } from "./diff_view.ts";

const parts = [
  ["git_info", "Code", "fact"],
  ["packages", "Packages", "package"],
  ["env_variables", "Environment variables", "variable"],
  ["hardware", "Hardware", "fact"],
  ["arguments", "Command", "fact"],
  ["executable", "Program", "fact"],
  ["cwd", "Folder", "fact"],
] as const;

/** A panel for each part; those that differ stand first. */
export function DiffParts(props: { a: RunDetail; b: RunDetail }): JSX.Element {
  const { a, b } = props;
  const sections = parts
    .map(([key, title, noun]) => ({
      title,
      noun,
      rows: diff_rows(part_of(a.system, key), part_of(b.system, key)),
    }))
    .filter((section) => section.rows.length > 0);
  const differs = (rows: readonly DiffRow[]): number =>
    rows.filter((row) => !row.is_equal).length;
  const order = [...sections].sort(
    (x, y) => Number(differs(y.rows) > 0) - Number(differs(x.rows) > 0),
  );
  return (
    <>
      <Part title="Params" noun="param" rows={diff_rows(a.params, b.params)} />
      {order.map((section) => (
        <Part key={section.title} {...section} />
      ))}
    </>
  );
}

function Part(props: {
  title: string;
  noun: string;
  rows: readonly DiffRow[];
}): JSX.Element {
  const { all } = diff_view.values.value;
  const [is_open, set_open] = useState(false);
  const other = props.rows.filter((row) => !row.is_equal);
  const equal = props.rows.filter((row) => row.is_equal);
  const shows_equal = all || is_open;
  const shown = shows_equal ? [...other, ...equal] : other;
  return (
    <section class="panel" aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        <span class="small-text quiet-text">
          {other.length === 0
            ? "equal"
            : `${other.length} of ${props.rows.length} differ`}
        </span>
      </header>
      {shown.length > 0 && (
        <table class="plain diff-table">
          <thead>
            <tr>
              <th>Path</th>
              <th>
                <Who letter="A" />
              </th>
              <th>
                <Who letter="B" />
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.path} class={row.is_equal ? "equal" : ""}>
                <td class="mono" title={row.path}>
                  {row.path}
                </td>
                <td class="mono value-a" title={row.a}>
                  {row.a}
                </td>
                <td class="mono value-b" title={row.b}>
                  {row.b}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {equal.length > 0 && !all && (
        <button
          type="button"
          class="diff-fold"
          aria-expanded={is_open}
          onClick={() => set_open(!is_open)}
        >
          <Icon name={is_open ? "down" : "right"} small />
          {plural(equal.length, `equal ${props.noun}`)}
          <span class="grow" />
          <span class="clip quiet-text mono">
            {equal
              .slice(0, 3)
              .map((row) => `${row.path} ${row.a}`)
              .join(", ")}
          </span>
        </button>
      )}
    </section>
  );
}
