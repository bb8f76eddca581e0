//! What Aim's clients read: our runs as the trees that Aim would have stored.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use trailmark_aim::{
    Branch, Columns, Exception, Key, Node, OURS, RunFace, SeriesFace, Trace, UNKNOWN_CONTEXT, column,
    context_id, is_number, node_from_artifact, node_from_context, node_from_value,
};
use trailmark_core::{Context, Kept, ParamValue, Params, RunId, RunStatus, SeriesKey};
use trailmark_store::{Kind, Merger, Object, RunRow, SeriesRow, Store, Wanted};

use super::seconds;
use super::session::contexts;
use crate::app::App;

/// Faces and columns that are remembered, each.
const MOST_REMEMBERED: usize = 32;
/// Bytes of blobs in one answer at most.
const MOST_BLOB_BYTES: u64 = 1 << 30;

/// What was read lately; what a run's row does not bear out any more is read again.
#[derive(Debug, Default)]
pub(super) struct Faces {
    faces: Mutex<VecDeque<(Arc<RunRow>, Arc<RunFace>)>>,
    columns: Mutex<VecDeque<OfSeries>>,
}

/// The points of a series of a run.
type OfSeries = (Arc<RunRow>, Trace, Arc<Columns>);

/// How much of a node is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// All that lies below.
    Whole,
    /// The keys of its children.
    Keys,
}

/// What lies at a path of the whole tree.
pub(super) fn look(app: &App, path: &[Key], depth: Depth) -> Result<Option<Node>, Exception> {
    let words: Vec<Option<&str>> = path.iter().take(3).map(Key::text).collect();
    match words.as_slice() {
        [Some("meta"), Some("chunks")] => {
            let mut runs = Branch::new();
            for row in rows(app)? {
                let node = match depth {
                    Depth::Whole => face_of(app, &row)?.at(&[]).unwrap_or(Node::None),
                    Depth::Keys => Node::None,
                };
                runs.insert(Key::Text(row.id.to_string()), node);
            }
            Ok((!runs.is_empty()).then_some(Node::Map(runs)))
        }
        [Some("meta"), Some("chunks"), Some(run), ..] => {
            let Some(row) = row(app, run)? else { return Ok(None) };
            Ok(face_of(app, &row)?.at(path.get(3..).unwrap_or_default()))
        }
        [Some("meta"), Some("contexts"), ..] => of_all(app, path, |face, tree| {
            for (trace, series) in &face.series {
                tree.entry(Key::Int(trace.context)).or_insert_with(|| node_from_context(&series.context));
            }
        }),
        [Some("meta"), Some("attrs"), ..] => of_all(app, path, |face, tree| {
            if let Some(Node::Map(attrs)) = face.at(&["attrs".into()]) {
                attrs.into_iter().for_each(|(key, node)| join(tree, key, node));
            }
        }),
        [Some("meta"), Some("traces_types"), ..] => of_all(app, path, |face, tree| {
            for (trace, series) in &face.series {
                let name = Node::Map([(Key::from(trace.name.as_str()), Node::Int(1))].into());
                let context = Node::Map([(Key::Int(trace.context), name)].into());
                join(tree, series.dtype.as_str().into(), context);
            }
        }),
        [Some("seqs"), Some("chunks"), Some(run)] => of_series(app, run, (path.get(3..), false), depth),
        [Some("seqs"), Some("v2"), Some("chunks")] => match path.get(3).map(Key::text) {
            Some(Some(run)) => of_series(app, run, (path.get(4..), true), depth),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// A column as a list, where the path names one.
pub(super) fn listed(app: &App, path: &[Key]) -> Result<Option<Node>, Exception> {
    let is_hashed = path.get(1).and_then(Key::text) == Some("v2");
    let [run, context, name, part] = path.get(if is_hashed { 3 } else { 2 }..).unwrap_or_default() else {
        return Ok(None);
    };
    let part = match (path.first().and_then(Key::text), part.text()) {
        (Some("seqs"), Some("val")) => trailmark_aim::Column::Value,
        (Some("seqs"), Some("step")) => trailmark_aim::Column::Step,
        (Some("seqs"), Some("epoch")) => trailmark_aim::Column::Epoch,
        (Some("seqs"), Some("time")) => trailmark_aim::Column::Time,
        _ => return Ok(None),
    };
    let (Some(run), Some(context)) = (run.text(), context.int()) else { return Ok(None) };
    let Some(row) = row(app, run)? else { return Ok(None) };
    let face = face_of(app, &row)?;
    let trace = Trace { context, name: name.to_string() };
    match face.series.get(&trace) {
        Some(series) => columns(app, &row, (&trace, series))?.listed(part).map(Some),
        None => Ok(None),
    }
}

/// All runs that are there, as they are now.
pub(super) fn rows(app: &App) -> Result<Vec<Arc<RunRow>>, Exception> {
    app.snapshots.refresh().map_err(failed)?;
    let snapshot = app.snapshots.fresh().map_err(failed)?;
    Ok(snapshot.runs.iter().map(|item| Arc::clone(&item.row)).collect())
}

/// A run as it is now; none where there is none, or a deleted one.
pub(super) fn row(app: &App, run: &str) -> Result<Option<Arc<RunRow>>, Exception> {
    let Ok(id) = run.parse::<RunId>() else { return Ok(None) };
    match app.store.run(id) {
        Ok(row) => Ok((!row.is_deleted).then_some(row)),
        Err(trailmark_store::Error::NoRun { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// What the client is told of a failure of ours.
pub(super) fn failed(error: impl std::fmt::Display) -> Exception {
    Exception::runtime(error.to_string())
}

fn of_all(
    app: &App,
    path: &[Key],
    mut add: impl FnMut(&RunFace, &mut Branch),
) -> Result<Option<Node>, Exception> {
    let mut tree = Branch::new();
    for row in rows(app)? {
        add(&*face_of(app, &row)?, &mut tree);
    }
    if tree.is_empty() {
        return Ok(None);
    }
    Ok(Node::Map(tree).at(path.get(2..).unwrap_or_default()).cloned())
}

/// Adds a node to a tree; dictionaries are joined, else the first stays.
fn join(tree: &mut Branch, key: Key, node: Node) {
    match (tree.get_mut(&key), node) {
        (Some(Node::Map(known)), Node::Map(more)) => {
            more.into_iter().for_each(|(key, node)| join(known, key, node));
        }
        (Some(_), _) => {}
        (None, node) => _ = tree.insert(key, node),
    }
}

fn of_series(
    app: &App,
    run: &str,
    (path, is_hashed): (Option<&[Key]>, bool),
    depth: Depth,
) -> Result<Option<Node>, Exception> {
    let Some(row) = row(app, run)? else { return Ok(None) };
    let face = face_of(app, &row)?;
    let path = path.unwrap_or_default();
    if let [Key::Int(context), Key::Text(name), rest @ ..] = path {
        let trace = Trace { context: *context, name: name.clone() };
        return match face.series.get(&trace).filter(|series| is_number(&series.dtype) == is_hashed) {
            Some(series) => Ok(column(&*columns(app, &row, (&trace, series))?, rest)),
            None => Ok(None),
        };
    }
    let mut contexts: BTreeMap<Key, Branch> = BTreeMap::new();
    for (trace, series) in face.series.iter().filter(|(_, series)| is_number(&series.dtype) == is_hashed) {
        let node = match depth {
            Depth::Whole => column(&*columns(app, &row, (trace, series))?, &[]).unwrap_or(Node::None),
            Depth::Keys => Node::None,
        };
        contexts.entry(Key::Int(trace.context)).or_default().insert(trace.name.as_str().into(), node);
    }
    let tree = Node::Map(contexts.into_iter().map(|(key, names)| (key, Node::Map(names))).collect());
    Ok(tree.at(path).filter(|node| node.branch().is_some_and(|branch| !branch.is_empty())).cloned())
}

/// A run as Aim's clients see it.
pub(super) fn face_of(app: &App, row: &Arc<RunRow>) -> Result<Arc<RunFace>, Exception> {
    let remembered = app.aim.faces.faces.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, face)) = remembered.iter().find(|(known, _)| Arc::ptr_eq(known, row)) {
        return Ok(Arc::clone(face));
    }
    drop(remembered);
    // A run that is being recorded here has its params in memory.
    let open = app.aim.sessions.with_open(row.id, |session| (session.params().clone(), session.ended()));
    let ended = row.ended.filter(|_| row.status != RunStatus::Running);
    let (params, ended) = match open {
        Some(open) => open,
        None => (app.store.params(row.id).map_err(failed)?, ended),
    };
    let face = RunFace { end_time: ended.map(seconds), ..make_face(params, row) };
    let face = Arc::new(face);
    let mut remembered = app.aim.faces.faces.lock().unwrap_or_else(PoisonError::into_inner);
    remembered.retain(|(known, _)| known.id != row.id);
    remembered.push_front((Arc::clone(row), Arc::clone(&face)));
    remembered.truncate(MOST_REMEMBERED);
    Ok(face)
}

fn make_face(mut params: Params, row: &RunRow) -> RunFace {
    let ids: HashMap<Context, i64> =
        contexts(&params, row).into_iter().map(|(id, context)| (context, id)).collect();
    let ours = match params.remove(OURS) {
        Some(ParamValue::Map(ours)) => ours,
        _ => Params::new(),
    };
    let ours = ParamValue::Map(ours);
    let map = |path: &[&str]| match ours.at(path) {
        Some(ParamValue::Map(map)) => map.clone(),
        _ => Params::new(),
    };
    let mut series = BTreeMap::new();
    for of_series in row.series.iter().filter(|series| series.kind != Kind::Answer) {
        let SeriesKey { name, context } = &*of_series.key;
        let unknown = context.as_params().get(UNKNOWN_CONTEXT);
        let id = match unknown {
            Some(ParamValue::Int(id)) => *id,
            _ => ids.get(context).copied().unwrap_or_else(|| context_id(context)),
        };
        let said = ours.at(&["dtypes", &id.to_string(), name]);
        let said = match said {
            Some(ParamValue::Text(dtype)) => Some(dtype.as_str()),
            _ => None,
        };
        series.insert(Trace { context: id, name: name.clone() }, series_face(of_series, said));
    }
    let artifacts = row.artifacts.iter().filter(|(_, row)| !row.is_deleted);
    let artifacts = artifacts.map(|(name, row)| (name.clone(), node_from_artifact(name, &row.artifact)));
    let artifacts_uri = match ours.at(&["artifacts_uri"]) {
        Some(ParamValue::Text(uri)) => Some(uri.clone()),
        _ => None,
    };
    let end_time = row.ended.filter(|_| row.status != RunStatus::Running).map(|ended| ended.unix_secs());
    RunFace {
        params,
        end_time,
        artifacts: artifacts.collect(),
        artifacts_uri,
        series,
        other: map(&["other"]),
    }
}

fn series_face(row: &SeriesRow, said: Option<&str>) -> SeriesFace {
    let dtype = match row.kind {
        Kind::Number => said.filter(|said| is_number(said)).unwrap_or("float"),
        kind => said.filter(|said| !is_number(said)).unwrap_or(match kind {
            Kind::Log => "aim.log_line",
            Kind::LogRecord => "aim.log_record",
            Kind::Image => "aim.image",
            Kind::Audio => "aim.audio",
            Kind::Figure => "aim.figure",
            Kind::Distribution => "aim.distribution",
            _ => "aim.text",
        }),
    };
    let number = |number: Option<f64>| number.map(|number| number_node(number, dtype));
    SeriesFace {
        context: row.key.context.clone(),
        dtype: dtype.to_owned(),
        first_step: row.first_step.0,
        last_step: row.last_step.0,
        first: number(row.first),
        last: number(row.last),
        min: number(row.min.map(|(_, number)| number)),
        max: number(row.max.map(|(_, number)| number)),
    }
}

fn number_node(number: f64, dtype: &str) -> Node {
    let is_whole = dtype == "int" && number.fract() == 0.0 && number.abs() < 9e18;
    if is_whole { Node::Int(number as i64) } else { Node::Float(number) }
}

/// The points of a series.
fn columns(
    app: &App,
    row: &Arc<RunRow>,
    (trace, series): (&Trace, &SeriesFace),
) -> Result<Arc<Columns>, Exception> {
    let remembered = app.aim.faces.columns.lock().unwrap_or_else(PoisonError::into_inner);
    let known = remembered.iter().find(|(known, of, _)| Arc::ptr_eq(known, row) && of == trace);
    if let Some((_, _, columns)) = known {
        return Ok(Arc::clone(columns));
    }
    drop(remembered);
    let key = SeriesKey { name: trace.name.clone(), context: series.context.clone() };
    let is_hashed = is_number(&series.dtype);
    let read = if is_hashed {
        numbers(&*app.store, row.id, (key, &series.dtype))
    } else {
        objects(&*app.store, row.id, key)
    };
    let columns = Arc::new(read?);
    if is_hashed {
        // Objects may be large.
        let mut remembered = app.aim.faces.columns.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|(known, of, _)| known.id != row.id || of != trace);
        remembered.push_front((Arc::clone(row), trace.clone(), Arc::clone(&columns)));
        remembered.truncate(MOST_REMEMBERED);
    }
    Ok(columns)
}

fn numbers(store: &dyn Store, run: RunId, (key, dtype): (SeriesKey, &str)) -> Result<Columns, Exception> {
    let wanted = Wanted { run, series: vec![key], columns: trailmark_store::Columns::ALL, after: None };
    let mut merger = Merger::default();
    store.series(&wanted, &mut |block| merger.push(block.order, block.column)).map_err(failed)?;
    let points = merger.finish();
    Ok(Columns {
        is_hashed: true,
        steps: points.steps,
        values: points.values.into_iter().map(|number| number_node(number, dtype)).collect(),
        epochs: points.epochs.into_iter().map(|epoch| (!epoch.is_nan()).then_some(epoch)).collect(),
        times: points.micros.into_iter().map(|micros| micros as f64 / 1e6).collect(),
    })
}

fn objects(store: &dyn Store, run: RunId, key: SeriesKey) -> Result<Columns, Exception> {
    let wanted = Wanted { run, series: vec![key], columns: trailmark_store::Columns::ALL, after: None };
    let mut objects: BTreeMap<i64, Object> = BTreeMap::new();
    let each = &mut |object: Object| {
        let known = objects.get(&object.step.0);
        if known.is_none_or(|known| known.order < object.order) {
            objects.insert(object.step.0, object);
        }
    };
    store.objects(&wanted, each).map_err(failed)?;
    let (mut columns, mut n_bytes) = (Columns::default(), 0);
    let mut open = |kept: &Kept| {
        n_bytes += kept.n_bytes;
        let mut bytes = Vec::new();
        let is_read = n_bytes <= MOST_BLOB_BYTES
            && store.open_blob(&kept.id).is_ok_and(|mut file| file.read_to_end(&mut bytes).is_ok());
        is_read.then_some(bytes)
    };
    for (step, object) in objects {
        let time = seconds(object.time);
        columns.steps.push(step);
        columns.values.push(node_from_value(&object.value, time, &mut open));
        columns.epochs.push(object.epoch);
        columns.times.push(time);
    }
    if n_bytes > MOST_BLOB_BYTES {
        return Err(Exception::runtime(format!(
            "read a series: got more than {MOST_BLOB_BYTES} bytes, ask for one step"
        )));
    }
    Ok(columns)
}
