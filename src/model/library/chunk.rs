//! Some hundred photos of one album, packed: rows of one size, their texts end to end in one piece
//! of memory. A chunk never changes; a new one takes its place.

use std::sync::Arc;

use super::PhotoFacts;
use crate::model::{
    AlbumId, Blur, MediaKind, MessageId, Moment, PhotoId, PixelSize, RemoteKind, Taken,
};

/// Photos of one chunk, at most.
pub(super) const MOST: usize = 512;

/// What cameras, phones and programs name their files' types; anything else is spelled out.
const MIMES: [&str; 24] = [
    "image/jpeg",
    "image/png",
    "image/heic",
    "image/heif",
    "image/webp",
    "image/gif",
    "image/avif",
    "image/tiff",
    "image/bmp",
    "image/jxl",
    "image/jp2",
    "image/x-adobe-dng",
    "image/x-canon-cr2",
    "image/x-canon-cr3",
    "image/x-nikon-nef",
    "image/x-sony-arw",
    "image/x-fuji-raf",
    "image/x-panasonic-rw2",
    "image/x-olympus-orf",
    "application/octet-stream",
    "video/mp4",
    "video/quicktime",
    "video/x-matroska",
    "",
];
/// The type is spelled out, after its length, before the caption.
const SPELLED: u8 = u8::MAX;

const VIDEO: u8 = 1;
const DOCUMENT: u8 = 2;
const TAKEN: u8 = 4;
const OFFSET: u8 = 8;
const HEAD_READ: u8 = 16;
const PREVIEW: u8 = 32;
const BLUR: u8 = 64;
const SIDECAR: u8 = 128;

/// A photo but for its texts, which begin at `start`: the name; the placeholder after its length,
/// where there is one; the type after its length, where it is spelled out; the caption, as far as
/// the next photo's texts.
#[derive(Clone, Copy, Debug)]
struct Row {
    bytes: u64,
    file: i64,
    wall_seconds: i64,
    message: MessageId,
    start: u32,
    size: PixelSize,
    sent: u32,
    seconds: u32,
    offset_minutes: i16,
    name_length: u16,
    thumb_side: u16,
    mime: u8,
    flags: u8,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Chunk {
    rows: Box<[Row]>,
    texts: Box<[u8]>,
}

impl Chunk {
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// The oldest photo's message.
    pub(super) fn first(&self) -> MessageId {
        self.rows.first().map_or(MessageId(i32::MIN), |row| row.message)
    }

    pub(super) fn get(&self, album: AlbumId, index: usize) -> Option<PhotoRef<'_>> {
        let row = self.rows.get(index)?;
        let end = self.rows.get(index + 1).map_or(self.texts.len(), |next| next.start as usize);
        Some(PhotoRef { album, row, texts: self.texts.get(row.start as usize..end)? })
    }

    /// Where a message is, or would be.
    pub(super) fn place_of(&self, message: MessageId) -> Result<usize, usize> {
        self.rows.binary_search_by_key(&message, |row| row.message)
    }
}

/// A chunk in the making; photos come in the order of their messages.
#[derive(Debug, Default)]
pub(super) struct ChunkBuilder {
    rows: Vec<Row>,
    texts: Vec<u8>,
}

impl ChunkBuilder {
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Copies a photo as it is.
    pub(super) fn copy(&mut self, photo: PhotoRef<'_>) {
        let start = self.start();
        self.rows.push(Row { start, ..*photo.row });
        self.texts.extend_from_slice(photo.texts);
    }

    pub(super) fn push(&mut self, message: MessageId, facts: &PhotoFacts<'_>) {
        let start = self.start();
        let flag = |flag: u8, is_set: bool| if is_set { flag } else { 0 };
        let taken = facts.taken.unwrap_or_default();
        let seconds = if let MediaKind::Video { seconds } = facts.kind { seconds } else { 0 };
        let known = MIMES.iter().position(|known| *known == facts.mime);
        let mime = known.and_then(|place| u8::try_from(place).ok()).unwrap_or(SPELLED);
        self.texts.extend_from_slice(facts.name.as_bytes());
        if let Some(blur) = facts.blur {
            self.short(blur);
        }
        if mime == SPELLED {
            self.short(facts.mime);
        }
        self.texts.extend_from_slice(facts.caption.as_bytes());
        self.rows.push(Row {
            bytes: facts.bytes,
            file: facts.file,
            wall_seconds: taken.wall_seconds,
            message,
            start,
            size: facts.size,
            sent: facts.sent,
            seconds,
            offset_minutes: taken.offset_minutes.unwrap_or_default(),
            name_length: u16::try_from(facts.name.len()).unwrap_or(u16::MAX),
            thumb_side: facts.thumb_side,
            mime,
            flags: flag(VIDEO, matches!(facts.kind, MediaKind::Video { .. }))
                | flag(SIDECAR, facts.kind == MediaKind::Sidecar)
                | flag(DOCUMENT, facts.remote == RemoteKind::Document)
                | flag(TAKEN, facts.taken.is_some())
                | flag(OFFSET, taken.offset_minutes.is_some())
                | flag(HEAD_READ, facts.head_read)
                | flag(PREVIEW, facts.has_preview)
                | flag(BLUR, facts.blur.is_some()),
        });
    }

    /// A text after its length.
    fn short(&mut self, text: &str) {
        self.texts.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.texts.extend_from_slice(text.as_bytes());
    }

    fn start(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
    }

    /// The chunk, unless it is empty; another one can be begun.
    pub(super) fn finish(&mut self) -> Option<Arc<Chunk>> {
        if self.rows.is_empty() {
            return None;
        }
        // Exactly as large as it has to be, while the room for the next one stays.
        let (rows, texts) = (self.rows.as_slice().into(), self.texts.as_slice().into());
        self.rows.clear();
        self.texts.clear();
        Some(Arc::new(Chunk { rows, texts }))
    }
}

/// A view of one photo of the library.
#[derive(Clone, Copy)]
pub struct PhotoRef<'a> {
    album: AlbumId,
    row: &'a Row,
    texts: &'a [u8],
}

impl<'a> PhotoRef<'a> {
    /// Album and message.
    #[must_use]
    pub const fn id(&self) -> PhotoId {
        PhotoId { album: self.album, message: self.row.message }
    }

    /// File name as sent; a made-up one where it has none.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text(0, self.blur_at())
    }

    /// Caption, plain text; empty when there is none.
    #[must_use]
    pub fn caption(&self) -> &'a str {
        let before = self.mime_at();
        let mime = if self.row.mime == SPELLED { 1 + self.length_at(before) } else { 0 };
        self.text(before + mime, self.texts.len())
    }

    /// Size of the original in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.row.bytes
    }

    /// Size in pixels, upright; empty where Telegram does not say.
    #[must_use]
    pub const fn size(&self) -> PixelSize {
        self.row.size
    }

    /// Image, video or sidecar.
    #[must_use]
    pub const fn kind(&self) -> MediaKind {
        if self.has(VIDEO) {
            MediaKind::Video { seconds: self.row.seconds }
        } else if self.has(SIDECAR) {
            MediaKind::Sidecar
        } else {
            MediaKind::Image
        }
    }

    /// MIME type as Telegram has it.
    #[must_use]
    pub fn mime(&self) -> &'a str {
        if let Some(known) = MIMES.get(usize::from(self.row.mime)) {
            return known;
        }
        let at = self.mime_at();
        self.text(at + 1, at + 1 + self.length_at(at))
    }

    /// When the message was sent, Unix seconds.
    #[must_use]
    pub fn sent(&self) -> i64 {
        i64::from(self.row.sent)
    }

    /// When the camera took it, where that is known.
    #[must_use]
    pub const fn taken(&self) -> Option<Taken> {
        if !self.has(TAKEN) {
            return None;
        }
        let offset_minutes = if self.has(OFFSET) { Some(self.row.offset_minutes) } else { None };
        Some(Taken { wall_seconds: self.row.wall_seconds, offset_minutes })
    }

    /// Its place in time.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::of(self.taken(), self.name(), self.sent())
    }

    /// Whether nothing more can be learnt about its date from its file.
    #[must_use]
    pub const fn head_read(&self) -> bool {
        self.has(HEAD_READ)
    }

    /// Placeholder, where one has been made.
    #[must_use]
    pub fn blur(&self) -> Option<Blur> {
        self.blur_text().and_then(Blur::new)
    }

    /// The id of the file on Telegram: another one is another picture.
    #[must_use]
    pub const fn file(&self) -> i64 {
        self.row.file
    }

    /// Document or photo.
    #[must_use]
    pub const fn remote_kind(&self) -> RemoteKind {
        if self.has(DOCUMENT) { RemoteKind::Document } else { RemoteKind::Photo }
    }

    /// The longest side of the largest thumbnail that Telegram offers, pixels; 0 where it has none.
    #[must_use]
    pub fn thumb_side(&self) -> u32 {
        u32::from(self.row.thumb_side)
    }

    /// Whether a stripped preview came with the message.
    #[must_use]
    pub const fn has_preview(&self) -> bool {
        self.has(PREVIEW)
    }

    /// All of it.
    #[must_use]
    pub fn facts(&self) -> PhotoFacts<'a> {
        PhotoFacts {
            file: self.file(),
            bytes: self.bytes(),
            size: self.size(),
            kind: self.kind(),
            remote: self.remote_kind(),
            sent: self.row.sent,
            taken: self.taken(),
            head_read: self.head_read(),
            thumb_side: self.row.thumb_side,
            has_preview: self.has_preview(),
            name: self.name(),
            mime: self.mime(),
            caption: self.caption(),
            blur: self.blur_text(),
        }
    }

    const fn has(&self, flag: u8) -> bool {
        self.row.flags & flag != 0
    }

    fn blur_at(&self) -> usize {
        usize::from(self.row.name_length)
    }

    fn mime_at(&self) -> usize {
        let at = self.blur_at();
        if self.has(BLUR) { at + 1 + self.length_at(at) } else { at }
    }

    fn blur_text(&self) -> Option<&'a str> {
        let at = self.blur_at();
        self.has(BLUR).then(|| self.text(at + 1, at + 1 + self.length_at(at)))
    }

    fn length_at(&self, at: usize) -> usize {
        self.texts.get(at).copied().map_or(0, usize::from)
    }

    fn text(&self, from: usize, to: usize) -> &'a str {
        let bytes = self.texts.get(from..to).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl PartialEq for PhotoRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.facts() == other.facts()
    }
}

impl std::fmt::Debug for PhotoRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhotoRef").field("id", &self.id()).field("facts", &self.facts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_is_small() {
        assert_eq!(size_of::<Row>(), 56);
    }

    fn text() -> impl Strategy<Value = String> {
        "[a-zß漢🌄]{0,12}"
    }

    proptest! {
        /// What is packed comes out again, whatever stands beside it.
        #[test]
        fn packing_loses_nothing(
            photos in prop::collection::vec((
                (text(), text(), prop::option::of("[!-~]{1,32}")),
                prop_oneof![
                    prop::sample::select(MIMES.as_slice()).prop_map(str::to_owned),
                    "[a-z/]{0,20}",
                ],
                (any::<u64>(), any::<i64>(), any::<u32>(), any::<u16>()),
                (any::<u32>(), any::<u32>()),
                prop::option::of(any::<u32>()),
                prop::option::of((any::<i64>(), any::<Option<i16>>())),
                (any::<bool>(), any::<bool>(), any::<bool>()),
            ), 1..20)
        ) {
            let facts: Vec<PhotoFacts<'_>> = photos
                .iter()
                .map(|((name, caption, blur), mime, numbers, size, video, taken, flags)| PhotoFacts {
                    file: numbers.1,
                    bytes: numbers.0,
                    size: PixelSize::new(size.0, size.1),
                    kind: match video {
                        Some(seconds) if seconds % 3 > 0 => MediaKind::Video { seconds: *seconds },
                        Some(_) => MediaKind::Sidecar,
                        None => MediaKind::Image,
                    },
                    remote: if flags.0 { RemoteKind::Document } else { RemoteKind::Photo },
                    sent: numbers.2,
                    taken: taken.map(|(wall_seconds, offset_minutes)| Taken { wall_seconds, offset_minutes }),
                    head_read: flags.1,
                    thumb_side: numbers.3,
                    has_preview: flags.2,
                    name,
                    mime,
                    caption,
                    blur: blur.as_deref(),
                })
                .collect();
            let mut builder = ChunkBuilder::default();
            for (message, facts) in (1..).zip(&facts) {
                builder.push(MessageId(message), facts);
            }
            let chunk = builder.finish().unwrap();
            // Copied once more, as a change beside it does.
            for index in 0..chunk.len() {
                builder.copy(chunk.get(AlbumId(1), index).unwrap());
            }
            let copy = builder.finish().unwrap();
            for chunk in [chunk, copy] {
                prop_assert_eq!(chunk.len(), facts.len());
                for (index, facts) in facts.iter().enumerate() {
                    let photo = chunk.get(AlbumId(1), index).unwrap();
                    prop_assert_eq!(photo.facts(), *facts);
                    prop_assert_eq!(photo.sent(), i64::from(facts.sent));
                    prop_assert_eq!(photo.blur(), facts.blur.and_then(Blur::new));
                }
            }
        }
    }
}
