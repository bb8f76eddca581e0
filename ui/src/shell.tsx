// The frame of every page: sidebar with counts, connection, theme and help; dialogs, toasts and the palette above it.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "./api.ts";
import { all_keys, use_keys } from "./keys.ts";
import { connection, try_now } from "./live.ts";
import { ago, compact, count } from "./math/format.ts";
import { Dialog, Questions } from "./parts/dialog.tsx";
import { Icon } from "./parts/icon.tsx";
import { IconButton } from "./parts/button.tsx";
import { api_link, page_links, page_sections } from "./page_list.ts";
import type { PageLink } from "./page_list.ts";
import { Palette } from "./pages/palette/palette.tsx";
import { Toasts, undo_last } from "./parts/toast.tsx";
import { use_request } from "./request.ts";
import type { Counts } from "./schema.ts";
import { go, place, redo_view, undo_view } from "./state.ts";
import { choose_theme, next_theme, theme } from "./theme.ts";

/** The frame around a page. */
export function Shell({
  children,
}: {
  children: ComponentChildren;
}): JSX.Element {
  const [dialog, set_dialog] = useState<"palette" | "keys" | undefined>(
    undefined,
  );
  // Each opening is a palette of its own, even where the one before has not left the page yet.
  const [opening, set_opening] = useState(0);
  const close = (): void => set_dialog(undefined);
  const open_palette = (): void => {
    set_opening((before) => before + 1);
    set_dialog("palette");
  };
  use_keys([
    {
      keys: "Ctrl K",
      does: "Go to anything",
      run: open_palette,
      always: true,
    },
    { keys: "?", does: "All keys", run: () => set_dialog("keys") },
    { keys: "T", does: "Theme", run: () => choose_theme(next_theme()) },
    {
      keys: "Ctrl Z",
      does: "Undo view",
      run: () => void (undo_view() || undo_last()),
    },
    { keys: "Ctrl Y", does: "Redo view", run: () => void redo_view() },
    ...page_links.map((page) => ({
      keys: `G ${page.key}`,
      does: page.name,
      run: () => go(page.path),
    })),
  ]);
  return (
    <div class="app">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Sidebar onPalette={open_palette} onKeys={() => set_dialog("keys")} />
      {children}
      {dialog === "palette" && <Palette key={opening} onClose={close} />}
      {dialog === "keys" && <KeySheet onClose={close} />}
      <Questions />
      <Toasts />
    </div>
  );
}

function Sidebar(props: {
  onPalette: () => void;
  onKeys: () => void;
}): JSX.Element {
  const look = use_request("info", api.info);
  const counts = look.data?.counts;
  const name = look.data?.repository.name ?? "Trailmark";
  useEffect(() => {
    document.documentElement.dataset["repository"] = name;
  }, [name]);
  return (
    <nav class="side" aria-label="Main">
      <a class="repository" href="/" title={look.data?.repository.path}>
        <Blaze />
        <b class="clip">{name}</b>
      </a>
      <button type="button" class="go-to" onClick={props.onPalette}>
        <Icon name="search" small />
        <span class="grow">Go to…</span>
        <kbd>Ctrl K</kbd>
      </button>
      {page_sections.map((section) => (
        <div key={section.title} class="section">
          <h3>{section.title}</h3>
          {section.links.map((link) => (
            <SideLink key={link.path} link={link} counts={counts} />
          ))}
        </div>
      ))}
      <div class="foot">
        <ConnectionMark writers={counts?.running} />
        <span class="grow" />
        <IconButton
          icon={
            theme.value === "light"
              ? "sun"
              : theme.value === "dark"
                ? "moon"
                : "screen"
          }
          label={`Theme: ${theme.value}`}
          small
          onClick={() => choose_theme(next_theme())}
        />
        <a
          class={`button square quiet small${place.value.path === api_link.path ? " on" : ""}`}
          href={api_link.path}
          aria-label={api_link.name}
          title="Every route of the API"
        >
          <Icon name={api_link.icon} />
        </a>
        <IconButton icon="help" label="All keys" small onClick={props.onKeys} />
      </div>
    </nav>
  );
}

function SideLink({
  link,
  counts,
}: {
  link: PageLink;
  counts: Counts | undefined;
}): JSX.Element {
  const { path } = place.value;
  const is_here =
    link.path === "/"
      ? path === "/"
      : path === link.path || path.startsWith(`${link.path}/`);
  const n = counts === undefined ? undefined : link.count?.(counts);
  const classes = `${is_here ? "on" : ""}${n === 0 ? " off" : ""}`;
  return (
    <a
      class={classes}
      href={link.path}
      title={link.name}
      aria-current={is_here ? "page" : undefined}
    >
      <Icon name={link.icon} />
      <span class="name">{link.name}</span>
      {n !== undefined && n > 0 && (
        <span class="count">{n < 10_000 ? count(n) : compact(n)}</span>
      )}
    </a>
  );
}

function Blaze(): JSX.Element {
  return (
    <svg class="blaze" viewBox="0 0 18 18" aria-hidden="true">
      <rect x="1" y="1" width="16" height="16" rx="4" fill="var(--blaze)" />
      <path d="M6.2 4.5h5.6v2.2H10.3v6.8H7.7V6.7H6.2z" fill="var(--panel)" />
    </svg>
  );
}

function ConnectionMark({
  writers,
}: {
  writers: number | undefined;
}): JSX.Element {
  const here = connection.value;
  const [now, set_now] = useState(Date.now());
  useEffect(() => {
    if (here.state !== "lost") return undefined;
    const timer = setInterval(() => set_now(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [here.state]);
  if (here.state === "lost") {
    return (
      <button
        type="button"
        class="connection lost"
        title="The server does not answer. Try now"
        onClick={try_now}
      >
        <i aria-hidden="true" />
        <span role="status">
          Reconnecting, {ago(Math.max(0, now - here.since) / 1000)} old
        </span>
      </button>
    );
  }
  const n = writers ?? 0;
  const words =
    here.state === "connecting"
      ? "Connecting"
      : `Live · ${n === 1 ? "1 writer" : `${n} writers`}`;
  return (
    <span class={`connection ${here.state}`} role="status">
      <i aria-hidden="true" />
      <span>{words}</span>
    </span>
  );
}

function KeySheet({ onClose }: { onClose: () => void }): JSX.Element {
  const seen = new Set<string>();
  const keys = all_keys().filter(
    (key) => !seen.has(key.keys) && seen.add(key.keys),
  );
  return (
    <Dialog title="Keys" wide onClose={onClose}>
      <dl class="keys">
        {keys.map((key) => (
          <div key={key.keys}>
            <dt>
              {key.keys.split(", ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{key.does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
