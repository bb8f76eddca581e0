"""What a run records, read back from its repository."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trailmark
from trailmark import Repo, Run, Text


def test_numbers_of_every_library_are_tracked(run: Run, values: Any) -> None:
    class Torch:
        dtype = "float32"

        def item(self) -> float:
            return 6.0

    for number in [1.0, np.float32(2), np.float64(3), np.array([4.0]), np.int64(5), Torch()]:
        run.track(number, "x")
    run.track(True, "flag")
    assert [value for _, value in values(run, "x")] == [1, 2, 3, 4, 5, 6]
    assert values(run, "flag") == [(0, 1.0)]


def test_steps_go_on_by_themselves_and_the_later_write_of_one_wins(run: Run, values: Any) -> None:
    for step in (None, None, 10, None, 3):
        run.track(1.5 if step is None else float(step), "x", step=step)
    run.track(9.0, "x", step=10)
    assert values(run, "x") == [(0, 1.5), (1, 1.5), (3, 3.0), (10, 9.0), (11, 1.5)]


def test_each_entry_of_a_dictionary_has_its_own_next_step(run: Run, values: Any) -> None:
    run.track(0.5, "loss")
    run.track({"loss": 0.4, "f1": 80}, epoch=1)
    assert values(run, "loss") == [(0, 0.5), (1, 0.4)]
    assert values(run, "f1") == [(0, 80.0)]
    metric = run.get_metric("f1")
    assert metric is not None and metric.epochs.tolist() == [1.0]


def test_contexts_tell_series_apart_however_they_are_made(run: Run, values: Any) -> None:
    shared = {"subset": "train"}
    run.track(1.0, "loss", context=shared)
    shared["subset"] = "eval"
    run.track(2.0, "loss", context=shared)
    run.track(3.0, "".join(["lo", "ss"]), context={"subset": "tra" + "in"})
    run.track(4.0, "loss", context={"nested": {"a": [1, 2]}})
    run.track(5.0, "loss", context={})
    run.track(6.0, "loss")
    run.track(7.0, "loss", context={"subset": 1})
    run.track(8.0, "loss", context={"subset": True})
    assert values(run, "loss", subset="train") == [(0, 1.0), (1, 3.0)]
    assert values(run, "loss", subset="eval") == [(0, 2.0)]
    assert values(run, "loss", nested={"a": [1, 2]}) == [(0, 4.0)]
    assert values(run, "loss") == [(0, 5.0), (1, 6.0)]
    kinds = [type(one.context["subset"]) for one in run.metrics() if "subset" in one.context]
    assert sorted(kind.__name__ for kind in kinds) == ["bool", "int", "str", "str"]


def test_more_names_than_are_remembered_stay_apart(run: Run, values: Any) -> None:
    names = [f"series {index}" for index in range(5000)]
    for _ in range(2):
        for index, name in enumerate(names):
            run.track(float(index), name)
    for index in (0, 1, 4095, 4096, 4999):
        assert values(run, names[index]) == [(0, float(index)), (1, float(index))]


def test_numbers_that_are_none_are_kept(run: Run) -> None:
    for number in (float("nan"), float("inf"), -float("inf"), 2**63, -(2**63)):
        run.track(number, "odd")
    metric = run.get_metric("odd")
    assert metric is not None
    assert str(metric.values.tolist()) == f"[nan, inf, -inf, {float(2**63)}, {float(-(2**63))}]"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda run: run.track("text", "x"), "got str"),
        (lambda run: run.track(np.zeros(3), "x"), "got ndarray"),
        (lambda run: run.track([1.0, 2.0], "x"), "each number has its own call"),
        (lambda run: run.track(1.0), "got name None"),
        (lambda run: run.track({"a": 1.0}, "x"), "got a name too"),
        (lambda run: run.track(1.0, "x", step="a"), "got step 'a'"),
        (lambda run: run.track(1.0, "x", step=1.5), "got step 1.5"),
        (lambda run: run.track(1.0, "x", epoch="a"), "got epoch 'a'"),
        (lambda run: run.track(1.0, "x", context=3), "got context 3"),
        (lambda run: run.track(1.0, "x", context={"a": object()}), "got object"),
        (lambda run: run.track(Text("a"), "number"), "want a number as before"),
        (lambda run: run.set("a", object()), "got object"),
        (lambda run: run.set("a", 2**70), "want a whole number of 64 bits"),
        (lambda run: run.set(1.5, 1), "got a key of type float"),
        (lambda run: run.log_artifact("/no/such/file", block=True), "/no/such/file"),
    ],
)
def test_mistakes_raise_when_asked_and_are_told_once_otherwise(
    run: Run, caplog: pytest.LogCaptureFixture, call: Any, text: str
) -> None:
    run.track(1.0, "number")
    with pytest.raises(Exception, match=text.replace("(", r"\(")):
        call(run)
    trailmark.strict(False)
    trailmark.report._told.clear()
    with caplog.at_level(logging.WARNING, "trailmark"):
        call(run)
        call(run)
    assert len(caplog.records) == 1 and text in caplog.text


def test_params_are_a_tree(run: Run) -> None:
    run["hparams"] = {"lr": 1e-3, "layers": [1, 2], "none": None, "flag": True, "deep": {"a": {"b": 1}}, 7: "seven"}
    run["hparams", "deep", "a", "c"] = np.float32(0.5)
    run["seed"] = 42
    run.set("odd", {"what": print}, strict=False)
    assert run["hparams", "deep"] == {"a": {"b": 1, "c": 0.5}}
    assert run["hparams", 7] == "seven" and run["hparams", "layers", 1] == 2
    assert run["odd", "what"] == repr(print)
    assert run["hparams", "flag"] is True and run["hparams", "none"] is None
    assert run.get("missing", 5) == 5 and run.get(("hparams", "missing")) is None
    with pytest.raises(KeyError):
        run["missing"]
    del run["hparams", "deep", "a", "b"]
    del run["odd"]
    assert run["hparams", "deep"] == {"a": {"c": 0.5}}
    with pytest.raises(KeyError):
        del run["odd"]
    run["hparams"] = {"lr": 1e-4}
    assert run[...] == {"hparams": {"lr": 1e-4}, "seed": 42}
    run[...] = {"only": "this"}
    assert run[...] == {"only": "this"}


def test_what_a_run_is_called_can_change(run: Run, folder: str) -> None:
    assert "-" in run.name and run.experiment == "default" and run.description is None
    run.name, run.experiment, run.description, run.archived = "first", "squad", "about", True
    run.add_tag("a")
    run.add_tag("b")
    run.add_tag("a")
    assert run.remove_tag("b") and not run.remove_tag("c")
    assert (run.name, run.experiment, run.description, run.archived) == ("first", "squad", "about", True)
    assert run.tags == ["a"] and run.active and run.end_time is None and run.duration >= 0
    run.close()
    assert not run.active and run.status == "finished" and run.end_time is not None
    assert run.created_at.timestamp() > 0 and run.finalized_at >= run.created_at
    run.name = "afterwards"
    again = Repo(folder).get_run("afterwards")
    assert again == run and again.name == "afterwards"


def test_names_and_tags_are_given_at_creation(folder: str) -> None:
    with Run(repo=folder, name="mine", tags=["x", "y"], experiment="e", description="d") as run:
        pass
    assert (run.name, run.tags, run.experiment, run.description) == ("mine", ["x", "y"], "e", "d")


def test_a_run_goes_on_under_its_hash(folder: str, values: Any) -> None:
    with Run(repo=folder, name="mine") as first:
        first.track(1.0, "x")
    with Run(first.hash, repo=folder, force_resume=True, experiment="moved") as second:
        second.track(2.0, "x")
    assert second == first and second.name == "mine" and second.experiment == "moved"
    assert values(first, "x") == [(0, 1.0), (1, 2.0)]
    with pytest.raises(trailmark.MissingRunError):
        Run("0" * 24, repo=folder)


def test_two_writers_of_one_run_do_not_disturb_each_other(folder: str, values: Any) -> None:
    with Run(repo=folder) as first, Run(first.hash, repo=folder) as second:
        first.track(1.0, "x", context={"rank": 0})
        second.track(2.0, "x", context={"rank": 1})
        assert first.status == "running"
    assert values(first, "x", rank=0) == [(0, 1.0)] and values(first, "x", rank=1) == [(0, 2.0)]
    assert first.status == "finished"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no"), "failed"),
        (KeyboardInterrupt(), "killed"),
        (SystemExit(3), "failed"),
        (SystemExit(), "finished"),
    ],
)
def test_a_with_block_ends_the_run_as_it_ended(folder: str, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)), Run(repo=folder) as run:
        raise error
    assert run.status == status
    if isinstance(error, ValueError):
        assert run.props["reason"] == "ValueError: no"


def test_a_closed_run_and_one_to_read_record_nothing(run: Run, folder: str) -> None:
    run.track(1.0, "x")
    run.close()
    run.close()
    read = Run(run.hash, repo=folder, read_only=True)
    for one in (run, read):
        with pytest.raises(trailmark.StoreError):
            one.track(2.0, "x")
        with pytest.raises(trailmark.StoreError):
            one["a"] = 1
    assert [one.name for one in read.metrics()] == ["x"]
    assert len(next(iter(read.metrics()))) == 1


def test_a_run_that_nobody_holds_is_finished(folder: str) -> None:
    Run(repo=folder).track(1.0, "x")
    (hash,) = Repo(folder).list_all_runs()
    run = Repo(folder).get_run(hash)
    assert run is not None and run.status == "finished"


def test_messages_are_kept_with_their_severity(run: Run) -> None:
    run.log_info("begin", epoch=1)
    run.log_error("lost")
    records = run.get_log_records()
    assert records is not None
    assert [(one.level, one.message, one.extra) for one in records.values] == [
        (20, "begin", {"epoch": 1}),
        (40, "lost", {}),
    ]
    assert records.values[0].origin[0] == __file__


def test_files_are_kept_with_the_run(run: Run, tmp_path: Any) -> None:
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_bytes(b"a" * 100_000)
    (tmp_path / "data" / "inner" / "b.txt").write_bytes(b"b")
    run.log_artifact(tmp_path / "data" / "a.txt", "renamed.txt")
    run.log_artifacts(tmp_path / "data", block=True)
    found = run.artifacts
    assert sorted(found) == ["data/a.txt", "data/inner/b.txt", "renamed.txt"]
    assert found["renamed.txt"].read() == b"a" * 100_000 and found["renamed.txt"].n_bytes == 100_000
    there = found["data/inner/b.txt"].download(str(tmp_path / "out"))
    assert Path(there).read_bytes() == b"b"
    run.set_artifacts_uri(f"file://{tmp_path}/elsewhere")
    run.log_artifact(tmp_path / "data" / "a.txt", block=True)
    assert run.artifacts["a.txt"].uri == f"file://{tmp_path}/elsewhere/{run.hash}/a.txt"
    assert run.artifacts["a.txt"].read() == b"a" * 100_000


def test_progress_and_a_successful_finish_are_reported(folder: str) -> None:
    with pytest.raises(ValueError), Run(repo=folder) as run:
        run.report_progress(expect_next_in=60, block=True)
        run.report_successful_finish()
        raise ValueError("after the work was done")
    assert run.status == "finished" and run["__progress", "expect_next_in"] == 60
