// System metrics as people read them: a name, a unit, and how a value is written.

import type { FrameSeries } from "../../frame.ts";
import { bytes, metric, percent } from "../../math/format.ts";

export interface SystemLook {
  readonly title: string;
  /** What its axis is in; empty for a bare number. */
  readonly unit: string;
  readonly write: (value: number | undefined) => string;
}

const prefix = "__system__";
const titles: Readonly<Record<string, string>> = {
  cpu: "CPU",
  machine_cpu_percent: "Machine CPU",
  p_memory_percent: "Memory of the process",
  memory_percent: "Host memory",
  disk_percent: "Disk",
  disk_read_bytes_per_sec: "Disk read",
  disk_written_bytes_per_sec: "Disk written",
  network_received_bytes_per_sec: "Network received",
  network_sent_bytes_per_sec: "Network sent",
  gpu: "GPU",
  gpu_memory_percent: "GPU memory",
  gpu_power_watts: "GPU power",
  gpu_temp: "GPU temperature",
};

/** How a system metric reads. */
export function system_look(series: {
  readonly name: string;
  readonly context: FrameSeries["context"];
}): SystemLook {
  const key = series.name.replace(prefix, "");
  const gpu = series.context["gpu"];
  const unit = unit_of(key);
  const base = titles[key] ?? title_of(key);
  const title =
    gpu === undefined ? base : base.replace(/^GPU/, `GPU ${String(gpu)}`);
  return {
    title,
    unit,
    write: (value) => (value === undefined ? "–" : write_value(unit, value)),
  };
}

/** The words of a name that nobody has titled, without those of its unit. */
function title_of(key: string): string {
  const words = key
    .replace(/(_bytes)?_per_sec(ond)?$|_(percent|watts|bytes)$/, "")
    .replaceAll("_", " ")
    .replace(/^gpu/, "GPU");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function unit_of(key: string): string {
  if (/bytes_per_sec/.test(key)) return "B/s";
  if (/bytes/.test(key)) return "B";
  if (/watts/.test(key)) return "W";
  if (/temp/.test(key)) return "°C";
  return /percent|^cpu$|^gpu$/.test(key) ? "%" : "";
}

function write_value(unit: string, value: number): string {
  switch (unit) {
    case "B/s":
      return `${bytes(value)}/s`;
    case "B":
      return bytes(value);
    case "%":
      return `${value >= 100 ? Math.round(value) : percent(value).replace(/\.?0+$/, "")} %`;
    default:
      return unit === "" ? metric(value) : `${metric(value)} ${unit}`;
  }
}

/** GPU first, then memory, CPU, the rest. */
export function system_order(series: FrameSeries): number {
  const key = series.name.replace(prefix, "");
  const at = [
    "gpu",
    "gpu_memory_percent",
    "cpu",
    "machine_cpu_percent",
    "memory_percent",
    "p_memory_percent",
  ].indexOf(key);
  return at < 0 ? 9 : at;
}
