//! A repository as it is read back.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use trailmark_client::Served;
use trailmark_core::{ContentId, Context, RunId, SeriesKey};
use trailmark_query::Kind;
use trailmark_store::{Repository, RunRow};

use crate::error::{of_ask, of_store};
use crate::rows;
use crate::source::{Matches, Source, Wanted};
use crate::tree::{Taking, params_of, to_dict};
use crate::writer::{edit_of, id_of, server_of};

/// Runs that match a query, each with those of its series that do.
type Told<'py> = Vec<(Bound<'py, PyDict>, Vec<Bound<'py, PyDict>>)>;

/// A series: its run, name, context, and how many points of it are known.
type Named<'py> = (String, String, Bound<'py, PyDict>, u64);

/// A file of a run: its name, the id of the kept bytes if there are any, how many, where it lies else.
type File = (String, Option<String>, u64, String);

/// A repository, in a folder or at a server.
#[pyclass(frozen, module = "trailmark._native")]
#[derive(Debug)]
pub(crate) struct Reader {
    source: Box<dyn Source>,
    /// Whether each question is a request, so that few should ask for much.
    #[pyo3(get)]
    is_far: bool,
}

impl Reader {
    /// One run with its series.
    pub(crate) fn row(&self, run: RunId) -> PyResult<Arc<RunRow>> {
        self.source.row(run)
    }
}

#[pymethods]
impl Reader {
    /// Opens a repository, by its folder or its server's address; with `create` an empty one is made where there is none.
    #[new]
    fn new(py: Python<'_>, place: PathBuf, create: bool) -> PyResult<Self> {
        if let Some(address) = place.to_str().filter(|place| place.contains("://")) {
            let server = server_of(address)?;
            let served = py.detach(|| Served::open(server)).map_err(of_ask)?;
            return Ok(Self { source: Box::new(served), is_far: true });
        }
        let open = || if create { Repository::open_or_create(&place) } else { Repository::open(&place) };
        let opened = py.detach(open).map_err(of_store)?;
        Ok(Self { source: Box::new(opened), is_far: false })
    }

    /// What is known of all runs that are not deleted, oldest first.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let found = py.detach(|| self.source.rows())?;
        found.iter().map(|row| rows::run(py, row)).collect()
    }

    /// The ids of all runs that are not deleted, oldest first.
    fn runs(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let found = py.detach(|| self.source.rows())?;
        Ok(found.iter().map(|row| row.id.to_string()).collect())
    }

    /// The id that people mean by an id, its first digits, or a name.
    fn find(&self, py: Python<'_>, text: &str) -> PyResult<String> {
        Ok(py.detach(|| self.source.find(text))?.to_string())
    }

    /// What is known of a run.
    fn run<'py>(&self, py: Python<'py>, run: &str) -> PyResult<Bound<'py, PyDict>> {
        let run = id_of(run)?;
        rows::run(py, &*py.detach(|| self.source.row(run))?)
    }

    /// All params of runs, in their order.
    fn params<'py>(&self, py: Python<'py>, runs: Vec<String>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let runs = runs.iter().map(|run| id_of(run)).collect::<PyResult<Vec<_>>>()?;
        let params = py.detach(|| self.source.params(&runs))?;
        params.iter().map(|params| to_dict(py, params)).collect()
    }

    /// The series of a run.
    fn all_series<'py>(&self, py: Python<'py>, run: &str) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let run = id_of(run)?;
        let row = py.detach(|| self.source.row(run))?;
        row.series.iter().map(|series| rows::series(py, series)).collect()
    }

    /// The files of a run.
    fn artifacts(&self, py: Python<'_>, run: &str) -> PyResult<Vec<File>> {
        let run = id_of(run)?;
        let row = py.detach(|| self.source.row(run))?;
        let there = row.artifacts.iter().filter(|(_, row)| !row.is_deleted);
        let told = there.map(|(name, row)| {
            let file = row.artifact.file.as_ref();
            let (id, n_bytes) = (file.map(|file| file.id.to_string()), file.map_or(0, |file| file.n_bytes));
            (name.clone(), id, n_bytes, row.artifact.uri.clone())
        });
        Ok(told.collect())
    }

    /// Runs or series for which an expression holds, newest run first, and what could not be judged.
    fn query<'py>(&self, py: Python<'py>, kind: &str, text: &str) -> PyResult<(Told<'py>, Option<String>)> {
        let kind = kind_of(kind)?;
        let Matches { runs, problems } = py.detach(|| self.source.query(kind, text))?;
        let mut told = Vec::with_capacity(runs.len());
        for (row, series) in &runs {
            let series = series.iter().map(|series| rows::series(py, series)).collect::<PyResult<_>>()?;
            told.push((rows::run(py, row)?, series));
        }
        Ok((told, problems))
    }

    /// The numbers of series, each named by run, name, context and how many points are known, as columns of 8 bytes each:
    /// steps, values, microseconds, epochs (NaN for none).
    fn columns<'py>(
        &self,
        py: Python<'py>,
        series: Vec<Named<'py>>,
    ) -> PyResult<Vec<[Bound<'py, PyBytes>; 4]>> {
        let wanted = wanted(&series)?;
        let found = py.detach(|| self.source.points(&wanted))?;
        let columns = found.iter().map(|points| {
            Ok([
                column(py, &points.steps, |step| step.to_ne_bytes())?,
                column(py, &points.values, |value| value.to_ne_bytes())?,
                column(py, &points.micros, |micros| micros.to_ne_bytes())?,
                column(py, &points.epochs, |epoch| epoch.to_ne_bytes())?,
            ])
        });
        columns.collect()
    }

    /// The other values of series, each named as for [`Self::columns`], by step: step, epoch, unix seconds, value.
    fn objects<'py>(&self, py: Python<'py>, series: Vec<Named<'py>>) -> PyResult<Vec<Bound<'py, PyList>>> {
        let wanted = wanted(&series)?;
        let found = py.detach(|| self.source.objects(&wanted))?;
        let lists = found.into_iter().map(|objects| {
            let list = PyList::empty(py);
            for object in objects {
                let value = rows::value(py, &object.value)?;
                list.append((object.step.0, object.epoch, object.time.unix_secs(), value))?;
            }
            Ok(list)
        });
        lists.collect()
    }

    /// Kept bytes.
    fn blob<'py>(&self, py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyBytes>> {
        let id: ContentId =
            id.parse().map_err(|error: trailmark_core::IdError| PyValueError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &py.detach(|| self.source.blob(&id))?))
    }

    /// Changes what people call a run.
    fn edit(&self, py: Python<'_>, run: &str, what: &str, text: String) -> PyResult<()> {
        let (run, edit) = (id_of(run)?, edit_of(what, text)?);
        py.detach(|| self.source.edit(run, edit))
    }
}

fn wanted(series: &[Named<'_>]) -> PyResult<Vec<Wanted>> {
    let one = |(run, name, context, count): &Named<'_>| {
        let context = Context::from(params_of(context, Taking::Strict)?);
        Ok((id_of(run)?, SeriesKey::new(name, context), *count))
    };
    series.iter().map(one).collect()
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
