//! `messages.*` other than pages, searches and posts: dialogs, edits, small things. Blocking.

#![expect(clippy::needless_pass_by_value, reason = "a handler owns what it was asked")]

use grammers_tl_types::{Serializable, enums, functions as f, types};

use super::history::PAGE;
use super::updates::state;
use super::world::Call;
use crate::sandbox::world::channel::clean_about;
use crate::sandbox::world::difference::edited;
use crate::sandbox::world::error::{Outcome, refuse};
use crate::sandbox::world::media::check_text;
use crate::sandbox::world::message::kind_of;
use crate::sandbox::world::record::Channel;

/// Dialogs in the order of the list: the newest first.
fn sorted(mut channels: Vec<Channel>) -> Vec<Channel> {
    channels.sort_by_key(|channel| std::cmp::Reverse((channel.last_date, channel.id)));
    channels
}

pub(super) fn get_dialogs(
    call: &Call<'_>,
    asked: f::messages::GetDialogs,
) -> Outcome<enums::messages::Dialogs> {
    let reading = call.world.reading()?;
    // Nobody ever puts anything into the archive.
    let archive = asked.folder_id.is_some_and(|folder| folder != 0);
    let all = if archive { Vec::new() } else { sorted(reading.channels_of(call.user)?) };
    let after = match &asked.offset_peer {
        enums::InputPeer::Channel(it) => it.channel_id,
        _ => 0,
    };
    let is_later = |channel: &&Channel| {
        asked.offset_date <= 0
            || channel.last_date < asked.offset_date
            || (channel.last_date == asked.offset_date && after != 0 && channel.id < after)
    };
    let limit = usize::try_from(asked.limit.clamp(1, PAGE)).unwrap_or(1);
    let page: Vec<&Channel> = all.iter().filter(is_later).take(limit).collect();
    let (mut dialogs, mut messages, mut chats) = (Vec::new(), Vec::new(), Vec::new());
    for channel in &page {
        let (dialog, message) = call.dialog(&reading, channel)?;
        dialogs.push(dialog);
        messages.extend(message);
        chats.push(call.world.channel_tl(call.user, channel)?);
    }
    let users = call.users();
    if page.len() == all.len() {
        return Ok(types::messages::Dialogs { dialogs, messages, chats, users }.into());
    }
    let count = i32::try_from(all.len()).unwrap_or(i32::MAX);
    Ok(types::messages::DialogsSlice { count, dialogs, messages, chats, users }.into())
}

fn peer_dialogs(call: &Call<'_>, channels: &[Channel]) -> Outcome<enums::messages::PeerDialogs> {
    let reading = call.world.reading()?;
    let (mut dialogs, mut messages, mut chats) = (Vec::new(), Vec::new(), Vec::new());
    for channel in channels {
        let (dialog, message) = call.dialog(&reading, channel)?;
        dialogs.push(dialog);
        messages.extend(message);
        chats.push(call.world.channel_tl(call.user, channel)?);
    }
    let (users, state) = (call.users(), state());
    Ok(types::messages::PeerDialogs { dialogs, messages, chats, users, state }.into())
}

pub(super) fn get_peer_dialogs(
    call: &Call<'_>,
    asked: f::messages::GetPeerDialogs,
) -> Outcome<enums::messages::PeerDialogs> {
    if asked.peers.is_empty() {
        return refuse("INPUT_PEERS_EMPTY");
    }
    if asked.peers.len() > usize::try_from(PAGE).unwrap_or(0) {
        return refuse("LIMIT_INVALID");
    }
    let reading = call.world.reading()?;
    let mut channels = Vec::new();
    for input in &asked.peers {
        if let enums::InputDialogPeer::Peer(input) = input {
            channels.push(call.world.by_peer(&reading, call.user, &input.peer)?);
        }
    }
    peer_dialogs(call, &channels)
}

pub(super) fn get_pinned_dialogs(
    call: &Call<'_>,
    _: f::messages::GetPinnedDialogs,
) -> Outcome<enums::messages::PeerDialogs> {
    peer_dialogs(call, &[])
}

#[expect(clippy::unnecessary_wraps, reason = "as all handlers")]
pub(super) fn get_dialog_filters(
    _: &Call<'_>,
    _: f::messages::GetDialogFilters,
) -> Outcome<enums::messages::DialogFilters> {
    let filters = vec![enums::DialogFilter::Default];
    Ok(types::messages::DialogFilters { tags_enabled: false, filters }.into())
}

pub(super) fn edit_message(
    call: &Call<'_>,
    asked: f::messages::EditMessage,
) -> Outcome<enums::Updates> {
    let channel = call.world.by_peer(&call.world.reading()?, call.user, &asked.peer)?;
    if asked.message.is_none() && asked.media.is_none() {
        return refuse("MESSAGE_EMPTY");
    }
    let _order = call.world.in_order(channel.id);
    // Before anything is decoded: is there such a message?
    let reading = call.world.reading()?;
    let Some(enums::Message::Message(old)) = call.world.message(&reading, &channel, asked.id)?
    else {
        return refuse("MESSAGE_ID_INVALID");
    };
    let media = match &asked.media {
        None => None,
        Some(input) => {
            let media = call.world.make_media(&call.sender(), input)?;
            if kind_of(Some(&media)) != kind_of(old.media.as_ref()) {
                return refuse("MEDIA_NEW_INVALID");
            }
            Some(media)
        }
    };
    let (text, entities) = (asked.message, asked.entities);
    let pts = call.world.edit(channel.id, asked.id, move |message| {
        let mut changed = media.is_some();
        if let Some(media) = media {
            message.media = Some(media);
        }
        if let Some(text) = text {
            if text.is_empty() && message.media.is_none() {
                return refuse("MESSAGE_EMPTY");
            }
            let entities = check_text(&text, entities, message.media.is_some())?;
            let same = |a: &Option<Vec<enums::MessageEntity>>| {
                a.as_ref().map(Serializable::to_bytes).unwrap_or_default()
            };
            changed |= message.message != text || same(&message.entities) != same(&entities);
            message.message = text;
            message.entities = entities;
        }
        if changed { Ok(()) } else { refuse("MESSAGE_NOT_MODIFIED") }
    })?;
    let reading = call.world.reading()?;
    let channel = reading.channel(channel.id)?.unwrap_or(channel);
    let changes = call
        .world
        .message(&reading, &channel, asked.id)?
        .map(|message| edited(message, pts))
        .into_iter()
        .collect();
    call.announce(&channel, Vec::new(), changes)
}

/// Messages of private chats, of which there are none.
#[expect(clippy::unnecessary_wraps, reason = "as all handlers")]
pub(super) fn delete_messages(
    _: &Call<'_>,
    _: f::messages::DeleteMessages,
) -> Outcome<enums::messages::AffectedMessages> {
    Ok(types::messages::AffectedMessages { pts: 1, pts_count: 0 }.into())
}

pub(super) fn read_history(
    _: &Call<'_>,
    _: f::messages::ReadHistory,
) -> Outcome<enums::messages::AffectedMessages> {
    // Channels are read by `channels.readHistory`.
    refuse("PEER_ID_INVALID")
}

#[expect(clippy::unnecessary_wraps, reason = "as all handlers")]
pub(super) fn read_message_contents(
    _: &Call<'_>,
    _: f::messages::ReadMessageContents,
) -> Outcome<enums::messages::AffectedMessages> {
    Ok(types::messages::AffectedMessages { pts: 1, pts_count: 0 }.into())
}

pub(super) fn get_document_by_hash(
    call: &Call<'_>,
    asked: f::messages::GetDocumentByHash,
) -> Outcome<enums::Document> {
    if asked.sha256.len() != 32 {
        return refuse("SHA256_HASH_INVALID");
    }
    let found = call.world.by_hash(call.user, &asked.sha256, asked.size, &asked.mime_type)?;
    Ok(found.unwrap_or_else(|| types::DocumentEmpty { id: 0 }.into()))
}

pub(super) fn edit_chat_about(call: &Call<'_>, asked: f::messages::EditChatAbout) -> Outcome<bool> {
    let channel = call.world.by_peer(&call.world.reading()?, call.user, &asked.peer)?;
    let about = clean_about(&asked.about)?;
    if about == channel.about {
        return refuse("CHAT_ABOUT_NOT_MODIFIED");
    }
    let _order = call.world.in_order(channel.id);
    let (channel, _) = call.world.change_channel(channel.id, None, |it| it.about = about)?;
    call.announce_channel(&channel, &[])?;
    Ok(true)
}

pub(super) fn get_messages_views(
    call: &Call<'_>,
    asked: f::messages::GetMessagesViews,
) -> Outcome<enums::messages::MessageViews> {
    let channel = call.world.by_peer(&call.world.reading()?, call.user, &asked.peer)?;
    if asked.id.len() > usize::try_from(PAGE).unwrap_or(0) {
        return refuse("LIMIT_INVALID");
    }
    let one = || types::MessageViews { views: Some(1), forwards: Some(0), replies: None }.into();
    Ok(types::messages::MessageViews {
        views: asked.id.iter().map(|_| one()).collect(),
        chats: call.chats(&channel)?,
        users: call.users(),
    }
    .into())
}
