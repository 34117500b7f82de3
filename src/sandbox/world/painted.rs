//! Painted photographs as messages and files: nothing is stored, all is derived from the seed.
//!
//! This knows Telegram's side of them (ids, sizes, declared lengths); what is in the pictures is
//! the painter's business. Painting is costly: called from blocking threads only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use grammers_tl_types::{enums, types};

use super::cache::Cache;
use super::picture;
use super::plain;
use super::record::{Kind, Stretch};
use super::seal::{Seal, mix};
use crate::model::PixelSize;
use crate::sandbox::painted::{PaintedKind, Painter, Spec, THUMB_320_BYTES};
use crate::sandbox::server::DCS;

/// The upper bits of a painted file's id: stored files have 4 there.
const TAG: i64 = 0x5000_0000_0000_0000;
const TAG_MASK: i64 = 0x7000_0000_0000_0000;
const INDEX_MASK: u64 = (1 << 44) - 1;
/// Counts are summed up in blocks of so many photos.
const BLOCK: usize = 256;
const THUMB_SIDE: u32 = 320;
/// Declared length of a thumbnail: what is served is padded to it, so that a page of history need
/// not paint a hundred pictures to know their lengths.
const THUMB_BYTES: u32 = THUMB_320_BYTES;

/// All painted photographs of a world.
pub(crate) struct Gallery {
    pub(crate) painter: Painter,
    mask: u64,
    /// The data centre that the files live at.
    dc: AtomicI32,
    files: Cache<u64>,
    thumbs: Cache<(u64, u8)>,
    stripped: Cache<u64>,
    kinds: Mutex<HashMap<u64, Arc<Kinds>>>,
}

/// What kind each photo of a stretch is, a byte each, and how many of each come before a block.
pub(crate) struct Kinds {
    kinds: Vec<u8>,
    before: Vec<[i32; 4]>,
}

impl Kinds {
    pub(crate) fn at(&self, position: usize) -> Option<Kind> {
        self.kinds.get(position).map(|bits| Kind::from_bits(*bits))
    }

    /// How many of the first `end` photos are of a kind in `mask`.
    pub(crate) fn count(&self, end: usize, mask: u8) -> i32 {
        let end = end.min(self.kinds.len());
        let block = end / BLOCK;
        let whole = self.before[block];
        let mut count: i32 =
            Kind::ALL.iter().filter(|k| mask & k.bit() != 0).map(|k| whole[*k as usize]).sum();
        for bits in &self.kinds[block * BLOCK..end] {
            count += i32::from(mask & (1 << bits) != 0);
        }
        count
    }
}

fn kind_of(spec: &Spec) -> Kind {
    match spec.kind {
        PaintedKind::Document => Kind::File,
        PaintedKind::Photo => Kind::Photo,
        PaintedKind::Video { .. } => Kind::Video,
    }
}

fn signed(n: u64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Width and height as they are to be seen.
fn upright(spec: &Spec) -> (i32, i32) {
    let (w, h) = (signed(u64::from(spec.stored.width)), signed(u64::from(spec.stored.height)));
    if spec.orientation >= 5 { (h, w) } else { (w, h) }
}

/// Size of a thumbnail of at most `side` pixels.
fn fitted(spec: &Spec, side: u32) -> (i32, i32) {
    let upright = if spec.orientation >= 5 { spec.stored.transposed() } else { spec.stored };
    let size = upright.fit(PixelSize::new(side, side));
    (signed(u64::from(size.width)), signed(u64::from(size.height)))
}

/// The letter of a photo's largest size.
fn largest(spec: &Spec) -> u8 {
    let (w, h) = upright(spec);
    match w.max(h) {
        ..=320 => b'm',
        321..=800 => b'x',
        801..=1280 => b'y',
        _ => b'w',
    }
}

impl Gallery {
    pub(crate) fn new(painter: Painter) -> Self {
        Self {
            painter,
            mask: mix(painter.seed) & INDEX_MASK,
            dc: AtomicI32::new(DCS[0]),
            files: Cache::new(48 << 20, 64),
            thumbs: Cache::new(24 << 20, 4096),
            stripped: Cache::new(4 << 20, 8192),
            kinds: Mutex::default(),
        }
    }

    /// The data centre that the files live at.
    pub(crate) fn dc(&self) -> i32 {
        self.dc.load(Ordering::Relaxed)
    }

    pub(crate) fn live_at(&self, dc: i32) {
        self.dc.store(dc, Ordering::Relaxed);
    }

    /// The file id of a photo.
    pub(crate) fn file_id(&self, index: u64) -> i64 {
        TAG | ((index ^ self.mask) & INDEX_MASK).cast_signed()
    }

    /// The photo of a file id, if it is a painted one.
    pub(crate) fn index_of(&self, file: i64) -> Option<u64> {
        (file & TAG_MASK == TAG)
            .then_some((file & !TAG_MASK).cast_unsigned())
            .filter(|rest| *rest <= INDEX_MASK)
            .map(|rest| rest ^ self.mask)
    }

    /// Kinds of a whole stretch: made at first need (about a microsecond a photo), then kept.
    pub(crate) fn kinds(&self, stretch: &Stretch) -> Arc<Kinds> {
        let mut all = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let made = all.entry(stretch.first).or_insert_with(|| {
            let count = u64::try_from(stretch.count).unwrap_or(0);
            let mut kinds = Kinds { kinds: Vec::new(), before: vec![[0; 4]] };
            let mut so_far = [0; 4];
            for position in 0..count {
                let kind = kind_of(&self.painter.spec(stretch.first + position));
                kinds.kinds.push(kind as u8);
                so_far[kind as usize] += 1;
                if kinds.kinds.len().is_multiple_of(BLOCK) {
                    kinds.before.push(so_far);
                }
            }
            Arc::new(kinds)
        });
        Arc::clone(made)
    }

    fn stripped(&self, spec: &Spec) -> Vec<u8> {
        self.stripped.get(&spec.index, || self.painter.stripped(spec)).to_vec()
    }

    fn thumbs(&self, spec: &Spec) -> Vec<enums::PhotoSize> {
        let size = fitted(spec, THUMB_SIDE);
        vec![
            plain::stripped_size(self.stripped(spec)),
            plain::photo_size(b'm', size, signed(u64::from(THUMB_BYTES))),
        ]
    }

    /// The media of a photo's message.
    fn media(&self, spec: &Spec, seal: &Seal) -> enums::MessageMedia {
        let id = self.file_id(spec.index);
        let date = i32::try_from(spec.sent).unwrap_or(i32::MAX);
        if spec.kind == PaintedKind::Photo {
            let mut photo = plain::photo(id, seal.file_hash(id), self.dc());
            photo.date = date;
            photo.sizes = self.thumbs(spec);
            if largest(spec) == b'm' {
                photo.sizes.pop();
            }
            photo.sizes.push(plain::photo_size(largest(spec), upright(spec), signed(spec.bytes)));
            return plain::media_photo(photo.into()).into();
        }
        let mut document = plain::document(id, seal.file_hash(id), self.dc());
        document.date = date;
        spec.mime.clone_into(&mut document.mime_type);
        document.size = i64::try_from(spec.bytes).unwrap_or(i64::MAX);
        document.thumbs = Some(self.thumbs(spec));
        document.attributes = match spec.kind {
            PaintedKind::Video { seconds } => vec![plain::video(f64::from(seconds), upright(spec))],
            _ => vec![plain::image_size(upright(spec))],
        };
        document.attributes.push(plain::filename(&spec.name));
        let mut media = plain::media_document(document.into());
        media.video = matches!(spec.kind, PaintedKind::Video { .. });
        media.into()
    }

    /// The document or photo under a file id.
    pub(crate) fn file_media(&self, file: i64, seal: &Seal) -> Option<enums::MessageMedia> {
        Some(self.media(&self.painter.spec(self.index_of(file)?), seal))
    }

    /// Message `id` of a channel, `position` photos into its stretch.
    pub(crate) fn message(
        &self,
        channel: i64,
        stretch: &Stretch,
        id: i32,
        seal: &Seal,
    ) -> types::Message {
        let spec = self.spec_at(stretch, id);
        let mut message = plain::message(types::PeerChannel { channel_id: channel }.into());
        message.id = id;
        message.out = true;
        message.post = true;
        message.date = i32::try_from(spec.sent).unwrap_or(i32::MAX);
        message.media = Some(self.media(&spec, seal));
        message.message = spec.caption;
        message.views = Some(1);
        message.forwards = Some(0);
        message
    }

    /// The painter's word on message `id`.
    pub(crate) fn spec_at(&self, stretch: &Stretch, id: i32) -> Spec {
        self.painter.spec(stretch.first + u64::try_from(id - 2).unwrap_or(0))
    }

    /// What message `id` holds.
    pub(crate) fn kind_at(&self, stretch: &Stretch, id: i32) -> Kind {
        kind_of(&self.spec_at(stretch, id))
    }

    /// Length of a file, or of one of its sizes; `None` where there is no such size.
    pub(crate) fn bytes(&self, index: u64, letter: Option<u8>) -> Option<u64> {
        let spec = self.painter.spec(index);
        let photo = spec.kind == PaintedKind::Photo;
        match letter {
            None if photo => None,
            None => Some(spec.bytes),
            Some(letter) if photo && letter == largest(&spec) => Some(spec.bytes),
            Some(b'm') => Some(u64::from(THUMB_BYTES)),
            Some(_) => None,
        }
    }

    /// Part of a file or of one of its sizes, whose length [`Self::bytes`] told; `end` is within.
    pub(crate) fn read(&self, index: u64, letter: Option<u8>, start: u64, end: u64) -> Vec<u8> {
        let spec = self.painter.spec(index);
        let cut = |bytes: &[u8]| {
            let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
            bytes[at(start)..at(end)].to_vec()
        };
        let whole = match letter {
            None => true,
            Some(letter) => spec.kind == PaintedKind::Photo && letter == largest(&spec),
        };
        if whole {
            let head = self.painter.head(&spec);
            if end <= head.len() as u64 {
                return cut(&head);
            }
            return cut(&self.files.get(&index, || self.painter.file(&spec)));
        }
        cut(&self.thumbs.get(&(index, b'm'), || {
            let declared = usize::try_from(THUMB_BYTES).unwrap_or(0);
            padded_thumb(self.painter.thumb(&spec, THUMB_SIDE), declared)
        }))
    }
}

/// A JPEG of exactly `declared` bytes: coarser where it is longer, padded behind its end where it
/// is shorter (decoders stop at the end marker).
fn padded_thumb(painted: Vec<u8>, declared: usize) -> Vec<u8> {
    let mut jpeg = painted;
    if jpeg.len() > declared
        && let Some(bitmap) = picture::decode(&jpeg)
    {
        for quality in [75, 60, 45, 30, 20, 10, 5, 1] {
            jpeg = picture::size(&bitmap, b'm', THUMB_SIDE, quality).jpeg;
            if jpeg.len() <= declared {
                break;
            }
        }
    }
    jpeg.resize(declared, 0);
    jpeg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_have_the_length_that_was_declared() {
        let noise = image::RgbImage::from_fn(320, 240, |x, y| {
            let n = mix(u64::from(x) << 32 | u64::from(y)).to_le_bytes();
            image::Rgb([n[0], n[1], n[2]])
        });
        let dear = picture::size(&noise.into(), b'm', 320, 95).jpeg;
        let cut = padded_thumb(dear.clone(), 18_000);
        assert!(dear.len() > 18_000);
        assert_eq!(cut.len(), 18_000);
        assert_eq!(picture::decode(&cut).map(|p| (p.width(), p.height())), Some((320, 240)));
    }

    #[test]
    fn kinds_are_counted_by_blocks() {
        let bits: Vec<u8> = (0..1000u64).map(|n| (mix(n) % 4) as u8).collect();
        let mut kinds = Kinds { kinds: vec![], before: vec![[0; 4]] };
        let mut sum = [0; 4];
        for bit in &bits {
            kinds.kinds.push(*bit);
            sum[usize::from(*bit)] += 1;
            if kinds.kinds.len().is_multiple_of(BLOCK) {
                kinds.before.push(sum);
            }
        }
        for (end, mask) in [(0, 15), (256, 2), (257, 6), (999, 8), (2000, 15)] {
            let slow = bits.iter().take(end).filter(|bit| mask & (1 << **bit) != 0).count();
            assert_eq!(kinds.count(end, mask), i32::try_from(slow).unwrap());
        }
    }
}
