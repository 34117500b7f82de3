//! `channels.*`: an album's life as a channel. Blocking.

#![expect(clippy::needless_pass_by_value, reason = "a handler owns what it was asked")]

use grammers_tl_types::{enums, functions as f, types};

use super::history::PAGE;
use super::world::Call;
use crate::sandbox::world::channel::clean_title;
use crate::sandbox::world::difference::{deleted, posted};
use crate::sandbox::world::error::{Outcome, refusal, refuse};
use crate::sandbox::world::picture::CHAT_PHOTO_STEPS;
use crate::sandbox::world::plain;
use crate::sandbox::world::record::Channel;

pub(super) fn create_channel(
    call: &Call<'_>,
    asked: f::channels::CreateChannel,
) -> Outcome<enums::Updates> {
    let broadcast = !asked.megagroup;
    let channel = call.world.create_channel(call.user, &asked.title, &asked.about, broadcast)?;
    let _order = call.world.in_order(channel.id);
    let reading = call.world.reading()?;
    let mut changes = vec![enums::Update::Channel(types::UpdateChannel { channel_id: channel.id })];
    if let Some(note) = call.world.message(&reading, &channel, 1)? {
        changes.push(posted(note, 2));
    }
    let (users, chats) = (call.users(), call.chats(&channel)?);
    let updates = plain::updates(changes, users, chats);
    call.push(&updates);
    Ok(updates)
}

fn own(call: &Call<'_>, input: &enums::InputChannel) -> Outcome<Channel> {
    call.world.by_input(&call.world.reading()?, call.user, input)
}

pub(super) fn edit_title(
    call: &Call<'_>,
    asked: f::channels::EditTitle,
) -> Outcome<enums::Updates> {
    let channel = own(call, &asked.channel)?;
    let title = clean_title(&asked.title)?;
    if title == channel.title {
        return refuse("CHAT_NOT_MODIFIED");
    }
    let _order = call.world.in_order(channel.id);
    let note = types::MessageActionChatEditTitle { title: title.clone() }.into();
    let (channel, notes) =
        call.world.change_channel(channel.id, Some(note), |it| it.title = title)?;
    call.announce_channel(&channel, &notes)
}

pub(super) fn edit_photo(
    call: &Call<'_>,
    asked: f::channels::EditPhoto,
) -> Outcome<enums::Updates> {
    let channel = own(call, &asked.channel)?;
    let photo = match &asked.photo {
        enums::InputChatPhoto::Empty => None,
        enums::InputChatPhoto::InputChatUploadedPhoto(input) => {
            let Some(file) = &input.file else { return refuse("PHOTO_FILE_MISSING") };
            Some(call.world.new_photo(&call.sender(), file, &CHAT_PHOTO_STEPS)?)
        }
        enums::InputChatPhoto::Photo(input) => {
            Some(call.world.known_photo(&call.sender(), &input.id)?)
        }
    };
    if photo.is_none() && channel.photo.is_none() {
        return refuse("CHAT_NOT_MODIFIED");
    }
    let _order = call.world.in_order(channel.id);
    let (id, note) = match photo {
        None => (None, enums::MessageAction::ChatDeletePhoto),
        Some(photo) => {
            let id = match &photo {
                enums::Photo::Photo(photo) => photo.id,
                enums::Photo::Empty(photo) => photo.id,
            };
            // The channel shows stored photos only.
            if call.world.photo_tl(id)?.is_none() {
                return refuse("PHOTO_INVALID");
            }
            (Some(id), types::MessageActionChatEditPhoto { photo }.into())
        }
    };
    let (channel, notes) = call.world.change_channel(channel.id, Some(note), |it| it.photo = id)?;
    call.announce_channel(&channel, &notes)
}

pub(super) fn delete_channel(
    call: &Call<'_>,
    asked: f::channels::DeleteChannel,
) -> Outcome<enums::Updates> {
    let channel = own(call, &asked.channel)?;
    let _order = call.world.in_order(channel.id);
    let (channel, _) = call.world.change_channel(channel.id, None, |it| it.deleted = true)?;
    call.announce_channel(&channel, &[])
}

pub(super) fn get_full_channel(
    call: &Call<'_>,
    asked: f::channels::GetFullChannel,
) -> Outcome<enums::messages::ChatFull> {
    let channel = own(call, &asked.channel)?;
    let photo = match channel.photo {
        Some(id) => call.world.photo_tl(id)?,
        None => None,
    };
    let photo = photo.unwrap_or_else(|| types::PhotoEmpty { id: 0 }.into());
    let mut full = plain::channel_full(channel.id, photo);
    full.about.clone_from(&channel.about);
    full.can_delete_channel = true;
    full.can_set_username = true;
    full.can_view_participants = true;
    full.participants_count = Some(1);
    full.admins_count = Some(1);
    full.kicked_count = Some(0);
    full.banned_count = Some(0);
    full.read_inbox_max_id = channel.last_id;
    full.read_outbox_max_id = channel.last_id;
    full.pts = channel.pts;
    Ok(types::messages::ChatFull {
        full_chat: full.into(),
        chats: call.chats(&channel)?,
        users: call.users(),
    }
    .into())
}

pub(super) fn get_channels(
    call: &Call<'_>,
    asked: f::channels::GetChannels,
) -> Outcome<enums::messages::Chats> {
    let reading = call.world.reading()?;
    let mut chats = Vec::new();
    for input in asked.id.iter().take(usize::try_from(PAGE).unwrap_or(0)) {
        let channel = call.world.by_input(&reading, call.user, input)?;
        chats.push(call.world.channel_tl(call.user, &channel)?);
    }
    Ok(types::messages::Chats { chats }.into())
}

pub(super) fn delete_messages(
    call: &Call<'_>,
    asked: f::channels::DeleteMessages,
) -> Outcome<enums::messages::AffectedMessages> {
    let channel = own(call, &asked.channel)?;
    if asked.id.is_empty() {
        return refuse("MESSAGE_IDS_EMPTY");
    }
    if asked.id.len() > usize::try_from(PAGE).unwrap_or(0) {
        return refuse("LIMIT_INVALID");
    }
    // The note of the channel's creation stays as long as the channel.
    if asked.id.contains(&1) {
        return Err(refusal(403, "MESSAGE_DELETE_FORBIDDEN"));
    }
    let _order = call.world.in_order(channel.id);
    let (ids, pts) = call.world.delete(channel.id, &asked.id)?;
    let pts_count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
    if pts_count > 0 {
        let reading = call.world.reading()?;
        let channel = reading.channel(channel.id)?.unwrap_or(channel);
        call.announce(&channel, Vec::new(), vec![deleted(channel.id, ids, pts)])?;
    }
    Ok(types::messages::AffectedMessages { pts, pts_count }.into())
}

pub(super) fn read_history(call: &Call<'_>, asked: f::channels::ReadHistory) -> Outcome<bool> {
    // One's own posts are read as they are written: there is nothing to keep.
    own(call, &asked.channel)?;
    Ok(true)
}

pub(super) fn read_message_contents(
    call: &Call<'_>,
    asked: f::channels::ReadMessageContents,
) -> Outcome<bool> {
    own(call, &asked.channel)?;
    Ok(true)
}

fn creator(call: &Call<'_>) -> enums::ChannelParticipant {
    types::ChannelParticipantCreator {
        user_id: call.user,
        admin_rights: plain::creator_rights(),
        rank: None,
    }
    .into()
}

pub(super) fn get_participants(
    call: &Call<'_>,
    asked: f::channels::GetParticipants,
) -> Outcome<enums::channels::ChannelParticipants> {
    use enums::ChannelParticipantsFilter as Filter;
    let channel = own(call, &asked.channel)?;
    let with_creator = matches!(
        &asked.filter,
        Filter::ChannelParticipantsRecent | Filter::ChannelParticipantsAdmins
    ) || matches!(&asked.filter, Filter::ChannelParticipantsSearch(it) if it.q.is_empty());
    let here = with_creator && asked.offset <= 0 && asked.limit > 0;
    Ok(types::channels::ChannelParticipants {
        count: i32::from(with_creator),
        participants: if here { vec![creator(call)] } else { Vec::new() },
        chats: call.chats(&channel)?,
        users: call.users(),
    }
    .into())
}

pub(super) fn get_participant(
    call: &Call<'_>,
    asked: f::channels::GetParticipant,
) -> Outcome<enums::channels::ChannelParticipant> {
    let channel = own(call, &asked.channel)?;
    let oneself = match &asked.participant {
        enums::InputPeer::PeerSelf => true,
        enums::InputPeer::User(it) => it.user_id == call.user,
        _ => false,
    };
    if !oneself {
        return refuse("USER_NOT_PARTICIPANT");
    }
    Ok(types::channels::ChannelParticipant {
        participant: creator(call),
        chats: call.chats(&channel)?,
        users: call.users(),
    }
    .into())
}
