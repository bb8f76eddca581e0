"""The wheel where nothing else is: no Rust, no other package, and the oldest Python that it is for."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import trailmark

# What a script does at the least, without numpy or anything else.
SCRIPT = """
import importlib, pkgutil, sys, trailmark
from trailmark import Repo, Run
frameworks = {"catboost", "fastai", "hugging_face", "keras", "keras_tuner", "lightgbm", "optuna", "prophet", "pytorch"}
frameworks |= {"pytorch_ignite", "pytorch_lightning", "sb3", "tensorflow", "xgboost", "__main__"}
for module in pkgutil.iter_modules(trailmark.__path__):
    if module.name not in frameworks:
        importlib.import_module(f"trailmark.{module.name}")
with Run(repo=sys.argv[1], log_system_params=True) as run:
    run["hparams"] = {"rate": 0.5}
    run.track(0.25, "loss", context={"subset": "train"})
(told,) = Repo(sys.argv[1]).query_runs("run.hparams.rate == 0.5").iter_runs()
assert told.run.get_metric("loss", {"subset": "train"}).values.tolist() == [0.25]
print(sys.version_info[0], sys.version_info[1])
"""


@pytest.fixture(scope="module")
def wheel() -> str:
    """The wheel that is tested."""
    wheel = os.environ.get("TRAILMARK_WHEEL")
    if not wheel:
        pytest.skip("TRAILMARK_WHEEL does not name the wheel")
    return wheel


def oldest() -> str:
    """An interpreter of Python 3.9; versions of pyenv are looked for too, as its commands answer for one version."""
    found = [shutil.which("python3.9")]
    found += sorted(str(path) for path in Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9"))
    for python in found:
        if python and subprocess.run([python, "-V"], capture_output=True).returncode == 0:
            return python
    pytest.skip("no interpreter of Python 3.9")


def check_fresh(python: str, wheel: str, folder: Path) -> str:
    """Install the wheel into an environment of its own, run the command and the script."""
    subprocess.run([python, "-m", "venv", str(folder / "venv")], check=True)
    place = folder / "venv" / "bin"
    # Nothing of the machine but the system's own programs: no cargo, no other trailmark.
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    install = [str(place / "python"), "-m", "pip", "install", "--quiet", "--no-index", wheel]
    subprocess.run(install, check=True, env=environment, timeout=120)
    done = subprocess.run([str(place / "trailmark"), "--help"], text=True, capture_output=True, env=environment)
    with zipfile.ZipFile(wheel) as names:
        carries = "trailmark/bin/trailmark" in names.namelist()
        assert "trailmark/py.typed" in names.namelist() and "trailmark/_native.pyi" in names.namelist()
    if carries:
        assert done.returncode == 0 and "Usage: trailmark" in done.stdout, done.stderr
    else:
        assert done.returncode == 1 and "hint: cargo install" in done.stderr
    script = [str(place / "python"), "-c", SCRIPT, str(folder / "repo")]
    done = subprocess.run(script, text=True, capture_output=True, env=environment, cwd=folder, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_works_where_nothing_else_is(wheel: str, tmp_path: Path) -> None:
    assert check_fresh(sys.executable, wheel, tmp_path) == f"{sys.version_info[0]} {sys.version_info[1]}\n"


def test_it_works_in_the_oldest_python(wheel: str, tmp_path: Path) -> None:
    assert check_fresh(oldest(), wheel, tmp_path) == "3 9\n"


def test_every_module_is_written_in_the_oldest_pythons_grammar() -> None:
    modules = sorted(Path(trailmark.__file__).parent.glob("*.py*"))
    assert len(modules) > 20
    for path in modules:
        if path.suffix in (".py", ".pyi"):
            ast.parse(path.read_text(), str(path), feature_version=(3, 9))
