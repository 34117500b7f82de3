//! `updates.*`: what happened while a client was away. Blocking.

#![expect(clippy::needless_pass_by_value, reason = "a handler owns what it was asked")]

use grammers_tl_types::{enums, functions as f, types};

use super::history::{PAGE, load};
use super::world::Call;
use crate::sandbox::world::error::Outcome;
use crate::sandbox::world::seal;
use crate::sandbox::world::sequence::{ANY, Sequence};

/// How soon a client should ask again, seconds.
const AGAIN: Option<i32> = Some(30);
/// Entries of a difference under the `sliced` fault.
const SLICE: usize = 2;

/// The common state: nothing but channels ever changes, and those have logs of their own.
pub(super) fn state() -> enums::updates::State {
    types::updates::State { pts: 1, qts: 1, date: seal::now(), seq: 1, unread_count: 0 }.into()
}

#[expect(clippy::unnecessary_wraps, reason = "as all handlers")]
pub(super) fn get_state(_: &Call<'_>, _: f::updates::GetState) -> Outcome<enums::updates::State> {
    Ok(state())
}

pub(super) fn get_difference(
    call: &Call<'_>,
    asked: f::updates::GetDifference,
) -> Outcome<enums::updates::Difference> {
    let reading = call.world.reading()?;
    let (mut other_updates, mut chats) = (Vec::new(), Vec::new());
    for channel in reading.all_channels_of(call.user)? {
        // Within the same second nobody knows which came first: better told twice than never.
        if channel.changed < asked.date {
            continue;
        }
        let channel_id = channel.id;
        if channel.deleted {
            other_updates.push(types::UpdateChannel { channel_id }.into());
        } else {
            let pts = call.faults.too_long_pts.then_some(channel.pts);
            other_updates.push(types::UpdateChannelTooLong { channel_id, pts }.into());
        }
        chats.push(call.world.channel_tl(call.user, &channel)?);
    }
    if other_updates.is_empty() {
        return Ok(types::updates::DifferenceEmpty { date: seal::now(), seq: 1 }.into());
    }
    Ok(types::updates::Difference {
        new_messages: Vec::new(),
        new_encrypted_messages: Vec::new(),
        other_updates,
        chats,
        users: call.users(),
        state: state(),
    }
    .into())
}

pub(super) fn get_channel_difference(
    call: &Call<'_>,
    asked: f::updates::GetChannelDifference,
) -> Outcome<enums::updates::ChannelDifference> {
    let reading = call.world.reading()?;
    let channel = call.world.by_input(&reading, call.user, &asked.channel)?;
    let limit = usize::try_from(asked.limit.clamp(1, PAGE)).unwrap_or(1);
    let taken = if call.faults.sliced { limit.min(SLICE) } else { limit };
    let difference = call.world.difference(&reading, &channel, asked.pts, taken)?;
    if asked.pts == channel.pts {
        let pts = channel.pts;
        let empty = types::updates::ChannelDifferenceEmpty { r#final: true, pts, timeout: AGAIN };
        return Ok(empty.into());
    }
    let (chats, users) = (call.chats(&channel)?, call.users());
    let Some(found) = difference.filter(|_| !call.faults.too_long) else {
        let (dialog, _) = call.dialog(&reading, &channel)?;
        let newest = Sequence::new(call.world, &reading, &channel, ANY).page(i32::MAX, 0, limit)?;
        let messages = load(call, &reading, &channel, &newest)?;
        return Ok(types::updates::ChannelDifferenceTooLong {
            r#final: true,
            timeout: AGAIN,
            dialog,
            messages,
            chats,
            users,
        }
        .into());
    };
    Ok(types::updates::ChannelDifference {
        r#final: found.is_final,
        pts: found.pts,
        timeout: AGAIN,
        new_messages: found.new_messages,
        other_updates: found.other_updates,
        chats,
        users,
    }
    .into())
}
