//! Channels: who may see them, how they are made, changed and taken away, and how they look on the
//! wire. Blocking.

use grammers_tl_types::{enums, types};
use redb::{ReadableTable, WriteTransaction};

use super::error::{Outcome, WorldError, refuse};
use super::message::{Draft, log};
use super::record::{CHANNELS, Channel, Event, Kind, MESSAGES, Reading, unpack};
use super::{World, plain, put_channel, put_index, seal};
use grammers_tl_types::Serializable;

/// The first id that is given away.
const FIRST_ID: i64 = 1_400_000_001;
/// Telegram's limit of channels an account is in.
const MOST_CHANNELS: usize = 500;
const TITLE_CHARS: usize = 255;
const ABOUT_CHARS: usize = 255;

/// What a title becomes: trimmed, cut, refused when empty.
pub(crate) fn clean_title(title: &str) -> Outcome<String> {
    let title: String = title.trim().chars().take(TITLE_CHARS).collect();
    if title.is_empty() { refuse("CHAT_TITLE_EMPTY") } else { Ok(title) }
}

/// A description, refused when too long.
pub(crate) fn clean_about(about: &str) -> Outcome<String> {
    let about = about.trim();
    if about.chars().count() > ABOUT_CHARS {
        return refuse("CHAT_ABOUT_TOO_LONG");
    }
    Ok(about.to_owned())
}

/// A channel with its first message, the note of its creation. The record is written by the caller
/// (once more, if it changes it).
pub(super) fn new_channel(
    tx: &WriteTransaction,
    owner: i64,
    title: String,
    date: i32,
) -> Outcome<Channel> {
    let last = tx.open_table(CHANNELS)?.last()?.map(|(key, _)| key.value());
    let id = last.map_or(FIRST_ID, |last| last + 1);
    let action = types::MessageActionChannelCreate { title: title.clone() }.into();
    let mut note = plain::service(types::PeerChannel { channel_id: id }.into(), action);
    note.id = 1;
    note.date = date;
    let message = enums::Message::Service(note);
    tx.open_table(MESSAGES)?.insert((id, 1), message.to_bytes().as_slice())?;
    put_index(tx, (id, 1), date, Kind::Text)?;
    let mut channel = Channel {
        id,
        owner,
        title,
        about: String::new(),
        broadcast: true,
        date,
        photo: None,
        pts: 2,
        log_floor: 1,
        last_id: 1,
        last_date: date,
        changed: date,
        read_max: 1,
        counts: [1, 0, 0, 0],
        painted: None,
        deleted: false,
    };
    log(tx, &mut channel, &Event::New(1))?;
    put_channel(tx, &channel)?;
    Ok(channel)
}

impl World {
    /// Makes a channel (or group) of `owner`'s.
    pub(crate) fn create_channel(
        &self,
        owner: i64,
        title: &str,
        about: &str,
        broadcast: bool,
    ) -> Outcome<Channel> {
        let (title, about) = (clean_title(title)?, clean_about(about)?);
        if self.reading()?.channels_of(owner)?.len() >= MOST_CHANNELS {
            return refuse("CHANNELS_TOO_MUCH");
        }
        let tx = self.writing()?;
        let mut channel = new_channel(&tx, owner, title, seal::now())?;
        channel.about = about;
        channel.broadcast = broadcast;
        put_channel(&tx, &channel)?;
        tx.commit()?;
        Ok(channel)
    }

    /// The channel that `user` means, if it may see it.
    pub(crate) fn visible(
        &self,
        reading: &Reading,
        user: i64,
        id: i64,
        access_hash: i64,
    ) -> Outcome<Channel> {
        if access_hash != self.seal.channel_hash(user, id) {
            return refuse("CHANNEL_INVALID");
        }
        match reading.channel(id)? {
            None => refuse("CHANNEL_INVALID"),
            Some(channel) if channel.owner != user || channel.deleted => refuse("CHANNEL_PRIVATE"),
            Some(channel) => Ok(channel),
        }
    }

    /// The channel behind an `InputChannel`.
    pub(crate) fn by_input(
        &self,
        reading: &Reading,
        user: i64,
        input: &enums::InputChannel,
    ) -> Outcome<Channel> {
        match input {
            enums::InputChannel::Channel(it) => {
                self.visible(reading, user, it.channel_id, it.access_hash)
            }
            _ => refuse("CHANNEL_INVALID"),
        }
    }

    /// The channel behind an `InputPeer`.
    pub(crate) fn by_peer(
        &self,
        reading: &Reading,
        user: i64,
        peer: &enums::InputPeer,
    ) -> Outcome<Channel> {
        match peer {
            enums::InputPeer::Channel(it) => {
                self.visible(reading, user, it.channel_id, it.access_hash)
            }
            _ => refuse("PEER_ID_INVALID"),
        }
    }

    /// Changes a channel's record by `change`, and posts a note about it where there is one.
    pub(crate) fn change_channel(
        &self,
        id: i64,
        note: Option<enums::MessageAction>,
        change: impl FnOnce(&mut Channel),
    ) -> Outcome<(Channel, Vec<(i32, i32)>)> {
        let tx = self.writing()?;
        let mut channel = Self::locked_channel(&tx, id)?;
        change(&mut channel);
        channel.changed = seal::now();
        put_channel(&tx, &channel)?;
        let posted = match note {
            None => Vec::new(),
            Some(action) => {
                let mut message =
                    plain::service(types::PeerChannel { channel_id: id }.into(), action);
                message.post = channel.broadcast;
                let draft = Draft { message: message.into(), kind: Kind::Text, random_id: None };
                Self::append(&tx, &mut channel, vec![draft])?
            }
        };
        tx.commit()?;
        Ok((channel, posted))
    }

    /// A channel's record within a write transaction.
    pub(super) fn locked_channel(tx: &WriteTransaction, id: i64) -> Outcome<Channel> {
        let table = tx.open_table(CHANNELS)?;
        let Some(found) = table.get(id)? else { return refuse("CHANNEL_INVALID") };
        let channel: Channel = unpack(found.value())?;
        if channel.deleted { refuse("CHANNEL_PRIVATE") } else { Ok(channel) }
    }

    /// How a channel looks to `viewer`.
    pub(crate) fn channel_tl(&self, viewer: i64, channel: &Channel) -> Outcome<enums::Chat> {
        let access_hash = self.seal.channel_hash(viewer, channel.id);
        if channel.deleted || channel.owner != viewer {
            return Ok(types::ChannelForbidden {
                broadcast: channel.broadcast,
                megagroup: !channel.broadcast,
                monoforum: false,
                id: channel.id,
                access_hash,
                title: channel.title.clone(),
                until_date: None,
            }
            .into());
        }
        let photo = match channel.photo {
            None => enums::ChatPhoto::Empty,
            Some(id) => self.chat_photo(id)?,
        };
        let mut tl = plain::channel(channel.id, photo);
        tl.creator = true;
        tl.broadcast = channel.broadcast;
        tl.megagroup = !channel.broadcast;
        tl.access_hash = Some(access_hash);
        tl.title.clone_from(&channel.title);
        tl.date = channel.date;
        tl.admin_rights = Some(plain::creator_rights());
        tl.participants_count = Some(1);
        Ok(tl.into())
    }

    /// The small form of a channel's photo.
    fn chat_photo(&self, id: i64) -> Outcome<enums::ChatPhoto> {
        let Some(enums::Photo::Photo(photo)) = self.photo_tl(id)? else {
            return Err(WorldError::Record(format!("photo {id} of a channel is missing")));
        };
        let stripped_thumb = photo.sizes.iter().find_map(|size| match size {
            enums::PhotoSize::PhotoStrippedSize(size) => Some(size.bytes.clone()),
            _ => None,
        });
        let dc_id = photo.dc_id;
        Ok(types::ChatPhoto { has_video: false, photo_id: id, stripped_thumb, dc_id }.into())
    }
}

/// The peer of a channel.
pub(crate) fn peer(channel: &Channel) -> enums::Peer {
    types::PeerChannel { channel_id: channel.id }.into()
}
