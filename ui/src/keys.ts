// The keyboard: one list of what keys do here, off while a person types, shown whole by `?`.

import { useEffect, useRef } from "preact/hooks";

/** What a key does. `keys` are as people read them: `/`, `Shift X`, `Ctrl K`, `G R` (one after the other). */
export interface Key {
  readonly keys: string;
  readonly does: string;
  readonly run: () => void;
  /** Whether it also works while typing. */
  readonly always?: boolean;
}

const groups = new Set<readonly Key[]>();
const chain_millis = 1200;
let first: { readonly key: string; readonly at: number } | undefined;

/** Every key that works here now, the latest registered first. */
export function all_keys(): readonly Key[] {
  return [...groups].reverse().flat();
}

/** Registers keys while the component is shown. */
export function use_keys(keys: readonly Key[]): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const group = keys.map((key, i): Key => ({
      ...key,
      run: () => latest.current[i]?.run(),
    }));
    groups.add(group);
    return () => {
      groups.delete(group);
    };
  }, [keys.map((key) => key.keys).join("\n")]);
}

/** Listens; called once. */
export function listen(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const name = key_name(event);
    const chained =
      first !== undefined && event.timeStamp - first.at < chain_millis
        ? `${first.key} ${name}`
        : "";
    const typing = is_typing(event.target);
    const key = find(chained, typing) ?? find(name, typing);
    first = undefined;
    if (key !== undefined) {
      event.preventDefault();
      key.run();
    } else if (!typing && name.length === 1)
      first = { key: name, at: event.timeStamp };
  });
}

function find(name: string, typing: boolean): Key | undefined {
  if (name === "") return undefined;
  return all_keys().find(
    (key) =>
      key.keys.split(", ").includes(name) && (!typing || key.always === true),
  );
}

/** The name of a pressed key, as `Key.keys` writes it. */
export function key_name(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}): string {
  const names: Record<string, string> = {
    " ": "Space",
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    Escape: "Esc",
  };
  const is_letter =
    event.key.length === 1 &&
    event.key.toLowerCase() !== event.key.toUpperCase();
  const base =
    names[event.key] ?? (is_letter ? event.key.toUpperCase() : event.key);
  const shift =
    event.shiftKey && (is_letter || event.key.length > 1) ? "Shift " : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl " : ""}${event.altKey ? "Alt " : ""}${shift}${base}`;
}

function is_typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  ) {
    return true;
  }
  return (
    target instanceof HTMLInputElement &&
    !["checkbox", "radio", "range", "button"].includes(target.type)
  );
}
