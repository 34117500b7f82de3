//! The library: what all changes so far add up to, packed. A clone is a snapshot: it shares its
//! memory with the original, and no later change reaches it.
//!
//! It keeps what can be seen of photos; what only a download needs is in the store.

mod chunk;
mod facts;
mod fold;
mod packed;

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;

use self::chunk::{Chunk, ChunkBuilder, MOST};
use self::fold::Edit;
use self::packed::Packed;
use super::{Album, AlbumId, Blur, Change, MediaKind, MessageId, PhotoId};

pub use self::chunk::PhotoRef;
pub use self::facts::PhotoFacts;
pub use self::fold::{Folded, Touched};

/// How many photos are looked at for a cover.
const COVERS: usize = 64;

/// One album with its photos.
#[derive(Clone, Debug)]
pub struct AlbumShelf {
    /// The album itself.
    pub album: Album,
    photos: Packed,
    revision: u64,
}

impl AlbumShelf {
    /// How many photos it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.photos.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.photos.len() == 0
    }

    /// Its photos, oldest message first.
    pub fn photos(&self) -> impl DoubleEndedIterator<Item = PhotoRef<'_>> {
        self.photos.photos(self.album.id)
    }

    /// Its photos from a message on, oldest first.
    pub fn photos_from(&self, message: MessageId) -> impl Iterator<Item = PhotoRef<'_>> {
        self.photos.from(self.album.id, message)
    }

    /// Its photos before a message, newest first.
    pub fn photos_before(&self, message: MessageId) -> impl Iterator<Item = PhotoRef<'_>> {
        self.photos.before(self.album.id, message)
    }

    /// The photo of a message.
    #[must_use]
    pub fn photo(&self, message: MessageId) -> Option<PhotoRef<'_>> {
        self.photos.get(self.album.id, message)
    }

    /// The photo of the newest message.
    #[must_use]
    pub fn newest(&self) -> Option<PhotoRef<'_>> {
        self.photos().next_back()
    }

    /// What stands for the album: its newest picture or video, unless all that came last are
    /// sidecars.
    #[must_use]
    pub fn cover(&self) -> Option<PhotoRef<'_>> {
        let mut newest = self.photos().rev().take(COVERS);
        newest.find(|photo| photo.kind() != MediaKind::Sidecar).or_else(|| self.newest())
    }

    /// Photos that an earlier snapshot may not have, or may have otherwise. Takes no time for what
    /// both share.
    pub fn photos_since<'a>(
        &'a self,
        before: &Self,
    ) -> impl DoubleEndedIterator<Item = PhotoRef<'a>> + use<'a> {
        let shared: HashSet<*const Chunk> = before.photos.chunks().map(Arc::as_ptr).collect();
        let album = self.album.id;
        self.photos
            .chunks()
            .filter(move |chunk| !shared.contains(&Arc::as_ptr(chunk)))
            .flat_map(move |chunk| (0..chunk.len()).filter_map(move |at| chunk.get(album, at)))
    }

    /// A number that grows with every change to this album.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}

/// All albums and photos. Cheap to clone, to fold changes into, and to ask.
#[derive(Clone, Debug, Default)]
pub struct Library {
    albums: Arc<BTreeMap<AlbumId, Arc<AlbumShelf>>>,
    revision: u64,
}

impl Library {
    /// An empty library.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A library of these albums and photos; photos of other albums are left out. The parts follow
    /// each other in the order of the photos' ids.
    pub fn assemble(
        albums: impl IntoIterator<Item = Album>,
        parts: impl IntoIterator<Item = PackedPhotos>,
    ) -> Self {
        let mut chunks: BTreeMap<AlbumId, Vec<Arc<Chunk>>> = BTreeMap::new();
        for (album, more) in parts.into_iter().flat_map(PackedPhotos::finish) {
            chunks.entry(album).or_default().extend(more);
        }
        let shelf = |album: Album| {
            let photos = Packed::of(&chunks.remove(&album.id).unwrap_or_default());
            (album.id, Arc::new(AlbumShelf { album, photos, revision: 1 }))
        };
        Self { albums: Arc::new(albums.into_iter().map(shelf).collect()), revision: 1 }
    }

    /// As [`assemble`](Self::assemble), for a library that takes the place of this one: its
    /// revision is higher.
    #[must_use]
    pub fn replaced_by(&self, mut new: Self) -> Self {
        new.revision = self.revision.max(new.revision) + 1;
        new
    }

    /// Folds one change in; returns whether anything is different now.
    ///
    /// A photo of an album that is not known is not kept: albums are announced before their photos.
    pub fn apply(&mut self, change: &Change) -> bool {
        self.apply_all(std::slice::from_ref(change)).is_change()
    }

    /// Folds changes in, in order. Each of the chunks that they touch is made anew once.
    pub fn apply_all(&mut self, changes: &[Change]) -> Folded {
        let mut folded = Folded::default();
        let mut waiting = Waiting::new();
        for change in changes {
            match change {
                Change::Album(album) => self.put_album(album, &mut folded),
                Change::AlbumGone(album) => {
                    if let Some(edits) = waiting.remove(album) {
                        self.edit(*album, edits, &mut folded);
                    }
                    self.remove_album(*album, &mut folded);
                }
                Change::Photo(photo) => {
                    let edit = Edit::Put(PhotoFacts::from(&**photo));
                    self.queue(&mut waiting, photo.id.album, [(photo.id.message, edit)]);
                }
                Change::PhotosGone { album, messages } => {
                    let gone = messages.iter().map(|message| (*message, Edit::Gone));
                    self.queue(&mut waiting, *album, gone);
                }
                Change::Described { photo, file, taken, head_read, blur } => {
                    let blur = blur.as_ref().map(Blur::as_str).filter(|text| !text.is_empty());
                    let (file, taken, head_read) = (*file, *taken, *head_read);
                    let edit = Edit::Described { file, taken, head_read, blur };
                    self.queue(&mut waiting, photo.album, [(photo.message, edit)]);
                }
                Change::Proven { .. } => {}
            }
        }
        for (album, edits) in waiting {
            self.edit(album, edits, &mut folded);
        }
        self.revision += u64::from(folded.is_change());
        folded
    }

    fn put_album(&mut self, album: &Album, folded: &mut Folded) {
        let known = self.albums.get(&album.id);
        if known.is_some_and(|known| known.album == *album) {
            return;
        }
        folded.albums = true;
        let photos = known.map(|known| known.photos.clone()).unwrap_or_default();
        self.put_shelf(AlbumShelf { album: album.clone(), photos, revision: self.revision + 1 });
    }

    fn remove_album(&mut self, album: AlbumId, folded: &mut Folded) {
        if self.albums.contains_key(&album)
            && let Some(shelf) = Arc::make_mut(&mut self.albums).remove(&album)
        {
            folded.album_gone(shelf.len());
        }
    }

    fn queue<'c>(
        &self,
        waiting: &mut Waiting<'c>,
        album: AlbumId,
        edits: impl IntoIterator<Item = (MessageId, Edit<'c>)>,
    ) {
        if self.albums.contains_key(&album) {
            waiting.entry(album).or_default().extend(edits);
        }
    }

    fn edit(&mut self, album: AlbumId, mut edits: Vec<(MessageId, Edit<'_>)>, folded: &mut Folded) {
        let Some(shelf) = self.albums.get(&album) else { return };
        // One message's edits stay in their order.
        edits.sort_by_key(|(message, _)| *message);
        let mut shelf = AlbumShelf::clone(shelf);
        let before = folded.touched_count();
        shelf.photos.edit(album, &edits, folded);
        if folded.touched_count() > before {
            shelf.revision = self.revision + 1;
            self.put_shelf(shelf);
        }
    }

    fn put_shelf(&mut self, shelf: AlbumShelf) {
        Arc::make_mut(&mut self.albums).insert(shelf.album.id, Arc::new(shelf));
    }

    /// A number that grows with every change.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// All albums, in the order of their ids.
    pub fn albums(&self) -> impl ExactSizeIterator<Item = &AlbumShelf> {
        self.albums.values().map(|shelf| &**shelf)
    }

    /// One album.
    #[must_use]
    pub fn album(&self, id: AlbumId) -> Option<&AlbumShelf> {
        self.albums.get(&id).map(|shelf| &**shelf)
    }

    /// One photo.
    #[must_use]
    pub fn photo(&self, id: PhotoId) -> Option<PhotoRef<'_>> {
        self.album(id.album)?.photo(id.message)
    }

    /// How many photos there are in all albums together.
    #[must_use]
    pub fn photo_count(&self) -> usize {
        self.albums().map(AlbumShelf::len).sum()
    }
}

/// Edits that are to be carried out together.
type Waiting<'c> = BTreeMap<AlbumId, Vec<(MessageId, Edit<'c>)>>;

impl PartialEq for Library {
    /// Equal content; how it came about does not count.
    fn eq(&self, other: &Self) -> bool {
        self.albums.len() == other.albums.len()
            && self
                .albums()
                .zip(other.albums())
                .all(|(a, b)| a.album == b.album && a.len() == b.len() && a.photos().eq(b.photos()))
    }
}

/// Photos packed in the order of their ids: a part of a library in the making.
#[derive(Debug, Default)]
pub struct PackedPhotos {
    albums: Vec<(AlbumId, Vec<Arc<Chunk>>)>,
    open: ChunkBuilder,
}

impl PackedPhotos {
    /// Adds a photo; its id is higher than those before it.
    pub fn push(&mut self, id: PhotoId, facts: &PhotoFacts<'_>) {
        let goes_on = self.albums.last().is_some_and(|(album, _)| *album == id.album);
        if !goes_on || self.open.len() == MOST {
            self.close();
        }
        if !goes_on {
            self.albums.push((id.album, Vec::new()));
        }
        self.open.push(id.message, facts);
    }

    fn close(&mut self) {
        if let Some((_, chunks)) = self.albums.last_mut() {
            chunks.extend(self.open.finish());
        }
    }

    fn finish(mut self) -> Vec<(AlbumId, Vec<Arc<Chunk>>)> {
        self.close();
        self.albums
    }
}

#[cfg(test)]
pub(crate) mod plain;
#[cfg(test)]
mod tests;
