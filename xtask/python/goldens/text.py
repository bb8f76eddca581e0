"""Windows, post-processing, answers of the pipeline, exact match and F1: everything between text and logits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers.data.metrics.squad_metrics import normalize_answer, squad_evaluate
from transformers.data.processors.squad import SquadExample

import squad

from . import corpus, words
from .files import write_json, write_json_lines, write_tensors


def question_rows() -> list[dict[str, Any]]:
    """The questions of `features/` and `postprocess/`: a dozen, plain and odd."""
    plain = corpus.plain_rows()
    return [plain[0], plain[8], *corpus.odd_rows()]


def tutorial_rows(tokenizer: Any, rows: list[dict[str, Any]], max_length: int) -> list[dict[str, Any]]:
    """Hugging Face's tutorial: one cut window a question; an answer over the cut ends one past the context."""
    encoded = tokenizer(
        [row["question"].strip() for row in rows],
        [row["context"] for row in rows],
        max_length=max_length,
        truncation="only_second",
        return_offsets_mapping=True,
        padding="max_length",
    )
    told = []
    for n, row in enumerate(rows):
        sequence, offsets, ids = encoded.sequence_ids(n), encoded["offset_mapping"][n], encoded["input_ids"][n]
        first = sequence.index(1)
        last = len(sequence) - 1 - sequence[::-1].index(1)
        start = end = 0
        if row["answers"]["text"]:
            from_char = row["answers"]["answer_start"][0]
            to_char = from_char + len(row["answers"]["text"][0])
            if not (offsets[first][0] > to_char or offsets[last][1] < from_char):
                start = first
                while start <= last and offsets[start][0] <= from_char:
                    start += 1
                start -= 1
                end = last
                while end >= first and offsets[end][1] >= to_char:
                    end -= 1
                end += 1
        n_pad = max_length - sum(encoded["attention_mask"][n])
        told.append(
            {
                "example_id": row["id"],
                "input_ids": ids[: max_length - n_pad],
                "n_pad": n_pad,
                "start_positions": start,
                "end_positions": end,
                "context_first": first,
                "context_last": last,
            }
        )
    return told


def pipeline_windows(tokenizer: Any, rows: list[dict[str, Any]], max_length: int, stride: int) -> list[dict[str, Any]]:
    """The windows of the question-answering pipeline, with its mask of what is no answer."""
    told = []
    for row in rows:
        encoded = tokenizer(
            row["question"],
            row["context"],
            truncation="only_second",
            max_length=max_length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        for span in range(len(encoded["input_ids"])):
            ids = encoded["input_ids"][span]
            sequence = encoded.sequence_ids(span)
            allowed = [s == 1 or i == tokenizer.cls_token_id for s, i in zip(sequence, ids, strict=True)]
            told.append(
                {
                    "id": row["id"],
                    "span": span,
                    "input_ids": ids,
                    "p_mask": [0 if yes else 1 for yes in allowed],
                    "word_ids": encoded.word_ids(span),
                    "offsets": [list(offset) for offset in encoded["offset_mapping"][span]],
                }
            )
    return told


def write_features(folder: Path, tokenizer: Any) -> list[dict[str, Any]]:
    """Writes `features/` and returns the windows of 96 tokens."""
    rows = question_rows()
    name = f"tokenizers/{words.NAME}"
    write_json(folder / "questions.squad.json", corpus.nested(rows, "own, CC0 1.0"))
    kept: list[dict[str, Any]] = []
    for max_length, stride in ((384, 128), (96, 32)):
        tokenizer.model_max_length = max_length
        kept = squad.windows_of(rows, tokenizer, max_length, stride)
        meta = {"max_length": max_length, "doc_stride": stride, "padding": False, "style": "run_qa", "tokenizer": name}
        write_json_lines(folder / f"run_qa_{max_length}_{stride}.jsonl", meta, kept)
    tokenizer.model_max_length = words.MODEL_MAX_LENGTH
    meta = {"max_length": 96, "padding": "max_length", "style": "tutorial, pads not stored", "tokenizer": name}
    write_json_lines(folder / "tutorial_96_pad.jsonl", meta, tutorial_rows(tokenizer, rows, 96))
    meta = {"max_seq_len": 128, "doc_stride": 64, "style": "QuestionAnsweringPipeline.preprocess", "tokenizer": name}
    some = [row for row in rows if row["id"] != "odd-long-0"]
    write_json_lines(folder / "pipeline_windows_128_64.jsonl", meta, pipeline_windows(tokenizer, some, 128, 64))
    return kept


def write_postprocess(folder: Path, windows: list[dict[str, Any]]) -> None:
    """Writes pseudo-random logits for the windows of 96 tokens and the answers that follow from them."""
    rows = question_rows()
    generator = torch.Generator().manual_seed(5)
    start, end = (torch.randn((len(windows), 96), generator=generator) * 3.0 for _ in range(2))
    write_tensors(folder / "logits.safetensors", {"start_logits": start, "end_logits": end})
    settings: dict[str, dict[str, Any]] = {
        "v1": {},
        "v1_nbest5_len5": {"n_best": 5, "max_len": 5},
        "v2_thr0": {"v2": True},
        "v2_thr-3": {"v2": True, "thr": -3.0},
        "v2_thr4": {"v2": True, "thr": 4.0},
    }
    names = {"n_best": "n_best_size", "max_len": "max_answer_length", "v2": "version_2", "thr": "threshold"}
    told: dict[str, Any] = {}
    for name, options in settings.items():
        changes = {names[key]: value for key, value in options.items()}
        predictions, null_odds, n_best = squad.predictions_of(rows, windows, start.numpy(), end.numpy(), **changes)
        told[name] = {
            "options": options,
            "predictions": predictions,
            "null_odds": null_odds,
            "nbest": {key: spans[:5] for key, spans in n_best.items()},
            "nbest_len": {key: len(spans) for key, spans in n_best.items()},
        }
    answered = [row for row in rows if row["answers"]["text"]]
    told["v1"]["squad_v1_1"] = squad.scores_v1(answered, told["v1"]["predictions"])[0]
    write_json(folder / "expected.json", told)


# (gold answers, prediction): what trips a normaliser or a count of common words.
CASES: list[tuple[list[str], str]] = [
    (["Ada Fenwick"], "Ada Fenwick"),
    (["the Grey Hills"], "Grey Hills."),
    (["41 metres"], "forty-one metres"),
    (["rye, honey and walnuts"], "honey and rye"),
    (["a museum of knots and ropes", "museum"], "the museum"),
    (["1990"], "in 1990"),
    (["the"], "..."),
    (["the"], "the"),
    (["café “Älg”"], "CAFÉ Älg"),
    (["e\u0301clair"], "éclair"),
    (["İstanbul"], "i̇stanbul"),
    (["nine\u00a0nights"], "nine nights"),
    (["1938–40"], "1938-40"),
    (["snake_case"], "snakecase"),
    (["an apple a day"], "apple day"),
    (["theatre", "thea tre"], "a theatre"),
    (["lamp lamp lamp"], "lamp lamp"),
    (["2 crowns", "2"], "2 crowns for each"),
    (["$640"], "640"),
    (["Othe and then"], "Othe then"),
]


def metric_rows() -> tuple[list[dict[str, Any]], dict[str, str]]:
    """One question per case, and its prediction."""
    rows = []
    predictions = {}
    for n, (golds, prediction) in enumerate(CASES):
        context = " | ".join(golds)
        starts = [context.index(gold) for gold in golds]
        answers = {"text": golds, "answer_start": starts}
        rows.append(
            {"id": f"case-{n}", "title": "cases", "context": context, "question": f"Case {n}?", "answers": answers}
        )
        predictions[f"case-{n}"] = prediction
    return rows, predictions


def write_metrics(folder: Path) -> None:
    """Writes `metrics/`: SQuAD 2 by transformers' `squad_metrics`, SQuAD 1.1 by its rules over the same normaliser."""
    rows, predictions = metric_rows()
    write_json(folder / "dataset_v1.json", nested_in_one(rows, "1.1"))
    empty: dict[str, list[Any]] = {"text": [], "answer_start": []}
    none = [{**row, "id": f"none-{n}", "question": f"None {n}?", "answers": empty} for n, row in enumerate(rows[:6])]
    predictions |= {row["id"]: "" if n % 2 else "something" for n, row in enumerate(none)}
    both = [*rows, *none]
    na_prob = {row["id"]: (n * 37 % 100) / 100 for n, row in enumerate(both)}
    write_json(folder / "dataset_v2.json", nested_in_one(both, "v2.0"))
    write_json(folder / "predictions.json", predictions)
    missing = rows[0]["id"]
    write_json(folder / "predictions_one_missing.json", {k: v for k, v in predictions.items() if k != missing})
    write_json(folder / "na_prob.json", na_prob)
    v1, v1_by_question = squad.scores_v1(rows, predictions)
    examples = [
        SquadExample(row["id"], row["question"], row["context"], None, None, row["title"], golds_of(row))
        for row in both
    ]
    v2 = {row["id"]: squad_evaluate([example], predictions) for row, example in zip(both, examples, strict=True)}
    without = {k: v for k, v in squad_evaluate(examples, predictions).items() if not k.startswith("best_")}
    texts = {text for golds, prediction in CASES for text in (*golds, prediction)} | {"", "  spaced \u00a0 out "}
    write_json(
        folder / "expected.json",
        {
            "v1_1": v1,
            "v1_1_with_one_missing": squad.scores_v1(rows, {k: v for k, v in predictions.items() if k != missing})[0],
            "missing_id": missing,
            "v2_with_na_prob": squad_evaluate(examples, predictions, na_prob),
            "v2_without_na_prob": without,
            "per_question_v1_1": v1_by_question,
            "per_question_v2": {key: {"exact": s["exact"] / 100, "f1": s["f1"] / 100} for key, s in v2.items()},
            "normalized": {text: normalize_answer(text) for text in sorted(texts)},
        },
    )


def golds_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """A row's answers as `SquadExample` wants them."""
    return [{"text": text} for text in row["answers"]["text"]]


def nested_in_one(rows: list[dict[str, Any]], version: str) -> dict[str, Any]:
    """Rows with a paragraph each, under one title."""
    parts = [corpus.nested([row], version)["data"][0]["paragraphs"][0] for row in rows]
    return {"version": version, "data": [{"title": "cases", "paragraphs": parts}]}
