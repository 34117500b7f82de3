//! When and how a picture or a video was made, from the head of its file and one more piece of it.
//!
//! For files that lie elsewhere: given their first bytes, it tells what they say, and which range
//! of the file holds the rest where the header says that there is one (a TIFF's directory, a HEIC's
//! EXIF item, a PNG's or `WebP`'s last chunk, a video's header behind its frames). Pure, reads no
//! pixels, asks for nothing itself. Offsets and lengths come from the file and are believed only as
//! far as they lead into it.

mod boxes;
mod chunks;
mod jpeg;
mod parts;
mod tiff;

use std::ops::Range;

use self::parts::{Gap, Read, View};
use super::sniff::{Class, sniff};
use super::{Facts, facts};
use crate::model::{Shot, Taken};

pub use self::parts::Parts;

/// How much of a file's beginning is worth reading, and how long another range is at most.
pub const HEAD_BYTES: u64 = 64 * 1024;
/// What other ranges begin at a multiple of.
const GRAIN: u64 = 4096;
/// How much of a file's end is read where its last chunks are looked for.
const TAIL_BYTES: u64 = 32 * 1024;
/// How far before a TIFF directory is read: its values may stand there.
const BEFORE_A_DIRECTORY: u64 = 16 * 1024;

/// What the parts of a file tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// As far as they are known.
    pub facts: Facts,
    /// When a video was begun, Unix seconds, where it knows that and no wall clock.
    pub instant: Option<i64>,
    /// The range that is likely to tell the date, where these parts do not; at most
    /// [`HEAD_BYTES`] long. Where one was read already it is of no use to go on.
    pub need: Option<Range<u64>>,
    /// How it was made, as far as that is known.
    pub shot: Shot,
    /// The range that is likely to tell more than these parts, of the date or of how it was made;
    /// at most [`HEAD_BYTES`] long.
    pub more: Option<Range<u64>>,
}

/// Where to look for what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// There, and a little before.
    Around(u64),
    /// From there on.
    From(u64),
    /// At the end of the file.
    Tail,
}

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq)]
struct Found {
    taken: Option<Taken>,
    changed: Option<Taken>,
    instant: Option<i64>,
    /// Where the date may be.
    look: Option<Look>,
    shot: Shot,
    /// Where something else may be.
    look_for_rest: Option<Look>,
}

impl Found {
    fn look(look: Look) -> Self {
        Self { look: Some(look), ..Self::default() }
    }
}

/// Reads what the parts tell.
#[must_use]
pub fn head(parts: &Parts<'_>) -> Head {
    let start = parts.start();
    let mime = sniff(start);
    let mut told = Head { facts: facts(start), ..Head::default() };
    if mime.class == Class::Other {
        return told;
    }
    let whole = View::of(parts);
    let found = match mime.mime {
        "image/jpeg" => jpeg::read(whole),
        "image/png" => chunks::png(whole),
        "image/webp" => chunks::webp(whole),
        "image/heic" | "image/heif" | "image/avif" => boxes::heif(whole),
        "image/jxl" => boxes::jpeg_xl(whole),
        "image/x-canon-cr3" => boxes::canon(whole),
        "image/x-fuji-raf" => jpeg::in_fuji(whole),
        "video/mp4" | "video/quicktime" | "video/x-m4v" | "video/3gpp" => boxes::video(whole),
        _ => tiff::read(whole),
    };
    told.facts.taken = told.facts.taken.or(found.taken);
    told.facts.changed = found.changed.filter(|_| told.facts.taken.is_none());
    told.instant = found.instant.filter(|_| told.facts.taken.is_none());
    told.facts.camera = told.facts.camera.or_else(|| found.shot.camera.clone());
    told.shot = found.shot;
    told.shot.camera.clone_from(&told.facts.camera);
    let known = told.facts.taken.is_some() || told.instant.is_some();
    told.need = found.look.filter(|_| !known).and_then(|look| range(look, parts));
    let more = found.look.or(found.look_for_rest).and_then(|look| range(look, parts));
    told.more = told.need.clone().or(more);
    told
}

/// The bytes to ask for; `None` where all that could be there is at hand or nothing is.
fn range(look: Look, parts: &Parts<'_>) -> Option<Range<u64>> {
    let total = parts.total();
    let from = match look {
        Look::From(at) => at,
        // Close to the end, the end is read along.
        Look::Around(at) => {
            at.saturating_sub(BEFORE_A_DIRECTORY).min(total.saturating_sub(HEAD_BYTES - GRAIN))
        }
        Look::Tail => total.saturating_sub(TAIL_BYTES),
    };
    let from = from / GRAIN * GRAIN;
    let to = from.saturating_add(HEAD_BYTES).min(total);
    (from < to && !parts.has(&(from..to))).then_some(from..to)
}

/// The date of a TIFF block, or where in the file to look for the rest of it.
fn found_in(block: Read<View<'_>>) -> Found {
    match block {
        Ok(block) => tiff::read(block),
        Err(Gap::NotAtHand(at)) => Found::look(Look::From(at)),
        Err(Gap::Nowhere) => Found::default(),
    }
}

#[cfg(test)]
mod tests;
