//! Parts and messages of one file. Async; files are read on blocking threads.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::stream::{StreamExt, iter};
use tokio::sync::Notify;

use super::desk::{Desk, REST};
use super::parts;
use super::prepare::Prepared;
use super::step::Outcome;
use crate::engine::compare::Stamp;
use crate::engine::walk::sentence;
use crate::model::{Album, Photo, PixelSize, UploadId};
use crate::platform::fs::open_regular;
use crate::store::JournalEntry;
use crate::telegram::{Outgoing, Part, SavedThumb, TelegramError};

/// Parts of one file that stand at the turnstile at once.
const AHEAD: usize = 64;

/// Why parts did not all go out.
pub(crate) enum Stop {
    Outcome(Outcome),
    Telegram(TelegramError),
    Journal(Arc<crate::store::StoreError>),
}

/// The name under which a file is sent.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether the file is still the one that was looked at; what came of it where it is not.
pub(crate) async fn unchanged(path: &Path, stamp: Stamp) -> Result<(), Outcome> {
    match tokio::fs::metadata(path).await {
        Ok(now) if Stamp::of(&now) == stamp => Ok(()),
        Ok(_) => Err(Outcome::Changed),
        Err(error) => Err(Outcome::Unreadable(sentence(&error))),
    }
}

/// Sends all parts that are not acknowledged. Each one is in the journal before it counts. `begun` is
/// told when the first one goes out, or none has to.
pub(crate) async fn parts(
    desk: &Desk,
    entry: &JournalEntry,
    prepared: &Prepared,
    begun: &Notify,
) -> Result<(), Stop> {
    let path = entry.path.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let file = open_regular(&path)?;
        let stamp = Stamp::of(&file.metadata()?);
        Ok::<_, std::io::Error>((file, stamp))
    })
    .await
    .map_err(std::io::Error::other)
    .flatten();
    let file = match opened {
        Ok((file, stamp)) if stamp == prepared.stamp => Arc::new(Mutex::new(file)),
        Ok(_) => return Err(Stop::Outcome(Outcome::Changed)),
        Err(error) => return Err(Stop::Outcome(Outcome::Unreadable(sentence(&error)))),
    };
    let all = 0..parts::count(prepared.expected.bytes, entry.part_size);
    let missing = all.filter(|part| !entry.acknowledged.contains(*part));
    let mut sending = iter(missing)
        .map(|index| one_part(desk, entry, prepared, &file, index, begun))
        .buffer_unordered(AHEAD);
    while let Some(sent) = sending.next().await {
        sent?;
    }
    begun.notify_one();
    unchanged(&entry.path, prepared.stamp).await.map_err(Stop::Outcome)
}

async fn one_part(
    desk: &Desk,
    entry: &JournalEntry,
    prepared: &Prepared,
    file: &Arc<Mutex<File>>,
    index: u32,
    begun: &Notify,
) -> Result<(), Stop> {
    let id: UploadId = entry.id;
    let (bytes, size) = (prepared.expected.bytes, entry.part_size);
    let total = parts::count(bytes, size);
    let (offset, length) = parts::range(bytes, size, index);
    loop {
        let pass = desk.parts.pass(entry.order).await;
        if let Some(outcome) = desk.should_shrink(entry).await {
            return Err(Stop::Outcome(outcome));
        }
        // The handle would go on reading a file that was removed.
        unchanged(&entry.path, prepared.stamp).await.map_err(Stop::Outcome)?;
        let (file, content) = (file.clone(), prepared.content.clone());
        let read = tokio::task::spawn_blocking(move || content.part(&file, offset, length)).await;
        let bytes = match read.map_err(std::io::Error::other).flatten() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(Stop::Outcome(Outcome::Changed));
            }
            Err(error) => return Err(Stop::Outcome(Outcome::Unreadable(sentence(&error)))),
        };
        desk.begins(id);
        begun.notify_one();
        let part = Part { file: id, index, total, big: prepared.is_big(), bytes };
        let sent = desk.core.telegram.save_part(part).await;
        drop(pass);
        match sent {
            Ok(()) => break,
            Err(error) => {
                if error.is_cut()
                    && let Some(outcome) = desk.cut_off(entry).await
                {
                    return Err(Stop::Outcome(outcome));
                }
                wait_out(desk, id, error).await.map_err(Stop::Telegram)?;
            }
        }
    }
    desk.passes();
    desk.settle(id, Outcome::Acknowledged(index)).await.map_err(Stop::Journal)?;
    Ok(())
}

/// Sends the thumbnail that the message is to have, if there is one.
pub(crate) async fn thumb(
    desk: &Desk,
    entry: &JournalEntry,
    prepared: &Prepared,
) -> Result<Option<SavedThumb>, TelegramError> {
    match prepared.thumb.as_ref().filter(|_| !entry.as_photo) {
        Some(jpeg) => desk.core.telegram.save_thumb(jpeg).await.map(Some),
        None => Ok(None),
    }
}

/// Waits for the line or as long as Telegram asks; gives other errors back.
pub(crate) async fn wait_out(
    desk: &Desk,
    id: UploadId,
    error: TelegramError,
) -> Result<(), TelegramError> {
    if let Some(wait) = error.wait() {
        let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
        let until = crate::engine::runtime::now().saturating_add(seconds);
        desk.update(id, |item| item.wait_until = Some(until));
        tokio::time::sleep(wait).await;
        desk.update(id, |item| item.wait_until = None);
        return Ok(());
    }
    if error.is_cut() {
        desk.nothing_passes(id);
        tokio::time::sleep(REST).await;
    }
    if error.is_offline() && desk.core.line_is_back(3).await {
        return Ok(());
    }
    Err(error)
}

/// `sendMedia`'s content.
fn outgoing(entry: &JournalEntry, prepared: &Prepared, thumb: Option<SavedThumb>) -> Outgoing {
    Outgoing {
        file: entry.id,
        parts: parts::count(prepared.expected.bytes, entry.part_size),
        big: prepared.is_big(),
        name: name_of(&entry.path),
        mime: prepared.mime.to_owned(),
        size: prepared.size,
        video_seconds: prepared.video_seconds,
        thumb,
        caption: entry.caption.clone(),
        as_photo: entry.as_photo,
        random_id: entry.random_id,
    }
}

/// Asks Telegram for the message.
pub(crate) async fn message(
    desk: &Desk,
    album: &Album,
    entry: &JournalEntry,
    prepared: &Prepared,
    thumb: Option<SavedThumb>,
) -> Result<Photo, TelegramError> {
    let outgoing = outgoing(entry, prepared, thumb);
    let photo = desk.core.telegram.send_document(album, outgoing).await?;
    Ok(with_what_was_seen(photo, prepared))
}

/// Asks Telegram for a message with a file that it has.
pub(crate) async fn copy(
    desk: &Desk,
    album: &Album,
    entry: &JournalEntry,
    prepared: &Prepared,
    source: &Photo,
) -> Result<Photo, TelegramError> {
    let (file, caption) = (&source.remote, entry.caption.as_str());
    let photo = desk.core.telegram.send_copy(album, file, caption, entry.random_id).await?;
    Ok(with_what_was_seen(photo, prepared))
}

/// What the message does not tell, we have just seen.
fn with_what_was_seen(mut photo: Photo, prepared: &Prepared) -> Photo {
    photo.taken = photo.taken.or(prepared.taken);
    photo.blur = photo.blur.or(prepared.blur);
    if photo.size == PixelSize::default() {
        photo.size = prepared.size;
    }
    photo
}
