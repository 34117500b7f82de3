//! Posting: text, files, albums of several, forwards. Every message with its own random id, used
//! once. Blocking.

#![expect(clippy::needless_pass_by_value, reason = "a handler owns what it was asked")]

use grammers_tl_types::{enums, functions as f, types};

use super::world::Call;
use crate::sandbox::world::channel::peer;
use crate::sandbox::world::difference::posted;
use crate::sandbox::world::error::{Outcome, refusal, refuse};
use crate::sandbox::world::media::check_text;
use crate::sandbox::world::message::{Draft, kind_of};
use crate::sandbox::world::record::{Channel, Kind};
use crate::sandbox::world::{plain, seal};

/// Files of one album of several.
const MOST_IN_GROUP: usize = 10;
const MOST_FORWARDED: usize = 100;

/// A message of a user's own in a channel, still without content.
fn blank(call: &Call<'_>, channel: &Channel) -> types::Message {
    let mut message = plain::message(peer(channel));
    message.out = true;
    if channel.broadcast {
        message.post = true;
        message.views = Some(1);
        message.forwards = Some(0);
    } else {
        message.from_id = Some(types::PeerUser { user_id: call.user }.into());
    }
    message
}

fn reply(to: Option<&enums::InputReplyTo>) -> Option<enums::MessageReplyHeader> {
    let Some(enums::InputReplyTo::Message(to)) = to else { return None };
    Some(
        types::MessageReplyHeader {
            reply_to_scheduled: false,
            forum_topic: false,
            quote: false,
            reply_to_ephemeral: false,
            reply_to_msg_id: Some(to.reply_to_msg_id),
            reply_to_peer_id: None,
            reply_from: None,
            reply_media: None,
            reply_to_top_id: None,
            quote_text: None,
            quote_entities: None,
            quote_offset: None,
            todo_item_id: None,
            poll_option: None,
        }
        .into(),
    )
}

/// Posts, answers the caller and tells everybody else, in the channel's order.
fn post(call: &Call<'_>, channel: i64, drafts: Vec<Draft>) -> Outcome<enums::Updates> {
    let _order = call.world.in_order(channel);
    let random_ids: Vec<_> = drafts.iter().map(|draft| draft.random_id).collect();
    let ids = call.world.post(channel, drafts)?;
    let reading = call.world.reading()?;
    let Some(channel) = reading.channel(channel)? else {
        return refuse("CHANNEL_INVALID");
    };
    let (mut own, mut changes) = (Vec::new(), Vec::new());
    for ((id, pts), random_id) in ids.into_iter().zip(random_ids) {
        if let Some(random_id) = random_id {
            own.push(types::UpdateMessageId { id, random_id }.into());
        }
        if let Some(message) = call.world.message(&reading, &channel, id)? {
            changes.push(posted(message, pts));
        }
    }
    call.announce(&channel, own, changes)
}

pub(super) fn send_message(
    call: &Call<'_>,
    asked: f::messages::SendMessage,
) -> Outcome<enums::Updates> {
    let channel = call.world.by_peer(&call.world.reading()?, call.user, &asked.peer)?;
    call.world.check_random_ids(call.user, &[asked.random_id])?;
    if asked.message.trim().is_empty() {
        return refuse("MESSAGE_EMPTY");
    }
    let mut message = blank(call, &channel);
    message.entities = check_text(&asked.message, asked.entities, false)?;
    message.message = asked.message;
    message.silent = asked.silent;
    message.reply_to = reply(asked.reply_to.as_ref());
    let random_id = Some(asked.random_id);
    post(call, channel.id, vec![Draft { message: message.into(), kind: Kind::Text, random_id }])
}

pub(super) fn send_media(
    call: &Call<'_>,
    asked: f::messages::SendMedia,
) -> Outcome<enums::Updates> {
    let channel = call.world.by_peer(&call.world.reading()?, call.user, &asked.peer)?;
    call.world.check_random_ids(call.user, &[asked.random_id])?;
    let mut message = blank(call, &channel);
    message.entities = check_text(&asked.message, asked.entities, true)?;
    message.message = asked.message;
    message.silent = asked.silent;
    message.reply_to = reply(asked.reply_to.as_ref());
    let media = call.world.make_media(&call.sender(), &asked.media)?;
    let kind = kind_of(Some(&media));
    message.media = Some(media);
    let random_id = Some(asked.random_id);
    post(call, channel.id, vec![Draft { message: message.into(), kind, random_id }])
}

pub(super) fn upload_media(
    call: &Call<'_>,
    asked: f::messages::UploadMedia,
) -> Outcome<enums::MessageMedia> {
    if !matches!(asked.peer, enums::InputPeer::PeerSelf) {
        call.world.by_peer(&call.world.reading()?, call.user, &asked.peer)?;
    }
    call.world.make_media(&call.sender(), &asked.media)
}

pub(super) fn send_multi_media(
    call: &Call<'_>,
    asked: f::messages::SendMultiMedia,
) -> Outcome<enums::Updates> {
    let channel = call.world.by_peer(&call.world.reading()?, call.user, &asked.peer)?;
    if asked.multi_media.is_empty() {
        return refuse("MEDIA_EMPTY");
    }
    if asked.multi_media.len() > MOST_IN_GROUP {
        return refuse("MULTI_MEDIA_TOO_LONG");
    }
    let items: Vec<types::InputSingleMedia> =
        asked.multi_media.into_iter().map(|enums::InputSingleMedia::Media(item)| item).collect();
    let random_ids: Vec<i64> = items.iter().map(|item| item.random_id).collect();
    call.world.check_random_ids(call.user, &random_ids)?;
    let grouped_id = (items.len() > 1).then(seal::random).transpose()?;
    let mut drafts = Vec::new();
    for item in items {
        let mut message = blank(call, &channel);
        message.entities = check_text(&item.message, item.entities, true)?;
        message.message = item.message;
        message.silent = asked.silent;
        message.reply_to = reply(asked.reply_to.as_ref());
        message.grouped_id = grouped_id;
        // Files must have been put on the server before, by `messages.uploadMedia`.
        let media = call.world.known_media(&call.sender(), &item.media)?;
        let kind = kind_of(Some(&media));
        message.media = Some(media);
        drafts.push(Draft { message: message.into(), kind, random_id: Some(item.random_id) });
    }
    let files = drafts.iter().filter(|draft| draft.kind == Kind::File).count();
    if files != 0 && files != drafts.len() {
        return refuse("MEDIA_GROUPED_INVALID");
    }
    post(call, channel.id, drafts)
}

pub(super) fn forward_messages(
    call: &Call<'_>,
    asked: f::messages::ForwardMessages,
) -> Outcome<enums::Updates> {
    let reading = call.world.reading()?;
    let from = call.world.by_peer(&reading, call.user, &asked.from_peer)?;
    let to = call.world.by_peer(&reading, call.user, &asked.to_peer)?;
    if asked.id.is_empty() {
        return refuse("MESSAGE_IDS_EMPTY");
    }
    if asked.id.len() > MOST_FORWARDED {
        return refuse("LIMIT_INVALID");
    }
    if asked.random_id.len() != asked.id.len() {
        return refuse("RANDOM_ID_INVALID");
    }
    call.world.check_random_ids(call.user, &asked.random_id)?;
    let mut groups: Vec<(i64, i64)> = Vec::new();
    let mut drafts = Vec::new();
    for (id, random_id) in asked.id.iter().zip(asked.random_id) {
        let Some(enums::Message::Message(old)) = call.world.message(&reading, &from, *id)? else {
            continue;
        };
        let mut message = blank(call, &to);
        if !asked.drop_author {
            let origin = old.fwd_from.clone().unwrap_or_else(|| {
                let mut header = plain::forwarded(old.date);
                header.from_id = Some(if from.broadcast {
                    peer(&from)
                } else {
                    types::PeerUser { user_id: from.owner }.into()
                });
                header.channel_post = from.broadcast.then_some(*id);
                header.into()
            });
            message.fwd_from = Some(origin);
        }
        let kind = kind_of(old.media.as_ref());
        if !(asked.drop_media_captions && old.media.is_some()) {
            message.message = old.message;
            message.entities = old.entities;
        }
        message.media = old.media;
        message.silent = asked.silent;
        if let Some(group) = old.grouped_id {
            let known = groups.iter().find(|(old, _)| *old == group).map(|(_, new)| *new);
            let new = if let Some(new) = known { new } else { seal::random()? };
            if known.is_none() {
                groups.push((group, new));
            }
            message.grouped_id = Some(new);
        }
        drafts.push(Draft { message: message.into(), kind, random_id: Some(random_id) });
    }
    if drafts.is_empty() {
        return Err(refusal(400, "MESSAGE_ID_INVALID"));
    }
    post(call, to.id, drafts)
}
