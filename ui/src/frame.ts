// Series as the server sends them: a JSON header and little-endian columns behind it (`docs/http.md`, “Series”). The
// server's encoder is its mirror.
//
// Columns that are spelled out become views on the answer where their width allows; columns that share a place are one,
// and so are steps that follow one rule.

import { context } from "./decode.ts";
import type { Context } from "./schema.ts";

export interface SeriesFrame {
  total: number;
  took_millis: number;
  cursor: string;
  series: FrameSeries[];
}

export interface FrameSeries {
  run: string;
  name: string;
  context: Context;
  /** Points that the series has; `rows` of them are here. */
  count: number;
  rows: number;
  is_sampled: boolean;
  step: Float64Array;
  value: Float64Array | Float32Array;
  epoch?: Float64Array;
  time?: Float64Array;
}

type Fields = Record<string, unknown>;
type Column = Float64Array | Float32Array;

const MAGIC = 0x31434d54;

/** Decodes an answer; throws an `Error` that says what is wrong with it. */
export function decode_frame(bytes: ArrayBuffer): SeriesFrame {
  const view = new DataView(bytes);
  if (bytes.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new Error("series: the answer does not begin with TMC1");
  }
  const length = view.getUint32(4, true);
  if (length % 8 !== 0 || 8 + length > bytes.byteLength) {
    throw new Error(`series: the header's length ${length} does not fit`);
  }
  const text = new TextDecoder().decode(new Uint8Array(bytes, 8, length));
  const header = fields_of(JSON.parse(text), "header");
  const listed = header["series"];
  if (!Array.isArray(listed)) throw new Error("series: no list of series");
  const columns = new ColumnReader(bytes, 8 + length);
  return {
    total: number_of(header["total"], "total"),
    took_millis: number_of(header["took_millis"], "took_millis"),
    cursor: String(header["cursor"] ?? ""),
    series: listed.map((one: unknown) => decode_series(one, columns)),
  };
}

function decode_series(from: unknown, columns: ColumnReader): FrameSeries {
  const fields = fields_of(from, "series");
  const rows = number_of(fields["rows"], "rows");
  const specs = fields_of(fields["columns"], "columns");
  const column = (name: string): Column | undefined =>
    specs[name] === undefined ? undefined : columns.read(specs[name], rows);
  const epoch = column("epoch");
  const time = column("time");
  return {
    run: String(fields["run"]),
    name: String(fields["name"]),
    context: context(fields["context"], "context"),
    count: number_of(fields["count"], "count"),
    rows,
    is_sampled: fields["is_sampled"] === true,
    step: widened(column("step") ?? new Float64Array(0)),
    value: column("value") ?? new Float64Array(0),
    ...(epoch ? { epoch: widened(epoch) } : {}),
    ...(time ? { time: widened(time) } : {}),
  };
}

/** Reads columns from what follows the header, and checks that they fit. */
class ColumnReader {
  private readonly ranges = new Map<string, Float64Array>();
  private readonly known = new Map<string, Float64Array>();

  constructor(
    private readonly bytes: ArrayBuffer,
    private readonly start: number,
  ) {}

  read(from: unknown, rows: number): Column {
    const spec = fields_of(from, "column");
    switch (spec["as"]) {
      case "range":
        return this.range(
          number_of(spec["start"], "start"),
          number_of(spec["stride"], "stride"),
          rows,
        );
      case "u32": {
        const start = number_of(spec["start"], "start");
        const steps = new Uint32Array(
          this.bytes,
          this.place(spec, rows, 4),
          rows,
        );
        return Float64Array.from(steps, (step) => start + step);
      }
      case "f32":
        return new Float32Array(this.bytes, this.place(spec, rows, 4), rows);
      case "f64":
        return this.doubles(this.place(spec, rows, 8), rows);
      default:
        throw new Error(`series: unknown column ${String(spec["as"])}`);
    }
  }

  /** Columns that share a place are one, which tells the charts that their curves share it. */
  private doubles(place: number, rows: number): Float64Array {
    const key = `${place} ${rows}`;
    const known = this.known.get(key);
    if (known) return known;
    const made = new Float64Array(this.bytes, place, rows);
    this.known.set(key, made);
    return made;
  }

  private range(start: number, stride: number, rows: number): Float64Array {
    const key = `${start} ${stride} ${rows}`;
    const known = this.ranges.get(key);
    if (known) return known;
    if (rows > 1e8) throw new Error(`series: ${rows} rows are too many`);
    const made = new Float64Array(rows);
    for (let i = 0; i < rows; i++) made[i] = start + i * stride;
    this.ranges.set(key, made);
    return made;
  }

  private place(spec: Fields, rows: number, width: number): number {
    const at = number_of(spec["at"], "at");
    const place = this.start + at;
    if (
      at < 0 ||
      at % 8 !== 0 ||
      place + rows * width > this.bytes.byteLength
    ) {
      throw new Error(`series: a column at ${at} does not fit`);
    }
    return place;
  }
}

function widened(column: Column): Float64Array {
  return column instanceof Float64Array ? column : Float64Array.from(column);
}

function fields_of(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`series: ${what} is not an object`);
  }
  return Object.fromEntries(Object.entries(value));
}

function number_of(value: unknown, what: string): number {
  if (typeof value !== "number")
    throw new Error(`series: ${what} is no number`);
  return value;
}
