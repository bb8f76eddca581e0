import assert from "node:assert/strict";
import { test } from "node:test";
import {
  nested_colours,
  ordered_colours,
  ramp_colour,
  ramp_of,
  series_colour,
  shares_of,
  word_colour,
} from "./colour.ts";

test("twelve series have twelve colours, then they repeat", () => {
  const colours = Array.from({ length: 12 }, (_, i) => series_colour(i));
  assert.equal(new Set(colours).size, 12);
  assert.equal(series_colour(12), series_colour(0));
});

test("up to seven values take a ramp by rank, from its first to its last stop", () => {
  const colour = ordered_colours("learning_rate", [4e-5, 4e-4, 4e-3, 4e-4]);
  assert.equal(colour(4e-5), "var(--ember-1)");
  assert.equal(colour(4e-4), "var(--ember-4)");
  assert.equal(colour(4e-3), "var(--ember-7)");
});

test("many values that span more than thirty times stand by their logarithm", () => {
  const share = shares_of([1, 2, 3, 4, 5, 6, 7, 8, 100]);
  assert.equal(share(10), 0.5);
  const linear = shares_of([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(linear(5), 0.5);
});

test("one value alone stands at the ramp's begin", () => {
  assert.equal(ordered_colours("depth", [3, 3])(3), "var(--lagoon-1)");
});

test("sizes take lagoon, rates ember", () => {
  assert.equal(ramp_of("hparams.per_device_train_batch_size"), "lagoon");
  assert.equal(ramp_of("hparams.learning_rate"), "ember");
});

test("between stops a ramp mixes its neighbours", () => {
  assert.equal(
    ramp_colour("ember", 0.25),
    "color-mix(in oklab, var(--ember-2) 50%, var(--ember-3))",
  );
  assert.equal(ramp_colour("ember", 2), "var(--ember-7)");
});

test("two fields: hue by the first, lightness by the second", () => {
  const colour = nested_colours([4e-5, 4e-4, 4e-3], [16, 32]);
  assert.equal(colour(4e-5, 16), "var(--nest-1a)");
  assert.equal(colour(4e-5, 32), "var(--nest-1b)");
  assert.equal(colour(4e-3, 32), "var(--nest-3b)");
  assert.equal(colour(NaN, 32), "var(--text-3)");
});

test("a word keeps its colour", () => {
  assert.equal(word_colour("diverged"), word_colour("diverged"));
});
