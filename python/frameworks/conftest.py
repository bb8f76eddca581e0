"""A tiny BERT with its tokenizer, and questions in SQuAD's nesting, made from nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Generator

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Where TensorFlow is installed beside Keras 3, transformers would look for an older Keras.
os.environ.setdefault("USE_TF", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Said by whoever has installed all frameworks: a test that skips then has proven nothing.
SKIP_NOTHING = os.environ.get("TRAILMARK_SKIP_NOTHING", "") not in ("", "0")

CITIES = {"australia": "canberra", "france": "paris", "japan": "tokyo", "kenya": "nairobi", "peru": "lima"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test that skips fail where nothing may."""
    return _heard(item.nodeid, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let a whole file that skips fail where nothing may."""
    return _heard(collector.nodeid, (yield))


def _heard(node: str, report: Any) -> Any:
    if SKIP_NOTHING and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{node} skipped where nothing may: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a model with random weights."""
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    letters = [chr(letter) for letter in range(ord("a"), ord("z") + 1)]
    words = ["what", "is", "the", "capital", "of", "city", "lies", "in", *CITIES, *CITIES.values()]
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *words,
        *letters,
        *(f"##{one}" for one in letters),
        "?",
        ".",
    ]
    (folder / "vocab.txt").write_text("\n".join(pieces))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of 25 questions."""
    paragraphs = []
    for country, city in CITIES.items():
        context = f"the capital city of {country} is {city} . {city} lies in {country} ."
        questions = [
            {
                "id": f"{country}{index}",
                "question": f"what is the capital {'city ' * (index % 2)}of {country} ?",
                "answers": [{"text": city, "answer_start": context.index(city)}],
            }
            for index in range(5)
        ]
        paragraphs.append({"context": context, "qas": questions})
    path = tmp_path_factory.mktemp("data") / "train.json"
    path.write_text(json.dumps({"data": [{"title": "cities", "paragraphs": paragraphs}]}))
    return str(path)


@pytest.fixture
def example() -> Path:
    """The example's file."""
    return Path(__file__).parents[2] / "examples" / "hf_squad.py"
