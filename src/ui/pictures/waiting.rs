//! Small bitmaps that wait for the graphics card: what is on screen first, else in the order in
//! which they came. Large ones wait for it in their own place.

use std::collections::VecDeque;
use std::sync::Arc;

use super::entry::Entries;
use crate::model::{Bitmap, PhotoId, Rendition};

/// With so many bytes waiting, no more are wished for …
const FULL: usize = 24 << 20;
/// … until no more than these are left.
const EASED: usize = 8 << 20;

type Key = (PhotoId, Rendition);

/// The queue.
#[derive(Default)]
pub(super) struct Waiting {
    /// On screen when they came, and not.
    seen: VecDeque<(Key, Arc<Bitmap>)>,
    unseen: VecDeque<(Key, Arc<Bitmap>)>,
    bytes: usize,
    choked: bool,
}

impl Waiting {
    /// Takes in what came after `frame`, in place of what waits of the same.
    pub(super) fn push(
        &mut self,
        entries: &mut Entries,
        frame: u64,
        key: Key,
        bitmap: Arc<Bitmap>,
    ) {
        let (photo, rendition) = key;
        let entry = entries.entry(photo).or_default();
        let again = match rendition {
            Rendition::Preview => std::mem::replace(&mut entry.preview_waits, true),
            Rendition::Thumbnail => std::mem::replace(&mut entry.thumbnail_waits, true),
            Rendition::Screen | Rendition::Original => return,
        };
        let is_seen = entry.painted + 1 >= frame;
        if again {
            self.keep(|other| *other != key);
        }
        self.bytes += bitmap.rgba().len();
        if is_seen { &mut self.seen } else { &mut self.unseen }.push_back((key, bitmap));
        self.choked |= self.bytes > FULL;
    }

    pub(super) fn pop(&mut self) -> Option<(PhotoId, Rendition, Arc<Bitmap>)> {
        let ((photo, rendition), bitmap) =
            self.seen.pop_front().or_else(|| self.unseen.pop_front())?;
        self.bytes -= bitmap.rgba().len();
        self.choked &= self.bytes > EASED;
        Some((photo, rendition, bitmap))
    }

    pub(super) fn forget(&mut self, photo: PhotoId) {
        if self.all().any(|((id, _), _)| *id == photo) {
            self.keep(|(id, _)| *id != photo);
        }
    }

    fn keep(&mut self, wanted: impl Fn(&Key) -> bool) {
        for queue in [&mut self.seen, &mut self.unseen] {
            queue.retain(|(key, _)| wanted(key));
        }
        self.bytes = self.all().map(|(_, bitmap)| bitmap.rgba().len()).sum();
        self.choked &= self.bytes > EASED;
    }

    fn all(&self) -> impl Iterator<Item = &(Key, Arc<Bitmap>)> {
        self.seen.iter().chain(&self.unseen)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether more come than the card takes.
    pub(super) const fn is_choked(&self) -> bool {
        self.choked
    }
}
