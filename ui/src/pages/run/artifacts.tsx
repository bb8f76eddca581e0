// The files of a run as a tree: how large, where they lie, to be downloaded or deleted.

import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import * as api from "../../api_of_objects.ts";
import { tree_rows } from "../../math/artifact_tree.ts";
import type { TreeRow } from "../../math/artifact_tree.ts";
import { bytes, count, none, plural } from "../../math/format.ts";
import { IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import { say } from "../../parts/toast.tsx";
import { use_virtual_rows } from "../../parts/virtual_rows.ts";
import { use_request } from "../../request.ts";
import type { ArtifactEntry, Artifacts } from "../../schema.ts";
import { edit_runs } from "../run_edits.ts";
import type { RunFrame } from "./frame.ts";
import { run_view } from "./view.ts";

const most_files = 20_000;
const row_height = 32;

/** The tab of files. */
export function RunArtifacts({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const { find } = run_view.values.value;
  const look = use_request(`artifacts ${run.id}`, (signal) =>
    api.artifacts(run.id, 0, most_files, signal),
  );
  const total = look.data?.total ?? 0;
  return (
    <>
      <div class="controls">
        <TextFind
          label="Find a file"
          width={320}
          value={find}
          onChange={(value) => run_view.set({ find: value })}
        />
        <span class="grow" />
        {total > 0 && (
          <span class="small-text second-text">
            {plural(total, "file")} · {bytes(look.data?.bytes ?? 0)}
          </span>
        )}
      </div>
      <div class="artifact-place">
        <Looks
          look={look}
          is_empty={(found) => found.total === 0}
          empty={
            <Empty title="No files">
              A run keeps them with{" "}
              <span class="mono">run.log_artifact("model.bin")</span>
            </Empty>
          }
        >
          {(found) => <FileTree run={run} found={found} find={find} />}
        </Looks>
      </div>
    </>
  );
}

function FileTree(props: {
  run: { readonly id: string };
  found: Artifacts;
  find: string;
}): JSX.Element {
  const { found, find } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [closed, set_closed] = useState<ReadonlySet<string>>(new Set());
  const [at, set_at] = useState(0);
  const rows = useMemo(
    () => tree_rows(found.artifacts, closed, find),
    [found.artifacts, closed, find],
  );
  const virtual = use_virtual_rows({
    scroller,
    count: rows.length,
    height: () => row_height,
  });
  const toggle = (row: TreeRow<ArtifactEntry>, is_open: boolean): void => {
    if (row.file !== undefined || row.is_open === is_open) return;
    const next = new Set(closed);
    if (is_open) next.delete(row.path);
    else next.add(row.path);
    set_closed(next);
  };
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    set_at(next);
    virtual.scroll_to(next);
    requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>(`[aria-rowindex="${next + 2}"]`)
        ?.focus(),
    );
  };
  const key = (event: KeyboardEvent): void => {
    const row = rows[at];
    const moves: Record<string, () => void> = {
      ArrowDown: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      ArrowRight: () => row && toggle(row, true),
      ArrowLeft: () => row && toggle(row, false),
    };
    const act = moves[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  if (rows.length === 0) return <Empty title="No file has these words" />;
  return (
    <section class="panel artifact-panel">
      <div
        ref={scroller}
        class="artifact-tree"
        role="treegrid"
        aria-label="Files"
        aria-rowcount={rows.length + 1}
        onKeyDown={key}
      >
        <div class="artifact-row head" role="row" aria-rowindex={1}>
          <span role="columnheader">Name</span>
          <span role="columnheader">Size</span>
          <span role="columnheader">Where</span>
          <span role="columnheader">
            <span class="hidden-text">Actions</span>
          </span>
        </div>
        <div
          class="artifact-rows"
          role="rowgroup"
          style={{ height: `${virtual.total}px` }}
        >
          {virtual.shown.map(({ index, top }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <Row
                key={row.path}
                run={props.run}
                row={row}
                index={index}
                top={top}
                is_at={index === Math.min(at, rows.length - 1)}
                onFocus={() => set_at(index)}
                onToggle={() => toggle(row, !row.is_open)}
              />
            );
          })}
        </div>
      </div>
      {found.artifacts.length < found.total && (
        <p class="small-text quiet-text pad">
          The first {count(found.artifacts.length)} of {count(found.total)}{" "}
          files
        </p>
      )}
    </section>
  );
}

function Row(props: {
  run: { readonly id: string };
  row: TreeRow<ArtifactEntry>;
  index: number;
  top: number;
  is_at: boolean;
  onFocus: () => void;
  onToggle: () => void;
}): JSX.Element {
  const { row } = props;
  const { file } = row;
  return (
    <div
      class="artifact-row"
      role="row"
      aria-level={row.depth + 1}
      aria-rowindex={props.index + 2}
      {...(file === undefined ? { "aria-expanded": row.is_open } : {})}
      tabIndex={props.is_at ? 0 : -1}
      style={{ transform: `translateY(${props.top}px)` }}
      onFocus={props.onFocus}
      onDblClick={props.onToggle}
    >
      <span
        role="gridcell"
        class="artifact-name"
        style={{ paddingLeft: `${row.depth * 18}px` }}
      >
        {file === undefined ? (
          <button
            type="button"
            class="twist"
            tabIndex={-1}
            aria-label={`${row.is_open ? "Close" : "Open"} ${row.path}`}
            onClick={props.onToggle}
          >
            <Icon name={row.is_open ? "down" : "right"} small />
            <Icon name="folder" />
            <span class="clip">{row.label === "" ? "/" : row.label}</span>
          </button>
        ) : (
          <>
            <Icon name={file.uri === "" ? "file" : "link"} />
            <span class="clip" title={file.name}>
              {row.label === "" ? file.name : row.label}
            </span>
          </>
        )}
      </span>
      <span role="gridcell" class="mono second-text artifact-size">
        {(file ?? row).bytes === undefined ||
        (file === undefined && row.bytes === 0)
          ? none
          : bytes(row.bytes)}
      </span>
      <span role="gridcell" class="small-text second-text clip">
        {file === undefined ? (
          plural(row.n_files, "file")
        ) : (
          <Where file={file} />
        )}
      </span>
      <span role="gridcell" class="artifact-acts">
        {file !== undefined && <Acts run={props.run} file={file} />}
      </span>
    </div>
  );
}

function Where({ file }: { file: ArtifactEntry }): JSX.Element {
  if (file.uri !== "")
    return (
      <span class="mono" title={file.uri}>
        {file.uri}
      </span>
    );
  return file.is_here ? (
    <>in the repository</>
  ) : (
    <span class="bad-value">its content is missing</span>
  );
}

function Acts(props: {
  run: { readonly id: string };
  file: ArtifactEntry;
}): JSX.Element {
  const { file } = props;
  const copied = file.uri === "" ? file.name : file.uri;
  return (
    <>
      {file.blob !== undefined && file.is_here && (
        <a
          class="button square small quiet"
          href={api.file_address(file.blob, file.name)}
          download={file.name.split("/").pop() ?? file.name}
          title="Download"
          aria-label={`Download ${file.name}`}
        >
          <Icon name="download" />
        </a>
      )}
      <IconButton
        icon="copy"
        label={`Copy ${file.uri === "" ? "name" : "address"} of ${file.name}`}
        small
        onClick={() =>
          void navigator.clipboard
            .writeText(copied)
            .then(() => say(file.uri === "" ? "Name copied" : "Address copied"))
        }
      />
      <IconButton
        icon="trash"
        label={`Delete ${file.name}`}
        small
        onClick={() =>
          void edit_runs(
            [props.run],
            { artifact: { name: file.name, is_deleted: true } },
            `${file.name} deleted`,
          )
        }
      />
    </>
  );
}
