// What two runs were given: params, code, packages, environment; what is equal is folded and counted.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural, short_path } from "../../math/format.ts";
import { Icon } from "../../parts/icon.tsx";
import { Who } from "../../parts/verdict.tsx";
import type { RunDetail } from "../../shapes.ts";
import { diff_rows, diff_view, part_of } from "./view.ts";
import type { DiffRow } from "./view.ts";

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
    rows.filter((row) => row.kind !== "equal").length;
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

const folds = ["equal", "only_a", "only_b"] as const;

function Part(props: {
  title: string;
  noun: string;
  rows: readonly DiffRow[];
}): JSX.Element {
  const { all } = diff_view.values.value;
  const of = (kind: DiffRow["kind"]): readonly DiffRow[] =>
    props.rows.filter((row) => row.kind === kind);
  const other = of("differs");
  const n_one_sided = of("only_a").length + of("only_b").length;
  const words = [
    other.length > 0 ? `${other.length} of ${props.rows.length} differ` : "",
    n_one_sided > 0 ? `${n_one_sided} only in one` : "",
  ].filter((word) => word !== "");
  return (
    <section class="panel" aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        <span class="small-text quiet-text">{words.join(", ") || "equal"}</span>
      </header>
      {other.length > 0 && <Rows rows={other} has_head />}
      {folds.map((kind) => (
        <Fold
          key={kind}
          kind={kind}
          noun={props.noun}
          rows={of(kind)}
          is_whole={all}
        />
      ))}
    </section>
  );
}

/** Rows that are no difference, in one line unless it is opened. */
function Fold(props: {
  kind: (typeof folds)[number];
  noun: string;
  rows: readonly DiffRow[];
  is_whole: boolean;
}): JSX.Element {
  const { kind, noun, rows } = props;
  const [is_open, set_open] = useState(false);
  if (rows.length === 0) return <></>;
  const is_shown = is_open || props.is_whole;
  const words =
    kind === "equal"
      ? plural(rows.length, `equal ${noun}`)
      : `${plural(rows.length, noun)} only in ${kind === "only_a" ? "A" : "B"}`;
  return (
    <>
      {!props.is_whole && (
        <button
          type="button"
          class="diff-fold"
          aria-expanded={is_open}
          onClick={() => set_open(!is_open)}
        >
          <Icon name={is_open ? "down" : "right"} small />
          {words}
          <span class="grow" />
          <span class="clip quiet-text mono">
            {rows
              .slice(0, 3)
              .map((row) => `${row.path} ${kind === "only_b" ? row.b : row.a}`)
              .join(", ")}
          </span>
        </button>
      )}
      {is_shown && <Rows rows={rows} />}
    </>
  );
}

function Rows(props: {
  rows: readonly DiffRow[];
  has_head?: boolean;
}): JSX.Element {
  return (
    <table class="plain diff-table">
      {props.has_head === true && (
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
      )}
      <tbody>
        {props.rows.map((row) => (
          <tr key={row.path} class={row.kind}>
            <td class="mono" title={row.path}>
              {row.path}
            </td>
            <td class="mono value-a" title={row.a}>
              {short_path(row.a)}
            </td>
            <td class="mono value-b" title={row.b}>
              {short_path(row.b)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
