// The params of a run, and what it ran on: command, environment, packages, git, hardware; all searchable.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { value_at } from "../../math/params.ts";
import { Empty } from "../../parts/looks.tsx";
import { ParamsTree } from "../../parts/params_tree.tsx";
import type { AmongRuns } from "../../parts/params_tree.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import type { ParamTree } from "../../schema.ts";
import type { RunFrame } from "./frame.ts";
import { run_view } from "./view.ts";

const titles: Readonly<Record<string, string>> = {
  arguments: "Command",
  executable: "Executable",
  cwd: "Folder",
  env_variables: "Environment variables",
  packages: "Packages",
  git_info: "Git",
  hardware: "Hardware",
};

/** Every param and every fact about where the run ran. */
export function RunParams({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const { find } = run_view.values.value;
  const system: ParamTree = Object.fromEntries(
    Object.entries(run.system).map(([key, value]) => [
      titles[key] ?? key,
      value,
    ]),
  );
  return (
    <>
      <div class="controls">
        <TextFind
          label="Find a param, package or variable"
          width={360}
          value={find}
          onChange={(value) => run_view.set({ find: value })}
        />
      </div>
      <div class="scrolls run-params">
        <section class="panel">
          <header>
            <h2>Params</h2>
          </header>
          {Object.keys(run.params).length === 0 ? (
            <Empty title="No params">
              A run sets them with{" "}
              <span class="mono">run["hparams"] = {"{…}"}</span>
            </Empty>
          ) : (
            <ParamsTree
              tree={run.params}
              find={find}
              among={among_siblings(frame)}
            />
          )}
        </section>
        <section class="panel">
          <header>
            <h2>Where it came from</h2>
          </header>
          {Object.keys(system).length === 0 ? (
            <Empty title="Nothing was captured">
              The writer of this run captures no environment
            </Empty>
          ) : (
            <ParamsTree tree={system} find={find} />
          )}
        </section>
      </div>
    </>
  );
}

/** The params in which the run differs from its siblings, with the values of the others; and its params that some
 *  siblings do not have. */
export function among_siblings(frame: RunFrame): AmongRuns {
  const { run, siblings } = frame;
  const differs = run.siblings.differs.map((path) => {
    const own = JSON.stringify(value_at(run.params, path));
    const others = new Map<string, unknown>();
    for (const sibling of siblings) {
      const value = value_at(sibling.params, path);
      const text = JSON.stringify(value);
      if (value !== undefined && text !== own) others.set(text, value);
    }
    return [path, [...others.values()]] as const;
  });
  return { differs: new Map(differs), partly: run.siblings.partly };
}

/** The tree with its own search, for a narrow column. */
export function ParamsPanel({ frame }: { frame: RunFrame }): JSX.Element {
  const [find, set_find] = useState("");
  const { run } = frame;
  return (
    <ParamsTree
      tree={run.params}
      find={find}
      among={among_siblings(frame)}
      most={4}
      head={(n_found, n_all) => (
        <>
          <h2>Params</h2>
          <span class="small-text quiet-text">{n_all}</span>
          <span class="grow" />
          <TextFind
            label="Find"
            width={124}
            value={find}
            detail={find === "" ? undefined : `${n_found} of ${n_all}`}
            onChange={set_find}
          />
        </>
      )}
    />
  );
}
