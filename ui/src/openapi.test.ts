import assert from "node:assert/strict";
import { test } from "node:test";
import {
  address_of,
  finds,
  read_interface,
  say_bounds,
  say_type,
  shape_lines,
} from "./openapi.ts";

const document = {
  openapi: "3.1.0",
  info: { title: "Trailmark", version: "1.2.3", description: "All." },
  tags: [{ name: "Runs", description: "Runs." }],
  paths: {
    "/api/v1/runs/{id}": {
      get: {
        operationId: "run",
        tags: ["Runs"],
        summary: "One run",
        parameters: [
          { name: "id", in: "path", required: true, schema: {} },
          { name: "q", in: "query", schema: { type: "string" }, example: "x" },
        ],
        responses: {
          "200": {
            description: "The run.",
            content: {
              "application/json": {
                schema: { $ref: "#/components/schemas/Run" },
              },
            },
          },
          "404": { $ref: "#/components/responses/Missing" },
        },
      },
    },
  },
  components: {
    responses: { Missing: { description: "There is none." } },
    schemas: {
      Run: {
        type: "object",
        required: ["id"],
        properties: {
          id: { type: "string", description: "Its id." },
          parts: { type: "array", items: { $ref: "#/components/schemas/Run" } },
          best: { $ref: "#/components/schemas/Best" },
        },
      },
      Best: {
        allOf: [
          { type: "object", properties: { value: { type: "number" } } },
          { type: "object", properties: { step: { type: "integer" } } },
        ],
      },
    },
  },
};

test("routes come by section, with what references name", () => {
  const { sections, wants_token, version } = read_interface(document);
  assert.deepEqual(
    [wants_token, version, sections.length],
    [false, "1.2.3", 1],
  );
  const route = sections[0]?.routes[0];
  assert.deepEqual(
    route?.answers.map((answer) => [answer.status, answer.about]),
    [
      ["200", "The run."],
      ["404", "There is none."],
    ],
  );
  assert.deepEqual(
    route?.parameters.map((one) => [one.name, one.is_required, one.example]),
    [
      ["id", true, ""],
      ["q", false, "x"],
    ],
  );
});

test("a shape is told field by field, and one inside itself only once", () => {
  const lines = shape_lines(document, { $ref: "#/components/schemas/Run" });
  assert.deepEqual(
    lines.map((line) => [line.depth, line.name, line.type, line.is_required]),
    [
      [0, "id", "string", true],
      [0, "parts", "Run[]", false],
      [0, "best", "Best", false],
      [1, "value", "number", false],
      [1, "step", "integer", false],
    ],
  );
});

test("an address has its path filled and empty parameters left out", () => {
  const route = read_interface(document).sections[0]?.routes[0];
  assert.ok(route !== undefined);
  assert.equal(address_of(route, { id: "a/b", q: "" }), "/api/v1/runs/a%2Fb");
  assert.equal(
    address_of(route, { id: "1", q: "a b" }),
    "/api/v1/runs/1?q=a+b",
  );
});

test("types and bounds are said in few words", () => {
  assert.equal(say_type({ enum: ["a", "b"] }), '"a" | "b"');
  assert.equal(
    say_type({ type: "array", items: { type: "integer" } }),
    "integer[]",
  );
  assert.equal(say_type({ type: ["string", "null"] }), "string | null");
  assert.equal(
    say_type({ oneOf: [{ type: "number" }, { enum: ["NaN"] }] }),
    'number | "NaN"',
  );
  assert.equal(say_type({}), "any");
  const exact = { minimum: 0, maximum: 2 ** 53 - 1, default: 500 };
  assert.equal(say_bounds(exact), "0 … 2^53 − 1, 500 unless said");
  const whole = { minimum: -(2 ** 63), maximum: 2 ** 63, format: "int64" };
  assert.equal(say_bounds(whole), "−2^63 … 2^63 − 1");
  assert.equal(say_bounds({ minimum: 1, maximum: 100 }), "1 … 100");
  assert.equal(say_bounds({ type: "string", format: "query" }), "query");
});

test("routes are found by words in any order", () => {
  const route = read_interface(document).sections[0]?.routes[0];
  assert.ok(route !== undefined);
  assert.ok(finds(route, "one get") && finds(route, "") && finds(route, "q"));
  assert.ok(!finds(route, "one post"));
});
