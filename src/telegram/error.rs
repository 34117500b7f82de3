//! What can go wrong between us and Telegram, in sentences for people, with questions for the
//! engine. No thread, no I/O. No secret ever enters an error.

use std::time::Duration;

use grammers_mtsender::{InvocationError, RpcError};

/// Why something could not be done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TelegramError {
    /// The line is down or the server does not answer.
    #[error("Telegram cannot be reached ({why}). It is tried again by itself.")]
    Offline {
        /// What the system said.
        why: String,
    },
    /// The line is there, but breaks each time before so much has passed: less may.
    #[error("The connection breaks each time before {bytes} bytes have passed ({why}).")]
    Cut {
        /// Bytes of the call.
        bytes: usize,
        /// How it broke last.
        why: String,
    },
    /// Nobody is signed in, or the session was ended elsewhere.
    #[error("You are not signed in to Telegram. Sign in to go on.")]
    SignedOut {
        /// The error name that told so; empty when no server had to be asked.
        name: String,
    },
    /// Telegram asks to wait longer than the caller can.
    #[error("Telegram asks to wait {} before {method} is called again.", spoken(*.wait))]
    Wait {
        /// The method that must rest.
        method: &'static str,
        /// How long.
        wait: Duration,
        /// The error name that told so.
        name: String,
    },
    /// Telegram refused a call.
    #[error("{}", sentence(.name, .method))]
    Refused {
        /// Number of the kind of error, as in HTTP.
        code: i32,
        /// Name without numbers.
        name: String,
        /// The number that was in the name.
        value: Option<u32>,
        /// The method that was refused.
        method: &'static str,
    },
    /// The connection broke while a call that must not be repeated was under way.
    #[error(
        "The connection broke while Telegram was working on it ({method}). Look whether it was done, then try again."
    )]
    Lost {
        /// The method whose answer was lost.
        method: &'static str,
    },
    /// The server answered something that makes no sense.
    #[error(
        "The server answered {method} with something unexpected: {what}. An update of Heliogram may help."
    )]
    Unexpected {
        /// The method.
        method: &'static str,
        /// What was unexpected about it.
        what: String,
    },
    /// A title that Telegram would refuse.
    #[error("An album's title has 1 to 128 characters.")]
    Title,
    /// Called in the wrong order.
    #[error("Ask for a login code first.")]
    NoCodeAsked,
    /// The saved session cannot be used.
    #[error("The saved session cannot be used: {why}.")]
    Session {
        /// Why.
        why: String,
    },
    /// The endpoint makes no sense.
    #[error("The server's description cannot be used: {why}.")]
    Endpoint {
        /// Why.
        why: String,
    },
    /// The key exchange failed a check.
    #[error(
        "No safe connection could be made to the server: {why}. It may not be the server that it claims to be."
    )]
    Unsafe {
        /// Which check failed.
        why: String,
    },
}

/// This room's results.
pub type Result<T> = std::result::Result<T, TelegramError>;

impl TelegramError {
    /// The line is down, or the server does not answer: it may work later by itself.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Offline { .. } | Self::Cut { .. })
    }

    /// The line broke each time before the call had passed, and no other has: a shorter one may.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Cut { .. })
    }

    /// The session is not (or no longer) signed in.
    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::SignedOut { .. })
    }

    /// Telegram asks to wait. Only returned where the wait is longer than the caller allows;
    /// short ones are waited out inside.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Wait { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// The error name Telegram gave (`FILE_REFERENCE_EXPIRED`), without numbers.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Refused { name, .. } | Self::Wait { name, .. } => Some(name),
            Self::SignedOut { name } if !name.is_empty() => Some(name),
            _ => None,
        }
    }

    /// For `FILE_PART_n_MISSING`: n.
    pub fn missing_part(&self) -> Option<u32> {
        match self {
            Self::Refused { name, value, .. } if name == "FILE_PART_MISSING" => *value,
            _ => None,
        }
    }

    /// The connection broke during a call that must not be repeated blindly.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// Whether Telegram refused with this name.
    pub(super) fn is(&self, wanted: &str) -> bool {
        self.name() == Some(wanted)
    }

    pub(super) fn unexpected(method: &'static str, what: impl Into<String>) -> Self {
        Self::Unexpected { method, what: what.into() }
    }

    /// An error of the protocol, whose method must not be waited for any longer.
    pub(super) fn from_rpc(error: RpcError, method: &'static str) -> Self {
        if error.code == 420 {
            let wait = Duration::from_secs(u64::from(error.value.unwrap_or(1)));
            return Self::Wait { method, wait, name: error.name };
        }
        if ends_session(error.code, &error.name) {
            return Self::SignedOut { name: error.name };
        }
        Self::Refused { code: error.code, name: error.name, value: error.value, method }
    }

    /// An error of grammers, after every retry.
    pub(super) fn from_invocation(error: InvocationError, method: &'static str) -> Self {
        match error {
            InvocationError::Rpc(error) => Self::from_rpc(error, method),
            InvocationError::Io(error) => Self::Offline { why: error.to_string() },
            InvocationError::Transport(error) => Self::Offline { why: error.to_string() },
            InvocationError::Dropped(_) => Self::Offline { why: "the connection broke".into() },
            InvocationError::Deserialize(error) => Self::unexpected(method, error.to_string()),
            InvocationError::InvalidDc => {
                Self::unexpected(method, "it belongs to a data centre whose address is not known")
            }
            InvocationError::Session(error) => Self::Session { why: error.to_string() },
            InvocationError::Authentication(error) => Self::Unsafe { why: error.to_string() },
        }
    }
}

/// Whether an error says that this authorisation is over.
/// <https://core.telegram.org/api/errors#401-unauthorized>
pub(super) fn ends_session(code: i32, name: &str) -> bool {
    match code {
        401 => name != "SESSION_PASSWORD_NEEDED",
        406 => name == "AUTH_KEY_DUPLICATED",
        _ => false,
    }
}

/// `75 s` → "1 min 15 s".
fn spoken(wait: Duration) -> String {
    let seconds = wait.as_secs().max(1);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// What people can do about a refusal.
fn sentence(name: &str, method: &str) -> String {
    let known = match name {
        "PHONE_NUMBER_INVALID" => {
            "This telephone number is not valid. Write it with its country code, like +44 20 …"
        }
        "PHONE_NUMBER_BANNED" => "Telegram has banned this telephone number.",
        "PHONE_NUMBER_FLOOD" | "PHONE_PASSWORD_FLOOD" => {
            "Too many attempts with this telephone number. Try again in a day."
        }
        "PHONE_NUMBER_UNOCCUPIED" => {
            "No account has this telephone number. Make one in an official Telegram app first."
        }
        "PHONE_CODE_INVALID" | "PHONE_CODE_EMPTY" => {
            "This code is not the one that was sent. Look again and retype it."
        }
        "PHONE_CODE_EXPIRED" | "PHONE_CODE_HASH_EMPTY" => {
            "This code has expired. Ask for a new one."
        }
        "PASSWORD_HASH_INVALID" => "This is not the account's password. Try again.",
        "API_ID_INVALID" | "API_ID_PUBLISHED_FLOOD" => {
            "Telegram does not accept this api_id and api_hash. Make your own at my.telegram.org."
        }
        "CHANNELS_TOO_MUCH" => {
            "The account is in too many channels. Leave some, then create the album again."
        }
        "USER_RESTRICTED" => "Telegram has restricted this account; it cannot create albums now.",
        "CHANNEL_PRIVATE" | "CHANNEL_INVALID" => "This album is gone, or no longer yours.",
        "MESSAGE_DELETE_FORBIDDEN" => "Telegram does not let you delete this message.",
        "CHAT_ADMIN_REQUIRED" | "CHAT_WRITE_FORBIDDEN" => "You may not change this album.",
        "MEDIA_CAPTION_TOO_LONG" => "The caption is too long. Shorten it.",
        "FILE_PARTS_INVALID" => "The file is larger than Telegram allows for this account.",
        "FILE_REFERENCE_EXPIRED" | "FILE_REFERENCE_INVALID" | "FILE_REFERENCE_EMPTY" => {
            "Telegram's permit to download this file has expired; it has to be renewed."
        }
        "FILE_PART_MISSING" => "Telegram has lost a part of the file; it has to be sent again.",
        "PHOTO_INVALID_DIMENSIONS" | "IMAGE_PROCESS_FAILED" | "PHOTO_SAVE_FILE_INVALID" => {
            "Telegram cannot compress this picture. Send it as a file."
        }
        _ => "",
    };
    if known.is_empty() { format!("Telegram refused {method}: {name}.") } else { known.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpc(code: i32, message: &str) -> TelegramError {
        let error = grammers_tl_types::types::RpcError {
            error_code: code,
            error_message: message.to_owned(),
        };
        TelegramError::from_rpc(error.into(), "messages.sendMedia")
    }

    #[test]
    fn questions_find_their_answers() {
        assert_eq!(rpc(400, "FILE_PART_7_MISSING").missing_part(), Some(7));
        assert_eq!(rpc(400, "FILE_PART_0_MISSING").missing_part(), Some(0));
        assert_eq!(rpc(420, "FLOOD_PREMIUM_WAIT_31").wait(), Some(Duration::from_secs(31)));
        assert_eq!(rpc(420, "SLOWMODE_WAIT_3").name(), Some("SLOWMODE_WAIT"));
        assert!(rpc(401, "SESSION_REVOKED").is_signed_out());
        assert!(!rpc(401, "SESSION_PASSWORD_NEEDED").is_signed_out());
        assert!(rpc(406, "AUTH_KEY_DUPLICATED").is_signed_out());
        assert_eq!(rpc(400, "RANDOM_ID_DUPLICATE").name(), Some("RANDOM_ID_DUPLICATE"));
    }

    #[test]
    fn waits_are_spoken() {
        assert_eq!(spoken(Duration::from_secs(75)), "1 min 15 s");
        assert_eq!(spoken(Duration::from_mins(121)), "2 h 1 min");
        assert_eq!(spoken(Duration::ZERO), "1 s");
    }
}
