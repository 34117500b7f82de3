//! The message of a file: asked for once, looked for where the answer was lost.

use std::time::Duration;

use futures_util::future::poll_immediate;
use tokio::time::sleep;

use super::super::duplicates;
use super::super::prepare::Prepared;
use super::super::send::{self, name_of, wait_out};
use super::super::step::{Known, Outcome};
use super::{Errand, Then, refused, stuck_or_refused};
use crate::engine::compare::{Expected, holds};
use crate::engine::fetch::FetchError;
use crate::model::{
    Album, Blur, Change, MessageId, Photo, PhotoId, PixelSize, RemoteKind, UploadId,
};
use crate::pixels;
use crate::store::JournalEntry;
use crate::telegram::{TelegramError, caption_text};

/// How often an answer to `sendMedia` may make no sense before the file is left to the next start.
const SEND_TRIES: u32 = 3;
/// How often the permit of a file in another album may have gone stale before it is sent anew.
const COPY_TRIES: u32 = 3;

impl Errand {
    pub(super) async fn send(&mut self, entry: &JournalEntry, known: &Known) -> Then {
        let Some(prepared) = self.prepared.clone() else { return self.unprepared(entry) };
        let Some(album) = self.desk.core.listed_album(entry.album).await else {
            return Then::Settle(Outcome::Refused("The album is no longer there".into()));
        };
        self.desk.begins(entry.id);
        if known.elsewhere {
            return match self.source.clone() {
                Some(source) => self.copy(entry, &album, &prepared, &source).await,
                None => Then::Settle(Outcome::NotElsewhere),
            };
        }
        self.make(entry, &album, &prepared).await
    }

    /// Makes a message of parts that are there.
    async fn make(&mut self, entry: &JournalEntry, album: &Album, prepared: &Prepared) -> Then {
        let (desk, id) = (self.desk.clone(), entry.id);
        // Before its turn comes, so that nobody waits for it.
        let saved = match self.thumb.clone() {
            None => send::thumb(&desk, entry, prepared).await,
            thumb => Ok(thumb),
        };
        let thumb = match saved {
            Ok(thumb) => thumb,
            Err(error) => {
                return match wait_out(&desk, id, error).await {
                    Ok(()) => Then::Again,
                    Err(error) => refused(&error),
                };
            }
        };
        // Large, and one of up to many tasks: not on their stacks.
        let sending = Box::pin(send::message(&desk, album, entry, prepared, thumb));
        match self.in_turn(entry, sending).await {
            None => Then::Again,
            Some(Ok(photo)) => self.stands_as(photo, entry).await,
            Some(Err(error)) => self.not_sent(id, error).await,
        }
    }

    /// Makes a message of a file that another album holds.
    async fn copy(
        &mut self,
        entry: &JournalEntry,
        album: &Album,
        prepared: &Prepared,
        source: &Photo,
    ) -> Then {
        let (desk, id) = (self.desk.clone(), entry.id);
        let sending = Box::pin(send::copy(&desk, album, entry, prepared, source));
        match self.in_turn(entry, sending).await {
            None => Then::Again,
            Some(Ok(photo)) => self.stands_as(photo, entry).await,
            Some(Err(error)) if is_refused_copy(&error) => {
                self.copy_tries += 1;
                self.desk.update(id, |item| item.known.surely_not_sent = true);
                let is_stale = error.name().is_some_and(|name| name.starts_with("FILE_REFERENCE_"));
                if is_stale && self.copy_tries < COPY_TRIES {
                    self.source = duplicates::refreshed(&desk, source).await;
                    return Then::Again;
                }
                tracing::info!(%error, "a file is sent anew, not copied");
                self.source = None;
                Then::Settle(Outcome::NotElsewhere)
            }
            Some(Err(error)) => self.not_sent(id, error).await,
        }
    }

    /// Sends when the files before it have been, so that messages stand in the queue's order.
    /// `None`: the user has paused it before.
    async fn in_turn(
        &self,
        entry: &JournalEntry,
        mut sending: impl Future<Output = Result<Photo, TelegramError>> + Unpin,
    ) -> Option<Result<Photo, TelegramError>> {
        self.place.turn().await;
        let _pass = self.desk.commits.pass(entry.order).await;
        if !self.desk.asks(entry.id) {
            return None;
        }
        let at_once = poll_immediate(&mut sending).await;
        // It has its place in Telegram's order now.
        self.place.leave();
        Some(match at_once {
            Some(answer) => answer,
            None => sending.await,
        })
    }

    async fn stands_as(&self, photo: Photo, entry: &JournalEntry) -> Then {
        let message = photo.id.message;
        self.publish(photo, entry).await;
        Then::Settle(Outcome::Sent(message))
    }

    async fn not_sent(&mut self, id: UploadId, error: TelegramError) -> Then {
        if let Some(part) = error.missing_part() {
            return Then::Settle(Outcome::PartMissing(part));
        }
        match error.name() {
            Some("RANDOM_ID_DUPLICATE") => {
                // Its message may take a moment to be found.
                sleep(Duration::from_millis(300)).await;
                return Then::Settle(Outcome::Duplicate);
            }
            Some(name) if name.starts_with("FILE_PART") || name == "FILE_ID_INVALID" => {
                return Then::Settle(Outcome::PartsGone);
            }
            _ => {}
        }
        if may_stand(&error) {
            tracing::warn!(%error, "whether the message stands is not known");
            self.send_tries += 1;
            if self.send_tries >= SEND_TRIES {
                return Then::Stuck(format!(
                    "{error} Whether it was sent is looked at first at the next start"
                ));
            }
            // Its message may take a moment to be found.
            sleep(Duration::from_millis(300)).await;
            return Then::Settle(Outcome::Unsure);
        }
        let unsure = error.is_offline();
        if error.wait().is_some() {
            // Told to wait means: not done.
            self.desk.update(id, |item| item.known.surely_not_sent = true);
        }
        match wait_out(&self.desk, id, error).await {
            Ok(()) if unsure => Then::Settle(Outcome::Unsure),
            Ok(()) => Then::Again,
            Err(error) => refused(&error),
        }
    }

    /// The message becomes a change like any other, with what we know besides.
    async fn publish(&self, photo: Photo, entry: &JournalEntry) {
        let described = known_of(photo.id, photo.remote.id, entry);
        let changes = vec![Change::Photo(Box::new(photo)), described];
        if let Err(error) = self.desk.core.publisher.publish(changes).await {
            // It stands on the server; the next synchronisation brings it.
            tracing::warn!(%error, "a sent photo could not be recorded");
        }
    }

    /// Looks for the message that a lost answer may have left.
    pub(super) async fn look(
        &mut self,
        entry: &JournalEntry,
        known: &Known,
        after: MessageId,
    ) -> Then {
        let core = &self.desk.core;
        let Some(album) = core.listed_album(entry.album).await else {
            return Then::Settle(Outcome::Refused("The album is no longer there".into()));
        };
        let name = name_of(&entry.path);
        let found = if entry.as_photo {
            let caption = caption_text(&entry.caption);
            let page = core.patiently(|_| {}, || core.telegram.history(&album, None, 100)).await;
            page.map(|page| {
                let newer = |photo: &Photo| {
                    photo.id.message > after
                        && photo.remote.kind == RemoteKind::Photo
                        && photo.caption == caption
                };
                // Compressed pictures cannot be compared byte for byte: only one that Telegram
                // says is there is taken to be it, the likest first.
                let mut photos = page.photos;
                photos.retain(|photo| known.duplicate && newer(photo));
                photos
            })
        } else {
            core.patiently(|_| {}, || core.telegram.find_sent(&album, after, &name, entry.bytes))
                .await
        };
        let mut candidates = match found {
            Ok(candidates) => candidates,
            Err(error) => return refused(&error),
        };
        candidates.sort_by_key(|photo| photo.id.message);
        if let Some(prepared) = self.prepared.as_ref().filter(|_| entry.as_photo) {
            candidates.sort_by_key(|photo| unlikeness_to(photo, prepared.size, prepared.blur));
        }
        candidates.retain(|photo| !self.desk.is_claimed(photo.id, entry.id));
        let Some(expected) = self.expected(entry, known) else {
            return Then::Settle(Outcome::NotFound);
        };
        for photo in candidates {
            let (id, file) = (photo.id, photo.remote.id);
            self.publish_found(photo).await;
            let same = entry.as_photo
                || match core.patiently_fetch(|| holds(core, id, &expected)).await {
                    Ok(same) => same,
                    Err(FetchError::Gone) => false,
                    Err(error) => return stuck_or_refused(error),
                };
            if same {
                self.describe(id, file, entry).await;
                return Then::Settle(Outcome::Found(id.message));
            }
        }
        Then::Settle(Outcome::NotFound)
    }

    async fn publish_found(&self, photo: Photo) {
        let change = vec![Change::Photo(Box::new(photo))];
        if let Err(error) = self.desk.core.publisher.publish(change).await {
            tracing::warn!(%error, "a found photo could not be recorded");
        }
    }

    async fn describe(&self, photo: PhotoId, file: i64, entry: &JournalEntry) {
        let change = known_of(photo, file, entry);
        if let Err(error) = self.desk.core.publisher.publish(vec![change]).await {
            tracing::warn!(%error, "what is known about a photo could not be recorded");
        }
    }

    /// What the message has to hold: by what is at hand, or by what the journal says.
    fn expected(&self, entry: &JournalEntry, known: &Known) -> Option<Expected> {
        if let Some(prepared) = self.prepared.as_ref().filter(|_| known.prepared) {
            return Some(prepared.expected.clone());
        }
        Some(Expected { bytes: entry.bytes, sha256: entry.sha256?, pieces: None })
    }
}

/// How little a compressed picture looks like a file: by its shape, then by its preview.
fn unlikeness_to(photo: &Photo, size: PixelSize, blur: Option<Blur>) -> (u32, u32) {
    let shape = |size: PixelSize| {
        u64::from(size.width) * 1000 / u64::from(size.width.saturating_add(size.height).max(1))
    };
    let shapes = shape(photo.size).abs_diff(shape(size));
    let seen = photo.remote.stripped.as_deref().and_then(pixels::stripped_blur);
    let small = |blur: &Blur| pixels::blur_decode(blur, PixelSize::new(8, 8));
    let pair = (seen.as_ref().and_then(small), blur.as_ref().and_then(small));
    let colours = match pair {
        (Some(a), Some(b)) => {
            a.rgba().iter().zip(b.rgba()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
        }
        _ => u32::MAX,
    };
    // Rounded sides make no difference.
    (u32::try_from(shapes / 8).unwrap_or(u32::MAX), colours)
}

/// What we know of a photo because we have its file: its head tells no more than that.
const fn known_of(photo: PhotoId, file: i64, entry: &JournalEntry) -> Change {
    Change::Described { photo, file, taken: entry.taken, head_read: true, blur: entry.blur }
}

/// The file itself was refused, not the message: it cannot be copied, or not by this permit.
fn is_refused_copy(error: &TelegramError) -> bool {
    error.name().is_some_and(|name| {
        ["FILE_REFERENCE", "FILE_ID", "MEDIA_", "DOCUMENT_"].iter().any(|way| name.starts_with(way))
    })
}

/// Whether the message may stand although asking for it failed: the answer was lost or not
/// understood, or what failed was asked after it.
fn may_stand(error: &TelegramError) -> bool {
    match error {
        TelegramError::Lost { .. } | TelegramError::Unexpected { .. } => true,
        TelegramError::Refused { method, .. } | TelegramError::Wait { method, .. } => {
            *method != "messages.sendMedia"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bitmap;

    #[test]
    fn the_likest_picture_is_taken_first() {
        let prepared = |size, shade| {
            let bitmap =
                Bitmap::new(PixelSize::new(8, 8), [shade, 40, 90, 255].repeat(64)).unwrap();
            (size, pixels::blur_encode(&bitmap))
        };
        let sent = |size: PixelSize, shade: u8| {
            let mut photo = crate::engine::library::tests::photo(1, 1, 9);
            let preview = [shade, 40, 90].repeat(usize::try_from(size.pixels()).unwrap());
            photo.remote.stripped = pixels::stripped_from_rgb(&preview, size);
            photo.size = PixelSize::new(size.width * 32, size.height * 32);
            photo
        };
        let (size, blur) = prepared(PixelSize::new(4000, 3000), 200);
        let unlike = |photo: &Photo| unlikeness_to(photo, size, blur);
        let same = unlike(&sent(PixelSize::new(40, 30), 200));
        assert!(same < unlike(&sent(PixelSize::new(40, 30), 20)), "another colour");
        assert!(same < unlike(&sent(PixelSize::new(30, 40), 200)), "another shape");
    }

    #[test]
    fn only_what_telegram_refused_to_send_is_surely_not_sent() {
        let refused = |method| TelegramError::Refused {
            code: 400,
            name: "CHANNEL_PRIVATE".into(),
            value: None,
            method,
        };
        assert!(!may_stand(&refused("messages.sendMedia")));
        assert!(may_stand(&refused("channels.getMessages")), "asked for after it was sent");
        assert!(may_stand(&TelegramError::Lost { method: "messages.sendMedia" }));
        let what = "no message".into();
        assert!(may_stand(&TelegramError::Unexpected { method: "messages.sendMedia", what }));
    }
}
