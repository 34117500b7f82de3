//! Who is signed in, as far as the engine remembers it on this machine: name and masked phone
//! number, so that the gallery opens without a line. No key, no number. Small files on plain or
//! pool threads.

use std::path::{Path, PathBuf};

use crate::platform::fs;
use crate::telegram::Me;

/// More than any name and number.
const LARGEST: u64 = 64 << 10;

/// A name and a phone number of which the last two digits are legible.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) phone_masked: String,
}

impl From<&Me> for Account {
    fn from(me: &Me) -> Self {
        Self { id: me.id, name: me.name.clone(), phone_masked: masked(&me.phone) }
    }
}

impl Account {
    fn path(data: &Path) -> PathBuf {
        data.join("account.json")
    }

    /// Who was signed in last.
    pub(crate) fn remembered(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read_up_to(&Self::path(data), LARGEST).ok()??).ok()
    }

    /// Remembers; best effort.
    pub(crate) fn remember(&self, data: &Path) {
        if let Err(error) = self.write(data) {
            tracing::warn!(%error, "the account's name could not be remembered");
        }
    }

    /// Whole or not at all: half a record would not tell any more whose the home is.
    fn write(&self, data: &Path) -> std::io::Result<()> {
        fs::write_whole(&Self::path(data), &serde_json::to_vec(self)?)
    }

    /// Forgets; nothing to forget is fine.
    pub(crate) fn forget(data: &Path) {
        drop(std::fs::remove_file(Self::path(data)));
        drop(std::fs::remove_file(Self::left_path(data)));
    }

    fn left_path(data: &Path) -> PathBuf {
        data.join("left.json")
    }

    /// Forgets all but whose the uploads are that are left here.
    pub(crate) fn leave(data: &Path) -> std::io::Result<()> {
        if let Some(Self { id, .. }) = Self::remembered(data) {
            fs::write_whole(&Self::left_path(data), &serde_json::to_vec(&id)?)?;
        }
        drop(std::fs::remove_file(Self::path(data)));
        Ok(())
    }

    /// Whose this home is: the account that was signed in last, or that left uploads here.
    pub(crate) fn owner(data: &Path) -> Option<i64> {
        let left = || {
            let bytes = fs::read_up_to(&Self::left_path(data), LARGEST).ok()??;
            serde_json::from_slice(&bytes).ok()
        };
        Self::remembered(data).map(|account| account.id).or_else(left)
    }
}

/// `+•••••••••42`: all digits but the last two hidden.
pub(crate) fn masked(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let hidden = digits.len().saturating_sub(2);
    let dots = std::iter::repeat_n('•', hidden);
    std::iter::once('+').chain(dots).chain(digits[hidden..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_legible() {
        assert_eq!(masked("+99966 12342"), "+••••••••42");
        assert_eq!(masked("7"), "+7");
        assert_eq!(masked(""), "+");
    }

    #[test]
    fn an_account_is_remembered_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let me = Me { id: 5, name: "Ada".into(), phone: "9996600042".into() };
        let account = Account::from(&me);
        assert_eq!(Account::remembered(folder.path()), None);
        account.remember(folder.path());
        assert_eq!(Account::remembered(folder.path()), Some(account));
        assert_eq!(Account::owner(folder.path()), Some(5));
        Account::leave(folder.path()).unwrap();
        assert_eq!(Account::remembered(folder.path()), None, "nobody is signed in");
        assert_eq!(Account::owner(folder.path()), Some(5));
        let left = std::fs::read_to_string(folder.path().join("left.json")).unwrap();
        assert_eq!(left, "5", "neither name nor number");
        Account::forget(folder.path());
        assert_eq!(Account::owner(folder.path()), None);
    }
}
