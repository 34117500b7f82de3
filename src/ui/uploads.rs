//! Files on their way: what the window knows of them, the screen that lists them, and the strip
//! at the bottom that is there while work is going on.

mod row;
mod screen;
mod strip;
mod tally;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use egui::{Context, TextureHandle};

pub(crate) use self::screen::Screen;
pub(crate) use self::strip::{is_wanted as strip_is_wanted, ui as strip_ui};
use self::tally::Tally;
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

/// A file of the queue and when it was first heard of, Unix seconds.
struct Known {
    upload: Upload,
    seen: i64,
}

/// All files of the queue, in the order in which they came.
#[derive(Default)]
pub(crate) struct Uploads {
    by_number: BTreeMap<u64, Known>,
    tally: Tally,
    numbers: HashMap<UploadId, u64>,
    next: u64,
    totals: UploadTotals,
    thumbnails: HashMap<UploadId, TextureHandle>,
    thumbnail_order: VecDeque<UploadId>,
    /// Files that may become a photo at any moment.
    nearly_there: HashSet<UploadId>,
    /// Photos that files on their way have become.
    became: HashSet<PhotoId>,
    /// Photos whose own picture is here already.
    handovers: Vec<(PhotoId, TextureHandle)>,
    revision: u64,
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
        let (revision, tally) = (self.revision + 1, self.tally.emptied());
        *self = Self { tally, revision, ..Self::default() };
    }

    /// Takes in what happened.
    pub(crate) fn receive(&mut self, ctx: &Context, event: UploadsEvent) {
        match event {
            UploadsEvent::Changed(uploads) => uploads.into_iter().for_each(|u| self.put(u)),
            UploadsEvent::Removed(ids) => {
                for id in ids {
                    if let Some(number) = self.numbers.remove(&id)
                        && let Some(known) = self.by_number.remove(&number)
                    {
                        self.tally.changed(number, Some(&known.upload), None);
                    }
                    self.thumbnails.remove(&id);
                    self.nearly_there.remove(&id);
                    self.revision += 1;
                }
            }
            UploadsEvent::Totals(totals) => self.totals = totals,
            UploadsEvent::Thumbnail { upload, bitmap } => {
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

    fn put(&mut self, mut upload: Upload) {
        let number = *self.numbers.entry(upload.id).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        let known = self.by_number.get(&number);
        // Its photo may have come first.
        upload.photo = upload.photo.or(known.and_then(|known| known.upload.photo));
        let seen = known.map_or_else(|| jiff::Timestamp::now().as_second(), |known| known.seen);
        let shape = |upload: &Upload| {
            (is_draft(upload), upload.album, upload.size, upload.taken, upload.photo)
        };
        self.revision += u64::from(known.map(|k| shape(&k.upload)) != Some(shape(&upload)));
        if let Some(photo) = upload.photo {
            if is_draft(&upload) {
                self.became.insert(photo);
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
        let before = self.by_number.get(&number).map(|known| &known.upload);
        self.tally.changed(number, before, Some(&upload));
        self.by_number.insert(number, Known { upload, seen });
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
        let known = self.numbers.get(&id).and_then(|number| self.by_number.get_mut(number));
        if let Some(known) = known {
            known.upload.photo = Some(photo.id());
            self.became.insert(photo.id());
            self.revision += 1;
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
        let is_there = |photo: Option<PhotoId>| photo.is_some_and(|id| library.photo(id).is_some());
        self.by_number
            .values()
            .filter(move |known| is_draft(&known.upload) && !is_there(known.upload.photo))
            .map(|known| (&known.upload, known.seen))
    }

    /// Whether a file that is still among those on their way is this photo.
    pub(crate) fn becomes(&self, photo: PhotoId) -> bool {
        self.became.contains(&photo)
    }

    /// A number that grows when other files are on their way, or stand elsewhere.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn get(&self, id: UploadId) -> Option<&Upload> {
        self.by_number.get(self.numbers.get(&id)?).map(|known| &known.upload)
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
        self.by_number.values().map(|known| &known.upload)
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

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn in_group(&self, group: Group) -> impl DoubleEndedIterator<Item = &Upload> {
        let upload = |number| self.by_number.get(number).map(|known| &known.upload);
        self.tally.group(group).iter().filter_map(upload)
    }

    pub(crate) fn count(&self, group: Group) -> usize {
        self.tally.group(group).len()
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

    /// Whether nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.left() == 0
    }

    /// Where the files go.
    pub(crate) fn albums(&self) -> impl ExactSizeIterator<Item = AlbumId> {
        self.tally.albums()
    }

    /// A number that grows when a file comes, goes, or changes its group.
    pub(crate) const fn groups_revision(&self) -> u64 {
        self.tally.revision()
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
mod tests {
    use super::*;
    use crate::model::{Photo, PixelSize};

    fn upload(n: i64, state: UploadState) -> Upload {
        Upload {
            id: UploadId(n),
            album: AlbumId(1),
            path: "a.jpg".into(),
            bytes: 10,
            size: PixelSize::default(),
            taken: None,
            state,
            photo: None,
        }
    }

    fn photo(message: i32) -> Photo {
        use crate::model::{MediaKind, MessageId, RemoteFile, RemoteKind};
        Photo {
            id: PhotoId { album: AlbumId(1), message: MessageId(message) },
            name: "a.jpg".to_owned(),
            bytes: 10,
            size: PixelSize::default(),
            kind: MediaKind::Image,
            mime: String::new(),
            caption: String::new(),
            sent: 0,
            taken: None,
            head_read: false,
            blur: None,
            group: None,
            remote: RemoteFile {
                kind: RemoteKind::Document,
                id: 1,
                access_hash: 1,
                reference: vec![],
                dc: 2,
                thumbs: vec![],
                stripped: None,
            },
        }
    }

    #[test]
    fn a_file_becomes_its_photo_once_and_hands_its_picture_over() {
        use crate::model::{Album, Bitmap, Change};
        let ctx = Context::default();
        let (mut uploads, mut library) = (Uploads::default(), Library::new());
        let title = "Garden".to_owned();
        let album = Album { id: AlbumId(1), access_hash: 1, title, created: 0 };
        library.apply(&Change::Album(album));
        let said = |state| UploadsEvent::Changed(vec![upload(7, state)]);
        uploads.receive(&ctx, said(UploadState::Sending { sent: 5 }));
        let bitmap = Bitmap::new(PixelSize::new(1, 1), vec![9; 4]).unwrap().into();
        uploads.receive(&ctx, UploadsEvent::Thumbnail { upload: UploadId(7), bitmap });
        assert_eq!(uploads.drafts(&library).count(), 1);
        let before = uploads.revision();
        // The photo comes before the queue says that it is sent.
        library.apply(&Change::Photo(Box::new(photo(3))));
        uploads.arrived(library.photo(photo(3).id).unwrap());
        assert_eq!(uploads.drafts(&library).count(), 0);
        assert!(uploads.revision() > before);
        let mut sent = upload(7, UploadState::Sent);
        sent.photo = Some(photo(3).id);
        uploads.receive(&ctx, said(UploadState::Sending { sent: 10 }));
        uploads.receive(&ctx, UploadsEvent::Changed(vec![sent]));
        assert_eq!(uploads.drafts(&library).count(), 0);
        let handed: Vec<_> = uploads.take_handovers().into_iter().map(|(id, _)| id).collect();
        assert_eq!(handed, [photo(3).id]);
        // Another file of the same name is not taken for it.
        library.apply(&Change::Photo(Box::new(photo(4))));
        uploads.arrived(library.photo(photo(4).id).unwrap());
        assert!(uploads.take_handovers().is_empty());
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

    proptest::proptest! {
        /// However files come, change and go: what is kept is what counting would find.
        #[test]
        fn counts_are_kept_up(steps in proptest::collection::vec((0_i64..6, 0_usize..8, 1_i64..4), 0..40)) {
            let ctx = Context::default();
            let mut uploads = Uploads::default();
            for (id, what, album) in steps {
                let event = match what {
                    0 => UploadsEvent::Removed(vec![UploadId(id)]),
                    state => {
                        let state = [
                            UploadState::Queued,
                            UploadState::Preparing,
                            UploadState::Sending { sent: 1 },
                            UploadState::Sent,
                            UploadState::Verified,
                            UploadState::Skipped { reason: String::new() },
                            UploadState::Failed { reason: String::new() },
                        ][state - 1].clone();
                        let upload = Upload { album: AlbumId(album), ..upload(id, state) };
                        UploadsEvent::Changed(vec![upload])
                    }
                };
                uploads.receive(&ctx, event);
                for group in [Group::Failed, Group::UnderWay, Group::Queued, Group::Finished] {
                    let ids = |upload: &Upload| upload.id;
                    let counted: Vec<_> =
                        uploads.all().filter(|u| Group::of(&u.state) == group).map(ids).collect();
                    let kept: Vec<_> = uploads.in_group(group).map(ids).collect();
                    proptest::prop_assert_eq!(counted, kept);
                }
                let skipped = |u: &&Upload| matches!(u.state, UploadState::Skipped { .. });
                proptest::prop_assert_eq!(uploads.all().filter(skipped).count(), uploads.skipped());
                let mut albums: Vec<_> = uploads.all().map(|upload| upload.album).collect();
                albums.sort_unstable();
                albums.dedup();
                proptest::prop_assert_eq!(albums, uploads.albums().collect::<Vec<_>>());
                let final_ = uploads.all().all(|upload| upload.state.is_final());
                proptest::prop_assert_eq!(final_, uploads.is_over());
            }
        }
    }
}
