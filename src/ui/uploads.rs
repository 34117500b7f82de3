//! Files on their way: what the window knows of them, the screen that lists them, and the strip
//! at the bottom that is there while work is going on.

mod row;
mod screen;
mod strip;

use std::collections::{BTreeMap, HashMap, VecDeque};

use egui::{Context, TextureHandle, TextureOptions};

pub(crate) use self::screen::Screen;
pub(crate) use self::strip::{is_wanted as strip_is_wanted, ui as strip_ui};
use crate::engine::UploadsEvent;
use crate::model::{Upload, UploadId, UploadState, UploadTotals};

/// Samples of the speed curve: one a second for a minute.
const SPEED_SAMPLES: usize = 60;
/// Local thumbnails kept; only recent rows are ever looked at.
const MOST_THUMBNAILS: usize = 600;

/// Which group a file belongs to, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Failed,
    UnderWay,
    Queued,
    Finished,
}

impl Group {
    pub(crate) const fn of(state: &UploadState) -> Self {
        match state {
            UploadState::Failed { .. } => Self::Failed,
            UploadState::Queued => Self::Queued,
            UploadState::Verified | UploadState::Skipped { .. } => Self::Finished,
            UploadState::Preparing
            | UploadState::Sending { .. }
            | UploadState::Waiting { .. }
            | UploadState::Sent
            | UploadState::Paused { .. } => Self::UnderWay,
        }
    }
}

/// All files of the queue, in the order in which they came.
#[derive(Default)]
pub(crate) struct Uploads {
    by_number: BTreeMap<u64, Upload>,
    numbers: HashMap<UploadId, u64>,
    next: u64,
    totals: UploadTotals,
    thumbnails: HashMap<UploadId, TextureHandle>,
    thumbnail_order: VecDeque<UploadId>,
    speeds: VecDeque<f32>,
    sampled: f64,
    /// When the last file was over; the strip stays a little longer.
    over_since: Option<f64>,
    /// Whether everything was asked to pause.
    pub(crate) all_paused: bool,
}

impl Uploads {
    /// Takes in what happened.
    pub(crate) fn receive(&mut self, ctx: &Context, event: UploadsEvent) {
        match event {
            UploadsEvent::Changed(uploads) => uploads.into_iter().for_each(|u| self.put(u)),
            UploadsEvent::Removed(ids) => {
                for id in ids {
                    if let Some(number) = self.numbers.remove(&id) {
                        self.by_number.remove(&number);
                    }
                    self.thumbnails.remove(&id);
                }
            }
            UploadsEvent::Totals(totals) => self.totals = totals,
            UploadsEvent::Thumbnail { upload, bitmap } => {
                let image = super::pictures::image(&bitmap);
                let texture = ctx.load_texture("upload", image, TextureOptions::LINEAR);
                if self.thumbnails.insert(upload, texture).is_none() {
                    self.thumbnail_order.push_back(upload);
                }
                while self.thumbnail_order.len() > MOST_THUMBNAILS {
                    if let Some(old) = self.thumbnail_order.pop_front() {
                        self.thumbnails.remove(&old);
                    }
                }
            }
        }
        let over = self.is_over();
        self.over_since = if over { self.over_since.or(Some(ctx.time())) } else { None };
        if over {
            self.all_paused = false;
        }
    }

    fn put(&mut self, upload: Upload) {
        let number = *self.numbers.entry(upload.id).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.by_number.insert(number, upload);
    }

    /// Notes the speed once a second, for the curve.
    pub(crate) fn sample_speed(&mut self, now: f64) {
        if now - self.sampled < 1.0 || (self.is_over() && self.speeds.is_empty()) {
            return;
        }
        self.sampled = now;
        #[expect(clippy::cast_possible_truncation, reason = "a curve 48 points high")]
        self.speeds.push_back(if self.is_over() { 0.0 } else { self.totals.speed as f32 });
        if self.speeds.len() > SPEED_SAMPLES {
            self.speeds.pop_front();
        }
    }

    /// Speeds of the last minute as shares of the highest.
    pub(crate) fn speed_curve(&self) -> Vec<f32> {
        let most = self.speeds.iter().copied().fold(1.0, f32::max);
        self.speeds.iter().map(|speed| speed / most * 0.92).collect()
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Upload> {
        self.by_number.values()
    }

    pub(crate) const fn totals(&self) -> &UploadTotals {
        &self.totals
    }

    pub(crate) fn thumbnail(&self, id: UploadId) -> Option<&TextureHandle> {
        self.thumbnails.get(&id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    pub(crate) fn in_group(&self, group: Group) -> impl Iterator<Item = &Upload> {
        self.all().filter(move |upload| Group::of(&upload.state) == group)
    }

    /// Files that are neither over nor failed.
    pub(crate) fn left(&self) -> usize {
        self.all().filter(|upload| !upload.state.is_final()).count()
    }

    /// Files that failed.
    pub(crate) fn failed(&self) -> usize {
        self.in_group(Group::Failed).count()
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.all().all(|upload| upload.state.is_final())
    }

    pub(crate) const fn over_since(&self) -> Option<f64> {
        self.over_since
    }

    /// Unix seconds until which Telegram's latest wait lasts, if all that is under way waits.
    pub(crate) fn waiting_until(&self) -> Option<i64> {
        let mut waits = self.in_group(Group::UnderWay).map(|upload| match upload.state {
            UploadState::Waiting { until, .. } => Some(until),
            _ => None,
        });
        let first = waits.next()??;
        waits.try_fold(first, |latest, wait| wait.map(|wait| wait.min(latest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, PixelSize};

    fn upload(n: i64, state: UploadState) -> Upload {
        Upload {
            id: UploadId(n),
            album: AlbumId(1),
            path: "a.jpg".into(),
            bytes: 10,
            size: PixelSize::default(),
            state,
            photo: None,
        }
    }

    #[test]
    fn a_changed_file_keeps_its_place_and_counts_once() {
        let ctx = Context::default();
        let mut uploads = Uploads::default();
        let failed = UploadState::Failed { reason: "gone".to_owned() };
        uploads.receive(
            &ctx,
            UploadsEvent::Changed(vec![upload(7, UploadState::Queued), upload(3, failed)]),
        );
        assert_eq!((uploads.left(), uploads.failed(), uploads.is_over()), (1, 1, false));
        uploads.receive(&ctx, UploadsEvent::Changed(vec![upload(7, UploadState::Verified)]));
        assert_eq!(uploads.all().map(|u| u.id.0).collect::<Vec<_>>(), [7, 3]);
        assert!(uploads.is_over());
        uploads.receive(&ctx, UploadsEvent::Removed(vec![UploadId(7), UploadId(3)]));
        assert!(uploads.is_empty());
    }
}
