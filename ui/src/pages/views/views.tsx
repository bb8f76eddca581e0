// Views that people keep: an address of the page by a name, for everyone who opens the repository.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../api.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PopButton } from "../../parts/popover.tsx";
import { say, say_bad } from "../../parts/toast.tsx";
import { refresh, use_request } from "../../request.ts";
import type { Look } from "../../request.ts";
import type { View } from "../../schema.ts";
import type { KeptViews } from "../../shapes.ts";
import { place } from "../../state.ts";
import { page_of, url_of } from "./place.ts";

const key = "views";

/** The kept views. */
export function use_views(): Look<KeptViews> {
  return use_request(key, api.views);
}

/** Does something to the kept views, says so, and offers to take it back. */
async function change(
  work: () => Promise<KeptViews>,
  words: string,
  undo: (before: View | undefined) => Promise<KeptViews>,
): Promise<void> {
  try {
    const { before } = await work();
    say(words, () => {
      undo(before)
        .then(() => refresh((one) => one === key))
        .catch(say_bad);
    });
  } catch (error) {
    say_bad(error);
  }
  refresh((one) => one === key);
}

/** Keeps the view that is shown; an earlier one of this name comes back by Undo. */
function keep(name: string, url: string): void {
  void change(
    () => api.keep_view(name, url),
    `View “${name}” saved`,
    (before) =>
      before === undefined
        ? api.forget_view(name)
        : api.keep_view(before.name, before.url),
  );
}

function forget(view: View): void {
  void change(
    () => api.forget_view(view.name),
    `View “${view.name}” removed`,
    () => api.keep_view(view.name, view.url),
  );
}

/** The button in the bar of an explorer. */
export function SaveView(): JSX.Element {
  const views = use_views().data?.views ?? [];
  const here = url_of(place.value);
  const shown = views.find((view) => view.url === here);
  return (
    <PopButton
      label="Save view"
      class={shown === undefined ? "button plain" : "button plain on"}
      title={
        shown === undefined
          ? "Keep this view under a name"
          : "This view is kept"
      }
      has_words
      align="end"
      width={300}
      face={
        <>
          <Icon name="bookmark" />
          <span class="clip view-name">{shown?.name ?? "Save view"}</span>
        </>
      }
    >
      {(close) => <SaveForm views={views} here={here} onDone={close} />}
    </PopButton>
  );
}

function SaveForm(props: {
  views: readonly View[];
  here: string;
  onDone: () => void;
}): JSX.Element {
  const { views, here } = props;
  const [typed, set_typed] = useState(
    views.find((view) => view.url === here)?.name ?? "",
  );
  const name = typed.trim();
  const is_known = views.some((view) => view.name === name);
  const save = (): void => {
    if (name === "") return;
    props.onDone();
    keep(name, here);
  };
  return (
    <div class="save-view">
      <div class="in-row">
        <input
          class="input grow"
          autofocus
          value={typed}
          maxLength={200}
          aria-label="Name of the view"
          placeholder="Name of the view"
          onInput={(event) => set_typed(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") save();
          }}
        />
        <Button
          kind="prime"
          not_now={name === "" ? "Type a name first" : undefined}
          onClick={save}
        >
          {is_known ? "Replace" : "Save"}
        </Button>
      </div>
      {views.length > 0 && (
        <>
          <h3>Kept views</h3>
          <ViewList views={views} />
        </>
      )}
    </div>
  );
}

/** Kept views, each a link. */
export function ViewList({ views }: { views: readonly View[] }): JSX.Element {
  return (
    <ul class="links view-list">
      {views.map((view) => {
        const page = page_of(view.url);
        return (
          <li key={view.name}>
            <a href={view.url} title={view.url}>
              <Icon name={page?.icon ?? "bookmark"} />
              <span class="clip grow">{view.name}</span>
              <span class="quiet-text">{page?.name}</span>
            </a>
            <IconButton
              icon="trash"
              label={`Remove the view ${view.name}`}
              small
              onClick={() => forget(view)}
            />
          </li>
        );
      })}
    </ul>
  );
}
