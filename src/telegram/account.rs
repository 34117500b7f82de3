//! Signing in and out: telephone number, code, password. Raw calls, because they tell where the
//! code went and how long it is, and because grammers' own panic on answers that Telegram may
//! give. On tokio's workers; the password's arithmetic on a thread for blocking work.

use std::time::Duration;

use grammers_crypto::two_factor_auth::{calculate_2fa, check_p_and_g};
use grammers_tl_types::enums::PasswordKdfAlgo;
use grammers_tl_types::{enums, functions, types};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::core::Core;
use super::error::{Result, TelegramError};
use super::retry::Care;
use super::words::{CodeSent, Me, SignIn};

/// Leaving must not hang where there is no line.
const GOODBYE_LIMIT: Duration = Duration::from_secs(8);

/// Where sign-in stands. Not kept over a restart: codes are asked for anew.
#[derive(Default)]
pub(super) enum Steps {
    /// Nothing was asked for.
    #[default]
    Start,
    /// A code is on its way.
    Code { phone: String, hash: Zeroizing<String> },
    /// Telegram needed no code.
    Done(Me),
}

/// Who is signed in, if anybody: asked of Telegram, or remembered where there is no line.
pub(super) async fn me(core: &Core) -> Result<Option<Me>> {
    let known = core.session.me();
    let care = if known.is_some() { Care::BRIEF } else { Care::USUAL };
    let request = functions::users::GetUsers { id: vec![enums::InputUser::UserSelf] };
    match core.call(&request, care).await {
        Ok(users) => {
            let me = users.first().and_then(of_user);
            if me.is_some() {
                core.session.set_me(me.clone());
                core.line.signed_in();
            }
            Ok(me)
        }
        Err(error) if error.is_signed_out() => Ok(None),
        Err(error) if error.is_offline() && known.is_some() => Ok(known),
        Err(error) => Err(error),
    }
}

/// <https://core.telegram.org/method/auth.sendCode>
pub(super) async fn send_code(core: &Core, phone: &str) -> Result<CodeSent> {
    let phone: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let request = functions::auth::SendCode {
        phone_number: phone.clone(),
        api_id: core.api_id,
        api_hash: core.api_hash.to_string(),
        settings: types::CodeSettings {
            allow_flashcall: false,
            current_number: false,
            allow_app_hash: false,
            allow_missed_call: false,
            allow_firebase: false,
            unknown_number: false,
            logout_tokens: None,
            token: None,
            app_sandbox: None,
        }
        .into(),
    };
    // Wherever the account lives, the call moves there by itself.
    let answer = core.call(&request, Care::USUAL).await?;
    code_sent(core, phone, answer).await
}

/// The code once more, in another way. <https://core.telegram.org/method/auth.resendCode>
pub(super) async fn resend_code(core: &Core) -> Result<CodeSent> {
    let (phone, hash) = asked(core).await?;
    let request = functions::auth::ResendCode {
        phone_number: phone.clone(),
        phone_code_hash: hash.to_string(),
        reason: None,
    };
    let answer = core.call(&request, Care::USUAL).await?;
    code_sent(core, phone, answer).await
}

async fn asked(core: &Core) -> Result<(String, Zeroizing<String>)> {
    match &*core.steps.lock().await {
        Steps::Code { phone, hash } => Ok((phone.clone(), hash.clone())),
        Steps::Start | Steps::Done(_) => Err(TelegramError::NoCodeAsked),
    }
}

async fn code_sent(core: &Core, phone: String, answer: enums::auth::SentCode) -> Result<CodeSent> {
    match answer {
        enums::auth::SentCode::Code(sent) => {
            let told = describe(&sent);
            let hash = Zeroizing::new(sent.phone_code_hash);
            *core.steps.lock().await = Steps::Code { phone, hash };
            Ok(told)
        }
        enums::auth::SentCode::Success(done) => {
            let me = welcome(core, done.authorization).await?;
            *core.steps.lock().await = Steps::Done(me);
            Ok(CodeSent {
                length: 0,
                sent_where: "nowhere: Telegram knows this computer".into(),
                resend_after: None,
            })
        }
        enums::auth::SentCode::PaymentRequired(_) => Err(TelegramError::unexpected(
            "auth.sendCode",
            "it wants a payment for the code; sign in with an official app once",
        )),
    }
}

/// Where the code went, for people.
fn describe(sent: &types::auth::SentCode) -> CodeSent {
    use enums::auth::SentCodeType as T;
    let (length, sent_where) = match &sent.r#type {
        T::App(t) => (t.length, "in Telegram on your other devices".to_owned()),
        T::Sms(t) => (t.length, "by SMS".into()),
        T::FirebaseSms(t) => (t.length, "by SMS".into()),
        T::SmsWord(_) => (0, "by SMS, as a word".into()),
        T::SmsPhrase(_) => (0, "by SMS, as a phrase".into()),
        T::Call(t) => (t.length, "by a telephone call".into()),
        T::FlashCall(_) => (0, "by a call: the code is the caller's number".into()),
        T::MissedCall(t) => {
            (t.length, format!("by a missed call from {}…: its last digits", t.prefix))
        }
        T::EmailCode(t) => (t.length, format!("by e-mail to {}", t.email_pattern)),
        T::SetUpEmailRequired(_) => {
            (0, "nowhere yet: set up a login e-mail in an official app first".into())
        }
        T::FragmentSms(t) => (t.length, "to your number on Fragment".into()),
    };
    CodeSent {
        length: u8::try_from(length).unwrap_or(0),
        sent_where,
        resend_after: sent
            .timeout
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(Duration::from_secs),
    }
}

/// <https://core.telegram.org/method/auth.signIn>
pub(super) async fn sign_in(core: &Core, code: &str) -> Result<SignIn> {
    if let Steps::Done(me) = &*core.steps.lock().await {
        return Ok(SignIn::Done(me.clone()));
    }
    let (phone, hash) = asked(core).await?;
    let request = functions::auth::SignIn {
        phone_number: phone,
        phone_code_hash: hash.to_string(),
        phone_code: Some(code.trim().to_owned()),
        email_verification: None,
    };
    match core.call(&request, Care::USUAL).await {
        Ok(answer) => Ok(SignIn::Done(welcome(core, answer).await?)),
        Err(error) if error.is("SESSION_PASSWORD_NEEDED") => {
            let password = password(core).await?;
            Ok(SignIn::PasswordNeeded { hint: password.hint.filter(|hint| !hint.is_empty()) })
        }
        Err(error) => Err(error),
    }
}

async fn password(core: &Core) -> Result<types::account::Password> {
    let enums::account::Password::Password(password) =
        core.call(&functions::account::GetPassword {}, Care::USUAL).await?;
    Ok(password)
}

/// The account's password, proven without sending it. A proof is good once, so that each try
/// begins with the server's fresh half. <https://core.telegram.org/api/srp>
pub(super) async fn check_password(core: &Core, secret: Zeroizing<String>) -> Result<Me> {
    let method = "account.getPassword";
    let told = password(core).await?;
    let (
        Some(PasswordKdfAlgo::Sha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow(how)),
        Some(b),
        Some(srp_id),
    ) = (told.current_algo, told.srp_b, told.srp_id)
    else {
        return Err(TelegramError::unexpected(
            method,
            "a way to check passwords that is not known",
        ));
    };
    // What follows would panic on these.
    if how.p.len() != 256 || b.len() > 256 || !(2..=7).contains(&how.g) {
        return Err(TelegramError::unexpected(method, "numbers of the wrong size"));
    }
    let a = Zeroizing::new(super::chance::bytes::<256>()?);
    let proof = spawn_blocking(move || {
        let p = num_bigint::BigUint::from_bytes_be(&how.p);
        let theirs = num_bigint::BigUint::from_bytes_be(&b);
        let fits = theirs.bits() > 0 && theirs < p;
        (fits && check_p_and_g(&how.p, &how.g)).then(|| {
            let (salt1, salt2) = (&how.salt1, &how.salt2);
            calculate_2fa(salt1, salt2, &how.p, &how.g, b, a.to_vec(), secret.as_bytes())
        })
    });
    let Some((m1, g_a)) = proof.await.ok().flatten() else {
        return Err(TelegramError::Unsafe { why: "its numbers for passwords are not safe".into() });
    };
    let request = functions::auth::CheckPassword {
        password: types::InputCheckPasswordSrp { srp_id, a: g_a.to_vec(), m1: m1.to_vec() }.into(),
    };
    let answer = core.call(&request, Care::USUAL).await?;
    welcome(core, answer).await
}

/// Signed in: remembers who, and asks for updates.
async fn welcome(core: &Core, answer: enums::auth::Authorization) -> Result<Me> {
    let user = match answer {
        enums::auth::Authorization::Authorization(signed_in) => signed_in.user,
        enums::auth::Authorization::SignUpRequired(_) => {
            return Err(TelegramError::Refused {
                code: 400,
                name: "PHONE_NUMBER_UNOCCUPIED".into(),
                value: None,
                method: "auth.signIn",
            });
        }
    };
    let me = of_user(&user)
        .ok_or_else(|| TelegramError::unexpected("auth.signIn", "a user without a name"))?;
    core.session.set_me(Some(me.clone()));
    *core.steps.lock().await = Steps::Start;
    core.line.signed_in();
    // Makes the server send updates here; the line asks again whenever it is set up.
    if let Err(error) = core.call(&functions::updates::GetState {}, Care::BRIEF).await {
        tracing::debug!(%error, "no state after signing in");
    }
    Ok(me)
}

fn of_user(user: &enums::User) -> Option<Me> {
    let enums::User::User(user) = user else { return None };
    let names = [&user.first_name, &user.last_name];
    let names: Vec<&str> = names
        .into_iter()
        .flatten()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .collect();
    Some(Me { id: user.id, name: names.join(" "), phone: user.phone.clone().unwrap_or_default() })
}

/// Tells Telegram, where it can be told; forgets the session here in any case.
pub(super) async fn log_out(core: &Core) -> Result<()> {
    if core.session.me().is_some() {
        let goodbye = core.call(&functions::auth::LogOut {}, Care::BRIEF);
        match timeout(GOODBYE_LIMIT, goodbye).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "Telegram was not told of the sign-out"),
            Err(_) => tracing::warn!("Telegram was not told of the sign-out in time"),
        }
    }
    core.session.clear();
    *core.limits.lock().await = None;
    *core.steps.lock().await = Steps::Start;
    core.line.signed_out();
    // All keys are gone; so must be the connections that use them.
    core.line.start_over();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_where_the_code_went() {
        let told = describe(&types::auth::SentCode {
            r#type: types::auth::SentCodeTypeApp { length: 5 }.into(),
            phone_code_hash: "secret".into(),
            next_type: None,
            timeout: Some(60),
        });
        assert_eq!((told.length, told.resend_after), (5, Some(Duration::from_mins(1))));
        assert!(told.sent_where.contains("other devices"));
        assert!(!format!("{told:?}").contains("secret"));
    }
}
