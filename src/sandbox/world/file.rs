//! Files as they are downloaded: where the bytes lie, and who may have which range of them.
//! Blocking; no lock is held while a disk works.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use grammers_tl_types::{Deserializable, enums, types};
use sha2::{Digest, Sha256};

use super::World;
use super::error::{Outcome, WorldError, refusal, refuse};
use super::place::read_exact_at;
use super::record::{Body, FILES, SIZES, Stored, THUMBS, unpack};

/// `upload.getFileHashes` speaks of pieces of this size.
pub(crate) const PIECE: u64 = 128 * 1024;
/// Pieces in one answer.
const PIECES: u64 = 64;
const OPEN: usize = 64;

/// Files that were read from lately, held open with their records.
#[derive(Default)]
pub(super) struct OpenFiles(Mutex<HashMap<i64, Arc<OpenFile>>>);

struct OpenFile {
    stored: Stored,
    file: Option<File>,
}

/// A file, or one of its sizes.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: i64,
    /// The size asked for; `None` is the file itself.
    pub(crate) letter: Option<u8>,
    pub(crate) bytes: u64,
    pub(crate) dc: i32,
    pub(crate) mime: String,
    painted: Option<u64>,
}

impl World {
    fn open_file(&self, id: i64) -> Outcome<Option<Arc<OpenFile>>> {
        let lock = || self.files.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = lock().get(&id) {
            return Ok(Some(Arc::clone(open)));
        }
        let Some(stored) = self.stored(id)? else { return Ok(None) };
        let file = match &stored.body {
            Body::Upload { drawer, upload, .. } => {
                Some(File::open(self.uploads.path((*drawer, *upload)))?)
            }
            Body::Sizes => None,
        };
        let open = Arc::new(OpenFile { stored, file });
        let mut files = lock();
        if files.len() >= OPEN {
            // Any will do: one that is still read from comes back at once.
            files.clear();
        }
        files.insert(id, Arc::clone(&open));
        Ok(Some(open))
    }

    /// A file's record.
    pub(crate) fn stored(&self, id: i64) -> Outcome<Option<Stored>> {
        let table = self.db_read()?.open_table(FILES)?;
        table.get(id)?.map(|found| unpack(found.value())).transpose()
    }

    /// A photo as it is on the wire, with a fresh reference.
    pub(crate) fn photo_tl(&self, id: i64) -> Outcome<Option<enums::Photo>> {
        let Some(stored) = self.stored(id)?.filter(|stored| stored.photo) else { return Ok(None) };
        let mut photo = enums::Photo::from_bytes(&stored.tl)?;
        self.refresh_photo(&mut photo);
        Ok(Some(photo))
    }

    /// A document as it is on the wire, with a fresh reference.
    pub(crate) fn document_tl(&self, id: i64) -> Outcome<Option<enums::Document>> {
        let Some(stored) = self.stored(id)?.filter(|stored| !stored.photo) else { return Ok(None) };
        let mut document = enums::Document::from_bytes(&stored.tl)?;
        self.refresh_document(&mut document);
        Ok(Some(document))
    }

    pub(super) fn refresh_photo(&self, photo: &mut enums::Photo) {
        if let enums::Photo::Photo(photo) = photo {
            photo.file_reference = self.seal.reference(photo.id);
        }
    }

    pub(super) fn refresh_document(&self, document: &mut enums::Document) {
        if let enums::Document::Document(document) = document {
            document.file_reference = self.seal.reference(document.id);
        }
    }

    pub(super) fn refresh_media(&self, media: &mut enums::MessageMedia) {
        match media {
            enums::MessageMedia::Photo(types::MessageMediaPhoto { photo: Some(photo), .. }) => {
                self.refresh_photo(photo);
            }
            enums::MessageMedia::Document(types::MessageMediaDocument {
                document: Some(document),
                ..
            }) => self.refresh_document(document),
            _ => {}
        }
    }

    /// What a location means, if its hash and its reference are good.
    pub(crate) fn locate(
        &self,
        user: i64,
        location: &enums::InputFileLocation,
        life: Option<std::time::Duration>,
    ) -> Outcome<Place> {
        use enums::InputFileLocation as L;
        let (id, access_hash, reference, letters, photo) = match location {
            L::InputDocumentFileLocation(at) => {
                (at.id, at.access_hash, &at.file_reference, &at.thumb_size, false)
            }
            L::InputPhotoFileLocation(at) => {
                (at.id, at.access_hash, &at.file_reference, &at.thumb_size, true)
            }
            L::InputPeerPhotoFileLocation(at) => {
                let channel = self.by_peer(&self.reading()?, user, &at.peer)?;
                if channel.photo != Some(at.photo_id) {
                    return refuse("LOCATION_INVALID");
                }
                let letter = if at.big { b'c' } else { b'a' };
                return self.place(at.photo_id, Some(letter), true);
            }
            _ => return refuse("LOCATION_INVALID"),
        };
        if access_hash != self.seal.file_hash(id) {
            return refuse("LOCATION_INVALID");
        }
        self.seal.check(id, reference, life)?;
        let letter = match letters.as_bytes() {
            [] => None,
            [letter] => Some(*letter),
            _ => return refuse("LOCATION_INVALID"),
        };
        self.place(id, letter, photo)
    }

    fn place(&self, id: i64, letter: Option<u8>, photo: bool) -> Outcome<Place> {
        if let Some(gallery) = &self.gallery
            && let Some(index) = gallery.index_of(id)
        {
            let Some(bytes) = gallery.bytes(index, letter) else {
                return refuse("LOCATION_INVALID");
            };
            return Ok(Place {
                file: id,
                letter,
                bytes,
                dc: gallery.dc(),
                mime: if letter.is_some() { "image/jpeg".to_owned() } else { String::new() },
                painted: Some(index),
            });
        }
        let Some(open) = self.open_file(id)? else { return refuse("LOCATION_INVALID") };
        if open.stored.photo != photo || (photo && letter.is_none()) {
            return refuse("LOCATION_INVALID");
        }
        let (bytes, mime) = match letter {
            None => (open.stored.bytes, open.stored.mime.clone()),
            Some(letter) => match self.size_bytes(id, letter, |jpeg| jpeg.len() as u64)? {
                Some(bytes) => (bytes, "image/jpeg".to_owned()),
                // A photo of few pixels has no larger size: the nearest smaller one is meant.
                None if photo && letter == b'c' => match self.size_bytes(id, b'a', |_| ())? {
                    Some(()) => return self.place(id, Some(b'a'), true),
                    None => return refuse("LOCATION_INVALID"),
                },
                None => return refuse("LOCATION_INVALID"),
            },
        };
        Ok(Place { file: id, letter, bytes, dc: open.stored.dc, mime, painted: None })
    }

    fn size_bytes<T>(
        &self,
        id: i64,
        letter: u8,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Outcome<Option<T>> {
        let table = self.db_read()?.open_table(THUMBS)?;
        Ok(table.get((id, letter))?.map(|found| read(found.value())))
    }

    /// Bytes of a place from `offset`, at most `limit`; fewer at its end, none beyond it.
    pub(crate) fn read(&self, place: &Place, offset: u64, limit: u64) -> Outcome<Vec<u8>> {
        let end = (offset.saturating_add(limit)).min(place.bytes);
        if offset >= end {
            return Ok(Vec::new());
        }
        if let (Some(index), Some(gallery)) = (place.painted, &self.gallery) {
            return Ok(gallery.read(index, place.letter, offset, end));
        }
        let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        if let Some(letter) = place.letter {
            let cut = self.size_bytes(place.file, letter, |jpeg| {
                jpeg.get(at(offset)..at(end)).unwrap_or_default().to_vec()
            })?;
            return Ok(cut.unwrap_or_default());
        }
        let Some(open) = self.open_file(place.file)? else { return refuse("LOCATION_INVALID") };
        let (Some(file), Body::Upload { spans, .. }) = (&open.file, &open.stored.body) else {
            return refuse("LOCATION_INVALID");
        };
        read_spans(file, spans, offset, end)
    }

    /// SHA-256 of pieces of a place, from the piece at `offset` on.
    pub(crate) fn hashes(&self, place: &Place, offset: i64) -> Outcome<Vec<enums::FileHash>> {
        let offset = match u64::try_from(offset) {
            Ok(offset) if offset.is_multiple_of(PIECE) => offset,
            _ => return refuse("OFFSET_INVALID"),
        };
        let mut hashes = Vec::new();
        for number in 0..PIECES {
            let start = offset + number * PIECE;
            if start >= place.bytes {
                break;
            }
            let key = (place.file, place.letter.unwrap_or(0), start);
            let mut trouble = None;
            let hash = self.hashes.get(&key, || match self.read(place, start, PIECE) {
                Ok(bytes) => Sha256::digest(bytes).to_vec(),
                Err(error) => {
                    trouble = Some(error);
                    Vec::new()
                }
            });
            if let Some(error) = trouble {
                return Err(error);
            }
            let limit = i32::try_from(PIECE.min(place.bytes - start)).unwrap_or(i32::MAX);
            let start = i64::try_from(start).unwrap_or(i64::MAX);
            hashes.push(types::FileHash { offset: start, limit, hash: hash.to_vec() }.into());
        }
        Ok(hashes)
    }

    /// A document of `owner`'s with these very bytes.
    pub(crate) fn by_hash(
        &self,
        owner: i64,
        sha256: &[u8],
        bytes: i64,
        mime: &str,
    ) -> Outcome<Option<enums::Document>> {
        let Ok(bytes) = u64::try_from(bytes) else { return Ok(None) };
        let mut candidates = Vec::new();
        let table = self.db_read()?.open_table(SIZES)?;
        for entry in table.range((owner, bytes, i64::MIN)..=(owner, bytes, i64::MAX))? {
            candidates.push(entry?.0.value().2);
        }
        for id in candidates {
            if self.stored(id)?.is_none_or(|stored| stored.mime != mime) {
                continue;
            }
            let place = self.place(id, None, false)?;
            let mut hash = Sha256::new();
            let mut at = 0;
            while at < bytes {
                let part = self.read(&place, at, 1 << 20)?;
                if part.is_empty() {
                    return Err(WorldError::Record(format!("file {id} is shorter than it says")));
                }
                at += part.len() as u64;
                hash.update(part);
            }
            if hash.finalize().as_slice() == sha256 {
                return self.document_tl(id);
            }
        }
        Ok(None)
    }
}

impl Place {
    /// Refuses the wrong data centre, as `FILE_MIGRATE_n`.
    pub(crate) fn at_dc(self, dc: i32) -> Outcome<Self> {
        if self.dc == dc {
            Ok(self)
        } else {
            Err(refusal(303, format!("FILE_MIGRATE_{}", self.dc)))
        }
    }

    /// Telegram's word for the type of the bytes.
    pub(crate) fn storage_type(&self) -> enums::storage::FileType {
        use enums::storage::FileType as T;
        match self.mime.as_str() {
            "image/jpeg" => T::FileJpeg,
            "image/png" => T::FilePng,
            "image/gif" => T::FileGif,
            "image/webp" => T::FileWebp,
            "application/pdf" => T::FilePdf,
            "video/quicktime" => T::FileMov,
            "video/mp4" => T::FileMp4,
            _ => T::FileUnknown,
        }
    }
}

/// Bytes `start..end` of a file that lies in spans, all but the last of one length.
pub(super) fn read_spans(
    file: &File,
    spans: &[(u64, u32)],
    start: u64,
    end: u64,
) -> Outcome<Vec<u8>> {
    let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let part = spans.first().map_or(1, |(_, bytes)| u64::from(*bytes).max(1));
    let mut bytes = vec![0; at(end - start)];
    let mut done = start;
    while done < end {
        let Some((offset, length)) = spans.get(at(done / part)) else {
            return Err(WorldError::Record("a file is shorter than it says".to_owned()));
        };
        let within = done % part;
        let take = (u64::from(*length).saturating_sub(within)).min(end - done);
        if take == 0 {
            return Err(WorldError::Record("a file is shorter than it says".to_owned()));
        }
        let place = &mut bytes[at(done - start)..at(done - start + take)];
        read_exact_at(file, place, offset + within)?;
        done += take;
    }
    Ok(bytes)
}
