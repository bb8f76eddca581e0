//! Aim's clients: the remote protocol of `aim` 3.x on the server's own port (`docs/aim.md`).
//!
//! In the order in which a call flows: `route` takes it from HTTP or the write socket, `call` finds the resource it is
//! for in the `pool` and does what its method says. Writes go through the run's `session` into a journal of this process,
//! so that the run is live while its client is; reads are answered from the store, seen as Aim would have stored it
//! (`look`). `keeper` makes written bytes durable and lets go of clients that have gone silent.

mod call;
mod checkins;
mod keeper;
mod lines;
mod look;
mod pieces;
mod pool;
pub(crate) mod route;
mod session;
mod sessions;
mod stream;
mod tree;

use std::sync::Mutex;

use trailmark_core::WallTime;
use trailmark_store::micros;

pub(crate) use keeper::keep;

use checkins::CheckIns;
use look::Faces;
use pool::Pool;
use sessions::Sessions;

/// What is known of Aim's clients. Locks are taken in the order of the fields, and never held across a call.
#[derive(Debug, Default)]
pub(crate) struct Aim {
    pool: Mutex<Pool>,
    sessions: Sessions,
    check_ins: Mutex<CheckIns>,
    faces: Faces,
}

/// A time as Aim's clients are told it.
fn seconds(time: WallTime) -> f64 {
    micros(time) as f64 / 1e6
}
