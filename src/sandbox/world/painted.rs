//! Painted photographs as messages and files: nothing is stored, all is derived from the seed.
//!
//! This knows Telegram's side of them (ids, sizes, declared lengths); what is in the pictures is
//! the painter's business. Painting is costly: called from blocking threads only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use grammers_tl_types::{enums, types};
use rayon::prelude::*;

use super::cache::Cache;
use super::kinds::Kinds;
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
const THUMB_SIDE: u32 = 320;

/// All painted photographs of a world.
pub(crate) struct Gallery {
    pub(crate) painter: Painter,
    mask: u64,
    /// The data centre that the files live at.
    dc: AtomicI32,
    files: Cache<u64>,
    thumbs: Cache<u64>,
    stripped: Cache<u64>,
    kinds: Mutex<HashMap<u64, Arc<Kinds>>>,
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
            let specs = (0..count).map(|position| self.painter.spec(stretch.first + position));
            Arc::new(Kinds::of(specs.map(|spec| kind_of(&spec))))
        });
        Arc::clone(made)
    }

    fn stripped(&self, spec: &Spec) -> Vec<u8> {
        self.stripped.get(&spec.index, || self.painter.stripped(spec)).to_vec()
    }

    /// Paints the previews of a page side by side, so that its messages need not wait for each
    /// other's.
    pub(crate) fn prepare(&self, stretch: &Stretch, ids: &[i32]) {
        let painted = ids.iter().filter(|id| (2..=stretch.count + 1).contains(*id));
        let specs: Vec<Spec> = painted.map(|id| self.spec_at(stretch, *id)).collect();
        specs.par_iter().with_min_len(8).for_each(|spec| drop(self.stripped(spec)));
    }

    fn thumbs(&self, spec: &Spec) -> Vec<enums::PhotoSize> {
        let size = fitted(spec, THUMB_SIDE);
        vec![
            plain::stripped_size(self.stripped(spec)),
            plain::photo_size(b'm', size, signed(u64::from(THUMB_320_BYTES))),
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
            Some(b'm') => Some(u64::from(THUMB_320_BYTES)),
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
        cut(&self.thumbs.get(&index, || self.painter.thumb(&spec, THUMB_SIDE)))
    }
}
