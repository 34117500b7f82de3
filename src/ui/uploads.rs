//! Files on their way: what the window knows of them, the screen that lists them, and the strip
//! at the bottom that is there while work is going on.

mod drag;
mod header;
mod in_view;
mod row;
mod screen;
mod strip;
mod summary;
mod tally;
mod touched;

use std::collections::{HashMap, HashSet, VecDeque};

use egui::{Context, TextureHandle};

use self::in_view::InView;
pub(crate) use self::screen::Screen;
pub(crate) use self::strip::{is_wanted as strip_is_wanted, ui as strip_ui};
use self::tally::Tally;
pub(crate) use self::touched::Revision;
use self::touched::TouchedLog;
use crate::engine::UploadsEvent;
use crate::model::{
    AlbumId, Library, PhotoId, PhotoRef, Upload, UploadId, UploadState, UploadTotals,
};

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
            UploadState::Queued | UploadState::Paused { .. } => Self::Queued,
            UploadState::Verified | UploadState::Skipped { .. } => Self::Finished,
            UploadState::Preparing
            | UploadState::Sending { .. }
            | UploadState::Waiting { .. }
            | UploadState::Sent => Self::UnderWay,
        }
    }
}

/// A file of the queue and when it was first heard of, Unix seconds.
struct Known {
    upload: Upload,
    seen: i64,
}

impl Known {
    fn draft(&self, library: &Library) -> Option<(&Upload, i64)> {
        let is_there = self.upload.photo.is_some_and(|id| library.photo(id).is_some());
        (is_draft(&self.upload) && !is_there).then_some((&self.upload, self.seen))
    }
}

/// All files of the queue.
#[derive(Default)]
pub(crate) struct Uploads {
    files: HashMap<UploadId, Known>,
    tally: Tally,
    totals: UploadTotals,
    thumbnails: HashMap<UploadId, TextureHandle>,
    thumbnail_order: VecDeque<UploadId>,
    in_view: InView,
    /// Files that may become a photo at any moment.
    nearly_there: HashSet<UploadId>,
    /// Photos that files on their way have become.
    became: HashMap<PhotoId, UploadId>,
    /// Photos whose own picture is here already.
    handovers: Vec<(PhotoId, TextureHandle)>,
    /// Which files stand elsewhere in the grid, or no longer, and since when.
    touched: TouchedLog,
    speeds: VecDeque<f32>,
    sampled: f64,
    /// When the last file was over; the strip stays a little longer.
    over_since: Option<f64>,
    /// Whether everything was asked to pause.
    pub(crate) all_paused: bool,
}

impl Uploads {
    /// Forgets every file: the next account has its own.
    pub(crate) fn forget(&mut self) {
        *self = Self { touched: self.touched.emptied(), ..Self::default() };
    }

    /// Takes in what happened.
    pub(crate) fn receive(&mut self, ctx: &Context, event: UploadsEvent) {
        match event {
            UploadsEvent::Changed(uploads) => uploads.into_iter().for_each(|u| self.put(u)),
            UploadsEvent::Removed(ids) => ids.into_iter().for_each(|id| self.remove(id)),
            UploadsEvent::Totals(totals) => self.totals = totals,
            UploadsEvent::GoesOn { .. } => {}
            UploadsEvent::Thumbnail { upload, bitmap } => {
                self.in_view.forget(upload);
                let texture = super::pictures::thumbnail_texture(ctx, &bitmap);
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

    fn remove(&mut self, id: UploadId) {
        if let Some(known) = self.files.remove(&id) {
            self.tally.changed(Some(&known.upload), None);
            if let Some(photo) = known.upload.photo {
                self.became.remove(&photo);
            }
            self.touched.note(id);
        }
        self.thumbnails.remove(&id);
        self.in_view.forget(id);
        self.nearly_there.remove(&id);
    }

    fn put(&mut self, mut upload: Upload) {
        let known = self.files.get(&upload.id);
        // Its photo may have come first.
        upload.photo = upload.photo.or(known.and_then(|known| known.upload.photo));
        let seen = known.map_or_else(|| jiff::Timestamp::now().as_second(), |known| known.seen);
        let shape = |upload: &Upload| {
            (is_draft(upload), upload.album, upload.size, upload.taken, upload.photo)
        };
        if known.map(|known| shape(&known.upload)) != Some(shape(&upload)) {
            self.touched.note(upload.id);
        }
        if let Some(photo) = upload.photo {
            if is_draft(&upload) {
                self.became.insert(photo, upload.id);
            } else {
                self.became.remove(&photo);
            }
            self.nearly_there.remove(&upload.id);
            if known.is_none_or(|known| known.upload.photo.is_none()) {
                self.hand_over(upload.id, photo);
            }
        } else if upload.state.is_under_way() {
            self.nearly_there.insert(upload.id);
        } else {
            self.nearly_there.remove(&upload.id);
        }
        let before = self.files.get(&upload.id).map(|known| &known.upload);
        self.tally.changed(before, Some(&upload));
        self.files.insert(upload.id, Known { upload, seen });
    }

    /// A photo has come: if it is one of the files on their way, its tile becomes that photo at
    /// once, before the queue says so.
    pub(crate) fn arrived(&mut self, photo: PhotoRef<'_>) {
        let became = self.nearly_there.iter().copied().find(|id| {
            self.get(*id).is_some_and(|upload| {
                upload.album == photo.id().album
                    && upload.bytes == photo.bytes()
                    && upload.path.file_name().is_some_and(|name| name == photo.name())
            })
        });
        let Some(id) = became else { return };
        self.nearly_there.remove(&id);
        if let Some(known) = self.files.get_mut(&id) {
            known.upload.photo = Some(photo.id());
            self.became.insert(photo.id(), id);
            self.touched.note(id);
            self.hand_over(id, photo.id());
        }
    }

    /// The albums in which a file may become a photo at any moment.
    pub(crate) fn expectant(&self) -> HashSet<AlbumId> {
        self.nearly_there.iter().filter_map(|id| Some(self.get(*id)?.album)).collect()
    }

    fn hand_over(&mut self, upload: UploadId, photo: PhotoId) {
        self.handovers.extend(self.thumbnails.get(&upload).map(|texture| (photo, texture.clone())));
    }

    /// Pictures of files that have become photos, each told once.
    pub(crate) fn take_handovers(&mut self) -> Vec<(PhotoId, TextureHandle)> {
        std::mem::take(&mut self.handovers)
    }

    /// Files that the grid shows before their photos are there, and when each was first heard of,
    /// Unix seconds.
    pub(crate) fn drafts<'a>(
        &'a self,
        library: &'a Library,
    ) -> impl Iterator<Item = (&'a Upload, i64)> {
        self.files.values().filter_map(|known| known.draft(library))
    }

    /// The file and when it was first heard of, if the grid shows it.
    pub(crate) fn draft(&self, id: UploadId, library: &Library) -> Option<(&Upload, i64)> {
        self.files.get(&id)?.draft(library)
    }

    /// The file among those on their way that has become this photo.
    pub(crate) fn becomes(&self, photo: PhotoId) -> Option<UploadId> {
        self.became.get(&photo).copied()
    }

    /// Grows when other files are on their way, or stand elsewhere.
    pub(crate) const fn revision(&self) -> Revision {
        self.touched.revision()
    }

    /// The files because of which the revision has grown since it was `then`; `None` where that is
    /// not known any more.
    pub(crate) fn touched_since(&self, then: Revision) -> Option<impl Iterator<Item = UploadId>> {
        self.touched.since(then)
    }

    pub(crate) fn get(&self, id: UploadId) -> Option<&Upload> {
        self.files.get(&id).map(|known| &known.upload)
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

    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Upload> {
        self.files.values().map(|known| &known.upload)
    }

    pub(crate) const fn totals(&self) -> &UploadTotals {
        &self.totals
    }

    /// The file's own picture; a file that is in view without one is noted.
    pub(crate) fn thumbnail(&self, id: UploadId) -> Option<&TextureHandle> {
        let texture = self.thumbnails.get(&id);
        if texture.is_none() {
            self.in_view.note(id);
        }
        texture
    }

    pub(crate) fn has_thumbnail(&self, id: UploadId) -> bool {
        self.thumbnails.contains_key(&id)
    }

    /// Files that were in view without a picture and whose pictures are to be asked for.
    pub(crate) fn wishes(&mut self, now: f64) -> Vec<UploadId> {
        self.in_view.wishes(now)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// A group's files in the order of the queue.
    pub(crate) fn in_group(&self, group: Group) -> impl DoubleEndedIterator<Item = &Upload> {
        self.tally.group(group).filter_map(|id| self.get(id))
    }

    pub(crate) const fn count(&self, group: Group) -> usize {
        self.tally.count(group)
    }

    /// The file at a place of its group.
    pub(crate) fn at(&self, group: Group, place: usize) -> Option<&Upload> {
        self.get(self.tally.at(group, place)?)
    }

    /// The place of a file in its group.
    pub(crate) fn place_of(&self, upload: &Upload) -> Option<usize> {
        self.tally.place_of(upload)
    }

    /// Files that neither are over nor failed.
    pub(crate) fn left(&self) -> usize {
        self.count(Group::UnderWay) + self.count(Group::Queued)
    }

    /// Files that failed.
    pub(crate) fn failed(&self) -> usize {
        self.count(Group::Failed)
    }

    /// Files that were there already.
    pub(crate) const fn skipped(&self) -> usize {
        self.tally.skipped()
    }

    /// Files that were sent for Telegram to compress.
    pub(crate) const fn photos(&self) -> usize {
        self.tally.photos()
    }

    /// Files of which a copy that something was taken out of is verified.
    pub(crate) const fn copies(&self) -> usize {
        self.tally.copies()
    }

    /// Files of which Telegram holds every byte that was sent.
    pub(crate) fn verified(&self) -> usize {
        self.count(Group::Finished) - self.skipped() - self.photos()
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.left() == 0
    }

    /// Where the files go.
    pub(crate) fn albums(&self) -> impl ExactSizeIterator<Item = AlbumId> {
        self.tally.albums()
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

/// Whether the grid shows the file until its photo is there. A verified file whose photo is gone
/// was deleted.
const fn is_draft(upload: &Upload) -> bool {
    !matches!(upload.state, UploadState::Verified | UploadState::Skipped { .. })
}

#[cfg(test)]
mod tests;
