//! A query that was read and checked, and its verdicts.

use trailmark_core::WallTime;

use crate::complete;
use crate::error::Defect;
use crate::eval::{Frame, Known};
use crate::limit::Budget;
use crate::tree::Tree;
use crate::value::Value;
use crate::{Completion, Kind, QueryError, RunView, Schema, SeriesView, compile};

/// A query, read and checked once, asked of any number of runs.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    kind: Kind,
    tree: Tree,
    takes_archived: bool,
}

/// What a query says of a run of whose series nothing is known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// Every item of the run matches.
    Yes,
    /// No item of the run matches: the run need not be read.
    No,
    /// It depends on the items.
    Maybe,
}

/// What "now" and "local" mean to a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The moment that `datetime.now()` and the duration of running runs refer to.
    pub now: WallTime,
    /// What people's clocks are ahead of UTC, in seconds: dates in a query are local.
    pub utc_offset_secs: i32,
}

/// One asking of an expression: it keeps count of the work done and of the items that could not be judged.
#[derive(Debug)]
pub struct Search<'e> {
    expression: &'e Expression,
    clock: Clock,
    budget: Budget,
    problems: Problems,
}

/// Items that could not be judged because of their values, for instance `len(run.hparams.lr)` of a number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    /// How many.
    pub items: usize,
    /// The first one's reason.
    pub first: Option<QueryError>,
}

impl Expression {
    /// Reads and checks a query. An empty text matches everything.
    ///
    /// Names are checked against `schema`; [`Schema::open`] takes them all. The tree refers to no schema afterwards,
    /// so that an expression lives as long as one likes.
    ///
    /// # Errors
    /// When the text is no query: its syntax, an unknown name, arguments that do not fit, or a text that is too long or
    /// too deeply nested.
    pub fn parse(text: &str, kind: Kind, schema: &Schema) -> Result<Self, QueryError> {
        let tree = compile::compile(text, kind, schema).map_err(|defect| QueryError::of(text, defect))?;
        let takes_archived = tree.speaks_of_archived;
        Ok(Self { text: text.to_owned(), kind, tree, takes_archived })
    }

    /// The same expression, which takes archived runs too. Without it they match only where the text speaks of
    /// `run.archived`.
    #[must_use]
    pub fn with_archived(self) -> Self {
        Self { takes_archived: true, ..self }
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it chooses among.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Begins to ask it.
    pub fn search(&self, clock: Clock) -> Search<'_> {
        Search { expression: self, clock, budget: Budget::default(), problems: Problems::default() }
    }

    /// What fits at `cursor` (Unicode characters from 0), best first. Never fails: a broken text completes as far as
    /// it can be understood.
    pub fn complete(text: &str, cursor: usize, kind: Kind, schema: &Schema) -> Completion {
        complete::complete(text, cursor, kind, schema)
    }
}

impl Search<'_> {
    /// Whether the expression holds for a run; for a kind other than [`Kind::Runs`] whether it holds for any of its
    /// series.
    ///
    /// A run that the expression cannot be asked of (a type that does not fit) does not match, and is counted in
    /// [`Search::problems`].
    ///
    /// # Errors
    /// When the query does more work than a query may.
    pub fn matches_run(&mut self, run: &dyn RunView) -> Result<bool, QueryError> {
        let kind = self.expression.kind;
        if kind == Kind::Runs {
            return self.judge(run, None);
        }
        match self.prune(run)? {
            Prune::No => return Ok(false),
            Prune::Yes => return Ok(run.series_count(kind).is_none_or(|count| count > 0)),
            Prune::Maybe => {}
        }
        for index in 0..run.series_count(kind).unwrap_or(0) {
            let Some(series) = run.series(kind, index) else { break };
            if self.judge(run, Some(series))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the expression holds for a series of a run.
    ///
    /// # Errors
    /// As [`Search::matches_run`].
    pub fn matches_series(&mut self, run: &dyn RunView, series: &dyn SeriesView) -> Result<bool, QueryError> {
        self.judge(run, Some(series))
    }

    /// What is certain of a run before any of its series is looked at: whole runs are skipped on [`Prune::No`], and
    /// their series need no asking on [`Prune::Yes`].
    ///
    /// # Errors
    /// As [`Search::matches_run`].
    pub fn prune(&mut self, run: &dyn RunView) -> Result<Prune, QueryError> {
        if self.is_hidden(run) {
            return Ok(Prune::No);
        }
        match self.value(run, Known::RunAlone) {
            Ok(Some(true)) => Ok(Prune::Yes),
            Ok(Some(false)) => Ok(Prune::No),
            Ok(None) => Ok(Prune::Maybe),
            // What fails here is asked again of each series, where it is counted.
            Err(_) if !self.budget.is_spent() => Ok(Prune::Maybe),
            Err(defect) => Err(QueryError::of(&self.expression.text, defect)),
        }
    }

    /// What could not be judged so far.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    fn is_hidden(&self, run: &dyn RunView) -> bool {
        !self.expression.takes_archived && run.is_archived()
    }

    fn judge(&mut self, run: &dyn RunView, item: Option<&dyn SeriesView>) -> Result<bool, QueryError> {
        if self.is_hidden(run) {
            return Ok(false);
        }
        match self.value(run, item.map_or(Known::Run, Known::Item)) {
            Ok(verdict) => Ok(verdict.unwrap_or(false)),
            Err(defect) => {
                let error = QueryError::of(&self.expression.text, defect);
                if self.budget.is_spent() {
                    return Err(error);
                }
                self.problems.items += 1;
                self.problems.first.get_or_insert(error);
                Ok(false)
            }
        }
    }

    /// The truth of the expression; none where it depends on what is not known.
    fn value<'r>(&mut self, run: &'r dyn RunView, known: Known<'r>) -> Result<Option<bool>, Defect> {
        self.budget.begin_item();
        let tree = &self.expression.tree;
        let mut frame = Frame::new(tree.slots, run, known, self.clock, &mut self.budget);
        match frame.value(&tree.root)? {
            Value::Unknown => Ok(None),
            value => value.verdict(tree.root.span).map(Some),
        }
    }
}
