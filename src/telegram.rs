//! The wire's other end: session, sign-in, albums, history, live hints, download, upload. No TL
//! type leaves this room.
//!
//! There are two kinds of connections. The **main line** is grammers' sender pool, supervised
//! ([`line`]): every call but transfers goes over it, and updates come from it, of which only
//! hints are made ([`live`]). **Transfers** have connections of their own ([`transfer`]), as many
//! as make it faster. Both pass one flood gate ([`flood`]) and use one session ([`session`]).
//!
//! Everything here runs on the tokio workers of whoever calls [`Telegram::start`]; arithmetic
//! that takes long goes to tokio's threads for blocking work. Nothing here touches the disk: the
//! session is handed to a [`SessionVault`].

mod account;
mod albums;
mod caption;
mod chance;
mod core;
mod download;
mod endpoint;
mod error;
mod flood;
mod history;
mod key_exchange;
mod line;
mod live;
mod map;
mod readers;
mod record;
mod retry;
mod session;
mod transfer;
mod upload;
mod words;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

pub use error::{Result, TelegramError};
pub use words::{
    CodeSent, Connection, Difference, Endpoint, Hint, Me, Options, Outgoing, Page, Part, PieceHash,
    RemoteAlbum, SavedThumb, SessionVault, SignIn, UploadLimits, Wait,
};

use self::core::Core;
use crate::model::{Album, Change, MessageId, Photo, RemoteFile};
use endpoint::Place;
use session::OurSession;
use transfer::{Kind, Transfers};

/// Hints that wait to be taken; further ones are merged behind them.
const HINTS: usize = 32;

/// The text of a caption, without the marks that make it bold, a link and so on: as Telegram will
/// have it.
#[must_use]
pub fn caption_text(caption: &str) -> String {
    caption::parse(caption).0
}

/// An account at Telegram (or at a server like it). Cheap to clone; when the last clone is
/// dropped, everything stops.
#[derive(Clone)]
pub struct Telegram {
    inner: Arc<Inner>,
}

struct Inner {
    core: Arc<Core>,
    /// Before the tasks, so that it is dropped first.
    transfers: Transfers,
    hints: Mutex<Option<mpsc::Receiver<Hint>>>,
    /// Aborted when dropped.
    _tasks: JoinSet<()>,
}

impl Telegram {
    /// Starts the supervised line and returns at once; the first call waits for the connection.
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the endpoint makes no sense, or the saved session cannot be used.
    pub fn start(options: Options) -> Result<Self> {
        let place = Arc::new(Place::new(&options.endpoint)?);
        let session = Arc::new(OurSession::open(Arc::clone(&place), options.vault)?);
        let api_hash = Zeroizing::new(options.api_hash);
        let core = Arc::new(Core::new(place, session, options.api_id, api_hash));
        let (to, hints) = mpsc::channel(HINTS);
        let mut tasks = JoinSet::new();
        tasks.spawn(line::keep(Arc::clone(&core)));
        tasks.spawn(line::watch_over(Arc::clone(&core)));
        tasks.spawn(live::forward(Arc::clone(&core), to));
        let transfers = Transfers::new(Arc::clone(&core), options.max_connections);
        let hints = Mutex::new(Some(hints));
        Ok(Self { inner: Arc::new(Inner { core, transfers, hints, _tasks: tasks }) })
    }

    fn core(&self) -> &Core {
        &self.inner.core
    }

    /// How the line is.
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.core().line.state()
    }

    /// Transfer connections that are open now.
    pub fn transfer_connections(&self) -> u32 {
        self.inner.transfers.open()
    }

    /// Thumbnails will be asked for soon: makes connections for them meanwhile. Needs tokio.
    pub fn expect_thumbnails(&self) {
        if self.known().is_some() {
            self.inner.transfers.expect(Kind::Small);
        }
    }

    /// The waits that Telegram asked for and that are being waited out.
    pub fn waits(&self) -> watch::Receiver<Vec<Wait>> {
        self.core().gate.waits()
    }

    /// Goes on with waits of an earlier run ([`Wait::outlives_a_restart`]), each until a Unix
    /// second. To be called before anything is sent; inside the runtime.
    pub fn resume_waits(&self, waits: &[(String, i64)]) {
        self.core().gate.resume(waits);
    }

    /// What changed at Telegram, as hints. Can be taken once.
    pub fn hints(&self) -> Option<mpsc::Receiver<Hint>> {
        self.inner.hints.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Who was signed in when last seen. Asks nobody.
    pub fn known(&self) -> Option<Me> {
        self.core().session.me()
    }

    /// Who is signed in. Without a line: who was, when last seen.
    pub async fn me(&self) -> Result<Option<Me>> {
        account::me(self.core()).await
    }

    /// Asks Telegram to send a login code to the owner of `phone`.
    pub async fn send_code(&self, phone: &str) -> Result<CodeSent> {
        account::send_code(self.core(), phone).await
    }

    /// Asks for the code once more, in another way.
    pub async fn resend_code(&self) -> Result<CodeSent> {
        account::resend_code(self.core()).await
    }

    /// Signs in with the code.
    pub async fn sign_in(&self, code: &str) -> Result<SignIn> {
        account::sign_in(self.core(), code).await
    }

    /// Signs in with the password, after the code. A wrong one (`PASSWORD_HASH_INVALID`) may be
    /// followed by another at once.
    pub async fn check_password(&self, password: Zeroizing<String>) -> Result<Me> {
        account::check_password(self.core(), password).await
    }

    /// Signs out: tells Telegram if it can be told, and forgets the session in any case.
    pub async fn log_out(&self) -> Result<()> {
        account::log_out(self.core()).await?;
        self.inner.transfers.start_over();
        Ok(())
    }

    /// All private channels of one's own, archived ones too, oldest first.
    pub async fn albums(&self) -> Result<Vec<RemoteAlbum>> {
        albums::list(self.core()).await
    }

    /// Makes an album; never two, whatever is lost on the way.
    pub async fn create_album(&self, title: &str) -> Result<RemoteAlbum> {
        albums::create(self.core(), title).await
    }

    /// Gives an album another title.
    pub async fn rename_album(&self, album: &Album, title: &str) -> Result<Album> {
        albums::rename(self.core(), album, title).await
    }

    /// Whether an album that a listing did not show is still one of one's own private channels.
    pub async fn has_album(&self, album: &Album) -> Result<bool> {
        albums::exists(self.core(), album).await
    }

    /// Deletes an album with all that is in it.
    pub async fn delete_album(&self, album: &Album) -> Result<()> {
        albums::delete(self.core(), album).await
    }

    /// Messages with id < `before` (`None`: the newest), at most 100.
    pub async fn history(
        &self,
        album: &Album,
        before: Option<MessageId>,
        limit: u8,
    ) -> Result<Page> {
        history::history(self.core(), album, before, limit).await
    }

    /// These messages as they are now; those that are gone or carry no picture become
    /// [`Change::PhotosGone`].
    pub async fn messages(&self, album: &Album, ids: &[MessageId]) -> Result<Vec<Change>> {
        history::messages(self.core(), album, ids).await
    }

    /// What happened since `pts`. An album that is gone is an error by the name
    /// `CHANNEL_PRIVATE` or `CHANNEL_INVALID`.
    pub async fn difference(&self, album: &Album, pts: i32) -> Result<Difference> {
        history::difference(self.core(), album, pts).await
    }

    /// Deletes messages for everybody. Ids that are gone already are no error.
    pub async fn delete_messages(&self, album: &Album, ids: &[MessageId]) -> Result<()> {
        history::delete(self.core(), album, ids).await
    }

    /// `limit` bytes from `offset` of the original (`thumb` `None`) or of a thumbnail; fewer at
    /// the end. Any range will do; one within a MiB is one request. An expired permit is an error
    /// by the name `FILE_REFERENCE_EXPIRED`: take a fresh one from [`Self::messages`].
    pub async fn fetch(
        &self,
        file: &RemoteFile,
        thumb: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<u8>> {
        download::fetch(self.core(), &self.inner.transfers, file, thumb, offset, limit).await
    }

    /// As [`fetch`](Self::fetch) of an original that somebody looks at: before those that are only
    /// kept.
    pub async fn fetch_to_view(
        &self,
        file: &RemoteFile,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<u8>> {
        download::fetch_to_view(self.core(), &self.inner.transfers, file, offset, limit).await
    }

    /// Originals are about to be looked at: has connections for them, and keeps them for a while.
    pub fn expect_views(&self) {
        self.inner.transfers.expect_views();
    }

    /// The SHA-256 of each piece of what Telegram holds of a file of `bytes` bytes. `None` where
    /// the server does not answer hashes; the caller compares their sum with the file's size.
    pub async fn hashes(&self, file: &RemoteFile, bytes: u64) -> Result<Option<Vec<PieceHash>>> {
        download::hashes(self.core(), &self.inner.transfers, file, bytes).await
    }

    /// Files are about to be sent: makes connections for their parts, their messages and the look
    /// at what Telegram then holds. Needs tokio.
    pub fn expect_uploads(&self) {
        if self.known().is_some() {
            for kind in [Kind::Up, Kind::InOrder, Kind::Small] {
                self.inner.transfers.expect(kind);
            }
        }
    }

    /// How many parts should be in flight right now (grows and shrinks).
    pub fn window(&self) -> watch::Receiver<usize> {
        self.inner.transfers.window()
    }

    /// Sends a part over the least busy transfer connection and resolves when Telegram has
    /// acknowledged it. Survives cut connections; waits out floods.
    pub async fn save_part(&self, part: Part) -> Result<()> {
        upload::save_part(self.core(), &self.inner.transfers, part).await
    }

    /// Sends a thumbnail for a message to come: a JPEG of at most 320 px and 20 kB.
    pub async fn save_thumb(&self, jpeg: &[u8]) -> Result<SavedThumb> {
        upload::save_thumb(self.core(), &self.inner.transfers, jpeg).await
    }

    /// Makes a message of parts that are all there. Messages stand in the album in the order in
    /// which these futures were polled first. A
    /// `RANDOM_ID_DUPLICATE` is returned as an error by that name: it was sent, look it up.
    pub async fn send_document(&self, album: &Album, outgoing: Outgoing) -> Result<Photo> {
        // What the answer may be is large; it stays off the callers' stacks.
        Box::pin(upload::send_document(self.core(), &self.inner.transfers, album, outgoing)).await
    }

    /// Makes a message of a file that Telegram has already, in another album; the file keeps its
    /// name and all else. In order with [`Self::send_document`], and with the same errors; a
    /// permit that has expired is one by the name `FILE_REFERENCE_EXPIRED`.
    pub async fn send_copy(
        &self,
        album: &Album,
        file: &RemoteFile,
        caption: &str,
        random_id: i64,
    ) -> Result<Photo> {
        let transfers = &self.inner.transfers;
        Box::pin(upload::send_copy(self.core(), transfers, album, file, caption, random_id)).await
    }

    /// Photos newer than `after` with this name and size: what a lost answer may have left.
    pub async fn find_sent(
        &self,
        album: &Album,
        after: MessageId,
        name: &str,
        bytes: u64,
    ) -> Result<Vec<Photo>> {
        history::find_sent(self.core(), album, after, name, bytes).await
    }

    /// What this account may upload.
    pub async fn upload_limits(&self) -> Result<UploadLimits> {
        upload::limits(self.core()).await
    }
}
