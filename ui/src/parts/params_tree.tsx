// Params as a tree: what differs from the siblings on top; a search keeps the parents; rows copy their path or value.

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { param, plural, short_path } from "../math/format.ts";
import { leaves, short_name } from "../math/params.ts";
import type { Leaf } from "../math/params.ts";
import type { Json, ParamTree } from "../schema.ts";
import { IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { say } from "./toast.tsx";

/** Params beside those of other runs. */
export interface AmongRuns {
  /** Params that differ, with the other runs' values. */
  readonly differs: ReadonlyMap<string, readonly unknown[]>;
  /** Params that some runs do not have; those that do agree on their value. */
  readonly partly: readonly string[];
}

interface TreeProps {
  readonly tree: ParamTree;
  readonly find: string;
  /** How the params stand to those of other runs. */
  readonly among?: AmongRuns;
  /** How many values of a branch stand open at first. */
  readonly most?: number;
  /** What stands above: it is told how many values are found. */
  readonly head?: (n_found: number, n_all: number) => ComponentChildren;
}

const copy = (text: string, what: string): void => {
  void navigator.clipboard.writeText(text).then(() => say(`${what} copied`));
};

const shown_value = (value: Json): string =>
  typeof value === "string" ? `"${value}"` : param(value);

/** A searchable tree of params. */
export function ParamsTree(props: TreeProps): JSX.Element {
  const all = leaves(props.tree);
  const word = props.find.trim().toLowerCase();
  const fits = (path: string, value: Json): boolean =>
    word === "" ||
    path.toLowerCase().includes(word) ||
    shown_value(value).toLowerCase().includes(word);
  const found = all.filter((leaf) => fits(leaf.path, leaf.value));
  return (
    <>
      {props.head !== undefined && (
        <header>
          {props.head(found.length, all.length)}
          <IconButton
            icon="copy"
            label="Copy as JSON"
            small
            onClick={() => copy(JSON.stringify(props.tree, null, 2), "Params")}
          />
        </header>
      )}
      <div class="params-tree">
        {props.among !== undefined && (
          <Among among={props.among} found={found} />
        )}
        <Branch
          tree={props.tree}
          above=""
          found={new Set(found.map((leaf) => leaf.path))}
          word={word}
          most={props.most ?? 60}
        />
        {found.length === 0 && (
          <p class="quiet-text small-text none">No param has “{props.find}”</p>
        )}
      </div>
    </>
  );
}

/** What differs from other runs, and how many params only some of them have. */
function Among(props: {
  among: AmongRuns;
  found: readonly Leaf[];
}): JSX.Element {
  const [is_open, set_open] = useState(false);
  const by_path = new Map(props.found.map((leaf) => [leaf.path, leaf.value]));
  const of = (path: string): readonly (readonly [string, Json])[] => {
    const value = by_path.get(path);
    return value === undefined ? [] : [[path, value]];
  };
  const differing = [...props.among.differs.keys()].flatMap(of);
  const partly = props.among.partly.flatMap(of);
  if (differing.length + partly.length === 0) return <></>;
  return (
    <div class="differing">
      {differing.length > 0 && (
        <div class="tiny-text quiet-text">Differs from the other runs</div>
      )}
      {differing.map(([path, value]) => (
        <AmongRow
          key={path}
          path={path}
          value={value}
          others={props.among.differs.get(path) ?? []}
        />
      ))}
      {partly.length > 0 && (
        <button
          type="button"
          class="action small-text more"
          aria-expanded={is_open}
          onClick={() => set_open(!is_open)}
        >
          <Icon name={is_open ? "down" : "right"} small />
          {plural(partly.length, "param")} that some other runs do not have
        </button>
      )}
      {is_open &&
        partly.map(([path, value]) => (
          <AmongRow key={path} path={path} value={value} others={[]} />
        ))}
    </div>
  );
}

function AmongRow(props: {
  path: string;
  value: Json;
  others: readonly unknown[];
}): JSX.Element {
  return (
    <div class={props.others.length > 0 ? "param strong" : "param"}>
      <span class="mono clip" title={props.path}>
        {short_name(props.path)}
      </span>
      <span class="grow" />
      {props.others.length > 0 && (
        <span class="tiny-text quiet-text clip">
          also{" "}
          {props.others
            .slice(0, 4)
            .map((other) => short_path(param(other)))
            .join(", ")}
        </span>
      )}
      <span class="mono value clip" title={shown_value(props.value)}>
        {typeof props.value === "string"
          ? short_path(props.value)
          : shown_value(props.value)}
      </span>
    </div>
  );
}

interface BranchProps {
  readonly tree: ParamTree;
  readonly above: string;
  readonly found: ReadonlySet<string>;
  readonly word: string;
  readonly most: number;
}

function is_tree(value: Json): value is ParamTree {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0
  );
}

function Branch(props: BranchProps): JSX.Element {
  const [is_whole, set_whole] = useState(false);
  const path_of = (key: string): string =>
    props.above === "" ? key : `${props.above}.${key}`;
  const entries = Object.entries(props.tree);
  const values = entries.filter(
    ([key, value]) => !is_tree(value) && props.found.has(path_of(key)),
  );
  const branches = entries.flatMap(([key, value]) =>
    is_tree(value) ? [[key, value] as const] : [],
  );
  const shown =
    is_whole || props.word !== "" ? values : values.slice(0, props.most);
  return (
    <>
      {shown.map(([key, value]) => (
        <ParamRow
          key={key}
          name={key}
          path={path_of(key)}
          value={value}
          word={props.word}
        />
      ))}
      {shown.length < values.length && (
        <button
          type="button"
          class="action small-text more"
          onClick={() => set_whole(true)}
        >
          {values.length - shown.length} more
        </button>
      )}
      {branches.map(([key, tree]) => (
        <Twig
          key={key}
          {...props}
          name={key}
          tree={tree}
          above={path_of(key)}
        />
      ))}
    </>
  );
}

function Twig(props: BranchProps & { name: string }): JSX.Element {
  const paths = leaves(props.tree, props.above).map((leaf) => leaf.path);
  const n_found = paths.filter((path) => props.found.has(path)).length;
  const [is_open, set_open] = useState(paths.length <= 40);
  const shown = props.word === "" ? is_open : n_found > 0;
  return (
    <div class="twig">
      <button
        type="button"
        class="param"
        aria-expanded={shown}
        onClick={() => set_open(!is_open)}
      >
        <Icon name={shown ? "down" : "right"} small />
        <span class="mono">{props.name}</span>
        <span class="tiny-text quiet-text">
          {props.word !== "" && n_found === 0
            ? `${paths.length}, none match`
            : paths.length}
        </span>
      </button>
      {shown && (
        <div class="below">
          <Branch {...props} />
        </div>
      )}
    </div>
  );
}

function ParamRow(props: {
  name: string;
  path: string;
  value: Json;
  word: string;
}): JSX.Element {
  const kind =
    typeof props.value === "string"
      ? "q-string"
      : typeof props.value === "number"
        ? ""
        : "q-keyword";
  const words = shown_value(props.value);
  return (
    <div class="param">
      <button
        type="button"
        class="mono second-text"
        title={`${props.path}: copy path`}
        onClick={() => copy(props.path, "Path")}
      >
        <Marked text={props.name} word={props.word} />
      </button>
      <span class="grow" />
      <button
        type="button"
        class={`mono value clip ${kind}`}
        title={`${words}: copy`}
        onClick={() => copy(param(props.value), "Value")}
      >
        <Marked text={words} word={props.word} />
      </button>
    </div>
  );
}

function Marked({ text, word }: { text: string; word: string }): JSX.Element {
  const at = word === "" ? -1 : text.toLowerCase().indexOf(word);
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + word.length)}</mark>
      {text.slice(at + word.length)}
    </>
  );
}
