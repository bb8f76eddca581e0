//! The thread that makes written bytes durable, and lets go of clients that have gone silent.

use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::call;
use crate::app::App;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(200);

/// Starts it; it ends with the server.
pub(crate) fn keep(app: &Arc<App>) -> std::io::Result<()> {
    let app = Arc::downgrade(app);
    let keep = move || keep_until_gone(&app);
    std::thread::Builder::new().name("aim-keeper".to_owned()).spawn(keep).map(drop)
}

fn keep_until_gone(app: &Weak<App>) {
    loop {
        std::thread::park_timeout(LOOK);
        let Some(app) = app.upgrade() else { return };
        let now = Instant::now();
        app.aim.sessions.sync(now);
        let held = app.aim.pool.lock().unwrap_or_else(PoisonError::into_inner).expire(now);
        for run in held {
            tracing::info!(%run, "an Aim client has gone silent, its run is let go");
            call::settle(&app, run);
        }
    }
}
