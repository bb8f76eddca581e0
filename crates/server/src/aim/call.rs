//! What a call of a method means: an allow-list of the methods that Aim's client calls.
//!
//! A read that cannot be answered is an exception for the client to raise. A write is never answered with one, because the
//! client would not survive it: what cannot be done is logged. Only when the journal cannot be written does it fail; the
//! socket is then cut, and the client sends it again until it can be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

use trailmark_aim::{
    Exception, Instruction, Key, Node, Write, first_key, items, keys, last_key, levels, moment, path_of,
    writes,
};
use trailmark_core::{Edit, End, RunId, RunStatus, WallTime};
use trailmark_store::{Error, Record, RunRow, micros};

use super::look::{self, Depth, failed, look};
use super::pool::{Pool, Resource};
use super::seconds;
use super::session::Session;
use crate::app::App;

/// Levels of a tree that one question may go through.
const MOST_LEVELS: i64 = 64;

/// Makes a resource, under its old handler where it has one.
pub(super) fn get_resource(
    app: &App,
    client: &str,
    (kind, handler): (&str, &str),
    arguments: &Node,
) -> Result<String, Exception> {
    let run = |key: &str| run_of(arguments.get(key).and_then(Node::as_text).unwrap_or_default());
    let is_writable = arguments.get("read_only") != Some(&Node::Bool(true));
    let resource = match kind {
        "Repo" => Resource::Repo,
        "Lock" => Resource::Lock(run("run_hash")?),
        "RunHeartbeat" => Resource::Heartbeat(run("run_hash")?),
        "FileManager" => Resource::Files,
        "TreeView" => match arguments.get("sub").and_then(Node::as_text).unwrap_or_default() {
            "" => Resource::Tree { run: None, is_writable: false },
            _ => Resource::Tree { run: Some(run("sub")?), is_writable },
        },
        "StructuredRun" => Resource::Run { run: run("hash_")?, is_writable },
        other => return Err(Exception::value(format!("get a resource: got the unknown type {other:?}"))),
    };
    match resource {
        Resource::Run { run, is_writable: true } => {
            let created = arguments.get("created_at").and_then(Node::as_float).map(moment);
            begin(app, run, created).map_err(failed)?;
        }
        Resource::Run { run, .. } if look::row(app, &run.to_string())?.is_none() => {
            return Err(Exception::missing_run(format!("Cannot find Run {run}.")));
        }
        // It lived before the server was started again: it lives on.
        Resource::Heartbeat(run) if !handler.is_empty() => {
            app.aim.sessions.with(&*app.store, (run, None), |_| Ok(())).map_err(failed)?;
        }
        _ => {}
    }
    let handler_of = pool(app).add(client, handler, resource)?;
    if let (Resource::Lock(run), false) = (resource, handler.is_empty()) {
        // Whoever locked it in the meantime keeps it.
        let _ = pool(app).lock(client, handler, run, false);
    }
    Ok(handler_of)
}

/// A run that is not there is recorded from now on; one that is copied here was created when its client says.
fn begin(app: &App, run: RunId, created: Option<WallTime>) -> Result<(), Error> {
    let begin_at = |session: &mut Session| created.map_or(Ok(()), |time| session.begin_at(&*app.store, time));
    if let Some(begun) = app.aim.sessions.with_open(run, begin_at) {
        return begun;
    }
    match app.store.run(run) {
        Ok(row) if !row.is_deleted => {
            let Some(created) = created.filter(|created| micros(*created) < micros(row.created)) else {
                return Ok(());
            };
            let mut writer = app.store.writer(run)?;
            writer.append(&[Record::Created { time: created }])?;
            match row.ended {
                Some(ended) => writer.end(ended, End::Finished),
                None => writer.sync(),
            }
        }
        Ok(_) | Err(Error::NoRun { .. }) => app.aim.sessions.with(&*app.store, (run, created), |_| Ok(())),
        Err(error) => Err(error),
    }
}

/// Forgets a resource; a run that nobody holds any more is let go.
pub(super) fn release(app: &App, client: &str, handler: &str) -> Result<(), Exception> {
    let released = pool(app).release(client, handler)?;
    if let Some(run) = released.holds() {
        settle(app, run);
    }
    Ok(())
}

/// Lets go of a run that nobody holds, or that has ended and is not locked.
pub(super) fn settle(app: &App, run: RunId) {
    let has_ended = app.aim.sessions.with_open(run, |session| session.ended().is_some()).unwrap_or(false);
    let is_held = {
        let pool = pool(app);
        pool.is_open(run) && (pool.is_locked(run) || !has_ended)
    };
    if !is_held {
        app.aim.sessions.close(run);
    }
}

/// Does what a message of the write socket says; an error only when a journal cannot be written.
pub(super) fn write(app: &App, client: &str, message: &[u8]) -> Result<(), Error> {
    let instructions = match Instruction::read(message) {
        Ok(instructions) => instructions,
        Err(error) => {
            tracing::warn!(client, %error, "a message of an Aim client is left out");
            return Ok(());
        }
    };
    let mut by_run: BTreeMap<RunId, Vec<Write>> = BTreeMap::new();
    for instruction in instructions {
        let resource = pool(app).find(client, &instruction.handler);
        let done = match resource {
            Ok(resource) => write_one(app, resource, instruction, &mut by_run)?,
            Err(exception) => Err(exception),
        };
        if let Err(exception) = done {
            tracing::warn!(client, error = exception.message(), "a write of an Aim client is left out");
        }
    }
    for (run, writes) in by_run {
        app.aim.sessions.with(&*app.store, (run, None), |session| {
            for write in writes {
                session.take(&*app.store, write)?;
            }
            session.flush(&*app.store)
        })?;
    }
    Ok(())
}

fn write_one(
    app: &App,
    resource: Resource,
    instruction: Instruction,
    by_run: &mut BTreeMap<RunId, Vec<Write>>,
) -> Result<Result<(), Exception>, Error> {
    let Instruction { method, mut arguments, .. } = instruction;
    match resource {
        Resource::Tree { run: Some(run), is_writable: true } => {
            let mut found = Vec::new();
            let done = tree_write(&method, arguments, &mut found);
            let of_run = run.to_string();
            by_run
                .entry(run)
                .or_default()
                .extend(found.into_iter().filter(|(run, _)| *run == of_run).map(|(_, write)| write));
            Ok(done)
        }
        Resource::Run { run, .. } => {
            let value = if arguments.is_empty() { Node::None } else { arguments.swap_remove(0) };
            match edit_of(run, &method, &value) {
                Ok(Some(change)) => edit(app, run, change).map(Ok),
                Ok(None) => Ok(Ok(())),
                Err(exception) => Ok(Err(exception)),
            }
        }
        Resource::Files if method == "touch" => {
            let text = |place: usize| arguments.get(place).and_then(Node::as_text);
            let mut check_ins = app.aim.check_ins.lock().unwrap_or_else(PoisonError::into_inner);
            check_ins.touch(text(0).unwrap_or_default(), text(1));
            Ok(Ok(()))
        }
        _ => Ok(Err(Exception::value(format!("write: got {method:?} of {resource:?}")))),
    }
}

fn tree_write(method: &str, arguments: Vec<Node>, found: &mut Vec<(String, Write)>) -> Result<(), Exception> {
    let mut arguments = arguments.into_iter();
    let path = arguments.next().as_ref().and_then(path_of);
    let path = path.ok_or_else(|| Exception::value(format!("{method}: got no path")))?;
    match (method, arguments.next()) {
        ("__setitem__" | "set", Some(value)) => writes(&path, Some(value), found),
        ("__delitem__", _) => writes(&path, None, found),
        // An array is there with its first element.
        ("make_array", _) => {}
        ("update", Some(Node::List(pairs))) => {
            for pair in pairs {
                let Node::List(pair) = pair else { continue };
                let Ok([key, value]) = <[Node; 2]>::try_from(pair) else { continue };
                let mut path = path.clone();
                path.extend(path_of(&key).unwrap_or_default());
                writes(&path, Some(value), found);
            }
        }
        (method, _) => return Err(Exception::value(format!("write a tree: got the method {method:?}"))),
    }
    Ok(())
}

/// The change that a setter makes; none for one that changes nothing.
fn edit_of(run: RunId, method: &str, value: &Node) -> Result<Option<Edit>, Exception> {
    let text = || value.as_text().unwrap_or_default().to_owned();
    Ok(Some(match method {
        // The name that Aim gives a run without one.
        "name.setter" if text() == default_name(run) => return Ok(None),
        "name.setter" => Edit::Name(text()),
        "description.setter" => Edit::Description(text()),
        "experiment.setter" => Edit::Experiment(text()),
        "archived.setter" => Edit::Archive(value.as_int().unwrap_or(0) != 0),
        other => return Err(Exception::value(format!("write a run: got the method {other:?}"))),
    }))
}

fn default_name(run: RunId) -> String {
    format!("Run: {run}")
}

/// Changes what people call a run: in the journal that is open for it, else in one of edits.
fn edit(app: &App, run: RunId, change: Edit) -> Result<(), Error> {
    let mut change = Some(change);
    let open = app.aim.sessions.with_open(run, |session| {
        change.take().into_iter().for_each(|change| session.edit(change));
        session.flush(&*app.store)
    });
    match (open, change) {
        (Some(done), _) => done,
        (None, Some(change)) => app.store.edit(&[(run, change)]).map(drop),
        (None, None) => Ok(()),
    }
}

/// Answers a question.
pub(super) fn read(
    app: &App,
    client: &str,
    (handler, method): (&str, &str),
    arguments: &[Node],
) -> Result<Node, Exception> {
    let resource = pool(app).find(client, handler)?;
    let unknown =
        || Exception::value(format!("ask: got the method {method:?}, which is none of {resource:?}"));
    match (resource, method) {
        (Resource::Repo, _) => read_repo(app, method, arguments),
        (Resource::Lock(run), "lock") => {
            let force = arguments.first() == Some(&Node::Bool(true));
            pool(app).lock(client, handler, run, force)?;
            Ok(Node::None)
        }
        (Resource::Lock(run), "release") => {
            pool(app).unlock(run, handler);
            settle(app, run);
            Ok(Node::None)
        }
        (Resource::Heartbeat(_), "stop") => Ok(Node::None),
        (Resource::Files, "poll") => {
            let pattern = arguments.first().and_then(Node::as_text).unwrap_or_default();
            let check_ins = app.aim.check_ins.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(check_ins.poll(pattern).map_or(Node::None, Node::Text))
        }
        (Resource::Run { run, .. }, _) => read_run(app, run, method, arguments),
        (Resource::Tree { .. }, "preload" | "finalize") => Ok(Node::None),
        (Resource::Tree { .. }, _) => read_tree(app, method, arguments),
        _ => Err(unknown()),
    }
}

fn read_repo(app: &App, method: &str, arguments: &[Node]) -> Result<Node, Exception> {
    let list = |is_wanted: fn(&RunRow) -> bool| {
        let rows = look::rows(app)?;
        let wanted = rows.iter().filter(|row| is_wanted(row));
        let ids: BTreeSet<String> = wanted.map(|row| row.id.to_string()).collect();
        Ok(Node::List(ids.into_iter().map(Node::Text).collect()))
    };
    match method {
        "list_all_runs" => list(|_| true),
        "list_active_runs" => list(|row| row.status == RunStatus::Running),
        "delete_run" => {
            let run = arguments.first().and_then(Node::as_text).unwrap_or_default();
            let Some(row) = look::row(app, run)? else { return Ok(Node::Bool(false)) };
            app.store.delete(&[row.id]).map_err(failed)?;
            Ok(Node::Bool(true))
        }
        // What no run refers to is not there; a run needs no closing, and no index.
        "prune" | "_close_run" | "_recreate_index" => Ok(Node::None),
        other => {
            Err(Exception::runtime(format!("ask the repository: {other:?} is not done over the network")))
        }
    }
}

fn read_run(app: &App, run: RunId, method: &str, arguments: &[Node]) -> Result<Node, Exception> {
    let none = || Exception::missing_run(format!("Cannot find Run {run}."));
    let row = look::row(app, &run.to_string())?.ok_or_else(none)?;
    let tag = || arguments.first().and_then(Node::as_text).map(str::to_owned);
    let no_tag = || Exception::value(format!("{method}: got no tag"));
    let optional = |text: &str| if text.is_empty() { Node::None } else { Node::text(text) };
    Ok(match method {
        "name" if row.name.is_empty() => Node::Text(default_name(run)),
        "name" => Node::text(&row.name),
        "description" => optional(&row.description),
        "experiment" => optional(&row.experiment),
        "archived" => Node::Bool(row.is_archived),
        "creation_time" => Node::Float(seconds(row.created)),
        "end_time" => row.ended.map_or(Node::None, |ended| Node::Float(seconds(ended))),
        "tags" => Node::List(row.tags.iter().map(|tag| Node::text(tag)).collect()),
        "hash" => Node::Text(run.to_string()),
        "add_tag" => {
            edit(app, run, Edit::AddTag(tag().ok_or_else(no_tag)?)).map_err(failed)?;
            Node::None
        }
        "remove_tag" => {
            let tag = tag().ok_or_else(no_tag)?;
            let is_there = row.tags.contains(&tag);
            if is_there {
                edit(app, run, Edit::RemoveTag(tag)).map_err(failed)?;
            }
            Node::Bool(is_there)
        }
        other => return Err(Exception::value(format!("ask a run: got the method {other:?}"))),
    })
}

fn read_tree(app: &App, method: &str, arguments: &[Node]) -> Result<Node, Exception> {
    let path = arguments.first().map_or(Some(Vec::new()), path_of);
    let path = path.ok_or_else(|| Exception::value(format!("{method}: got no path")))?;
    let missing = || {
        let words: Vec<String> = path.iter().map(Key::to_string).collect();
        Exception::missing_key(format!("No key {} is present.", words.join("/")))
    };
    let empty = || Node::List(Vec::new());
    match method {
        "collect" => {
            if let Some(list) = look::listed(app, &path)? {
                return Ok(list);
            }
            let node = look(app, &path, Depth::Whole)?.ok_or_else(missing)?;
            let is_strict = arguments.get(1) != Some(&Node::Bool(false));
            Ok(if is_strict { node } else { trailmark_aim::example(&node) })
        }
        "keys_eager" => Ok(look(app, &path, Depth::Keys)?.map_or_else(empty, |node| keys(&node))),
        "items_eager" => Ok(look(app, &path, Depth::Whole)?.map_or_else(empty, |node| items(&node))),
        "iterlevel" => {
            let level = arguments.get(1).and_then(Node::as_int).unwrap_or(1).clamp(1, MOST_LEVELS);
            Ok(look(app, &path, Depth::Whole)?.map_or_else(empty, |node| levels(&node, level as usize)))
        }
        "first_key" => {
            let first = look(app, &path, Depth::Keys)?.as_ref().and_then(first_key);
            first.ok_or_else(Exception::stop_iteration)
        }
        "last_key" => look(app, &path, Depth::Keys)?.as_ref().and_then(last_key).ok_or_else(missing),
        other => Err(Exception::value(format!("ask a tree: got the method {other:?}"))),
    }
}

fn run_of(hash: &str) -> Result<RunId, Exception> {
    let wrong = |_| {
        Exception::value(format!(
            "open a run: got the hash {hash:?}, want 24 hexadecimal digits as Aim makes them"
        ))
    };
    hash.parse().map_err(wrong)
}

pub(super) fn pool(app: &App) -> MutexGuard<'_, Pool> {
    app.aim.pool.lock().unwrap_or_else(PoisonError::into_inner)
}
