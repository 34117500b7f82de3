//! How an original comes along, as the window sees it: progress over the best picture at hand,
//! which gets better as more of the original is here.
//!
//! Async on the network workers; the store is read and parts are decoded on the pool. Beside each
//! task that waits for a whole original runs one of these, and ends with it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::load;
use super::pace::Pace;
use super::reconcile::{Far, Lane};
use crate::engine::core::Core;
use crate::engine::event::{Event, Picture, Progress, Remedy, Trouble};
use crate::engine::originals::{Coming, Original};
use crate::engine::{Want, originals};
use crate::model::{Bitmap, MediaKind, Photo, Rendition};
use crate::pixels::{self, Limits};
use crate::telegram::{Connection, Wait};

/// The shortest time between two tellings.
const BEAT: Duration = Duration::from_millis(100);
/// While nothing comes, that is told so often.
const STILL: Duration = Duration::from_secs(1);
/// Memory for a part, bytes: for more one waits until it is whole.
const MOST_BYTES: u64 = 256 << 20;

/// What the decider and the task know of each other.
pub(super) struct Standing {
    far: AtomicU8,
    is_first: AtomicBool,
    told: Arc<Notify>,
}

impl Standing {
    pub(super) fn new(told: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self { far: AtomicU8::new(0), is_first: AtomicBool::new(false), told })
    }

    pub(super) fn far(&self) -> Far {
        match self.far.load(Ordering::Relaxed) {
            0 => Far::Begun,
            1 => Far::AskedFor,
            _ => Far::NearlyHere,
        }
    }

    /// It never goes back.
    fn reach(&self, far: Far) {
        let far = far as u8;
        if self.far.fetch_max(far, Ordering::Relaxed) < far {
            self.told.notify_one();
        }
    }

    /// Whether it is the one that is looked at.
    pub(super) fn set_first(&self, is_first: bool) {
        self.is_first.store(is_first, Ordering::Relaxed);
    }
}

/// How far an original is.
fn far(coming: &Coming) -> Far {
    let left = coming.progress.total.saturating_sub(coming.progress.bytes);
    if coming.is_asked_for && left <= originals::PIECE.max(coming.progress.total / 8) {
        Far::NearlyHere
    } else if coming.is_asked_for {
        Far::AskedFor
    } else {
        Far::Begun
    }
}

/// Tells how the original of a want comes along, where it has to come. Never returns.
pub(super) async fn tell(core: &Core, want: Want, lane: Lane, standing: &Standing) -> Infallible {
    if lane == Lane::Whole
        && let Ok(photo) = core.photo(want.photo).await
        && photo.kind == MediaKind::Image
    {
        Teller::new(core, want, photo, standing).await.tell().await
    } else {
        std::future::pending().await
    }
}

struct Teller<'a> {
    core: &'a Core,
    want: Want,
    photo: Arc<Photo>,
    standing: &'a Standing,
    original: Original,
    coming: watch::Receiver<Coming>,
    line: watch::Receiver<Connection>,
    waits: watch::Receiver<Vec<Wait>>,
    best: Arc<Bitmap>,
    is_partial: bool,
    pace: Pace,
}

impl<'a> Teller<'a> {
    async fn new(core: &'a Core, want: Want, photo: Arc<Photo>, standing: &'a Standing) -> Self {
        let original = Original::of(core, &photo);
        Self {
            coming: original.coming(),
            line: core.telegram.connection(),
            waits: core.telegram.waits(),
            best: load::at_hand(core, &photo, want.fit).await,
            core,
            want,
            photo,
            standing,
            original,
            is_partial: false,
            pace: Pace::default(),
        }
    }

    async fn tell(mut self) -> ! {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let shows = matches!(self.want.rendition, Rendition::Screen | Rendition::Original);
        loop {
            let coming = *self.coming.borrow_and_update();
            self.standing.reach(far(&coming));
            let is_coming = coming.progress.bytes < coming.progress.total;
            if shows && is_coming {
                self.sharpen(&coming).await;
                self.deliver();
            }
            beat.tick().await;
            let news = async {
                tokio::select! {
                    changed = self.coming.changed() => changed.is_ok(),
                    changed = self.line.changed() => changed.is_ok(),
                    changed = self.waits.changed() => changed.is_ok(),
                }
            };
            if let Ok(false) = timeout(STILL, news).await {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Decodes what is here, where that is due.
    async fn sharpen(&mut self, coming: &Coming) {
        if self.want.rendition == Rendition::Original {
            // Another one does so: the screen's size is wished for before it.
            if let Some(best) = self.original.part() {
                (self.best, self.is_partial) = (best, true);
            }
            return;
        }
        let Photo { size, bytes, .. } = *self.photo;
        let speed = self.original.bytes_per_second();
        let coming =
            Coming { progress: Progress { bytes_per_second: speed, ..coming.progress }, ..*coming };
        let is_first = self.standing.is_first.load(Ordering::Relaxed);
        if !is_first || !self.pace.is_due(Instant::now(), &coming, super::gate::pixels(size, bytes))
        {
            return;
        }
        let Some(pass) = self.core.gate.try_pass(size, bytes) else { return };
        let Ok(prefix) = self.original.prefix().await else { return };
        let length = prefix.len() as u64;
        // By now there may be a thumbnail.
        let under = load::at_hand(self.core, &self.photo, self.want.fit).await;
        let fit = self.want.fit;
        let decoded = self.core.pool.run(move || {
            let begun = Instant::now();
            let limits = Limits { max_alloc_bytes: MOST_BYTES, ..Limits::default() };
            let part = pixels::prefix(&prefix, fit, Some(&under), &limits);
            drop((prefix, pass));
            (part, begun.elapsed())
        });
        if let Ok((part, took)) = decoded.await {
            self.pace.decoded(length, took, Instant::now());
            if let Some(part) = part.map(Arc::new) {
                self.original.show_part(part.clone());
                (self.best, self.is_partial) = (part, true);
            }
        }
    }

    fn deliver(&self) {
        // Of now, after what a decode took.
        let progress = self.coming.borrow().progress;
        let bytes_per_second = self.original.bytes_per_second();
        let Want { photo, rendition, .. } = self.want;
        self.core.bus.send(Event::Picture(Picture {
            trouble: self.rests(),
            partial: self.is_partial,
            progress: Some(Progress { bytes_per_second, ..progress }),
            ..Picture::new(photo, rendition, Ok(self.best.clone()))
        }));
    }

    /// Why nothing comes at the moment, if that has a name.
    fn rests(&self) -> Option<Trouble> {
        if let Connection::Offline { why } = &*self.line.borrow() {
            return Some(Trouble {
                sentence: "There is no connection to Telegram; it goes on when there is".into(),
                cause: Some(why.clone()),
                remedy: Remedy::None,
            });
        }
        let waits = self.waits.borrow();
        let wait = waits.iter().find(|wait| wait.method == "upload.getFile")?;
        Some(Trouble {
            sentence: "Telegram asks to wait; it goes on by itself".into(),
            cause: None,
            remedy: Remedy::WaitUntil(wait.until),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_is_nearly_here_when_little_is_left_of_it() {
        let at = |bytes, is_asked_for| {
            let progress = Progress { bytes, total: 8 << 20, bytes_per_second: 1.0 };
            far(&Coming { progress, prefix: 0, is_asked_for })
        };
        assert_eq!(at(0, false), Far::Begun);
        assert_eq!(at(1 << 20, true), Far::AskedFor);
        assert_eq!(at(15 << 19, true), Far::NearlyHere);
    }
}
