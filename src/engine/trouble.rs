//! Errors of other rooms as sentences for people, with what can be done about them. Pure.

use std::sync::Arc;

use super::event::{Remedy, Trouble};
use super::runtime::{Crashed, now};
use super::{EngineError, fetch::FetchError};
use crate::pixels::PixelsError;
use crate::store::StoreError;
use crate::telegram::TelegramError;

impl Trouble {
    /// A trouble that nothing can be done about from here.
    pub(crate) fn plain(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), cause: None, remedy: Remedy::None }
    }

    /// A trouble that trying again may solve.
    pub(crate) fn retry(sentence: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self { sentence: sentence.into(), cause: Some(cause.to_string()), remedy: Remedy::Retry }
    }

    /// Says what was being done.
    pub(crate) fn while_doing(mut self, sentence: impl Into<String>) -> Self {
        let before = std::mem::replace(&mut self.sentence, sentence.into());
        self.cause = Some(match self.cause.take() {
            Some(cause) if cause != before => format!("{before} ({cause})"),
            _ => before,
        });
        self
    }
}

impl From<&TelegramError> for Trouble {
    fn from(error: &TelegramError) -> Self {
        let cause = Some(error.to_string());
        if error.is_signed_out() {
            let sentence = "Telegram has signed this device out".into();
            return Self { sentence, cause, remedy: Remedy::SignInAgain };
        }
        if let Some(wait) = error.wait() {
            let until = now().saturating_add(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX));
            let sentence = "Telegram asks to wait; it goes on by itself".into();
            return Self { sentence, cause, remedy: Remedy::WaitUntil(until) };
        }
        let sentence = if error.is_cut() {
            "The connection to Telegram breaks again and again"
        } else if error.is_offline() {
            "There is no connection to Telegram"
        } else {
            "Telegram did not do it"
        };
        Self { sentence: sentence.into(), cause, remedy: Remedy::Retry }
    }
}

impl From<&StoreError> for Trouble {
    fn from(error: &StoreError) -> Self {
        let (sentence, remedy) = match error {
            StoreError::Full { .. } => {
                ("The disk is full: make room and try again", Remedy::FreeSpace)
            }
            _ => ("The local store could not be used", Remedy::Retry),
        };
        Self { sentence: sentence.into(), cause: Some(error.to_string()), remedy }
    }
}

impl From<&PixelsError> for Trouble {
    fn from(error: &PixelsError) -> Self {
        const ELSEWHERE: &str = "The file itself is unharmed; open it with another program";
        const ANEW: &str = "Copy it anew from where it came";
        // What happened fits on a tile; what to do is read where there is more room.
        let (sentence, advice) = match error {
            PixelsError::NotAPicture => ("This file is not a picture".to_owned(), None),
            PixelsError::Unsupported { format } => {
                (format!("{format} cannot be decoded yet"), Some(ELSEWHERE.to_owned()))
            }
            PixelsError::NotBuiltIn { format } => {
                (format!("{format} is not built in"), Some(ELSEWHERE.to_owned()))
            }
            PixelsError::NoPreview => {
                ("This raw file holds no picture".to_owned(), Some(ELSEWHERE.to_owned()))
            }
            PixelsError::EndsEarly => ("The file ends too early".to_owned(), Some(ANEW.to_owned())),
            PixelsError::Broken => ("The picture is damaged".to_owned(), Some(ANEW.to_owned())),
            PixelsError::TooLarge { size } => {
                let (width, height) = (size.width, size.height);
                let advice =
                    format!("It has {width} × {height} pixels; open it with another program");
                ("Too large to be shown here".to_owned(), Some(advice))
            }
            PixelsError::NotEncodable { .. } => {
                ("This picture cannot be shown".to_owned(), Some(error.to_string()))
            }
        };
        Self { sentence, cause: advice, remedy: Remedy::None }
    }
}

impl From<Crashed> for Trouble {
    fn from(error: Crashed) -> Self {
        Self::retry("This picture cannot be shown", error)
    }
}

impl From<&Arc<StoreError>> for Trouble {
    fn from(error: &Arc<StoreError>) -> Self {
        Self::from(&**error)
    }
}

impl From<&FetchError> for Trouble {
    fn from(error: &FetchError) -> Self {
        match error {
            FetchError::Telegram(error) => error.into(),
            FetchError::Store(error) => error.into(),
            other => Self::retry("This photo could not be fetched", other),
        }
    }
}

impl From<&EngineError> for Trouble {
    fn from(error: &EngineError) -> Self {
        match error {
            EngineError::Telegram(error) | EngineError::SignIn(error) => error.into(),
            EngineError::Store(error) => error.into(),
            EngineError::NotSignedIn => Self {
                sentence: "Telegram has signed this device out".into(),
                cause: None,
                remedy: Remedy::SignInAgain,
            },
            EngineError::NoConnection(cause) => {
                Self::retry("There is no connection to Telegram", cause)
            }
            other => Self::retry(other.to_string(), ""),
        }
        .without_empty_cause()
    }
}

impl Trouble {
    fn without_empty_cause(mut self) -> Self {
        self.cause = self.cause.filter(|cause| !cause.is_empty());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_picture_for_good_is_said_shortly_and_not_tried_again() {
        let errors = [
            (PixelsError::NotBuiltIn { format: "HEIC" }, "HEIC is not built in"),
            (PixelsError::EndsEarly, "The file ends too early"),
            (PixelsError::Broken, "The picture is damaged"),
        ];
        for (error, sentence) in errors {
            let trouble = Trouble::from(&error);
            assert_eq!(trouble.sentence, sentence);
            assert!(trouble.cause.is_some(), "what to do: {trouble:?}");
            assert!(!trouble.remedy.is_another_try());
        }
        assert!(Trouble::retry("It failed", "no answer").remedy.is_another_try());
    }
}
