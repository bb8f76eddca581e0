"""The callback for TensorFlow's ``tf.keras``: see ``trailmark.epochs``."""

from __future__ import annotations

import tensorflow  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.epochs import EpochRecording


class TrailmarkCallback(EpochRecording, tensorflow.keras.callbacks.Callback):  # type: ignore[misc,unused-ignore]
    """Records what ``fit`` and ``evaluate`` log; ``experiment`` is the run, which ends with the training."""


AimCallback = TrailmarkCallback
AimTracker = TrailmarkCallback
