// The lines of a log as they are needed: a log that is not too long is held whole, of a longer one only what is in sight.

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api.ts";
import { ApiError } from "../../fetch.ts";
import { on_change } from "../../live.ts";
import type { LogLine } from "../../schema.ts";

export interface LogList {
  readonly total: number | undefined;
  /** Every line, where the log is held whole. */
  readonly whole: readonly LogLine[] | undefined;
  readonly error: ApiError | undefined;
  line(n: number): LogLine | undefined;
  /** Asks for lines that are in sight. */
  need(from: number, to: number): void;
  reload(): void;
}

/** A log of more lines is not held whole: folding and marks need every line. */
export const most_whole = 50_000;
const page_size = 2000;
const most_pages = 40;

class Pages {
  readonly lines = new Map<number, readonly LogLine[]>();
  readonly #asked = new Set<number>();
  readonly #id: string;
  readonly #told: () => void;
  total: number | undefined;
  whole: LogLine[] | undefined;
  error: ApiError | undefined;
  is_done = false;

  constructor(id: string, told: () => void) {
    this.#id = id;
    this.#told = told;
  }

  async start(): Promise<void> {
    try {
      const first = await api.logs(this.#id, { limit: page_size });
      this.total = first.total;
      this.error = undefined;
      this.lines.set(0, first.lines);
      if (first.total <= most_whole) await this.#load_rest(first.lines);
    } catch (error) {
      this.error =
        error instanceof ApiError
          ? error
          : new ApiError(0, "internal", String(error));
    }
    this.#tell();
  }

  async #load_rest(first: readonly LogLine[]): Promise<void> {
    let lines = [...first];
    while (lines.length < (this.total ?? 0)) {
      const page = await api.logs(this.#id, {
        offset: lines.length,
        limit: page_size * 5,
      });
      if (page.lines.length === 0) break;
      lines = lines.concat(page.lines);
    }
    this.whole = lines;
  }

  /** Asks for what was written since. */
  async grow(): Promise<void> {
    if (this.total === undefined) return this.start();
    try {
      const have = this.whole?.length ?? this.total;
      const page = await api.logs(this.#id, {
        offset: have,
        limit: page_size * 5,
      });
      if (page.total === this.total) return;
      this.total = page.total;
      if (this.whole !== undefined) this.whole = this.whole.concat(page.lines);
      else this.lines.delete(Math.floor(have / page_size));
      this.#tell();
    } catch {
      // what is shown stays; the next change asks again
    }
  }

  need(from: number, to: number): void {
    if (this.whole !== undefined || this.total === undefined) return;
    for (
      let page = Math.floor(from / page_size);
      page <= Math.floor(to / page_size);
      page++
    ) {
      if (this.lines.has(page) || this.#asked.has(page)) continue;
      this.#asked.add(page);
      api
        .logs(this.#id, { offset: page * page_size, limit: page_size })
        .then((answer) => this.#keep(page, answer.lines))
        .catch(() => undefined) // asked again when next in sight
        .finally(() => this.#asked.delete(page));
    }
  }

  #keep(page: number, lines: readonly LogLine[]): void {
    this.lines.set(page, lines);
    for (const old of this.lines.keys()) {
      if (this.lines.size <= most_pages) break;
      if (old !== page) this.lines.delete(old);
    }
    this.#tell();
  }

  #tell(): void {
    if (!this.is_done) this.#told();
  }
}

/** Follows the log of a run. */
export function use_log(id: string): LogList {
  const [, redraw] = useState(0);
  const held = useRef<Pages | undefined>(undefined);
  useEffect(() => {
    const pages = new Pages(id, () => redraw((n) => n + 1));
    held.current = pages;
    void pages.start();
    const stop = on_change((change) => {
      if (change.runs.includes(id)) void pages.grow();
    });
    return () => {
      pages.is_done = true;
      stop();
    };
  }, [id]);
  const pages = held.current;
  return {
    total: pages?.total,
    whole: pages?.whole,
    error: pages?.error,
    line: (n) =>
      pages?.whole?.[n] ??
      pages?.lines.get(Math.floor(n / page_size))?.[n % page_size],
    need: (from, to) => pages?.need(from, to),
    reload: () => void pages?.start(),
  };
}
