//! What a journal holds, one thing at a time.

use trailmark_core::{ContentId, Edit, End, ParamValue, SeriesKey, Step, Value, WallTime};

/// One thing that a run recorded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Record {
    /// The run began, or went on.
    Created {
        /// When.
        time: WallTime,
    },
    /// A subtree of the params was set.
    Param {
        /// When.
        time: WallTime,
        /// Where in the tree.
        path: Vec<String>,
        /// To what.
        value: ParamValue,
    },
    /// A point was tracked.
    Point {
        /// Of which series.
        series: SeriesKey,
        /// At which step.
        step: Step,
        /// At which epoch; NaN-free where there is one.
        epoch: Option<f64>,
        /// When; kept to the microsecond.
        time: WallTime,
        /// What.
        value: Value,
    },
    /// Name, experiment, tags or description changed.
    Edit {
        /// When.
        time: WallTime,
        /// What.
        edit: Edit,
    },
    /// Texts were kept, as one blob.
    Texts {
        /// The blob.
        pack: ContentId,
    },
    /// A subset's paragraphs.
    Paragraphs {
        /// `train` or `eval`.
        subset: String,
        /// Their ids.
        ids: Vec<ContentId>,
    },
    /// The writer ended.
    End {
        /// When.
        time: WallTime,
        /// How.
        end: End,
    },
}
