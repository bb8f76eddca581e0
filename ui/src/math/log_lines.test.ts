import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fold_lines,
  frames_in,
  is_progress,
  level_of,
  levels_of,
  marks_of,
} from "./log_lines.ts";

const lines = (...texts: string[]) =>
  texts.map((text, n) => ({ n, text, time: n }));

test("levels are read from what a line says, through its colours", () => {
  assert.equal(
    level_of("\u001b[31mERROR\u001b[0m trainer: loss is nan"),
    "error",
  );
  assert.equal(level_of("ValueError: no such file"), "error");
  assert.equal(level_of("torch.cuda.OutOfMemoryError: out of memory"), "error");
  assert.equal(level_of("WARNING amp: overflow"), "warning");
  assert.equal(level_of("/x/y.py:3: UserWarning: careful"), "warning");
  assert.equal(level_of("INFO ready"), "info");
  assert.equal(level_of("{'loss': 5.9, 'errors': 0}"), undefined);
});

test("of consecutive progress bars the last stays", () => {
  const log = lines(
    "begin",
    " 10%|█ | 1/10 [00:01]",
    " 20%|██ | 2/10 [00:02]",
    "end",
  );
  assert.deepEqual(
    fold_lines(log).map((row) => [row.n, row.folded, row.fold]),
    [
      [0, 0, undefined],
      [2, 1, "progress"],
      [3, 0, undefined],
    ],
  );
  assert.ok(is_progress("\r 10%|"));
  assert.ok(!is_progress("50% of rows"));
});

test("library frames fold, frames of one's own stay", () => {
  const log = lines(
    "Traceback (most recent call last):",
    '  File "qa/train.py", line 88, in <module>',
    "    trainer.train()",
    '  File "/x/site-packages/transformers/trainer.py", line 1, in train',
    "    return inner()",
    '  File "/x/site-packages/transformers/trainer.py", line 2, in inner',
    "    on_log()",
    '  File "qa/stop.py", line 31, in on_log',
    "    raise NonFiniteLoss",
    "NonFiniteLoss: nan",
  );
  const rows = fold_lines(log);
  assert.deepEqual(
    rows.map((row) => row.n),
    [0, 1, 2, 3, 7, 8, 9],
  );
  const folded = rows[3];
  assert.ok(folded !== undefined && folded.fold === "frames");
  assert.equal(frames_in(log, folded), 2);
});

test("marks name what is new and where the log begins and ends", () => {
  const log = lines(
    "hello",
    "WARNING overflow at step 3",
    "WARNING overflow at step 9",
    "{'loss': nan}",
    "ERROR gone",
  );
  assert.deepEqual(
    marks_of(log).map((mark) => `${mark.n} ${mark.kind} ${mark.words}`),
    [
      "0 begin Log begins",
      "1 warning overflow at step 3",
      "3 nan A value is NaN",
      "4 error gone",
      "4 end Log ends",
    ],
  );
  assert.deepEqual(marks_of([]), []);
});

test("what a traceback ends in is an error", () => {
  const log = lines(
    "Traceback (most recent call last):",
    '  File "a.py", line 1',
    "NonFiniteLoss: nan",
    "later",
  );
  assert.deepEqual([...levels_of(log)], [[2, "error"]]);
});
