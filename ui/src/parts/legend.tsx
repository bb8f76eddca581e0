// The legend above charts: hover lights curves up, a click hides them, with Alt it shows them alone.

import type { ComponentChildren, JSX } from "preact";
import { LineMark, Swatch } from "./marks.tsx";

export interface LegendItem {
  readonly key: string;
  readonly label: string;
  readonly mark: { readonly color: string } | { readonly dash: number };
  readonly is_hidden: boolean;
}

/** Items under one heading, such as those of one learning rate. */
export interface LegendGroup {
  readonly title: ComponentChildren;
  readonly items: readonly LegendItem[];
}

interface LegendProps {
  readonly groups: readonly LegendGroup[];
  readonly onHover: (key: string | undefined) => void;
  readonly onToggle: (key: string, is_alone: boolean) => void;
  readonly children?: ComponentChildren;
}

const most_items = 40;

export function Legend(props: LegendProps): JSX.Element {
  let left = most_items;
  return (
    <div class="legend" role="group" aria-label="Legend">
      {props.groups.map((group, i) => {
        const items = group.items.slice(0, Math.max(left, 0));
        left -= group.items.length;
        return items.length === 0 ? null : (
          <span key={i} class="legend-group">
            {group.title}
            {items.map((item) => (
              <button
                key={item.key}
                type="button"
                class={item.is_hidden ? "hidden" : ""}
                aria-pressed={!item.is_hidden}
                title="Click hides, Alt click shows alone"
                onPointerEnter={() => props.onHover(item.key)}
                onPointerLeave={() => props.onHover(undefined)}
                onFocus={() => props.onHover(item.key)}
                onBlur={() => props.onHover(undefined)}
                onClick={(event) => props.onToggle(item.key, event.altKey)}
              >
                {"color" in item.mark ? (
                  <Swatch color={item.mark.color} />
                ) : (
                  <LineMark color="var(--text-2)" dashed={item.mark.dash > 0} />
                )}
                <span class="mono">{item.label}</span>
              </button>
            ))}
          </span>
        );
      })}
      {left < 0 && <span class="quiet-text">{-left} more</span>}
      {props.children}
    </div>
  );
}
