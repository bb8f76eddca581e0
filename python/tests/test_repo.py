"""Reading a repository back: queries, collections, frames of other libraries."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

import trailmark
from trailmark import Metric, Repo, Run, Text
from trailmark.place import folder_of, source_of


@pytest.fixture
def repo(folder: str, opened: Callable[[str], Repo]) -> Repo:
    """Three runs with two metrics and a text each."""
    for index, lr in enumerate((1e-3, 1e-4, 1e-5)):
        with Run(
            repo=folder, name=f"run{index}", experiment="a" if index else "b", system_tracking_interval=None
        ) as run:
            run["hparams"] = {"lr": lr, "deep": {"x": [index]}}
            for step in range(10):
                run.track(lr * step, "loss", step=step * 2, epoch=step / 4, context={"subset": "train"})
            run.track(index, "f1", context={"subset": "eval"})
            run.track(Text(f"answer {index}"), "answer")
    return opened(folder)


def test_runs_are_listed_found_and_deleted(repo: Repo) -> None:
    all_runs = repo.list_all_runs()
    assert len(all_runs) == 3 == repo.total_runs_count() and repo.list_active_runs() == []
    assert [run.name for run in repo.iter_runs()] == ["run0", "run1", "run2"]
    assert repo.get_run("run1") == repo.get_run(all_runs[1]) and repo.get_run("nobody") is None
    assert repo.run_exists(all_runs[0]) and not repo.run_exists("0" * 24)
    assert repo.delete_run(all_runs[0]) and repo.list_all_runs() == all_runs[1:]
    repo.restore_run(all_runs[0])
    assert repo.list_all_runs() == all_runs
    assert repo.delete_runs([*all_runs[:2], "0" * 24, "no id"]) == (False, ["0" * 24, "no id"])
    assert repo.list_all_runs() == all_runs[2:]


def test_queries_choose_runs_and_series(repo: Repo) -> None:
    runs = [one.run.name for one in repo.query_runs("run.hparams.lr < 5e-4").iter_runs()]
    assert runs == ["run2", "run1"]
    metrics = repo.query_metrics('metric.name == "loss" and run.experiment == "a"')
    assert len(metrics) == 2 and all(isinstance(one, Metric) for one in metrics)
    best = [one for one in repo.query_metrics('metric.name == "f1" and metric.last > 1')]
    assert [(one.run.name, one.last, one.context) for one in best] == [("run2", 2.0, {"subset": "eval"})]
    assert [text.values for text in repo.query_texts('run.name == "run1"')] == [[Text("answer 1")]]
    assert len(repo.query_images()) == 0
    assert [one.run.name for one in repo.query_runs("", offset=repo.list_all_runs()[1]).iter_runs()] == ["run0"]


def test_a_wrong_query_shows_where(repo: Repo) -> None:
    with pytest.raises(trailmark.QueryError) as caught:
        repo.query_metrics("run.hparms.lr > 0 and metric.name == 'loss'")
    assert str(caught.value).splitlines() == [
        "no run has `hparms`",
        "  line 1, column 5",
        "  | run.hparms.lr > 0 and metric.name == 'loss'",
        "  |     ^^^^^^",
        "  did you mean hparams?",
    ]


def loss(repo: Repo) -> Metric:
    """The loss of the first run."""
    run = repo.get_run("run0")
    assert run is not None
    metric = run.get_metric("loss", {"subset": "train"})
    assert metric is not None
    return metric


def test_columns_are_what_was_tracked_and_numpy_copies_none(repo: Repo) -> None:
    metric = loss(repo)
    assert metric.steps == list(range(0, 20, 2)) and metric.epochs[2] == 0.5 and len(metric) == 10
    assert metric.values.tolist() == [1e-3 * step for step in range(10)] == metric.values.values_list()
    assert (metric.first_step(), metric.last_step(), metric.min, metric.max) == (0, 18, 0.0, 1e-3 * 9)
    assert metric.values[-2:] == [1e-3 * 8, 1e-3 * 9] and metric.values.last() == metric.last
    array = metric.values.numpy()
    assert array.dtype == np.float64 and not array.flags.writeable and not array.flags.owndata
    assert np.shares_memory(array, np.asarray(metric.values)) and metric.steps.numpy().dtype == np.int64
    assert np.asarray(metric.steps, dtype=np.float32).tolist() == list(range(0, 20, 2))
    assert abs(metric.timestamps[0] - metric.run.creation_time) < 30


def test_pandas_has_aims_columns(repo: Repo) -> None:
    pytest.importorskip("pandas")
    frame = loss(repo).dataframe()
    assert list(frame.columns)[:5] == ["idx", "step", "value", "epoch", "time"]
    assert frame["run.hparams.lr"].unique().tolist() == [1e-3] and frame["metric.context.subset"][0] == "train"
    last = repo.query_metrics('metric.name == "loss"').dataframe(only_last=True)
    assert last["step"].tolist() == [18, 18, 18] and last["idx"].tolist() == [9, 9, 9]
    assert repo.query_metrics("False").dataframe() is None
    run = repo.get_run("run2")
    assert run is not None
    row = run.dataframe()
    assert row["hparams.lr"][0] == 1e-5 and row["hparams.deep.x"][0] == "[2]" and row["name"][0] == "run2"


def test_arrow_and_polars_look_at_the_same_bytes(repo: Repo) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    metric = loss(repo)
    table = metric.arrow()
    assert table.column_names == ["step", "value", "time", "epoch"] and table.num_rows == 10
    (chunk,) = table["value"].chunks
    assert chunk.buffers()[1].address == pyarrow.py_buffer(metric.values._data).address
    whole = repo.query_metrics().arrow()
    assert whole.num_rows == 33 and whole.column_names[:3] == ["run", "name", "context"]
    assert set(whole["context"].to_pylist()) == {'{"subset": "train"}', '{"subset": "eval"}'}
    polars = pytest.importorskip("polars")
    frame = repo.query_metrics('metric.name == "f1"').polars()
    assert isinstance(frame, polars.DataFrame) and frame["value"].to_list() == [2.0, 1.0, 0.0]


def test_names_of_params_and_series_are_collected(repo: Repo) -> None:
    assert repo.collect_params_info() == {"hparams": {"lr": {}, "deep": {"x": {}}}}
    info = repo.collect_sequence_info(("metric", "texts"))
    assert info == {
        "metric": {"f1": [{"subset": "eval"}], "loss": [{"subset": "train"}]},
        "texts": {"answer": [{}]},
    }


def test_a_path_means_the_repository_in_or_at_it(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "project" / "inner").mkdir(parents=True)
    project = tmp_path / "project"
    assert folder_of(tmp_path / "new") == str(tmp_path / "new")
    assert folder_of(project) == str(project / ".trailmark")
    monkeypatch.chdir(project / "inner")
    monkeypatch.delenv("TRAILMARK_REPO", raising=False)
    assert folder_of(None) == str(project / "inner" / ".trailmark")
    Run(repo=project).close()
    assert Repo.exists(project) and folder_of(project) == str(project / ".trailmark")
    assert folder_of(None) == str(project / ".trailmark")
    monkeypatch.setenv("TRAILMARK_REPO", "/elsewhere")
    assert folder_of(None) == "/elsewhere"
    assert folder_of(Repo(project)) == str(project / ".trailmark")
    with pytest.raises(trailmark.StoreError):
        Repo(tmp_path / "nothing here")
    assert not Repo.exists("aim://127.0.0.1:9")
    assert source_of("aim://host:43800") == "http://host:43800"
    monkeypatch.setenv("TRAILMARK_REPO", "https://host:43800")
    assert source_of(None) == "https://host:43800" and source_of("a/folder") == str(project / "inner" / "a" / "folder")


def test_a_repository_that_is_being_made_is_one(tmp_path: Path) -> None:
    cases = (
        ((), True),
        (("runs",), True),
        (("runs", "blobs", "trailmark.toml.1f.new"), True),
        (("runs", "trailmark.toml", "catalog.sqlite"), True),
        (("runs", "train.py"), False),
    )
    for index, (names, is_one) in enumerate(cases):
        folder = tmp_path / str(index)
        folder.mkdir()
        for name in names:
            (folder / name).touch()
        assert folder_of(folder) == str(folder if is_one else folder / ".trailmark"), names


def test_runs_that_begin_at_once_in_an_empty_folder_are_in_one_repository(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        together = threading.Barrier(4)

        def begin(folder: Path, together: threading.Barrier) -> None:
            together.wait(timeout=30)
            Run(repo=folder, system_tracking_interval=None, capture_terminal_logs=False).close()

        threads = [threading.Thread(target=begin, args=(folder, together)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(Repo(folder).list_all_runs()) == 4 and not (folder / ".trailmark").exists()


def test_a_live_run_is_read_while_it_grows(folder: str, opened: Callable[[str], Repo]) -> None:
    with Run(repo=folder, system_tracking_interval=None) as run:
        repo = opened(folder)
        for step in range(3):
            run.track(float(step), "x")
            run.flush()
            (metric,) = repo.query_metrics('metric.name == "x"')
            assert metric.values.tolist() == [float(one) for one in range(step + 1)]
        assert repo.list_active_runs() == [run.hash]
