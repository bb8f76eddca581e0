import assert from "node:assert/strict";
import { test } from "node:test";
import { system_look } from "./system_series.ts";

const look = (name: string, context = {}) =>
  system_look({ name: `__system__${name}`, context });

test("system metrics have names and units of people", () => {
  const said = (name: string): string => {
    const { title, unit, write } = look(name);
    return `${title}, ${unit}: ${write(1_500_000)}`;
  };
  assert.equal(
    said("disk_read_bytes_per_sec"),
    "Disk read, B/s: 1.5\u202fMB/s",
  );
  assert.equal(
    said("network_sent_bytes_per_sec"),
    "Network sent, B/s: 1.5\u202fMB/s",
  );
  assert.equal(look("machine_cpu_percent").title, "Machine CPU");
  assert.equal(look("machine_cpu_percent").write(99.5), "99.5 %");
  assert.equal(look("gpu_power_watts", { gpu: 1 }).title, "GPU 1 power");
  assert.equal(look("gpu_power_watts").write(212.5), "212.5 W");
});

test("a name that nobody knows is said without its unit", () => {
  const { title, unit } = look("gpu_link_bytes_per_sec");
  assert.deepEqual([title, unit], ["GPU link", "B/s"]);
  assert.equal(look("fan_speed").title, "Fan speed");
});
