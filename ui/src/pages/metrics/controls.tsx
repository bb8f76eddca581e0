// The controls of the Metrics page: what is drawn, how it is told apart, and along what.

import type { JSX } from "preact";
import { Switch } from "../../parts/button.tsx";
import { IconButton } from "../../parts/button.tsx";
import { Menu, PickFace } from "../../parts/menu.tsx";
import { Picker } from "../../parts/picker.tsx";
import type { PickOption } from "../../parts/picker.tsx";
import { is_followed } from "../../live.ts";
import { short_label } from "../../fields.ts";
import type { FlatRun, RunField } from "../../fields.ts";
import { redo_view, undo_view } from "../../state.ts";
import { NONE, metrics_view } from "./view.ts";
import type { Chosen, MetricsValues } from "./view.ts";
import { x_name } from "./x.ts";
import { SmoothControl } from "./smooth.tsx";

interface ControlsProps {
  readonly values: MetricsValues;
  readonly chosen: Chosen;
  readonly fields: readonly RunField[];
  readonly runs: readonly FlatRun[];
}

export function MetricsControls(props: ControlsProps): JSX.Element {
  const { values, chosen } = props;
  const set = metrics_view.set.bind(metrics_view);
  return (
    <div class="controls metrics-controls">
      <Picker
        label="Metrics"
        face={chosen.metrics.join(", ") || "none"}
        options={metric_options(props.runs)}
        chosen={chosen.metrics}
        onChange={(m) => set({ m, zoom: "" })}
      />
      <span class="separator" />
      <FieldPicker {...props} label="Colour" of="color" />
      <FieldPicker {...props} label="Dash" of="dash" />
      <FieldPicker {...props} label="Chart" of="chart" />
      <Menu
        label="Band"
        class="pick"
        align="start"
        face={<PickFace label="Band">{band_words(values)}</PickFace>}
        items={[
          ...bands.map(([band, label]) => ({
            label,
            on: values.band === band,
            run: () => set({ band }),
          })),
          ...(["mean", "median", "min", "max"] as const).map((mid) => ({
            label: `Line: ${mid}`,
            on: values.mid === mid,
            not_now:
              values.band === "off" ? "Curves are drawn one by one" : undefined,
            run: () => set({ mid }),
          })),
        ]}
      />
      <span class="separator" />
      <Menu
        label="X axis"
        class="pick"
        align="start"
        face={
          <PickFace label="X">
            {chosen.x === "relative"
              ? "relative time"
              : chosen.x === "time"
                ? "wall time"
                : x_name(chosen)}
            {chosen.is_log_x && ", log"}
          </PickFace>
        }
        items={[
          ...x_kinds.map(([x, label]) => ({
            label,
            on: values.xm === "" && values.x === x,
            run: () => set({ x, xm: "", zoom: "", pin: undefined }),
          })),
          ...x_metrics(props.runs, values.xm).map((xm) => ({
            label: `metric: ${xm}`,
            on: values.xm === xm,
            run: () => set({ xm, zoom: "", pin: undefined }),
          })),
          {
            label: "Log axis",
            on: values.logx,
            run: () => set({ logx: !values.logx }),
          },
        ]}
      />
      <Menu
        label="Y axis"
        class="pick"
        align="start"
        face={<PickFace label="Y">{values.y}</PickFace>}
        items={(["auto", "log", "linear"] as const).map((y) => ({
          label: y === "auto" ? "auto: log where values span > 30×" : y,
          on: values.y === y,
          run: () => set({ y }),
        }))}
      />
      <SmoothControl values={values} chosen={chosen} />
      <span class="grow" />
      <IconButton
        small
        icon="undo"
        label="Undo view"
        onClick={() => void (undo_view() || redo_view())}
      />
      <Switch
        on={is_followed.value}
        onChange={(on) => (is_followed.value = on)}
      >
        Live
      </Switch>
    </div>
  );
}

const bands = [
  ["off", "off: every curve"],
  ["minmax", "min–max"],
  ["std", "standard deviation"],
  ["stderr", "standard error"],
  ["ci95", "95 % interval (t)"],
  ["none", "no band, line only"],
] as const;

const x_kinds = [
  ["auto", "auto: epoch where known"],
  ["step", "step"],
  ["epoch", "epoch"],
  ["relative", "relative time"],
  ["time", "wall time"],
] as const;

/** So many metrics are offered as x: the ones that most runs have. */
const MOST_X_METRICS = 10;

function x_metrics(
  runs: readonly FlatRun[],
  chosen: string,
): readonly string[] {
  const names = metric_options(runs).map((option) => option.value);
  const offered = names
    .filter((name) => !name.startsWith("__"))
    .slice(0, MOST_X_METRICS);
  return chosen === "" || offered.includes(chosen)
    ? offered
    : [...offered, chosen];
}

function band_words(values: MetricsValues): string {
  if (values.band === "off") return "off";
  const band = bands.find(([name]) => name === values.band)?.[1] ?? "";
  return values.band === "none" ? values.mid : `${values.mid}, ${band}`;
}

function FieldPicker(
  props: ControlsProps & { label: string; of: "color" | "dash" | "chart" },
): JSX.Element {
  const chosen = props.chosen[props.of];
  const face =
    chosen.length === 0
      ? "none"
      : chosen.map((field, i) => (
          <>
            {i > 0 && <span class="quiet-text">›</span>}
            {short_label(field.label)}
          </>
        ));
  return (
    <Picker
      label={props.label}
      face={face}
      options={props.fields.map(field_option)}
      chosen={chosen.map((field) => field.id)}
      onChange={(ids) =>
        metrics_view.set({
          [props.of]: ids.length === 0 ? [NONE] : ids,
          hide: [],
        })
      }
    />
  );
}

export function field_option(field: RunField): PickOption {
  const n = field.values.length;
  return {
    value: field.id,
    label: field.label,
    section: {
      param: "Params",
      run: "Run",
      metric: "Series",
      context: "Series",
    }[field.kind],
    detail: `${n} ${n === 1 ? "value" : "values"}`,
    ...(!field.differs && field.kind === "param"
      ? { not_now: "constant" }
      : {}),
  };
}

function metric_options(runs: readonly FlatRun[]): readonly PickOption[] {
  const found = new Map<string, Set<string>>();
  for (const { run } of runs)
    for (const metric of run.metrics)
      (
        found.get(metric.name) ??
        found.set(metric.name, new Set()).get(metric.name)
      )?.add(run.id);
  return [...found]
    .sort((a, b) => b[1].size - a[1].size || (a[0] < b[0] ? -1 : 1))
    .map(([name, users]) => ({
      value: name,
      label: name,
      detail: `${users.size} ${users.size === 1 ? "run" : "runs"}`,
    }));
}
