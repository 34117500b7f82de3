//! Verifying for the window: one run an album, told of as it goes, stopped when asked.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::verify;
use crate::engine::EngineError;
use crate::engine::core::Core;
use crate::engine::event::{Event, VerifyEvent, VerifyOutcome};
use crate::engine::report::{Stop, VerifyReport, VerifySummary};
use crate::engine::runtime::lock;
use crate::model::AlbumId;

/// The window is told no more often than this.
const PAUSE: Duration = Duration::from_millis(100);
/// So many of what failed are named.
const NAMED: usize = 1000;

/// The runs under way, each with what stops it. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Verifying(Arc<Mutex<HashMap<AlbumId, Stop>>>);

impl Verifying {
    /// Asks the run of an album to stop; there need be none.
    pub(crate) fn stop(&self, album: AlbumId) {
        if let Some(stop) = lock(&self.0).get(&album) {
            stop.stop();
        }
    }
}

/// Ends the run when it is dropped: its task may be.
struct Run(Verifying, AlbumId);

impl Drop for Run {
    fn drop(&mut self) {
        lock(&self.0.0).remove(&self.1);
    }
}

impl Core {
    /// Verifies an album and tells the window; nothing happens where that is under way.
    pub(crate) async fn verify_for_window(
        &self,
        album: AlbumId,
        paths: Vec<PathBuf>,
    ) -> Result<(), EngineError> {
        let stop = Stop::default();
        {
            let mut runs = lock(&self.verifying.0);
            if runs.contains_key(&album) {
                return Ok(());
            }
            runs.insert(album, stop.clone());
        }
        let _run = Run(self.verifying.clone(), album);
        let _work = self.busy.begin();
        let total = self.mirror.messages(album).len();
        let mut outcome = VerifyOutcome {
            album,
            summary: VerifySummary::default(),
            failed: Vec::new(),
            safe: Vec::new(),
            stopped: false,
        };
        let (mut done, mut failed, mut told) = (0, 0, None::<Instant>);
        let tell = |done, failed| {
            let progress = VerifyEvent::Progress { album, done, total, failed };
            self.bus.send(Event::Verify(progress));
        };
        tell(0, 0);
        let ended = {
            let mut each = |report: VerifyReport| {
                done += usize::from(report.photo.is_some());
                match (&report.result, &report.path) {
                    (Ok(()), Some(path)) => outcome.safe.push(path.clone()),
                    (Ok(()), None) => {}
                    (Err(_), _) => {
                        failed += 1;
                        if failed <= NAMED {
                            outcome.failed.push(report);
                        }
                    }
                }
                if told.is_none_or(|told| told.elapsed() >= PAUSE) {
                    told = Some(Instant::now());
                    tell(done.min(total), failed);
                }
            };
            verify(self, album, paths, &stop, &mut each).await
        };
        match ended {
            Ok(summary) => outcome.summary = summary,
            // Stopped by what is said elsewhere; the window need not wait for it any more.
            Err(error) => {
                outcome.stopped = true;
                self.bus.send(Event::Verify(VerifyEvent::Over(outcome)));
                return Err(error);
            }
        }
        outcome.stopped = stop.is_stopped();
        self.bus.send(Event::Verify(VerifyEvent::Over(outcome)));
        Ok(())
    }
}
