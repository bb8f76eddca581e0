// Where a run came from: git, hardware, packages, time, command.

import type { ComponentChildren, JSX } from "preact";
import * as format from "../../math/format.ts";
import { IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import type { IconName } from "../../parts/icon.tsx";
import { say } from "../../parts/toast.tsx";
import type { Json, ParamTree } from "../../schema.ts";
import type { RunDetail } from "../../shapes.ts";
import { duration_of } from "../run_cells.tsx";
import { run_view } from "./view.ts";

function Fact(props: {
  icon: IconName;
  name: ComponentChildren;
  children: ComponentChildren;
  title?: string;
}): JSX.Element {
  return (
    <div class="fact" title={props.title}>
      <Icon name={props.icon} />
      <span class="second-text clip">{props.name}</span>
      <span class="grow" />
      <span class="mono clip">{props.children}</span>
    </div>
  );
}

function tree_at(value: Json | undefined): ParamTree {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as ParamTree)
    : {};
}

const words_at = (tree: ParamTree, key: string): string | undefined => {
  const value = tree[key];
  return typeof value === "string" && value !== ""
    ? value
    : typeof value === "number"
      ? String(value)
      : undefined;
};

export function Provenance({ run }: { run: RunDetail }): JSX.Element {
  const { arguments: words, git_info, hardware, packages } = run.system;
  const command = Array.isArray(words)
    ? words.map(String).map(quoted).join(" ")
    : undefined;
  const times = `${format.time(run.created_at)}${run.ended_at === undefined ? "" : ` – ${format.time_of_day(run.ended_at)}`}`;
  return (
    <section class="panel">
      <header>
        <h2>Where it came from</h2>
        <span class="grow" />
        <button
          type="button"
          class="to-link small-text pad-right"
          onClick={() => run_view.set({ tab: "params" })}
        >
          All
        </button>
      </header>
      <div class="facts">
        <GitFact git={tree_at(git_info)} />
        <HardwareFact hardware={tree_at(hardware)} />
        <PackagesFact packages={tree_at(packages)} />
        <Fact
          icon="clock"
          name={times}
          title={format.time_full(run.created_at)}
        >
          {format.duration(duration_of(run))}
        </Fact>
        {command !== undefined && (
          <div class="command">
            <span class="mono">
              <span class="quiet-text">$ </span>
              {command}
            </span>
            <IconButton
              icon="copy"
              label="Copy command"
              small
              onClick={() =>
                void navigator.clipboard
                  .writeText(command)
                  .then(() => say("Command copied"))
              }
            />
          </div>
        )}
      </div>
    </section>
  );
}

/** A word of a command as a shell needs it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replace(/'/g, "'\\''")}'`;
}

function GitFact({ git }: { git: ParamTree }): JSX.Element | null {
  const commit =
    words_at(git, "commit") ?? words_at(tree_at(git["commit"]), "hash");
  if (commit === undefined) return null;
  const branch = words_at(git, "branch");
  const dirty = git["is_dirty"] === "true" || git["is_dirty"] === true;
  return (
    <Fact
      icon="branch"
      name={`${branch === undefined ? "" : `${branch} @ `}${commit.slice(0, 7)}`}
      title={commit}
    >
      {dirty ? (
        <span class="warn-text">uncommitted changes</span>
      ) : (
        words_at(git, "author")?.replace(/ <.*/, "")
      )}
    </Fact>
  );
}

function HardwareFact({
  hardware,
}: {
  hardware: ParamTree;
}): JSX.Element | null {
  const gpus = hardware["gpus"];
  const names = Array.isArray(gpus)
    ? gpus.map((gpu) =>
        typeof gpu === "string"
          ? gpu
          : (words_at(tree_at(gpu), "name") ?? "GPU"),
      )
    : [];
  const cpus = words_at(hardware, "cpu_count");
  const memory = hardware["memory_bytes"];
  const parts = [
    ...(names.length > 0 ? [`${names.length} × ${names[0] ?? ""}`] : []),
    ...(cpus === undefined ? [] : [`${cpus} CPU`]),
    ...(typeof memory === "number" ? [format.bytes(memory)] : []),
  ];
  if (parts.length === 0) return null;
  const cpu = words_at(hardware, "cpu");
  return (
    <Fact
      icon="chip"
      name={words_at(hardware, "hostname") ?? cpu ?? "Hardware"}
      title={[cpu, ...parts].join(", ")}
    >
      {parts.join(", ")}
    </Fact>
  );
}

function PackagesFact({
  packages,
}: {
  packages: ParamTree;
}): JSX.Element | null {
  const all = Object.entries(packages);
  const first =
    all.find(([name]) =>
      ["torch", "transformers", "trailmark"].includes(name),
    ) ?? all[0];
  if (first === undefined) return null;
  const more = all.length > 1 ? `, ${all.length - 1} more` : "";
  return (
    <Fact icon="box" name="Packages">
      {`${first[0]} ${String(first[1])}${more}`}
    </Fact>
  );
}
