//! A run that is being recorded, as the façade's `Run` extends it.
//!
//! [`Writer::track`] is what a training loop calls: a number with a constant name and context goes straight to the
//! run's batch; everything else is handed to the façade, which says what it is and comes back through
//! [`Writer::put`]. One lock guards all; it is held for nanoseconds, never while Python code runs, and while the
//! interpreter is let go nothing of it is held, so that a process may fork at any time.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};
use trailmark_client::capture::{Program, SystemSampler, environment_of};
use trailmark_client::{Run, RunOptions, Server};
use trailmark_core::{
    Artifact, At, Context, Edit, End, LogLine, ParamValue, Recorder, RunId, SeriesKey, Step, Stream, Value,
    WallTime,
};

use crate::door::Door;
use crate::error::{RemoteError, of_store};
use crate::lines::Lines;
use crate::media::{value_of, word_of};
use crate::reader::Reader;
use crate::tree::{Taking, key_of, param_of, params_of};

/// How often this process has come out of a fork as the child.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Says that this process is a fork's child: writers of the parent are not touched from here on.
#[pyfunction]
pub(crate) fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The name that a run of this id gets when nobody gives it one.
#[pyfunction]
pub(crate) fn memorable_name(run: &str) -> PyResult<String> {
    Ok(trailmark_client::memorable_name(id_of(run)?))
}

/// One writer of one run; nothing before it is opened and after it is finished.
#[pyclass(subclass, frozen, module = "trailmark._native")]
#[derive(Debug, Default)]
pub(crate) struct Writer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: Option<Open>,
    door: Door,
    /// What the points of a series are: it has one kind.
    kinds: HashMap<SeriesKey, &'static str>,
    lines: Lines,
}

#[derive(Debug)]
struct Open {
    run: Arc<Run>,
    sampler: Option<SystemSampler>,
    /// In which fork it was opened.
    forks: u64,
}

impl Open {
    fn is_ours(&self) -> bool {
        self.forks == FORKS.load(Ordering::Relaxed)
    }
}

impl Writer {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run, free of the lock.
    fn run(&self) -> PyResult<Arc<Run>> {
        let state = self.state();
        let open = state.open.as_ref().filter(|open| open.is_ours());
        open.map(|open| Arc::clone(&open.run)).ok_or_else(|| PyRuntimeError::new_err("the run is not open"))
    }
}

impl State {
    /// Records a number whose parts are all plain; false when the façade has to look at it.
    fn track_number(
        &mut self,
        value: &Bound<'_, PyAny>,
        (name, context): (&Bound<'_, PyAny>, Option<&Bound<'_, PyAny>>),
        at: At,
    ) -> PyResult<bool> {
        let Some(open) = self.open.as_ref().filter(|open| open.is_ours()) else { return Ok(false) };
        let Some(value) = number_of(value) else { return Ok(false) };
        let Ok(name) = name.cast_exact::<PyString>() else { return Ok(false) };
        let context = match context {
            None => None,
            Some(context) => match context.cast_exact::<PyDict>() {
                Ok(context) => Some(context),
                Err(_) => return Ok(false),
            },
        };
        if let Some(key) = self.door.find(name, context) {
            open.run.track(&key.name, &key.context, at, value);
            return Ok(true);
        }
        let Ok(key) = series_of(name, context) else { return Ok(false) };
        if *self.kinds.entry(key.clone()).or_insert("number") != "number" {
            return Ok(false);
        }
        open.run.track(&key.name, &key.context, at, value);
        self.door.remember(name, context, Arc::new(key));
        Ok(true)
    }
}

#[pymethods]
impl Writer {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    /// Begins to write: a new run, or one more writer of a run that is there. Says the run's id.
    ///
    /// The place is a folder, and a server's address where the folder is its spool; the run is an id (none for a new
    /// one), a name and an experiment. A run that goes on does so from what the place's reader knows of it, if one is given.
    fn _open(
        &self,
        py: Python<'_>,
        place: (PathBuf, Option<String>, Option<Py<Reader>>),
        run: (Option<String>, Option<String>, String),
        patience_secs: f64,
    ) -> PyResult<String> {
        let (id, name, experiment) = run;
        let id = id.as_deref().map(id_of).transpose()?;
        let options = RunOptions { repository: place.0, run: id, name, experiment };
        let server = place.1.as_deref().map(server_of).transpose()?;
        let known = match (place.2.as_ref().map(Py::get), id) {
            (Some(reader), Some(id)) => Some(py.detach(|| reader.row(id))?),
            _ => None,
        };
        let begin = || match (&server, &known) {
            (Some(server), Some(known)) => Run::resume_for(server, options, known),
            (Some(server), None) => Run::start_for(server, options),
            (None, _) => Run::start(options),
        };
        let run = py.detach(begin).map_err(of_store)?;
        if patience_secs.is_finite() {
            run.set_patience(Duration::from_secs_f64(patience_secs.max(0.0)));
        }
        let id = run.id().to_string();
        let forks = FORKS.load(Ordering::Relaxed);
        self.state().open = Some(Open { run: Arc::new(run), sampler: None, forks });
        Ok(id)
    }

    /// Whether it writes, in this process.
    #[getter]
    fn _is_open(&self) -> bool {
        self.state().open.as_ref().is_some_and(Open::is_ours)
    }

    /// Lets go of what a fork's parent had opened, without touching it.
    fn _abandon(&self) {
        let mut state = self.state();
        if let Some(open) = state.open.take_if(|open| !open.is_ours()) {
            // Its threads are not in this process: nothing of it may be waited for, or ended.
            std::mem::forget(open);
        }
        state.lines = Lines::default();
    }

    /// Tracks a value under a name.
    // The signature is Aim's.
    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (value, name=None, step=None, epoch=None, *, context=None))]
    fn track(
        slf: &Bound<'_, Self>,
        value: &Bound<'_, PyAny>,
        name: Option<&Bound<'_, PyAny>>,
        step: Option<&Bound<'_, PyAny>>,
        epoch: Option<&Bound<'_, PyAny>>,
        context: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        if let (Some(name), Some(at)) = (name, plain_at(step, epoch))
            && slf.get().state().track_number(value, (name, context), at)?
        {
            return Ok(());
        }
        slf.call_method1("_track", (value, name, step, epoch, context)).map(|_| ())
    }

    /// Tracks a value that the façade has taken apart: a tuple as [`value_of`] takes it, or a list of them.
    fn _put(
        &self,
        series: (Bound<'_, PyString>, Option<Bound<'_, PyDict>>),
        at: (Option<i64>, Option<f64>, Option<f64>),
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let run = self.run()?;
        let (step, epoch, time) = at;
        let key = series_of(&series.0, series.1.as_ref())?;
        let value = match value.cast::<PyTuple>() {
            Ok(one) => value_of(&run, one)?,
            Err(_) => {
                let items = value.try_iter()?.map(|item| value_of(&run, item?.cast::<PyTuple>()?));
                Value::List(items.collect::<PyResult<_>>()?)
            }
        };
        let word = word_of(&value);
        let known = *self.state().kinds.entry(key.clone()).or_insert(word);
        if word != known && word != "list" {
            let text = format!("track {key}: got a {word}, want a {known} as before");
            return Err(PyTypeError::new_err(text));
        }
        let at = At { step: step.map(Step), epoch, time: time.map(WallTime::from_unix_secs) };
        run.track(&key.name, &key.context, at, value);
        Ok(())
    }

    /// Takes what the program printed.
    fn _print(&self, is_stderr: bool, text: &str) {
        let state = &mut *self.state();
        let Some(open) = state.open.as_ref().filter(|open| open.is_ours()) else { return };
        let stream = if is_stderr { Stream::Stderr } else { Stream::Stdout };
        state.lines.take(stream, text, &mut |line| log(&open.run, line));
    }

    /// Replaces a subtree of the params; with an empty path, each key of a dictionary.
    fn _set(&self, path: Vec<Bound<'_, PyAny>>, value: &Bound<'_, PyAny>, is_strict: bool) -> PyResult<()> {
        let taking = if is_strict { Taking::Strict } else { Taking::AsText };
        let path = path.iter().map(|key| key_of(key, taking)).collect::<PyResult<Vec<_>>>()?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let value = param_of(value, taking)?;
        self.run()?.set_param(&path, value);
        Ok(())
    }

    /// Removes keys at the root of the params.
    fn _remove(&self, keys: Vec<String>) -> PyResult<()> {
        self.run()?.set_param(&[], ParamValue::from(keys));
        Ok(())
    }

    /// Changes what people call the run.
    fn _edit(&self, what: &str, text: String) -> PyResult<()> {
        self.run()?.edit(edit_of(what, text)?);
        Ok(())
    }

    /// Keeps a file with the run.
    fn _keep_file(&self, py: Python<'_>, path: PathBuf, name: &str) -> PyResult<()> {
        let run = self.run()?;
        py.detach(|| run.log_artifact(&path, Some(name))).map_err(of_store)?;
        Ok(())
    }

    /// Says where a file of the run lies that is not kept.
    fn _name_file(&self, name: &str, uri: String) -> PyResult<()> {
        self.run()?.artifact(name, Artifact { file: None, uri });
        Ok(())
    }

    /// Begins to track the machine's load.
    fn _sample(&self, interval_secs: f64) -> PyResult<()> {
        let run = self.run()?;
        let sampler = SystemSampler::start(run, Duration::from_secs_f64(interval_secs))?;
        if let Some(open) = &mut self.state().open {
            open.sampler = Some(sampler);
        }
        Ok(())
    }

    /// Records what is known of where the program runs: `variables`, `arguments`, `executable`, `folder`, `packages`.
    fn _capture(&self, py: Python<'_>, program: &Bound<'_, PyDict>) -> PyResult<()> {
        let run = self.run()?;
        let wanted = |name: &str| {
            program.get_item(name)?.ok_or_else(|| PyValueError::new_err(format!("capture: got no {name}")))
        };
        let pairs = |name: &str| -> PyResult<Vec<(String, String)>> {
            wanted(name)?
                .cast::<PyDict>()?
                .iter()
                .map(|(key, value)| Ok((key.extract()?, value.extract()?)))
                .collect()
        };
        let program = Program {
            variables: pairs("variables")?,
            arguments: wanted("arguments")?.extract()?,
            executable: wanted("executable")?.extract()?,
            folder: wanted("folder")?.extract()?,
            packages: pairs("packages")?,
        };
        py.detach(|| run.set_param(&["__system_params"], ParamValue::Map(environment_of(program))));
        Ok(())
    }

    /// Waits until everything so far is in the kernel's hands.
    fn _flush(&self, py: Python<'_>) -> PyResult<()> {
        let run = self.run()?;
        py.detach(|| run.flush());
        Ok(())
    }

    /// Waits until the server has everything so far; for at most so long.
    fn _arrive(&self, py: Python<'_>, patience_secs: f64) -> PyResult<()> {
        let run = self.run()?;
        let patience = Duration::from_secs_f64(patience_secs.clamp(0.0, 3600.0));
        match py.detach(|| run.arrive(patience)) {
            Some(Err(reason)) => Err(RemoteError::new_err(format!(
                "read run {}: not all of it is at the server yet: {reason}",
                run.id()
            ))),
            _ => Ok(()),
        }
    }

    /// Ends the recording, as of a time where one is given; says what was lost, or is not at its server yet.
    fn _finish(
        &self,
        py: Python<'_>,
        end: (String, Option<i32>, String),
        time: Option<f64>,
    ) -> PyResult<Option<String>> {
        let (status, code, message) = end;
        let end = match status.as_str() {
            "finished" => End::Finished,
            "failed" => End::Failed { exit_code: code, message },
            "killed" => End::Killed { signal: code.unwrap_or(15) },
            word => return Err(PyValueError::new_err(format!("finish: got {word:?}"))),
        };
        let taken = {
            let state = &mut *self.state();
            let taken = state.open.take_if(|open| open.is_ours());
            if let Some(open) = &taken {
                state.lines.finish(&mut |line| log(&open.run, line));
            }
            taken
        };
        let Some(Open { run, sampler, .. }) = taken else { return Ok(None) };
        let result = py.detach(move || {
            drop(sampler);
            let result = match time {
                Some(time) => run.finish_as_of(end, WallTime::from_unix_secs(time)),
                None => run.finish(end),
            };
            result.err().map(|loss| loss.to_string()).or_else(|| unsent(&run))
        });
        Ok(result)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = state.open.take_if(|open| !open.is_ours()) {
            // As in `_abandon`.
            std::mem::forget(open);
        }
    }
}

/// What of a run of a server is not there.
fn unsent(run: &Run) -> Option<String> {
    let (shipped, trouble) = run.shipped(Duration::ZERO)?;
    let reason = trouble.unwrap_or_else(|| "the server is slow".to_owned());
    (!shipped.is_whole && !shipped.is_gone)
        .then(|| format!("not all of it is at the server yet: {reason}; `trailmark sync` sends the rest"))
}

/// The server of an address.
///
/// # Errors
/// `RemoteError` for what is none.
pub(crate) fn server_of(url: &str) -> PyResult<Server> {
    Server::new(url).map_err(|error| RemoteError::new_err(error.to_string()))
}

/// The folder in which what is recorded for a server waits.
#[pyfunction]
pub(crate) fn spool_of(url: &str) -> PyResult<PathBuf> {
    Ok(server_of(url)?.spool(&trailmark_client::spool_folder()))
}

/// Whether the environment says that no server is asked.
#[pyfunction]
pub(crate) fn is_offline() -> bool {
    trailmark_client::is_offline()
}

fn log(run: &Run, line: LogLine) {
    run.track("logs", &Context::empty(), At::default(), Value::Log(line));
}

/// A plain number; none for anything that the façade has to look at.
fn number_of(value: &Bound<'_, PyAny>) -> Option<Value> {
    if let Ok(number) = value.cast::<PyFloat>() {
        return Some(Value::Float(number.value()));
    }
    if value.is_exact_instance_of::<PyInt>() || value.is_exact_instance_of::<PyBool>() {
        return value.extract::<i64>().ok().map(Value::Int);
    }
    None
}

/// Step and epoch, where they are plain.
fn plain_at(step: Option<&Bound<'_, PyAny>>, epoch: Option<&Bound<'_, PyAny>>) -> Option<At> {
    let step = match step {
        None => None,
        Some(step) => Some(Step(step.cast_exact::<PyInt>().ok()?.extract().ok()?)),
    };
    let epoch = match epoch {
        None => None,
        Some(epoch) => match epoch.cast::<PyFloat>() {
            Ok(epoch) => Some(epoch.value()),
            Err(_) => Some(epoch.cast_exact::<PyInt>().ok()?.extract().ok()?),
        },
    };
    Some(At { step, epoch, time: None })
}

fn series_of(name: &Bound<'_, PyString>, context: Option<&Bound<'_, PyDict>>) -> PyResult<SeriesKey> {
    let name = name.to_string_lossy();
    let context = context.map(|context| params_of(context, Taking::Strict)).transpose()?;
    Ok(SeriesKey::new(&name, Context::from(context.unwrap_or_default())))
}

/// A run's id.
///
/// # Errors
/// `ValueError` for what is none.
pub(crate) fn id_of(text: &str) -> PyResult<RunId> {
    text.parse().map_err(|error: trailmark_core::IdError| PyValueError::new_err(error.to_string()))
}

/// A change of what people call a run.
///
/// # Errors
/// `ValueError` for a word that is none.
pub(crate) fn edit_of(what: &str, text: String) -> PyResult<Edit> {
    Ok(match what {
        "name" => Edit::Name(text),
        "experiment" => Edit::Experiment(text),
        "description" => Edit::Description(text),
        "note" => Edit::Note(text),
        "add_tag" => Edit::AddTag(text),
        "remove_tag" => Edit::RemoveTag(text),
        "archive" => Edit::Archive(!text.is_empty()),
        "delete" => Edit::Delete(!text.is_empty()),
        what => return Err(PyValueError::new_err(format!("edit a run: got {what:?}"))),
    })
}
