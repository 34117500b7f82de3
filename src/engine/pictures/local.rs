//! What the disk has of a photo: a stored thumbnail, the preview that came with the message, the
//! original. Plain functions, on the pool.

use std::path::Path;
use std::sync::Arc;

use super::copies;
use super::gate;
use super::letter::{self, OWN, by_preference, larger};
use super::load::{Outcome, Shown};
use super::reconcile::Lane;
use super::upright;
use crate::engine::Want;
use crate::engine::core::Ground;
use crate::engine::event::Trouble;
use crate::engine::fetch::FetchError;
use crate::engine::heads::{self, For};
use crate::model::{Bitmap, MediaKind, Photo, PixelSize, RemoteThumb, Rendition};
use crate::pixels::{self, Limits, PixelsError};
use crate::store::ThumbKey;

/// Originals up to here are fetched just to make a thumbnail that Telegram does not have.
const WORTH_A_THUMBNAIL: u64 = 10 * 1024 * 1024;
/// Size of the thumbnails that we make where Telegram has none.
pub(super) const OWN_SIDE: u32 = 320;
/// The quality of the larger ones.
const QUALITY: u8 = 82;
/// Previews have no other size; the protocol would allow larger ones.
const PREVIEW_SIDE: u32 = 40;
/// What memory can bear.
const MOST_PIXELS: u64 = 120_000_000;

/// Makes the picture from what is on the disk, or says which lane can.
pub(super) fn load(ground: &Ground, want: Want) -> Outcome {
    let photo = match ground.store.photo(want.photo) {
        Ok(Some(photo)) => photo,
        Ok(None) => return FetchError::Gone.into(),
        Err(error) => return FetchError::from(error).into(),
    };
    match (want.rendition, photo.kind) {
        // Nobody wishes for what cannot be.
        (_, MediaKind::Sidecar) => Outcome::Nothing,
        (Rendition::Preview, _) => preview(&photo),
        // A video's original is for a player; here its largest thumbnail stands for it.
        (Rendition::Thumbnail, _) | (_, MediaKind::Video { .. }) => {
            thumbnail(ground, &photo, want.fit)
        }
        (rendition, MediaKind::Image) => original(ground, &photo, rendition, want.fit),
    }
}

/// A copy of the original, or the original where it is on the disk and small. Others wait for each
/// other, elsewhere.
fn original(ground: &Ground, photo: &Photo, rendition: Rendition, fit: PixelSize) -> Outcome {
    if rendition == Rendition::Screen
        && let Some(copy) = copies::find(ground, photo, fit)
    {
        return Outcome::ready(copy, false);
    }
    let path = ground.store.original(photo).filter(|_| gate::is_small(photo.size, photo.bytes));
    let Some(path) = path else { return Outcome::Missed(Lane::Whole) };
    match whole(ground, photo, &path, &Limits::default(), rendition, fit) {
        Ok(shown) => Outcome::Ready(shown),
        // Larger than Telegram says: it may take more memory where it is alone.
        Err(Unshown { is_too_large: true, .. }) => Outcome::Missed(Lane::Whole),
        Err(Unshown { trouble, .. }) => match smaller(ground, photo, fit) {
            Some(preview) => Outcome::Ready(Shown::instead(preview, trouble)),
            None if !photo.remote.thumbs.is_empty() => Outcome::Missed(Lane::Whole),
            None => Outcome::failed(trouble),
        },
    }
}

fn preview(photo: &Photo) -> Outcome {
    match photo.remote.stripped.as_deref().and_then(pixels::stripped_preview) {
        Some(bitmap) => {
            let side = PixelSize::new(PREVIEW_SIDE, PREVIEW_SIDE);
            Outcome::ready(Arc::new(pixels::scale(&bitmap, side)), true)
        }
        None => Outcome::failed(Trouble::plain("This photo has no preview")),
    }
}

/// The longest side that can be had of Telegram, or that is made where it has nothing.
pub(super) fn offered(photo: &Photo) -> u32 {
    let sides = photo.remote.thumbs.iter().map(|thumb| thumb.size.long_side());
    sides.max().unwrap_or(0).max(OWN_SIDE)
}

pub(super) fn is_largest(photo: &Photo, thumb: &RemoteThumb) -> bool {
    photo.remote.thumbs.iter().all(|other| other.size.long_side() <= thumb.size.long_side())
}

/// From the store: the best size or a larger one; the one made here, if Telegram has none.
fn thumbnail(ground: &Ground, photo: &Photo, fit: PixelSize) -> Outcome {
    if fit.long_side() > offered(photo) {
        return enlarged(ground, photo, fit);
    }
    let file = photo.remote.id;
    let by_preference = by_preference(&photo.remote.thumbs, fit);
    let keys: Vec<(ThumbKey, bool)> = match by_preference.first() {
        Some(best) => by_preference
            .iter()
            .filter(|thumb| thumb.size.long_side() >= best.size.long_side())
            .map(|thumb| (letter::key(file, thumb), is_largest(photo, thumb)))
            .collect(),
        None => vec![(ThumbKey { file, letter: OWN }, true)],
    };
    if let Some((bitmap, all)) = stored(ground, photo, &keys, fit) {
        return Outcome::ready(bitmap, all);
    }
    if !by_preference.is_empty() {
        return Outcome::Missed(Lane::Small);
    }
    let is_image = photo.kind == MediaKind::Image;
    let is_small = photo.bytes <= WORTH_A_THUMBNAIL;
    if is_image && (is_small || ground.store.original(photo).is_some()) {
        return Outcome::Missed(Lane::Whole);
    }
    let what = if is_image { "photo" } else { "video" };
    Outcome::failed(Trouble::plain(format!("Telegram has no preview of this {what}")))
}

/// Larger than Telegram has: made from the original, if that happens to be on the disk. It is asked
/// for by those who have the largest of Telegram's, so without it there is nothing to answer.
fn enlarged(ground: &Ground, photo: &Photo, fit: PixelSize) -> Outcome {
    let (letter, _) = larger(fit);
    let key = ThumbKey { file: photo.remote.id, letter };
    if let Some((bitmap, all)) = stored(ground, photo, &[(key, false)], fit) {
        return Outcome::ready(bitmap, all);
    }
    let is_here = photo.kind == MediaKind::Image && ground.store.original(photo).is_some();
    if is_here { Outcome::Missed(Lane::Whole) } else { Outcome::Nothing }
}

/// Makes a thumbnail from the original at `path` and keeps it.
pub(super) fn own_thumbnail(
    ground: &Ground,
    photo: &Photo,
    path: &Path,
    limits: &Limits,
    fit: PixelSize,
) -> Result<Outcome, Unshown> {
    let bytes = read(path)?;
    let is_larger = fit.long_side() > offered(photo);
    let (letter, side) = if is_larger { larger(fit) } else { (OWN, OWN_SIDE) };
    let square = PixelSize::new(side, side);
    let bitmap = pixels::decode(&bytes, Some(square), limits)?.bitmap;
    let jpeg = if is_larger {
        pixels::encode_jpeg(&bitmap, QUALITY)?
    } else {
        pixels::thumbnail_jpeg(&bitmap)?
    };
    ground.store.put_thumbnail(ThumbKey { file: photo.remote.id, letter }, jpeg);
    describe(ground, photo, &bitmap);
    learn(ground, photo, &bytes);
    let bitmap = Arc::new(pixels::scale(&bitmap, bitmap.size().fit(fit)));
    Ok(Outcome::ready(bitmap, !is_larger))
}

/// Any smaller one from the store.
pub(super) fn smaller(ground: &Ground, photo: &Photo, fit: PixelSize) -> Option<Arc<Bitmap>> {
    let keys: Vec<_> = by_preference(&photo.remote.thumbs, fit)
        .into_iter()
        .map(|thumb| (letter::key(photo.remote.id, thumb), false))
        .collect();
    Some(stored(ground, photo, &keys, fit)?.0)
}

/// The first of `keys` that the store has and that can be decoded.
fn stored(
    ground: &Ground,
    photo: &Photo,
    keys: &[(ThumbKey, bool)],
    fit: PixelSize,
) -> Option<(Arc<Bitmap>, bool)> {
    keys.iter().find_map(|(key, all)| {
        let jpeg = ground.store.thumbnail(*key).unwrap_or_else(|error| {
            tracing::warn!(%error, "a thumbnail could not be read");
            None
        })?;
        // A damaged one is fetched again.
        Some((decoded(ground, photo, &jpeg, fit).ok()?, *all))
    })
}

/// A thumbnail's pixels, upright.
pub(super) fn decoded(
    ground: &Ground,
    photo: &Photo,
    jpeg: &[u8],
    fit: PixelSize,
) -> Result<Arc<Bitmap>, PixelsError> {
    let bitmap = pixels::decode(jpeg, Some(fit), &Limits::of_a_thumbnail())?.bitmap;
    let bitmap = upright::turned(&ground.store, photo, bitmap);
    describe(ground, photo, &bitmap);
    Ok(Arc::new(bitmap))
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path)
        .map_err(|error| Trouble::retry("The original could not be read from the disk", error))
}

/// Why an original is not shown.
pub(super) struct Unshown {
    pub(super) trouble: Trouble,
    /// Its decoder would take more memory than it may.
    pub(super) is_too_large: bool,
}

impl From<Trouble> for Unshown {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, is_too_large: false }
    }
}

impl From<PixelsError> for Unshown {
    fn from(error: PixelsError) -> Self {
        let is_too_large = matches!(error, PixelsError::TooLarge { .. });
        Self { trouble: Trouble::from(&error), is_too_large }
    }
}

/// How large the picture at `path` is, as far as its beginning says.
pub(super) fn size(path: &Path) -> PixelSize {
    // Who decodes it says what is wrong.
    heads::in_file(path, For::Date).map(|head| head.facts.size).unwrap_or_default()
}

/// The original at `path`, to the screen's size or whole.
pub(super) fn whole(
    ground: &Ground,
    photo: &Photo,
    path: &Path,
    limits: &Limits,
    rendition: Rendition,
    fit: PixelSize,
) -> Result<Shown, Unshown> {
    let bytes = read(path)?;
    learn(ground, photo, &bytes);
    let is_original = rendition == Rendition::Original;
    let bounds = if is_original { largest(pixels::facts(&bytes).size) } else { Some(fit) };
    let decoded = pixels::decode(&bytes, bounds, limits)?;
    let reduced_from = decoded.reduced_from(bounds.filter(|_| !is_original));
    let (bitmap, is_damaged) = (decoded.bitmap, decoded.is_damaged);
    let is_smaller = bitmap.size().long_side() < fit.long_side() && bitmap.size().width < fit.width;
    describe(ground, photo, &bitmap);
    let (bitmap, all) = (Arc::new(bitmap), is_original || is_smaller);
    // What there is a sentence to say of is read anew each time.
    if !is_original && reduced_from.is_none() && !is_damaged {
        copies::keep(ground, photo, &bitmap, decoded.stored);
    }
    Ok(Shown { reduced_from, is_damaged, ..Shown::new(bitmap, all) })
}

/// Into what an original of this size has to fit; `None` when it may stay what it is.
fn largest(size: PixelSize) -> Option<PixelSize> {
    let mut bounds = size;
    while size.fit(bounds).pixels() > MOST_PIXELS {
        bounds = PixelSize::new(bounds.width / 8 * 7, bounds.height / 8 * 7);
    }
    (bounds != size).then_some(bounds)
}

/// A placeholder for next time, where there is none.
fn describe(ground: &Ground, photo: &Photo, bitmap: &Bitmap) {
    if photo.blur.is_none() {
        ground.describer.blurred(photo, pixels::blur_encode(bitmap));
    }
}

/// What the original tells, now that it is here: the capture date, how the camera was held.
fn learn(ground: &Ground, photo: &Photo, bytes: &[u8]) {
    if photo.taken.is_none() && !photo.head_read {
        ground.describer.original_was_read(photo, heads::date_in_bytes(bytes, &photo.name));
    }
    upright::note(&ground.store, photo.remote.id, &pixels::facts(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_originals_are_shown_smaller_and_others_whole() {
        assert_eq!(largest(PixelSize::new(6000, 4000)), None);
        assert_eq!(largest(PixelSize::new(40_000, 500)), None, "it is painted in pieces");
        assert_eq!(largest(PixelSize::default()), None, "not known");
        let square = PixelSize::new(16_000, 16_000);
        assert!(square.fit(largest(square).unwrap()).pixels() <= MOST_PIXELS);
    }
}
