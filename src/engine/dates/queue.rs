//! Which photo's head is read next: what is on the screen first, then the newest of all albums.
//!
//! The library says what is not read yet, so a queue of everything need not be kept: it is looked
//! through again, on the pool, whenever the few photos that it gave are done with.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use crate::engine::Want;
use crate::engine::core::Core;
use crate::model::{Library, MediaKind, PhotoId, PhotoRef, RemoteKind};

/// Photos of one look through the library.
const BATCH: usize = 2048;
/// Photos that are not tried again although the library does not know their heads; beyond that
/// all are, which only costs another try.
const TRIED: usize = 50_000;
/// A photo whose reading was cut off this often waits until the line is another.
const MOST_CUTS: u32 = 2;
/// Kinds of files that hold no date that is understood here.
const DATELESS: [&str; 7] = [
    "image/gif",
    "image/bmp",
    "image/svg+xml",
    "video/webm",
    "video/x-matroska",
    "video/x-msvideo",
    "video/mp2t",
];

#[derive(Default)]
pub(crate) struct Queue {
    /// On the screen, most wanted first.
    visible: VecDeque<PhotoId>,
    newest: VecDeque<PhotoId>,
    /// Given out, and not known to be read.
    tried: HashSet<PhotoId>,
    /// How often reading was cut off, on this line.
    cuts: HashMap<PhotoId, u32>,
    /// At this revision of the library all was read.
    exhausted: Option<u64>,
    /// How many were not read when it was last looked, less what was given out since.
    left: Option<usize>,
    look_again: bool,
}

impl Queue {
    /// These are the wishes now.
    pub(crate) fn wish(&mut self, wants: &[Want]) {
        let mut seen = HashSet::new();
        self.visible.clear();
        self.visible.extend(wants.iter().map(|want| want.photo).filter(|id| seen.insert(*id)));
    }

    /// The library may have changed since all was read.
    pub(crate) fn look_again(&mut self) {
        self.look_again = true;
    }

    /// It was given out and not read. All others come first: it may be what cuts the line.
    pub(crate) fn put_back(&mut self, id: PhotoId) {
        if self.tried.remove(&id) {
            self.newest.push_back(id);
        }
    }

    /// It was given out, and the line broke over it.
    pub(crate) fn was_cut(&mut self, id: PhotoId) {
        let cuts = self.cuts.entry(id).or_default();
        *cuts += 1;
        if *cuts < MOST_CUTS {
            self.put_back(id);
        }
    }

    /// What was cut off before may be read now.
    pub(crate) fn line_changed(&mut self) {
        for (id, cuts) in std::mem::take(&mut self.cuts) {
            if cuts >= MOST_CUTS {
                self.put_back(id);
            }
        }
    }

    /// The next photo on the screen, if any.
    pub(crate) fn next_visible(&mut self, library: &Library) -> Option<PhotoId> {
        while let Some(id) = self.visible.pop_front() {
            if self.take(library, id) {
                return Some(id);
            }
        }
        None
    }

    /// The next of all others, if any.
    pub(crate) async fn next(&mut self, core: &Core, library: &Library) -> Option<PhotoId> {
        loop {
            while let Some(id) = self.newest.pop_front() {
                if self.take(library, id) {
                    return Some(id);
                }
            }
            if !self.fill(core, library).await {
                return None;
            }
        }
    }

    fn take(&mut self, library: &Library, id: PhotoId) -> bool {
        let unread = library.photo(id).is_some_and(|photo| may_tell(&photo));
        let is_new = unread && self.tried.insert(id);
        self.left = self.left.map(|left| left.saturating_sub(usize::from(is_new)));
        is_new
    }

    /// About how many are still to be read; `None` before it was looked.
    pub(crate) const fn left(&self) -> Option<usize> {
        self.left
    }

    /// Looks through the library; false when nothing is left, or nothing has changed since.
    async fn fill(&mut self, core: &Core, library: &Library) -> bool {
        if self.exhausted == Some(library.revision())
            || self.exhausted.is_some() && !self.look_again
        {
            return false;
        }
        (self.look_again, self.exhausted) = (false, None);
        // What is known now, or gone, need not be remembered.
        self.tried.retain(|id| library.photo(*id).is_some_and(|photo| may_tell(&photo)));
        self.cuts.retain(|id, _| library.photo(*id).is_some_and(|photo| may_tell(&photo)));
        if self.tried.len() > TRIED {
            self.tried.clear();
        }
        let (snapshot, tried) = (library.clone(), self.tried.clone());
        let found = core.pool.run(move || unread(&snapshot, &tried, BATCH)).await;
        let (newest, count) = found.unwrap_or_default();
        (self.newest, self.left) = (newest.into(), Some(count));
        if self.newest.is_empty() {
            self.exhausted = Some(library.revision());
        }
        !self.newest.is_empty()
    }
}

/// Whether the head of its file may tell when a photo was taken, and nobody has looked. What
/// Telegram compressed has no EXIF left.
fn may_tell(photo: &PhotoRef<'_>) -> bool {
    photo.taken().is_none()
        && !photo.head_read()
        && photo.bytes() > 0
        && photo.remote_kind() == RemoteKind::Document
        && photo.kind() != MediaKind::Sidecar
        && !DATELESS.contains(&photo.mime())
}

/// The newest photos whose heads are not read, newest first, and how many there are in all.
fn unread(library: &Library, tried: &HashSet<PhotoId>, limit: usize) -> (Vec<PhotoId>, usize) {
    let mut count = 0;
    let mut newest = BinaryHeap::with_capacity(limit + 1);
    let photos = library.albums().flat_map(|shelf| shelf.photos().rev());
    for photo in photos.filter(|photo| may_tell(photo) && !tried.contains(&photo.id())) {
        count += 1;
        let key = Reverse((photo.sent(), photo.id()));
        if newest.len() == limit && newest.peek().is_some_and(|oldest| key >= *oldest) {
            continue;
        }
        newest.push(key);
        if newest.len() > limit {
            newest.pop();
        }
    }
    (newest.into_sorted_vec().into_iter().map(|Reverse((_, id))| id).collect(), count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::library::tests::photo;
    use crate::model::{Album, AlbumId, AlbumShelf, Change, MessageId, Photo, Taken};

    fn library(photos: impl IntoIterator<Item = Photo>) -> Library {
        let mut library = Library::new();
        for id in 1..4 {
            let id = AlbumId(id);
            let album = Album { id, access_hash: 1, title: String::new(), created: 0 };
            library.apply(&Change::Album(album));
        }
        for photo in photos {
            library.apply(&Change::Photo(Box::new(photo)));
        }
        library
    }

    #[test]
    fn only_what_may_tell_more_is_read() {
        let tells = |change: &dyn Fn(&mut Photo)| {
            let mut photo = photo(1, 1, 1000);
            change(&mut photo);
            unread(&library([photo]), &HashSet::new(), 9).1 == 1
        };
        let taken = Taken { wall_seconds: 5, offset_minutes: None };
        assert!(tells(&|_| {}));
        assert!(tells(&|photo| "video/mp4".clone_into(&mut photo.mime)));
        assert!(!tells(&|photo| photo.taken = Some(taken)));
        assert!(!tells(&|photo| photo.head_read = true));
        assert!(!tells(&|photo| photo.bytes = 0));
        assert!(!tells(&|photo| photo.remote.kind = RemoteKind::Photo), "Telegram removes EXIF");
        assert!(!tells(&|photo| "image/gif".clone_into(&mut photo.mime)));
    }

    #[test]
    fn what_is_on_the_screen_is_asked_for_once_and_in_order() {
        let library = library((1..5).map(|n| photo(1, n, 1000)));
        let id = |n| PhotoId { album: AlbumId(1), message: MessageId(n) };
        let mut queue = Queue::default();
        assert!(queue.take(&library, id(3)));
        assert!(!queue.take(&library, id(3)), "it is under way");
        assert!(!queue.take(&library, id(9)), "it is gone");
        queue.put_back(id(3));
        assert_eq!(queue.newest.pop_front(), Some(id(3)));
        assert!(queue.take(&library, id(3)), "it was broken off");
    }

    #[test]
    fn what_is_cut_off_again_and_again_holds_up_nothing() {
        let library = library((1..5).map(|n| photo(1, n, 1000)));
        let id = |n| PhotoId { album: AlbumId(1), message: MessageId(n) };
        let mut queue = Queue { newest: [id(3), id(2)].into(), ..Queue::default() };
        let next = |queue: &mut Queue| {
            while let Some(id) = queue.newest.pop_front() {
                if queue.take(&library, id) {
                    return Some(id);
                }
            }
            None
        };
        assert_eq!(next(&mut queue), Some(id(3)));
        queue.was_cut(id(3));
        assert_eq!(next(&mut queue), Some(id(2)), "others come first");
        assert_eq!(next(&mut queue), Some(id(3)), "it is tried once more");
        queue.was_cut(id(3));
        assert_eq!(next(&mut queue), None);
        assert!(!queue.take(&library, id(3)), "not on this line");
        queue.line_changed();
        assert_eq!(next(&mut queue), Some(id(3)));
    }

    proptest! {
        #[test]
        fn the_newest_of_all_albums_come_first(
            photos in prop::collection::vec((1_i64..4, 1_i32..40, 0_i64..20, any::<bool>()), 0..80),
            tried in prop::collection::hash_set((1_i64..4, 1_i32..40), 0..20),
            limit in 0_usize..30,
        ) {
            let tried: HashSet<PhotoId> = tried
                .into_iter()
                .map(|(album, n)| PhotoId { album: AlbumId(album), message: MessageId(n) })
                .collect();
            let library = library(photos.into_iter().map(|(album, n, sent, head_read)| Photo {
                sent,
                head_read,
                ..photo(album, n, 1000)
            }));
            let photos = library.albums().flat_map(AlbumShelf::photos);
            let mut all: Vec<_> = photos
                .filter(|photo| !photo.head_read() && !tried.contains(&photo.id()))
                .map(|photo| (photo.sent(), photo.id()))
                .collect();
            all.sort_unstable_by(|a, b| b.cmp(a));
            let count = all.len();
            all.truncate(limit);
            let expected: Vec<PhotoId> = all.into_iter().map(|(_, id)| id).collect();
            prop_assert_eq!(unread(&library, &tried, limit), (expected, count));
        }
    }
}
