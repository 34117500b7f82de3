//! `auth`: signing in and out. <https://core.telegram.org/api/auth>, `/api/srp`, `/api/qr-login`, `/api/datacenter`.
//! Stores what it promises before it answers; on blocking threads.

use std::sync::Arc;

use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, Serializable, enums, functions as f, types,
};

use super::account::authorization;
use super::{Answer, Caller, RpcError};
use crate::sandbox::accounts::keys::{AuthKey, SignIn};
use crate::sandbox::accounts::tokens::{LOGIN_LIFE, Refused};
use crate::sandbox::accounts::users::{User, code, home};
use crate::sandbox::held::read;
use crate::sandbox::options::digits;
use crate::sandbox::server::{DCS, Server, now};
use crate::sandbox::wire::crypto::random;

/// Seconds until a code may be sent another way.
const RESEND: i32 = 60;

pub(super) fn call(server: &Arc<Server>, caller: &Caller, id: u32, body: &[u8]) -> Option<Answer> {
    let desk = Desk { server, caller, key: server.accounts.keys.get(caller.session.key)? };
    let arguments = &mut Cursor::from_slice(body.get(4..).unwrap_or_default());
    desk.call(id, arguments)
}

/// Where one call of this namespace is handled.
struct Desk<'a> {
    server: &'a Arc<Server>,
    caller: &'a Caller,
    key: Arc<AuthKey>,
}

impl Desk<'_> {
    fn call(&self, id: u32, arguments: &mut Cursor<'_>) -> Option<Answer> {
        Some(match id {
            f::auth::SendCode::CONSTRUCTOR_ID => self.send_code(arguments),
            f::auth::ResendCode::CONSTRUCTOR_ID => self.resend_code(arguments),
            f::auth::CancelCode::CONSTRUCTOR_ID => self.cancel_code(arguments),
            f::auth::SignIn::CONSTRUCTOR_ID => self.sign_in(arguments),
            f::auth::CheckPassword::CONSTRUCTOR_ID => self.check_password(arguments),
            f::auth::LogOut::CONSTRUCTOR_ID => self.log_out(),
            f::auth::ResetAuthorizations::CONSTRUCTOR_ID => self.reset_authorizations(),
            f::auth::ExportAuthorization::CONSTRUCTOR_ID => self.export_authorization(arguments),
            f::auth::ImportAuthorization::CONSTRUCTOR_ID => self.import_authorization(arguments),
            f::auth::ExportLoginToken::CONSTRUCTOR_ID => self.export_login_token(arguments),
            f::auth::ImportLoginToken::CONSTRUCTOR_ID => self.import_login_token(arguments),
            f::auth::AcceptLoginToken::CONSTRUCTOR_ID => self.accept_login_token(arguments),
            f::auth::BindTempAuthKey::CONSTRUCTOR_ID => self.bind_temporary_key(),
            f::auth::DropTempAuthKeys::CONSTRUCTOR_ID => Ok(true.to_bytes()),
            _ => return None,
        })
    }

    /// The digits of a phone whose user signs in here; a phone of the other data centre is sent there.
    fn phone_here(&self, phone: &str) -> Result<String, RpcError> {
        let phone = digits(phone).ok_or(RpcError::new(406, "PHONE_NUMBER_INVALID"))?;
        let known = self.server.accounts.users.by_phone(&phone);
        let migrate = read(&self.server.faults).migrate;
        let home = known.map_or_else(
            || if migrate { DCS[1] } else { home(&phone) },
            |user| self.server.home_of(user),
        );
        if home != self.caller.dc {
            return Err(RpcError::named(303, format!("PHONE_MIGRATE_{home}")));
        }
        Ok(phone)
    }

    fn send_code(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::SendCode::deserialize(arguments)?;
        if request.api_id == 0 {
            return Err(RpcError::bad_request("API_ID_INVALID"));
        }
        let phone = self.phone_here(&request.phone_number)?;
        let known = self.server.accounts.users.by_phone(&phone);
        // Who is signed in elsewhere gets the code there.
        let elsewhere =
            known.is_some_and(|user| !self.server.accounts.keys.of_user(user.id).is_empty());
        let length = i32::try_from(code(&phone).len()).unwrap_or(5);
        let (sort, next): (enums::auth::SentCodeType, _) = if elsewhere {
            (types::auth::SentCodeTypeApp { length }.into(), enums::auth::CodeType::Sms)
        } else {
            (types::auth::SentCodeTypeSms { length }.into(), enums::auth::CodeType::Call)
        };
        Ok(sent_code(sort, self.server.accounts.codes.send(&phone), Some(next)))
    }

    fn resend_code(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::ResendCode::deserialize(arguments)?;
        let phone = self.current_code(&request.phone_number, &request.phone_code_hash)?;
        let length = i32::try_from(code(&phone).len()).unwrap_or(5);
        self.server.accounts.codes.cancel(&request.phone_code_hash, &phone);
        let hash = self.server.accounts.codes.send(&phone);
        Ok(sent_code(types::auth::SentCodeTypeCall { length }.into(), hash, None))
    }

    fn cancel_code(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::CancelCode::deserialize(arguments)?;
        let phone = self.current_code(&request.phone_number, &request.phone_code_hash)?;
        Ok(self.server.accounts.codes.cancel(&request.phone_code_hash, &phone).to_bytes())
    }

    /// The digits of a phone to which this hash was given out.
    fn current_code(&self, phone: &str, hash: &str) -> Result<String, RpcError> {
        let phone = self.phone_here(phone)?;
        if hash.is_empty() {
            return Err(RpcError::bad_request("PHONE_CODE_HASH_EMPTY"));
        }
        if !self.server.accounts.codes.is_current(hash, &phone) {
            return Err(RpcError::bad_request("PHONE_CODE_EXPIRED"));
        }
        Ok(phone)
    }

    fn sign_in(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::SignIn::deserialize(arguments)?;
        let given = request.phone_code.filter(|code| !code.is_empty());
        let given = given.ok_or(RpcError::bad_request("PHONE_CODE_EMPTY"))?;
        let phone = self.current_code(&request.phone_number, &request.phone_code_hash)?;
        if given != code(&phone) {
            return Err(RpcError::bad_request("PHONE_CODE_INVALID"));
        }
        let Some(user) = self.server.accounts.users.by_phone(&phone) else {
            let required = types::auth::AuthorizationSignUpRequired { terms_of_service: None };
            return Ok(enums::auth::Authorization::from(required).to_bytes());
        };
        if user.password.is_some() {
            self.key.await_password(user.id);
            return Err(RpcError::new(401, "SESSION_PASSWORD_NEEDED"));
        }
        self.welcome(user).map(|welcome| welcome.to_bytes())
    }

    /// Signs the key in, durably.
    fn welcome(&self, user: &User) -> Result<enums::auth::Authorization, RpcError> {
        let sign_in = SignIn {
            user: user.id,
            hash: i64::from_le_bytes(random()) | 1,
            since: now(),
            imported: false,
        };
        self.adopt(sign_in)
    }

    fn adopt(&self, sign_in: SignIn) -> Result<enums::auth::Authorization, RpcError> {
        self.server.accounts.keys.sign_in(&self.key, sign_in)?;
        let user = self
            .server
            .accounts
            .users
            .tl(sign_in.user, sign_in.user)
            .ok_or(RpcError::unregistered())?;
        Ok(types::auth::Authorization {
            setup_password_required: false,
            otherwise_relogin_days: None,
            tmp_sessions: None,
            future_auth_token: None,
            user,
        }
        .into())
    }

    fn check_password(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::CheckPassword::deserialize(arguments)?;
        let id = self.key.password_pending().or(self.caller.user).ok_or(RpcError::unregistered())?;
        let enums::InputCheckPasswordSrp::Srp(proof) = request.password else {
            return Err(RpcError::bad_request("PASSWORD_HASH_INVALID"));
        };
        let challenge =
            self.key.take_challenge(proof.srp_id).filter(|challenge| challenge.user == id);
        let challenge = challenge.ok_or(RpcError::bad_request("SRP_ID_INVALID"))?;
        if !challenge.check(&proof.a, &proof.m1) {
            return Err(RpcError::bad_request("PASSWORD_HASH_INVALID"));
        }
        let user = self.server.accounts.users.get(id).ok_or(RpcError::unregistered())?;
        self.welcome(user).map(|welcome| welcome.to_bytes())
    }

    fn signed_in(&self) -> Result<SignIn, RpcError> {
        self.key.sign_in().ok_or(RpcError::unregistered())
    }

    fn log_out(&self) -> Answer {
        self.server.accounts.keys.sign_out(self.signed_in()?.hash)?;
        Ok(enums::auth::LoggedOut::from(types::auth::LoggedOut { future_auth_token: None })
            .to_bytes())
    }

    /// Ends all other sign-ins of the user.
    fn reset_authorizations(&self) -> Answer {
        let own = self.signed_in()?;
        for key in self.server.accounts.keys.of_user(own.user) {
            if let Some(other) = key.sign_in().filter(|other| other.hash != own.hash) {
                self.server.accounts.keys.sign_out(other.hash)?;
            }
        }
        Ok(true.to_bytes())
    }

    fn export_authorization(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::ExportAuthorization::deserialize(arguments)?;
        let sign_in = self.signed_in()?;
        if request.dc_id == self.caller.dc || !DCS.contains(&request.dc_id) {
            return Err(RpcError::bad_request("DC_ID_INVALID"));
        }
        let bytes = self.server.accounts.tokens.export(sign_in, request.dc_id).to_vec();
        Ok(enums::auth::ExportedAuthorization::from(types::auth::ExportedAuthorization {
            id: sign_in.user,
            bytes,
        })
        .to_bytes())
    }

    fn import_authorization(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::ImportAuthorization::deserialize(arguments)?;
        let exported =
            self.server.accounts.tokens.import(&request.bytes, request.id, self.caller.dc);
        let exported = exported.ok_or(RpcError::bad_request("AUTH_BYTES_INVALID"))?;
        // Back home it is a sign-in like any other.
        let user = self.server.accounts.users.get(exported.user).ok_or(RpcError::unregistered())?;
        let imported = self.server.home_of(user) != self.caller.dc;
        self.adopt(SignIn { imported, ..exported }).map(|welcome| welcome.to_bytes())
    }

    fn export_login_token(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::ExportLoginToken::deserialize(arguments)?;
        if request.api_id == 0 {
            return Err(RpcError::bad_request("API_ID_INVALID"));
        }
        if let Some((token, user)) = self.server.accounts.tokens.accepted_for(self.key.id) {
            return self.come_in(&token, user).map(|answer| answer.to_bytes());
        }
        let token = self.server.accounts.tokens.offer(self.key.id).to_vec();
        let expires = now() + i32::try_from(LOGIN_LIFE.as_secs()).unwrap_or(30);
        Ok(enums::auth::LoginToken::from(types::auth::LoginToken { expires, token }).to_bytes())
    }

    /// A token shown at another data centre, whose user's home is here.
    fn import_login_token(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::ImportLoginToken::deserialize(arguments)?;
        let user = self.server.accounts.tokens.accepted(&request.token).map_err(refusal)?;
        self.come_in(&request.token, user).map(|answer| answer.to_bytes())
    }

    /// The QR code was accepted: sign in, or say what is still missing.
    fn come_in(&self, token: &[u8], user: i64) -> Result<enums::auth::LoginToken, RpcError> {
        let user = self
            .server
            .accounts
            .users
            .get(user)
            .ok_or(RpcError::bad_request("AUTH_TOKEN_INVALID"))?;
        let home = self.server.home_of(user);
        if home != self.caller.dc {
            return Ok(
                types::auth::LoginTokenMigrateTo { dc_id: home, token: token.to_vec() }.into()
            );
        }
        if user.password.is_some() {
            self.key.await_password(user.id);
            self.server.accounts.tokens.spend(token);
            return Err(RpcError::new(401, "SESSION_PASSWORD_NEEDED"));
        }
        let authorization = self.welcome(user)?;
        self.server.accounts.tokens.spend(token);
        Ok(types::auth::LoginTokenSuccess { authorization }.into())
    }

    fn accept_login_token(&self, arguments: &mut Cursor<'_>) -> Answer {
        let request = f::auth::AcceptLoginToken::deserialize(arguments)?;
        let own = self.signed_in()?;
        let waiting =
            self.server.accounts.tokens.accept(&request.token, own.user).map_err(refusal)?;
        self.server.hub.push_login_token(waiting);
        let key = self
            .server
            .accounts
            .keys
            .get(waiting)
            .ok_or(RpcError::bad_request("AUTH_TOKEN_INVALID"))?;
        let coming = SignIn {
            user: own.user,
            hash: i64::from_le_bytes(random()) | 1,
            since: now(),
            imported: false,
        };
        Ok(authorization(&key, &coming, false).to_bytes())
    }

    /// Perfect forward secrecy by temporary keys is not offered; clients go on without.
    fn bind_temporary_key(&self) -> Answer {
        let name =
            if self.key.temporary { "ENCRYPTED_MESSAGE_INVALID" } else { "TEMP_AUTH_KEY_EMPTY" };
        Err(RpcError::bad_request(name))
    }
}

fn refusal(refused: Refused) -> RpcError {
    RpcError::bad_request(match refused {
        Refused::Unknown => "AUTH_TOKEN_INVALID",
        Refused::Expired => "AUTH_TOKEN_EXPIRED",
        Refused::AlreadyAccepted => "AUTH_TOKEN_ALREADY_ACCEPTED",
    })
}

fn sent_code(
    sort: enums::auth::SentCodeType,
    phone_code_hash: String,
    next_type: Option<enums::auth::CodeType>,
) -> Vec<u8> {
    let sent =
        types::auth::SentCode { r#type: sort, phone_code_hash, next_type, timeout: Some(RESEND) };
    enums::auth::SentCode::from(sent).to_bytes()
}
