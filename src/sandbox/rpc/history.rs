//! Pages of a channel's messages. Blocking.

#![expect(clippy::needless_pass_by_value, reason = "a handler owns what it was asked")]

use std::collections::BTreeSet;

use grammers_tl_types::{enums, functions as f, types};

use super::world::Call;
use crate::sandbox::world::channel::peer;
use crate::sandbox::world::error::{Outcome, refuse};
use crate::sandbox::world::record::{Channel, Reading};
use crate::sandbox::world::sequence::{ANY, Sequence};

/// Telegram's longest page.
pub(super) const PAGE: i32 = 100;

/// Where a page of messages lies.
pub(super) struct Page {
    pub(super) offset_id: i32,
    pub(super) offset_date: i32,
    pub(super) add_offset: i32,
    pub(super) limit: i32,
    pub(super) max_id: i32,
    pub(super) min_id: i32,
}

/// The messages of a page: those who ask for more than there is on one make a mistake.
pub(super) fn page_limit(asked: i32) -> Outcome<i32> {
    if asked > PAGE { refuse("LIMIT_INVALID") } else { Ok(asked.max(0)) }
}

fn count(n: i32) -> usize {
    usize::try_from(n).unwrap_or(0)
}

impl Page {
    /// The ids of the page, newest first. The page begins `add_offset` messages below the offset
    /// (above it where negative), and is cut by `max_id` and `min_id`, both exclusive.
    pub(super) fn ids(&self, messages: &Sequence<'_>) -> Outcome<Vec<i32>> {
        let limit = page_limit(self.limit)?;
        let mut below = match (self.offset_id, self.offset_date) {
            (id, _) if id > 0 => id,
            (_, date) if date > 0 => messages.first_at(date)?,
            _ => i32::MAX,
        };
        if self.max_id > 0 && self.add_offset == 0 {
            below = below.min(self.max_id);
        }
        let mut ids = if self.add_offset >= 0 {
            messages.page(below, count(self.add_offset), count(limit))?
        } else {
            // Nobody needs to look further up than a page and what lies between.
            let up = self.add_offset.saturating_neg().min(10 * PAGE);
            let mut newer = messages.page_up(below, count(up))?;
            newer.reverse();
            // Where there are fewer above than asked for, the page is so much shorter.
            let wanted = limit - (up - i32::try_from(newer.len()).unwrap_or(up));
            newer.truncate(count(wanted));
            let rest = limit - up;
            newer.extend(messages.page(below, 0, count(rest))?);
            newer
        };
        ids.retain(|id| *id > self.min_id && (self.max_id <= 0 || *id < self.max_id));
        Ok(ids)
    }
}

/// `messages.channelMessages`.
pub(super) fn answer(
    call: &Call<'_>,
    channel: &Channel,
    messages: Vec<enums::Message>,
    count: i32,
    offset_id_offset: Option<i32>,
    inexact: bool,
) -> Outcome<enums::messages::Messages> {
    Ok(types::messages::ChannelMessages {
        inexact,
        pts: channel.pts,
        count,
        offset_id_offset,
        messages,
        topics: Vec::new(),
        chats: call.chats(channel)?,
        users: call.users(),
    }
    .into())
}

/// The messages of `ids`, as they are.
pub(super) fn load(
    call: &Call<'_>,
    reading: &Reading,
    channel: &Channel,
    ids: &[i32],
) -> Outcome<Vec<enums::Message>> {
    if let (Some(stretch), Some(gallery)) = (&channel.painted, &call.world.gallery) {
        gallery.prepare(stretch, ids);
    }
    let mut messages = Vec::with_capacity(ids.len());
    for id in ids {
        messages.extend(call.world.message(reading, channel, *id)?);
    }
    Ok(messages)
}

pub(super) fn get_history(
    call: &Call<'_>,
    asked: f::messages::GetHistory,
) -> Outcome<enums::messages::Messages> {
    let reading = call.world.reading()?;
    let channel = call.world.by_peer(&reading, call.user, &asked.peer)?;
    let all = Sequence::new(call.world, &reading, &channel, ANY);
    let page = Page {
        offset_id: asked.offset_id,
        offset_date: asked.offset_date,
        add_offset: asked.add_offset,
        limit: asked.limit,
        max_id: asked.max_id,
        min_id: asked.min_id,
    };
    let messages = load(call, &reading, &channel, &page.ids(&all)?)?;
    answer(call, &channel, messages, all.count(), None, false)
}

pub(super) fn get_channel_messages(
    call: &Call<'_>,
    asked: f::channels::GetMessages,
) -> Outcome<enums::messages::Messages> {
    let reading = call.world.reading()?;
    let channel = call.world.by_input(&reading, call.user, &asked.channel)?;
    if asked.id.is_empty() {
        return refuse("MESSAGE_IDS_EMPTY");
    }
    if asked.id.len() > count(PAGE) {
        return refuse("LIMIT_INVALID");
    }
    let mut seen = BTreeSet::new();
    let mut messages = Vec::new();
    for input in &asked.id {
        let id = match input {
            enums::InputMessage::Id(it) => it.id,
            enums::InputMessage::ReplyTo(it) => it.id,
            _ => 0,
        };
        if !seen.insert(id) {
            continue;
        }
        let empty = || types::MessageEmpty { id, peer_id: Some(peer(&channel)) }.into();
        messages.push(call.world.message(&reading, &channel, id)?.unwrap_or_else(empty));
    }
    let count = i32::try_from(messages.len()).unwrap_or(i32::MAX);
    answer(call, &channel, messages, count, None, false)
}

/// Messages of private chats, of which there are none: all are empty.
pub(super) fn get_messages(
    call: &Call<'_>,
    asked: f::messages::GetMessages,
) -> Outcome<enums::messages::Messages> {
    if asked.id.len() > count(PAGE) {
        return refuse("LIMIT_INVALID");
    }
    let empty = |input: &enums::InputMessage| match input {
        enums::InputMessage::Id(it) => {
            Some(types::MessageEmpty { id: it.id, peer_id: None }.into())
        }
        _ => None,
    };
    Ok(types::messages::Messages {
        messages: asked.id.iter().filter_map(empty).collect(),
        topics: Vec::new(),
        chats: Vec::new(),
        users: call.users(),
    }
    .into())
}
