"""A run of a server: it waits in a folder of this machine until the server has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import trailmark
from trailmark import Run


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
