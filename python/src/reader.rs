//! A repository as it is read back.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use trailmark_core::{Context, Edit, RunId, SeriesKey, Value};
use trailmark_query::Kind;
use trailmark_store::{Columns, Merger, Object, Points, Repository, RunRow, Store as _, Wanted};

use crate::error::{QueryError, StoreError, of_store};
use crate::rows;
use crate::search::{Found, Refused, ask, series};
use crate::tree::{Taking, params_of, to_dict};
use crate::writer::{edit_of, id_of};

/// Runs that match a query, each with those of its series that do.
type Matches<'py> = Vec<(Bound<'py, PyDict>, Vec<Bound<'py, PyDict>>)>;

/// A file of a run: its name, the id of the kept bytes if there are any, how many, where it lies else.
type File = (String, Option<String>, u64, String);

/// A repository.
#[pyclass(frozen, module = "trailmark._native")]
#[derive(Debug)]
pub(crate) struct Reader {
    repository: Repository,
}

impl Reader {
    fn row(&self, py: Python<'_>, run: RunId) -> PyResult<Arc<RunRow>> {
        py.detach(|| self.repository.run(run)).map_err(of_store)
    }

    fn points(&self, py: Python<'_>, wanted: &Wanted) -> PyResult<Points> {
        let read = || {
            let mut merger = Merger::default();
            self.repository.series(wanted, &mut |block| merger.push(block.order, block.column))?;
            Ok(merger.finish())
        };
        py.detach(read).map_err(of_store)
    }
}

#[pymethods]
impl Reader {
    /// Opens a repository; with `create` an empty one is made where there is none.
    #[new]
    fn new(path: PathBuf, create: bool) -> PyResult<Self> {
        let opened = if create { Repository::open_or_create(&path) } else { Repository::open(&path) };
        Ok(Self { repository: opened.map_err(of_store)? })
    }

    /// The ids of all runs that are not deleted, oldest first.
    fn runs(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let rows = py.detach(|| self.repository.rows()).map_err(of_store)?;
        Ok(rows.iter().map(|row| row.id.to_string()).collect())
    }

    /// The id that people mean by an id, its first digits, or a name.
    fn find(&self, py: Python<'_>, text: &str) -> PyResult<String> {
        let found = py.detach(|| self.repository.find_id(text)).map_err(of_store)?;
        Ok(found.to_string())
    }

    /// What is known of a run.
    fn run<'py>(&self, py: Python<'py>, run: &str) -> PyResult<Bound<'py, PyDict>> {
        rows::run(py, &*self.row(py, id_of(run)?)?)
    }

    /// All params of a run.
    fn params<'py>(&self, py: Python<'py>, run: &str) -> PyResult<Bound<'py, PyDict>> {
        let run = id_of(run)?;
        let params = py.detach(|| self.repository.params(run)).map_err(of_store)?;
        to_dict(py, &params)
    }

    /// The series of a run.
    fn all_series<'py>(&self, py: Python<'py>, run: &str) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let row = self.row(py, id_of(run)?)?;
        row.series.iter().map(|series| rows::series(py, series)).collect()
    }

    /// The files of a run.
    fn artifacts(&self, py: Python<'_>, run: &str) -> PyResult<Vec<File>> {
        let row = self.row(py, id_of(run)?)?;
        let there = row.artifacts.iter().filter(|(_, row)| !row.is_deleted);
        let told = there.map(|(name, row)| {
            let file = row.artifact.file.as_ref();
            let (id, n_bytes) = (file.map(|file| file.id.to_string()), file.map_or(0, |file| file.n_bytes));
            (name.clone(), id, n_bytes, row.artifact.uri.clone())
        });
        Ok(told.collect())
    }

    /// Runs or series for which an expression holds, newest run first, and what could not be judged.
    fn query<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        text: &str,
    ) -> PyResult<(Matches<'py>, Option<String>)> {
        let kind = kind_of(kind)?;
        let answer = py.detach(|| {
            let rows = self.repository.rows().map_err(of_store)?;
            ask(rows, kind, text).map_err(|Refused(text)| QueryError::new_err(text))
        });
        let Found { runs, problems } = answer?;
        let mut matches = Vec::new();
        for (row, keys) in runs {
            let found = keys.iter().filter_map(|key| series(&row, key));
            let found = found.map(|series| rows::series(py, series)).collect::<PyResult<_>>()?;
            matches.push((rows::run(py, &row)?, found));
        }
        Ok((matches, problems))
    }

    /// The numbers of a series as columns of 8 bytes each: steps, values, microseconds, epochs (NaN for none).
    fn columns<'py>(
        &self,
        py: Python<'py>,
        run: &str,
        name: &str,
        context: &Bound<'py, PyDict>,
    ) -> PyResult<[Bound<'py, PyBytes>; 4]> {
        let points = self.points(py, &wanted(run, name, context)?)?;
        Ok([
            column(py, &points.steps, |step| step.to_ne_bytes())?,
            column(py, &points.values, |value| value.to_ne_bytes())?,
            column(py, &points.micros, |micros| micros.to_ne_bytes())?,
            column(py, &points.epochs, |epoch| epoch.to_ne_bytes())?,
        ])
    }

    /// The other values of a series, by step: step, epoch, unix seconds, value.
    fn objects<'py>(
        &self,
        py: Python<'py>,
        run: &str,
        name: &str,
        context: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyList>> {
        let wanted = wanted(run, name, context)?;
        let read = || {
            let mut found: Vec<Object> = Vec::new();
            self.repository.objects(&wanted, &mut |object| found.push(object))?;
            found.sort_by_key(|object| (object.step, object.order));
            Ok(found)
        };
        let mut found = py.detach(read).map_err(of_store)?;
        // Of two at one step the later counts; lines and answers stand beside each other.
        let replaces =
            |object: &Object| !matches!(object.value, Value::Log(_) | Value::LogRecord(_) | Value::Answer(_));
        found.reverse();
        found.dedup_by(|earlier, later| earlier.step == later.step && replaces(later));
        found.reverse();
        let list = PyList::empty(py);
        for object in found {
            let value = rows::value(py, &object.value)?;
            list.append((object.step.0, object.epoch, object.time.unix_secs(), value))?;
        }
        Ok(list)
    }

    /// Kept bytes.
    fn blob<'py>(&self, py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyBytes>> {
        let id =
            id.parse().map_err(|error: trailmark_core::IdError| PyValueError::new_err(error.to_string()))?;
        let bytes = py.detach(|| -> PyResult<Vec<u8>> {
            let mut bytes = Vec::new();
            let mut blob = self.repository.open_blob(&id).map_err(of_store)?;
            blob.read_to_end(&mut bytes).map_err(|error| StoreError::new_err(error.to_string()))?;
            Ok(bytes)
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Changes what people call a run.
    fn edit(&self, py: Python<'_>, run: &str, what: &str, text: String) -> PyResult<()> {
        let edit: (RunId, Edit) = (id_of(run)?, edit_of(what, text)?);
        py.detach(|| self.repository.edit(&[edit])).map_err(of_store)?;
        Ok(())
    }
}

fn wanted(run: &str, name: &str, context: &Bound<'_, PyDict>) -> PyResult<Wanted> {
    let context = Context::from(params_of(context, Taking::Strict)?);
    let series = vec![SeriesKey::new(name, context)];
    Ok(Wanted { run: id_of(run)?, series, columns: Columns::ALL, after: None })
}

fn column<'py, T: Copy>(
    py: Python<'py>,
    values: &[T],
    bytes: fn(T) -> [u8; 8],
) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, 8 * values.len(), |out| {
        for (place, value) in out.chunks_exact_mut(8).zip(values) {
            place.copy_from_slice(&bytes(*value));
        }
        Ok(())
    })
}

fn kind_of(word: &str) -> PyResult<Kind> {
    Ok(match word {
        "runs" => Kind::Runs,
        "metric" => Kind::Metrics,
        "texts" => Kind::Texts,
        "images" => Kind::Images,
        "audios" => Kind::Audios,
        "figures" => Kind::Figures,
        "distributions" => Kind::Distributions,
        word => return Err(PyValueError::new_err(format!("query: got {word:?}"))),
    })
}
