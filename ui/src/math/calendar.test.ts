import assert from "node:assert/strict";
import { test } from "node:test";
import { calendar, day_of, months, strength } from "./calendar.ts";

test("a year of weeks ends today and begins on a Monday", () => {
  const days = calendar("2026-11-24"); // a Tuesday
  assert.equal(days.length, 52 * 7 + 2);
  assert.deepEqual(days.at(-1), { day: "2026-11-24", week: 52, weekday: 1 });
  assert.equal(new Date(`${days[0]?.day}T00:00:00Z`).getUTCDay(), 1);
  assert.equal(new Set(days.map((day) => day.day)).size, days.length);
});

test("months stand at the week in which they begin, the newest too", () => {
  const found = months(calendar("2026-11-24"));
  assert.equal(found.at(-1)?.name, "Nov");
  assert.ok(found.length >= 12 && found.length <= 13);
});

test("a local day is written as the server writes it", () => {
  assert.equal(day_of(new Date(2026, 0, 5, 23, 59)), "2026-01-05");
});

test("strength follows the busiest day", () => {
  assert.deepEqual(
    [0, 1, 5, 9, 10].map((runs) => strength(runs, 10)),
    [0, 1, 2, 4, 4],
  );
});
