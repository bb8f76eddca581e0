// Dialogs: only for what cannot be undone, with counts; and the sheet of keys.

import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "./button.tsx";

/** A window above the page; Esc and a click beside it close it. */
export function Dialog(props: {
  title: string;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog
      ref={box}
      class={props.wide === true ? "dialog wide" : "dialog"}
      aria-label={props.title}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === box.current) box.current?.close();
      }}
    >
      <div>
        <h2>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}

/** A question before something that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly words: ComponentChildren;
  readonly action: string;
  /** What must be typed to go on. */
  readonly typed?: string | undefined;
  readonly instead?:
    { readonly action: string; readonly run: () => void } | undefined;
  readonly run: () => void;
}

const asked = signal<Question | undefined>(undefined);

/** Asks before something that cannot be taken back. */
export function ask_first(question: Question): void {
  asked.value = question;
}

/** Where questions appear; stands once in the shell. */
export function Questions(): JSX.Element | null {
  const question = asked.value;
  return question === undefined ? null : (
    <QuestionDialog key={question.title} question={question} />
  );
}

function QuestionDialog({ question }: { question: Question }): JSX.Element {
  const [typed, set_typed] = useState("");
  const close = (): void => {
    asked.value = undefined;
  };
  const go_on = (run: () => void) => (): void => {
    close();
    run();
  };
  const wanted = question.typed;
  const not_now =
    wanted === undefined || typed.trim() === wanted
      ? undefined
      : `Type “${wanted}” first`;
  return (
    <Dialog title={question.title} onClose={close}>
      <p>{question.words}</p>
      {wanted !== undefined && (
        <label class="field">
          <span>
            Type <b class="mono">{wanted}</b> to go on
          </span>
          <input
            value={typed}
            spellcheck={false}
            onInput={(event) => set_typed(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && not_now === undefined)
                go_on(question.run)();
            }}
          />
        </label>
      )}
      <footer>
        {question.instead !== undefined && (
          <Button onClick={go_on(question.instead.run)}>
            {question.instead.action}
          </Button>
        )}
        <span class="grow" />
        <Button kind="quiet" onClick={close}>
          Cancel
        </Button>
        <Button kind="danger" not_now={not_now} onClick={go_on(question.run)}>
          {question.action}
        </Button>
      </footer>
    </Dialog>
  );
}
