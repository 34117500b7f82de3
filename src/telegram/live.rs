//! Raw updates become hints: that something happened, not what. Grammers' own reading of the
//! update stream loses changes; the albums' `pts` are reconciled by asking for differences, so a
//! hint may come twice or for nothing, and a lost one is made good by the next. On tokio's
//! workers; holds a lock for moments only.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use grammers_session::updates::UpdatesLike;
use grammers_tl_types::enums;
use tokio::sync::{Notify, mpsc};

use super::core::Core;
use super::words::Hint;
use crate::model::AlbumId;

/// More albums than this at once are everything.
const MOST_ALBUMS: usize = 500;

/// Hints that have not been taken yet: each album once.
#[derive(Default)]
pub(super) struct Hints {
    pending: Mutex<Pending>,
    changed: Notify,
}

#[derive(Default)]
struct Pending {
    everything: bool,
    albums: BTreeSet<AlbumId>,
}

impl Hints {
    pub(super) fn put(&self, hint: &Hint) {
        {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            match hint {
                Hint::Album(album) if !pending.everything => {
                    pending.albums.insert(*album);
                }
                Hint::Album(_) => {}
                Hint::Everything => pending.everything = true,
            }
            if pending.albums.len() > MOST_ALBUMS {
                pending.everything = true;
            }
            if pending.everything {
                pending.albums.clear();
            }
        }
        self.changed.notify_one();
    }

    fn take(&self) -> Option<Hint> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut pending.everything) {
            return Some(Hint::Everything);
        }
        pending.albums.pop_first().map(Hint::Album)
    }

    async fn next(&self) -> Hint {
        loop {
            if let Some(hint) = self.take() {
                return hint;
            }
            self.changed.notified().await;
        }
    }
}

/// Hands hints to whoever took the receiver, as fast as they are taken.
pub(super) async fn forward(core: Arc<Core>, to: mpsc::Sender<Hint>) {
    // Room first, so that what waits here is still merged with what comes.
    while let Ok(place) = to.reserve().await {
        place.send(core.hints.next().await);
    }
}

/// Listens to a pool until it ends.
pub(super) async fn listen(core: Arc<Core>, mut updates: mpsc::Receiver<UpdatesLike>) {
    while let Some(update) = updates.recv().await {
        match update {
            UpdatesLike::ConnectionClosed => core.line.interrupted(),
            other => {
                for hint in hints_of(&other) {
                    core.hints.put(&hint);
                }
            }
        }
    }
}

/// What an arrival hints at.
fn hints_of(arrival: &UpdatesLike) -> Vec<Hint> {
    use enums::Updates as U;
    let listed = |updates: &[enums::Update], chats: &[enums::Chat]| {
        updates.iter().filter_map(|update| hint_of(update, chats)).collect()
    };
    match arrival {
        UpdatesLike::Updates(U::Updates(all)) => listed(&all.updates, &all.chats),
        UpdatesLike::Updates(U::Combined(all)) => listed(&all.updates, &all.chats),
        UpdatesLike::Updates(U::UpdateShort(short)) => {
            hint_of(&short.update, &[]).into_iter().collect()
        }
        UpdatesLike::AffectedChannelMessages { channel_id, .. } => {
            vec![Hint::Album(AlbumId(*channel_id))]
        }
        UpdatesLike::Updates(U::TooLong) | UpdatesLike::MalformedUpdates => vec![Hint::Everything],
        _ => Vec::new(),
    }
}

fn hint_of(update: &enums::Update, chats: &[enums::Chat]) -> Option<Hint> {
    use enums::Update as U;
    let channel = match update {
        U::NewChannelMessage(new) => channel_of(&new.message)?,
        U::EditChannelMessage(edit) => channel_of(&edit.message)?,
        U::DeleteChannelMessages(gone) => gone.channel_id,
        U::ChannelTooLong(long) => long.channel_id,
        // Appeared, vanished, renamed, …
        U::Channel(channel) => {
            return may_be_album(channel.channel_id, chats).then_some(Hint::Everything);
        }
        _ => return None,
    };
    may_be_album(channel, chats).then_some(Hint::Album(AlbumId(channel)))
}

fn channel_of(message: &enums::Message) -> Option<i64> {
    let peer = match message {
        enums::Message::Message(message) => Some(&message.peer_id),
        enums::Message::Service(message) => Some(&message.peer_id),
        enums::Message::Empty(message) => message.peer_id.as_ref(),
    };
    match peer? {
        enums::Peer::Channel(peer) => Some(peer.channel_id),
        enums::Peer::User(_) | enums::Peer::Chat(_) => None,
    }
}

/// Not when the update says itself that the channel is somebody else's, or a group.
fn may_be_album(id: i64, chats: &[enums::Chat]) -> bool {
    chats.iter().all(|chat| match chat {
        enums::Chat::Channel(channel) if channel.id == id => channel.creator && channel.broadcast,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use grammers_tl_types::types;

    use super::*;

    #[test]
    fn hints_are_merged_and_bounded() {
        let hints = Hints::default();
        for _ in 0..3 {
            hints.put(&Hint::Album(AlbumId(7)));
        }
        assert_eq!(hints.take(), Some(Hint::Album(AlbumId(7))));
        assert_eq!(hints.take(), None);
        for id in 0..=i64::try_from(MOST_ALBUMS).unwrap() {
            hints.put(&Hint::Album(AlbumId(id)));
        }
        assert_eq!(hints.take(), Some(Hint::Everything));
        assert_eq!(hints.take(), None);
    }

    #[test]
    fn updates_of_channels_become_hints() {
        let short = |update: enums::Update| {
            let short = types::UpdateShort { update, date: 0 };
            hints_of(&UpdatesLike::Updates(enums::Updates::UpdateShort(short)))
        };
        let long = types::UpdateChannelTooLong { channel_id: 9, pts: Some(1) };
        assert_eq!(short(long.into()), [Hint::Album(AlbumId(9))]);
        assert_eq!(short(types::UpdateChannel { channel_id: 9 }.into()), [Hint::Everything]);
        let gone = types::UpdateDeleteChannelMessages {
            channel_id: 9,
            messages: vec![1],
            pts: 2,
            pts_count: 1,
        };
        assert_eq!(short(gone.into()), [Hint::Album(AlbumId(9))]);
        assert_eq!(hints_of(&UpdatesLike::Updates(enums::Updates::TooLong)), [Hint::Everything]);
        assert!(short(types::UpdateMessageId { id: 1, random_id: 1 }.into()).is_empty());
    }
}
