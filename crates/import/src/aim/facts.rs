//! What a run's first database says: params, contexts, kinds of series, files, when it ended.

use std::collections::HashMap;
use std::path::PathBuf;

use trailmark_aim::{
    Key, Node, OURS, Tree, Write, artifact_from_node, context_from_node, moment, param_from_node, writes,
};
use trailmark_core::{Artifact, Context, ParamValue, RunId, WallTime};

use super::{blob_key, encoded, readable};
use crate::rocks::Database;
use crate::{ImportError, Intake, fs};

/// What an address of a file of this machine begins with.
const FILE: &str = "file://";

/// What is known of a run beside its points.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// When it ended.
    pub(super) ended: Option<WallTime>,
    writes: Vec<Write>,
}

impl Facts {
    /// Reads all that lies below the run's key.
    pub(super) fn read(database: &Database, run: RunId, into: &mut Intake<'_>) -> Self {
        let path = ["meta", "chunks", &run.to_string()];
        let prefix = encoded(&path);
        let (mut cursor, mut blobs) = (database.cursor(), database.cursor());
        let mut tree = Tree::default();
        let mut is_there = cursor.seek(&prefix);
        while is_there {
            let Some(rest) = cursor.key().strip_prefix(&prefix[..]) else { break };
            let put = match cursor.value() {
                [] => {
                    let wanted = blob_key(cursor.key());
                    let value =
                        if blobs.seek(&wanted) && *blobs.key() == wanted { blobs.value() } else { &[] };
                    tree.put(rest, value, true)
                }
                value => tree.put(rest, value, false),
            };
            if let Err(error) = put {
                into.problem(readable(cursor.key()), error.to_string());
            }
            is_there = cursor.advance();
        }
        let mut found = Vec::new();
        if let Some(tree) = tree.finish() {
            writes(&path.map(Key::from), Some(tree), &mut found);
        }
        let ended = found.iter().find_map(|(_, write)| match write {
            Write::EndTime(time) => *time,
            _ => None,
        });
        Self { ended: ended.map(moment), writes: found.into_iter().map(|(_, write)| write).collect() }
    }

    /// Hands everything over; gives back what the ids of contexts stand for.
    pub(super) fn hand_over(self, into: &mut Intake<'_>) -> Result<HashMap<i64, Context>, ImportError> {
        let mut contexts = HashMap::new();
        for write in self.writes {
            match write {
                Write::Param { value, .. } => params(&value, into)?,
                Write::Context { id, value } => {
                    let context = context_from_node(&value);
                    let said = ParamValue::Map(context.as_params().clone());
                    into.param(&[OURS, "contexts", &id.to_string()], said)?;
                    contexts.insert(id, context);
                }
                Write::Dtype { trace, dtype } => {
                    into.param(&[OURS, "dtypes", &trace.context.to_string(), &trace.name], dtype.into())?;
                }
                Write::Artifact { name, value } => match artifact_from_node(&value) {
                    Some(artifact) => take_artifact(&name, artifact, into)?,
                    None => into.param(&[OURS, "other", "artifacts", &name], param_from_node(&value))?,
                },
                Write::ArtifactsUri(uri) => into.param(&[OURS, "artifacts_uri"], uri.into())?,
                Write::Other { path, value } => {
                    let words: Vec<String> = path.iter().map(Key::to_string).collect();
                    let path: Vec<&str> =
                        [OURS, "other"].into_iter().chain(words.iter().map(String::as_str)).collect();
                    into.param(&path, value.map_or(ParamValue::None, |value| param_from_node(&value)))?;
                }
                Write::EndTime(_) | Write::DropParam { .. } | Write::Piece { .. } => {}
            }
        }
        Ok(contexts)
    }
}

/// Hands the params over.
fn params(value: &Node, into: &mut Intake<'_>) -> Result<(), ImportError> {
    let ParamValue::Map(mut params) = param_from_node(value) else { return Ok(()) };
    for reserved in [OURS, crate::intake::IMPORTED] {
        if params.remove(reserved).is_some() {
            into.problem(format!("attrs/{reserved}"), "a param of a reserved name is left out");
        }
    }
    into.params(params)
}

/// Hands a file over: its bytes where it lies on this machine, else its address.
fn take_artifact(name: &str, artifact: Artifact, into: &mut Intake<'_>) -> Result<(), ImportError> {
    let path = artifact.uri.strip_prefix(FILE).map(PathBuf::from);
    let Some(path) = path.filter(|path| path.is_absolute()) else { return into.artifact(name, artifact) };
    let n_bytes = fs::state(&path).map(|state| state.0);
    if n_bytes.is_some() && into.kept_artifact(name).map(|kept| kept.n_bytes) == n_bytes {
        return Ok(());
    }
    match fs::open(&path) {
        Ok(mut file) if path.is_file() => {
            let file = Some(into.keep(&mut file)?);
            into.artifact(name, Artifact { file, uri: String::new() })
        }
        _ if into.kept_artifact(name).is_some() => Ok(()),
        _ => {
            let reason = "the file of an artifact is not there any more; its address is kept";
            into.problem(path.display().to_string(), reason);
            into.artifact(name, artifact)
        }
    }
}
