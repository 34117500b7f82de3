//! `account`: the second factor, one's sign-ins, and settings that are always as by default. On blocking threads.

use std::sync::Arc;

use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, Serializable, enums, functions as f, types,
};

use super::users::notify_settings;
use super::{Answer, Caller, RpcError};
use crate::sandbox::accounts::keys::{AuthKey, SignIn};
use crate::sandbox::accounts::srp::{Challenge, new_algorithm};
use crate::sandbox::server::{Server, now};
use crate::sandbox::wire::crypto::random;

pub(super) fn call(server: &Arc<Server>, caller: &Caller, id: u32, body: &[u8]) -> Option<Answer> {
    if id == f::account::GetPassword::CONSTRUCTOR_ID {
        return Some(get_password(server, caller));
    }
    let user = caller.user?;
    match id {
        f::account::UpdateStatus::CONSTRUCTOR_ID
        | f::account::RegisterDevice::CONSTRUCTOR_ID
        | f::account::UnregisterDevice::CONSTRUCTOR_ID
        | f::account::UpdateDeviceLocked::CONSTRUCTOR_ID
        | f::account::UpdateNotifySettings::CONSTRUCTOR_ID => Some(Ok(true.to_bytes())),
        f::account::GetNotifySettings::CONSTRUCTOR_ID => {
            Some(Ok(enums::PeerNotifySettings::from(notify_settings()).to_bytes()))
        }
        f::account::GetAuthorizations::CONSTRUCTOR_ID => {
            Some(Ok(get_authorizations(server, caller, user)))
        }
        f::account::ResetAuthorization::CONSTRUCTOR_ID => {
            Some(reset_authorization(server, caller, user, body))
        }
        _ => None,
    }
}

/// For a signed-in user, or for one whose code was right and whose password is to come.
fn get_password(server: &Arc<Server>, caller: &Caller) -> Answer {
    let key = server.accounts.keys.get(caller.session.key).ok_or(RpcError::unregistered())?;
    let id = caller.user.or_else(|| key.password_pending()).ok_or(RpcError::unregistered())?;
    let user = server.accounts.users.get(id).ok_or(RpcError::unregistered())?;
    let mut password = types::account::Password {
        has_recovery: false,
        has_secure_values: false,
        has_password: false,
        current_algo: None,
        srp_b: None,
        srp_id: None,
        hint: None,
        email_unconfirmed_pattern: None,
        new_algo: new_algorithm(),
        new_secure_algo: types::SecurePasswordKdfAlgoPbkdf2Hmacsha512iter100000 {
            salt: random::<8>().to_vec(),
        }
        .into(),
        secure_random: random::<256>().to_vec(),
        pending_reset_date: None,
        login_email_pattern: None,
    };
    if let Some(known) = &user.password {
        let challenge = Challenge::new(id, known.verifier.clone());
        password.has_password = true;
        password.current_algo = Some(known.verifier.algorithm());
        password.srp_b = Some(challenge.g_b());
        password.srp_id = Some(challenge.id);
        key.add_challenge(challenge);
    }
    Ok(enums::account::Password::from(password).to_bytes())
}

fn get_authorizations(server: &Arc<Server>, caller: &Caller, user: i64) -> Vec<u8> {
    let own = |key: &Arc<AuthKey>| key.sign_in().filter(|sign_in| !sign_in.imported);
    let keys = server.accounts.keys.of_user(user);
    let mut signed_in: Vec<_> =
        keys.iter().filter_map(|key| own(key).map(|sign_in| (key, sign_in))).collect();
    signed_in.sort_by_key(|(key, sign_in)| (key.id != caller.session.key, -sign_in.since));
    let authorizations = signed_in
        .iter()
        .map(|(key, sign_in)| authorization(key, sign_in, key.id == caller.session.key))
        .collect();
    let list = types::account::Authorizations { authorization_ttl_days: 180, authorizations };
    enums::account::Authorizations::from(list).to_bytes()
}

/// A sign-in as `account.getAuthorizations` shows it; the current one has hash 0.
pub(super) fn authorization(
    key: &AuthKey,
    sign_in: &SignIn,
    current: bool,
) -> enums::Authorization {
    let device = key.device();
    let of = |field: fn(&crate::sandbox::accounts::keys::Device) -> String| {
        device.as_ref().map(field).unwrap_or_default()
    };
    types::Authorization {
        current,
        official_app: false,
        password_pending: false,
        encrypted_requests_disabled: false,
        call_requests_disabled: false,
        unconfirmed: false,
        hash: if current { 0 } else { sign_in.hash },
        device_model: of(|device| device.model.clone()),
        platform: String::new(),
        system_version: of(|device| device.system.clone()),
        api_id: device.as_ref().map_or(0, |device| device.api_id),
        app_name: "Client".into(),
        app_version: of(|device| device.app.clone()),
        date_created: sign_in.since,
        date_active: now(),
        ip: "127.0.0.1".into(),
        country: "Sandbox".into(),
        region: String::new(),
    }
    .into()
}

fn reset_authorization(server: &Arc<Server>, caller: &Caller, user: i64, body: &[u8]) -> Answer {
    let request = f::account::ResetAuthorization::deserialize(&mut Cursor::from_slice(&body[4..]))?;
    let mine = |key: &Arc<AuthKey>| {
        key.id != caller.session.key
            && key.sign_in().is_some_and(|sign_in| sign_in.hash == request.hash)
    };
    if request.hash == 0 || !server.accounts.keys.of_user(user).iter().any(mine) {
        return Err(RpcError::bad_request("HASH_INVALID"));
    }
    server.accounts.keys.sign_out(request.hash)?;
    Ok(true.to_bytes())
}
