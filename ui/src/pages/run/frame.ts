// What the tabs of a run share.

import type { SeriesName } from "../../math/series_name.ts";
import type { Run, RunDetail } from "../../shapes.ts";

/** What the tabs share. */
export interface RunFrame {
  readonly run: RunDetail;
  /** The runs of its experiment, itself among them. */
  readonly siblings: readonly Run[];
  readonly main: SeriesName | undefined;
  readonly colour: string;
}
