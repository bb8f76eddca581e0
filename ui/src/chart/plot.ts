// A line chart in layers: the still picture with grid, curves and labels, which is not seen itself, and the ground, which
// shows it with what follows the pointer on it.
//
// At rest only the ground is shown: a pointer's move copies the still picture and draws on it, and the browser has one
// opaque picture to show and nothing to blend. Moving along shifts the curves' finished picture over the ground and
// redraws just that; they are drawn exactly when the movement rests, or shows too much that was never drawn.

import type { Curve, Ink } from "./curve.ts";
import { FreePlace } from "./free_place.ts";
import type { Plane } from "./line.ts";
import { nearest } from "./nearest.ts";
import type { OverlayState } from "./overlay.ts";
import { paint_overlay } from "./overlay.ts";
import { paint_curves, paint_ground, paint_labels } from "./paint.ts";
import type { PlotModel } from "./paint.ts";
import { listen } from "./pointer.ts";
import type { Scale } from "./scale.ts";
import { plane_of } from "./plane.ts";
import { Layer, rgb_of } from "./layer.ts";

export interface Look {
  /** The place of the cursor: the x of the nearest curve's nearest point. */
  x: number;
  curve: Curve;
  point: number;
  others: number;
}

export interface PlotEvents {
  look(look: Look | undefined): void;
  /** A curve was clicked, or empty ground; `is_alone` with Alt. */
  pick(curve: Curve | undefined, is_alone: boolean): void;
  /** The part of x in view, or none for all of it; not told while moving. */
  view(range: [number, number] | undefined): void;
  cursor_text(x: number): string;
}

/** How near the pointer must be, in pixels, for a curve to be meant. */
const REACH = 48;
const REST_MILLIS = 90;
const MOST_UNDRAWN = 0.3;

export class Plot {
  private readonly still = new Layer(undefined, true);
  private readonly ground: Layer;
  private readonly lines: Layer;
  private readonly stop: () => void;
  private model: PlotModel | undefined;
  private ink: Ink | undefined;
  private plane: Plane | undefined;
  private drawn: Scale | undefined;
  private free: FreePlace | undefined;
  private range: [number, number] | undefined;
  /** Width and height that were drawn last. */
  private size: readonly [number, number] = [0, 0];
  private rest = 0;
  private frame = 0;
  private is_moving = false;
  private state: OverlayState = {
    cursor: undefined,
    cursor_text: "",
    hovered: undefined,
    highlighted: [],
    selecting: undefined,
    selecting_text: "",
  };

  constructor(
    private readonly host: HTMLElement,
    private readonly events: PlotEvents,
  ) {
    this.ground = new Layer(host, true);
    this.lines = new Layer(host);
    this.stop = listen(
      host,
      () => this.plane?.box ?? { left: 0, top: 0, right: 0, bottom: 0 },
      {
        look: (x, y) => this.look(x, y),
        leave: () => this.events.look(undefined),
        pick: (x, y, is_alone) =>
          this.events.pick(this.curve_at(x, y)?.curve, is_alone),
        selecting: (from, to) => this.selecting(from, to),
        select: (from, to) => this.select(from, to),
        pan: (by) => this.pan(by),
        pan_end: () => this.pan_end(),
        zoom: (times, x) => this.zoom(times, x),
        reset: () => this.events.view(undefined),
      },
    );
  }

  destroy(): void {
    this.stop();
    window.clearTimeout(this.rest);
    cancelAnimationFrame(this.frame);
    for (const layer of [this.ground, this.lines]) layer.remove();
  }

  /** Draws a model, seen through `range` of x if one is given. */
  show(model: PlotModel, range: [number, number] | undefined, ink: Ink): void {
    this.model = model;
    this.range = range;
    this.ink = ink;
    const { hovered } = this.state;
    this.state.hovered =
      hovered && model.curves.find((curve) => curve.id === hovered.id);
    this.redraw();
  }

  /** Puts the cursor at a value of x, and marks a curve. */
  point(x: number | undefined, id: string | undefined): void {
    const curve =
      id === undefined
        ? undefined
        : this.model?.curves.find((curve) => curve.id === id);
    if (this.state.cursor === x && this.state.hovered === curve) return;
    this.state.cursor = x;
    this.state.cursor_text = x === undefined ? "" : this.events.cursor_text(x);
    this.state.hovered = curve;
    this.soon();
  }

  /** Lets some curves stand out, by their ids; none stands out if empty. */
  highlight(ids: ReadonlySet<string>): void {
    if (ids.size === 0 && this.state.highlighted.length === 0) return;
    this.state.highlighted =
      ids.size === 0
        ? []
        : (this.model?.curves.filter((curve) => ids.has(curve.id)) ?? []);
    this.soon();
  }

  /** Where words of this size hide nothing, near the curve's point. */
  place(
    width: number,
    height: number,
    curve: Curve,
    point: number,
  ): [number, number] {
    if (!this.plane || !this.model) return [0, 0];
    this.free ??= new FreePlace(this.model.curves, this.plane);
    const { across, up } = this.plane;
    return this.free.find(
      width,
      height,
      across.at(curve.x[point] ?? NaN),
      up.at(curve.y[point] ?? NaN),
    );
  }

  /** Draws everything exactly if the place for it is of another size than what is drawn. */
  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    const [drawn_width, drawn_height] = this.size;
    if (width !== drawn_width || height !== drawn_height) this.redraw();
  }

  /** Draws everything exactly. */
  redraw(): void {
    const { model, ink } = this;
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!model || !ink || width < 80 || height < 50) return;
    this.size = [width, height];
    window.clearTimeout(this.rest);
    this.is_moving = false;
    for (const layer of [this.still, this.ground, this.lines])
      layer.resize(width, height);
    this.plane = plane_of(model, width, height, this.range);
    this.drawn = this.plane.across;
    this.free = undefined;
    this.lines.clear();
    this.lines.shift(0);
    const { box } = this.plane;
    paint_curves(this.lines.pen, model, this.plane, ink, {
      ratio: this.lines.pixel_ratio,
      lay: (picture) => this.lines.lay(picture, box),
      read: rgb_of,
    });
    this.paint_still();
  }

  private paint_still(): void {
    const { model, plane, ink, still } = this;
    if (!model || !plane || !ink) return;
    still.fill(ink.panel);
    paint_ground(still.pen, model, plane, ink);
    this.lines.is_shown = this.is_moving;
    if (!this.is_moving) {
      paint_labels(still.pen, model, plane, ink);
      still.lay_layer(this.lines);
    }
    this.paint();
  }

  /** Shows the still picture, with what follows the pointer unless it moves. */
  private paint(): void {
    const { model, plane, ink, ground } = this;
    if (!model || !plane || !ink) return;
    ground.lay_layer(this.still);
    if (!this.is_moving)
      paint_overlay(ground.pen, model.curves, this.state, plane, ink);
  }

  /** Draws what follows the pointer before the next frame, once. */
  private soon(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  private curve_at(x: number, y: number): ReturnType<typeof nearest> {
    if (!this.model || !this.plane) return undefined;
    const { across, up, box } = this.plane;
    if (
      x < box.left - 6 ||
      x > box.right + 6 ||
      y < box.top - 6 ||
      y > box.bottom + 6
    )
      return undefined;
    const found = nearest(this.model.curves, across, up, x, y);
    return found && found.distance <= REACH ? found : undefined;
  }

  private look(x: number, y: number): void {
    const found = this.curve_at(x, y);
    if (!found) {
      this.events.look(undefined);
      return;
    }
    const { curve, point, others } = found;
    this.events.look({ x: curve.x[point] ?? NaN, curve, point, others });
  }

  private selecting(from: number, to: number): void {
    const { plane } = this;
    if (!plane) return;
    const is_over = Number.isNaN(from);
    this.state.selecting = is_over ? undefined : [from, to];
    const [low, high] = [Math.min(from, to), Math.max(from, to)].map((x) =>
      plane.across.invert(x),
    );
    this.state.selecting_text = is_over
      ? ""
      : `${this.events.cursor_text(low ?? NaN)} – ${this.events.cursor_text(high ?? NaN)}`;
    this.soon();
  }

  private select(from: number, to: number): void {
    this.state.selecting = undefined;
    this.soon();
    if (!this.plane || Math.abs(to - from) < 4) return;
    const { across } = this.plane;
    this.events.view([
      across.invert(Math.min(from, to)),
      across.invert(Math.max(from, to)),
    ]);
  }

  private zoom(times: number, x: number): void {
    if (!this.plane) return;
    const { low, high } = this.plane.across.zoomed(times, x);
    this.events.view([low, high]);
  }

  /** Shifts the picture; draws exactly once it rests or shows bare ground. */
  private pan(by: number): void {
    const { plane, drawn } = this;
    if (!plane || !drawn) return;
    this.is_moving = true;
    this.plane = { ...plane, across: plane.across.moved(-by) };
    const shifted = this.plane.across.at(drawn.low) - drawn.start;
    const { low, high } = this.plane.across;
    this.range = [low, high];
    if (Math.abs(shifted) > MOST_UNDRAWN * Math.abs(drawn.end - drawn.start)) {
      this.redraw();
    } else {
      this.lines.shift(shifted, plane.box);
      this.paint_still();
      window.clearTimeout(this.rest);
      this.rest = window.setTimeout(() => this.redraw(), REST_MILLIS);
    }
  }

  private pan_end(): void {
    if (this.range) this.events.view(this.range);
  }
}
