//! What a query looks at: one run, and one series of it, as the caller holds them.
//!
//! The traits take nothing by value and copy nothing, so that a search over thousands of runs allocates nothing for
//! runs that do not match.

use std::collections::BTreeSet;

use trailmark_core::{Context, Params, RunId, RunStatus, WallTime};

/// What a query chooses among: whole runs, or their series of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Runs: the variable is `run` alone.
    Runs,
    /// Series of numbers: `metric`.
    Metrics,
    /// Series of texts: `texts`.
    Texts,
    /// Series of images: `images`.
    Images,
    /// Series of audio: `audios`.
    Audios,
    /// Series of figures: `figures`.
    Figures,
    /// Series of distributions: `distributions`.
    Distributions,
    /// Series of messages with their severity: `log_records`.
    LogRecords,
    /// Files: `artifacts`.
    Artifacts,
    /// Single answers to questions: `answers`.
    Answers,
}

/// One run.
///
/// Everything is as the run stands when the query is asked.
pub trait RunView {
    /// `run.hash`, `run.id`.
    fn id(&self) -> RunId;
    /// `run.name`.
    fn name(&self) -> &str;
    /// `run.experiment`; empty means that nobody said.
    fn experiment(&self) -> &str;
    /// `run.description`; empty means None.
    fn description(&self) -> &str;
    /// `run.note`, `run.notes`; empty means None.
    fn note(&self) -> &str {
        ""
    }
    /// `run.tags`.
    fn tags(&self) -> &BTreeSet<String>;
    /// `run.archived`, `run.is_archived`.
    fn is_archived(&self) -> bool;
    /// `run.status` (its word) and `run.active` (whether it is running).
    fn status(&self) -> &RunStatus;
    /// `run.created_at`, `run.creation_time`, `run.duration`.
    fn created_at(&self) -> WallTime;
    /// `run.ended_at`, `run.end_time`, `run.duration`; none while the run is running, or when nobody knows.
    fn ended_at(&self) -> Option<WallTime>;
    /// `run.updated_at`.
    fn updated_at(&self) -> WallTime {
        self.ended_at().unwrap_or_else(|| self.created_at())
    }
    /// Every other `run.…`; none when the caller does not hold them yet, which only [`crate::Search::prune`] may see.
    fn params(&self) -> Option<&Params>;
    /// How many series of a type the run has; none when the caller does not hold them yet, as for
    /// [`RunView::params`].
    fn series_count(&self, kind: Kind) -> Option<usize>;
    /// One series of a type, `index` below [`RunView::series_count`], ordered by name (bytes), then by context.
    fn series(&self, kind: Kind, index: usize) -> Option<&dyn SeriesView>;
}

/// One series, or one answer: what the variable of a [`Kind`] other than runs stands for.
pub trait SeriesView {
    /// `metric.name`.
    fn name(&self) -> &str;
    /// `metric.context`.
    fn context(&self) -> &Context;
    /// The other attributes; none where the series has no such value.
    fn field(&self, field: Field) -> Option<Scalar<'_>>;
}

/// A value that a series has once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Float(f64),
    /// A text.
    Text(&'a str),
}

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident $word:literal $group:ident $is_text:literal,)*) => {
        /// An attribute of a series or an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[$doc])* $variant,)*
        }

        impl Field {
            /// Every field, in reading order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The attribute's name in a query.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Whether the variable of a kind has this attribute.
            pub fn belongs_to(self, kind: Kind) -> bool {
                let group = match self { $(Self::$variant => Group::$group,)* };
                match group {
                    Group::Series => !matches!(kind, Kind::Runs | Kind::Answers | Kind::Artifacts),
                    Group::Numbers => kind == Kind::Metrics,
                    Group::Artifact => kind == Kind::Artifacts,
                    Group::Answer => kind == Kind::Answers,
                }
            }

            /// Whether its value is a text; it is a number or a truth value else.
            pub fn is_text(self) -> bool {
                match self { $(Self::$variant => $is_text,)* }
            }
        }
    };
}

enum Group {
    Series,
    Numbers,
    Artifact,
    Answer,
}

fields! {
    /// The last value.
    Last "last" Numbers false,
    /// The first value.
    First "first" Numbers false,
    /// The least finite value.
    Min "min" Numbers false,
    /// The largest finite value.
    Max "max" Numbers false,
    /// The step of the least value.
    MinStep "min_step" Numbers false,
    /// The step of the largest value.
    MaxStep "max_step" Numbers false,
    /// The first step whose value is NaN or infinite.
    NanStep "nan_step" Numbers false,
    /// How many points there are.
    Count "count" Series false,
    /// The step of the first point.
    FirstStep "first_step" Series false,
    /// The step of the last point.
    LastStep "last_step" Series false,
    /// The epoch of the last point.
    LastEpoch "last_epoch" Series false,
    /// The type of the values: `int`, `float`, `text` and so on.
    Dtype "dtype" Series true,
    /// How large the file is; none for one that lies elsewhere.
    Bytes "bytes" Artifact false,
    /// The id of the file's content; none for one that lies elsewhere.
    Hash "hash" Artifact true,
    /// Where a file lies that was left elsewhere.
    Uri "uri" Artifact true,
    /// The step of the answer.
    Step "step" Answer false,
    /// The question's text.
    Question "question" Answer true,
    /// The question's id in its data set.
    QuestionKey "question_key" Answer true,
    /// The answer's text; empty for "no answer".
    Answer "answer" Answer true,
    /// The answer's score.
    Score "score" Answer false,
    /// The score of "no answer".
    NullScore "null_score" Answer false,
    /// Whether the answer is one of the reference answers: 1 or 0.
    Exact "exact" Answer false,
    /// Overlap with the best reference answer, 0 to 1.
    F1 "f1" Answer false,
    /// How long answering took, in milliseconds.
    Millis "millis" Answer false,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Runs,
        Self::Metrics,
        Self::Texts,
        Self::Images,
        Self::Audios,
        Self::Figures,
        Self::Distributions,
        Self::LogRecords,
        Self::Artifacts,
        Self::Answers,
    ];

    /// The variable that stands for one item beside `run`; none for [`Kind::Runs`].
    pub fn variable(self) -> Option<&'static str> {
        match self {
            Self::Runs => None,
            Self::Metrics => Some("metric"),
            Self::Texts => Some("texts"),
            Self::Images => Some("images"),
            Self::Audios => Some("audios"),
            Self::Figures => Some("figures"),
            Self::Distributions => Some("distributions"),
            Self::LogRecords => Some("log_records"),
            Self::Artifacts => Some("artifacts"),
            Self::Answers => Some("answers"),
        }
    }

    /// The word for its items together, as requests name it: `metrics`, `texts` …; none for [`Kind::Runs`].
    pub fn plural(self) -> Option<&'static str> {
        match self {
            Self::Metrics => Some("metrics"),
            other => other.variable(),
        }
    }

    /// The attribute of `run` that holds its series of this kind: `run.metrics`, `run.texts` … Answers are not held.
    pub fn collection(self) -> Option<&'static str> {
        self.plural().filter(|_| self != Self::Answers)
    }

    /// Whether a word stands for one item of this kind: `texts` may be written `text` too.
    pub fn is_called(self, word: &str) -> bool {
        let Some(plural) = self.plural() else { return false };
        word == plural || plural.strip_suffix('s') == Some(word)
    }

    /// Whether its items have contexts: answers and files have none.
    pub fn has_contexts(self) -> bool {
        !matches!(self, Self::Runs | Self::Answers | Self::Artifacts)
    }

    /// The kind that a request names: `runs`, `metrics`, `texts` …
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "runs" => Some(Self::Runs),
            _ => Self::ALL.iter().copied().find(|kind| kind.plural() == Some(word)),
        }
    }
}
