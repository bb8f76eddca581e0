// Numbers, times and sizes as the page writes them; nothing else formats.

/** Between thousands; copies as plain digits because the page copies values, not what is drawn. */
const thin = "\u202f";
const minus = "\u2212";

/** What stands for a value that is not there. */
export const none = "–";

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "∞";
  if (value === -Infinity) return `${minus}∞`;
  return undefined;
}

function sign(text: string): string {
  return text.replace(/^-/, minus).replace(/e-/, "e-");
}

function thousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, thin);
}

/** A whole number with thin spaces between thousands. */
export function count(value: number): string {
  return special(value) ?? sign(thousands(String(Math.round(value))));
}

/** A metric's value: four significant digits. */
export function metric(value: number | undefined): string {
  if (value === undefined) return none;
  const odd = special(value);
  if (odd !== undefined) return odd;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return sign(exponential(value, 4));
  if (size >= 10_000) return count(value);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(size)));
  const [whole = "", part] = value.toFixed(digits).split(".");
  return sign(thousands(whole) + (part === undefined ? "" : `.${part}`));
}

function exponential(value: number, digits: number): string {
  return value
    .toExponential(digits - 1)
    .replace(/\.?0+e/, "e")
    .replace("e+", "e");
}

/** A share, EM or F1 in percent: two decimals. */
export function percent(value: number | undefined): string {
  if (value === undefined) return none;
  return special(value) ?? sign(value.toFixed(2));
}

/** Whether a metric is a share in percent by its name: EM, F1, accuracy and the like. */
export function is_share(name: string): boolean {
  return /(^|_)(f1|em|exact(_match)?|accuracy|acc|precision|recall|bleu|rouge[l\d]*)$/i.test(
    name,
  );
}

/** Whether less of a metric is better: by the last word of its name. */
export function is_less_better(name: string): boolean {
  return /(^|[_./ ])(loss|perplexity|error)$/i.test(name);
}

/** Whether a metric tells by its name how a training went on, not how good it is: pace, schedule, clock. */
export function is_pace(name: string): boolean {
  return /(^|_)(lr|learning_rate|epoch|step|runtime|flos|per_second)$/i.test(
    name,
  );
}

/** A metric's value as its name asks. Shares are written in percent, but from 0 to 1 where `largest`, the largest value
 *  known, says that they are. */
export function metric_named(
  name: string,
  value: number | undefined,
  largest = Math.abs(value ?? 0),
): string {
  if (value === undefined) return none;
  return is_share(name) && largest > 1 ? percent(value) : metric(value);
}

/** A difference: always signed. */
export function delta(
  value: number,
  write: (size: number) => string = metric,
): string {
  const odd = special(value);
  if (odd !== undefined) return odd === "∞" ? "+∞" : odd;
  const size = write(Math.abs(value));
  return `${value < 0 ? minus : value > 0 ? "+" : "±"}${size}`;
}

/** A param as it was given: numbers as short as they read back, texts as they are. */
export function param(value: unknown): string {
  if (value === undefined) return none;
  if (typeof value === "number") return special(value) ?? plain_number(value);
  if (typeof value === "string") return value;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "true" : "false";
  return JSON.stringify(value);
}

/** Where a text is a long path, its last part: what tells one from another. */
export function short_path(text: string): string {
  const found = /^(?:[a-z]+:\/)?(?:\/|~|\.).*\/([^/]+)\/?$/i.exec(text);
  return text.length <= 24 || found === null ? text : `…/${found[1] ?? ""}`;
}

/** Where an exponent is shorter, as people write learning rates: 4e-3, but 0.01. */
function plain_number(value: number): string {
  const plain = String(value).replace("e+", "e");
  const size = Math.abs(value);
  if (value === 0 || size >= 0.01 || plain.includes("e")) return plain;
  const short = value.toExponential();
  return short.length < plain.length || size < 1e-3 ? short : plain;
}

/** A number on an axis or a count where little room is: k, M, G. */
export function compact(value: number): string {
  const odd = special(value);
  if (odd !== undefined) return odd;
  const size = Math.abs(value);
  for (const [unit, mark] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (size >= unit * 0.9995)
      return sign(`${Number((value / unit).toPrecision(3))}${mark}`);
  }
  return sign(String(Number(value.toPrecision(3))));
}

/** Seconds as people say them: 41m 18s. */
export function duration(secs: number | undefined): string {
  if (secs === undefined || !Number.isFinite(secs)) return none;
  const whole = Math.max(0, Math.round(secs));
  const [days, hours, minutes, seconds] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const two = (value: number): string => String(value).padStart(2, "0");
  if (days > 0) return `${days}d ${two(hours)}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${two(seconds)}s`;
  return secs > 0 && secs < 1
    ? `${Math.max(1, Math.round(secs * 1000))} ms`
    : `${seconds}s`;
}

/** Seconds since a start as a clock: 7:43.0. */
export function clock(secs: number): string {
  const tenths = Math.max(0, Math.round(secs * 10));
  const two = (value: number): string => String(value).padStart(2, "0");
  const rest = `${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
  const minutes = Math.floor(tenths / 600);
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

const months = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** A time of the local clock: 20 Feb 14:02, with the year when it is not this one. */
export function time(secs: number | undefined, now = new Date()): string {
  if (secs === undefined) return none;
  const at = new Date(secs * 1000);
  const day = `${at.getDate()} ${months[at.getMonth()] ?? ""}`;
  const year =
    at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${day}${year} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A time of day of the local clock: 14:43. */
export function time_of_day(secs: number): string {
  const at = new Date(secs * 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A time in full, for a title: 2024-02-20 14:02:11 with the zone. */
export function time_full(secs: number | undefined): string {
  if (secs === undefined) return "";
  const at = new Date(secs * 1000);
  const east = -at.getTimezoneOffset();
  const zone = `${east < 0 ? minus : "+"}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zone}`;
}

/** How long ago: 4 s, 12 min, 3 h, 5 d. */
export function ago(secs: number): string {
  const whole = Math.max(0, Math.round(secs));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  return whole < 86_400
    ? `${Math.floor(whole / 3600)} h`
    : `${Math.floor(whole / 86_400)} d`;
}

/** A size: 11.8 GB. */
export function bytes(value: number): string {
  const odd = special(value);
  if (odd !== undefined) return odd;
  let size = value;
  for (const unit of ["B", "kB", "MB", "GB", "TB"]) {
    if (Math.abs(size) < 999.5 || unit === "TB") {
      return `${unit === "B" ? Math.round(size) : Number(size.toPrecision(3))}${thin}${unit}`;
    }
    size /= 1000;
  }
  return none;
}

/** A p value with its sign: one digit. */
export function p_value(value: number): string {
  const odd = special(value);
  if (odd !== undefined) return odd;
  if (value < 0.0001) return "p < 0.0001";
  return `p = ${Number(value.toPrecision(1))}`;
}

/** A count with its noun: 1 run, 2 runs. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
