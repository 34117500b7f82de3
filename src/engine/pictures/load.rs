//! How one wanted picture is made where the disk is not enough: from Telegram, from the original.
//!
//! Async on the network workers; every read of the store and every decode runs on the pool.

use std::path::PathBuf;
use std::sync::Arc;

use super::gate::Pass;
use super::letter::{self, by_preference};
use super::local::{self, Unshown};
use super::reconcile::Lane;
use crate::engine::Want;
use crate::engine::core::Core;
use crate::engine::event::{Picture, Trouble};
use crate::engine::fetch::{FetchError, fetch};
use crate::engine::originals::Original;
use crate::model::{Bitmap, MediaKind, Photo, PixelSize, RemoteThumb, Rendition};
use crate::pixels::{self, Limits};

/// Thumbnails larger than this are not taken: something is wrong with the number.
const LARGEST_THUMBNAIL: u32 = 16 * 1024 * 1024;
/// Bytes a request for a thumbnail.
const PIECE: u32 = 1024 * 1024;

/// A picture, and what there is to say of it.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) bitmap: Arc<Bitmap>,
    /// More pixels cannot be had.
    pub(crate) all: bool,
    /// The size in the file, where memory did not allow for as many pixels as were asked for.
    pub(crate) reduced_from: Option<PixelSize>,
    /// It is a part of the picture: the file has no more of it.
    pub(crate) is_damaged: bool,
    /// Why it is Telegram's preview instead of what was asked for.
    pub(crate) trouble: Option<Trouble>,
}

impl Shown {
    pub(super) const fn new(bitmap: Arc<Bitmap>, all: bool) -> Self {
        Self { bitmap, all, reduced_from: None, is_damaged: false, trouble: None }
    }

    /// Telegram's own preview of what cannot be shown.
    pub(super) fn instead(bitmap: Arc<Bitmap>, trouble: Trouble) -> Self {
        Self { trouble: Some(trouble), ..Self::new(bitmap, true) }
    }

    /// As the answer to a want.
    pub(super) fn answer(self, want: Want) -> Picture {
        let Self { bitmap, reduced_from, is_damaged, trouble, .. } = self;
        let plain = Picture::new(want.photo, want.rendition, Ok(bitmap));
        Picture { trouble, reduced_from, is_damaged, ..plain }
    }
}

/// What became of a want.
pub(crate) enum Outcome {
    /// Here it is.
    Ready(Shown),
    /// Not here; this lane gets it.
    Missed(Lane),
    /// There is nothing better than what is known to be there already.
    Nothing,
    Failed {
        trouble: Trouble,
        offline: bool,
    },
}

impl Outcome {
    pub(super) const fn ready(bitmap: Arc<Bitmap>, all: bool) -> Self {
        Self::Ready(Shown::new(bitmap, all))
    }

    pub(super) fn failed(trouble: Trouble) -> Self {
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
    if lane == Lane::Local {
        let ground = core.ground().clone();
        let made = core.pool.run(move || local::load(&ground, want)).await;
        return made.unwrap_or_else(Outcome::from);
    }
    let photo = match core.photo(want.photo).await {
        Ok(photo) => photo,
        Err(error) => return error.into(),
    };
    let result = match (want.rendition, photo.kind) {
        (_, MediaKind::Sidecar) => Ok(Outcome::Nothing),
        (Rendition::Preview | Rendition::Thumbnail, _) | (_, MediaKind::Video { .. }) => {
            thumbnail(core, photo, want.fit, lane).await
        }
        (rendition, MediaKind::Image) => whole(core, photo, rendition, want.fit).await,
    };
    result.unwrap_or_else(|outcome| outcome)
}

async fn thumbnail(
    core: &Core,
    photo: Arc<Photo>,
    fit: PixelSize,
    lane: Lane,
) -> Result<Outcome, Outcome> {
    let best = by_preference(&photo.remote.thumbs, fit).first().copied().cloned();
    let (Lane::Small, Some(best)) = (lane, best) else {
        return own_thumbnail(core, photo, fit).await;
    };
    let ground = core.ground().clone();
    match fetch_thumbnail(core, &photo, &best).await {
        Ok(jpeg) => {
            let all = local::is_largest(&photo, &best);
            let decoded =
                core.pool.run(move || local::decoded(&ground, &photo, &jpeg, fit)).await?;
            let bitmap = decoded.map_err(|error| Outcome::failed(Trouble::from(&error)))?;
            Ok(Outcome::ready(bitmap, all))
        }
        // Without a line, a smaller one that is here is better than none.
        Err(error) if error.is_offline() => {
            match core.pool.run(move || local::smaller(&ground, &photo, fit)).await? {
                Some(bitmap) => Ok(Outcome::ready(bitmap, false)),
                None => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
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

/// Makes a thumbnail from the original: fetched where Telegram has none at all, but never to have
/// a larger one than Telegram's.
async fn own_thumbnail(core: &Core, photo: Arc<Photo>, fit: PixelSize) -> Result<Outcome, Outcome> {
    let path = if fit.long_side() > local::offered(&photo) {
        let (store, wanted) = (core.store.clone(), photo.clone());
        match core.pool.run(move || store.original(&wanted)).await? {
            Some(path) => path,
            None => return Ok(Outcome::Nothing),
        }
    } else {
        whole_file(core, &photo).await?
    };
    let (ground, wanted, file) = (core.ground().clone(), photo.clone(), path.clone());
    let make = move |limits: &Limits| local::own_thumbnail(&ground, &wanted, &file, limits, fit);
    let made = with_memory(core, &photo, path, make).await?;
    made.map_err(|unshown| Outcome::failed(unshown.trouble))
}

/// Decodes an original at `path` once there is memory for it. What takes more than its header
/// made believe waits until it is alone, and is tried again.
async fn with_memory<T: Send + 'static>(
    core: &Core,
    photo: &Photo,
    path: PathBuf,
    decode: impl Fn(&Limits) -> Result<T, Unshown> + Clone + Send + 'static,
) -> Result<Result<T, Unshown>, Outcome> {
    let own = core.pool.run(move || local::size(&path)).await?;
    let pass = core.gate.pass_by_header(own, photo.size, photo.bytes).await;
    let was_alone = pass.is_alone();
    let decoded = under(core, pass, decode.clone()).await?;
    match decoded {
        Err(Unshown { is_too_large: true, .. }) if !was_alone => {
            under(core, core.gate.alone().await, decode).await
        }
        decoded => Ok(decoded),
    }
}

/// Decodes on the pool, as far as `pass` allows.
async fn under<T: Send + 'static>(
    core: &Core,
    pass: Pass,
    decode: impl Fn(&Limits) -> T + Send + 'static,
) -> Result<T, Outcome> {
    let run = move || {
        let decoded = decode(&pass.limits());
        drop(pass);
        decoded
    };
    Ok(core.pool.run(run).await?)
}

async fn whole_file(core: &Core, photo: &Arc<Photo>) -> Result<PathBuf, Outcome> {
    let whole = Original::of(core, photo).whole().await;
    whole.map_err(|error| Outcome::Failed {
        trouble: Trouble::from(&*error),
        offline: error.is_offline(),
    })
}

/// The original, to the screen's size or whole.
async fn whole(
    core: &Core,
    photo: Arc<Photo>,
    rendition: Rendition,
    fit: PixelSize,
) -> Result<Outcome, Outcome> {
    let path = whole_file(core, &photo).await?;
    let (ground, wanted, file) = (core.ground().clone(), photo.clone(), path.clone());
    let decode =
        move |limits: &Limits| local::whole(&ground, &wanted, &file, limits, rendition, fit);
    match with_memory(core, &photo, path, decode).await? {
        Ok(shown) => Ok(Outcome::Ready(shown)),
        Err(unshown) => Ok(instead(core, photo, fit, unshown.trouble).await),
    }
}

/// Telegram's own preview of a photo whose original cannot be shown, and why.
async fn instead(core: &Core, photo: Arc<Photo>, fit: PixelSize, trouble: Trouble) -> Outcome {
    let has_preview = !photo.remote.thumbs.is_empty();
    if has_preview && let Ok(Outcome::Ready(shown)) = thumbnail(core, photo, fit, Lane::Small).await
    {
        return Outcome::Ready(Shown::instead(shown.bitmap, trouble));
    }
    Outcome::failed(trouble)
}

/// The best picture at hand while an original is on its way: a stored thumbnail, the preview, the
/// placeholder; where there is none of them, darkness.
pub(crate) async fn at_hand(core: &Core, photo: &Arc<Photo>, fit: PixelSize) -> Arc<Bitmap> {
    let (ground, photo) = (core.ground().clone(), photo.clone());
    let found = core.pool.run(move || {
        let preview = || photo.remote.stripped.as_deref().and_then(pixels::stripped_preview);
        let blur = || {
            let size = photo.size.fit(PixelSize::new(32, 32));
            let size = if size.is_empty() { PixelSize::new(32, 24) } else { size };
            pixels::blur_decode(&photo.blur?, size)
        };
        let stored = local::smaller(&ground, &photo, fit);
        stored.or_else(|| preview().or_else(blur).map(Arc::new))
    });
    found.await.ok().flatten().unwrap_or_else(|| {
        let dark = Bitmap::new(PixelSize::new(1, 1), vec![0, 0, 0, 255]);
        Arc::new(dark.unwrap_or_else(|| unreachable!("a pixel has four bytes")))
    })
}
