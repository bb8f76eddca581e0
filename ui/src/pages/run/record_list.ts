// Log records as they are needed: pages of those of a level that hold the words.

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api_of_objects.ts";
import { ApiError } from "../../fetch.ts";
import { on_change } from "../../live.ts";
import type { LevelCount } from "../../schema.ts";
import type { TrackedObject } from "../../shapes_of_objects.ts";

export interface RecordList {
  readonly total: number | undefined;
  readonly levels: readonly LevelCount[];
  readonly error: ApiError | undefined;
  record(n: number): TrackedObject | undefined;
  /** Asks for records that are in sight. */
  need(from: number, to: number): void;
  reload(): void;
}

export interface RecordQuery {
  readonly level: number | undefined;
  readonly find: string;
}

const page_size = 500;
const most_pages = 60;

class Pages {
  readonly pages = new Map<number, readonly TrackedObject[]>();
  readonly #asked = new Set<number>();
  total: number | undefined;
  levels: readonly LevelCount[] = [];
  error: ApiError | undefined;
  is_done = false;

  constructor(
    readonly id: string,
    readonly query: RecordQuery,
    readonly told: () => void,
  ) {}

  /** Asks for a page; what had more records since is asked for anew. */
  async load(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const { level, find } = this.query;
    try {
      const found = await api.objects(this.id, {
        kind: "log_record",
        ...(level === undefined ? {} : { level }),
        find,
        offset: page * page_size,
        limit: page_size,
      });
      this.total = found.total;
      this.levels = found.levels;
      this.error = undefined;
      this.#keep(page, found.objects);
    } catch (error) {
      this.error =
        error instanceof ApiError
          ? error
          : new ApiError(0, "internal", String(error));
    }
    this.#asked.delete(page);
    if (!this.is_done) this.told();
  }

  #keep(page: number, records: readonly TrackedObject[]): void {
    this.pages.set(page, records);
    for (const old of this.pages.keys()) {
      if (this.pages.size <= most_pages) break;
      if (old !== page) this.pages.delete(old);
    }
  }

  need(from: number, to: number): void {
    const last = Math.floor(to / page_size);
    for (let page = Math.floor(from / page_size); page <= last; page++)
      if (!this.pages.has(page)) void this.load(page);
  }

  /** Records come at the end: the last page is asked for again. */
  async grow(): Promise<void> {
    await this.load(Math.floor((this.total ?? 0) / page_size));
  }
}

/** Follows the records of a run. */
export function use_records(id: string, query: RecordQuery): RecordList {
  const [, redraw] = useState(0);
  const held = useRef<Pages | undefined>(undefined);
  useEffect(() => {
    const pages = new Pages(id, query, () => redraw((n) => n + 1));
    held.current = pages;
    void pages.load(0);
    const stop = on_change((change) => {
      if (change.runs.includes(id)) void pages.grow();
    });
    return () => {
      pages.is_done = true;
      stop();
    };
  }, [id, query.level, query.find]);
  const pages = held.current;
  return {
    total: pages?.total,
    levels: pages?.levels ?? [],
    error: pages?.error,
    record: (n) => pages?.pages.get(Math.floor(n / page_size))?.[n % page_size],
    need: (from, to) => pages?.need(from, to),
    reload: () => void pages?.load(0),
  };
}
