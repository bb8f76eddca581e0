//! The repository of a server, read back: what a reader of its folder has, some requests away.
//!
//! Rows, params and points come page by page ([`Extract`]), so that neither side holds more than a page beside what was
//! asked for, and no request is made for a single point.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value as Json, json};
use thiserror::Error;
use trailmark_core::{ContentId, Edit, Params, RunId, SeriesKey};
use trailmark_store::{Data, Extract, ExtractError, ObjectRow, Points, RunRow, meant};
use ureq::Body;
use ureq::http::{Response, StatusCode};

use crate::Server;
use crate::authority::advice;
use crate::caller::Caller;
use crate::window::{MOST_OBJECTS, MOST_POINTS, MOST_RUNS, name_of, names_of, parameters_of, windows};

/// How long a server may take to begin its answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a request is sent to a server that says to come again.
const MOST_TRIES: u32 = 4;
/// Bytes of an answer at most.
const MOST_BYTES: u64 = 1 << 32;

/// The repository of a server.
#[derive(Debug)]
pub struct Served {
    /// Of which process, so that a fork's child shares no connection with its parent.
    caller: Mutex<(u32, Caller)>,
    server: Server,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryDefect {
    /// In one sentence.
    pub message: String,
    /// The first character that is wrong, from 0, and one past the last.
    pub characters: (usize, usize),
    /// Line and column of the first, from 1.
    pub place: (usize, usize),
    /// What could stand there instead.
    pub expected: Option<String>,
    /// The name that exists and looks most like the one that does not.
    pub nearest: Option<String>,
}

/// Why a server did not answer what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AskError {
    /// The query is wrong.
    #[error("{}", .0.message)]
    Query(QueryDefect),
    /// There is no such run, or not any more.
    #[error("find a run: got {text:?}, want the id or name of a run of {url}")]
    NoRun {
        /// What was asked for.
        text: String,
        /// The server.
        url: String,
    },
    /// No answer, or none that makes sense.
    #[error("ask {url}: {reason}")]
    Server {
        /// The server.
        url: String,
        /// What happened.
        reason: String,
    },
}

impl Served {
    /// The repository of a server, which is asked whether it is there.
    ///
    /// # Errors
    /// [`AskError::Server`].
    pub fn open(server: Server) -> Result<Self, AskError> {
        let caller = Caller::new(server.clone(), None);
        let served = Self { caller: Mutex::new((std::process::id(), caller)), server };
        let answer = served.text("/api/v1/info", &[])?;
        let answer: Json = serde_json::from_str(&answer).unwrap_or_default();
        match answer.get("repository") {
            Some(_) => Ok(served),
            None => Err(served.error("it is no server of Trailmark")),
        }
    }

    /// Its server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// All runs that are not deleted, oldest first, without params, files and series.
    ///
    /// # Errors
    /// [`AskError::Server`].
    pub fn runs(&self) -> Result<Vec<RunRow>, AskError> {
        let mut rows = self.found(&[("archived", "1"), ("q", "")])?.0;
        rows.reverse();
        Ok(rows)
    }

    /// A run with its files and series; deleted ones too.
    ///
    /// # Errors
    /// [`AskError::NoRun`], [`AskError::Server`].
    pub fn run(&self, run: RunId) -> Result<RunRow, AskError> {
        let runs = self.extract(&[("runs", &run.to_string()), ("with", "artifacts,series")])?.runs;
        let row = runs.into_iter().next().map(|(row, _)| row);
        row.ok_or_else(|| self.no_run(run))
    }

    /// The id that a person means by an id, its first digits, or a name; a deleted run only by its whole id.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn find_id(&self, text: &str) -> Result<RunId, AskError> {
        let none = || AskError::NoRun { text: text.to_owned(), url: self.server.url().to_owned() };
        let found = match text.parse::<RunId>() {
            Ok(id) => {
                let runs = self.extract(&[("runs", &id.to_string())])?.runs;
                runs.first().map(|(row, _)| row.id)
            }
            Err(_) => meant(self.runs()?.iter(), text).map(|row| row.id),
        };
        found.ok_or_else(none)
    }

    /// All params of runs, in their order.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn params(&self, runs: &[RunId]) -> Result<Vec<Params>, AskError> {
        let mut found: HashMap<RunId, Params> = HashMap::new();
        for some in runs.chunks(MOST_RUNS) {
            self.each_named(some, &[("with", "params")], &mut |row, _| {
                found.insert(row.id, row.params);
            })?;
        }
        let of = |run: &RunId| found.get(run).cloned().ok_or_else(|| self.no_run(*run));
        runs.iter().map(of).collect()
    }

    /// Runs for which a query holds, newest first, with those of their series that match (all, where it asks for runs), and
    /// what could not be judged. `kind` is a word of `GET /api/v1/search`.
    ///
    /// # Errors
    /// [`AskError::Query`], [`AskError::Server`].
    pub fn query(&self, kind: &str, text: &str) -> Result<(Vec<RunRow>, Option<String>), AskError> {
        self.found(&[("kind", kind), ("q", text), ("with", "series")])
    }

    fn found(&self, parameters: &[(&str, &str)]) -> Result<(Vec<RunRow>, Option<String>), AskError> {
        let mut rows = Vec::new();
        let mut after = String::new();
        loop {
            let mut parameters = parameters.to_vec();
            if !after.is_empty() {
                parameters.push(("after", &after));
            }
            let Extract { runs, next, problems } = self.extract(&parameters)?;
            rows.extend(runs.into_iter().map(|(row, _)| row));
            match next {
                Some(next) => after = next,
                None => return Ok((rows, problems)),
            }
        }
    }

    /// The numbers of series, in their order, of which about so many points are known to be there.
    ///
    /// # Errors
    /// [`AskError::NoRun`] when a run is not there any more, [`AskError::Server`].
    pub fn points(&self, wanted: &[(RunId, SeriesKey, u64)]) -> Result<Vec<Points>, AskError> {
        let mut found: HashMap<(RunId, &SeriesKey), Points> = HashMap::with_capacity(wanted.len());
        let mut cut = Vec::new();
        self.each_series(wanted, ("points", MOST_POINTS), &mut |run, key, data| {
            if let Data::Points { points, goes_on } = data {
                if goes_on {
                    cut.push((run, key));
                }
                found.insert((run, key), points);
            }
        })?;
        for (run, key) in cut {
            if let Some(points) = found.get_mut(&(run, key)) {
                self.rest(run, key, points)?;
            }
        }
        Ok(wanted.iter().map(|(run, key, _)| found.remove(&(*run, key)).unwrap_or_default()).collect())
    }

    /// The other values of series, in their order, each by step.
    ///
    /// # Errors
    /// As [`Self::points`].
    pub fn objects(&self, wanted: &[(RunId, SeriesKey, u64)]) -> Result<Vec<Vec<ObjectRow>>, AskError> {
        let mut found: HashMap<(RunId, &SeriesKey), Vec<ObjectRow>> = HashMap::with_capacity(wanted.len());
        self.each_series(wanted, ("objects", MOST_OBJECTS), &mut |run, key, data| {
            if let Data::Objects(objects) = data {
                found.insert((run, key), objects);
            }
        })?;
        Ok(wanted.iter().map(|(run, key, _)| found.remove(&(*run, key)).unwrap_or_default()).collect())
    }

    /// Hands what is told of series to `each`, window by window; more than was asked for may be told.
    fn each_series<'a>(
        &self,
        wanted: &'a [(RunId, SeriesKey, u64)],
        (with, most): (&str, u64),
        each: &mut dyn FnMut(RunId, &'a SeriesKey, Data),
    ) -> Result<(), AskError> {
        for window in windows(wanted, most) {
            let names = names_of(&window.names);
            let parameters = [("with", with), ("series", &*names)];
            let mut seen = Vec::with_capacity(window.runs.len());
            self.each_named(&window.runs, parameters_of(&parameters), &mut |row, data| {
                seen.push(row.id);
                for (series, data) in row.series.iter().zip(data) {
                    if let Some(key) = window.keys.iter().find(|key| ***key == *series.key) {
                        each(row.id, key, data);
                    }
                }
            })?;
            if let Some(gone) = window.runs.iter().find(|run| !seen.contains(run)) {
                return Err(self.no_run(*gone));
            }
        }
        Ok(())
    }

    /// Adds what is left of a long series.
    fn rest(&self, run: RunId, key: &SeriesKey, points: &mut Points) -> Result<(), AskError> {
        let (run, names) = (run.to_string(), names_of(&[name_of(key)]));
        loop {
            let from = points.steps.last().map_or(i64::MIN, |last| last.saturating_add(1)).to_string();
            let parameters = [("runs", &*run), ("with", "points"), ("from", &*from), ("series", &*names)];
            let runs = self.extract(parameters_of(&parameters))?.runs;
            let of_run = runs.into_iter().flat_map(|(row, data)| row.series.into_iter().zip(data));
            let data = of_run.into_iter().find(|(series, _)| *series.key == *key).map(|(_, data)| data);
            let Some(Data::Points { points: more, goes_on }) = data else { return Ok(()) };
            points.steps.extend(more.steps);
            points.values.extend(more.values);
            points.micros.extend(more.micros);
            points.epochs.extend(more.epochs);
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// Kept bytes.
    ///
    /// # Errors
    /// [`AskError::Server`].
    pub fn blob(&self, id: &ContentId) -> Result<Vec<u8>, AskError> {
        self.bytes(&format!("/api/v1/blobs/{id}"), &[])
    }

    /// Changes what people call a run.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn edit(&self, run: RunId, edit: &Edit) -> Result<(), AskError> {
        let change = change_of(edit).ok_or_else(|| self.error("this change is not sent to servers"))?;
        let body = json!({"runs": [run.to_string()], "edit": change}).to_string();
        let caller = self.caller();
        let request = || {
            let request = caller.post("/api/v1/edits").header("content-type", "application/json");
            request.config().timeout_recv_response(Some(PATIENCE)).build().send(&body)
        };
        let answer = self.asked(&request);
        answer.map(drop).map_err(|error| match error {
            // Which run it was: the route answers for any.
            AskError::NoRun { .. } => self.no_run(run),
            error => error,
        })
    }

    /// Hands runs by their ids to `each`, page by page.
    fn each_named(
        &self,
        runs: &[RunId],
        parameters: &[(&str, &str)],
        each: &mut dyn FnMut(RunRow, Vec<Data>),
    ) -> Result<(), AskError> {
        let mut left = runs;
        while !left.is_empty() {
            let ids: Vec<String> = left.iter().map(ToString::to_string).collect();
            let ids = ids.join(",");
            let parameters: Vec<(&str, &str)> =
                parameters.iter().copied().chain([("runs", ids.as_str())]).collect();
            let Extract { runs, next, .. } = self.extract(&parameters)?;
            runs.into_iter().for_each(|(row, data)| each(row, data));
            let Some(next) = next else { return Ok(()) };
            let place = left.iter().position(|run| run.to_string() == next).filter(|place| *place > 0);
            let place = place.ok_or_else(|| self.error(format!("it goes on at {next:?}")))?;
            left = left.get(place..).unwrap_or_default();
        }
        Ok(())
    }

    fn extract(&self, parameters: &[(&str, &str)]) -> Result<Extract, AskError> {
        let bytes = self.bytes("/api/v1/extract", parameters)?;
        Extract::read(&bytes).map_err(|error| match error {
            ExtractError::Version { .. } => self.error(format!("{error}: it is newer than this program")),
            error => self.error(error),
        })
    }

    fn text(&self, path: &str, parameters: &[(&str, &str)]) -> Result<String, AskError> {
        String::from_utf8(self.bytes(path, parameters)?).map_err(|error| self.error(error))
    }

    fn bytes(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Vec<u8>, AskError> {
        let caller = self.caller();
        let request = || {
            let request = caller.get(path).query_pairs(parameters.iter().copied());
            request.config().timeout_recv_response(Some(PATIENCE)).build().call()
        };
        let mut response = self.asked(&request)?;
        let length = response.headers().get("content-length");
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok()).unwrap_or(0);
        let mut bytes = Vec::with_capacity(length.min(1 << 28));
        let mut body = response.body_mut().as_reader().take(MOST_BYTES);
        body.read_to_end(&mut bytes).map_err(|error| self.error(error))?;
        Ok(bytes)
    }

    /// The answer to a request, if it is one.
    fn asked(
        &self,
        request: &dyn Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, AskError> {
        let mut n_tries = 1;
        loop {
            let mut response = request().map_err(|error| self.unreachable(&error))?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            if [429, 503].contains(&status.as_u16()) && n_tries < MOST_TRIES {
                std::thread::sleep(Duration::from_millis(200 << n_tries));
                n_tries += 1;
                continue;
            }
            let text = response.body_mut().read_to_string().unwrap_or_default();
            return Err(self.refusal(status, &text));
        }
    }

    fn refusal(&self, status: StatusCode, text: &str) -> AskError {
        let said: Json = serde_json::from_str(text).unwrap_or_default();
        let word = |key: &str| said.get(key).and_then(Json::as_str);
        let Some(message) = word("message") else {
            return self
                .error(format!("got the status {status}; it is no server of Trailmark, or an older one"));
        };
        match (word("code"), status) {
            (Some("query"), _) => AskError::Query(defect_of(message, said.get("position"))),
            (Some("not_found"), _) if message.starts_with("find a run") => {
                AskError::NoRun { text: message.to_owned(), url: self.server.url().to_owned() }
            }
            (_, StatusCode::UNAUTHORIZED) => self.error(format!(
                "{message}: set TRAILMARK_TOKEN to one that `trailmark token create NAME --scope read` printed there"
            )),
            (_, StatusCode::NOT_FOUND) => self.error(format!("{message}; it may be older than this program")),
            _ => self.error(message),
        }
    }

    fn caller(&self) -> Caller {
        let mut known = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != std::process::id() {
            *known = (std::process::id(), Caller::new(self.server.clone(), None));
        }
        known.1.clone()
    }

    fn unreachable(&self, error: &ureq::Error) -> AskError {
        let mut reason = error.to_string();
        match (advice(&reason), error) {
            ("", ureq::Error::Io(_) | ureq::Error::HostNotFound | ureq::Error::ConnectionFailed) => {
                reason.push_str("; is `trailmark up` running there?");
            }
            (advice, _) => reason.push_str(advice),
        }
        self.error(reason)
    }

    fn error(&self, reason: impl ToString) -> AskError {
        AskError::Server { url: self.server.url().to_owned(), reason: reason.to_string() }
    }

    fn no_run(&self, run: RunId) -> AskError {
        AskError::NoRun { text: run.to_string(), url: self.server.url().to_owned() }
    }
}

/// A change as `POST /api/v1/edits` takes it.
fn change_of(edit: &Edit) -> Option<Json> {
    Some(match edit {
        Edit::Name(text) => json!({"name": text}),
        Edit::Experiment(text) => json!({"experiment": text}),
        Edit::Description(text) => json!({"description": text}),
        Edit::Note(text) => json!({"note": text}),
        Edit::AddTag(text) => json!({"add_tag": text}),
        Edit::RemoveTag(text) => json!({"remove_tag": text}),
        Edit::Archive(is_archived) => json!({"archived": is_archived}),
        Edit::Delete(is_deleted) => json!({"deleted": is_deleted}),
        _ => return None,
    })
}

fn defect_of(message: &str, position: Option<&Json>) -> QueryDefect {
    let field = |key: &str| position.and_then(|position| position.get(key));
    let number = |key: &str| {
        let number = field(key).and_then(Json::as_u64).unwrap_or(0);
        usize::try_from(number).unwrap_or(usize::MAX)
    };
    let word = |key: &str| field(key).and_then(Json::as_str).map(str::to_owned);
    let start = number("start");
    QueryDefect {
        message: message.to_owned(),
        characters: (start, number("end").max(start)),
        place: (number("line").max(1), number("column").max(1)),
        expected: word("expected"),
        nearest: word("nearest"),
    }
}
