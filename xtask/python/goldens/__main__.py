"""`python -m goldens FOLDER [--check]`: writes all goldens, or says whether the kept ones are still what is made."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RUST_BACKTRACE"] = "0"

import torch
import transformers

from . import answering, files, networks, numbers, text, training, words

# Vector widths differ between machines, and with them the last bits of sums.
TOLERANCE = 2e-4


def make(root: Path) -> None:
    """Writes every golden under a folder that need not exist."""
    tokenizer_folder = root / "tokenizers" / words.NAME
    words.write(tokenizer_folder)
    tokenizer = words.load(tokenizer_folder)
    networks.write(root / "models", tokenizer)
    windows = text.write_features(root / "features", tokenizer)
    text.write_postprocess(root / "postprocess", windows)
    text.write_metrics(root / "metrics")
    answering.write(root / "pipeline", root)
    numbers.write(root)
    training.write(root, tokenizer)
    files.write_provenance(root)


def main() -> int:
    """Parses the command line and does what it says."""
    parser = argparse.ArgumentParser(prog="goldens", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the goldens lie; emptied before writing")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with what would be made")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as made:
        make(Path(made))
        if arguments.check:
            found = files.stale(arguments.folder, Path(made), TOLERANCE)
            print("\n".join(found) if found else "goldens are what is made")
            return 1 if found else 0
        shutil.rmtree(arguments.folder, ignore_errors=True)
        shutil.copytree(made, arguments.folder)
    size = sum(p.stat().st_size for p in arguments.folder.rglob("*") if p.is_file())
    print(f"wrote {size / 1e6:.2f} MB to {arguments.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
