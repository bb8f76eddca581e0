// The frame of a chart: its title, a chip for every automatic choice, and its tools.

import type { ComponentChildren, JSX } from "preact";
import { IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { Chip } from "./marks.tsx";
import { Menu } from "./menu.tsx";
import type { MenuItem } from "./menu.tsx";

interface ChartFrameProps {
  readonly title: string;
  readonly chips: readonly { readonly text: string; readonly why: string }[];
  readonly is_zoomed: boolean;
  readonly is_full: boolean;
  readonly can_fill: boolean;
  readonly onZoom: () => void;
  readonly onReset: () => void;
  readonly onFull: () => void;
  readonly exports: readonly MenuItem[];
  readonly menu?: readonly MenuItem[];
  readonly children: ComponentChildren;
}

export function ChartFrame(props: ChartFrameProps): JSX.Element {
  return (
    <section class="panel flat chart-frame" aria-label={props.title}>
      <header>
        <h2 class="clip" title={props.title}>
          {props.title}
        </h2>
        <span class="chips">
          {props.chips.map((chip) => (
            <Chip key={chip.text} title={chip.why}>
              {chip.text}
            </Chip>
          ))}
        </span>
        <span class="grow" />
        <div class="tools">
          <IconButton
            small
            icon="zoom"
            label="Zoom in"
            onClick={props.onZoom}
          />
          <IconButton
            small
            icon="undo"
            label="Show all"
            not_now={props.is_zoomed ? undefined : "Nothing is zoomed"}
            onClick={props.onReset}
          />
          <Menu
            label="Download"
            class="button square small quiet"
            face={<Icon name="download" />}
            items={props.exports}
          />
          {props.menu !== undefined && props.menu.length > 0 && (
            <Menu
              label="More"
              class="button square small quiet"
              items={props.menu}
            />
          )}
        </div>
        {(props.can_fill || props.is_full) && (
          <IconButton
            small
            icon="expand"
            label={props.is_full ? "Show all charts" : "Show this chart alone"}
            on={props.is_full ? true : undefined}
            onClick={props.onFull}
          />
        )}
      </header>
      {props.children}
    </section>
  );
}
