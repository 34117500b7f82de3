//! Jobs on files of one folder, and waiting until none of them is at work. Async; the jobs run on
//! the pool.

use std::sync::Arc;

use tokio::sync::RwLock;

use crate::engine::runtime::{Crashed, Pool};

/// See the module.
pub(super) struct Work {
    pool: Pool,
    /// Shared by the jobs: one that has begun goes on when nobody waits for it any more.
    jobs: Arc<RwLock<()>>,
}

impl Work {
    pub(super) fn on(pool: Pool) -> Self {
        Self { pool, jobs: Arc::default() }
    }

    /// Runs `job` on the pool.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crashed> {
        let at_work = self.jobs.clone().read_owned().await;
        self.pool
            .run(move || {
                let _until_done = at_work;
                job()
            })
            .await
    }

    /// As [`run`](Self::run), once no other job is at work.
    pub(super) async fn run_last<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crashed> {
        let _alone = self.jobs.write().await;
        self.pool.run(job).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use futures_util::FutureExt;

    use super::*;
    use crate::engine::runtime::Workers;

    #[test]
    fn the_last_job_waits_for_one_that_nobody_waits_for() {
        let workers = Workers::start().unwrap();
        let work = Work::on(workers.pool());
        let ((begins, begun), (go, goes), (ends, ended)) = (channel(), channel(), channel());
        let ends_first = ends.clone();
        let mut dropped = Box::pin(work.run(move || {
            begins.send(()).unwrap();
            goes.recv().unwrap();
            ends_first.send("first").unwrap();
        }));
        assert!((&mut dropped).now_or_never().is_none());
        begun.recv().unwrap();
        drop(dropped);
        let mut last = Box::pin(work.run_last(move || ends.send("last").unwrap()));
        assert!((&mut last).now_or_never().is_none());
        go.send(()).unwrap();
        workers.handle().unwrap().block_on(last).unwrap();
        assert_eq!(ended.iter().collect::<Vec<_>>(), ["first", "last"]);
    }
}
