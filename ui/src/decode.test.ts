import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DecodeError,
  array,
  number,
  object,
  one_of,
  optional,
  string,
} from "./decode.ts";

interface Pair {
  name: string;
  value?: number;
}
const pair = object<Pair>({ name: string, value: optional(number) });

test("numbers that JSON lacks come as strings", () => {
  assert.ok(Number.isNaN(number("NaN", "x")));
  assert.equal(number("inf", "x"), Infinity);
  assert.equal(number("-inf", "x"), -Infinity);
  assert.throws(() => number("1", "x"), DecodeError);
});

test("an optional field may be absent or null, and is then absent", () => {
  assert.deepEqual(pair({ name: "a" }, "p"), { name: "a" });
  assert.deepEqual(pair({ name: "a", value: null, other: 1 }, "p"), {
    name: "a",
  });
  assert.deepEqual(pair({ name: "a", value: 2 }, "p"), { name: "a", value: 2 });
});

test("an error says where and what", () => {
  assert.throws(() => array(pair)([{ name: "a" }, { name: 1 }], "list"), {
    message: "decode list[1].name: got 1, want a string",
  });
  assert.throws(() => one_of(["a", "b"])("c", "w"), {
    message: 'decode w: got "c", want a or b',
  });
});
