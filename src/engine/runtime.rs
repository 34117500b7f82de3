//! The program's threads: two named tokio workers for the network, a named rayon pool for the
//! processor. Nothing else in the program starts a runtime or a pool.
//!
//! Dropping [`Workers`] stops everything within a second.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rayon::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use super::EngineError;

/// How long dropping may take at most.
const STOP_WITHIN: Duration = Duration::from_millis(800);

/// Runtime and pool.
pub(crate) struct Workers {
    runtime: Option<Runtime>,
    pool: Pool,
}

impl Workers {
    pub(crate) fn start() -> Result<Self, EngineError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("heliogram-net")
            .max_blocking_threads(16)
            .enable_all()
            .build()
            .map_err(|source| EngineError::Io {
                doing: "The network threads could not be started".into(),
                source,
            })?;
        let threads = rayon::ThreadPoolBuilder::new()
            .thread_name(|i| format!("heliogram-work-{i}"))
            .panic_handler(|_| tracing::error!("a job panicked outside its guard"))
            .build()
            .map_err(|e| EngineError::Io {
                doing: "The worker threads could not be started".into(),
                source: std::io::Error::other(e),
            })?;
        Ok(Self { runtime: Some(runtime), pool: Pool(Arc::new(threads)) })
    }

    pub(crate) fn pool(&self) -> Pool {
        self.pool.clone()
    }

    /// The runtime; it is there until the drop.
    pub(crate) fn handle(&self) -> Result<Handle, EngineError> {
        self.runtime.as_ref().map(|r| r.handle().clone()).ok_or(EngineError::Stopping)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(STOP_WITHIN);
        }
    }
}

/// The rayon pool.
#[derive(Clone)]
pub(crate) struct Pool(Arc<rayon::ThreadPool>);

/// A job that panicked: one broken tile, not a dead program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a worker stopped unexpectedly; the log file says where")]
pub(crate) struct Crashed;

impl Pool {
    /// How many jobs run at once.
    pub(crate) fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Runs `job` on the pool; nobody waits for it.
    pub(crate) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        self.0.spawn(job);
    }

    /// Runs `job` on the pool. Dropping the future before the job has begun means that it never
    /// does.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crashed> {
        self.start(job).done().await
    }

    /// Does so many pieces of work, each by its number, side by side. Blocks the caller.
    pub(crate) fn spread(&self, pieces: usize, each: &(dyn Fn(usize) + Sync)) {
        self.0.install(|| (0..pieces).into_par_iter().for_each(each));
    }

    /// As [`run`](Self::run), but queued now and waited for later.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Job<T> {
        let (answer, result) = oneshot::channel();
        self.0.spawn(move || {
            if answer.is_closed() {
                return;
            }
            if let Ok(value) = catch_unwind(AssertUnwindSafe(job)) {
                drop(answer.send(value));
            } else {
                tracing::error!("a job panicked");
            }
        });
        Job(result)
    }
}

/// A job on the pool. Dropped before it has begun, it never does.
pub(crate) struct Job<T>(oneshot::Receiver<T>);

impl<T> Job<T> {
    pub(crate) async fn done(self) -> Result<T, Crashed> {
        self.0.await.map_err(|_| Crashed)
    }
}

/// Locks, also after a panic elsewhere: what these locks guard is whole between two statements.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A random number that is not zero, from the system's randomness.
pub(crate) fn random_id() -> i64 {
    loop {
        let mut bytes = [0; 8];
        if getrandom::fill(&mut bytes).is_err() {
            // The standard library's hasher keys come from the system too, and cannot fail.
            use std::hash::{BuildHasher, Hasher};
            bytes = std::hash::RandomState::new().build_hasher().finish().to_le_bytes();
        }
        let id = i64::from_le_bytes(bytes);
        if id != 0 {
            return id;
        }
    }
}

/// Unix seconds now.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
