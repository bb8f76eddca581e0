// What hands do to a chart, told as intents: look, pick, zoom into a range, move along. Knows pixels only.

import type { Box } from "./curve.ts";

export interface PointerIntents {
  look(x: number, y: number): void;
  leave(): void;
  /** `is_alone` when Alt was held. */
  pick(x: number, y: number, is_alone: boolean): void;
  /** A range is being dragged; both ends are inside the box. */
  selecting(from: number, to: number): void;
  select(from: number, to: number): void;
  /** The picture is being moved by so many pixels since the last call. */
  pan(by: number): void;
  pan_end(): void;
  zoom(times: number, x: number): void;
  reset(): void;
}

type Mode = "idle" | "pressed" | "selecting" | "panning";

/** Dragging fewer pixels than this is a click. */
const DRAG_FROM = 5;

/** Listens on `element`; returns how to stop. */
export function listen(
  element: HTMLElement,
  box: () => Box,
  intents: PointerIntents,
): () => void {
  let mode: Mode = "idle";
  let start = 0;
  let last = 0;
  const place = (event: MouseEvent): [number, number] => {
    const rect = element.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  };
  const inside = (x: number): number =>
    Math.max(box().left, Math.min(box().right, x));
  const starts_pan = (event: PointerEvent, y: number): boolean =>
    event.shiftKey || event.button === 1 || y > box().bottom;

  const down = (event: PointerEvent): void => {
    if (event.button > 1) return;
    const [x, y] = place(event);
    mode = starts_pan(event, y) ? "panning" : "pressed";
    start = x;
    last = x;
    element.setPointerCapture(event.pointerId);
    if (mode === "panning") event.preventDefault();
  };
  const move = (event: PointerEvent): void => {
    const [x, y] = place(event);
    if (mode === "pressed" && Math.abs(x - start) >= DRAG_FROM)
      mode = "selecting";
    if (mode === "selecting") intents.selecting(inside(start), inside(x));
    else if (mode === "panning") intents.pan(x - last);
    else if (mode === "idle") intents.look(x, y);
    last = x;
  };
  const up = (event: PointerEvent): void => {
    const [x, y] = place(event);
    const was = mode;
    mode = "idle";
    if (was === "selecting") intents.select(inside(start), inside(x));
    else if (was === "panning") intents.pan_end();
    else if (was === "pressed") intents.pick(x, y, event.altKey);
  };
  const cancel = (): void => {
    if (mode === "panning") intents.pan_end();
    if (mode === "selecting") intents.selecting(NaN, NaN);
    mode = "idle";
  };
  const leave = (): void => {
    if (mode === "idle") intents.leave();
  };
  let wheel_end = 0;
  const wheel = (event: WheelEvent): void => {
    const [x] = place(event);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      intents.zoom(Math.exp(-event.deltaY / 300), inside(x));
      return;
    }
    const by = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (by === 0 || (!event.shiftKey && Math.abs(event.deltaY) > Math.abs(by)))
      return;
    event.preventDefault();
    intents.pan(-by);
    window.clearTimeout(wheel_end);
    wheel_end = window.setTimeout(() => intents.pan_end(), 120);
  };
  const twice = (): void => intents.reset();

  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", cancel);
  element.addEventListener("pointerleave", leave);
  element.addEventListener("wheel", wheel, { passive: false });
  element.addEventListener("dblclick", twice);
  return () => {
    window.clearTimeout(wheel_end);
    element.removeEventListener("pointerdown", down);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", up);
    element.removeEventListener("pointercancel", cancel);
    element.removeEventListener("pointerleave", leave);
    element.removeEventListener("wheel", wheel);
    element.removeEventListener("dblclick", twice);
  };
}
