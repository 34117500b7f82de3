//! Options of the sandbox: what it listens on, which accounts it has, how bad its line is and what goes wrong.
//! Parsing of single values for a command line or a test; no I/O.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

mod fault;
pub use fault::Fault;

/// Everything a sandbox is started with.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where the first data centre listens; port 0 picks one. The second takes another port of the same IP.
    pub listen: SocketAddr,
    /// The world's folder; made when missing.
    pub data: PathBuf,
    /// Where to say that it listens, and with which key.
    pub ready_file: Option<PathBuf>,
    /// Painted photographs of the first account.
    pub painted: Option<PaintedOptions>,
    /// Accounts to have; empty: those of the folder, or one with a default phone in a new world.
    pub accounts: Vec<AccountOption>,
    /// How good the line is.
    pub conditions: Conditions,
    /// What goes wrong.
    pub faults: Faults,
    /// Decides when chance strikes.
    pub fault_seed: u64,
}

/// Photographs painted on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaintedOptions {
    /// How many.
    pub photos: u64,
    /// Which ones.
    pub seed: u64,
}

/// An account the sandbox shall have.
#[derive(Clone)]
pub struct AccountOption {
    /// Phone number; only its digits count.
    pub phone: String,
    /// Second factor, if it has one.
    pub password: Option<String>,
}

impl fmt::Debug for AccountOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "…");
        f.debug_struct("AccountOption")
            .field("phone", &self.phone)
            .field("password", &password)
            .finish()
    }
}

/// How good the line is. Default: perfect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// Round trip: half of it delays each direction; it never serialises.
    pub rtt: Duration,
    /// Bytes per second of one connection, each direction for itself.
    pub connection_rate: Option<u64>,
    /// Bytes per second of all connections together, each direction for itself.
    pub line_rate: Option<u64>,
}

/// What goes wrong. Default: nothing. One field a fault; build one from single [`Fault`]s by `collect`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// `FLOOD_WAIT_n`.
    pub flood: Vec<FloodRule>,
    /// `FLOOD_PREMIUM_WAIT_n`.
    pub premium_wait: Vec<FloodRule>,
    /// Each request cuts its connection with this probability, before or after it is carried out.
    pub cut: f64,
    /// A connection is cut after it carried so many bytes, both directions together.
    pub cut_after: Option<u64>,
    /// The server salt changes after every so many requests.
    pub bad_salt_every: Option<u64>,
    /// An answer is replaced by garbage with this probability.
    pub garbage: f64,
    /// File references end after this time.
    pub expire_references: Option<Duration>,
    /// An acknowledged upload part is gone with this probability.
    pub lose_part: f64,
    /// Accounts live in the other data centre, and so do some of their files.
    pub migrate: bool,
    /// Differences answer "too long".
    pub too_long: bool,
    /// `updateChannelTooLong` carries a pts.
    pub too_long_pts: bool,
    /// Differences come in slices.
    pub sliced: bool,
    /// A pushed update is dropped with this probability.
    pub drop_hints: f64,
    /// A key is signed out after so many requests.
    pub revoke_after: Option<u64>,
    /// The first answer of each connection is this late.
    pub slow_first: Option<Duration>,
    /// `upload.getFileHashes` is unknown.
    pub no_hashes: bool,
}

/// Every `every`-th call of `method` by one user is refused for `seconds`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloodRule {
    /// Name as in TL: `messages.sendMedia`.
    pub method: String,
    /// Each so-many-th call starts a wait.
    pub every: u64,
    /// How long the wait is.
    pub seconds: u32,
}

/// A value that cannot be an option's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// No such fault.
    #[error("there is no fault called “{0}”; there are {names}", names = fault::NAMES.join(", "))]
    UnknownFault(String),
    /// The fault has no value, or another one.
    #[error("the fault “{name}” is written {form}")]
    Form {
        /// Its name.
        name: &'static str,
        /// How to write it.
        form: &'static str,
    },
    /// Not a phone number.
    #[error("“{0}” is no phone number: it takes 7 to 15 digits, for instance +9996621234")]
    Phone(String),
    /// A password that is there but empty.
    #[error("the password after “:” is empty; leave out the “:” for an account without one")]
    EmptyPassword,
    /// Not a rate.
    #[error(
        "“{0}” is no rate: a number of bytes per second above 0, for instance 8000000, 8000k or 8M"
    )]
    Rate(String),
}

impl FromStr for AccountOption {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        let (phone, password) = match text.split_once(':') {
            Some((_, "")) => return Err(OptionError::EmptyPassword),
            Some((phone, password)) => (phone, Some(password.to_owned())),
            None => (text, None),
        };
        if digits(phone).is_none() {
            return Err(OptionError::Phone(phone.to_owned()));
        }
        Ok(Self { phone: phone.trim().to_owned(), password })
    }
}

/// The digits of a phone number, which is all that counts of it; `None` when it cannot be one.
pub(crate) fn digits(phone: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.');
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    (phone.chars().all(plain) && (7..=15).contains(&digits.len())).then_some(digits)
}

/// Reads a rate in bytes per second; `k`, `M` and `G` are thousands, millions and billions.
pub fn parse_rate(text: &str) -> Result<u64, OptionError> {
    let wrong = || OptionError::Rate(text.to_owned());
    let (number, factor) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1_000),
        Some(b'M') => (&text[..text.len() - 1], 1_000_000),
        Some(b'G') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    let rate: u64 = number.parse().map_err(|_| wrong())?;
    rate.checked_mul(factor).filter(|rate| *rate > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts() {
        let account: AccountOption = "+999 66 2-1234:s:3".parse().unwrap();
        assert_eq!(
            (account.phone.as_str(), account.password.as_deref()),
            ("+999 66 2-1234", Some("s:3"))
        );
        assert_eq!(digits(&account.phone).as_deref(), Some("9996621234"));
        assert!(!format!("{account:?}").contains("s:3"));
        assert!("12".parse::<AccountOption>().is_err());
        assert!("+9996621234:".parse::<AccountOption>().is_err());
        assert!("+99966x1234".parse::<AccountOption>().is_err());
    }

    #[test]
    fn rates() {
        assert_eq!(parse_rate("8M"), Ok(8_000_000));
        assert_eq!(parse_rate("512"), Ok(512));
        for wrong in ["0", "", "M", "-1", "9999999999999999G"] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }
}
