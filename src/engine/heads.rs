//! The head of a photo's file: its first bytes, and where these name another range that tells
//! more, that range. From a file on the disk, or from Telegram.
//!
//! Async on the network workers; files and pixels on the pool. Decides neither whose head is read
//! nor when.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::core::Core;
use super::fetch::FetchError;
use super::pictures::note_held;
use crate::model::{NamedDate, Photo, Taken};
use crate::pixels::{self, HEAD_BYTES, Head, Parts};
use crate::platform::fs::open_regular;

/// What a head is read for: what is known is not asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// When it was taken.
    Date,
    /// All that it tells.
    Details,
}

impl For {
    fn range(self, head: &Head) -> Option<Range<u64>> {
        match self {
            Self::Date => head.need.clone(),
            Self::Details => head.more.clone(),
        }
    }
}

/// What Telegram's file tells, and its first bytes. `fetch` gets the ranges.
pub(crate) async fn remote<F>(
    core: &Core,
    photo: &Photo,
    purpose: For,
    fetch: impl Fn(Range<u64>) -> F,
) -> Result<(Head, Arc<Vec<u8>>), FetchError>
where
    F: Future<Output = Result<Vec<u8>, FetchError>>,
{
    let total = photo.bytes;
    let start = Arc::new(fetch(0..total.min(HEAD_BYTES)).await?);
    let bytes = start.clone();
    let told = core.pool.run(move || pixels::head(&Parts::new(&bytes, total))).await?;
    let told = match purpose.range(&told) {
        None => told,
        Some(range) => {
            let (at, more, start) = (range.start, fetch(range).await?, start.clone());
            core.pool.run(move || pixels::head(&Parts::new(&start, total).with(at, &more))).await?
        }
    };
    note_held(&core.store, photo.remote.id, &told.facts);
    Ok((told, start))
}

/// What a file on the disk tells, of which no more is read than is needed.
pub(crate) fn in_file(path: &Path, purpose: For) -> std::io::Result<Head> {
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
    let Some(range) = purpose.range(&told) else { return Ok(told) };
    let (at, more) = (range.start, piece(range)?);
    Ok(pixels::head(&Parts::new(&start, total).with(at, &more)))
}

/// When a picture or video called `name` was taken whose file is here as a whole.
pub(crate) fn date_in_bytes(bytes: &[u8], name: &str) -> Option<Taken> {
    taken(&pixels::head(&Parts::new(bytes, bytes.len() as u64)), name)
}

/// The same of a file on the disk, whatever it is called there.
pub(crate) fn date_in_file(path: &Path, name: &str) -> std::io::Result<Option<Taken>> {
    Ok(taken(&in_file(path, For::Date)?, name))
}

/// When it was taken. A video's instant is told by the clock of this machine's zone: the camera's
/// is not known. When the file was changed counts where its name says nothing: whoever edits a
/// picture leaves that later than it was taken.
pub(crate) fn taken(told: &Head, name: &str) -> Option<Taken> {
    let at_home = || Taken::at(told.instant?, &TimeZone::system());
    let changed = || told.facts.changed.filter(|_| NamedDate::in_name(name).is_none());
    told.facts.taken.or_else(at_home).or_else(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_the_name_is_worth_more_than_when_the_file_was_changed() {
        let at = |wall_seconds| Some(Taken { wall_seconds, offset_minutes: None });
        let mut head = Head::default();
        head.facts.changed = at(1_700_000_000);
        assert_eq!(taken(&head, "IMG_20190131_142233.jpg"), None);
        assert_eq!(taken(&head, "the sea.jpg"), at(1_700_000_000));
        head.facts.taken = at(1_500_000_000);
        assert_eq!(taken(&head, "IMG_20190131_142233.jpg"), at(1_500_000_000));
    }
}
