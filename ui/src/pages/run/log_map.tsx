// The minimap beside a log: the shape of the lines, stripes for levels and hits, and what is in sight.

import type { JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Level, Row } from "../../math/log_lines.ts";
import { shown_theme } from "../../theme.ts";

interface LogMapProps {
  readonly rows: readonly Row[];
  readonly levels: ReadonlyMap<number, Level>;
  readonly lengths: (n: number) => number;
  readonly hits: ReadonlySet<number>;
  readonly scroller: RefObject<HTMLDivElement | null>;
}

const width = 62;

/** A log of any length in one column. */
export function LogMap(props: LogMapProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, set_view] = useState({ from: 0, to: 1, height: 0 });
  useEffect(() => {
    const scroller = props.scroller.current;
    if (scroller === null) return undefined;
    const look = (): void => {
      const all = Math.max(1, scroller.scrollHeight);
      set_view({
        from: scroller.scrollTop / all,
        to: (scroller.scrollTop + scroller.clientHeight) / all,
        height: scroller.clientHeight,
      });
    };
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(scroller);
    return () => {
      scroller.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [props.rows]);
  useEffect(() => {
    if (canvas.current !== null && view.height > 0)
      draw(canvas.current, props, view.height);
  }, [props.rows, props.hits, view.height, shown_theme.value]);
  const jump = (event: PointerEvent): void => {
    const scroller = props.scroller.current;
    const box = canvas.current?.getBoundingClientRect();
    if (scroller === null || box === undefined || event.buttons === 0) return;
    const share =
      (event.clientY - box.top) /
      Math.max(1, used_height(props.rows.length, view.height));
    scroller.scrollTop =
      share * scroller.scrollHeight - scroller.clientHeight / 2;
  };
  const used = used_height(props.rows.length, view.height);
  return (
    <div
      class="log-map"
      aria-hidden="true"
      onPointerDown={jump}
      onPointerMove={jump}
    >
      <canvas ref={canvas} />
      <i
        style={{
          top: `${view.from * used}px`,
          height: `${Math.max(8, (view.to - view.from) * used)}px`,
        }}
      />
    </div>
  );
}

/** Short logs do not stretch: a row takes at most four pixels. */
function used_height(n_rows: number, height: number): number {
  return Math.min(height, n_rows * 4);
}

function draw(
  canvas: HTMLCanvasElement,
  props: LogMapProps,
  height: number,
): void {
  const ratio = devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  const style = getComputedStyle(canvas);
  const ink = (name: string): string => style.getPropertyValue(name);
  pen.scale(ratio, ratio);
  const { rows } = props;
  const used = used_height(rows.length, height);
  const pitch = used / rows.length;
  const each = Math.max(1, Math.ceil(1.5 / pitch));
  pen.fillStyle = ink("--line-2");
  for (let i = 0; i < rows.length; i += each) {
    const length = props.lengths(rows[i]?.n ?? 0);
    pen.fillRect(
      6,
      i * pitch,
      Math.min(width - 12, 4 + length * 0.45),
      Math.max(0.7, pitch * each * 0.4),
    );
  }
  const stripe = (i: number, colour: string): void => {
    pen.fillStyle = colour;
    pen.fillRect(0, Math.max(0, i * pitch - 1), width, Math.max(2, pitch));
  };
  const colours = {
    error: ink("--failed"),
    warning: ink("--killed"),
    info: "",
  };
  for (let i = 0; i < rows.length; i++) {
    const n = rows[i]?.n ?? 0;
    const level = props.levels.get(n);
    if (level === "warning" || level === "error") stripe(i, colours[level]);
  }
  for (let i = 0; i < rows.length; i++) {
    if (!props.hits.has(rows[i]?.n ?? -1)) continue;
    pen.fillStyle = ink("--blaze");
    pen.fillRect(width - 8, Math.max(0, i * pitch - 1), 8, Math.max(2, pitch));
  }
}
