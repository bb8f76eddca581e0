// System metrics as people read them: a name, a unit, and how a value is written.

import type { FrameSeries } from "../frame.ts";
import { bytes, metric, percent } from "../math/format.ts";

export interface SystemLook {
  readonly title: string;
  readonly write: (value: number | undefined) => string;
}

const prefix = "__system__";
const titles: Readonly<Record<string, string>> = {
  cpu: "CPU",
  p_memory_percent: "Memory of the process",
  memory_percent: "Host memory",
  disk_percent: "Disk",
  gpu: "GPU",
  gpu_memory_percent: "GPU memory",
  gpu_power_watts: "GPU power",
  gpu_temp: "GPU temperature",
};

/** How a system metric reads. */
export function system_look(series: FrameSeries): SystemLook {
  const key = series.name.replace(prefix, "");
  const gpu = series.context["gpu"];
  const base = titles[key] ?? key.replaceAll("_", " ");
  const title =
    gpu === undefined ? base : base.replace(/^GPU/, `GPU ${String(gpu)}`);
  return {
    title,
    write: (value) => (value === undefined ? "–" : write_value(key, value)),
  };
}

function write_value(key: string, value: number): string {
  if (/bytes/.test(key)) return bytes(value);
  if (/watts/.test(key)) return `${metric(value)} W`;
  if (/temp/.test(key)) return `${metric(value)} °C`;
  if (/percent|^cpu$|^gpu$/.test(key))
    return `${value >= 100 ? Math.round(value) : percent(value).replace(/\.?0+$/, "")} %`;
  return metric(value);
}

/** GPU first, then memory, CPU, the rest. */
export function system_order(series: FrameSeries): number {
  const key = series.name.replace(prefix, "");
  const at = [
    "gpu",
    "gpu_memory_percent",
    "cpu",
    "memory_percent",
    "p_memory_percent",
  ].indexOf(key);
  return at < 0 ? 9 : at;
}
