// The days of a year in weeks, for the activity grid.

export interface Day {
  /** As in 2026-11-24. */
  readonly day: string;
  /** Column, oldest week first. */
  readonly week: number;
  /** Row: Monday is 0. */
  readonly weekday: number;
}

export interface Month {
  readonly week: number;
  readonly name: string;
}

const day_millis = 86_400_000;
const names = [
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

/** The days of the last `weeks` weeks, up to `today`. */
export function calendar(today: string, weeks = 53): readonly Day[] {
  const end = Date.parse(`${today}T00:00:00Z`);
  const end_weekday = weekday_of(end);
  const count = (weeks - 1) * 7 + end_weekday + 1;
  return Array.from({ length: count }, (_, i) => {
    const at = end - (count - 1 - i) * day_millis;
    return {
      day: new Date(at).toISOString().slice(0, 10),
      week: Math.floor(i / 7),
      weekday: i % 7,
    };
  });
}

function weekday_of(millis: number): number {
  return (new Date(millis).getUTCDay() + 6) % 7;
}

/** Where each month begins; months that end within two weeks of the grid's begin are not named. */
export function months(days: readonly Day[]): readonly Month[] {
  const found: Month[] = [];
  let before = "";
  for (const { day, week } of days) {
    const month = day.slice(5, 7);
    if (month === before) continue;
    before = month;
    const last = found[found.length - 1];
    if (last !== undefined && week - last.week < 3) found.pop();
    found.push({ week, name: names[Number(month) - 1] ?? "" });
  }
  return found;
}

/** The day of a local time. */
export function day_of(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** How strong a day is drawn: 0 for none, 1 to 4 by the share of the busiest day. */
export function strength(runs: number, most: number): number {
  if (runs <= 0) return 0;
  return Math.min(4, Math.ceil((runs / Math.max(1, most)) * 4));
}
