//! The questions and contexts that answers refer to, and the paragraphs that training and evaluation share.

use std::collections::BTreeSet;
use std::sync::Arc;

use trailmark_core::{Answer, ContentId};
use trailmark_store::{RunItem, Store};

use super::shelf::{Pack, Shelf, count};
use crate::dto::Leak;
use crate::error::ApiError;

/// What the answers of a run refer to.
#[derive(Debug, Default)]
pub(super) struct Library {
    packs: Vec<Pack>,
    train: BTreeSet<ContentId>,
    eval: BTreeSet<ContentId>,
}

impl Library {
    /// A text; none when its blob is lost.
    pub(super) fn text(&self, id: &ContentId) -> Option<&str> {
        self.packs.iter().find_map(|pack| pack.get(id)).map(String::as_str)
    }
}

impl Shelf {
    /// The texts of a run.
    pub(super) fn library(&self, store: &dyn Store, item: &RunItem) -> Result<Arc<Library>, ApiError> {
        let name = (item.id(), count(item));
        if let Some(known) = self.libraries.find(&name) {
            return Ok(known);
        }
        let contents = store.contents(item.id())?;
        let mut packs = Vec::new();
        for id in contents.packs {
            let pack = match self.packs.find(&id) {
                Some(known) => known,
                None => match store.texts(&id) {
                    Ok(texts) => self.keep_pack(id, texts),
                    Err(error) => {
                        // The answers are worth showing without their texts.
                        tracing::warn!(run = %item.id(), %error, "a pack of texts cannot be read");
                        continue;
                    }
                },
            };
            packs.push(pack);
        }
        let paragraphs =
            |subset: &str| contents.paragraphs.get(subset).into_iter().flatten().copied().collect();
        let library = Arc::new(Library { packs, train: paragraphs("train"), eval: paragraphs("eval") });
        let n_bytes = 128 + 48 * (library.train.len() + library.eval.len());
        self.libraries.keep(name, Arc::clone(&library), n_bytes);
        Ok(library)
    }

    fn keep_pack(&self, id: ContentId, texts: std::collections::BTreeMap<ContentId, String>) -> Pack {
        let n_bytes = texts.values().map(|text| text.len() + 96).sum();
        let pack = Arc::new(texts);
        self.packs.keep(id, Arc::clone(&pack), n_bytes);
        pack
    }
}

/// Evaluation paragraphs that are in a training part, and how many of the answers are about them; none when there are
/// none, or when nobody kept which paragraphs there were.
pub(super) fn leak<'a>(libraries: &[&Library], answers: impl Iterator<Item = &'a Answer>) -> Option<Leak> {
    let eval: BTreeSet<&ContentId> = libraries.iter().flat_map(|library| &library.eval).collect();
    let is_trained = |id: &ContentId| libraries.iter().any(|library| library.train.contains(id));
    let shared = eval.iter().filter(|id| is_trained(id)).count() as u64;
    let questions = answers.filter(|answer| is_trained(&answer.context)).count() as u64;
    (shared > 0).then_some(Leak { shared_paragraphs: shared, eval_paragraphs: eval.len() as u64, questions })
}
