//! What happened in a channel since a pts: read from its log. Blocking.

use std::ops::Bound;

use grammers_tl_types::{enums, types};

use super::World;
use super::error::{Outcome, refuse};
use super::record::{Channel, Event, Reading, unpack};

/// The changes after a pts.
pub(crate) struct Difference {
    pub(crate) new_messages: Vec<enums::Message>,
    pub(crate) other_updates: Vec<enums::Update>,
    /// The pts after them.
    pub(crate) pts: i32,
    /// Nothing comes after them.
    pub(crate) is_final: bool,
}

impl World {
    /// Up to `limit` entries of the log after `pts`; `None`: it does not reach back so far.
    pub(crate) fn difference(
        &self,
        reading: &Reading,
        channel: &Channel,
        pts: i32,
        limit: usize,
    ) -> Outcome<Option<Difference>> {
        if pts <= 0 {
            return refuse("PERSISTENT_TIMESTAMP_EMPTY");
        }
        if pts > channel.pts {
            return refuse("PERSISTENT_TIMESTAMP_INVALID");
        }
        if pts < channel.log_floor {
            return Ok(None);
        }
        let mut found =
            Difference { new_messages: Vec::new(), other_updates: Vec::new(), pts, is_final: true };
        let range =
            (Bound::Excluded((channel.id, found.pts)), Bound::Included((channel.id, channel.pts)));
        for (taken, entry) in reading.log.range::<(i64, i32)>(range)?.enumerate() {
            if taken == limit {
                found.is_final = false;
                break;
            }
            let (key, value) = entry?;
            let at = key.value().1;
            match unpack(value.value())? {
                Event::New(id) => found.new_messages.extend(self.message(reading, channel, id)?),
                Event::Edit(id) => {
                    if let Some(message) = self.message(reading, channel, id)? {
                        found.other_updates.push(edited(message, at));
                    }
                }
                Event::Delete(ids) => found.other_updates.push(deleted(channel.id, ids, at)),
            }
            found.pts = at;
        }
        if found.is_final {
            found.pts = channel.pts;
        }
        Ok(Some(found))
    }
}

/// `updateNewChannelMessage`.
pub(crate) fn posted(message: enums::Message, pts: i32) -> enums::Update {
    types::UpdateNewChannelMessage { message, pts, pts_count: 1 }.into()
}

/// `updateEditChannelMessage`.
pub(crate) fn edited(message: enums::Message, pts: i32) -> enums::Update {
    types::UpdateEditChannelMessage { message, pts, pts_count: 1 }.into()
}

/// `updateDeleteChannelMessages`.
pub(crate) fn deleted(channel_id: i64, messages: Vec<i32>, pts: i32) -> enums::Update {
    let pts_count = i32::try_from(messages.len()).unwrap_or(i32::MAX);
    types::UpdateDeleteChannelMessages { channel_id, messages, pts, pts_count }.into()
}
