//! Messages: reading, posting, editing and deleting them, each change with its entry in the
//! channel's log, in one transaction. Blocking.

use grammers_tl_types::{Deserializable, Serializable, enums, types};
use redb::WriteTransaction;

use super::error::{Outcome, WorldError, refusal, refuse};
use super::record::{
    Channel, Event, GONE, INDEX, Kind, LOG, MESSAGES, RANDOM, Reading, index_parts, pack,
};
use super::{World, put_channel, put_index, seal};

/// Differences reach so many points back; older entries are dropped.
pub(crate) const LOG_REACH: i32 = 5_000;

/// A message to be posted: everything but its id and its date.
pub(crate) struct Draft {
    pub(crate) message: enums::Message,
    pub(crate) kind: Kind,
    pub(crate) random_id: Option<i64>,
}

/// What a message of this media counts as.
pub(crate) fn kind_of(media: Option<&enums::MessageMedia>) -> Kind {
    match media {
        Some(enums::MessageMedia::Photo(_)) => Kind::Photo,
        Some(enums::MessageMedia::Document(media)) => match &media.document {
            Some(enums::Document::Document(document)) => {
                let is_video = document
                    .attributes
                    .iter()
                    .any(|a| matches!(a, enums::DocumentAttribute::Video(v) if !v.round_message));
                if is_video { Kind::Video } else { Kind::File }
            }
            _ => Kind::Text,
        },
        _ => Kind::Text,
    }
}

impl World {
    /// A random id must be there and new.
    pub(crate) fn check_random_ids(&self, user: i64, random_ids: &[i64]) -> Outcome<()> {
        let tx = self.db_read()?;
        let table = tx.open_table(RANDOM)?;
        for (at, random_id) in random_ids.iter().enumerate() {
            if *random_id == 0 {
                return refuse("RANDOM_ID_EMPTY");
            }
            if table.get((user, *random_id))?.is_some() || random_ids[..at].contains(random_id) {
                return Err(duplicate());
            }
        }
        Ok(())
    }

    pub(super) fn db_read(&self) -> Outcome<redb::ReadTransaction> {
        use redb::ReadableDatabase;
        Ok(self.db.begin_read()?)
    }

    /// Posts messages; answers their ids, each with the pts after it.
    pub(crate) fn post(&self, channel: i64, drafts: Vec<Draft>) -> Outcome<Vec<(i32, i32)>> {
        let tx = self.writing()?;
        let mut channel = Self::locked_channel(&tx, channel)?;
        let posted = Self::append(&tx, &mut channel, drafts)?;
        tx.commit()?;
        Ok(posted)
    }

    /// Appends to a channel within a transaction and writes its record.
    pub(super) fn append(
        tx: &WriteTransaction,
        channel: &mut Channel,
        drafts: Vec<Draft>,
    ) -> Outcome<Vec<(i32, i32)>> {
        let mut posted = Vec::new();
        for draft in drafts {
            channel.last_id += 1;
            channel.last_date = channel.last_date.max(seal::now());
            channel.pts += 1;
            let key = (channel.id, channel.last_id);
            let mut message = draft.message;
            match &mut message {
                enums::Message::Message(message) => {
                    message.id = key.1;
                    message.date = channel.last_date;
                }
                enums::Message::Service(message) => {
                    message.id = key.1;
                    message.date = channel.last_date;
                }
                enums::Message::Empty(_) => {}
            }
            tx.open_table(MESSAGES)?.insert(key, message.to_bytes().as_slice())?;
            put_index(tx, key, channel.last_date, draft.kind)?;
            channel.counts[draft.kind as usize] += 1;
            if let Some(random_id) = draft.random_id {
                let taken =
                    tx.open_table(RANDOM)?.insert((channel.owner, random_id), key)?.is_some();
                if taken {
                    return Err(duplicate());
                }
            }
            log(tx, channel, &Event::New(key.1))?;
            posted.push((key.1, channel.pts));
        }
        channel.read_max = channel.last_id;
        channel.changed = channel.last_date;
        put_channel(tx, channel)?;
        Ok(posted)
    }

    /// A live message as it is now, with fresh references; `None` where there is none.
    pub(crate) fn message(
        &self,
        reading: &Reading,
        channel: &Channel,
        id: i32,
    ) -> Outcome<Option<enums::Message>> {
        if let Some(found) = reading.messages.get((channel.id, id))? {
            let mut message = enums::Message::from_bytes(found.value())?;
            self.refresh(&mut message);
            return Ok(Some(message));
        }
        let (Some(stretch), Some(gallery)) = (&channel.painted, &self.gallery) else {
            return Ok(None);
        };
        if !(2..=stretch.count + 1).contains(&id) {
            return Ok(None);
        }
        if stretch.gone > 0 && reading.gone.get((channel.id, id))?.is_some() {
            return Ok(None);
        }
        let mut message: enums::Message =
            gallery.message(channel.id, stretch, id, &self.seal).into();
        self.refresh(&mut message);
        Ok(Some(message))
    }

    /// Mints the file references of a message.
    fn refresh(&self, message: &mut enums::Message) {
        match message {
            enums::Message::Message(types::Message { media: Some(media), .. }) => {
                self.refresh_media(media);
            }
            enums::Message::Service(types::MessageService {
                action:
                    enums::MessageAction::ChatEditPhoto(types::MessageActionChatEditPhoto { photo }),
                ..
            }) => self.refresh_photo(photo),
            _ => {}
        }
    }

    /// Changes a message: `change` may refuse. Answers the pts after it.
    pub(crate) fn edit(
        &self,
        channel: i64,
        id: i32,
        change: impl FnOnce(&mut types::Message) -> Outcome<()>,
    ) -> Outcome<i32> {
        let reading = self.reading()?;
        let tx = self.writing()?;
        let mut channel = Self::locked_channel(&tx, channel)?;
        let Some(enums::Message::Message(mut message)) = self.message(&reading, &channel, id)?
        else {
            return refuse("MESSAGE_ID_INVALID");
        };
        change(&mut message)?;
        message.edit_date = Some(seal::now());
        channel.pts += 1;
        channel.changed = seal::now();
        let message = enums::Message::Message(message);
        tx.open_table(MESSAGES)?.insert((channel.id, id), message.to_bytes().as_slice())?;
        log(&tx, &mut channel, &Event::Edit(id))?;
        put_channel(&tx, &channel)?;
        tx.commit()?;
        Ok(channel.pts)
    }

    /// Deletes what there is of `ids`; answers those that went, and the pts after it.
    pub(crate) fn delete(&self, channel: i64, ids: &[i32]) -> Outcome<(Vec<i32>, i32)> {
        let tx = self.writing()?;
        let mut channel = Self::locked_channel(&tx, channel)?;
        let mut deleted = Vec::new();
        for id in ids {
            let key = (channel.id, *id);
            tx.open_table(MESSAGES)?.remove(key)?;
            let entry = tx.open_table(INDEX)?.remove(key)?.map(|entry| entry.value());
            let kind = if let Some(entry) = entry {
                index_parts(entry).1
            } else if let (Some(stretch), Some(gallery)) = (&mut channel.painted, &self.gallery)
                && (2..=stretch.count + 1).contains(id)
                && tx.open_table(GONE)?.insert(key, ())?.is_none()
            {
                stretch.gone += 1;
                gallery.kind_at(stretch, *id)
            } else {
                continue;
            };
            channel.counts[kind as usize] -= 1;
            deleted.push(*id);
        }
        if deleted.is_empty() {
            return Ok((deleted, channel.pts));
        }
        channel.pts += i32::try_from(deleted.len()).unwrap_or(i32::MAX);
        channel.changed = seal::now();
        log(&tx, &mut channel, &Event::Delete(deleted.clone()))?;
        put_channel(&tx, &channel)?;
        tx.commit()?;
        Ok((deleted, channel.pts))
    }
}

/// Writes an entry under the channel's present pts, and drops what is beyond reach.
pub(super) fn log(tx: &WriteTransaction, channel: &mut Channel, event: &Event) -> Outcome<()> {
    let mut table = tx.open_table(LOG)?;
    table.insert((channel.id, channel.pts), pack(event)?.as_slice())?;
    let floor = channel.pts - LOG_REACH;
    if floor > channel.log_floor + LOG_REACH / 10 {
        table.retain_in((channel.id, 0)..=(channel.id, floor), |_, _| false)?;
        channel.log_floor = floor;
    }
    Ok(())
}

fn duplicate() -> WorldError {
    refusal(500, "RANDOM_ID_DUPLICATE")
}
