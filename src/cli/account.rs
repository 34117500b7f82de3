//! `login`, `logout`, `whoami`.

use std::sync::Arc;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::config::{ApiCredentials, Config, Server};
use crate::engine::{EngineError, Headless};

use super::arguments::LoginArguments;
use super::failure::{CliError, Exit};
use super::interrupt::Interrupt;
use super::output::Output;
use super::secrets::Answers;
use super::text::{masked, printable};

/// How often a person may mistype a code or a password in one go.
const TRIES: usize = 3;

#[derive(Serialize)]
struct Who<'a> {
    id: i64,
    name: &'a str,
    phone: String,
}

#[derive(Serialize)]
struct Done {
    ok: bool,
}

pub(super) fn whoami(engine: &Headless, output: &mut Output) -> Result<(), CliError> {
    let me = engine.whoami()?;
    show(output, "Signed in as", me.id, &me.name, &me.phone);
    Ok(())
}

pub(super) fn logout(engine: &Headless, output: &mut Output) -> Result<(), CliError> {
    engine.log_out()?;
    output.object(&Done { ok: true });
    output.answer("Signed out. The session is ended at Telegram and forgotten here.");
    Ok(())
}

pub(super) fn login(
    arguments: &LoginArguments,
    config: Config,
    output: &mut Output,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    let mut answers = Answers::new(arguments.stdin, interrupt)?;
    interrupt.at_once("`heliogram login` begins anew.");
    let config = with_api(config, &mut answers)?;
    config.claim()?;
    let engine = Headless::open(Arc::new(config))?;
    match engine.whoami() {
        Ok(me) => {
            show(output, "Already signed in as", me.id, &me.name, &me.phone);
            return Ok(());
        }
        Err(error) if error.exit_code() == Exit::NotSignedIn as u8 => {}
        Err(error) => return Err(error.into()),
    }
    let phone = match &arguments.phone {
        Some(phone) => Some(phone.clone()),
        None => answers.visible("Phone number with country code: ")?,
    };
    let phone =
        phone.filter(|phone| phone.chars().any(|c| c.is_ascii_digit())).ok_or_else(|| {
            CliError::Usage("A phone number is needed: --phone +491701234567.".to_owned())
        })?;
    let sent = engine.send_code(&phone)?;
    output.note(&format!("Telegram has sent a code {}.", sent.sent_where));
    let ask = match sent.length {
        0 => "Code: ".to_owned(),
        digits => format!("Code ({digits} digits): "),
    };
    let me = repeated(&mut answers, output, &ask, |code| engine.sign_in(code))?;
    let me = match me {
        Some(me) => me,
        None => password(&mut answers, output, |password| engine.check_password(password))?,
    };
    show(output, "Signed in as", me.id, &me.name, &me.phone);
    Ok(())
}

/// The second step where the account has a password; an empty line answers that there is none.
fn password<T>(
    answers: &mut Answers<'_>,
    output: &mut Output,
    check: impl Fn(Zeroizing<String>) -> Result<T, EngineError>,
) -> Result<T, CliError> {
    let attempt = |password: Zeroizing<String>| {
        if password.is_empty() { Ok(None) } else { check(password).map(Some) }
    };
    repeated(answers, output, "Password: ", attempt)?.ok_or_else(|| {
        CliError::NotSignedIn(
            "This account has a password. Run `heliogram login` again and type it, or write it to \
             the second line of standard input."
                .to_owned(),
        )
    })
}

/// Asks, and lets a person try again when the answer was refused.
fn repeated<T>(
    answers: &mut Answers<'_>,
    output: &mut Output,
    question: &str,
    mut attempt: impl FnMut(Zeroizing<String>) -> Result<T, EngineError>,
) -> Result<T, CliError> {
    let tries = if answers.is_person() { TRIES } else { 1 };
    for left in (0..tries).rev() {
        let refused = match attempt(answers.secret(question)?) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let hopeless = [Exit::Offline as u8, Exit::Store as u8].contains(&refused.exit_code());
        if left == 0 || hopeless {
            return Err(refused.into());
        }
        output.note(&refused.to_string());
    }
    Err(CliError::NotSignedIn("Nobody is signed in. Run `heliogram login` again.".to_owned()))
}

/// Telegram's own servers ask every program for an id; another endpoint takes any.
fn with_api(mut config: Config, answers: &mut Answers<'_>) -> Result<Config, CliError> {
    if matches!(config.server, Server::Custom(_)) || config.api.is_some() {
        return Ok(config);
    }
    let needed = || {
        CliError::Usage(
            "Telegram asks every program for an api_id and an api_hash; this build has none. Get \
             yours at https://my.telegram.org (API development tools) and run `heliogram login` on \
             a terminal once: it asks for them and keeps them. For a script set HELIOGRAM_API_ID \
             and HELIOGRAM_API_HASH."
                .to_owned(),
        )
    };
    if !answers.is_person() {
        return Err(needed());
    }
    let id = answers.visible("api_id, a number from https://my.telegram.org: ")?;
    let id = id.and_then(|id| id.parse().ok()).filter(|id: &i32| *id > 0).ok_or_else(needed)?;
    let hash = answers.secret("api_hash, from the same page: ")?;
    let api = ApiCredentials { id, hash: String::clone(&hash) };
    config.remember_api(api.clone())?;
    config.api = Some(api);
    Ok(config)
}

fn show(output: &mut Output, verb: &str, id: i64, name: &str, phone: &str) {
    let phone = masked(phone);
    output.answer(&format!("{verb} {} ({phone}).", printable(name)));
    output.object(&Who { id, name, phone });
}
