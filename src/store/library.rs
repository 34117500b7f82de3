//! The recorded library: albums, photos and cursors as they are now, not how they came about.
//!
//! Follows the same rules as `model::Library`, so that loading it gives what was folded. A photo's
//! row begins with what the library keeps in memory; what only a download needs follows, and is
//! not looked at while the library is loaded.

mod row;

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::OnceLock;

use redb::{ReadTransaction, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};
use serde::Serialize;

use super::base::{Base, Fault, Layout};
use super::error::{Result, StoreError};
use super::record::{decode, encode};
use crate::model::{
    self, Album, AlbumId, Batch, Change, Cursor, MessageId, PackedPhotos, Photo, PhotoId, Proof,
};

type FaultOr<T> = std::result::Result<T, Fault>;
/// Photos of one album.
type Range = RangeInclusive<(i64, i32)>;
/// Somebody who does so many pieces of work, each by its number, side by side if possible.
pub type Spread<'s> = &'s dyn Fn(usize, &(dyn Fn(usize) + Sync));

/// Into so many parts the photos are cut where they are loaded side by side.
const PARTS: i64 = 32;
/// Smaller ones are not worth it, ids.
const LEAST_PART: i64 = 2048;

const ALBUMS: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("albums");
pub(super) const PHOTOS: TableDefinition<'_, (i64, i32), &[u8]> = TableDefinition::new("photos");
const CURSORS: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("cursors");
/// Not there in a database in which nothing was recorded since there are proofs.
const PROOFS: TableDefinition<'_, (i64, i32), &[u8]> = TableDefinition::new("proofs");

pub(super) const LAYOUT: Layout = Layout {
    schema: 2,
    page_cache: 8 << 20,
    quick_repair: true,
    tables: |new| {
        new.open_table(ALBUMS)?;
        new.open_table(PHOTOS)?;
        new.open_table(CURSORS)?;
        Ok(())
    },
};

/// Photos that are gone, whose originals may go too.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gone {
    Album(AlbumId),
    Photos(AlbumId, Vec<MessageId>),
}

#[derive(Debug)]
pub(super) struct Library(Base);

impl Library {
    pub(super) fn open(path: &Path, warnings: &mut Vec<String>) -> Result<Self> {
        Ok(Self(Base::open_cache(path, LAYOUT, warnings)?))
    }

    #[cfg(test)]
    pub(super) fn over(base: Base) -> Self {
        Self(base)
    }

    /// The library as it is in memory.
    pub(super) fn load(&self, spread: Spread<'_>) -> Result<model::Library> {
        self.read(|read| {
            let mut albums: Vec<Album> = Vec::new();
            for row in read.open_table(ALBUMS)?.iter()? {
                albums.push(decode(row?.1.value())?);
            }
            let parts = parts(read, &albums)?;
            let loaded: Vec<OnceLock<FaultOr<PackedPhotos>>> =
                parts.iter().map(|_| OnceLock::new()).collect();
            spread(parts.len(), &|at| {
                if let (Some(range), Some(loaded)) = (parts.get(at), loaded.get(at)) {
                    loaded.get_or_init(|| load_range(read, range.clone()));
                }
            });
            let undone = || Err(Fault::Row("a part of the library was not loaded".to_owned()));
            let loaded = loaded.into_iter().map(|part| part.into_inner().unwrap_or_else(undone));
            Ok(model::Library::assemble(albums, loaded.collect::<FaultOr<Vec<_>>>()?))
        })
    }

    /// A photo, whole. A row that makes no sense is no reason to throw all others away.
    pub(super) fn photo(&self, id: PhotoId) -> Result<Option<Photo>> {
        self.0.read(|read| {
            let row = read.open_table(PHOTOS)?.get((id.album.0, id.message.0))?;
            row.map(|row| row::decode(id, row.value())).transpose()
        })
    }

    /// Those of these photos whose rows are there and make sense, whole.
    pub(super) fn photos(&self, ids: &[PhotoId]) -> Result<Vec<Photo>> {
        self.0.read(|read| {
            let (photos, mut found) = (read.open_table(PHOTOS)?, Vec::with_capacity(ids.len()));
            for id in ids {
                let row = photos.get((id.album.0, id.message.0))?;
                found.extend(row.and_then(|row| row::decode(*id, row.value()).ok()));
            }
            Ok(found)
        })
    }

    /// All photos of an album, whole, newest first.
    pub(super) fn photos_of(&self, album: AlbumId) -> Result<Vec<Photo>> {
        self.read(|read| {
            let range = (album.0, i32::MIN)..=(album.0, i32::MAX);
            let rows = read.open_table(PHOTOS)?.range(range)?.rev();
            rows.map(|row| {
                let (key, row) = row?;
                row::decode(id_of(key.value()), row.value())
            })
            .collect()
        })
    }

    /// What was proven of a photo. A row that makes no sense proves nothing.
    pub(super) fn proof(&self, id: PhotoId) -> Result<Option<Proof>> {
        self.0.read(|read| {
            let proofs = match read.open_table(PROOFS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                proofs => proofs?,
            };
            let row = proofs.get((id.album.0, id.message.0))?;
            Ok(row.and_then(|row| decode(row.value()).ok()))
        })
    }

    pub(super) fn cursors(&self) -> Result<Vec<(AlbumId, Cursor)>> {
        self.read(|read| {
            let cursors = read.open_table(CURSORS)?;
            cursors
                .iter()?
                .map(|row| {
                    let (album, cursor) = row?;
                    Ok((AlbumId(album.value()), decode(cursor.value())?))
                })
                .collect()
        })
    }

    /// Damage that only shows while reading: begin anew, and say so.
    fn read<T>(&self, f: impl FnOnce(&ReadTransaction) -> FaultOr<T>) -> Result<T> {
        self.0.read(f).map_err(|error| match error {
            StoreError::Unreadable { path, cause } => match self.0.set_aside(&cause) {
                Ok(cause) => StoreError::Unreadable { path, cause },
                Err(error) => error,
            },
            other => other,
        })
    }

    /// All batches in one durable transaction.
    pub(super) fn record(&self, batches: Vec<Batch>) -> Result<Vec<Gone>> {
        self.0.write(true, |write| {
            let mut tables = Tables::open(write)?;
            let mut gone = Vec::new();
            for Batch { changes, cursors } in batches {
                for change in changes {
                    tables.apply(change, &mut gone)?;
                }
                for (album, cursor) in cursors {
                    tables.advance(album, cursor)?;
                }
            }
            Ok(gone)
        })
    }

    pub(super) fn forget(&self) -> Result<()> {
        self.0.begin_anew()
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Cuts the photos of these albums into ranges of ids, in order: several for each processor there
/// may be, since ids have holes.
fn parts(read: &ReadTransaction, albums: &[Album]) -> FaultOr<Vec<Range>> {
    let photos = read.open_table(PHOTOS)?;
    let mut spans: Vec<(i64, i64, i64)> = Vec::new();
    for Album { id: AlbumId(album), .. } in albums {
        let mut keys = photos.range((*album, i32::MIN)..=(*album, i32::MAX))?;
        let Some(first) = keys.next().transpose()?.map(|(key, _)| key.value().1) else { continue };
        let last = keys.next_back().transpose()?.map_or(first, |(key, _)| key.value().1);
        spans.push((*album, first.into(), last.into()));
    }
    let all: i64 = spans.iter().map(|(_, first, last)| last - first + 1).sum();
    let step = (all / PARTS).max(LEAST_PART);
    let id = |id: i64| i32::try_from(id).unwrap_or(i32::MAX);
    let cut = |(album, first, last): (i64, i64, i64)| {
        let starts = std::iter::successors(Some(first), move |start| Some(start + step));
        let starts = starts.take_while(move |start| *start <= last);
        starts.map(move |start| (album, id(start))..=(album, id(last.min(start + step - 1))))
    };
    Ok(spans.into_iter().flat_map(cut).collect())
}

/// The photos of a range of keys, packed. Decodes what the library keeps, in place.
fn load_range(read: &ReadTransaction, range: Range) -> FaultOr<PackedPhotos> {
    let mut packed = PackedPhotos::default();
    for row in read.open_table(PHOTOS)?.range(range)? {
        let (key, row) = row?;
        packed.push(id_of(key.value()), &row::facts(row.value())?);
    }
    Ok(packed)
}

const fn id_of((album, message): (i64, i32)) -> PhotoId {
    PhotoId { album: AlbumId(album), message: MessageId(message) }
}

struct Tables<'t> {
    albums: Table<'t, i64, &'static [u8]>,
    photos: Table<'t, (i64, i32), &'static [u8]>,
    cursors: Table<'t, i64, &'static [u8]>,
    proofs: Table<'t, (i64, i32), &'static [u8]>,
    /// The album that was looked up last; photos come album by album.
    known: Option<AlbumId>,
}

impl<'t> Tables<'t> {
    fn open(write: &'t WriteTransaction) -> FaultOr<Self> {
        Ok(Self {
            albums: write.open_table(ALBUMS)?,
            photos: write.open_table(PHOTOS)?,
            cursors: write.open_table(CURSORS)?,
            proofs: write.open_table(PROOFS)?,
            known: None,
        })
    }

    fn apply(&mut self, change: Change, gone: &mut Vec<Gone>) -> FaultOr<()> {
        match change {
            Change::Album(album) => self.album(&album),
            Change::AlbumGone(album) => {
                self.album_gone(album)?;
                gone.push(Gone::Album(album));
                Ok(())
            }
            Change::Photo(photo) => self.photo(*photo),
            Change::PhotosGone { album, messages } => {
                for message in &messages {
                    self.photos.remove((album.0, message.0))?;
                    self.proofs.remove((album.0, message.0))?;
                }
                gone.push(Gone::Photos(album, messages));
                Ok(())
            }
            Change::Described { photo: id, file, taken, head_read, blur } => {
                let recorded = self.recorded(id)?;
                let Some(mut photo) = recorded.filter(|photo| photo.remote.id == file) else {
                    return Ok(());
                };
                photo.taken = taken.or(photo.taken);
                photo.head_read |= head_read;
                photo.blur = blur.or(photo.blur);
                self.write(&photo)
            }
            Change::Proven { photo: id, proof } => {
                let recorded = self.recorded(id)?;
                if recorded.is_none_or(|photo| photo.remote.id != proof.file) {
                    return Ok(());
                }
                put(&mut self.proofs, (id.album.0, id.message.0), &proof)
            }
        }
    }

    fn album(&mut self, album: &Album) -> FaultOr<()> {
        self.known = Some(album.id);
        put(&mut self.albums, album.id.0, album)
    }

    fn album_gone(&mut self, album: AlbumId) -> FaultOr<()> {
        self.known = None;
        self.albums.remove(album.0)?;
        self.cursors.remove(album.0)?;
        let all = (album.0, i32::MIN)..=(album.0, i32::MAX);
        self.proofs.retain_in(all.clone(), |_, _| false)?;
        Ok(self.photos.retain_in(all, |_, _| false)?)
    }

    fn photo(&mut self, mut photo: Photo) -> FaultOr<()> {
        if !self.knows(photo.id.album)? {
            return Ok(());
        }
        if let Some(earlier) = self.recorded(photo.id)? {
            photo.inherit(&earlier);
            if photo == earlier {
                return Ok(());
            }
        }
        self.write(&photo)
    }

    /// A photo as it is recorded. A row that makes no sense is none: it makes room for a new one.
    fn recorded(&self, id: PhotoId) -> FaultOr<Option<Photo>> {
        let row = self.photos.get((id.album.0, id.message.0))?;
        Ok(row.and_then(|row| row::decode(id, row.value()).ok()))
    }

    fn write(&mut self, photo: &Photo) -> FaultOr<()> {
        let (key, row) = ((photo.id.album.0, photo.id.message.0), row::encode(photo)?);
        if self.photos.get(key)?.is_none_or(|old| old.value() != row) {
            self.photos.insert(key, row.as_slice())?;
        }
        Ok(())
    }

    /// A cursor of an album that is not there would hide its photos if it came back.
    fn advance(&mut self, album: AlbumId, cursor: Cursor) -> FaultOr<()> {
        if self.knows(album)? { put(&mut self.cursors, album.0, &cursor) } else { Ok(()) }
    }

    fn knows(&mut self, album: AlbumId) -> FaultOr<bool> {
        if self.known != Some(album) && self.albums.get(album.0)?.is_some() {
            self.known = Some(album);
        }
        Ok(self.known == Some(album))
    }
}

/// Writes a row unless it is the same already.
fn put<'k, K: redb::Key + 'static, T: Serialize>(
    table: &mut Table<'_, K, &'static [u8]>,
    key: K::SelfType<'k>,
    value: &T,
) -> FaultOr<()>
where
    K::SelfType<'k>: Copy,
{
    let row = encode(value)?;
    if table.get(key)?.is_some_and(|old| old.value() == row) {
        return Ok(());
    }
    table.insert(key, row.as_slice())?;
    Ok(())
}
