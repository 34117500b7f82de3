//! The recorded library: albums, photos and cursors as they are now, not how they came about.
//!
//! Follows the same rules as `model::Library`, so that folding what is replayed gives what the
//! window has.

use std::path::PathBuf;

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::Serialize;

use super::base::{Base, Fault, Layout};
use super::error::{Result, StoreError};
use super::record::{decode, encode};
use crate::model::{Album, AlbumId, Batch, Blur, Change, Cursor, MessageId, Photo, PhotoId, Taken};

type FaultOr<T> = std::result::Result<T, Fault>;

const ALBUMS: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("albums");
pub(super) const PHOTOS: TableDefinition<'_, (i64, i32), &[u8]> = TableDefinition::new("photos");
const CURSORS: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("cursors");

pub(super) const LAYOUT: Layout = Layout {
    schema: 1,
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
    pub(super) fn open(path: PathBuf, warnings: &mut Vec<String>) -> Result<Self> {
        Ok(Self(Base::open_cache(path, LAYOUT, warnings)?))
    }

    #[cfg(test)]
    pub(super) fn over(base: Base) -> Self {
        Self(base)
    }

    pub(super) fn replay(&self, each: &mut dyn FnMut(Change)) -> Result<()> {
        self.read(|read| {
            for row in read.open_table(ALBUMS)?.iter()? {
                each(Change::Album(decode(row?.1.value())?));
            }
            for row in read.open_table(PHOTOS)?.iter()? {
                each(Change::Photo(Box::new(decode(row?.1.value())?)));
            }
            Ok(())
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
    fn read<T>(&self, f: impl FnOnce(&redb::ReadTransaction) -> FaultOr<T>) -> Result<T> {
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

    pub(super) fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}

struct Tables<'t> {
    albums: Table<'t, i64, &'static [u8]>,
    photos: Table<'t, (i64, i32), &'static [u8]>,
    cursors: Table<'t, i64, &'static [u8]>,
    /// The album that was looked up last; photos come album by album.
    known: Option<AlbumId>,
}

impl<'t> Tables<'t> {
    fn open(write: &'t WriteTransaction) -> FaultOr<Self> {
        Ok(Self {
            albums: write.open_table(ALBUMS)?,
            photos: write.open_table(PHOTOS)?,
            cursors: write.open_table(CURSORS)?,
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
                }
                gone.push(Gone::Photos(album, messages));
                Ok(())
            }
            Change::Described { photo, taken, blur } => self.described(photo, taken, blur),
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
        Ok(self.photos.retain_in((album.0, i32::MIN)..=(album.0, i32::MAX), |_, _| false)?)
    }

    fn photo(&mut self, mut photo: Photo) -> FaultOr<()> {
        if !self.knows(photo.id.album)? {
            return Ok(());
        }
        let key = (photo.id.album.0, photo.id.message.0);
        let earlier = self.photos.get(key)?.map(|row| decode::<Photo>(row.value())).transpose()?;
        if let Some(earlier) = earlier {
            photo.inherit(&earlier);
            if photo == earlier {
                return Ok(());
            }
        }
        self.photos.insert(key, encode(&photo)?.as_slice())?;
        Ok(())
    }

    fn described(&mut self, id: PhotoId, taken: Option<Taken>, blur: Option<Blur>) -> FaultOr<()> {
        let key = (id.album.0, id.message.0);
        let known = self.photos.get(key)?.map(|row| decode::<Photo>(row.value())).transpose()?;
        let Some(mut photo) = known else { return Ok(()) };
        photo.taken = taken.or(photo.taken);
        photo.blur = blur.or(photo.blur);
        put(&mut self.photos, key, &photo)
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
