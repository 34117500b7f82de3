//! Calls about the world: channels, messages, files, updates. Finds the method, moves to a
//! blocking thread (every one of them touches a disk), and hands it to its namespace.
//!
//! What the world needs of the rest of the server is in [`Outside`], and no more.

use std::sync::{Arc, PoisonError};

use grammers_tl_types::{Cursor, Deserializable, Identifiable, enums, functions as f, types};

use super::{
    Answer, Caller, RpcError, channels, history, messages, photos, search, send, updates, upload,
};
use crate::sandbox::Faults;
use crate::sandbox::hub::SessionId;
use crate::sandbox::server::Server;
use crate::sandbox::world::channel::peer;
use crate::sandbox::world::difference::posted;
use crate::sandbox::world::error::{Outcome, WorldError, refusal};
use crate::sandbox::world::media::Sender;
use crate::sandbox::world::record::{Channel, Reading};
use crate::sandbox::world::sequence::{ANY, Sequence};
use crate::sandbox::world::{World, plain};

/// What a call needs that is not of the world.
pub(crate) trait Outside {
    /// How user `id` looks to `viewer`.
    fn user_tl(&self, viewer: i64, id: i64) -> enums::User;
    /// To every live session of `user`, but one.
    fn push(&self, user: i64, except: Option<SessionId>, updates: &enums::Updates);
}

impl Outside for Server {
    fn user_tl(&self, viewer: i64, id: i64) -> enums::User {
        let known = self.accounts.users.tl(viewer, id);
        known.unwrap_or_else(|| types::UserEmpty { id }.into())
    }
    fn push(&self, user: i64, except: Option<SessionId>, updates: &enums::Updates) {
        self.hub.push(user, except, updates);
    }
}

/// One call of a signed-in user.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    pub(crate) outside: &'a dyn Outside,
    pub(crate) faults: Faults,
    pub(crate) caller: Caller,
    pub(crate) user: i64,
}

impl Call<'_> {
    /// The users of an answer: there is nobody but oneself in a private channel.
    pub(crate) fn users(&self) -> Vec<enums::User> {
        vec![self.outside.user_tl(self.user, self.user)]
    }

    /// A channel as the chats of an answer.
    pub(crate) fn chats(&self, channel: &Channel) -> Outcome<Vec<enums::Chat>> {
        Ok(vec![self.world.channel_tl(self.user, channel)?])
    }

    /// Who sends a file, and where.
    pub(crate) fn sender(&self) -> Sender<'_> {
        Sender { user: self.user, dc: self.caller.dc, faults: &self.faults }
    }

    /// Pushes to the user's other sessions.
    pub(crate) fn push(&self, updates: &enums::Updates) {
        self.outside.push(self.user, Some(self.caller.session), updates);
    }

    /// Answers and pushes changes of a channel: `first` is for the caller alone.
    pub(crate) fn announce(
        &self,
        channel: &Channel,
        first: Vec<enums::Update>,
        changes: Vec<enums::Update>,
    ) -> Outcome<enums::Updates> {
        let (users, chats) = (self.users(), self.chats(channel)?);
        let mut pushed = changes.clone();
        if self.faults.too_long_pts {
            // What happened to messages is not told, only how far it went.
            pushed.retain(|change| matches!(change, enums::Update::Channel(_)));
            if pushed.len() < changes.len() {
                let pts = Some(channel.pts);
                pushed.push(types::UpdateChannelTooLong { channel_id: channel.id, pts }.into());
            }
        }
        if !pushed.is_empty() {
            self.push(&plain::updates(pushed, users.clone(), chats.clone()));
        }
        let mut own = first;
        own.extend(changes);
        Ok(plain::updates(own, users, chats))
    }

    /// Announces that a channel itself changed, with the notes that were posted about it.
    pub(crate) fn announce_channel(
        &self,
        channel: &Channel,
        notes: &[(i32, i32)],
    ) -> Outcome<enums::Updates> {
        let reading = self.world.reading()?;
        let mut changes =
            vec![enums::Update::Channel(types::UpdateChannel { channel_id: channel.id })];
        for (id, pts) in notes {
            if let Some(message) = self.world.message(&reading, channel, *id)? {
                changes.push(posted(message, *pts));
            }
        }
        self.announce(channel, Vec::new(), changes)
    }

    /// A channel's entry in the list of dialogs, and its newest message.
    pub(crate) fn dialog(
        &self,
        reading: &Reading,
        channel: &Channel,
    ) -> Outcome<(enums::Dialog, Option<enums::Message>)> {
        let all = Sequence::new(self.world, reading, channel, ANY);
        let top = all.page(i32::MAX, 0, 1)?.first().copied();
        let mut dialog = plain::dialog(peer(channel));
        dialog.top_message = top.unwrap_or(0);
        dialog.read_inbox_max_id = channel.read_max.max(dialog.top_message);
        dialog.read_outbox_max_id = dialog.top_message;
        dialog.pts = Some(channel.pts);
        let message = match top {
            Some(id) => self.world.message(reading, channel, id)?,
            None => None,
        };
        Ok((dialog.into(), message))
    }
}

type Handler = fn(&Call<'_>, &[u8]) -> Outcome<Vec<u8>>;

/// The arguments of a call, without its constructor id.
pub(super) fn read<T: Deserializable>(body: &[u8]) -> Outcome<T> {
    let arguments = body.get(4..).unwrap_or_default();
    T::deserialize(&mut Cursor::from_slice(arguments))
        .map_err(|_| refusal(400, "INPUT_FETCH_ERROR"))
}

macro_rules! handlers {
    ($id:expr; $($($path:ident)::+ => $handler:path,)*) => {
        match $id {
            $(f::$($path)::+::CONSTRUCTOR_ID => Some(
                (|call, body| {
                    let answer = $handler(call, read::<f::$($path)::+>(body)?)?;
                    Ok(grammers_tl_types::Serializable::to_bytes(&answer))
                }) as Handler,
            ),)*
            _ => None,
        }
    };
}

fn handler(id: u32) -> Option<Handler> {
    handlers! { id;
        messages::GetDialogs => messages::get_dialogs,
        messages::GetPeerDialogs => messages::get_peer_dialogs,
        messages::GetPinnedDialogs => messages::get_pinned_dialogs,
        messages::GetDialogFilters => messages::get_dialog_filters,
        messages::GetHistory => history::get_history,
        messages::GetMessages => history::get_messages,
        messages::Search => search::search,
        messages::GetSearchCounters => search::counters,
        messages::GetSearchResultsCalendar => search::calendar,
        messages::GetSearchResultsPositions => search::positions,
        messages::SendMessage => send::send_message,
        messages::SendMedia => send::send_media,
        messages::UploadMedia => send::upload_media,
        messages::SendMultiMedia => send::send_multi_media,
        messages::ForwardMessages => send::forward_messages,
        messages::EditMessage => messages::edit_message,
        messages::DeleteMessages => messages::delete_messages,
        messages::ReadHistory => messages::read_history,
        messages::ReadMessageContents => messages::read_message_contents,
        messages::GetDocumentByHash => messages::get_document_by_hash,
        messages::EditChatAbout => messages::edit_chat_about,
        messages::GetMessagesViews => messages::get_messages_views,
        channels::CreateChannel => channels::create_channel,
        channels::EditTitle => channels::edit_title,
        channels::EditPhoto => channels::edit_photo,
        channels::DeleteChannel => channels::delete_channel,
        channels::GetFullChannel => channels::get_full_channel,
        channels::GetChannels => channels::get_channels,
        channels::GetMessages => history::get_channel_messages,
        channels::DeleteMessages => channels::delete_messages,
        channels::ReadHistory => channels::read_history,
        channels::ReadMessageContents => channels::read_message_contents,
        channels::GetParticipants => channels::get_participants,
        channels::GetParticipant => channels::get_participant,
        upload::SaveFilePart => upload::save_file_part,
        upload::SaveBigFilePart => upload::save_big_file_part,
        upload::GetFile => upload::get_file,
        upload::GetFileHashes => upload::get_file_hashes,
        updates::GetState => updates::get_state,
        updates::GetDifference => updates::get_difference,
        updates::GetChannelDifference => updates::get_channel_difference,
        photos::GetUserPhotos => photos::get_user_photos,
        photos::DeletePhotos => photos::delete_photos,
    }
}

/// Carries out a call whose method is found already; blocks.
pub(crate) fn carry_out(call: &Call<'_>, id: u32, body: &[u8]) -> Option<Answer> {
    let handler = handler(id)?;
    Some(handler(call, body).map_err(WorldError::into_rpc))
}

/// Carries out a call, if its method is one of the world's. `body` begins with constructor `id`.
pub(crate) async fn call(
    server: &Arc<Server>,
    caller: &Caller,
    user: i64,
    id: u32,
    body: &[u8],
) -> Option<Answer> {
    handler(id)?;
    let (server, caller, body) = (Arc::clone(server), caller.clone(), body.to_vec());
    let work = move || {
        let faults = server.faults.read().unwrap_or_else(PoisonError::into_inner).clone();
        let call = Call { world: &server.world, outside: &*server, faults, caller, user };
        carry_out(&call, id, &body)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!("a call of the sandbox broke down: {error}");
            Some(Err(RpcError { code: 500, name: "INTERNAL_SERVER_ERROR".into() }))
        }
    }
}
