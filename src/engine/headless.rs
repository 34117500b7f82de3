//! The engine without a window: blocking calls for the command line, over the same core. Call
//! from a plain thread; the work runs on the engine's own threads.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt, iter};
use tokio::time::{interval, timeout};
use zeroize::Zeroizing;

use super::account::Account;
use super::bus::Bus;
use super::core::{Core, Ground};
use super::download::Download;
use super::event::Trouble;
use super::fetch::FetchError;
use super::library::Tally;
use super::pictures::{Lane, Outcome, load};
use super::report::{
    AlbumRow, DownloadReport, FileEvent, Stop, SyncReport, UploadOptions, UploadReport,
    UploadSummary, VerifyReport, VerifySummary,
};
use super::runtime::{Workers, lock, now};
use super::sync::Reader;
use super::uploads::{Desk, News, goes_as_photo};
use super::verify::verify;
use super::walk::{absolute, walk};
use super::{EngineError, Want, albums};
use crate::config::Config;
use crate::model::{Album, AlbumId, MessageId, Photo, PhotoId, PixelSize, Rendition, UploadState};
use crate::telegram::{CodeSent, Connection, Me, SignIn};

/// How long the first connection may take.
const FIRST_CONNECTION: Duration = Duration::from_secs(12);
/// How long a line that broke may stay away.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a request to stop is looked for.
const BEAT: Duration = Duration::from_millis(100);

/// The same engine without a window.
pub struct Headless {
    ground: Ground,
    core: Mutex<Option<Core>>,
    // Last: what stands above is dropped while the threads still run.
    workers: Workers,
}

impl Headless {
    /// Opens the store and reads the library.
    pub fn open(config: Arc<Config>) -> Result<Self, EngineError> {
        let workers = Workers::start()?;
        let runtime = workers.handle()?;
        let _inside = runtime.enter();
        let ground = Ground::open(config, workers.pool(), Bus::silent())?;
        ground.load()?;
        Ok(Self { ground, core: Mutex::new(None), workers })
    }

    fn block<T>(&self, future: impl Future<Output = T>) -> Result<T, EngineError> {
        Ok(self.workers.handle()?.block_on(future))
    }

    /// The line, made at the first use.
    fn core(&self) -> Result<Core, EngineError> {
        let mut core = lock(&self.core);
        if let Some(core) = &*core {
            return Ok(core.clone());
        }
        let runtime = self.workers.handle()?;
        let _inside = runtime.enter();
        Ok(core.insert(self.ground.connect(Some(PATIENCE))?).clone())
    }

    /// The line with somebody signed in, or why not.
    fn signed_in(&self) -> Result<(Core, Me), EngineError> {
        if self.ground.store.session()?.is_none() {
            return Err(EngineError::NotSignedIn);
        }
        let core = self.core()?;
        let me = match self.block(first(&core, core.telegram.me()))? {
            // A session stays behind when one signs out; who was in it does not.
            Err(EngineError::NoConnection(_)) if !self.is_signed_in() => None,
            answer => answer?,
        };
        let me = me.ok_or(EngineError::NotSignedIn)?;
        self.block(self.ground.belong_to(&me))??;
        Ok((core, me))
    }

    /// Whether somebody has signed in here and not out again, as far as is known without a line.
    pub fn is_signed_in(&self) -> bool {
        Account::remembered(&self.ground.config.places.data).is_some()
    }

    /// Asks Telegram for a login code.
    pub fn send_code(&self, phone: &str) -> Result<CodeSent, EngineError> {
        let core = self.core()?;
        self.block(first(&core, core.telegram.send_code(phone)))?.map_err(signing_in)
    }

    /// Signs in with the code. `None`: a password is needed.
    #[expect(clippy::needless_pass_by_value, reason = "a secret leaves with whoever had it")]
    pub fn sign_in(&self, code: Zeroizing<String>) -> Result<Option<Me>, EngineError> {
        let core = self.core()?;
        let answer = self.block(first(&core, core.telegram.sign_in(&code)))?.map_err(signing_in)?;
        Ok(match answer {
            SignIn::Done(me) => Some(self.welcome(me)?),
            SignIn::PasswordNeeded { .. } => None,
        })
    }

    /// The password of two-step verification.
    pub fn check_password(&self, password: Zeroizing<String>) -> Result<Me, EngineError> {
        let core = self.core()?;
        let me = self
            .block(first(&core, core.telegram.check_password(password)))?
            .map_err(signing_in)?;
        self.welcome(me)
    }

    fn welcome(&self, me: Me) -> Result<Me, EngineError> {
        // The program may end right after this.
        self.ground.vault.flush();
        self.block(self.ground.belong_to(&me))??;
        Ok(me)
    }

    /// Who is signed in.
    pub fn whoami(&self) -> Result<Me, EngineError> {
        Ok(self.signed_in()?.1)
    }

    /// Signs out and forgets everything about the account on this machine, but for uploads that
    /// are not finished: they go on when it signs in again.
    pub fn log_out(&self) -> Result<(), EngineError> {
        let (core, _) = self.signed_in()?;
        self.block(core.telegram.log_out())??;
        self.ground.vault.flush();
        self.ground.forget_account()?;
        Ok(())
    }

    /// Brings the local library up to date.
    pub fn sync(&self) -> Result<SyncReport, EngineError> {
        let begun = Instant::now();
        let (core, _) = self.signed_in()?;
        let (albums, tally) = self.block(sync_all(&Reader::new(core)))??;
        Ok(SyncReport {
            albums,
            added: tally.added,
            changed: tally.changed,
            removed: tally.removed,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    /// The albums, from the local library; no network.
    pub fn albums(&self) -> Result<Vec<AlbumRow>, EngineError> {
        let library = self.ground.mirror.snapshot();
        let row = |shelf: &crate::model::AlbumShelf| AlbumRow {
            album: shelf.album.clone(),
            photos: shelf.len(),
        };
        Ok(library.albums().map(row).collect())
    }

    /// The photos of an album, newest first, from the local library; no network.
    pub fn list(&self, album: AlbumId) -> Result<Vec<Photo>, EngineError> {
        self.ground.album(album)?;
        Ok(self.ground.store.photos_of(album)?)
    }

    /// Makes an album.
    pub fn create_album(&self, title: &str) -> Result<Album, EngineError> {
        let (core, _) = self.signed_in()?;
        self.block(albums::create(&core, title))?
    }

    /// Gives an album another title.
    pub fn rename_album(&self, album: AlbumId, title: &str) -> Result<Album, EngineError> {
        let (core, _) = self.signed_in()?;
        self.block(albums::rename(&core, album, title))?
    }

    /// Deletes an album with all that is in it.
    pub fn delete_album(&self, album: AlbumId) -> Result<(), EngineError> {
        let (core, _) = self.signed_in()?;
        self.block(albums::delete(&core, album))?
    }

    /// Walks folders (hidden ones too, links not followed), continues what the journal holds for
    /// these files, skips what the album already holds, sends, verifies. Returns when all are over
    /// or `stop` says so; what is left then goes on when the same is asked again.
    pub fn upload(
        &self,
        album: AlbumId,
        paths: &[PathBuf],
        options: &UploadOptions,
        stop: &Stop,
        each: &mut dyn FnMut(UploadReport),
    ) -> Result<UploadSummary, EngineError> {
        let (core, _) = self.signed_in()?;
        self.block(upload(&core, album, paths, options, stop, each))?
    }

    /// Saves originals into `to`, byte for byte. Empty `photos`: all of the album.
    pub fn download(
        &self,
        album: AlbumId,
        photos: &[MessageId],
        to: &Path,
        stop: &Stop,
        each: &mut dyn FnMut(DownloadReport),
    ) -> Result<(), EngineError> {
        let (core, _) = self.signed_in()?;
        core.album(album)?;
        self.block(download(&core, album, photos, to, stop, each))?
    }

    /// Proves that what Telegram holds of an album is whole, and which of the files under `paths`
    /// it holds equal to the byte. Returns when all were looked at or `stop` says so.
    pub fn verify(
        &self,
        album: AlbumId,
        paths: &[PathBuf],
        stop: &Stop,
        each: &mut dyn FnMut(VerifyReport),
    ) -> Result<VerifySummary, EngineError> {
        let (core, _) = self.signed_in()?;
        self.block(verify(&core, album, paths.to_vec(), stop, each))?
    }

    /// Thumbnails of an album through the same cache and decoder as the window's: each photo with
    /// its size in pixels, or the reason why there is none.
    pub fn thumbnails(
        &self,
        album: AlbumId,
        each: &mut dyn FnMut(PhotoId, Result<PixelSize, String>),
    ) -> Result<(), EngineError> {
        let (core, _) = self.signed_in()?;
        core.album(album)?;
        self.block(async {
            let photos = core.mirror.newest_first(album);
            let core = &core;
            let mut loading = iter(photos)
                .map(|photo| async move { (photo, thumbnail(core, photo).await) })
                .buffer_unordered(8);
            while let Some((photo, result)) = loading.next().await {
                each(photo, result);
            }
        })
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        self.ground.vault.flush();
    }
}

/// A call that needs a line: gives up when none can be made. A line that breaks later is waited
/// for longer.
async fn first<T>(
    core: &Core,
    call: impl Future<Output = Result<T, crate::telegram::TelegramError>>,
) -> Result<T, EngineError> {
    let mut connection = core.telegram.connection();
    let is_there = |c: &Connection| matches!(c, Connection::Online | Connection::SignedOut);
    if timeout(FIRST_CONNECTION, connection.wait_for(is_there)).await.is_ok() {
        return Ok(call.await?);
    }
    let why = match &*connection.borrow_and_update() {
        Connection::Offline { why } => why.clone(),
        _ => "the server does not answer".into(),
    };
    Err(EngineError::NoConnection(why))
}

fn signing_in(error: EngineError) -> EngineError {
    match error {
        EngineError::Telegram(error) if error.wait().is_none() => EngineError::SignIn(error),
        error => error,
    }
}

async fn sync_all(reader: &Reader) -> Result<(usize, Tally), EngineError> {
    let (remote, mut tally) = reader.albums().await?;
    let mut reading: FuturesUnordered<_> =
        remote.iter().map(|remote| reader.album(&remote.album, Some(remote.pts))).collect();
    while let Some(read) = reading.next().await {
        tally += read?;
    }
    Ok((remote.len(), tally))
}

async fn upload(
    core: &Core,
    album: AlbumId,
    paths: &[PathBuf],
    options: &UploadOptions,
    stop: &Stop,
    each: &mut dyn FnMut(UploadReport),
) -> Result<UploadSummary, EngineError> {
    let begun = Instant::now();
    let mut told = Told { each, summary: UploadSummary::default(), last: HashMap::new() };
    // What the album holds has to be known to tell what is missing there.
    let reader = Reader::new(core.clone());
    let known = if let Some(known) = core.mirror.album(album) {
        known
    } else {
        reader.albums().await?;
        core.album(album)?
    };
    reader.album(&known, None).await?;
    let roots = paths.to_vec();
    let found = core.pool.run(move || walk(&roots)).await.map_err(|_| EngineError::Stopping)?;
    for (path, reason) in found.unreadable {
        told.report(path, FileEvent::Failed { reason }, None, None, None);
    }
    for (path, reason) in found.left_out {
        told.report(path, FileEvent::Skipped { reason }, None, None, None);
    }
    let given: HashMap<PathBuf, PathBuf> =
        found.files.iter().map(|path| (absolute(path), path.clone())).collect();
    let mine: HashSet<PathBuf> = given.keys().cloned().collect();
    let as_photo = options.as_photo;
    let desk = Desk::open(core.clone(), true, move |entry| {
        entry.album == album
            && mine.contains(&entry.path)
            && entry.as_photo == (as_photo && goes_as_photo(&entry.path))
    })
    .await?;
    // What those entries were before is no news: of them, only what comes later is told.
    for news in desk.take_news() {
        if news.upload.state == UploadState::Sent {
            let path = given.get(&news.upload.path).unwrap_or(&news.upload.path);
            told.last.insert(path.clone(), (SENT, 0));
        }
    }
    desk.add(album, found.files, options).await?;
    let mut left: HashSet<PathBuf> = given.keys().cloned().collect();
    let mut beat = interval(BEAT);
    let work = desk.clone().work();
    tokio::pin!(work);
    let mut connection = core.telegram.connection();
    while !left.is_empty() && !stop.is_stopped() {
        if *connection.borrow_and_update() == Connection::SignedOut {
            // Not a fault of the files: the journal keeps them, and so does Telegram what it has.
            return Err(EngineError::NotSignedIn);
        }
        for news in desk.take_news() {
            let path = news.upload.path.clone();
            if news.upload.state.is_final() {
                left.remove(&path);
            }
            told.news(given.get(&path).unwrap_or(&path), &news);
        }
        tokio::select! {
            () = &mut work => break,
            () = desk.told.notified() => {}
            // Ends nothing by itself: the next round looks.
            _ = connection.changed() => {}
            _ = beat.tick() => {}
        }
    }
    told.summary.seconds = begun.elapsed().as_secs_f64();
    Ok(told.summary)
}

/// The kind of the report that a message stands.
const SENT: u8 = 3;

/// What the caller was told of each file.
struct Told<'a> {
    each: &'a mut dyn FnMut(UploadReport),
    summary: UploadSummary,
    /// The kind of the last report, to report each only once.
    last: HashMap<PathBuf, (u8, i64)>,
}

impl Told<'_> {
    fn news(&mut self, path: &Path, news: &News) {
        let upload = &news.upload;
        if let Some(delay) = news.delay {
            let (seconds, reason) = (delay.seconds, delay.reason.to_owned());
            let event = FileEvent::Waiting { seconds, reason };
            return self.report(path.to_owned(), event, None, None, None);
        }
        let (kind, event) = match &upload.state {
            UploadState::Queued => (0, FileEvent::Queued),
            UploadState::Sending { .. } => (1, FileEvent::Sending),
            UploadState::Waiting { until, .. } => {
                let seconds = f64::from(i32::try_from(until - now()).unwrap_or(0).max(0));
                let reason = "Telegram asks to wait".into();
                (2, FileEvent::Waiting { seconds, reason })
            }
            UploadState::Sent => (SENT, FileEvent::Sent),
            UploadState::Verified => (4, FileEvent::Verified),
            UploadState::Skipped { reason } => (5, FileEvent::Skipped { reason: reason.clone() }),
            UploadState::Failed { reason } => (6, FileEvent::Failed { reason: reason.clone() }),
            UploadState::Preparing | UploadState::Paused { .. } => return,
        };
        let until = if let UploadState::Waiting { until, .. } = upload.state { until } else { 0 };
        let last = self.last.get(path).copied();
        // Each kind once and never back; but every wait.
        let is_new = last.is_none_or(|(before, waited)| {
            kind > before || (kind == 2 && before == 2 && until > waited)
        });
        if !is_new {
            return;
        }
        self.last.insert(path.to_owned(), (kind, until));
        let photo = upload.photo.map(|photo| photo.message);
        let bytes = (upload.bytes > 0).then_some(upload.bytes);
        self.report(path.to_owned(), event, photo, bytes, news.seconds);
    }

    fn report(
        &mut self,
        path: PathBuf,
        event: FileEvent,
        photo: Option<MessageId>,
        bytes: Option<u64>,
        seconds: Option<f64>,
    ) {
        let summary = &mut self.summary;
        match &event {
            FileEvent::Sent => {
                summary.sent += 1;
                summary.bytes += bytes.unwrap_or(0);
            }
            FileEvent::Verified => summary.verified += 1,
            FileEvent::Skipped { .. } => summary.skipped += 1,
            FileEvent::Failed { .. } => summary.failed += 1,
            FileEvent::Queued | FileEvent::Sending | FileEvent::Waiting { .. } => {}
        }
        (self.each)(UploadReport { path, event, photo, bytes, seconds });
    }
}

async fn download(
    core: &Core,
    album: AlbumId,
    photos: &[MessageId],
    to: &Path,
    stop: &Stop,
    each: &mut dyn FnMut(DownloadReport),
) -> Result<(), EngineError> {
    let ids: Vec<PhotoId> = if photos.is_empty() {
        core.mirror.messages(album).into_iter().map(|message| PhotoId { album, message }).collect()
    } else {
        photos.iter().map(|message| PhotoId { album, message: *message }).collect()
    };
    let (chosen, missing) = core.photos(ids).await.map_err(fetch_failed)?;
    for id in missing {
        let reason = "There is no such photo in the album".to_owned();
        each(DownloadReport { photo: id.message, name: String::new(), result: Err(reason) });
    }
    let target = Download::into(core.clone(), to).await.map_err(fetch_failed)?;
    let mut coming = Box::pin(target.all(&chosen));
    let (mut beat, mut all_well) = (interval(BEAT), true);
    while !stop.is_stopped() {
        tokio::select! {
            done = coming.next() => {
                let Some((photo, result)) = done else {
                    if all_well {
                        target.tidy().await;
                    }
                    return Ok(());
                };
                all_well &= result.is_ok();
                let result = result.map_err(|error| {
                    let trouble = Trouble::from(&error);
                    trouble.cause.map_or(trouble.sentence.clone(), |cause| {
                        format!("{}: {cause}", trouble.sentence)
                    })
                });
                let name = photo.name.clone();
                each(DownloadReport { photo: photo.id.message, name, result });
            }
            _ = beat.tick() => {}
        }
    }
    Ok(())
}

fn fetch_failed(error: FetchError) -> EngineError {
    match error {
        FetchError::Telegram(error) => error.into(),
        FetchError::Store(error) => EngineError::Store(error),
        other => EngineError::Io {
            doing: "The download could not begin".into(),
            source: std::io::Error::other(other),
        },
    }
}

/// A thumbnail by way of every lane that it needs.
async fn thumbnail(core: &Core, photo: PhotoId) -> Result<PixelSize, String> {
    let want = Want { photo, rendition: Rendition::Thumbnail, fit: PixelSize::new(320, 320) };
    let mut lane = Lane::Local;
    for _ in 0..3 {
        match load(core, want, lane).await {
            Outcome::Ready(shown) => return Ok(shown.bitmap.size()),
            Outcome::Missed(next) => lane = next,
            Outcome::Nothing => break,
            Outcome::Failed { trouble, .. } => {
                return Err(trouble.cause.unwrap_or(trouble.sentence));
            }
        }
    }
    Err("no way led to a thumbnail".into())
}
