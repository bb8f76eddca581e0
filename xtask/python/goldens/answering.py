"""Answers of the real question-answering pipeline with tiny models, and the logits they were decoded from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transformers
from transformers import (
    AutoModelForQuestionAnswering,
    BertTokenizerFast,
    DistilBertTokenizerFast,
    QuestionAnsweringPipeline,
)

from . import corpus, words
from .files import write_json

MOST_WINDOWS = 4
DEFAULTS = {
    "top_k": 1,
    "doc_stride": "min(max_seq_len//2,128)",
    "max_seq_len": "min(model_max_length,384)",
    "max_answer_len": 15,
    "max_question_len": 64,
    "handle_impossible_answer": False,
    "align_to_words": True,
}


def cases() -> list[tuple[str, str, str, dict[str, Any]]]:
    """(name, question, context, options) of every case."""
    plain, odd = corpus.plain_rows(), corpus.odd_rows()
    q, c = plain[4]["question"], plain[4]["context"]
    long_q, long_c = odd[-1]["question"], odd[-1]["context"]
    tail_q, tail_c = odd[-2]["question"], odd[-2]["context"]
    unicode = odd[0]["context"]
    nobody = "What is the boiling point of mercury?"
    return [
        *((row["id"], row["question"], row["context"], {}) for row in (plain[0], plain[7], plain[16])),
        ("top_k=5", q, c, {"top_k": 5}),
        ("top_k=20", q, c, {"top_k": 20}),
        ("top_k=3 no align", q, c, {"top_k": 3, "align_to_words": False}),
        ("no align", q, c, {"align_to_words": False}),
        ("impossible allowed, answerable", q, c, {"handle_impossible_answer": True}),
        ("impossible allowed, unanswerable", nobody, c, {"handle_impossible_answer": True}),
        ("impossible + top_k=4", nobody, c, {"handle_impossible_answer": True, "top_k": 4}),
        ("max_answer_len=1", q, c, {"max_answer_len": 1}),
        ("max_answer_len=50 top_k=3", q, c, {"max_answer_len": 50, "top_k": 3}),
        ("several windows", tail_q, tail_c, {"max_seq_len": 72, "top_k": 3}),
        (
            "several windows, impossible allowed",
            nobody,
            tail_c,
            {"max_seq_len": 80, "doc_stride": 16, "handle_impossible_answer": True},
        ),
        ("long (several windows)", long_q, long_c, {}),
        ("long top_k=5", long_q, long_c, {"top_k": 5}),
        ("long stride 32 seq 96", long_q, long_c, {"doc_stride": 32, "max_seq_len": 96, "top_k": 3}),
        ("long impossible", nobody, long_c, {"handle_impossible_answer": True, "top_k": 2, "doc_stride": 32}),
        ("unicode 1", "When did the café open?", unicode, {}),
        ("unicode 2", "Which emoji appear?", unicode, {"top_k": 3}),
        ("unicode 3 no align", "What is far away?", unicode, {"align_to_words": False, "top_k": 2}),
        ("one word context", "Who?", "Ada", {}),
        ("one word context top_k=5", "Who?", "Ada", {"top_k": 5}),
        ("leading/trailing blanks", "  Where is it?  ", "  near the harbour  ", {}),
        ("repeated answer text", "What colour is it?", "Blue. blue, Blue; red and blue, or blue.", {"top_k": 6}),
        ("punctuation only", "What?", "... !!! ???", {"top_k": 3}),
        (
            "padding=max_length",
            "Where is it?",
            "It stands beside the old well.",
            {"padding": "max_length", "max_seq_len": 64},
        ),
        (
            "max_question_len has no effect",
            "Where is it really " + "really " * 8 + "now?",
            "In Velm.",
            {"max_question_len": 8},
        ),
    ]


class Seen:
    """A pipeline that keeps the windows of the question it is answering."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.windows: list[dict[str, Any]] = []
        self.pipeline = QuestionAnsweringPipeline(model=model, tokenizer=tokenizer, framework="pt", device="cpu")
        forward = self.pipeline._forward

        def keep(inputs: dict[str, Any]) -> dict[str, Any]:
            output = forward(inputs)
            for n in range(inputs["input_ids"].shape[0]):
                self.windows.append(
                    {
                        "input_ids": inputs["input_ids"][n].tolist(),
                        "start_logits": output["start"][n].float().tolist(),
                        "end_logits": output["end"][n].float().tolist(),
                    }
                )
            return output

        self.pipeline._forward = keep

    def ask(self, question: str, context: str, options: dict[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
        """The pipeline's answer and the windows it saw."""
        self.windows.clear()
        return self.pipeline(question=question, context=context, **options), list(self.windows)


def errors(pipeline: Any) -> list[dict[str, Any]]:
    """What the pipeline says to bad input."""
    q, c = "Where is it?", "It stands beside the old well."
    long_question = {"question": "Where " * 10, "context": c * 20, "max_seq_len": 64, "doc_stride": 60}
    calls: list[tuple[str, dict[str, Any] | list[Any]]] = [
        ("empty context", {"question": q, "context": ""}),
        ("empty question", {"question": "", "context": c}),
        ("blank context", {"question": q, "context": "   "}),
        ("None context", [{"question": q, "context": None}]),
        ("missing key", [{"question": q}]),
        ("top_k=0", {"question": q, "context": c, "top_k": 0}),
        ("max_answer_len=0", {"question": q, "context": c, "max_answer_len": 0}),
        ("doc_stride > max_seq_len", {"question": q, "context": c, "doc_stride": 200, "max_seq_len": 100}),
        ("question longer than max_seq_len", {"question": "why " * 200, "context": c}),
        ("lists of different length", {"question": [q, q, q], "context": [c, c]}),
        ("list questions empty", {"question": [], "context": []}),
        ("stride too big for the room left", long_question),
        ("context control char", {"question": q, "context": "a\x00b is near"}),
    ]
    told = []
    for case, call in calls:
        try:
            output = pipeline(**call) if isinstance(call, dict) else pipeline(*call)
            told.append({"case": case, "output": output})
        except BaseException as error:  # a panic in the tokenizer is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            told.append({"case": case, "error": [type(error).__name__, str(error)[:200]]})
    return told


def told_by(family: str, root: Path) -> dict[str, Any]:
    """All cases through one model."""
    takes_types = family != "distilbert"
    tokenizer = (BertTokenizerFast if takes_types else DistilBertTokenizerFast).from_pretrained(
        root / "tokenizers" / words.NAME
    )
    model = AutoModelForQuestionAnswering.from_pretrained(root / "models" / family).eval()
    seen = Seen(model, tokenizer)
    told: dict[str, Any] = {
        "model": family,
        "tokenizer": words.NAME,
        "model_max_length": words.MODEL_MAX_LENGTH,
        "transformers": transformers.__version__,
        "defaults": DEFAULTS,
        "cases": [],
    }
    for name, question, context, options in cases():
        output, windows = seen.ask(question, context, options)
        case = {"name": name, "question": question, "context": context, "options": options, "output": output}
        case["n_windows"] = len(windows)
        if len(windows) <= MOST_WINDOWS:
            case["windows"] = windows
        told["cases"].append(case)
    rows = corpus.plain_rows()[:8]
    batch = {"questions": [row["question"] for row in rows], "contexts": [row["context"] for row in rows]}
    one = seen.pipeline(question=batch["questions"], context=batch["contexts"])
    four = seen.pipeline(question=batch["questions"], context=batch["contexts"], batch_size=4)
    told["batch"] = batch | {
        "output": one,
        "batch_size_4_same_answers": [a["answer"] for a in one] == [b["answer"] for b in four],
        "batch_size_4_max_score_diff": max(abs(a["score"] - b["score"]) for a, b in zip(one, four, strict=True)),
    }
    told["many_questions_one_context"] = seen.pipeline(question=batch["questions"][:3], context=batch["contexts"][0])
    told["errors"] = errors(seen.pipeline)
    return told


def write(folder: Path, root: Path) -> None:
    """Writes `pipeline/`, one file per family."""
    for family in ("bert", "distilbert"):
        write_json(folder / f"tiny_{family}.json", told_by(family, root))
