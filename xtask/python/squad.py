"""Extractive question answering around a model, as Hugging Face's `run_qa` example and the SQuAD scripts define it.

Windows with labels, the n-best post-processing, and exact match and F1: written out here because the example scripts
are no package, and shared by the goldens and the benchmarks, so that both say the same thing.
"""

from __future__ import annotations

import collections
import json
from pathlib import Path
from typing import Any

import numpy as np
from transformers.data.metrics.squad_metrics import normalize_answer

Row = dict[str, Any]
Window = dict[str, Any]


def rows_of_file(path: str | Path) -> list[Row]:
    """The questions of a SQuAD file in the official nesting, flat, in the order of the file."""
    rows: list[Row] = []
    for article in json.loads(Path(path).read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                answers = qa.get("answers", [])
                rows.append(
                    {
                        "id": qa["id"],
                        "title": article.get("title", ""),
                        "context": paragraph["context"],
                        "question": qa["question"],
                        "answers": {
                            "text": [answer["text"] for answer in answers],
                            "answer_start": [answer["answer_start"] for answer in answers],
                        },
                    }
                )
    return rows


def label(
    ids: list[int], sequence_ids: list[int | None], offsets: list[list[int]], row: Row, cls: int
) -> tuple[int, int]:
    """Start and end position of a row's first answer in one window, or the place of [CLS] twice.

    The search for the start goes on past the context, as in the original: an answer that begins at the context's last
    token gets the [SEP] behind it, whose offset is (0, 0), for a start.
    """
    at_cls = ids.index(cls)
    if not row["answers"]["text"]:
        return at_cls, at_cls
    first = sequence_ids.index(1)
    last = len(sequence_ids) - 1 - sequence_ids[::-1].index(1)
    from_char = row["answers"]["answer_start"][0]
    to_char = from_char + len(row["answers"]["text"][0])
    if offsets[first][0] > from_char or offsets[last][1] < to_char:
        return at_cls, at_cls
    past = next((i for i in range(first, len(offsets)) if offsets[i][0] > from_char), len(offsets))
    end = min(i for i in range(first, last + 1) if offsets[i][1] >= to_char)
    return past - 1, end


def windows_of(rows: list[Row], tokenizer: Any, max_length: int, doc_stride: int) -> list[Window]:
    """Windows of all rows in order, with labels, the row's id, and offsets that are `None` outside the context."""
    encoded = tokenizer(
        [row["question"].lstrip() for row in rows],
        [row["context"] for row in rows],
        truncation="only_second",
        max_length=max_length,
        stride=doc_stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        padding=False,
    )
    windows: list[Window] = []
    for n, row_idx in enumerate(encoded["overflow_to_sample_mapping"]):
        sequence_ids = encoded.sequence_ids(n)
        ids, offsets = encoded["input_ids"][n], encoded["offset_mapping"][n]
        start, end = label(ids, sequence_ids, offsets, rows[row_idx], tokenizer.cls_token_id)
        window: Window = {"input_ids": ids}
        if "token_type_ids" in encoded:
            window["token_type_ids"] = encoded["token_type_ids"][n]
        window["attention_mask"] = encoded["attention_mask"][n]
        window["start_positions"] = start
        window["end_positions"] = end
        window["example_id"] = rows[row_idx]["id"]
        window["offset_mapping"] = [
            list(offset) if sequence == 1 else None for offset, sequence in zip(offsets, sequence_ids, strict=True)
        ]
        windows.append(window)
    return windows


def spans_of_window(window: Window, start: Any, end: Any, n_best: int, max_answer_length: int) -> list[dict[str, Any]]:
    """The spans that the best start and end logits of one window allow, in the order in which they are met."""
    offsets = window["offset_mapping"]

    def best(logits: Any) -> list[int]:
        return np.argsort(logits)[-1 : -n_best - 1 : -1].tolist()

    spans = []
    for first in best(start):
        for last in best(end):
            if first >= len(offsets) or last >= len(offsets) or not offsets[first] or not offsets[last]:
                continue
            if last < first or last - first + 1 > max_answer_length:
                continue
            spans.append(
                {
                    "offsets": (offsets[first][0], offsets[last][1]),
                    "score": start[first] + end[last],
                    "start_logit": start[first],
                    "end_logit": end[last],
                }
            )
    return spans


def n_best_of_row(
    context: str, windows: list[Window], logits: list[tuple[Any, Any]], options: dict[str, Any]
) -> tuple[list[dict[str, Any]], float | None]:
    """The ranked answers of one row over its windows, with probabilities, and the null score where there is one."""
    null: dict[str, Any] | None = None
    spans: list[dict[str, Any]] = []
    for window, (start, end) in zip(windows, logits, strict=True):
        score = start[0] + end[0]
        if null is None or null["score"] > score:
            null = {"offsets": (0, 0), "score": score, "start_logit": start[0], "end_logit": end[0]}
        spans += spans_of_window(window, start, end, options["n_best_size"], options["max_answer_length"])
    null_score = None if null is None else float(null["score"])
    if options["version_2"] and null is not None:
        spans.append(null)
    spans = sorted(spans, key=lambda span: span["score"], reverse=True)[: options["n_best_size"]]
    if options["version_2"] and null is not None and all(span["offsets"] != (0, 0) for span in spans):
        spans.append(null)
    for span in spans:
        from_char, to_char = span.pop("offsets")
        span["text"] = context[from_char:to_char]
    if not spans or (len(spans) == 1 and spans[0]["text"] == ""):
        spans.insert(0, {"text": "empty", "start_logit": 0.0, "end_logit": 0.0, "score": 0.0})
    scores = np.array([span.pop("score") for span in spans])
    weights = np.exp(scores - np.max(scores))
    for span, probability in zip(spans, weights / weights.sum(), strict=True):
        span["probability"] = probability
    return spans, null_score


def predictions_of(
    rows: list[Row], windows: list[Window], start: Any, end: Any, **changes: Any
) -> tuple[dict[str, str], dict[str, float], dict[str, list[dict[str, Any]]]]:
    """Predictions, null odds (SQuAD 2 only) and n-best lists of all rows from the logits of all their windows."""
    options = {"version_2": False, "n_best_size": 20, "max_answer_length": 30, "threshold": 0.0} | changes
    windows_by_row: dict[str, list[int]] = collections.defaultdict(list)
    for n, window in enumerate(windows):
        windows_by_row[window["example_id"]].append(n)
    predictions: dict[str, str] = {}
    null_odds: dict[str, float] = {}
    n_best: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        mine = windows_by_row[row["id"]]
        ranked, null = n_best_of_row(
            row["context"], [windows[n] for n in mine], [(start[n], end[n]) for n in mine], options
        )
        n_best[row["id"]] = [
            {key: value if isinstance(value, str) else float(value) for key, value in span.items()} for span in ranked
        ]
        if not options["version_2"]:
            predictions[row["id"]] = ranked[0]["text"]
            continue
        answer = next((span for span in ranked if span["text"] != ""), None)
        assert answer is not None and null is not None
        null_odds[row["id"]] = float(null - answer["start_logit"] - answer["end_logit"])
        predictions[row["id"]] = "" if null_odds[row["id"]] > options["threshold"] else answer["text"]
    return predictions, null_odds, n_best


def f1_v1(prediction: str, gold: str) -> float:
    """F1 of SQuAD 1.1: nought without a common word, even where both sides are empty."""
    mine, theirs = normalize_answer(prediction).split(), normalize_answer(gold).split()
    common = sum((collections.Counter(mine) & collections.Counter(theirs)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(mine), common / len(theirs)
    return 2 * precision * recall / (precision + recall)


def scores_v1(rows: list[Row], predictions: dict[str, str]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Exact match and F1 of SQuAD 1.1 in percent, and by question; a missing prediction counts as wrong."""
    by_question: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["id"] not in predictions:
            continue
        prediction, golds = predictions[row["id"]], row["answers"]["text"]
        by_question[row["id"]] = {
            "em": max(float(normalize_answer(prediction) == normalize_answer(gold)) for gold in golds),
            "f1": max(f1_v1(prediction, gold) for gold in golds),
        }
    total = {
        "exact_match": 100.0 * sum(score["em"] for score in by_question.values()) / len(rows),
        "f1": 100.0 * sum(score["f1"] for score in by_question.values()) / len(rows),
    }
    return total, by_question
