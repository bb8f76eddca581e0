// The heads of parallel axes: a menu each, and dragged they reorder the axes.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../../math/format.ts";
import { Menu } from "../../parts/menu.tsx";
import type { Axis } from "./axes.ts";
import { params_view, write_axis } from "./view.ts";

export function Heads(props: {
  axes: readonly Axis[];
  color: string | undefined;
  ramp: string | undefined;
}): JSX.Element {
  const { axes } = props;
  const [dragged, set_dragged] = useState<string | undefined>(undefined);
  const set = (next: readonly Axis[]): void =>
    params_view.set({ axes: next.map((axis) => write_axis(axis.word)) });
  const change = (axis: Axis, word: Partial<Axis["word"]>): void =>
    set(
      axes.map((one) =>
        one === axis ? { ...one, word: { ...one.word, ...word } } : one,
      ),
    );
  const move = (id: string, to: number): void => {
    const moved = axes.find((axis) => axis.id === id);
    const rest = axes.filter((axis) => axis.id !== id);
    if (moved !== undefined)
      set([...rest.slice(0, to), moved, ...rest.slice(to)]);
  };
  return (
    <div class="axis-heads" role="list">
      {axes.map((axis, i) => (
        <div
          key={axis.id}
          role="listitem"
          class="axis-head"
          style={{ "--at": axes.length > 1 ? i / (axes.length - 1) : 0 }}
          draggable
          onDragStart={() => set_dragged(axis.id)}
          onDragEnd={() => set_dragged(undefined)}
          onDragOver={(event) => {
            if (dragged !== undefined) event.preventDefault();
          }}
          onDrop={(event) => {
            event.preventDefault();
            if (dragged !== undefined && dragged !== axis.id) move(dragged, i);
          }}
        >
          <Menu
            label={`Axis ${axis.label} ${caption(axis)}`}
            class="axis-name"
            align="start"
            face={
              <>
                <b>{axis.label}</b>{" "}
                <span class="quiet-text">{caption(axis)}</span>
              </>
            }
            items={[
              {
                label: axis.scale === "log" ? "Linear axis" : "Log axis",
                not_now:
                  axis.scale === "words" ? "Its values are words" : undefined,
                run: () =>
                  change(axis, {
                    scale: axis.scale === "log" ? "linear" : "log",
                  }),
              },
              {
                label: "Flip",
                icon: "swap",
                run: () => change(axis, { flip: !axis.is_flipped }),
              },
              {
                label: "Colour by this",
                run: () => params_view.set({ color: axis.id }),
              },
              {
                label: "Move left",
                not_now: i === 0 ? "It is the first" : undefined,
                run: () => move(axis.id, i - 1),
              },
              {
                label: "Move right",
                not_now: i === axes.length - 1 ? "It is the last" : undefined,
                run: () => move(axis.id, i + 1),
              },
              {
                label: "Remove",
                icon: "close",
                run: () => set(axes.filter((one) => one !== axis)),
              },
            ]}
          />
          {axis.id === props.color && props.ramp !== undefined && (
            <i class={`ramp ${props.ramp}`} />
          )}
        </div>
      ))}
    </div>
  );
}

function caption(axis: Axis): string {
  const scale =
    axis.scale === "log" ? (axis.is_auto_scale ? "log, auto" : "log") : "";
  const words = axis.kind === "metric" ? [axis.of, scale] : [scale];
  if (axis.kind === "param" && scale === "")
    words.push(plural(axis.ticks.length, "value"));
  if (axis.is_flipped) words.push("flipped");
  return words.filter((word) => word !== "").join(" · ");
}
