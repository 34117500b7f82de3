//! What the user chose, with its defaults and the ranges that make sense.
//!
//! Plain data. How it is written down is `app_file`'s business.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What the user chose; every field has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `light`, `dark` or `system`.
    pub theme: String,
    /// How much disk thumbnails may take, bytes.
    pub thumbnail_budget_bytes: u64,
    /// How much disk originals may take, bytes.
    pub original_budget_bytes: u64,
    /// How many connections may carry parts of files at the same time.
    pub max_connections: u8,
    /// Reading capture dates from photos that somebody else sent.
    pub dates: Dates,
    /// Sending files.
    pub uploads: Uploads,
}

/// How files are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Uploads {
    /// Whether the computer is kept from falling asleep while files are going out.
    pub stay_awake: bool,
    /// Whether the system notifies when all is sent, or something needs attention.
    pub notify: bool,
    /// One part at a time, so that others on the line notice little.
    pub gentle: bool,
    /// What is done while the line is paid for by what goes over it.
    pub on_metered: OnMetered,
    /// Whether the window asks how to send files, not folders alone.
    pub always_ask: bool,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            stay_awake: true,
            notify: true,
            gentle: false,
            on_metered: OnMetered::Go,
            always_ask: false,
        }
    }
}

/// What is done with files to send while the system says that the line is metered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnMetered {
    /// They go out as ever: somebody has asked for it.
    Go,
    /// One part at a time.
    Gentle,
    /// They wait for another line.
    Pause,
}

/// How capture dates are read in the background from the heads of originals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dates {
    /// Whether heads are read at all.
    pub read_heads: bool,
    /// How much may be read on a day, and after each start, MiB.
    pub cap_megabytes: u64,
}

impl Default for Dates {
    fn default() -> Self {
        Self { read_heads: true, cap_megabytes: 1024 }
    }
}

impl Dates {
    /// What `cap_megabytes` may be.
    pub const CAP: RangeInclusive<u64> = 1..=1_000_000;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: "dark".to_owned(),
            thumbnail_budget_bytes: 2 * GIB,
            original_budget_bytes: 10 * GIB,
            max_connections: 8,
            dates: Dates::default(),
            uploads: Uploads::default(),
        }
    }
}

impl Settings {
    /// What `theme` may be.
    pub const THEMES: [&str; 3] = ["light", "dark", "system"];
    /// What `thumbnail_budget_bytes` may be.
    pub const THUMBNAIL_BUDGET: RangeInclusive<u64> = 16 * MIB..=1024 * GIB;
    /// What `original_budget_bytes` may be.
    pub const ORIGINAL_BUDGET: RangeInclusive<u64> = 64 * MIB..=65_536 * GIB;
    /// What `max_connections` may be.
    pub const CONNECTIONS: RangeInclusive<u8> = 1..=16;

    /// The first key whose value makes no sense, with the sentence that says what would.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        if !Self::THEMES.contains(&self.theme.as_str()) {
            return Some(("theme", "theme is one of \"light\", \"dark\", \"system\"".to_owned()));
        }
        let connections = RangeInclusive::new(
            u64::from(*Self::CONNECTIONS.start()),
            u64::from(*Self::CONNECTIONS.end()),
        );
        [
            ("thumbnail_budget_bytes", self.thumbnail_budget_bytes, Self::THUMBNAIL_BUDGET),
            ("original_budget_bytes", self.original_budget_bytes, Self::ORIGINAL_BUDGET),
            ("max_connections", u64::from(self.max_connections), connections),
            ("cap_megabytes", self.dates.cap_megabytes, Dates::CAP),
        ]
        .into_iter()
        .find(|(_, value, range)| !range.contains(value))
        .map(|(key, _, range)| {
            (key, format!("{key} is a number from {} to {}", range.start(), range.end()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_their_ranges() {
        assert_eq!(Settings::default().problem(), None);
    }

    #[test]
    fn each_key_is_checked() {
        let good = Settings::default();
        for (bad, key) in [
            (Settings { theme: "blue".to_owned(), ..good.clone() }, "theme"),
            (Settings { thumbnail_budget_bytes: 1, ..good.clone() }, "thumbnail_budget_bytes"),
            (Settings { original_budget_bytes: u64::MAX, ..good.clone() }, "original_budget_bytes"),
            (Settings { max_connections: 0, ..good.clone() }, "max_connections"),
            (
                Settings { dates: Dates { cap_megabytes: 0, ..Dates::default() }, ..good.clone() },
                "cap_megabytes",
            ),
        ] {
            assert_eq!(bad.problem().unwrap().0, key);
        }
    }
}
