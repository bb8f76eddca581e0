//! Which checkpoints runs have: as their rows tell; of a run that has very many read once, and again when there are more.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use trailmark_core::{RunId, Value};
use trailmark_store::{Columns, Order, RunItem, Store, Wanted, checkpoint_key};

use crate::error::ApiError;
use crate::keep::Keep;

/// Steps and folders, by step.
pub(crate) type List = Arc<Vec<(i64, PathBuf)>>;

const KEPT_BYTES: usize = 16 << 20;

/// The checkpoints of runs.
#[derive(Debug)]
pub(crate) struct Checkpoints(Keep<(RunId, u64), List>);

impl Default for Checkpoints {
    fn default() -> Self {
        Self(Keep::new(KEPT_BYTES))
    }
}

impl Checkpoints {
    /// The checkpoints of a run.
    pub(crate) fn of(&self, store: &dyn Store, item: &RunItem) -> Result<List, ApiError> {
        let key = checkpoint_key();
        let Some(series) = item.row.series(&key) else { return Ok(Arc::default()) };
        if item.row.checkpoints.len() as u64 == series.count {
            let known = item.row.checkpoints.iter();
            return Ok(Arc::new(known.map(|(step, folder)| (step.0, PathBuf::from(folder))).collect()));
        }
        let name = (item.id(), series.count);
        if let Some(known) = self.0.find(&name) {
            return Ok(known);
        }
        let wanted = Wanted { run: item.id(), series: vec![key], columns: Columns::default(), after: None };
        let mut latest: BTreeMap<i64, (Order, PathBuf)> = BTreeMap::new();
        store.objects(&wanted, &mut |object| {
            let Value::Text(folder) = object.value else { return };
            let is_later = latest.get(&object.step.0).is_none_or(|(order, _)| *order < object.order);
            if is_later {
                latest.insert(object.step.0, (object.order, PathBuf::from(folder)));
            }
        })?;
        let list: List = Arc::new(latest.into_iter().map(|(step, (_, folder))| (step, folder)).collect());
        let n_bytes = 64 + list.iter().map(|(_, folder)| 64 + folder.as_os_str().len()).sum::<usize>();
        self.0.keep(name, Arc::clone(&list), n_bytes);
        Ok(list)
    }
}
