//! The one thread pool, of a size that the caller states.
//!
//! Work is cut into tasks whose bounds depend on the shapes alone, never on the number of threads, and every sum has
//! a fixed order; so the bits of a result do not depend on how many threads made it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Error;

/// A pool of threads, cheap to clone; clones share the pool.
#[derive(Debug, Clone)]
pub struct Threads {
    /// Absent for one thread: the caller's own does the work.
    pool: Option<Arc<rayon::ThreadPool>>,
    count: usize,
}

impl Threads {
    /// Starts `count` threads; with 1 no thread is started and the caller's own does the work.
    ///
    /// # Errors
    /// [`Error::Threads`] for a count of 0, or when the operating system gives no thread.
    pub fn new(count: usize) -> Result<Self, Error> {
        if count == 0 {
            return Err(Error::Threads { count, reason: "want at least 1".to_owned() });
        }
        let pool = if count == 1 {
            None
        } else {
            let built = rayon::ThreadPoolBuilder::new()
                .num_threads(count)
                .thread_name(|index| format!("encoder-{index}"))
                .build();
            match built {
                Ok(pool) => Some(Arc::new(pool)),
                Err(error) => {
                    return Err(Error::Threads { count, reason: error.to_string() });
                }
            }
        };
        Ok(Self { pool, count })
    }

    /// How many threads work.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Runs `work` inside the pool, so that [`Self::run`] within it starts at once.
    pub(crate) fn enter<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Calls `work(task, worker)` once for each task below `n_tasks`; `worker` is below [`Self::count`] and no two
    /// calls that run at the same time have the same.
    pub(crate) fn run(&self, n_tasks: usize, work: impl Fn(usize, usize) + Sync) {
        let n_workers = self.count.min(n_tasks);
        if n_workers <= 1 {
            for task in 0..n_tasks {
                work(task, 0);
            }
            return;
        }
        let next = AtomicUsize::new(0);
        let drain = |worker: usize| {
            loop {
                let task = next.fetch_add(1, Ordering::Relaxed);
                if task >= n_tasks {
                    break;
                }
                work(task, worker);
            }
        };
        self.enter(|| fan_out(0, n_workers, &drain));
    }
}

/// Calls `work` for each worker of `first..first + count`, by halves.
fn fan_out(first: usize, count: usize, work: &(impl Fn(usize) + Sync)) {
    if count == 1 {
        work(first);
        return;
    }
    let half = count / 2;
    rayon::join(|| fan_out(first, half, work), || fan_out(first + half, count - half, work));
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn every_task_runs_once_whatever_the_number_of_threads() {
        for count in [1, 2, 3] {
            let threads = Threads::new(count).unwrap();
            let seen = Mutex::new(Vec::new());
            threads.run(17, |task, worker| {
                assert!(worker < count);
                seen.lock().unwrap().push(task);
            });
            let mut seen = seen.into_inner().unwrap();
            seen.sort_unstable();
            assert_eq!(seen, (0..17).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_threads_are_an_error() {
        let error = Threads::new(0).unwrap_err().to_string();
        assert_eq!(error, "start threads: got 0, want at least 1");
    }
}
