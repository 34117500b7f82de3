//! What the window and the command line are told about the queue.

use std::sync::Arc;
use std::time::Instant;

use super::super::totals::Going;
use super::Desk;
use crate::engine::event::{Event, UploadsEvent};
use crate::engine::runtime::now;
use crate::model::{Bitmap, Upload, UploadId};

/// A change of one file's state, for the command line.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) upload: Upload,
    pub(crate) seconds: Option<f64>,
    /// What holds it up, besides its state.
    pub(crate) delay: Option<Delay>,
}

/// What holds a file up, for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delay {
    pub(crate) seconds: f64,
    pub(crate) reason: &'static str,
}

impl Desk {
    pub(crate) fn tile(&self, upload: UploadId, bitmap: Arc<Bitmap>) {
        self.core.bus.send(Event::Uploads(UploadsEvent::Thumbnail { upload, bitmap }));
    }

    /// Tells the window what is different, at most ten times a second.
    pub(super) fn tell(&self) {
        let mut queue = self.queue();
        if queue.flood.is_some_and(|until| until <= now()) {
            queue.flood = None;
        }
        let (changed, removed) = queue.take_changes();
        let flood = queue.flood;
        // While nothing moves, only the speed may still have to sink to nothing.
        let idle = queue.last_totals.is_none_or(|totals| totals.speed == 0.0);
        let sums = if changed.is_empty() && removed.is_empty() && idle {
            None
        } else {
            let speed = queue.speed.speed(Instant::now());
            let wait = flood.map_or(0, |until| u64::try_from(until - now()).unwrap_or(0));
            let going = Going {
                speed,
                last_speed: queue.speed.steady(),
                pace: queue.pace.seconds(),
                wait,
                connections: self.core.telegram.transfer_connections(),
            };
            let sums = queue.tally.totals(&going);
            if sums.finished == sums.files {
                queue.pace.rest();
            }
            let news = queue.last_totals != Some(sums);
            queue.last_totals = Some(sums);
            news.then_some(sums)
        };
        drop(queue);
        let bus = &self.core.bus;
        if !removed.is_empty() {
            bus.send(Event::Uploads(UploadsEvent::Removed(removed)));
        }
        if !changed.is_empty() {
            bus.send(Event::Uploads(UploadsEvent::Changed(changed)));
        }
        if let Some(sums) = sums {
            bus.send(Event::Uploads(UploadsEvent::Totals(sums)));
        }
    }

    /// News since the last time, in order.
    pub(crate) fn take_news(&self) -> Vec<News> {
        self.queue().news.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
