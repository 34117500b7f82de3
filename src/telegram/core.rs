//! What every part of this room shares, and the road that each call over the main connection
//! takes: through the flood gate, with a key, tried again as its care allows. Runs on tokio's
//! workers; computes nothing heavy.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use grammers_mtsender::InvocationError;
use grammers_tl_types::{self as tl, Deserializable as _, RemoteCall, functions};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use super::account::Steps;
use super::download::Moved;
use super::endpoint::Place;
use super::error::{Result, TelegramError, ends_session};
use super::flood::FloodGate;
use super::key_exchange::{self, Key};
use super::line::Line;
use super::live::Hints;
use super::readers::Readers;
use super::retry::{self, Care, Trial, Verdict};
use super::session::OurSession;
use super::words::UploadLimits;
use crate::model::AlbumId;

/// A call that is not answered in this time is taken for lost. Far above what Telegram needs.
const ANSWER_LIMIT: Duration = Duration::from_secs(45);

/// Shared by all clones of [`Telegram`](super::Telegram) and all tasks of this room.
pub(super) struct Core {
    pub(super) place: Arc<Place>,
    pub(super) session: Arc<OurSession>,
    pub(super) gate: Arc<FloodGate>,
    pub(super) line: Line,
    pub(super) hints: Hints,
    /// Where sign-in stands.
    pub(super) steps: Mutex<Steps>,
    /// Albums made since the start.
    pub(super) created: Mutex<HashSet<AlbumId>>,
    pub(super) readers: Readers,
    pub(super) moved: Moved,
    /// What the account may upload, once asked.
    pub(super) limits: Mutex<Option<UploadLimits>>,
    pub(super) api_id: i32,
    pub(super) api_hash: Zeroizing<String>,
    pub(super) device: Device,
    /// One key exchange at a time.
    exchanging: Mutex<()>,
    /// One authorisation carried over at a time.
    authorising: Mutex<()>,
}

/// What `initConnection` tells about this computer.
pub(super) struct Device {
    pub(super) model: String,
    pub(super) system: String,
    pub(super) system_language: String,
    pub(super) language: String,
}

/// Where a data centre is, and our key with it.
pub(super) struct Route {
    pub(super) address: std::net::SocketAddr,
    pub(super) key: Key,
}

impl Core {
    pub(super) fn new(
        place: Arc<Place>,
        session: Arc<OurSession>,
        api_id: i32,
        api_hash: Zeroizing<String>,
    ) -> Self {
        // The system's name and languages, as every client tells them.
        let params = grammers_mtsender::ConnectionParams::default();
        Self {
            place,
            session,
            gate: FloodGate::new(),
            line: Line::new(),
            hints: Hints::default(),
            steps: Mutex::default(),
            created: Mutex::default(),
            readers: Readers::default(),
            moved: Moved::default(),
            limits: Mutex::default(),
            api_id,
            api_hash,
            device: Device {
                model: params.device_model,
                system: params.system_version,
                system_language: params.system_lang_code,
                language: params.lang_code,
            },
            exchanging: Mutex::default(),
            authorising: Mutex::default(),
        }
    }

    /// A call to the home data centre.
    pub(super) async fn call<R: RemoteCall + tl::Identifiable>(
        &self,
        request: &R,
        care: Care,
    ) -> Result<R::Return> {
        self.call_at(None, request, care).await
    }

    /// A call to a data centre; the home one where none is named.
    pub(super) async fn call_at<R: RemoteCall + tl::Identifiable>(
        &self,
        dc: Option<i32>,
        request: &R,
        care: Care,
    ) -> Result<R::Return> {
        let method = tl::name_for_id(R::CONSTRUCTOR_ID);
        let body = request.to_bytes();
        let mut tries = 0;
        let mut failing: Option<Instant> = None;
        loop {
            let waited = self.gate.pass(method, care.allowance).await;
            waited.map_err(|wait| flood(method, wait))?;
            tries += 1;
            let at = dc.unwrap_or_else(|| self.session.home());
            let error = match self.attempt(at, body.clone()).await {
                Ok(answer) => {
                    return R::Return::from_bytes(&answer)
                        .map_err(|error| TelegramError::unexpected(method, error.to_string()));
                }
                Err(error) => error,
            };
            let since = failing.get_or_insert_with(Instant::now).elapsed();
            match retry::judge(care, &Trial { error: &error, tries, since }) {
                Verdict::Again(pause) => {
                    self.line.nudge();
                    sleep(pause).await;
                }
                Verdict::Rest(wait) => {
                    // The wait is not the line's fault.
                    failing = None;
                    self.readers.rest(method);
                    self.gate.close(method, wait);
                }
                // Whoever is signed in is at home: moving would lose the session.
                Verdict::MoveHome(to) if self.session.me().is_none() => self.move_home(to),
                Verdict::NewKey => self.session.forget_key(at),
                Verdict::Lost => {
                    self.line.nudge();
                    return Err(TelegramError::Lost { method });
                }
                Verdict::MoveHome(_) | Verdict::Fail => {
                    return Err(self.conclude(at, error, method));
                }
            }
        }
    }

    /// One try.
    async fn attempt(
        &self,
        dc: i32,
        body: Vec<u8>,
    ) -> std::result::Result<Vec<u8>, InvocationError> {
        if let Err(error) = self.key(dc).await {
            return Err(match error {
                TelegramError::Offline { why } => InvocationError::Io(std::io::Error::other(why)),
                error => InvocationError::Session(Box::new(error)),
            });
        }
        let pool = self.line.pool().await;
        if let Ok(answer) = timeout(ANSWER_LIMIT, pool.raw_invoke_in_dc(dc, body)).await {
            return answer;
        }
        self.line.doubt();
        Err(InvocationError::Dropped("no answer in time"))
    }

    /// The error a failed call ends with; notices when it says that the session is over.
    fn conclude(&self, dc: i32, error: InvocationError, method: &'static str) -> TelegramError {
        match error {
            InvocationError::Session(error) => match error.downcast::<TelegramError>() {
                Ok(error) => *error,
                Err(error) => TelegramError::Session { why: error.to_string() },
            },
            error => {
                if let InvocationError::Rpc(rpc) = &error
                    && dc == self.session.home()
                {
                    self.notice(rpc.code, &rpc.name);
                }
                TelegramError::from_invocation(error, method)
            }
        }
    }

    /// Looks at an error from the home data centre: is the session over?
    pub(super) fn notice(&self, code: i32, name: &str) {
        if ends_session(code, name) && self.session.me().is_some() {
            tracing::warn!(name, "the session was ended");
            self.session.set_me(None);
            if name == "AUTH_KEY_DUPLICATED" {
                // This key is of no use to anybody any more.
                self.session.forget_key(self.session.home());
            }
            self.line.signed_out();
        }
    }

    /// The account's home is elsewhere. The line to the old one is no longer needed.
    fn move_home(&self, to: i32) {
        let from = self.session.home();
        tracing::info!(from, to, "the account lives in another data centre");
        self.session.set_home(to);
        self.line.disconnect(from);
        self.line.nudge();
    }

    /// Our key with a data centre, agreed upon now if there is none.
    pub(super) async fn key(&self, dc: i32) -> Result<Route> {
        if let Some(route) = self.known_route(dc)? {
            return Ok(route);
        }
        let _one = self.exchanging.lock().await;
        if let Some(route) = self.known_route(dc)? {
            return Ok(route);
        }
        let Some((option, _)) = self.session.dc(dc) else { return Err(unknown_dc(dc)) };
        let address = self.place.address(&option);
        let key = key_exchange::exchange(&self.place, address).await?;
        self.session.set_key(dc, key.clone());
        Ok(Route { address, key })
    }

    fn known_route(&self, dc: i32) -> Result<Option<Route>> {
        let (option, key) = self.session.dc(dc).ok_or_else(|| unknown_dc(dc))?;
        Ok(key.map(|key| Route { address: self.place.address(&option), key }))
    }

    /// A key with which files can be had from `dc`: there the home data centre's authorisation is
    /// carried over once. <https://core.telegram.org/api/files#downloading-files>
    pub(super) async fn route(&self, dc: i32) -> Result<Route> {
        if !self.session.is_authorised(dc) {
            let _one = self.authorising.lock().await;
            if !self.session.is_authorised(dc) {
                self.carry_over(dc).await?;
            }
        }
        self.key(dc).await
    }

    async fn carry_over(&self, dc: i32) -> Result<()> {
        let tl::enums::auth::ExportedAuthorization::Authorization(pass) =
            self.call(&functions::auth::ExportAuthorization { dc_id: dc }, Care::USUAL).await?;
        let import = functions::auth::ImportAuthorization { id: pass.id, bytes: pass.bytes };
        self.call_at(Some(dc), &import, Care::USUAL).await?;
        self.session.set_authorised(dc, true);
        // The pool's own connection there was needed for this call only.
        self.line.disconnect(dc);
        Ok(())
    }

    /// Wraps a first request of a connection as the protocol wants it.
    /// <https://core.telegram.org/api/invoking#saving-client-info>
    pub(super) fn introduction(&self) -> Vec<u8> {
        use tl::Serializable as _;
        functions::InvokeWithLayer {
            layer: tl::LAYER,
            query: functions::InitConnection {
                api_id: self.api_id,
                device_model: self.device.model.clone(),
                system_version: self.device.system.clone(),
                app_version: env!("CARGO_PKG_VERSION").to_owned(),
                system_lang_code: self.device.system_language.clone(),
                lang_pack: String::new(),
                lang_code: self.device.language.clone(),
                proxy: None,
                params: None,
                query: functions::InvokeWithoutUpdates { query: functions::help::GetConfig {} },
            },
        }
        .to_bytes()
    }
}

fn unknown_dc(dc: i32) -> TelegramError {
    TelegramError::unexpected("the data centre", format!("the address of number {dc} is not known"))
}

/// The error of a wait that is too long.
pub(super) fn flood(method: &'static str, wait: Duration) -> TelegramError {
    TelegramError::Wait { method, wait, name: "FLOOD_WAIT".into() }
}
