//! Calls of the API: who may make them, which fault hits them, and which namespace answers.
//! Runs on the request's own task; what blocks goes to blocking threads.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use grammers_tl_types::{Serializable, deserialize, name_for_id, types};

use super::SandboxError;
use super::accounts::keys::{AuthKey, SignIn};
use super::held::read;
use super::hub::SessionId;
use super::server::Server;

pub(crate) mod account;
pub(crate) mod auth;
pub(crate) mod calls;
mod channels;
mod depth;
pub(crate) mod flood;
pub(crate) mod help;
mod history;
mod messages;
mod photos;
mod search;
mod send;
mod updates;
mod upload;
pub(crate) mod users;
pub(crate) mod world;
mod wrappers;

/// Who makes a call, and where.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub session: SessionId,
    pub dc: i32,
    /// signed-in user, checked by dispatch for all calls that need it
    pub user: Option<i64>,
    pub no_updates: bool,
}

/// A refusal, by Telegram's code and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RpcError {
    pub code: i32,
    pub name: Cow<'static, str>,
}

impl RpcError {
    pub(crate) const fn new(code: i32, name: &'static str) -> Self {
        Self { code, name: Cow::Borrowed(name) }
    }

    pub(crate) const fn bad_request(name: &'static str) -> Self {
        Self::new(400, name)
    }

    /// A name with a number in it.
    pub(crate) fn named(code: i32, name: String) -> Self {
        Self { code, name: Cow::Owned(name) }
    }

    pub(crate) const fn unregistered() -> Self {
        Self::new(401, "AUTH_KEY_UNREGISTERED")
    }

    /// As the body of an answer.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let error = types::RpcError { error_code: self.code, error_message: self.name.to_string() };
        grammers_tl_types::enums::RpcError::Error(error).to_bytes()
    }
}

/// What cannot be read is refused by the name of what was wrong with it.
impl From<deserialize::Error> for RpcError {
    fn from(cause: deserialize::Error) -> Self {
        match cause {
            deserialize::Error::UnexpectedEof => Self::bad_request("INPUT_FETCH_FAIL"),
            deserialize::Error::UnexpectedConstructor { id } => {
                Self::named(400, format!("INPUT_CONSTRUCTOR_INVALID_{id}_0"))
            }
        }
    }
}

impl From<SandboxError> for RpcError {
    fn from(cause: SandboxError) -> Self {
        tracing::error!(%cause, "a call failed in the sandbox itself");
        Self::new(500, "INTERNAL_SERVER_ERROR")
    }
}

/// The serialized result (boxed constructor id first), without the `rpc_result` wrapper.
pub(crate) type Answer = Result<Vec<u8>, RpcError>;

/// Namespaces that answer before anybody is signed in; what needs a user there says so itself.
const OPEN: [&str; 4] = ["help.", "auth.", "langpack.", "account.getPassword"];
/// What a sign-in that was carried to the other data centre may do there: transfers.
const ABROAD: [&str; 4] = ["upload.", "help.", "auth.", "users."];

/// Carries out one call: strips its wrappers, counts it, lets the faults have it, checks the sign-in, answers.
pub(crate) async fn dispatch(server: &Arc<Server>, caller: &Caller, body: &[u8]) -> Answer {
    let Some(key) = server.accounts.keys.get(caller.session.key) else {
        return Err(RpcError::unregistered());
    };
    let call = wrappers::strip(body)?;
    let mut caller = caller.clone();
    caller.no_updates |= call.without_updates;
    introduce(server, &key, &call).await?;
    let id = call.body.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let name = name_for_id(id);
    server.calls.count(id);
    if let Some(session) = key.sessions.get(caller.session.session) {
        if caller.no_updates {
            session.refuse_updates();
        } else if !name.starts_with("upload.") {
            session.want_updates();
        }
        for earlier in &call.after {
            let failed = || RpcError::bad_request("MSG_WAIT_FAILED");
            let mut outcome = session.outcome(*earlier).ok_or_else(failed)?;
            let succeeded =
                outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| *outcome);
            if succeeded != Some(true) {
                return Err(failed());
            }
        }
    }
    // Only now: what this call waited for may have signed in or out.
    let signed_in = key.sign_in();
    revoke_when_due(server, &key, signed_in).await?;
    caller.user = signed_in.map(|sign_in| sign_in.user);
    let open = OPEN.iter().any(|prefix| name.starts_with(prefix));
    if caller.user.is_none() && !open {
        return Err(RpcError::unregistered());
    }
    let abroad = signed_in.filter(|sign_in| sign_in.imported);
    if let Some(sign_in) = abroad
        && !ABROAD.iter().any(|prefix| name.starts_with(prefix))
    {
        let home = server.accounts.users.get(sign_in.user).map_or(0, |user| server.home_of(user));
        return Err(RpcError::named(303, format!("USER_MIGRATE_{home}")));
    }
    server.flood.admit(&read(&server.faults), caller.user.unwrap_or(caller.session.key), name)?;
    answer(server, &caller, name, id, &call.body).await
}

/// `initConnection`: who the client is; needed once for every key.
async fn introduce(
    server: &Arc<Server>,
    key: &Arc<AuthKey>,
    call: &wrappers::Stripped<'_>,
) -> Result<(), RpcError> {
    let Some(device) = call.device.clone() else {
        return match key.device() {
            Some(_) => Ok(()),
            None => Err(RpcError::bad_request("CONNECTION_NOT_INITED")),
        };
    };
    if device.api_id == 0 {
        return Err(RpcError::bad_request("CONNECTION_API_ID_INVALID"));
    }
    if !call.layered {
        return Err(RpcError::bad_request("CONNECTION_LAYER_INVALID"));
    }
    if key.device().as_ref() == Some(&device) {
        return Ok(());
    }
    let (server, key) = (Arc::clone(server), Arc::clone(key));
    blocking(move || server.accounts.keys.set_device(&key, device).map_err(RpcError::from)).await
}

/// The `revoke-after` fault.
async fn revoke_when_due(
    server: &Arc<Server>,
    key: &Arc<AuthKey>,
    signed_in: Option<SignIn>,
) -> Result<(), RpcError> {
    let (Some(sign_in), Some(most)) = (signed_in, read(&server.faults).revoke_after) else {
        return Ok(());
    };
    if key.requests.fetch_add(1, Ordering::Relaxed) < most {
        return Ok(());
    }
    let server = Arc::clone(server);
    blocking(move || server.accounts.keys.sign_out(sign_in.hash).map_err(RpcError::from)).await?;
    Err(RpcError::unregistered())
}

async fn answer(
    server: &Arc<Server>,
    caller: &Caller,
    name: &'static str,
    id: u32,
    body: &[u8],
) -> Answer {
    let namespace = name.split_once('.').map_or("", |(namespace, _)| namespace);
    // A part of a file is bytes, which hold nothing.
    if namespace != "upload" && depth::is_too_deep(body) {
        return Err(RpcError::bad_request("INPUT_REQUEST_INVALID"));
    }
    let own = match namespace {
        "help" => help::call(server, caller, id, body),
        "users" => users::call(server, caller, id, body),
        "auth" | "account" => {
            let (server, caller, body) = (Arc::clone(server), caller.clone(), body.to_vec());
            let handled = move || match namespace {
                "auth" => Ok(auth::call(&server, &caller, id, &body)),
                _ => Ok(account::call(&server, &caller, id, &body)),
            };
            blocking(handled).await?
        }
        _ => None,
    };
    let answered = match (own, caller.user) {
        (Some(answer), _) => Some(answer),
        (None, Some(user)) => world_call(server, caller, user, id, body).await,
        (None, None) => None,
    };
    answered.unwrap_or_else(|| {
        tracing::warn!(
            method = name,
            constructor = format_args!("{id:#010x}"),
            "the sandbox does not know this call"
        );
        Err(RpcError::named(400, format!("INPUT_METHOD_INVALID_{id}_{}", body.len())))
    })
}

/// Everything that is about albums, files and updates. `None` for a call it does not know.
pub(crate) async fn world_call(
    server: &Arc<Server>,
    caller: &Caller,
    user: i64,
    id: u32,
    body: &[u8],
) -> Option<Answer> {
    world::call(server, caller, user, id, body).await
}

/// Runs what blocks where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
) -> Result<T, RpcError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(cause) => {
            tracing::error!(%cause, "a call broke off");
            Err(RpcError::new(500, "INTERNAL_SERVER_ERROR"))
        }
    }
}
