//! Albums: one's own private channels. Listing, making, renaming, deleting. On tokio's workers.

use std::collections::HashMap;

use grammers_tl_types::enums::messages::Dialogs;
use grammers_tl_types::{enums, functions, types};
use tokio::time::Instant;

use super::core::Core;
use super::error::{Result, TelegramError};
use super::map;
use super::retry::Care;
use super::words::RemoteAlbum;
use crate::model::{Album, AlbumId, MessageId};

/// Most chats a page.
const PAGE: i32 = 100;
/// The chats and the archived chats.
const FOLDERS: [i32; 2] = [0, 1];
/// How often an album is made anew after lost answers.
const TRIES: usize = 3;
/// The server's clock tells whole seconds, and is asked over a line that takes some time.
const CLOCK_SLACK_SECONDS: i64 = 2;

/// The album in a call about it.
pub(super) fn input_channel(album: &Album) -> enums::InputChannel {
    types::InputChannel { channel_id: album.id.0, access_hash: album.access_hash }.into()
}

/// The album as the receiver of messages.
pub(super) fn input_peer(album: &Album) -> enums::InputPeer {
    types::InputPeerChannel { channel_id: album.id.0, access_hash: album.access_hash }.into()
}

/// All of them. <https://core.telegram.org/method/messages.getDialogs>
pub(super) async fn list(core: &Core) -> Result<Vec<RemoteAlbum>> {
    // Both at once: whoever starts waits for this.
    let (chats, archived) = tokio::try_join!(folder(core, FOLDERS[0]), folder(core, FOLDERS[1]))?;
    let all = chats.into_iter().chain(archived).map(|album| (album.album.id, album));
    let albums: HashMap<AlbumId, RemoteAlbum> = all.collect();
    let mut albums: Vec<RemoteAlbum> = albums.into_values().collect();
    albums.sort_by_key(|album| (album.album.created, album.album.id));
    Ok(albums)
}

/// The albums of one folder, page by page.
async fn folder(core: &Core, folder: i32) -> Result<Vec<RemoteAlbum>> {
    let (mut albums, mut after, mut seen) = (Vec::new(), Offset::default(), 0);
    loop {
        let page = page(core, folder, after.clone()).await?;
        seen += page.dialogs.len();
        albums.extend(page.albums());
        let Some(next) = page.next().filter(|next| *next != after) else { break };
        if page.whole || page.dialogs.is_empty() || seen >= page.count {
            break;
        }
        after = next;
    }
    Ok(albums)
}

/// Where a page begins: after this dialog. <https://core.telegram.org/api/offsets>
#[derive(Clone, PartialEq)]
struct Offset {
    date: i32,
    id: i32,
    peer: enums::InputPeer,
}

impl Default for Offset {
    fn default() -> Self {
        Self { date: 0, id: 0, peer: enums::InputPeer::Empty }
    }
}

struct DialogPage {
    dialogs: Vec<types::Dialog>,
    messages: Vec<enums::Message>,
    chats: Vec<enums::Chat>,
    users: Vec<enums::User>,
    /// All there are.
    count: usize,
    /// Nothing follows.
    whole: bool,
}

async fn page(core: &Core, folder: i32, after: Offset) -> Result<DialogPage> {
    let request = functions::messages::GetDialogs {
        exclude_pinned: false,
        folder_id: Some(folder),
        offset_date: after.date,
        offset_id: after.id,
        offset_peer: after.peer,
        limit: PAGE,
        hash: 0,
    };
    let (dialogs, messages, chats, users, count) = match core.call(&request, Care::USUAL).await? {
        Dialogs::Dialogs(d) => (d.dialogs, d.messages, d.chats, d.users, None),
        Dialogs::Slice(d) => (d.dialogs, d.messages, d.chats, d.users, Some(d.count)),
        Dialogs::NotModified(_) => {
            return Err(TelegramError::unexpected("messages.getDialogs", "\"not modified\""));
        }
    };
    let dialogs = dialogs
        .into_iter()
        .filter_map(|dialog| match dialog {
            enums::Dialog::Dialog(dialog) => Some(dialog),
            _ => None,
        })
        .collect();
    let whole = count.is_none();
    let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    Ok(DialogPage { dialogs, messages, chats, users, count, whole })
}

impl DialogPage {
    fn albums(&self) -> impl Iterator<Item = RemoteAlbum> {
        self.dialogs.iter().filter_map(|dialog| {
            let enums::Peer::Channel(peer) = &dialog.peer else { return None };
            let chat = self.chats.iter().find(|chat| chat.id() == peer.channel_id)?;
            Some(RemoteAlbum {
                album: map::album(chat)?,
                pts: dialog.pts.unwrap_or(1),
                top: MessageId(dialog.top_message),
                active: self.date_of(dialog).map_or(0, i64::from),
            })
        })
    }

    /// When a dialog's newest message was sent.
    fn date_of(&self, dialog: &types::Dialog) -> Option<i32> {
        self.messages.iter().find_map(|message| match message {
            enums::Message::Message(m)
                if m.id == dialog.top_message && m.peer_id == dialog.peer =>
            {
                Some(m.date)
            }
            enums::Message::Service(m)
                if m.id == dialog.top_message && m.peer_id == dialog.peer =>
            {
                Some(m.date)
            }
            _ => None,
        })
    }

    /// Where the next page begins.
    fn next(&self) -> Option<Offset> {
        self.dialogs.iter().rev().find_map(|dialog| {
            let top = self.date_of(dialog)?;
            Some(Offset { date: top, id: dialog.top_message, peer: self.input(&dialog.peer)? })
        })
    }

    fn input(&self, peer: &enums::Peer) -> Option<enums::InputPeer> {
        match peer {
            enums::Peer::Channel(p) => self.chats.iter().find_map(|chat| match chat {
                enums::Chat::Channel(c) if c.id == p.channel_id => Some(
                    types::InputPeerChannel { channel_id: c.id, access_hash: c.access_hash? }
                        .into(),
                ),
                enums::Chat::ChannelForbidden(c) if c.id == p.channel_id => Some(
                    types::InputPeerChannel { channel_id: c.id, access_hash: c.access_hash }.into(),
                ),
                _ => None,
            }),
            enums::Peer::Chat(p) => Some(types::InputPeerChat { chat_id: p.chat_id }.into()),
            enums::Peer::User(p) => self.users.iter().find_map(|user| match user {
                enums::User::User(u) if u.id == p.user_id => {
                    Some(types::InputPeerUser { user_id: u.id, access_hash: u.access_hash? }.into())
                }
                _ => None,
            }),
        }
    }
}

/// A title as Telegram takes it.
fn checked(title: &str) -> Result<&str> {
    let title = title.trim();
    if (1..=128).contains(&title.chars().count()) { Ok(title) } else { Err(TelegramError::Title) }
}

/// Makes an album. The call carries nothing by which the server could know a repetition, so that
/// after a lost answer it is looked for before another is made.
/// <https://core.telegram.org/method/channels.createChannel>
pub(super) async fn create(core: &Core, title: &str) -> Result<RemoteAlbum> {
    let title = checked(title)?;
    let request = functions::channels::CreateChannel {
        broadcast: true,
        megagroup: false,
        for_import: false,
        forum: false,
        title: title.to_owned(),
        about: String::new(),
        geo_point: None,
        address: None,
        ttl_period: None,
    };
    let begun = Instant::now();
    // Ours already, so that it cannot be the one whose answer was lost.
    let earlier = core.created.lock().await.clone();
    let mut lost = None;
    for _ in 0..TRIES {
        match core.call(&request, Care::ONCE).await {
            Ok(answer) => {
                let album = of_answer(answer)?;
                core.created.lock().await.insert(album.album.id);
                return Ok(album);
            }
            Err(error) if error.is_lost() => lost = Some(error),
            Err(error) => return Err(error),
        }
        let since = server_now(core).await? - seconds(begun) - CLOCK_SLACK_SECONDS;
        let made = list(core).await?.into_iter().find(|made| {
            made.album.title == title
                && made.album.created >= since
                && !earlier.contains(&made.album.id)
        });
        if let Some(album) = made {
            core.created.lock().await.insert(album.album.id);
            return Ok(album);
        }
    }
    Err(lost.unwrap_or(TelegramError::Lost { method: "channels.createChannel" }))
}

fn seconds(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_secs()).unwrap_or(i64::MAX / 2)
}

/// The server's clock; ours may be wrong.
async fn server_now(core: &Core) -> Result<i64> {
    let enums::Config::Config(config) =
        core.call(&functions::help::GetConfig {}, Care::USUAL).await?;
    Ok(i64::from(config.date))
}

fn of_answer(answer: enums::Updates) -> Result<RemoteAlbum> {
    let method = "channels.createChannel";
    let (updates, chats) =
        updates(answer).ok_or_else(|| TelegramError::unexpected(method, "no list of updates"))?;
    let album = chats
        .iter()
        .find_map(map::album)
        .ok_or_else(|| TelegramError::unexpected(method, "no channel"))?;
    // The channel's own first message. Without it: everything since the beginning.
    let (pts, top) = updates
        .iter()
        .filter_map(|update| match update {
            enums::Update::NewChannelMessage(new) => Some((new.pts, new.message.id())),
            _ => None,
        })
        .max()
        .unwrap_or((1, 0));
    let active = album.created;
    Ok(RemoteAlbum { album, pts, top: MessageId(top), active })
}

/// The updates and chats of an answer that has such lists.
pub(super) fn updates(answer: enums::Updates) -> Option<(Vec<enums::Update>, Vec<enums::Chat>)> {
    match answer {
        enums::Updates::Updates(u) => Some((u.updates, u.chats)),
        enums::Updates::Combined(u) => Some((u.updates, u.chats)),
        enums::Updates::UpdateShort(u) => Some((vec![u.update], Vec::new())),
        _ => None,
    }
}

/// <https://core.telegram.org/method/channels.editTitle>
pub(super) async fn rename(core: &Core, album: &Album, title: &str) -> Result<Album> {
    let title = checked(title)?.to_owned();
    let renamed = Album { title: title.clone(), ..album.clone() };
    let request = functions::channels::EditTitle { channel: input_channel(album), title };
    match core.call(&request, Care::USUAL).await {
        Ok(answer) => {
            let told = updates(answer).and_then(|(_, chats)| {
                chats.iter().filter_map(map::album).find(|told| told.id == album.id)
            });
            Ok(told.unwrap_or(renamed))
        }
        // It has this title already, perhaps since a try whose answer was lost.
        Err(error) if error.is("CHAT_NOT_MODIFIED") => Ok(renamed),
        Err(error) => Err(error),
    }
}

/// <https://core.telegram.org/method/channels.deleteChannel>
pub(super) async fn delete(core: &Core, album: &Album) -> Result<()> {
    let request = functions::channels::DeleteChannel { channel: input_channel(album) };
    match core.call(&request, Care::USUAL).await {
        Ok(_) => Ok(()),
        // Gone already, perhaps since a try whose answer was lost.
        Err(error) if error.is("CHANNEL_PRIVATE") => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether an album is still one. A listing alone does not tell: a chat that moves to the top while
/// the pages are read is on none of them.
/// <https://core.telegram.org/method/channels.getChannels>
pub(super) async fn exists(core: &Core, album: &Album) -> Result<bool> {
    let request = functions::channels::GetChannels { id: vec![input_channel(album)] };
    match core.call(&request, Care::USUAL).await {
        Ok(answer) => {
            let chats = match answer {
                enums::messages::Chats::Chats(found) => found.chats,
                enums::messages::Chats::Slice(found) => found.chats,
            };
            Ok(chats.iter().filter_map(map::album).any(|found| found.id == album.id))
        }
        Err(error) if error.is("CHANNEL_PRIVATE") || error.is("CHANNEL_INVALID") => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_trimmed_and_counted_in_characters() {
        assert_eq!(checked("  Meer  ").unwrap(), "Meer");
        assert!(checked(&"海".repeat(128)).is_ok());
        assert!(checked(&"a".repeat(129)).is_err());
        assert!(checked(" \n ").is_err());
    }
}
