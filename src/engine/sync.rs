//! Brings the library in step with Telegram: albums, then each album's history or difference.
//! Async, on the network workers; decides nothing about when (that is `live`, or the command).
//!
//! The stream of updates is only a hint. What counts is the cursor kept with each album: `pts` up
//! to which everything is recorded. Without a complete one the whole history is read, newest
//! first, and the difference since its first answer is applied on top; every step may be
//! interrupted and done again.

mod first_look;
mod ids;
mod live;
mod scan;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;

use self::first_look::FirstLook;
use self::ids::Ids;
pub(crate) use self::live::live;
use self::scan::{PAGE, Scan};
use super::EngineError;
use super::core::Core;
use super::event::{Event, SyncProgress};
use super::library::Tally;
use super::runtime::lock;
use crate::model::{Album, AlbumId, AlbumShelf, Batch, Change, Cursor, MessageId};
use crate::telegram::{Difference, Page, RemoteAlbum};

/// Pages of history in flight, over all albums; Telegram may let fewer through. The newest page
/// of every album comes before the second of any.
const PAGES: usize = 16;
/// Pages of one album that are read before the first of them is on the disk.
const AHEAD: usize = 64;
/// Differences in flight; apart from pages, so that news does not queue behind old history.
const DIFFERENCES: usize = 4;

/// Reads albums. Cheap to clone; clones share the limits.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) core: Core,
    pages: Arc<Semaphore>,
    differences: Arc<Semaphore>,
    board: Arc<Mutex<Board>>,
    first_look: Arc<FirstLook>,
}

/// Histories being read, for the progress line.
#[derive(Default)]
struct Board {
    albums: BTreeMap<AlbumId, SyncProgress>,
    told: Option<Instant>,
}

impl Reader {
    pub(crate) fn new(core: Core) -> Self {
        Self {
            core,
            pages: Arc::new(Semaphore::new(PAGES)),
            differences: Arc::new(Semaphore::new(DIFFERENCES)),
            board: Arc::default(),
            first_look: Arc::default(),
        }
    }

    /// Fetches the list of albums, those first in which something happened last, and publishes what
    /// is different.
    pub(crate) async fn albums(&self) -> Result<(Vec<RemoteAlbum>, Tally), EngineError> {
        let before = self.core.mirror.albums();
        let mut remote = self.core.patiently(|_| {}, || self.core.telegram.albums()).await?;
        // In this order they are read: what is new is looked at first.
        remote.sort_by_key(|remote| std::cmp::Reverse(remote.active));
        let mut changes = album_changes(&before, &self.core.mirror.albums(), &remote);
        for (id, album) in &before {
            let gone = Change::AlbumGone(*id);
            // Believed only when asked for by name: with an album goes all that is kept of it.
            if changes.contains(&gone)
                && self.core.patiently(|_| {}, || self.core.telegram.has_album(album)).await?
            {
                changes.retain(|change| *change != gone);
            }
        }
        let tally = if changes.is_empty() {
            Tally::default()
        } else {
            self.core.publisher.publish(changes).await?
        };
        self.core.is_listed.store(true, Ordering::Release);
        Ok((remote, tally))
    }

    /// Albums are about to be read, in this order: the first of which nothing is known yet is looked
    /// at first.
    fn look_at(&self, albums: &[RemoteAlbum]) {
        let is_new = |album: &&RemoteAlbum| self.core.cursors.get(album.album.id).is_none();
        if let Some(newest) = albums.iter().find(is_new) {
            self.first_look.begin_with(newest.album.id);
        }
    }

    /// Brings one album in step. `pts`: where Telegram says that it is, if that is known.
    pub(crate) async fn album(
        &self,
        album: &Album,
        pts: Option<i32>,
    ) -> Result<Tally, EngineError> {
        let cursor = self.core.cursors.get(album.id);
        let (mut tally, mut at) = match cursor {
            Some(cursor) if cursor.complete => {
                if pts == Some(cursor.pts) {
                    return Ok(Tally::default());
                }
                (Tally::default(), cursor.pts)
            }
            _ => self.history(album, true).await?,
        };
        let mut read_again = false;
        loop {
            match self.difference(album, at).await? {
                Step::Settled(changed) => {
                    tally += changed;
                    return Ok(tally);
                }
                Step::More(changed, pts) if pts > at => {
                    tally += changed;
                    at = pts;
                }
                // A server that cannot tell the difference, twice: what is left comes next time.
                Step::More(..) | Step::ReadAgain if read_again => return Ok(tally),
                Step::More(..) | Step::ReadAgain => {
                    read_again = true;
                    let (changed, pts) = self.history(album, false).await?;
                    tally += changed;
                    at = pts;
                }
            }
        }
    }

    async fn difference(&self, album: &Album, at: i32) -> Result<Step, EngineError> {
        let difference = {
            let _permit = self.differences.acquire().await;
            self.core.patiently(|_| {}, || self.core.telegram.difference(album, at)).await?
        };
        let (changes, pts, is_final) = match difference {
            Difference::Empty { pts } => (Vec::new(), pts, true),
            Difference::Changes { changes, pts, is_final } => (changes, pts, is_final),
            Difference::TooLong { .. } => return Ok(Step::ReadAgain),
        };
        // What the first answer of a history said must never be lowered by a late answer.
        let pts = pts.max(at);
        let batch = Batch { changes, cursors: vec![(album.id, Cursor { pts, complete: true })] };
        let unchanged =
            batch.changes.is_empty() && self.core.cursors.get(album.id) == Some(batch.cursors[0].1);
        let tally =
            if unchanged { Tally::default() } else { self.core.publisher.publish(batch).await? };
        Ok(if is_final { Step::Settled(tally) } else { Step::More(tally, pts) })
    }

    /// Reads the whole history and removes what it no longer shows. Returns the `pts` from which
    /// the difference goes on. `first`: nothing is recorded yet.
    async fn history(&self, album: &Album, first: bool) -> Result<(Tally, i32), EngineError> {
        let _work = self.core.busy.begin();
        let library = self.core.mirror.snapshot();
        let recorded = library.album(album.id).into_iter().flat_map(AlbumShelf::photos);
        let unseen: Ids = recorded.map(|photo| photo.id().message).collect();
        drop(library);
        let turn = if first && self.core.bus.has_window() {
            Some(self.first_look.turn(album.id).await)
        } else {
            None
        };
        let newest = self.page(album, None).await?;
        drop(turn);
        let pts = newest.pts;
        let mut reading = Reading::new(self, album.id, &newest, unseen);
        let begun = first.then_some((album.id, Cursor { pts, complete: false }));
        let mut scan = Scan::below(newest.messages.iter().map(|id| id.0));
        reading.record(newest, begun).await?;
        if first && self.core.bus.has_window() {
            self.first_look.over(self.core.thumbnails.watch()).await;
        }
        let mut pages = FuturesUnordered::new();
        loop {
            while pages.len() < PAGES
                && let Some(before) = scan.next()
            {
                pages
                    .push(async move { (before, self.page(album, Some(MessageId(before))).await) });
            }
            let Some((before, page)) = pages.next().await else { break };
            let page = page?;
            scan.done(before, page.messages.iter().map(|id| id.0));
            reading.record(page, None).await?;
        }
        let messages: Vec<MessageId> = reading.unseen.iter().collect();
        let changes = if messages.is_empty() {
            Vec::new()
        } else {
            vec![Change::PhotosGone { album: album.id, messages }]
        };
        let batch = Batch { changes, cursors: vec![(album.id, Cursor { pts, complete: true })] };
        let tally = reading.finish(batch).await?;
        Ok((tally, pts))
    }

    async fn page(&self, album: &Album, before: Option<MessageId>) -> Result<Page, EngineError> {
        let _permit = self.pages.acquire().await;
        let page =
            self.core.patiently(|_| {}, || self.core.telegram.history(album, before, PAGE)).await?;
        Ok(page)
    }

    /// Notes progress and tells it at most ten times a second.
    fn tell(&self, album: AlbumId, progress: Option<SyncProgress>) {
        let mut board = lock(&self.board);
        match progress {
            Some(progress) => drop(board.albums.insert(album, progress)),
            // What is finished still counts until all is.
            None => {
                if let Some(progress) = board.albums.get_mut(&album) {
                    progress.known = progress.total;
                }
            }
        }
        let due = board.told.is_none_or(|told| told.elapsed() >= Duration::from_millis(100));
        if !due {
            return;
        }
        board.told = Some(Instant::now());
        let sum = board.albums.values().fold(SyncProgress { known: 0, total: 0 }, |sum, one| {
            SyncProgress { known: sum.known + one.known, total: sum.total + one.total }
        });
        drop(board);
        self.core.bus.send(Event::Sync(Some(sum)));
    }

    /// Everything is read.
    pub(crate) fn in_step(&self) {
        lock(&self.board).albums.clear();
        self.core.bus.send(Event::Sync(None));
    }
}

enum Step {
    Settled(Tally),
    More(Tally, i32),
    ReadAgain,
}

/// One history being read.
struct Reading<'a> {
    reader: &'a Reader,
    album: AlbumId,
    /// Photos that are recorded and have not been seen yet.
    unseen: Ids,
    /// All messages seen.
    messages: Ids,
    total: usize,
    on_their_way: VecDeque<super::publish::Published>,
    tally: Tally,
}

impl<'a> Reading<'a> {
    fn new(reader: &'a Reader, album: AlbumId, newest: &Page, unseen: Ids) -> Self {
        Self {
            reader,
            album,
            unseen,
            messages: Ids::default(),
            total: usize::try_from(newest.total).unwrap_or(0),
            on_their_way: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// Hands a page over to be recorded; goes on before it is.
    async fn record(
        &mut self,
        page: Page,
        cursor: Option<(AlbumId, Cursor)>,
    ) -> Result<(), EngineError> {
        page.photos.iter().for_each(|photo| self.unseen.remove(photo.id.message));
        page.messages.into_iter().for_each(|id| self.messages.insert(id));
        let changes = page.photos.into_iter().map(|photo| Change::Photo(Box::new(photo)));
        self.hand_over(Batch { changes: changes.collect(), cursors: Vec::from_iter(cursor) })
            .await?;
        let known = self.messages.len();
        let progress = SyncProgress { known, total: self.total.max(known) };
        self.reader.tell(self.album, Some(progress));
        Ok(())
    }

    async fn hand_over(&mut self, batch: Batch) -> Result<(), EngineError> {
        self.on_their_way.push_back(self.reader.core.publisher.hand_over(batch).await?);
        while self.on_their_way.len() > AHEAD {
            self.settle_one().await?;
        }
        Ok(())
    }

    async fn settle_one(&mut self) -> Result<(), EngineError> {
        if let Some(published) = self.on_their_way.pop_front() {
            self.tally += published.done().await?;
        }
        Ok(())
    }

    async fn finish(mut self, last: Batch) -> Result<Tally, EngineError> {
        self.hand_over(last).await?;
        while !self.on_their_way.is_empty() {
            self.settle_one().await?;
        }
        self.reader.tell(self.album, None);
        Ok(self.tally)
    }
}

/// What the list of albums changes. `before` and `now` are the library before and after the list
/// was asked for: where they differ, somebody knew better meanwhile.
fn album_changes(
    before: &BTreeMap<AlbumId, Album>,
    now: &BTreeMap<AlbumId, Album>,
    remote: &[RemoteAlbum],
) -> Vec<Change> {
    let listed: BTreeSet<AlbumId> = remote.iter().map(|remote| remote.album.id).collect();
    let fresh = remote
        .iter()
        .map(|remote| &remote.album)
        .filter(|album| {
            let known = now.get(&album.id);
            before.get(&album.id) == known && known != Some(album)
        })
        .map(|album| Change::Album(album.clone()));
    let gone = before
        .keys()
        .filter(|id| !listed.contains(id) && now.contains_key(id))
        .map(|id| Change::AlbumGone(*id));
    fresh.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::library::tests::album;

    #[test]
    fn a_late_list_of_albums_does_not_undo_what_happened_meanwhile() {
        let remote = |album: Album| RemoteAlbum { album, pts: 1, top: MessageId(1), active: 0 };
        let map = |albums: Vec<Album>| -> BTreeMap<_, _> {
            albums.into_iter().map(|album| (album.id, album)).collect()
        };
        let mut renamed = album(1);
        renamed.title = "New".into();
        // 1 was renamed, 2 deleted and 3 made while the list was on its way; 4 vanished, 5 is new.
        let before = map(vec![album(1), album(2), album(4)]);
        let now = map(vec![renamed, album(3), album(4)]);
        let list = [remote(album(1)), remote(album(2)), remote(album(5))];
        assert_eq!(
            album_changes(&before, &now, &list),
            vec![Change::Album(album(5)), Change::AlbumGone(AlbumId(4))]
        );
    }
}
