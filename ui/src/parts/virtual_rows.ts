// Which rows of a long list are in sight, and where they stand.

import {
  Virtualizer,
  elementScroll,
  observeElementOffset,
  observeElementRect,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface ShownRow {
  readonly index: number;
  readonly top: number;
  readonly height: number;
}

export interface VirtualRows {
  readonly shown: readonly ShownRow[];
  readonly total: number;
  scroll_to(index: number, align?: "start" | "center" | "end" | "auto"): void;
}

/** Follows a scroller; keeps row `at` in sight when it changes. */
export function use_virtual_rows(props: {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly count: number;
  readonly height: (index: number) => number;
  readonly at?: number;
  /** Changes when the heights do. */
  readonly heights?: number;
}): VirtualRows {
  const [, redraw] = useState(0);
  const seen = useRef("");
  const virtualizer = useRef<Virtualizer<HTMLElement, Element> | undefined>(
    undefined,
  );
  const options = {
    count: props.count,
    getScrollElement: () => props.scroller.current,
    estimateSize: props.height,
    overscan: 8,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    initialRect: { width: 1200, height: 800 },
    onChange: (rows: Virtualizer<HTMLElement, Element>) => {
      // Called at each pixel of scrolling and of a window's size, which mostly shows the same rows.
      const { startIndex = -1, endIndex = -1 } = rows.range ?? {};
      const now = `${startIndex} ${endIndex} ${rows.getTotalSize()}`;
      if (now === seen.current) return;
      seen.current = now;
      redraw((n) => n + 1);
    },
  };
  virtualizer.current ??= new Virtualizer<HTMLElement, Element>(options);
  const rows = virtualizer.current;
  rows.setOptions({ ...rows.options, ...options });
  useLayoutEffect(() => rows._didMount(), []);
  useLayoutEffect(() => rows._willUpdate());
  useLayoutEffect(() => rows.measure(), [props.count, props.heights]);
  useEffect(() => {
    if (props.at !== undefined && props.at >= 0)
      rows.scrollToIndex(props.at, { align: "auto" });
  }, [props.at]);
  return {
    shown: rows.getVirtualItems().map((item) => ({
      index: item.index,
      top: item.start,
      height: item.size,
    })),
    total: rows.getTotalSize(),
    scroll_to: (index, align = "auto") => rows.scrollToIndex(index, { align }),
  };
}
