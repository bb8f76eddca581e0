//! Whole number series, merged.

use trailmark_core::{RunId, SeriesKey};
use trailmark_store::{Columns, Merger, Points, Store, Wanted};

use crate::error::ApiError;

/// The series, in the order of the keys; an empty one for a key that the run has not.
pub(crate) fn numbers(
    store: &dyn Store,
    run: RunId,
    keys: &[SeriesKey],
    columns: Columns,
) -> Result<Vec<Points>, ApiError> {
    let mut mergers: Vec<Merger> = keys.iter().map(|_| Merger::default()).collect();
    let wanted = Wanted { run, series: keys.to_vec(), columns, after: None };
    store.series(&wanted, &mut |block| {
        if let Some(merger) = mergers.get_mut(block.series) {
            merger.push(block.order, block.column);
        }
    })?;
    Ok(mergers.into_iter().map(Merger::finish).collect())
}
