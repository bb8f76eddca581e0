"""A run of a server: it waits in a folder of this machine until the server has it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

import trailmark
from trailmark import Audio, Distribution, Repo, Run, Text


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
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server over an empty repository: its address and the repository's folder."""
    yield from _served(tmp_path)


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The same with a certificate of an authority of its own."""
    yield from _served(tmp_path, "--tls-cert", str(_TLS / "first.pem"), "--tls-key", str(_TLS / "first.key"))


def _served(tmp_path: Path, *more: str) -> Iterator[tuple[str, str]]:
    program = os.environ.get("TRAILMARK_PROGRAM")
    if not program:
        pytest.skip("TRAILMARK_PROGRAM does not name the program")
    folder = tmp_path / "served"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "up", "--no-open", "--port", str(port), "--repo", str(folder), *more]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.time() + 30
    while time.time() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield f"127.0.0.1:{port}", str(folder)
    process.terminate()
    process.wait(timeout=30)


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
    (there,) = Repo(folder).iter_runs()
    assert there.hash == run.hash and there.status == "finished"


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
