// Texts: what runs logged as text, as a matrix of any fields, compared word by word.

import { called } from "../../called.ts";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import * as api from "../../api.ts";
import { fields_of, flat_run } from "../../fields.ts";
import { use_keys } from "../../keys.ts";
import { count, plural } from "../../math/format.ts";
import { Switch } from "../../parts/button.tsx";
import { FindMenu } from "../../parts/find_menu.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { Picker } from "../../parts/picker.tsx";
import { QueryBox } from "../../parts/query_box.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import { Top } from "../../parts/top.tsx";
import { use_request } from "../../request.ts";
import type { Texts as TextsAnswer } from "../../schema.ts";
import type { Run } from "../../shapes.ts";
import { NothingFound } from "../nothing_found.tsx";
import { TextMatrix } from "./matrix.tsx";
import { default_fields, has_word, text_fields, text_matrix } from "./model.ts";
import type { TextField } from "./model.ts";
import { TextSide } from "./side.tsx";
import { TextSteps } from "./steps.tsx";
import { texts_view } from "./view.ts";
import { SaveView } from "../views/views.tsx";

const most_texts = 2000;
const most_runs = 200;

/** The Texts page. */
export function Texts(_props: { readonly rest: string }): JSX.Element {
  const { q } = texts_view.values.value;
  const look = use_request(`texts ${q}`, (signal) =>
    api.texts({ q, limit: most_texts }, signal),
  );
  const query_error = look.error?.code === "query" ? look.error : undefined;
  const data = look.data;
  return (
    <>
      <Top title="Texts">
        <QueryBox
          value={q}
          placeholder='Every text. Try texts.name == "answer"'
          hits={
            data &&
            `${plural(data.total, "text")} · ${count(data.took_millis)} ms`
          }
          error={query_error}
          is_kept={data !== undefined}
          nothing={
            q !== "" && data?.total === 0 ? <NothingFound q={q} /> : undefined
          }
          onChange={(next) => texts_view.set({ q: next, cell: "" })}
          complete={(text, cursor) => api.complete(text, cursor, "texts")}
        />
        <SaveView />
      </Top>
      <main class="main" id="main">
        {query_error !== undefined && data === undefined ? (
          <Empty title="The query cannot be read">
            It says above what is wrong
          </Empty>
        ) : (
          <Looks
            look={
              query_error === undefined ? look : { ...look, error: undefined }
            }
            is_empty={(texts) => texts.texts.length === 0}
            empty={
              <Empty title={q === "" ? "No texts yet" : "No text matches"}>
                A run logs them with{" "}
                <span class="mono">run.track(Text("…"), name="answer")</span>
              </Empty>
            }
          >
            {(texts) => <WithRuns answer={texts} />}
          </Looks>
        )}
      </main>
    </>
  );
}

/** Asks for the runs that the texts are of, for their names and params. */
function WithRuns({ answer }: { answer: TextsAnswer }): JSX.Element {
  const ids = [...new Set(answer.texts.map((text) => text.run))];
  const q = `run.hash in ${JSON.stringify(ids.slice(0, most_runs))}`;
  const look = use_request(`texts runs ${q}`, (signal) =>
    api.runs({ q, limit: most_runs, archived: true }, signal),
  );
  return (
    <Looks look={look}>
      {(runs) => <Explorer answer={answer} runs={runs.runs} />}
    </Looks>
  );
}

function Explorer(props: {
  answer: TextsAnswer;
  runs: readonly Run[];
}): JSX.Element {
  const values = texts_view.values.value;
  const { texts, total } = props.answer;
  const fields = useMemo(() => {
    const flat = props.runs.map(flat_run);
    const by_id = new Map(flat.map((run) => [run.run.id, run]));
    return text_fields(texts, by_id, fields_of(flat));
  }, [texts, props.runs]);
  const standard = useMemo(() => default_fields(fields), [fields]);
  const rows = values.rows.length > 0 ? values.rows : standard.rows;
  const columns = values.cols.length > 0 ? values.cols : standard.columns;
  const named = (ids: readonly string[]): TextField[] =>
    ids.flatMap((id) => fields.find((field) => field.id === id) ?? []);
  const matrix = useMemo(
    () => text_matrix(texts, named(rows), named(columns), values.merge),
    [texts, fields, rows.join(), columns.join(), values.merge],
  );
  const ids = [...new Set(texts.map((text) => text.run))];
  const diff =
    values.diff !== "" ? values.diff : ids.length > 1 ? (ids[0] ?? "") : "none";
  const shown = useMemo(
    () => matrix.rows.filter((row) => has_word(matrix, row, values.find)),
    [matrix, values.find],
  );
  const [steps, set_steps] = useState<ReadonlyMap<string, number>>(new Map());
  const frame = {
    matrix,
    rows: shown,
    row_fields: rows,
    column_fields: columns,
    diff,
    base_name: name_of(props.runs, diff),
    steps,
    choose_step: (cell: string, at: number) =>
      set_steps(new Map([...steps, [cell, at]])),
  };
  return (
    <>
      <Controls
        fields={fields}
        rows={rows}
        columns={columns}
        diff={diff}
        runs={props.runs}
        hits={
          values.find === ""
            ? undefined
            : `${shown.length} of ${matrix.rows.length}`
        }
      />
      <div class="texts">
        <div class="texts-main">
          {shown.length === 0 ? (
            <Empty title="No row has these words" />
          ) : (
            <TextMatrix frame={frame} />
          )}
          <TextSteps texts={texts} onMove={() => set_steps(new Map())} />
          {total > texts.length && (
            <p class="small-text quiet-text">
              The first {count(texts.length)} of {count(total)} texts are shown
              and searched; narrow the query for others
            </p>
          )}
        </div>
        <TextSide frame={frame} runs={props.runs} />
      </div>
    </>
  );
}

function name_of(runs: readonly Run[], id: string): string | undefined {
  return runs.find((run) => run.id === id)?.name;
}

function Controls(props: {
  fields: readonly TextField[];
  rows: readonly string[];
  columns: readonly string[];
  diff: string;
  runs: readonly Run[];
  hits: string | undefined;
}): JSX.Element {
  const values = texts_view.values.value;
  const options = (others: readonly string[]) =>
    props.fields.map((field) => ({
      value: field.id,
      label: field.id,
      section: field.section,
      detail: plural(field.distinct, "value"),
      ...(others.includes(field.id)
        ? { not_now: "Stands on the other side" }
        : {}),
    }));
  const diff_options = [
    { value: "none", label: "Nothing" },
    { value: "step", label: "The step before" },
    ...props.runs.map((run) => ({
      value: run.id,
      label: called(run),
      detail: run.experiment,
    })),
  ];
  use_keys([
    {
      keys: "D",
      does: "Compare with the step before",
      run: () => texts_view.set({ diff: values.diff === "step" ? "" : "step" }),
    },
  ]);
  return (
    <div class="controls">
      <Picker
        label="Rows"
        face={props.rows.join(" › ")}
        options={options(props.columns)}
        chosen={props.rows}
        onChange={(rows) => texts_view.set({ rows, cell: "" })}
      />
      <Picker
        label="Columns"
        face={props.columns.join(" › ")}
        options={options(props.rows)}
        chosen={props.columns}
        onChange={(cols) => texts_view.set({ cols, cell: "" })}
      />
      <FindMenu
        label="Diff against"
        face={
          diff_options.find((option) => option.value === props.diff)?.label ??
          props.diff
        }
        value={props.diff}
        options={diff_options}
        onChange={(diff) => texts_view.set({ diff })}
      />
      <Switch
        on={values.merge}
        title="Columns that are equal in every row are shown as one"
        onChange={(merge) => texts_view.set({ merge })}
      >
        Merge equal
      </Switch>
      <span class="grow" />
      <TextFind
        label="Find in texts"
        width={220}
        value={values.find}
        detail={props.hits}
        onChange={(find) => texts_view.set({ find })}
      />
    </div>
  );
}
