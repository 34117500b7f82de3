//! Takes the window's requests: signs in and out, and while somebody is signed in, runs what
//! serves the gallery. A task on the network workers; nothing here waits for the network.

use std::sync::Arc;

use futures_util::future::Either;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::turns::Turns;
use super::{SIGN_OUT, hand_in};
use crate::config::{ApiCredentials, Settings};
use crate::engine::account::Account;
use crate::engine::core::{Core, Ground};
use crate::engine::dates;
use crate::engine::delete::delete;
use crate::engine::errands::Errands;
use crate::engine::event::{AccountState, ConnectionState, Event, Trouble, UploadsEvent};
use crate::engine::frames;
use crate::engine::pictures::{self, Key};
use crate::engine::sidecars;
use crate::engine::sync::{Reader, live};
use crate::engine::uploads::Desk;
use crate::engine::{AccountRequest, EngineError, Request, UploadsRequest, WantList, albums};
use crate::telegram::{CodeSent, Connection, Me, SignIn, TelegramError};

/// An answer of Telegram about the account.
enum Answer {
    Me(Result<Option<Me>, TelegramError>),
    Code { phone: String, sent: Result<CodeSent, TelegramError> },
    SignIn(Result<SignIn, TelegramError>),
    Password(Result<Me, TelegramError>),
}

pub(super) struct Reception {
    ground: Ground,
    wants: watch::Receiver<WantList>,
    core: Option<Core>,
    connection: Option<watch::Receiver<Connection>>,
    asking: JoinSet<Answer>,
    gallery: Option<Gallery>,
    phone: String,
    hint: Option<String>,
}

/// What runs while somebody is signed in. Dropping it stops all of it.
struct Gallery {
    tasks: JoinSet<()>,
    uploads: watch::Receiver<Option<Arc<Desk>>>,
    retries: mpsc::Sender<Key>,
    look: mpsc::Sender<()>,
    errands: Arc<Errands>,
    /// Of wishes for the queue.
    turns: Turns,
}

impl Reception {
    pub(super) fn new(ground: Ground, wants: watch::Receiver<WantList>) -> Self {
        Self {
            ground,
            wants,
            core: None,
            connection: None,
            asking: JoinSet::new(),
            gallery: None,
            phone: String::new(),
            hint: None,
        }
    }

    /// Serves until the window is gone.
    pub(super) async fn serve(mut self, mut requests: mpsc::Receiver<Request>) {
        self.connect().await;
        loop {
            tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => self.request(request).await,
                    None => return,
                },
                state = changed(&mut self.connection) => self.connection_changed(state).await,
                Some(answer) = self.asking.join_next(), if !self.asking.is_empty() => {
                    if let Ok(answer) = answer {
                        self.answer(answer).await;
                    }
                }
                Some(ended) = next_task(&mut self.gallery) => {
                    if let Err(error) = ended && error.is_panic() {
                        tracing::error!(%error, "a part of the engine stopped unexpectedly");
                        self.ground.bus.trouble(Trouble::plain(
                            "A part of Heliogram stopped unexpectedly. Start it again; nothing \
                             is lost",
                        ));
                    }
                }
            }
        }
    }

    fn tell(&self, state: AccountState) {
        self.ground.bus.send(Event::Account(state));
    }

    /// Makes a line and finds out who is signed in.
    async fn connect(&mut self) {
        self.gallery = None;
        self.asking.abort_all();
        let core = match self.ground.connect(None) {
            Ok(core) => core,
            Err(EngineError::NeedsApi) => return self.tell(AccountState::NeedsApi),
            Err(error) => {
                let trouble = Trouble::from(&error);
                self.ground.bus.trouble(trouble.while_doing("No connection can be made"));
                return self.tell(AccountState::NeedsPhone);
            }
        };
        self.connection = Some(core.telegram.connection());
        self.core = Some(core.clone());
        self.connection_told();
        let (store, data) = (self.ground.store.clone(), self.ground.config.places.data.clone());
        let remembered = self
            .ground
            .pool
            .run(move || {
                let session = store.session().ok().flatten()?;
                drop(session);
                Some(Account::remembered(&data))
            })
            .await
            .ok()
            .flatten();
        // A session of somebody else than the remembered account: first find out who it is.
        let known = core.telegram.known();
        let remembered = remembered.map(|account| {
            account.filter(|account| known.as_ref().is_none_or(|me| me.id == account.id))
        });
        match remembered {
            None => return self.tell(AccountState::NeedsPhone),
            // The gallery opens before there is a line; whether the account still stands is asked
            // meanwhile.
            Some(Some(account)) => self.open_gallery(&core, account),
            Some(None) => {}
        }
        self.asking
            .spawn(async move { Answer::Me(core.patiently(|_| {}, || core.telegram.me()).await) });
    }

    fn connection_told(&self) {
        let Some(connection) = &self.connection else { return };
        let state = match &*connection.borrow() {
            Connection::Connecting => ConnectionState::Connecting,
            Connection::Online | Connection::SignedOut => ConnectionState::Online,
            Connection::Offline { why } => ConnectionState::Offline { why: why.clone() },
        };
        self.ground.bus.send(Event::Connection(state));
    }

    async fn connection_changed(&mut self, state: Option<Connection>) {
        match state {
            None => self.connection = None,
            Some(Connection::SignedOut) if self.gallery.is_some() => self.signed_out().await,
            Some(_) => self.connection_told(),
        }
    }

    /// Telegram ended the session: from another device, most likely. The library stays.
    async fn signed_out(&mut self) {
        let trouble = Trouble::from(&EngineError::NotSignedIn);
        self.ground.bus.trouble(trouble);
        self.gallery = None;
        self.ground.vault_clear().await;
        self.connect().await;
    }

    fn open_gallery(&mut self, core: &Core, account: Account) {
        let Account { name, phone_masked, .. } = account;
        self.tell(AccountState::SignedIn { name, phone_masked });
        if self.gallery.is_none() {
            self.gallery = Some(Gallery::open(core, self.wants.clone()));
        }
    }

    async fn welcome(&mut self, me: &Me) {
        let account = match self.ground.belong_to(me).await {
            Ok(account) => account,
            Err(error) => {
                let trouble = Trouble::from(&error);
                let what = "What another account left on this computer could not be removed";
                return self.ground.bus.trouble(trouble.while_doing(what));
            }
        };
        if let Some(core) = self.core.clone() {
            self.open_gallery(&core, account);
        }
    }

    async fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Me(Ok(Some(me)))
            | Answer::Password(Ok(me))
            | Answer::SignIn(Ok(SignIn::Done(me))) => self.welcome(&me).await,
            Answer::Me(Ok(None)) if self.gallery.is_some() => self.signed_out().await,
            Answer::Me(Ok(None)) => self.tell(AccountState::NeedsPhone),
            Answer::Me(Err(error)) if error.is_signed_out() => {
                if self.gallery.is_some() {
                    self.signed_out().await;
                } else {
                    self.tell(AccountState::NeedsPhone);
                }
            }
            Answer::Me(Err(error)) => {
                self.failed("Who is signed in could not be found out", &error);
                if self.gallery.is_none() {
                    self.tell(AccountState::NeedsPhone);
                }
            }
            Answer::Code { phone, sent: Ok(sent) } => self.tell(AccountState::NeedsCode {
                phone,
                length: sent.length,
                sent_where: sent.sent_where,
                resend_after: sent.resend_after,
            }),
            Answer::Code { sent: Err(error), .. } => {
                self.failed("No code could be sent", &error);
            }
            Answer::SignIn(Ok(SignIn::PasswordNeeded { hint })) => {
                self.hint.clone_from(&hint);
                self.tell(AccountState::NeedsPassword { hint });
            }
            Answer::SignIn(Err(error)) => self.failed("The code was not accepted", &error),
            Answer::Password(Err(error)) => {
                self.failed("The password was not accepted", &error);
                self.tell(AccountState::NeedsPassword { hint: self.hint.clone() });
            }
        }
    }

    fn failed(&self, sentence: &str, error: &TelegramError) {
        tracing::warn!(%error, "{sentence}");
        let mut trouble = Trouble::from(error);
        if !error.is_offline() && error.wait().is_none() {
            sentence.clone_into(&mut trouble.sentence);
        }
        self.ground.bus.trouble(trouble);
    }

    async fn request(&mut self, request: Request) {
        match request {
            Request::Account(request) => self.account(request).await,
            Request::Settings(settings) => self.choose(*settings).await,
            Request::SyncNow => {
                if let Some(gallery) = &self.gallery {
                    // One that waits already will do.
                    let _full = gallery.look.try_send(()).is_err();
                }
            }
            Request::Retry(photo, rendition) => {
                if let Some(gallery) = &self.gallery {
                    let _closed = gallery.retries.send((photo, rendition)).await.is_err();
                }
            }
            other => self.gallery_request(other),
        }
    }

    fn gallery_request(&mut self, request: Request) {
        let (Some(core), Some(gallery)) = (self.core.clone(), &mut self.gallery) else {
            return self.ground.bus.trouble(Trouble::plain("Sign in first"));
        };
        let (uploads, look) = (gallery.uploads.clone(), gallery.look.clone());
        // Pause and resume must not overtake each other; who looks at files waits for nobody.
        let is_wish = matches!(&request, Request::Uploads(wish)
            if !matches!(wish, UploadsRequest::Show(_)));
        let turn = is_wish.then(|| gallery.turns.take());
        let handed_in = hand_in::keep(&core, &request);
        let bus = core.bus.clone();
        let work = match request {
            Request::Photo(request) => Either::Left(gallery.errands.clone().carry_out(request)),
            other => Either::Right(async move {
                match handed_in {
                    Some(kept) => hand_in::take(&core, uploads, kept).await,
                    None => carry_out(core, uploads, look, other).await,
                }
            }),
        };
        gallery.tasks.spawn(async move {
            let _turn = match turn {
                Some(turn) => Some(turn.comes().await),
                None => None,
            };
            if let Err(trouble) = work.await {
                bus.trouble(trouble);
            }
        });
    }

    async fn account(&mut self, request: AccountRequest) {
        let core = self.core.clone();
        match (request, core) {
            (AccountRequest::UseApi { id, hash }, _) => self.use_api(id, hash).await,
            (AccountRequest::StartOver, _) => {
                self.asking.abort_all();
                self.tell(AccountState::NeedsPhone);
            }
            (AccountRequest::LogOut, core) => self.log_out(core).await,
            (_, None) => self.tell(AccountState::NeedsApi),
            (AccountRequest::SendCode { phone }, Some(core)) => {
                self.phone.clone_from(&phone);
                self.asking.spawn(async move {
                    let sent = core.telegram.send_code(&phone).await;
                    Answer::Code { phone, sent }
                });
            }
            (AccountRequest::ResendCode, Some(core)) => {
                let phone = self.phone.clone();
                self.asking.spawn(async move {
                    let sent = core.telegram.resend_code().await;
                    Answer::Code { phone, sent }
                });
            }
            (AccountRequest::SignIn { code }, Some(core)) => {
                self.asking
                    .spawn(async move { Answer::SignIn(core.telegram.sign_in(&code).await) });
            }
            (AccountRequest::CheckPassword { password }, Some(core)) => {
                self.asking.spawn(async move {
                    Answer::Password(core.telegram.check_password(password).await)
                });
            }
        }
    }

    async fn use_api(&mut self, id: i32, hash: String) {
        let api = ApiCredentials { id, hash };
        let config = self.ground.config.clone();
        let mut changed = (*config).clone();
        changed.api = Some(api.clone());
        let written = tokio::task::spawn_blocking(move || config.remember_api(api)).await;
        if let Ok(Err(error)) = written {
            let trouble = Trouble::from(&EngineError::from(error));
            self.ground.bus.trouble(trouble.while_doing("api_id and api_hash are not remembered"));
        }
        self.ground.config = Arc::new(changed);
        self.connect().await;
        self.asking_is_idle();
    }

    /// What counts from now on counts at once; the file follows.
    async fn choose(&self, settings: Settings) {
        self.ground.chosen.send_replace(settings.clone());
        let config = self.ground.config.clone();
        let write = move || config.remember_settings(&settings);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(write).await {
            let trouble = Trouble::from(&EngineError::from(error));
            self.ground.bus.trouble(trouble.while_doing("The settings could not be written down"));
        }
    }

    /// With the credentials at hand and nobody signed in, the phone number is next.
    fn asking_is_idle(&self) {
        if self.core.is_some() && self.asking.is_empty() && self.gallery.is_none() {
            self.tell(AccountState::NeedsPhone);
        }
    }

    async fn log_out(&mut self, core: Option<Core>) {
        self.gallery = None;
        self.asking.abort_all();
        if let Some(core) = core {
            match timeout(SIGN_OUT, core.telegram.log_out()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "signing out at Telegram failed"),
                Err(_) => tracing::warn!("signing out at Telegram took too long"),
            }
        }
        (self.core, self.connection) = (None, None);
        if let Err(error) = self.ground.forget_library().await {
            self.ground.bus.trouble(Trouble::from(&error));
        }
        self.ground.vault_clear().await;
        let ground = self.ground.clone();
        let forgotten = tokio::task::spawn_blocking(move || ground.forget_account()).await;
        if let Ok(Err(error)) = forgotten {
            let trouble = Trouble::from(&error);
            self.ground.bus.trouble(trouble.while_doing("The local copy could not be removed"));
        }
        self.connect().await;
    }
}

/// The connection's next state; `None` when its line is gone; never while there is none.
async fn changed(connection: &mut Option<watch::Receiver<Connection>>) -> Option<Connection> {
    match connection {
        Some(connection) => {
            connection.changed().await.ok()?;
            Some(connection.borrow_and_update().clone())
        }
        None => std::future::pending().await,
    }
}

async fn next_task(gallery: &mut Option<Gallery>) -> Option<Result<(), tokio::task::JoinError>> {
    match gallery {
        Some(gallery) => gallery.tasks.join_next().await,
        None => std::future::pending().await,
    }
}

impl Gallery {
    fn open(core: &Core, wants: watch::Receiver<WantList>) -> Self {
        let mut tasks = JoinSet::new();
        let (retries, retried) = mpsc::channel(64);
        let (look, looked) = mpsc::channel(1);
        let (desk, uploads) = watch::channel(None);
        let hints = core.telegram.hints();
        tasks.spawn(live(Reader::new(core.clone()), hints, looked));
        tasks.spawn(dates::serve(core.clone(), wants.clone()));
        tasks.spawn(sidecars::serve(core.clone()));
        tasks.spawn(pictures::serve(core.clone(), wants, retried));
        let errands = Errands::new(core.clone(), uploads.clone());
        let left = errands.clone();
        tasks.spawn(async move { left.tidy().await });
        tasks.spawn(hand_in::what_was_left(core.clone(), uploads.clone()));
        let core = core.clone();
        tasks.spawn(async move {
            match Desk::open(core.clone(), false, |_| true).await {
                Ok(opened) => {
                    let files = opened.waiting();
                    if files > 0 {
                        core.bus.send(Event::Uploads(UploadsEvent::GoesOn { files }));
                    }
                    desk.send_replace(Some(opened.clone()));
                    opened.work().await;
                }
                Err(error) => core.bus.trouble(
                    Trouble::from(&error).while_doing("The upload queue could not be read"),
                ),
            }
        });
        Self { tasks, uploads, retries, look, errands, turns: Turns::default() }
    }
}

async fn carry_out(
    core: Core,
    uploads: watch::Receiver<Option<Arc<Desk>>>,
    look: mpsc::Sender<()>,
    request: Request,
) -> Result<(), Trouble> {
    match request {
        Request::CreateAlbum { title } => {
            let made = albums::create(&core, &title).await;
            made.map_err(|e| Trouble::from(&e).while_doing("The album could not be made"))?;
            let _full = look.try_send(()).is_err();
        }
        Request::RenameAlbum { album, title } => {
            let renamed = albums::rename(&core, album, &title).await;
            renamed.map_err(|e| Trouble::from(&e).while_doing("The album keeps its title"))?;
        }
        Request::DeleteAlbum { album } => {
            let deleted = albums::delete(&core, album).await;
            deleted.map_err(|e| Trouble::from(&e).while_doing("The album could not be deleted"))?;
        }
        Request::DeletePhotos { photos } => delete(&core, photos).await,
        Request::UploadPicture { album, picture } => {
            hand_in::picture(&core, uploads, album, picture).await?;
        }
        Request::Uploads(request) => hand_in::wish(uploads, request).await?,
        Request::Verify { album, paths } => {
            let verified = core.verify_for_window(album, paths).await;
            verified
                .map_err(|e| Trouble::from(&e).while_doing("The album could not be verified"))?;
        }
        Request::StopVerifying { album } => core.verifying.stop(album),
        Request::Animate { photo, fit } => {
            frames::play(core.ground().clone(), &core.gate, photo, fit).await;
        }
        Request::Account(_)
        | Request::Retry(..)
        | Request::SyncNow
        | Request::Settings(_)
        | Request::Upload { .. }
        | Request::UploadFolders { .. }
        | Request::Photo(_) => {}
    }
    Ok(())
}
