// A part that floats below its anchor: menus, pickers, completions. Esc and a press elsewhere close it.

import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface PopoverProps {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly label: string;
  readonly align?: "start" | "end";
  readonly width?: number;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

interface Spot {
  readonly left: number;
  readonly top: number;
  readonly height: number;
}

const gap = 4;
const margin = 8;

/** Floats below `anchor`, inside the window. */
export function Popover(props: PopoverProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [spot, set_spot] = useState<Spot | undefined>(undefined);
  useLayoutEffect(() => {
    const place = (): void => {
      const anchor = props.anchor.current?.getBoundingClientRect();
      const own = box.current?.getBoundingClientRect();
      if (anchor !== undefined && own !== undefined)
        set_spot(spot_of(anchor, own, props.align ?? "start"));
    };
    place();
    addEventListener("resize", place);
    return () => removeEventListener("resize", place);
  }, []);
  useEffect(() => {
    const press = (event: PointerEvent): void => {
      const target = event.target;
      if (
        !(target instanceof Node) ||
        box.current?.contains(target) ||
        props.anchor.current?.contains(target)
      )
        return;
      props.onClose();
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      props.onClose();
      props.anchor.current?.querySelector<HTMLElement>("button")?.focus();
    };
    addEventListener("pointerdown", press, true);
    addEventListener("keydown", key, true);
    return () => {
      removeEventListener("pointerdown", press, true);
      removeEventListener("keydown", key, true);
    };
  }, []);
  const style = {
    visibility: spot === undefined ? "hidden" : "visible",
    left: `${spot?.left ?? 0}px`,
    top: `${spot?.top ?? 0}px`,
    maxHeight: `${spot?.height ?? 400}px`,
    ...(props.width === undefined ? {} : { width: `${props.width}px` }),
  };
  return (
    <div
      ref={box}
      class="pop"
      role="dialog"
      aria-label={props.label}
      style={style}
    >
      {props.children}
    </div>
  );
}

function spot_of(anchor: DOMRect, own: DOMRect, align: "start" | "end"): Spot {
  const wanted = align === "start" ? anchor.left : anchor.right - own.width;
  const left = Math.max(
    margin,
    Math.min(wanted, innerWidth - own.width - margin),
  );
  const below = innerHeight - anchor.bottom - gap - margin;
  if (below >= Math.min(own.height, 240))
    return { left, top: anchor.bottom + gap, height: below };
  const height = Math.min(own.height, anchor.top - gap - margin);
  return { left, top: anchor.top - gap - height, height };
}

/** A button that opens a popover; what stands in it gets a way to close it. */
export function PopButton(props: {
  label: string;
  face: ComponentChildren;
  class?: string;
  title?: string;
  /** Whether the words of the face name it; else its label does. */
  has_words?: boolean;
  align?: "start" | "end";
  width?: number;
  children: (close: () => void) => ComponentChildren;
}): JSX.Element {
  const anchor = useRef<HTMLSpanElement>(null);
  const [is_open, set_open] = useState(false);
  return (
    <span ref={anchor} class="anchor">
      <button
        type="button"
        class={props.class ?? "pick"}
        aria-haspopup="dialog"
        aria-expanded={is_open}
        aria-label={props.has_words === true ? undefined : props.label}
        title={props.title}
        onClick={() => set_open(!is_open)}
      >
        {props.face}
      </button>
      {is_open && (
        <Popover
          anchor={anchor}
          label={props.label}
          onClose={() => set_open(false)}
          {...(props.align === undefined ? {} : { align: props.align })}
          {...(props.width === undefined ? {} : { width: props.width })}
        >
          {props.children(() => set_open(false))}
        </Popover>
      )}
    </span>
  );
}
