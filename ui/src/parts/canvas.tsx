// A canvas that follows its box and the theme: two layers, of which the upper one follows the pointer.

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { ink_of } from "../chart/curve.ts";
import type { Ink } from "../chart/curve.ts";
import { Layer } from "../chart/layer.ts";
import type { Pen } from "../chart/pen.ts";
import { shown_theme } from "../theme.ts";

export interface CanvasSize {
  readonly width: number;
  readonly height: number;
}

interface CanvasProps {
  readonly label: string;
  readonly class: string;
  readonly paint: (
    pen: Pen,
    size: CanvasSize,
    ink: Ink,
    element: Element,
  ) => void;
  /** What follows the pointer; drawn again whenever the component is. */
  readonly paint_top: (
    pen: Pen,
    size: CanvasSize,
    ink: Ink,
    element: Element,
  ) => void;
  /** What `paint` draws: it is drawn again when one of them changes. */
  readonly of: readonly unknown[];
  readonly onPointer?: (
    kind: "down" | "move" | "up" | "leave",
    x: number,
    y: number,
    size: CanvasSize,
  ) => void;
}

/** Draws what it is told, sharp and in the theme's inks. */
export function Canvas(props: CanvasProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const layers = useRef<{ base: Layer; top: Layer } | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const draw = (is_whole: boolean): void => {
    const [element, both] = [host.current, layers.current];
    if (element === null || both === undefined) return;
    const size = { width: element.clientWidth, height: element.clientHeight };
    if (size.width < 40 || size.height < 40) return;
    const ink = ink_of(element);
    if (is_whole) {
      both.base.resize(size.width, size.height);
      both.top.resize(size.width, size.height);
      both.base.clear();
      latest.current.paint(both.base.pen, size, ink, element);
    }
    both.top.clear();
    latest.current.paint_top(both.top.pen, size, ink, element);
  };
  useLayoutEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const [base, top] = [new Layer(element), new Layer(element)];
    layers.current = { base, top };
    const observer = new ResizeObserver(() => draw(true));
    observer.observe(element);
    return () => {
      observer.disconnect();
      base.remove();
      top.remove();
      layers.current = undefined;
    };
  }, []);
  useEffect(() => draw(true), [...props.of, shown_theme.value]);
  useEffect(() => draw(false));
  const tell =
    (kind: "down" | "move" | "up" | "leave") => (event: PointerEvent) => {
      const element = host.current;
      if (element === null) return;
      const rect = element.getBoundingClientRect();
      if (kind === "down") element.setPointerCapture(event.pointerId);
      props.onPointer?.(
        kind,
        event.clientX - rect.left,
        event.clientY - rect.top,
        {
          width: element.clientWidth,
          height: element.clientHeight,
        },
      );
    };
  return (
    <div
      ref={host}
      class={props.class}
      role="img"
      aria-label={props.label}
      onPointerDown={tell("down")}
      onPointerMove={tell("move")}
      onPointerUp={tell("up")}
      onPointerLeave={tell("leave")}
    />
  );
}
