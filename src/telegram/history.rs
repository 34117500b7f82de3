//! Reading an album: pages of history, single messages, differences; and deleting messages. On
//! tokio's workers. Not many such calls at once ([`readers`](super::readers)): Telegram limits them,
//! and they carry much.

use grammers_tl_types::enums::updates::ChannelDifference;
use grammers_tl_types::{Identifiable, RemoteCall, enums, functions, types};

use super::albums::{input_channel, input_peer};
use super::core::Core;
use super::error::{Result, TelegramError};
use super::map;
use super::retry::Care;
use super::words::{Difference, Page};
use crate::model::{Album, Change, MessageId, Photo};

/// Most messages a call.
pub(super) const PAGE: u8 = 100;

async fn read<R: RemoteCall + Identifiable>(core: &Core, request: &R) -> Result<R::Return> {
    let place = core.readers.enter().await;
    let answer = core.call(request, Care::USUAL).await;
    if answer.is_ok() {
        place.answered();
    }
    answer
}

/// <https://core.telegram.org/method/messages.getHistory>
pub(super) async fn history(
    core: &Core,
    album: &Album,
    before: Option<MessageId>,
    limit: u8,
) -> Result<Page> {
    page(core, album, before.map_or(0, |id| id.0), 0, limit).await
}

/// Messages with `min` < id < `before` (0: no such limit), newest first.
async fn page(core: &Core, album: &Album, before: i32, min: i32, limit: u8) -> Result<Page> {
    let request = functions::messages::GetHistory {
        peer: input_peer(album),
        offset_id: before,
        offset_date: 0,
        add_offset: 0,
        limit: i32::from(limit.clamp(1, PAGE)),
        max_id: 0,
        min_id: min,
        hash: 0,
    };
    let answer = read(core, &request).await?;
    let found = map::messages(answer, "messages.getHistory")?;
    let mut messages: Vec<MessageId> =
        found.list.iter().map(|message| MessageId(message.id())).collect();
    messages.sort_unstable_by_key(|&id| std::cmp::Reverse(id));
    let mut photos: Vec<Photo> =
        found.list.iter().filter_map(|message| map::photo(album.id, message)).collect();
    photos.sort_unstable_by_key(|photo| std::cmp::Reverse(photo.id));
    Ok(Page { photos, messages, total: found.total, pts: found.pts.unwrap_or(1) })
}

/// <https://core.telegram.org/method/channels.getMessages>
pub(super) async fn messages(core: &Core, album: &Album, ids: &[MessageId]) -> Result<Vec<Change>> {
    let mut changes = Vec::with_capacity(ids.len());
    for some in ids.chunks(usize::from(PAGE)) {
        let id = some.iter().map(|id| types::InputMessageId { id: id.0 }.into()).collect();
        let request = functions::channels::GetMessages { channel: input_channel(album), id };
        let found = map::messages(read(core, &request).await?, "channels.getMessages")?;
        let mut gone = Vec::new();
        for &id in some {
            let message = found.list.iter().find(|message| message.id() == id.0);
            match message.and_then(|message| map::photo(album.id, message)) {
                Some(photo) => changes.push(Change::Photo(Box::new(photo))),
                None => gone.push(id),
            }
        }
        if !gone.is_empty() {
            changes.push(Change::PhotosGone { album: album.id, messages: gone });
        }
    }
    Ok(changes)
}

/// What happened since `pts`. <https://core.telegram.org/method/updates.getChannelDifference>
pub(super) async fn difference(core: &Core, album: &Album, pts: i32) -> Result<Difference> {
    let request = functions::updates::GetChannelDifference {
        force: false,
        channel: input_channel(album),
        filter: enums::ChannelMessagesFilter::Empty,
        pts: pts.max(1),
        limit: i32::from(PAGE),
    };
    match read(core, &request).await {
        Ok(ChannelDifference::Empty(empty)) => Ok(Difference::Empty { pts: empty.pts }),
        Ok(ChannelDifference::Difference(found)) => Ok(Difference::Changes {
            changes: map::changes(album, &found.chats, &found.new_messages, &found.other_updates),
            pts: found.pts,
            is_final: found.r#final,
        }),
        Ok(ChannelDifference::TooLong(long)) => {
            let pts = match &long.dialog {
                enums::Dialog::Dialog(dialog) => dialog.pts,
                _ => None,
            };
            match pts {
                Some(pts) => Ok(Difference::TooLong { pts }),
                None => Ok(Difference::TooLong { pts: pts_now(core, album).await? }),
            }
        }
        // A `pts` that the server does not understand: read everything again.
        Err(error)
            if error.is("PERSISTENT_TIMESTAMP_INVALID")
                || error.is("PERSISTENT_TIMESTAMP_EMPTY") =>
        {
            Ok(Difference::TooLong { pts: pts_now(core, album).await? })
        }
        Err(error) => Err(error),
    }
}

/// Where the channel stands. <https://core.telegram.org/method/channels.getFullChannel>
async fn pts_now(core: &Core, album: &Album) -> Result<i32> {
    let request = functions::channels::GetFullChannel { channel: input_channel(album) };
    let enums::messages::ChatFull::Full(full) = read(core, &request).await?;
    match full.full_chat {
        enums::ChatFull::ChannelFull(channel) => Ok(channel.pts),
        _ => Err(TelegramError::unexpected("channels.getFullChannel", "not a channel")),
    }
}

/// <https://core.telegram.org/method/channels.deleteMessages>
pub(super) async fn delete(core: &Core, album: &Album, ids: &[MessageId]) -> Result<()> {
    for some in ids.chunks(usize::from(PAGE)) {
        let request = functions::channels::DeleteMessages {
            channel: input_channel(album),
            id: some.iter().map(|id| id.0).collect(),
        };
        core.call(&request, Care::USUAL).await?;
    }
    Ok(())
}

/// Photos newer than `after` that have this name and size.
pub(super) async fn find_sent(
    core: &Core,
    album: &Album,
    after: MessageId,
    name: &str,
    bytes: u64,
) -> Result<Vec<Photo>> {
    let mut found = Vec::new();
    let mut before = 0;
    loop {
        let page = page(core, album, before, after.0, PAGE).await?;
        let alike =
            |photo: &Photo| photo.id.message > after && photo.name == name && photo.bytes == bytes;
        found.extend(page.photos.into_iter().filter(alike));
        match page.messages.last() {
            Some(oldest) if oldest.0 > after.0 + 1 && Some(oldest.0) != Some(before) => {
                before = oldest.0;
            }
            _ => return Ok(found),
        }
    }
}
