// The log records of a run: by level and words, one line each; the chosen one whole beside them.

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { clock, count, plural, time_full } from "../../math/format.ts";
import { count_from, severities, severity_of } from "../../math/severity.ts";
import { Button, Choice } from "../../parts/button.tsx";
import { Empty, Loading } from "../../parts/looks.tsx";
import { ParamsTree } from "../../parts/params_tree.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import { use_virtual_rows } from "../../parts/virtual_rows.ts";
import type { TrackedObject } from "../../shapes_of_objects.ts";
import type { RunFrame } from "./frame.ts";
import { use_records } from "./record_list.ts";
import type { RecordList } from "./record_list.ts";
import { LogSource } from "./log_source.tsx";
import { run_view } from "./view.ts";

const row_height = 24;
const steps_of_choice = { all: 0, info: 20, warning: 30, error: 40 } as const;

/** The part of the log tab that shows records. */
export function RunRecords({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const view = run_view.values.value;
  const least = steps_of_choice[view.level];
  const list = use_records(run.id, {
    level: view.level === "all" ? undefined : least,
    find: view.find,
  });
  const n_all = count_from(list.levels, -Infinity);
  const chosen =
    view.record === undefined ? undefined : list.record(view.record - 1);
  return (
    <>
      <div class="controls">
        <LogSource run={run} />
        <TextFind
          label="Find in messages"
          width={260}
          value={view.find}
          onChange={(find) => run_view.set({ find, record: undefined })}
        />
        <LeastLevel list={list} />
        <span class="grow" />
        <span class="small-text quiet-text">
          {list.total === undefined || list.total === n_all
            ? plural(n_all, "record")
            : `${count(list.total)} of ${plural(n_all, "record")}`}
        </span>
      </div>
      <div class="log-place records-place">
        <section class="panel log-panel">
          <RecordsBody list={list} frame={frame} />
        </section>
        <div class="log-side">
          <Chosen record={chosen} begun_at={run.created_at} />
        </div>
      </div>
    </>
  );
}

function LeastLevel({ list }: { list: RecordList }): JSX.Element {
  const { level } = run_view.values.value;
  const counted = (least: number, class_name: string): JSX.Element | false => {
    const n = count_from(list.levels, least);
    return n > 0 && <span class={class_name}>{count(n)}</span>;
  };
  return (
    <Choice
      label="Least level"
      value={level}
      options={[
        { value: "all", label: "All" },
        { value: "info", label: "Info", title: "Info and above" },
        {
          value: "warning",
          label: <>Warning {counted(30, "quiet-text")}</>,
          title: "Warnings and above",
        },
        {
          value: "error",
          label: <>Error {counted(40, "bad-value")}</>,
          title: "Errors and above",
        },
      ]}
      onChange={(value) => run_view.set({ level: value, record: undefined })}
    />
  );
}

function RecordsBody(props: {
  list: RecordList;
  frame: RunFrame;
}): JSX.Element {
  const { list } = props;
  if (list.total === undefined)
    return list.error === undefined ? (
      <Loading />
    ) : (
      <Empty title={list.error.message}>
        <Button small onClick={list.reload}>
          Try now
        </Button>
      </Empty>
    );
  if (list.total === 0)
    return (
      <Empty
        title={
          list.levels.length === 0
            ? "No log records"
            : "No record of this level has these words"
        }
      />
    );
  return <Rows {...props} total={list.total} />;
}

function Rows(props: {
  list: RecordList;
  frame: RunFrame;
  total: number;
}): JSX.Element {
  const { list, total } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { record: chosen } = run_view.values.value;
  const virtual = use_virtual_rows({
    scroller,
    count: total,
    height: () => row_height,
  });
  const [first, last] = [
    virtual.shown[0]?.index,
    virtual.shown[virtual.shown.length - 1]?.index,
  ];
  useEffect(() => {
    if (first !== undefined && last !== undefined) list.need(first, last);
  }, [first, last, total]);
  useLayoutEffect(() => {
    if (chosen !== undefined) virtual.scroll_to(chosen - 1);
  }, [chosen]);
  const move = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[
      event.key
    ];
    if (by === undefined) return;
    event.preventDefault();
    const next = Math.max(1, Math.min(total, (chosen ?? 0) + by));
    run_view.set({ record: next });
  };
  return (
    <div
      ref={scroller}
      class="log records"
      role="log"
      aria-label="Log records"
      tabIndex={0}
      onKeyDown={move}
    >
      <div class="log-body" style={{ height: `${virtual.total}px` }}>
        {virtual.shown.map(({ index, top }) => (
          <RecordRow
            key={index}
            n={index + 1}
            record={list.record(index)}
            top={top}
            is_here={chosen === index + 1}
            begun_at={props.frame.run.created_at}
          />
        ))}
      </div>
    </div>
  );
}

function RecordRow(props: {
  n: number;
  record: TrackedObject | undefined;
  top: number;
  is_here: boolean;
  begun_at: number;
}): JSX.Element {
  const said = props.record?.value.log_record;
  const word = said === undefined ? "info" : severity_of(said.level);
  const [line = "", ...rest] = said?.message.split("\n") ?? [];
  const shade =
    word === "critical" ? "error" : word === "warning" ? "warning" : word;
  return (
    <div
      class={`log-line ${shade}${props.is_here ? " here" : ""}`}
      style={{
        transform: `translateY(${props.top}px)`,
        height: `${row_height}px`,
      }}
      onClick={() => run_view.set({ record: props.n })}
    >
      <button
        type="button"
        class="n"
        title="Show this record"
        onClick={() => run_view.set({ record: props.n })}
      >
        {count(props.n)}
      </button>
      <span class="t" title={time_full(props.record?.time)}>
        {props.record === undefined
          ? ""
          : clock(props.record.time - props.begun_at)}
      </span>
      <span class={`level ${word}`}>{said === undefined ? "" : word}</span>
      <span class="x clip">
        {line}
        {rest.length > 0 && (
          <span class="folded">▸ {plural(rest.length, "more line")}</span>
        )}
      </span>
      {said?.file !== undefined && (
        <span class="origin clip" title={`${said.file}:${said.line ?? ""}`}>
          {said.file.split("/").pop()}:{said.line}
        </span>
      )}
    </div>
  );
}

function Chosen(props: {
  record: TrackedObject | undefined;
  begun_at: number;
}): JSX.Element {
  const said = props.record?.value.log_record;
  if (props.record === undefined || said === undefined)
    return (
      <section class="panel" aria-label="Chosen record">
        <Empty title="No record chosen">
          Press one, or move with ↑ and ↓, to read all of it here
        </Empty>
      </section>
    );
  const known = severities.find((one) => one.level === said.level);
  const has_extra = Object.keys(said.extra).length > 0;
  return (
    <section class="panel" aria-label="Chosen record">
      <header>
        <h2 class={`level ${severity_of(said.level)}`}>
          {known?.word ?? `level ${said.level}`}
        </h2>
        <span class="small-text quiet-text clip grow">
          step {count(props.record.step)} · {time_full(props.record.time)}
        </span>
      </header>
      <pre class="record-message mono">{said.message}</pre>
      {said.is_cut && (
        <p class="small-text quiet-text pad">The message is longer</p>
      )}
      {said.file !== undefined && (
        <p class="small-text second-text pad clip" title={said.file}>
          {said.file}:{said.line}
        </p>
      )}
      {has_extra && (
        <div class="params-tree">
          <ParamsTree tree={said.extra} find="" />
        </div>
      )}
    </section>
  );
}
