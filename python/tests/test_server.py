"""Servers: a run waits in a folder of this machine until the server has it, and what it has is read back exactly."""

from __future__ import annotations

import http.server
import json
import math
import os
import struct
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

import trailmark
from trailmark import Audio, Distribution, Figure, Image, Repo, Run, Text


def test_what_no_server_takes_waits_and_is_told(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TRAILMARK_SPOOL", str(tmp_path))
    # Nobody listens there.
    run = Run(repo="aim://127.0.0.1:9", system_tracking_interval=None, capture_terminal_logs=False)
    run.track(1.0, "x")
    assert run.name and run.status == "running"
    with pytest.raises(trailmark.StoreError, match="trailmark sync"):
        run.close()
    metric = run.get_metric("x")
    assert metric is not None and metric.values == [1.0]
    assert [one.name for one in tmp_path.iterdir()] == ["http,127.0.0.1,9"]


@pytest.mark.parametrize("address", ["ssh://host/path", "http://", "aim://host:1/with/path"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(trailmark.RemoteError):
        Run(repo=address)


_TLS = Path(__file__).parents[2] / "testdata" / "tls"


@pytest.fixture
def server(tmp_path: Path, serve: Callable[..., str]) -> tuple[str, str]:
    """A server over an empty repository: its address and the repository's folder."""
    folder = tmp_path / "served"
    return serve(str(folder)), str(folder)


@pytest.fixture
def tls_server(tmp_path: Path, serve: Callable[..., str]) -> tuple[str, str]:
    """The same with a certificate of an authority of its own."""
    folder = tmp_path / "served"
    pair = ("--tls-cert", str(_TLS / "first.pem"), "--tls-key", str(_TLS / "first.key"))
    return serve(str(folder), *pair), str(folder)


def test_a_server_is_believed_when_its_authority_is(
    tls_server: tuple[str, str], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("TRAILMARK_SPOOL", str(tmp_path / "spool"))
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    address, folder = tls_server
    options: dict[str, Any] = {"repo": f"https://{address}", "system_tracking_interval": None}
    monkeypatch.setenv("TRAILMARK_CA_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(trailmark.RemoteError, match="none.pem"):
        Run(**options)
    monkeypatch.delenv("TRAILMARK_CA_FILE")
    unknown = Run(**options)
    unknown.track(1.0, "x")
    with pytest.raises(trailmark.StoreError, match="TRAILMARK_CA_FILE"):
        unknown.close()
    monkeypatch.setenv("TRAILMARK_CA_FILE", str(_TLS / "ca.pem"))
    with Run(**options) as run:
        run.track(2.0, "x")
    for repo in (Repo(folder), Repo(options["repo"])):
        (there,) = repo.iter_runs()
        assert there.hash == run.hash and there.status == "finished" and there.get_metric("x").values == [2.0]
    monkeypatch.delenv("TRAILMARK_CA_FILE")
    with pytest.raises(trailmark.RemoteError, match="TRAILMARK_CA_FILE"):
        Repo(options["repo"])


@pytest.mark.parametrize("scheme", ["http", "aim"])
def test_a_server_gets_everything(server: tuple[str, str], tmp_path: Path, monkeypatch: Any, scheme: str) -> None:
    monkeypatch.setenv("TRAILMARK_SPOOL", str(tmp_path / "spool"))
    address, folder = server
    with Run(repo=f"{scheme}://{address}", name="sent", tags=["a"], system_tracking_interval=None) as run:
        run["hparams"] = {"lr": 0.5}
        for step in range(1000):
            run.track(step * 0.5, "x", step=step, context={"subset": "train"})
        run.track(Distribution([1, 2, 3]), "spread")
        run.track(Audio(b"ID3", "mp3"), "sound")
        run.track(Text("answer"), "text")
        run.log_artifact(__file__, block=True)
        print("printed")
    (there,) = Repo(folder).iter_runs()
    assert there.hash == run.hash and there.name == "sent" and there.status == "finished" and there.tags == ["a"]
    assert there["hparams"] == {"lr": 0.5}
    metric = there.get_metric("x", {"subset": "train"})
    assert metric is not None and metric.values.tolist() == [step * 0.5 for step in range(1000)]
    sound, logs = there.get_audio_sequence("sound"), there.get_terminal_logs()
    assert sound is not None and sound.values[0].data == b"ID3"
    assert logs is not None and [line.data for line in logs.values] == ["printed"]
    assert there.artifacts["test_server.py"].read() == Path(__file__).read_bytes()


def odd_run(folder: str) -> str:
    """A run with everything, and with values that JSON does not tell apart."""
    said: dict[str, Any] = {"name": "odd", "experiment": "e", "description": "d", "tags": ["b", "a"]}
    with Run(repo=folder, system_tracking_interval=None, **said) as run:
        run["x"] = {"nan": math.nan, "text": "NaN", "big": 2**62 + 1, "real": 1.0, "whole": 1}
        run["y"] = {"none": None, "list": [[], {}]}
        run["__hidden"] = "there"
        for step in (0, 2**53 + 1, -7):
            run.track(0.1 + step, "loss", step=step, epoch=step / 3, context={"fold": math.inf})
            run.track(1.0, "loss", step=step, context={"fold": "inf"})
        run.track(math.nan, "nan")
        run.track(2**60 + 1, "whole")
        for text in ("first", "second", "x" * 20_000):
            run.track(Text(text), "text")
        run.track(Text("later"), "text", step=0)
        run.track(Text("deep"), "text", context={"question": "who? " * 5_000})
        run.track([Image(pixels(1), caption="one"), Image(pixels(2))], "pictures", step=3, epoch=0.5)
        run.track(Audio(b"ID3", "mp3"), "sound")
        run.track(Distribution(hist=[1, 0.5], bin_range=(0, 1)), "spread")
        run.track(Figure('{"data": []}'), "figure")
        run.log_warning("careful", cause="a", n=1.0)
        run.log_artifact(__file__, block=True)
        print("printed")
        print("twice\nin two")
    return run.hash


def pixels(n: int) -> Any:
    """A small picture."""
    import numpy

    return numpy.full((2, n, 3), 7, dtype=numpy.uint8)


def plain(value: Any) -> Any:
    """Objects as what they hold, floats by their bits."""
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, Run):
        return value.hash
    if hasattr(value, "__dict__"):
        told = {key: one for key, one in vars(value).items() if key not in ("_reader", "_id", "_instead")}
        return {"is": type(value).__name__, "data": getattr(value, "data", None), **plain(told)}
    return value


def everything(repo: Repo, run: Run) -> dict[str, Any]:
    """All that can be read of a run."""
    series = run._series()
    return {
        "props": plain(run.props),
        "params": plain(run[...]),
        "series": [(type(one).__name__, one.name, plain(one.context), one.count) for one in series],
        "ends": [plain([one.first_step(), one.last_step(), one.first, one.last, one.min, one.max]) for one in series],
        "points": [plain([list(one.steps), list(one.epochs), list(one.timestamps)]) for one in series],
        "values": [plain(list(one.values)) for one in series],
        "micros": [one.micros.tolist() for one in run.metrics()],
        "artifacts": {name: (one.n_bytes, one.uri, one.read()) for name, one in run.artifacts.items()},
        "info": plain(repo.collect_sequence_info()),
        "keys": repo.collect_params_info(),
        "logs": [(line.data, line.is_stderr) for line in run.get_terminal_logs().values],
        "records": plain(run.get_log_records().values),
        "found": [
            [(one.run.hash, one.name, plain(one.context)) for one in ask()]
            for ask in (
                repo.query_runs,
                repo.query_metrics,
                repo.query_texts,
                repo.query_images,
                repo.query_audios,
                repo.query_figures,
                repo.query_distributions,
            )
        ],
    }


def test_a_server_tells_exactly_what_the_folder_holds(tmp_path: Path, serve: Callable[..., str]) -> None:
    folder = str(tmp_path / "repo")
    hash = odd_run(folder)
    near, far = Repo(folder), Repo(f"aim://{serve(folder)}")
    runs = [repo.get_run("odd") for repo in (near, far)]
    assert [run.hash for run in runs] == [hash, hash] and repr(far) == f"<Repo {far.path!r}>"
    want, got = everything(near, runs[0]), everything(far, runs[1])
    for part in want:
        assert got[part] == want[part], part
    assert got["params"]["x"]["nan"] == "nan" and got["params"]["x"]["text"] == "NaN"
    assert got["params"]["__hidden"] == "there"
    assert sorted(len(found) for found in got["found"]) == [1, 1, 1, 1, 2, 4, 4]


def test_a_run_of_a_server_goes_on_from_anywhere(server: tuple[str, str], tmp_path: Path, monkeypatch: Any) -> None:
    address, folder = server
    options: dict[str, Any] = {"repo": f"http://{address}", "system_tracking_interval": None}
    monkeypatch.setenv("TRAILMARK_SPOOL", str(tmp_path / "one"))
    with Run(name="long", **options) as first:
        first["x"] = {"lr": 0.5}
        first.track(1.0, "loss")
        first.track(2.0, "loss")
        assert first["x", "lr"] == 0.5 and first.repo.path == options["repo"]
    # On another machine nothing of it is there.
    monkeypatch.setenv("TRAILMARK_SPOOL", str(tmp_path / "two"))
    with Run("long", **options) as again:
        assert again == first and again["x", "lr"] == 0.5 and again.status == "running"
        for value in (3.0, 4.0):
            again.track(value, "loss")
            again["y"] = value
            assert again["y"] == value, "what it writes it reads"
        metric = again.get_metric("loss")
        assert metric is not None and metric.steps == [0, 1, 2, 3] and metric.values == [1.0, 2.0, 3.0, 4.0]
        del again["y"]
        again.name = "longer"
        assert again.get("y") is None and again.name == "longer" and len(again.metrics()) == 1
        first.add_tag("from the first")
        assert again.tags == ["from the first"] == first.tags, "one that is closed is changed at the server"
    there = Repo(folder).get_run("longer")
    assert there is not None and there.status == "finished" and there[...] == first[...] == {"x": {"lr": 0.5}}
    metric = there.get_metric("loss")
    assert metric is not None and metric.steps == [0, 1, 2, 3]
    with pytest.raises(trailmark.MissingRunError):
        Run("nobody", **options)


def test_a_run_goes_on_while_its_server_is_away(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TRAILMARK_SPOOL", str(tmp_path))
    trailmark.strict(False)
    options: dict[str, Any] = {"repo": "aim://127.0.0.1:9", "system_tracking_interval": None}
    with Run(**options) as run:
        run.track(1.0, "x")
    with Run(run.hash, **options) as again:
        again.track(2.0, "x")
        metric = again.get_metric("x")
        assert metric is not None and metric.steps == [0, 1]
    with pytest.raises(trailmark.RemoteError, match="trailmark up"):
        Run("0" * 24, **options)


def test_people_change_what_a_server_says_of_runs(server: tuple[str, str], tmp_path: Path) -> None:
    address, folder = server
    hash = odd_run(folder)
    repo = Repo(f"http://{address}")
    run = repo.get_run(hash)
    run.name, run.experiment, run.description, run.archived = "other", "f", "e", True
    run.add_tag("c")
    assert run.remove_tag("a") and not run.remove_tag("nothing")
    local = Repo(folder).get_run(hash)
    for one in (run, local):
        assert (one.name, one.experiment, one.description) == ("other", "f", "e")
        assert one.archived and one.tags == ["b", "c"]
    assert len(repo.query_metrics()) == 0 and len(repo.query_metrics("run.archived")) == 4
    assert repo.delete_runs([hash, "0" * 24, "no id"]) == (False, ["0" * 24, "no id"])
    assert repo.total_runs_count() == 0 and Repo(folder).total_runs_count() == 0
    repo.restore_run(hash)
    assert Repo(folder).list_all_runs() == [hash] and repo.run_exists(hash)
    with pytest.raises(trailmark.StoreError, match="opened to be read"):
        run["x"] = 1


def test_runs_come_page_by_page_and_points_many_at_once(tmp_path: Path, serve: Callable[..., str]) -> None:
    folder = str(tmp_path / "repo")
    for index in range(30):
        with Run(repo=folder, name=f"run{index}", system_tracking_interval=None, capture_terminal_logs=False) as run:
            for step in range(20):
                run.track(float(index * step), "loss", context={"subset": "train"})
                run.track(float(index), "f1")
            run.track(Text(f"answer {index}"), "answer")
    with Counting(serve(folder)) as counting:
        repo = Repo(counting.address)
        found = repo.query_metrics('metric.name == "loss"')
        table = found.arrow()
        assert table.num_rows == 600
        assert sum(one.values.last() for one in found) == sum(19 * one for one in range(30))
        assert counting.paths == ["/api/v1/info", "/api/v1/extract", "/api/v1/extract"]
        found.dataframe()
        assert len(counting.paths) == 4, "the params of all runs at once"
        texts = [one.values for one in repo.query_texts()]
        assert texts == [[Text(f"answer {index}")] for index in reversed(range(30))] and len(counting.paths) == 6


class Counting:
    """Passes requests on to a server, and notes their paths."""

    def __init__(self, address: str) -> None:
        self.paths: list[str] = []
        paths = self.paths

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                import urllib.request

                paths.append(self.path.partition("?")[0])
                with urllib.request.urlopen(f"http://{address}{self.path}") as answer:
                    body = answer.read()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Counting:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_wrong_query_shows_where_through_a_server_too(server: tuple[str, str]) -> None:
    address, folder = server
    odd_run(folder)
    for query in ("run.x.nam > 0", "metric.name ==", "run.x.text < 1 and (", 'metric.nme == "ü"\n or True'):
        told = []
        for repo in (Repo(folder), Repo(f"http://{address}")):
            with pytest.raises(trailmark.QueryError) as caught:
                repo.query_metrics(query)
            told.append(str(caught.value))
        assert told[0] == told[1] and "^" in told[0]


def test_a_run_that_vanished_is_missed_and_others_are_read(server: tuple[str, str]) -> None:
    address, folder = server
    for name in ("stays", "goes"):
        with Run(repo=folder, name=name, system_tracking_interval=None) as run:
            run.track(1.0, "x")
    repo = Repo(f"http://{address}")
    found = list(repo.query_metrics())
    gone = run.hash
    folder_of_run = Path(folder) / "runs" / gone
    for file in folder_of_run.iterdir():
        file.unlink()
    folder_of_run.rmdir()
    stays, goes = sorted(found, key=lambda one: one.run.hash == gone)
    assert stays.values == [1.0]
    with pytest.raises(trailmark.MissingRunError, match=gone):
        goes.values
    assert repo.get_run("goes") is None
    reads: list[Callable[[], Any]] = [
        lambda: goes.run.name,
        lambda: goes.run["x"],
        lambda: Run(gone, repo=repo, read_only=True),
    ]
    for read in reads:
        with pytest.raises(trailmark.MissingRunError, match=gone):
            read()
    assert not repo.delete_run(gone)


def test_a_server_that_is_not_there_says_so() -> None:
    with pytest.raises(trailmark.RemoteError, match="http://127.0.0.1:9: .*trailmark up"):
        Repo("aim://127.0.0.1:9")
    for address in ("ftp://host", "http://", "aim://host:1/with/path"):
        with pytest.raises(trailmark.RemoteError, match="want"):
            Repo(address)


def test_a_token_lets_in_and_without_one_it_is_told_how_to_get_one(
    tmp_path: Path, serve: Callable[..., str], monkeypatch: Any
) -> None:
    folder, program = str(tmp_path / "repo"), os.environ["TRAILMARK_PROGRAM"]
    hash = odd_run(folder)
    create = [program, "token", "create", "reader", "--scope", "read", "--repo", folder]
    told = subprocess.run(create, check=True, capture_output=True, text=True).stdout
    token = next(word for word in told.split() if word.startswith("trailmark_"))
    address = f"http://{serve(folder, '--sign-in')}"
    for wrong in ("", "trailmark_wrong"):
        monkeypatch.setenv("TRAILMARK_TOKEN", wrong)
        with pytest.raises(trailmark.RemoteError, match="TRAILMARK_TOKEN.*trailmark token create"):
            Repo(address)
    with_it = f"{address.replace('http', 'aim')}/{token}"
    by_address = Repo(with_it).get_run(hash)
    assert by_address["x", "whole"] == 1 and token not in repr(by_address) + repr(Repo(with_it))
    with pytest.raises(trailmark.RemoteError) as refused:
        Repo(with_it[:-1])
    assert token[:-1] not in str(refused.value)
    monkeypatch.setenv("TRAILMARK_TOKEN", token)
    repo = Repo(address)
    run = repo.get_run(hash)
    assert run["x", "whole"] == 1 and len(run.metrics()) == 4
    with pytest.raises(trailmark.RemoteError, match="may only read"):
        run.name = "other"
    with pytest.raises(trailmark.RemoteError, match="may only read"):
        repo.delete_run(hash)


class Fake(http.server.BaseHTTPRequestHandler):
    """Another program than ours, or a newer one."""

    answers: dict[str, Any] = {}

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.answers.get(path)
        body = body(query) if callable(body) else body
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"nothing here")

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def fake() -> Iterator[str]:
    """Its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_newer_older_and_foreign_servers_are_told_apart(fake: str) -> None:
    Fake.answers = {}
    with pytest.raises(trailmark.RemoteError, match="no server of Trailmark"):
        Repo(fake)
    Fake.answers = {"/api/v1/info": b"{}"}
    with pytest.raises(trailmark.RemoteError, match="no server of Trailmark"):
        Repo(fake)
    Fake.answers["/api/v1/info"] = json.dumps({"version": "9.0.0", "repository": {}}).encode()
    repo = Repo(fake)
    with pytest.raises(trailmark.RemoteError, match="older one"):
        repo.list_all_runs()
    answers = {b"TMX\x02whatever": "got version 2, want 1.*newer", b"{}": "other bytes", b"TMX\x01\x00": "damaged"}
    for answer, told in answers.items():
        Fake.answers["/api/v1/extract"] = answer
        with pytest.raises(trailmark.RemoteError, match=told):
            repo.list_all_runs()


def test_a_series_that_no_answer_holds_comes_in_pieces(fake: str) -> None:
    def extract(query: str) -> bytes:
        first = int(dict(pair.split("=") for pair in query.split("&")).get("from", "0"))
        steps = range(first, min(first + 4, 10))
        head = b"TMX\x01" + bytes([0, 0, 1]) + bytes([5] * 12) + bytes([0] * 8) + bytes([1, 0, 0, 0, 1]) + b"\x01x\x00"
        # Ten points with steps 0 to 9, and nothing else that is known.
        summary = bytes([0, 10, 0, 18, 0]) + 2 * bytes(9) + 2 * bytes(10) + bytes(10)
        if "with=points" not in query:
            return head + summary + b"\0"
        columns = struct.pack(f"<{len(steps)}q", *steps) + struct.pack(f"<{len(steps)}d", *steps)
        return head + summary + bytes([1 if steps[-1] == 9 else 2, len(steps)]) + 2 * columns

    Fake.answers = {"/api/v1/info": b'{"repository": {}}', "/api/v1/extract": extract}
    (metric,) = Repo(fake).query_metrics()
    assert metric.steps == list(range(10)) == metric.values == metric.micros and metric.epochs == metric.values
