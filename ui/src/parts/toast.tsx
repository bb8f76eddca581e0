// Toasts: what just happened, for seven seconds, with Undo.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface Toast {
  readonly id: number;
  readonly words: string;
  readonly kind: "done" | "bad";
  readonly undo: (() => void) | undefined;
}

const shown_millis = 7000;
const toasts = signal<readonly Toast[]>([]);
let next_id = 0;

/** Says what happened; `undo` takes it back. */
export function say(words: string, undo?: () => void): void {
  add({ id: next_id++, words, kind: "done", undo });
}

/** Says what went wrong. */
export function say_bad(error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  add({ id: next_id++, words, kind: "bad", undo: undefined });
}

function add(toast: Toast): void {
  toasts.value = [...toasts.value.slice(-2), toast];
  setTimeout(() => drop(toast.id), shown_millis);
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Takes back what the newest toast offers; says whether there was something. */
export function undo_last(): boolean {
  const last = [...toasts.value]
    .reverse()
    .find((toast) => toast.undo !== undefined);
  if (last === undefined) return false;
  drop(last.id);
  last.undo?.();
  return true;
}

/** Where toasts appear; stands once in the shell. */
export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`}>
          <Icon name={toast.kind === "done" ? "finished" : "failed"} />
          <span class="grow">{toast.words}</span>
          {toast.undo !== undefined && (
            <button
              type="button"
              class="action"
              onClick={() => {
                drop(toast.id);
                toast.undo?.();
              }}
            >
              Undo
            </button>
          )}
          <IconButton
            icon="close"
            label="Hide"
            small
            onClick={() => drop(toast.id)}
          />
        </div>
      ))}
    </div>
  );
}
