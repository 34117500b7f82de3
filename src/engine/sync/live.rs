//! When to look: at the start, whenever the line is back, on hints, when asked, and once a minute
//! in case a hint was lost. A task on the network workers, as long as somebody is signed in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Reader;
use crate::engine::EngineError;
use crate::engine::event::Trouble;
use crate::model::AlbumId;
use crate::telegram::{Connection, Hint, RemoteAlbum};

/// How long nothing is asked when nothing is heard.
const SLOW: Duration = Duration::from_mins(1);

enum Done {
    Albums(Result<Vec<RemoteAlbum>, EngineError>),
    Album(AlbumId, Result<(), EngineError>),
}

struct Live {
    reader: Reader,
    tasks: JoinSet<Done>,
    /// Albums being brought in step; `true`: once more afterwards.
    albums: BTreeMap<AlbumId, bool>,
    /// Whether the list of albums is on its way; `Some(true)`: once more afterwards.
    list: Option<bool>,
    listed_once: bool,
    /// Albums whose trouble was told; not again until they are well.
    told: BTreeSet<Option<AlbumId>>,
}

/// Keeps the library in step for as long as it is polled.
pub(crate) async fn live(
    reader: Reader,
    hints: Option<mpsc::Receiver<Hint>>,
    mut asked: mpsc::Receiver<()>,
) {
    // Without a receiver of hints (taken by somebody else) the timer has to do.
    let (keep, none) = mpsc::channel(1);
    let mut hints = hints.unwrap_or(none);
    let _keep = keep;
    let mut connection = reader.core.telegram.connection();
    let mut slow = interval(SLOW);
    slow.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut live = Live {
        reader,
        tasks: JoinSet::new(),
        albums: BTreeMap::new(),
        list: None,
        listed_once: false,
        told: BTreeSet::new(),
    };
    loop {
        tokio::select! {
            // The first tick comes at once: the start.
            _ = slow.tick() => live.all(),
            Some(()) = asked.recv() => live.all(),
            hint = hints.recv() => match hint {
                Some(Hint::Album(album)) => live.album(album, None),
                Some(Hint::Everything) => live.all(),
                None => return,
            },
            changed = connection.changed() => {
                if changed.is_err() {
                    return;
                }
                if *connection.borrow_and_update() == Connection::Online {
                    live.all();
                }
            }
            Some(done) = live.tasks.join_next(), if !live.tasks.is_empty() => match done {
                Ok(done) => live.done(done),
                Err(error) => tracing::error!(%error, "reading an album stopped unexpectedly"),
            },
        }
    }
}

impl Live {
    fn all(&mut self) {
        if let Some(again) = &mut self.list {
            *again = true;
            return;
        }
        self.list = Some(false);
        let reader = self.reader.clone();
        self.tasks
            .spawn(async move { Done::Albums(reader.albums().await.map(|(albums, _)| albums)) });
    }

    fn album(&mut self, id: AlbumId, pts: Option<i32>) {
        if let Some(again) = self.albums.get_mut(&id) {
            *again |= pts.is_none_or(|pts| {
                self.reader.core.cursors.get(id).is_none_or(|cursor| cursor.pts != pts)
            });
            return;
        }
        let Some(album) = self.reader.core.mirror.album(id) else {
            // An album that we do not know: the list will tell.
            if pts.is_none() {
                self.all();
            }
            return;
        };
        self.albums.insert(id, false);
        let reader = self.reader.clone();
        self.tasks
            .spawn(async move { Done::Album(id, reader.album(&album, pts).await.map(|_| ())) });
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Albums(result) => {
                let again = self.list.take() == Some(true);
                match result {
                    Ok(albums) => {
                        self.listed_once = true;
                        self.told.remove(&None);
                        for remote in albums {
                            self.album(remote.album.id, Some(remote.pts));
                        }
                    }
                    Err(error) => {
                        self.trouble(None, &error, "The list of albums could not be fetched");
                    }
                }
                if again {
                    self.all();
                }
            }
            Done::Album(id, result) => {
                let again = self.albums.remove(&id) == Some(true);
                match result {
                    Ok(()) => drop(self.told.remove(&Some(id))),
                    Err(error) => {
                        // An album that was deleted meanwhile is no trouble.
                        if let Some(album) = self.reader.core.mirror.album(id) {
                            let sentence = format!("“{}” could not be read", album.title);
                            self.trouble(Some(id), &error, &sentence);
                        }
                    }
                }
                if again {
                    self.album(id, None);
                }
            }
        }
        if self.tasks.is_empty() && self.listed_once {
            self.reader.in_step();
        }
    }

    /// Tells once; being offline or signed out is told elsewhere.
    fn trouble(&mut self, about: Option<AlbumId>, error: &EngineError, sentence: &str) {
        tracing::warn!(%error, "{sentence}");
        let elsewhere =
            error.is_offline() || matches!(error, EngineError::NotSignedIn | EngineError::Stopping);
        if !elsewhere && self.told.insert(about) {
            self.reader.core.bus.trouble(Trouble::from(error).while_doing(sentence));
        }
    }
}
