//! Reads one head for its date: from the original where it is in the cache, else from Telegram,
//! within the budget. Async on the network workers; files and pixels on the pool.

use std::ops::Range;

use super::policy::Budget;
use crate::engine::core::Core;
use crate::engine::fetch::FetchError;
use crate::engine::heads::{self, For};
use crate::engine::originals::fetch_piece;
use crate::model::{Blur, Photo, PhotoId, PixelSize, Taken};
use crate::pixels::{self, Limits};

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
    let here = core.pool.run(move || {
        let path = store.original(&wanted)?;
        heads::date_in_file(&path, &wanted.name).ok()
    });
    if let Some(taken) = here.await? {
        return Ok(Learnt { file: photo.remote.id, taken, blur: None });
    }
    let fetch = |range: Range<u64>| async move {
        let bytes = range.end - range.start;
        budget.spend(bytes);
        let piece = fetch_piece(core, id, range).await;
        if piece.is_err() {
            budget.give_back(bytes);
        }
        piece
    };
    let (told, start) = heads::remote(core, &photo, For::Date, fetch).await?;
    let file = photo.remote.id;
    let taken = heads::taken(&told, &photo.name);
    let blur = core.pool.run(move || blur(&photo, &start)).await?;
    Ok(Learnt { file, taken, blur })
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
