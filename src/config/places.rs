//! Where configuration, data, cache and log files live.
//!
//! Paths only; no folder is made here.

use std::path::{Path, PathBuf};

/// Where things live. All under one folder with `--home`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `app.toml`.
    pub config: PathBuf,
    /// What cannot be fetched again: session, journal, which server the home belongs to.
    pub data: PathBuf,
    /// What may be deleted at any time: library, thumbnails, originals.
    pub cache: PathBuf,
    /// Log files.
    pub logs: PathBuf,
}

impl Places {
    /// The platform's places; `None` where the user has no home folder.
    pub fn of_platform() -> Option<Self> {
        let places = directories::ProjectDirs::from("", "", "heliogram")?;
        // Never the roaming profile of Windows: databases and sessions belong to one machine.
        let data = places.data_local_dir().to_path_buf();
        Some(Self {
            config: places.config_dir().to_path_buf(),
            cache: places.cache_dir().to_path_buf(),
            logs: places.state_dir().unwrap_or(&data).join("logs"),
            data,
        })
    }

    /// `--home DIR`: `DIR/config`, `DIR/data`, `DIR/cache`, `DIR/logs`; absolute, so that they stay
    /// what they are when the working folder changes.
    pub fn under(home: &Path) -> Self {
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_path_buf());
        Self {
            config: home.join("config"),
            data: home.join("data"),
            cache: home.join("cache"),
            logs: home.join("logs"),
        }
    }

    /// The file with what the user chose.
    pub fn app_file(&self) -> PathBuf {
        self.config.join("app.toml")
    }

    pub(super) fn endpoint_file(&self) -> PathBuf {
        self.data.join("endpoint.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_holds_all_and_is_absolute() {
        let places = Places::under(Path::new("here"));
        let home = std::env::current_dir().unwrap().join("here");
        for folder in [&places.config, &places.data, &places.cache, &places.logs] {
            assert_eq!(folder.parent(), Some(home.as_path()));
        }
    }

    #[test]
    fn the_platform_keeps_cache_apart_from_data() {
        if let Some(places) = Places::of_platform() {
            assert_ne!(places.cache, places.data);
            assert!(!places.data.starts_with(&places.cache));
            assert!(!places.config.starts_with(&places.cache));
        }
    }
}
