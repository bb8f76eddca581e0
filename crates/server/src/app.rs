//! What all requests share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use trailmark_core::WallTime;
use trailmark_store::{Stats, Store};

use crate::aim::Aim;
use crate::answers::Shelf;
use crate::ask::{Answerer, Keeper};
use crate::checkpoints::Checkpoints;
use crate::error::ApiError;
use crate::live::Live;
use crate::logs::Logs;
use crate::objects::Objects;
use crate::series::SampledSeries;
use crate::sign_in::SignIn;
use crate::snapshot::Snapshots;

/// How long sums over all files stay true enough.
const STATS_FRESH: Duration = Duration::from_secs(5);

/// Who answers questions, and who keeps the answers, where somebody does.
pub(crate) type Helpers = (Option<Arc<dyn Answerer>>, Option<Arc<dyn Keeper>>);

/// The server's state.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    /// Where the repository lies.
    pub(crate) path: PathBuf,
    pub(crate) started: WallTime,
    pub(crate) snapshots: Snapshots,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) sampled: SampledSeries,
    pub(crate) logs: Logs,
    pub(crate) objects: Objects,
    pub(crate) shelf: Shelf,
    pub(crate) answerer: Option<Arc<dyn Answerer>>,
    pub(crate) keeper: Option<Arc<dyn Keeper>>,
    pub(crate) live: Live,
    pub(crate) aim: Aim,
    pub(crate) sign_in: SignIn,
    stats: Mutex<Option<(Stats, Instant)>>,
}

impl App {
    /// Reads the repository's runs.
    pub(crate) fn open(
        store: Arc<dyn Store>,
        path: PathBuf,
        (answerer, keeper): Helpers,
        sign_in: SignIn,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            snapshots: Snapshots::open(Arc::clone(&store))?,
            store,
            path,
            started: WallTime::from(SystemTime::now()),
            checkpoints: Checkpoints::default(),
            sampled: SampledSeries::default(),
            logs: Logs::default(),
            objects: Objects::default(),
            shelf: Shelf::default(),
            answerer,
            keeper,
            live: Live::default(),
            aim: Aim::default(),
            sign_in,
            stats: Mutex::default(),
        })
    }

    /// Bytes of the repository's files, as they were a moment ago.
    pub(crate) fn disk_bytes(&self) -> Result<u64, ApiError> {
        let mut kept = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.filter(|(_, taken)| taken.elapsed() < STATS_FRESH);
        let stats = match known {
            Some((stats, _)) => stats,
            None => self.store.stats()?,
        };
        *kept = known.or(Some((stats, Instant::now())));
        Ok(stats.journal_bytes + stats.segment_bytes + stats.blob_bytes)
    }
}
