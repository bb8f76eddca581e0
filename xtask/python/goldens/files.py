"""Writing and comparing golden files: JSON, JSON lines, safetensors, and the provenance line beside them."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "accelerate", "numpy", "safetensors")


def compact(value: Any) -> str:
    """One line of JSON without blanks; letters of any script stay as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_json(path: Path, value: Any) -> None:
    """Writes JSON with one line for each member of the outermost object or list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(value, dict):
        lines = [f"{json.dumps(key, ensure_ascii=False)}:{compact(member)}" for key, member in value.items()]
        text = "{\n" + ",\n".join(lines) + "\n}\n"
    else:
        text = "[\n" + ",\n".join(compact(member) for member in value) + "\n]\n"
    path.write_text(text, encoding="utf-8")


def write_json_lines(path: Path, meta: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Writes a first line `_meta`, then one row a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(compact(row) for row in [{"_meta": meta}, *rows]) + "\n", encoding="utf-8")


def write_tensors(path: Path, tensors: dict[str, Any], metadata: dict[str, str] | None = None) -> None:
    """Writes f32 tensors, names sorted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.ascontiguousarray(tensors[name].detach().numpy().astype(np.float32)) for name in sorted(tensors)}
    save_file(arrays, path, metadata=metadata)


def versions() -> dict[str, str]:
    """The versions of everything that has a say in the numbers."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def write_provenance(folder: Path) -> None:
    """Writes the line that says with what the folder was made, and how to make it again."""
    made_with = ", ".join(f"{name} {version}" for name, version in versions().items())
    (folder / "PROVENANCE").write_text(
        f"Made by `cargo xtask fixtures` (xtask/python/goldens) on a CPU, one thread, with {made_with}; "
        "text: xtask/python/goldens/corpus.py, CC0 1.0; weights: random.\n",
        encoding="utf-8",
    )


def difference(want: Any, got: Any, tolerance: float, path: str = "") -> str | None:
    """The first place where two JSON values differ by more than a tolerance, or `None`."""
    if isinstance(want, bool) or isinstance(got, bool) or want is None or got is None or isinstance(want, str):
        return None if want == got else f"{path}: got {got!r}, want {want!r}"
    if isinstance(want, int | float) and isinstance(got, int | float):
        near = math.isclose(want, got, rel_tol=tolerance, abs_tol=tolerance)
        return None if near else f"{path}: got {got}, want {want}"
    if isinstance(want, dict) and isinstance(got, dict) and list(want) == list(got):
        members = ((f"{path}/{key}", want[key], got[key]) for key in want)
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        members = ((f"{path}/{n}", want[n], got[n]) for n in range(len(want)))
    else:
        return f"{path}: got another shape"
    return next((found for name, a, b in members if (found := difference(a, b, tolerance, name))), None)


def stale(kept: Path, made: Path, tolerance: float) -> list[str]:
    """What differs between the goldens that are kept and those just made; empty when nothing does."""
    names = {p.relative_to(root).as_posix() for root in (kept, made) for p in root.rglob("*") if p.is_file()}
    found = []
    for name in sorted(names - {"PROVENANCE"}):
        a, b = kept / name, made / name
        if not a.exists() or not b.exists():
            found.append(f"{name}: {'not kept' if b.exists() else 'no longer made'}")
        elif name.endswith(".safetensors"):
            want, got = load_file(a), load_file(b)
            same = want.keys() == got.keys() and all(
                want[key].shape == got[key].shape and np.allclose(want[key], got[key], rtol=tolerance, atol=tolerance)
                for key in want
            )
            found += [] if same else [f"{name}: tensors differ"]
        elif name.endswith((".json", ".jsonl")):
            lines = (a.read_text(encoding="utf-8"), b.read_text(encoding="utf-8"))
            if name.endswith(".jsonl"):
                values = [[json.loads(line) for line in text.splitlines()] for text in lines]
            else:
                values = [json.loads(text) for text in lines]
            change = difference(values[0], values[1], tolerance)
            found += [f"{name}{change}"] if change else []
        elif a.read_bytes() != b.read_bytes():
            found.append(f"{name}: bytes differ")
    return found
