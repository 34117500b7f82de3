//! When to look: at the start, whenever the line is back, on hints, when asked, and once a minute
//! in case a hint was lost. A task on the network workers, as long as somebody is signed in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{Id, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::Reader;
use crate::engine::EngineError;
use crate::engine::event::Trouble;
use crate::model::AlbumId;
use crate::telegram::{Connection, Hint, RemoteAlbum};

/// How long nothing is asked when nothing is heard.
const SLOW: Duration = Duration::from_mins(1);
/// How long a reading that crashed rests; twice as long each time, up to [`REST_MOST`].
const REST: Duration = Duration::from_secs(5);
const REST_MOST: Duration = Duration::from_mins(10);

/// What is read: an album, or (`None`) the list of albums.
type About = Option<AlbumId>;

enum Done {
    Albums(Result<Vec<RemoteAlbum>, EngineError>),
    Album(AlbumId, Result<(), EngineError>),
}

struct Live {
    reader: Reader,
    tasks: JoinSet<Done>,
    /// The ends of rests.
    rests: JoinSet<About>,
    under_way: UnderWay,
    listed_once: bool,
    /// Albums whose trouble was told; not again until they are well.
    told: BTreeSet<About>,
}

/// What is being read, so that nothing is read twice at once.
#[derive(Default)]
struct UnderWay {
    /// `true`: once more afterwards.
    again: BTreeMap<About, bool>,
    tasks: HashMap<Id, About>,
    /// How often each has crashed since it was last read.
    crashes: BTreeMap<About, u32>,
}

impl UnderWay {
    fn begun(&mut self, about: About, task: Id) {
        self.again.insert(about, false);
        self.tasks.insert(task, about);
    }

    /// Read; whether to do so once more.
    fn done(&mut self, about: About, task: Id) -> bool {
        self.tasks.remove(&task);
        self.crashes.remove(&about);
        self.again.remove(&about) == Some(true)
    }

    /// The task crashed. Until the rest is over, nothing is begun for it.
    fn crashed(&mut self, task: Id) -> Option<(About, Duration)> {
        let about = self.tasks.remove(&task)?;
        let before = self.crashes.entry(about).or_default();
        let rest = REST.saturating_mul(1 << (*before).min(16)).min(REST_MOST);
        *before += 1;
        Some((about, rest))
    }

    fn rested(&mut self, about: About) {
        self.again.remove(&about);
    }
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
        rests: JoinSet::new(),
        under_way: UnderWay::default(),
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
            Some(ended) = live.tasks.join_next_with_id(), if !live.tasks.is_empty() => {
                match ended {
                    Ok((task, done)) => live.done(task, done),
                    Err(error) => {
                        tracing::error!(%error, "reading an album stopped unexpectedly");
                        live.crashed(error.id());
                    }
                }
            }
            Some(rested) = live.rests.join_next(), if !live.rests.is_empty() => {
                if let Ok(about) = rested {
                    live.rested(about);
                }
            }
        }
    }
}

impl Live {
    fn all(&mut self) {
        if let Some(again) = self.under_way.again.get_mut(&None) {
            *again = true;
            return;
        }
        let reader = self.reader.clone();
        let reading = async move { Done::Albums(reader.albums().await.map(|(albums, _)| albums)) };
        let task = self.tasks.spawn(reading).id();
        self.under_way.begun(None, task);
    }

    fn album(&mut self, id: AlbumId, pts: Option<i32>) {
        if let Some(again) = self.under_way.again.get_mut(&Some(id)) {
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
        let reader = self.reader.clone();
        let reading = async move { Done::Album(id, reader.album(&album, pts).await.map(|_| ())) };
        let task = self.tasks.spawn(reading).id();
        self.under_way.begun(Some(id), task);
    }

    fn crashed(&mut self, task: Id) {
        if let Some((about, rest)) = self.under_way.crashed(task) {
            self.rests.spawn(async move {
                sleep(rest).await;
                about
            });
        }
        self.settled();
    }

    fn rested(&mut self, about: About) {
        self.under_way.rested(about);
        match about {
            None => self.all(),
            Some(album) => self.album(album, None),
        }
    }

    fn done(&mut self, task: Id, done: Done) {
        match done {
            Done::Albums(result) => {
                let again = self.under_way.done(None, task);
                match result {
                    Ok(albums) => {
                        self.listed_once = true;
                        self.told.remove(&None);
                        self.reader.look_at(&albums);
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
                let again = self.under_way.done(Some(id), task);
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
        self.settled();
    }

    fn settled(&self) {
        if self.tasks.is_empty() && self.listed_once {
            self.reader.in_step();
        }
    }

    /// Tells once; being offline or signed out is told elsewhere.
    fn trouble(&mut self, about: About, error: &EngineError, sentence: &str) {
        tracing::warn!(%error, "{sentence}");
        let elsewhere =
            error.is_offline() || matches!(error, EngineError::NotSignedIn | EngineError::Stopping);
        if !elsewhere && self.told.insert(about) {
            self.reader.core.bus.trouble(Trouble::from(error).while_doing(sentence));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_crashed_is_read_again_after_a_rest_that_grows() {
        let (about, mut tasks, mut under_way) =
            (Some(AlbumId(1)), JoinSet::new(), UnderWay::default());
        for rest in [REST, REST * 2] {
            under_way.begun(about, tasks.spawn(async { panic!("a crash that is meant") }).id());
            let error = tasks.join_next().await.unwrap().unwrap_err();
            assert_eq!(under_way.crashed(error.id()), Some((about, rest)));
            assert!(under_way.again.contains_key(&about), "it rests");
            under_way.rested(about);
            assert!(!under_way.again.contains_key(&about));
        }
        let task = tasks.spawn(async {}).id();
        under_way.begun(about, task);
        assert!(!under_way.done(about, task));
        assert!(under_way.crashes.is_empty());
    }
}
