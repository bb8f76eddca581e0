"""The callback for Keras, with whatever backend: see ``trailmark.epochs``."""

from __future__ import annotations

from keras.callbacks import Callback  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.epochs import EpochRecording


class TrailmarkCallback(EpochRecording, Callback):  # type: ignore[misc,unused-ignore]
    """Records what ``fit`` and ``evaluate`` log; ``experiment`` is the run, which ends with the training."""


AimCallback = TrailmarkCallback
AimTracker = TrailmarkCallback
