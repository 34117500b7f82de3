//! Reads one head: from the original where it is in the cache, else by one or two ranges from
//! Telegram. Async on the network workers; files and pixels on the pool.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::policy::Budget;
use crate::engine::core::Core;
use crate::engine::fetch::FetchError;
use crate::engine::originals::fetch_piece;
use crate::engine::pictures::note_held;
use crate::model::{Blur, Photo, PhotoId, PixelSize, Taken};
use crate::pixels::{self, HEAD_BYTES, Head, Limits, Parts};
use crate::platform::fs::open_regular;

/// The longest side of the picture that a placeholder is made from.
const SMALL: PixelSize = PixelSize::new(64, 64);

/// What a head told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Learnt {
    /// The file whose head it is: the message may have got another meanwhile.
    pub(crate) file: i64,
    pub(crate) taken: Option<Taken>,
    pub(crate) blur: Option<Blur>,
}

/// Reads the head of a photo.
pub(crate) async fn read(core: &Core, id: PhotoId, budget: &Budget) -> Result<Learnt, FetchError> {
    let photo = core.photo(id).await?;
    let (store, wanted) = (core.store.clone(), photo.clone());
    let here = core.pool.run(move || store.original(&wanted).and_then(|path| in_file(&path).ok()));
    if let Some(taken) = here.await? {
        return Ok(Learnt { file: photo.remote.id, taken, blur: None });
    }
    let fetch = async |range: Range<u64>| {
        let bytes = range.end - range.start;
        budget.spend(bytes);
        let piece = fetch_piece(core, id, range).await;
        if piece.is_err() {
            budget.give_back(bytes);
        }
        piece.map(Arc::new)
    };
    let total = photo.bytes;
    let start = fetch(0..total.min(HEAD_BYTES)).await?;
    let bytes = start.clone();
    let told = core.pool.run(move || pixels::head(&Parts::new(&bytes, total))).await?;
    let told = match told.need.clone() {
        None => told,
        Some(need) => {
            let (at, more, start) = (need.start, fetch(need).await?, start.clone());
            core.pool.run(move || pixels::head(&Parts::new(&start, total).with(at, &more))).await?
        }
    };
    let file = photo.remote.id;
    note_held(&core.store, file, &told.facts);
    let blur = core.pool.run(move || blur(&photo, &start)).await?;
    Ok(Learnt { file, taken: taken(&told), blur })
}

/// A video's instant is told by the clock of this machine's zone: the camera's is not known.
fn taken(told: &Head) -> Option<Taken> {
    let at_home = || Taken::at(told.instant?, &TimeZone::system());
    told.facts.taken.or_else(at_home)
}

/// A small picture is here as a whole now.
fn blur(photo: &Photo, bytes: &[u8]) -> Option<Blur> {
    if photo.blur.is_some() || photo.bytes != bytes.len() as u64 {
        return None;
    }
    pixels::decode(bytes, Some(SMALL), &Limits::of_a_thumbnail())
        .ok()
        .and_then(|decoded| pixels::blur_encode(&decoded.bitmap))
}

/// When a picture or video was taken whose file is here as a whole.
pub(crate) fn in_bytes(bytes: &[u8]) -> Option<Taken> {
    taken(&pixels::head(&Parts::new(bytes, bytes.len() as u64)))
}

/// The same of a file on the disk, of which no more is read than is needed.
pub(crate) fn in_file(path: &Path) -> std::io::Result<Option<Taken>> {
    let mut file = open_regular(path)?;
    let total = file.metadata()?.len();
    let mut piece = |range: Range<u64>| {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(range.start))?;
        (&mut file).take(range.end - range.start).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let start = piece(0..total.min(HEAD_BYTES))?;
    let told = pixels::head(&Parts::new(&start, total));
    let Some(need) = told.need.clone() else { return Ok(taken(&told)) };
    let (at, more) = (need.start, piece(need)?);
    Ok(taken(&pixels::head(&Parts::new(&start, total).with(at, &more))))
}
