//! What to do after a failed try: a pure judgement. The pool's own policy is not used, because
//! its retries stay with a runner that may be dead, and sleep where nobody can see it.

use std::time::Duration;

use grammers_mtsender::InvocationError;

/// How a call wants to be treated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Care {
    /// Whether doing it twice is the same as doing it once.
    pub(super) repeatable: bool,
    /// How long a dead line is tried again.
    pub(super) patience: Duration,
    /// The longest wait of Telegram's that is waited out inside.
    pub(super) allowance: Duration,
}

impl Care {
    /// Calls somebody waits for.
    pub(super) const USUAL: Self = Self {
        repeatable: true,
        patience: Duration::from_secs(12),
        allowance: Duration::from_mins(1),
    };
    /// Calls that would do it again.
    pub(super) const ONCE: Self = Self { repeatable: false, ..Self::USUAL };
    /// Calls whose answer is nice to have.
    pub(super) const BRIEF: Self = Self {
        repeatable: true,
        patience: Duration::from_secs(3),
        allowance: Duration::from_secs(2),
    };
}

/// What happened to the latest try.
pub(super) struct Trial<'a> {
    pub(super) error: &'a InvocationError,
    /// Tries so far, this one included.
    pub(super) tries: u32,
    /// Since the first failure.
    pub(super) since: Duration,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The same again after a pause.
    Again(Duration),
    /// Telegram asks this method to rest.
    Rest(Duration),
    /// The account lives in another data centre.
    MoveHome(i32),
    /// The server does not know our key; agree on a new one.
    NewKey,
    /// It may have been done; nobody knows.
    Lost,
    /// It failed.
    Fail,
}

/// How often a server's own trouble is tried again.
const SERVER_TRIES: u32 = 5;

/// Judges a failed try.
pub(super) fn judge(care: Care, trial: &Trial<'_>) -> Verdict {
    match trial.error {
        InvocationError::Rpc(error) => judge_rpc(care, trial.tries, error),
        // Only a custom server's key is ever exchanged by us alone; the pool tries, and fails,
        // when the server has forgotten it.
        InvocationError::Authentication(_) if trial.tries < 3 => Verdict::NewKey,
        InvocationError::Io(_)
        | InvocationError::Dropped(_)
        | InvocationError::Transport(_)
        | InvocationError::Deserialize(_) => {
            let pause = pause(trial.tries);
            if !care.repeatable {
                Verdict::Lost
            } else if trial.since + pause <= care.patience {
                Verdict::Again(pause)
            } else {
                Verdict::Fail
            }
        }
        InvocationError::Authentication(_)
        | InvocationError::InvalidDc
        | InvocationError::Session(_) => Verdict::Fail,
    }
}

fn judge_rpc(care: Care, tries: u32, error: &grammers_mtsender::RpcError) -> Verdict {
    match (error.code, error.name.as_str(), error.value) {
        (420, _, wait) => Verdict::Rest(Duration::from_secs(u64::from(wait.unwrap_or(1)))),
        // <https://core.telegram.org/api/errors#303-see-other>; FILE_MIGRATE and STATS_MIGRATE
        // concern one call, not the account.
        (303, "PHONE_MIGRATE" | "NETWORK_MIGRATE" | "USER_MIGRATE", Some(dc)) if tries < 4 => {
            i32::try_from(dc).map_or(Verdict::Fail, Verdict::MoveHome)
        }
        // Asked to be restarted, and nothing was done.
        (500, "AUTH_RESTART", _) | (400, "MSG_WAIT_FAILED" | "CONNECTION_NOT_INITED", _)
            if tries < SERVER_TRIES =>
        {
            Verdict::Again(pause(tries))
        }
        (code, name, _) if is_server_trouble(code, name) => {
            if care.repeatable && tries < SERVER_TRIES {
                Verdict::Again(pause(tries).max(Duration::from_millis(400)))
            } else {
                Verdict::Fail
            }
        }
        _ => Verdict::Fail,
    }
}

/// 5xx, and −503 for a time-out inside; but not the answer that it was done before, which
/// Telegram gives with 500 too. <https://core.telegram.org/method/messages.sendMedia>
pub(super) fn is_server_trouble(code: i32, name: &str) -> bool {
    !(0..500).contains(&code) && name != "RANDOM_ID_DUPLICATE"
}

/// 0.1 s, 0.2 s, … 3.2 s.
pub(super) fn pause(tries: u32) -> Duration {
    Duration::from_millis(100 << tries.saturating_sub(1).min(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpc(code: i32, text: &str) -> InvocationError {
        let error =
            grammers_tl_types::types::RpcError { error_code: code, error_message: text.into() };
        InvocationError::Rpc(error.into())
    }

    fn after(care: Care, error: &InvocationError, tries: u32, seconds: u64) -> Verdict {
        judge(care, &Trial { error, tries, since: Duration::from_secs(seconds) })
    }

    #[test]
    fn a_dead_line_is_tried_until_patience_ends() {
        let dead = InvocationError::Dropped("gone");
        assert!(matches!(after(Care::USUAL, &dead, 1, 0), Verdict::Again(_)));
        assert_eq!(after(Care::USUAL, &dead, 9, 12), Verdict::Fail);
        assert_eq!(after(Care::ONCE, &dead, 1, 0), Verdict::Lost);
    }

    #[test]
    fn waits_migrations_and_refusals_differ() {
        let rest = Verdict::Rest(Duration::from_secs(31));
        assert_eq!(after(Care::ONCE, &rpc(420, "FLOOD_WAIT_31"), 1, 0), rest);
        assert_eq!(after(Care::USUAL, &rpc(303, "PHONE_MIGRATE_4"), 1, 0), Verdict::MoveHome(4));
        assert_eq!(after(Care::USUAL, &rpc(303, "FILE_MIGRATE_4"), 1, 0), Verdict::Fail);
        assert_eq!(after(Care::USUAL, &rpc(400, "CHANNEL_INVALID"), 1, 0), Verdict::Fail);
        assert!(matches!(after(Care::USUAL, &rpc(500, "RPC_CALL_FAIL"), 1, 0), Verdict::Again(_)));
        let done = rpc(500, "RANDOM_ID_DUPLICATE");
        assert_eq!(after(Care::USUAL, &done, 1, 0), Verdict::Fail);
        assert_eq!(after(Care::USUAL, &rpc(-503, "Timeout"), SERVER_TRIES, 0), Verdict::Fail);
        assert_eq!(after(Care::ONCE, &rpc(500, "RPC_CALL_FAIL"), 1, 0), Verdict::Fail);
    }
}
