import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { decode_frame } from "./frame.ts";

/** An answer as the server would write it, of whole columns. */
function encode(
  header: object,
  columns: readonly ArrayBufferView[],
): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const padded = columns.map((column) => Math.ceil(column.byteLength / 8) * 8);
  const total = 8 + length + padded.reduce((a, b) => a + b, 0);
  const out = new Uint8Array(total);
  out.set(new TextEncoder().encode("TMC1"));
  new DataView(out.buffer).setUint32(4, length, true);
  out.fill(0x20, 8, 8 + length);
  out.set(text, 8);
  let at = 8 + length;
  columns.forEach((column, i) => {
    const { buffer, byteOffset, byteLength } = column;
    out.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += padded[i] ?? 0;
  });
  return out.buffer;
}

const one = (columns: object, rows: number) => ({
  total: 1,
  took_millis: 2,
  cursor: "7",
  series: [
    {
      run: "a1",
      name: "loss",
      context: { subset: "eval" },
      count: 100,
      rows,
      is_sampled: true,
      columns,
    },
  ],
});

test("columns of each kind are read", () => {
  const frame = decode_frame(
    encode(
      one(
        {
          step: { as: "u32", at: 0, start: 1000 },
          epoch: { as: "f64", at: 16 },
          value: { as: "f32", at: 40 },
        },
        3,
      ),
      [
        Uint32Array.of(0, 7, 4_000_000_000),
        Float64Array.of(0.5, NaN, 1),
        Float32Array.of(1.5, NaN, Infinity),
      ],
    ),
  );
  const series = frame.series[0];
  assert.ok(series);
  assert.deepEqual(frame.total, 1);
  assert.equal(frame.cursor, "7");
  assert.deepEqual([...series.step], [1000, 1007, 4_000_001_000]);
  assert.deepEqual([...(series.epoch ?? [])], [0.5, NaN, 1]);
  assert.deepEqual([...series.value], [1.5, NaN, Infinity]);
  assert.equal(series.time, undefined);
  assert.equal(series.count, 100);
  assert.equal(series.is_sampled, true);
  assert.deepEqual(series.context, { subset: "eval" });
});

test("steps that follow a rule are written out and shared", () => {
  const step = { as: "range", start: 5, stride: 10 };
  const header = one({ step, value: { as: "f64", at: 0 } }, 3);
  header.series.push(...header.series);
  const frame = decode_frame(encode(header, [Float64Array.of(1, 2, 3)]));
  assert.deepEqual([...(frame.series[0]?.step ?? [])], [5, 15, 25]);
  assert.equal(frame.series[0]?.step, frame.series[1]?.step);
});

test("no series is an answer too", () => {
  const header = { total: 0, took_millis: 0, cursor: "", series: [] };
  assert.deepEqual(decode_frame(encode(header, [])).series, []);
});

test("a broken answer is refused with its reason", () => {
  const check = (bytes: ArrayBuffer, reason: RegExp) =>
    assert.throws(() => decode_frame(bytes), reason);
  check(new ArrayBuffer(4), /TMC1/);
  check(new TextEncoder().encode("TMC2\0\0\0\0").buffer, /TMC1/);
  const long = encode({ total: 0, took_millis: 0, series: [] }, []);
  new DataView(long).setUint32(4, 4096, true);
  check(long, /4096 does not fit/);
  const value = (spec: object) => encode(one({ value: spec }, 9), []);
  check(value({ as: "f64", at: 0 }), /at 0 does not fit/);
  check(value({ as: "f64", at: -8 }), /does not fit/);
  check(value({ as: "f32", at: 4 }), /at 4 does not fit/);
  check(value({ as: "i8", at: 0 }), /unknown column i8/);
  check(encode({ total: "many", took_millis: 0, series: [] }, []), /total/);
});

/** Numbers as JSON can say them. */
const said = (values: Iterable<number>): unknown[] =>
  Array.from(values, (value) =>
    Number.isFinite(value)
      ? value
      : Number.isNaN(value)
        ? "NaN"
        : value > 0
          ? "inf"
          : "-inf",
  );

test("the golden answer of the server is read as it says", () => {
  const folder = "../testdata/http";
  const bytes = Uint8Array.from(readFileSync(`${folder}/series.tmc`));
  const want: unknown = JSON.parse(
    readFileSync(`${folder}/series.json`, "utf8"),
  );
  const frame = decode_frame(bytes.buffer);
  const got = {
    total: frame.total,
    took_millis: frame.took_millis,
    cursor: frame.cursor,
    series: frame.series.map((one) => ({
      run: one.run,
      name: one.name,
      context: one.context,
      count: one.count,
      rows: one.rows,
      is_sampled: one.is_sampled,
      read: Object.fromEntries(
        (["step", "epoch", "time", "value"] as const).flatMap((name) => {
          const column = one[name];
          return column === undefined || (column.length === 0 && one.rows > 0)
            ? []
            : [[name, said(column)]];
        }),
      ),
    })),
  };
  assert.deepEqual(got, without_columns(want));
});

function without_columns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without_columns);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "columns");
  return Object.fromEntries(
    kept.map(([key, inner]) => [key, without_columns(inner)]),
  );
}
