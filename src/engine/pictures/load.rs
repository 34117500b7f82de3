//! How one wanted picture is made: from the store, from Telegram, from the original.
//!
//! Async on the network workers; every read of the store and every decode runs on the pool.

use std::sync::Arc;

use super::letter::{self, OWN, by_preference};
use super::reconcile::Lane;
use crate::engine::Want;
use crate::engine::core::Core;
use crate::engine::dates;
use crate::engine::event::Trouble;
use crate::engine::fetch::{FetchError, fetch};
use crate::engine::originals::{self, Original};
use crate::model::{Bitmap, MediaKind, Photo, PhotoId, PixelSize, RemoteThumb, Rendition};
use crate::pixels::{self, Limits};
use crate::store::ThumbKey;

/// Originals up to here are fetched just to make a thumbnail that Telegram does not have.
const WORTH_A_THUMBNAIL: u64 = 10 * 1024 * 1024;
/// Thumbnails larger than this are not taken: something is wrong with the number.
const LARGEST_THUMBNAIL: u32 = 16 * 1024 * 1024;
/// Bytes a request for a thumbnail.
const PIECE: u32 = 1024 * 1024;
/// Size of the thumbnails that we make.
const OWN_SIDE: u32 = 320;
/// What a graphics card takes, and what memory can bear.
const LARGEST_SIDE: u32 = 16_384;
const MOST_PIXELS: u64 = 120_000_000;

/// What became of a want.
pub(crate) enum Outcome {
    /// Here it is; `all`: more pixels cannot be had.
    Ready {
        bitmap: Arc<Bitmap>,
        all: bool,
    },
    /// Not here; this lane gets it.
    Missed(Lane),
    Failed {
        trouble: Trouble,
        offline: bool,
    },
}

impl Outcome {
    fn failed(trouble: Trouble) -> Self {
        Self::Failed { trouble, offline: false }
    }
}

impl From<FetchError> for Outcome {
    fn from(error: FetchError) -> Self {
        Self::Failed { trouble: Trouble::from(&error), offline: error.is_offline() }
    }
}

impl From<crate::engine::runtime::Crashed> for Outcome {
    fn from(error: crate::engine::runtime::Crashed) -> Self {
        Self::failed(error.into())
    }
}

/// Makes the picture, or says which lane can.
pub(crate) async fn load(core: &Core, want: Want, lane: Lane) -> Outcome {
    let photo = match core.photo(want.photo).await {
        Ok(photo) => photo,
        Err(error) => return error.into(),
    };
    let result = match (want.rendition, photo.kind) {
        (Rendition::Preview, _) => preview(core, photo).await,
        // A video's original is for a player; here its largest thumbnail stands for it.
        (Rendition::Thumbnail, _) | (_, MediaKind::Video { .. }) => {
            thumbnail(core, photo, want.fit, lane).await
        }
        (rendition, MediaKind::Image) => whole(core, photo, rendition, want.fit, lane).await,
    };
    result.unwrap_or_else(|outcome| outcome)
}

async fn preview(core: &Core, photo: Arc<Photo>) -> Result<Outcome, Outcome> {
    let bitmap = core
        .pool
        .run(move || photo.remote.stripped.as_deref().and_then(pixels::stripped_preview))
        .await?;
    bitmap
        .map(|bitmap| Outcome::Ready { bitmap: Arc::new(bitmap), all: true })
        .ok_or_else(|| Outcome::failed(Trouble::plain("This photo has no preview")))
}

async fn thumbnail(
    core: &Core,
    photo: Arc<Photo>,
    fit: PixelSize,
    lane: Lane,
) -> Result<Outcome, Outcome> {
    let best = by_preference(&photo.remote.thumbs, fit).first().copied().cloned();
    match (lane, best) {
        (Lane::Local, best) => local_thumbnail(core, photo, fit, best).await,
        (Lane::Small, Some(best)) => {
            let fetched = fetch_thumbnail(core, &photo, &best).await;
            match fetched {
                Ok(jpeg) => {
                    let bitmap = decode_thumbnail(core, &photo, jpeg, fit).await?;
                    Ok(Outcome::Ready { bitmap, all: is_largest(&photo, &best) })
                }
                // Without a line, a smaller one that is here is better than none.
                Err(error) if error.is_offline() => match smaller(core, &photo, fit).await? {
                    Some(bitmap) => Ok(Outcome::Ready { bitmap, all: false }),
                    None => Err(error.into()),
                },
                Err(error) => Err(error.into()),
            }
        }
        (Lane::Small | Lane::Whole, _) => own_thumbnail(core, photo, fit).await,
    }
}

fn is_largest(photo: &Photo, thumb: &RemoteThumb) -> bool {
    photo.remote.thumbs.iter().all(|other| other.size.long_side() <= thumb.size.long_side())
}

/// From the store: the best size or a larger one; the one made here, if Telegram has none.
async fn local_thumbnail(
    core: &Core,
    photo: Arc<Photo>,
    fit: PixelSize,
    best: Option<RemoteThumb>,
) -> Result<Outcome, Outcome> {
    let keys: Vec<(ThumbKey, bool)> = match &best {
        Some(best) => by_preference(&photo.remote.thumbs, fit)
            .into_iter()
            .filter(|thumb| thumb.size.long_side() >= best.size.long_side())
            .map(|thumb| (letter::key(photo.remote.id, thumb), is_largest(&photo, thumb)))
            .collect(),
        None => vec![(ThumbKey { file: photo.remote.id, letter: OWN }, true)],
    };
    if let Some((bitmap, all)) = stored(core, &photo, keys, fit).await? {
        return Ok(Outcome::Ready { bitmap, all });
    }
    if best.is_some() {
        return Ok(Outcome::Missed(Lane::Small));
    }
    let (store, wanted) = (core.store.clone(), photo.clone());
    let is_image = photo.kind == MediaKind::Image;
    let is_here = is_image && core.pool.run(move || store.original(&wanted)).await?.is_some();
    if is_here || (is_image && photo.bytes <= WORTH_A_THUMBNAIL) {
        return Ok(Outcome::Missed(Lane::Whole));
    }
    Err(Outcome::failed(Trouble::plain("Telegram has no preview of this photo")))
}

/// Any smaller one from the store.
async fn smaller(
    core: &Core,
    photo: &Arc<Photo>,
    fit: PixelSize,
) -> Result<Option<Arc<Bitmap>>, Outcome> {
    let keys = by_preference(&photo.remote.thumbs, fit)
        .into_iter()
        .map(|thumb| (letter::key(photo.remote.id, thumb), false))
        .collect();
    Ok(stored(core, photo, keys, fit).await?.map(|(bitmap, _)| bitmap))
}

/// The first of `keys` that the store has and that can be decoded.
async fn stored(
    core: &Core,
    photo: &Arc<Photo>,
    keys: Vec<(ThumbKey, bool)>,
    fit: PixelSize,
) -> Result<Option<(Arc<Bitmap>, bool)>, Outcome> {
    let (ground, photo) = (core.clone(), photo.clone());
    let found = core
        .pool
        .run(move || {
            keys.into_iter().find_map(|(key, all)| {
                let jpeg = ground.store.thumbnail(key).unwrap_or_else(|error| {
                    tracing::warn!(%error, "a thumbnail could not be read");
                    None
                })?;
                // A damaged one is fetched again.
                let bitmap = pixels::decode(&jpeg, Some(fit), &Limits::of_a_thumbnail()).ok()?;
                describe(&ground, &photo, &bitmap);
                Some((Arc::new(bitmap), all))
            })
        })
        .await?;
    Ok(found)
}

/// Downloads a thumbnail and remembers it.
async fn fetch_thumbnail(
    core: &Core,
    photo: &Photo,
    thumb: &RemoteThumb,
) -> Result<Vec<u8>, FetchError> {
    if thumb.bytes > LARGEST_THUMBNAIL {
        return Err(FetchError::File("its preview is too large".into()));
    }
    let mut jpeg = Vec::new();
    loop {
        let offset = jpeg.len() as u64;
        let piece = fetch(core, photo.id, Some(&thumb.letter), offset, PIECE).await?;
        let more = piece.len() == PIECE as usize;
        jpeg.extend(piece);
        // The declared size is not always exact; a short piece is the end.
        if !more {
            break;
        }
        if jpeg.len() > LARGEST_THUMBNAIL as usize {
            return Err(FetchError::File("its preview is too large".into()));
        }
    }
    core.store.put_thumbnail(letter::key(photo.remote.id, thumb), jpeg.clone());
    Ok(jpeg)
}

async fn decode_thumbnail(
    core: &Core,
    photo: &Arc<Photo>,
    jpeg: Vec<u8>,
    fit: PixelSize,
) -> Result<Arc<Bitmap>, Outcome> {
    let (ground, photo) = (core.clone(), photo.clone());
    let decoded = core
        .pool
        .run(move || {
            let bitmap = pixels::decode(&jpeg, Some(fit), &Limits::of_a_thumbnail())?;
            describe(&ground, &photo, &bitmap);
            Ok::<_, pixels::PixelsError>(Arc::new(bitmap))
        })
        .await?;
    decoded.map_err(|error| Outcome::failed(Trouble::from(&error)))
}

/// Makes a thumbnail from the original.
async fn own_thumbnail(core: &Core, photo: Arc<Photo>, fit: PixelSize) -> Result<Outcome, Outcome> {
    let path = whole_file(core, &photo).await?;
    let ground = core.clone();
    let made = core
        .pool
        .run(move || {
            let bytes = read(&path)?;
            let side = PixelSize::new(OWN_SIDE, OWN_SIDE);
            let bitmap = pixels::decode(&bytes, Some(side), &Limits::default())
                .map_err(|error| Trouble::from(&error))?;
            let jpeg = pixels::thumbnail_jpeg(&bitmap).map_err(|error| Trouble::from(&error))?;
            ground.store.put_thumbnail(ThumbKey { file: photo.remote.id, letter: OWN }, jpeg);
            describe(&ground, &photo, &bitmap);
            learn_date(&ground, &photo, &bytes);
            Ok(Arc::new(pixels::scale(&bitmap, bitmap.size().fit(fit))))
        })
        .await?;
    match made {
        Ok(bitmap) => Ok(Outcome::Ready { bitmap, all: true }),
        Err(trouble) => Err(Outcome::failed(trouble)),
    }
}

async fn whole_file(core: &Core, photo: &Arc<Photo>) -> Result<std::path::PathBuf, Outcome> {
    let Original { task, .. } = originals::original(core, photo);
    task.await.map_err(|error| Outcome::Failed {
        trouble: Trouble::from(&*error),
        offline: error.is_offline(),
    })
}

fn read(path: &std::path::Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path)
        .map_err(|error| Trouble::retry("The original could not be read from the disk", error))
}

/// The original, to the screen's size or whole.
async fn whole(
    core: &Core,
    photo: Arc<Photo>,
    rendition: Rendition,
    fit: PixelSize,
    lane: Lane,
) -> Result<Outcome, Outcome> {
    let path = if lane == Lane::Local {
        let (store, wanted) = (core.store.clone(), photo.clone());
        match core.pool.run(move || store.original(&wanted)).await? {
            Some(path) => path,
            None => return Ok(Outcome::Missed(Lane::Whole)),
        }
    } else {
        whole_file(core, &photo).await?
    };
    let ground = core.clone();
    let decoded = core
        .pool
        .run(move || {
            let bytes = read(&path)?;
            learn_date(&ground, &photo, &bytes);
            let bounds = if rendition == Rendition::Original {
                largest(pixels::facts(&bytes).size)
            } else {
                Some(fit)
            };
            let bitmap = pixels::decode(&bytes, bounds, &Limits::default())
                .map_err(|error| Trouble::from(&error))?;
            let all = rendition == Rendition::Original
                || bitmap.size().long_side() < fit.long_side() && bitmap.size().width < fit.width;
            describe(&ground, &photo, &bitmap);
            Ok(Outcome::Ready { bitmap: Arc::new(bitmap), all })
        })
        .await?;
    decoded.map_err(Outcome::failed)
}

/// Into what an original of this size has to fit; `None` when it may stay what it is.
fn largest(size: PixelSize) -> Option<PixelSize> {
    let mut bounds = PixelSize::new(LARGEST_SIDE, LARGEST_SIDE);
    while size.fit(bounds).pixels() > MOST_PIXELS {
        bounds = PixelSize::new(bounds.width / 8 * 7, bounds.height / 8 * 7);
    }
    (size.is_empty() || size.fit(bounds) != size).then_some(bounds)
}

/// A placeholder for next time, where there is none. On the pool.
fn describe(core: &Core, photo: &Photo, bitmap: &Bitmap) {
    if photo.blur.is_none() {
        core.describer.blurred(photo.id, pixels::blur_encode(bitmap));
    }
}

/// The capture date, now that the original is here. On the pool.
fn learn_date(core: &Core, photo: &Photo, bytes: &[u8]) {
    if photo.taken.is_none() && !photo.head_read {
        core.describer.original_was_read(photo.id, dates::in_bytes(bytes));
    }
}

/// The best picture at hand while an original is on its way: a stored thumbnail, the preview, the
/// placeholder.
pub(crate) async fn at_hand(core: &Core, id: PhotoId, fit: PixelSize) -> Option<Arc<Bitmap>> {
    let photo = core.photo(id).await.ok()?;
    if let Ok(Some(bitmap)) = smaller(core, &photo, fit).await {
        return Some(bitmap);
    }
    core.pool
        .run(move || {
            let preview = photo.remote.stripped.as_deref().and_then(pixels::stripped_preview);
            preview.or_else(|| {
                let size = photo.size.fit(PixelSize::new(32, 32));
                let size = if size.is_empty() { PixelSize::new(32, 24) } else { size };
                pixels::blur_decode(&photo.blur?, size)
            })
        })
        .await
        .ok()
        .flatten()
        .map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_originals_are_shown_smaller_and_others_whole() {
        assert_eq!(largest(PixelSize::new(6000, 4000)), None);
        let wide = largest(PixelSize::new(40_000, 500)).unwrap();
        assert!(PixelSize::new(40_000, 500).fit(wide).width <= LARGEST_SIDE);
        let square = PixelSize::new(16_000, 16_000);
        assert!(square.fit(largest(square).unwrap()).pixels() <= MOST_PIXELS);
    }
}
