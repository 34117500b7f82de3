//! `api_id` and `api_hash` of my.telegram.org: what the program shows to Telegram.
//!
//! Pure: the environment comes in as a function.

use std::fmt;

use super::ConfigError;

const ID: &str = "HELIOGRAM_API_ID";
const HASH: &str = "HELIOGRAM_API_HASH";

/// `api_id` and `api_hash` of my.telegram.org.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiCredentials {
    /// `api_id`, positive.
    pub id: i32,
    /// `api_hash`: 32 hexadecimal digits; never shown and never logged.
    pub hash: String,
}

impl fmt::Debug for ApiCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiCredentials").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ApiCredentials {
    /// What is wrong with them, if anything.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.id <= 0 {
            Some("the API id is a positive number; my.telegram.org shows it")
        } else if self.hash.len() != 32 || !self.hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            Some("the API hash has 32 hexadecimal digits; my.telegram.org shows it")
        } else {
            None
        }
    }
}

/// The environment overrides the file; what was given when the program was built comes last.
pub(super) fn find(
    file: Option<ApiCredentials>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<ApiCredentials>, ConfigError> {
    let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let given = pair(set(ID), set(HASH))?;
    let built_in = || pair(option_env!("HELIOGRAM_API_ID"), option_env!("HELIOGRAM_API_HASH"));
    match given.or(file) {
        Some(api) => Ok(Some(api)),
        None => built_in(),
    }
}

fn pair<T: AsRef<str>>(
    id: Option<T>,
    hash: Option<T>,
) -> Result<Option<ApiCredentials>, ConfigError> {
    let wrong = |variable, problem| ConfigError::Environment { variable, problem };
    let (id, hash) = match (id, hash) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(wrong(ID, "is missing; the API hash is set without it")),
        (Some(_), None) => return Err(wrong(HASH, "is missing; the API id is set without it")),
        (Some(id), Some(hash)) => (id, hash),
    };
    let not_a_number = wrong(ID, "is not a positive number");
    let id = id.as_ref().trim().parse().ok().filter(|id| *id > 0).ok_or(not_a_number)?;
    let api = ApiCredentials { id, hash: hash.as_ref().trim().to_owned() };
    match api.problem() {
        None => Ok(Some(api)),
        Some(_) => Err(wrong(HASH, "does not have 32 hexadecimal digits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "0123456789abcdef0123456789abcdef";

    fn found(id: &str, hash: &str) -> Result<Option<ApiCredentials>, ConfigError> {
        let file = ApiCredentials { id: 1, hash: GOOD.to_owned() };
        find(Some(file), &|name| Some(if name == ID { id } else { hash }.to_owned()))
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        assert_eq!(found("7", GOOD).unwrap().unwrap().id, 7);
        assert_eq!(found("", " ").unwrap().unwrap().id, 1);
    }

    #[test]
    fn half_or_wrong_is_an_error_that_does_not_show_the_hash() {
        for (id, hash) in [("7", ""), ("", GOOD), ("seven", GOOD), ("-7", GOOD), ("7", "deadbeef")]
        {
            let error = found(id, hash).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains("HELIOGRAM_API_"), "{text}");
            assert!(!text.contains("deadbeef") && !text.contains(GOOD), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_hash() {
        let api = ApiCredentials { id: 1, hash: GOOD.to_owned() };
        assert!(!format!("{api:?}").contains("0123"));
    }
}
