"""A small WordPiece tokenizer whose vocabulary comes from the goldens' own text."""

from __future__ import annotations

import collections
import json
import re
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertTokenizerFast

from . import corpus

NAME = "wordpiece-512"
MODEL_MAX_LENGTH = 128
N_IDS = 512
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocabulary() -> list[str]:
    """Special tokens, letters, then the commonest words and endings of the plain text.

    Chosen by count and not by the library's trainer, which breaks ties differently from run to run. The odd texts stay
    unseen, so that they hold unknown signs.
    """
    text = " ".join(f"{row['context']} {row['question']}" for row in corpus.plain_rows()).lower()
    words = collections.Counter(re.findall(r"[a-z]+|[0-9]+", text))
    signs = sorted(set(text) - set(" \n"))
    endings: collections.Counter[str] = collections.Counter()
    for word, count in words.items():
        for length in range(2, 5):
            if len(word) > length + 1:
                endings["##" + word[-length:]] += count
    longer = {word: count for word, count in words.items() if len(word) > 1}
    ranked = sorted((longer | endings).items(), key=lambda item: (-item[1], item[0]))
    letters = [f"##{sign}" for sign in signs if sign.isalnum()]
    chosen = [*SPECIAL, *signs, *letters]
    return chosen + [token for token, _ in ranked[: N_IDS - len(chosen)]]


def build() -> Tokenizer:
    """A lower-casing WordPiece tokenizer over that vocabulary, as BERT has it."""
    ids = {token: n for n, token in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def write(folder: Path) -> None:
    """Writes the tokenizer's files as Hugging Face lays them out."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    by_id = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    assert len(by_id) == N_IDS
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token, _ in by_id), encoding="utf-8")
    config: dict[str, Any] = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "model_max_length": MODEL_MAX_LENGTH,
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> BertTokenizerFast:
    """Loads what `write` wrote."""
    return BertTokenizerFast.from_pretrained(folder)
