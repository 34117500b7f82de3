//! Which albums the demo makes of the paths it was given: one album a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use heliogram::engine::Headless;
use heliogram::model::AlbumId;

/// What goes to one album.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The album's title: the folder's name.
    pub(crate) title: String,
    /// Files and folders to upload.
    pub(crate) paths: Vec<PathBuf>,
}

/// Each folder directly below a given one becomes an album; files that lie loose in the given one
/// go to an album named after it, and so do single files after the folder they are in.
pub(crate) fn sources(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut albums: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        let path = path
            .canonicalize()
            .with_context(|| format!("{} cannot be opened; check the path", path.display()))?;
        if !path.is_dir() {
            let folder = path.parent().unwrap_or(&path);
            albums.entry(title(folder)).or_default().push(path);
            continue;
        }
        let entries = fs::read_dir(&path)
            .with_context(|| format!("{} cannot be read; check its rights", path.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("{} cannot be read", path.display()))?;
            let kind = entry.file_type()?;
            // Links are not followed: they could lead in circles.
            if kind.is_dir() && holds_files(&entry.path()) {
                albums.entry(title(&entry.path())).or_default().push(entry.path());
            } else if kind.is_file() {
                albums.entry(title(&path)).or_default().push(entry.path());
            }
        }
    }
    let in_order = |(title, mut paths): (String, Vec<PathBuf>)| {
        paths.sort();
        paths.dedup();
        Source { title, paths }
    };
    Ok(albums.into_iter().map(in_order).collect())
}

/// The album for each source: the one of that title, or a new one. Returned with whether it is new.
pub(crate) fn albums(
    engine: &Headless,
    sources: &[Source],
) -> anyhow::Result<Vec<(AlbumId, bool)>> {
    let known = engine.albums()?;
    let album = |source: &Source| {
        let there = known.iter().find(|row| row.album.title == source.title);
        Ok(match there {
            Some(row) => (row.album.id, false),
            None => (engine.create_album(&source.title)?.id, true),
        })
    };
    sources.iter().map(album).collect()
}

fn title(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().trim().to_owned());
    // Telegram takes 128 characters at most.
    let name: String = name.unwrap_or_default().chars().take(128).collect();
    if name.is_empty() { "Photographs".to_owned() } else { name }
}

fn holds_files(folder: &Path) -> bool {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .any(|entry| entry.is_ok_and(|entry| entry.file_type().is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_albums_and_loose_files_take_their_folders_name() {
        let root = tempfile::tempdir().unwrap();
        let given = root.path().join("Holiday");
        for folder in ["Berlin/deep/er", "Rome", "empty"] {
            fs::create_dir_all(given.join(folder)).unwrap();
        }
        for file in ["a.jpg", "Berlin/deep/er/b.jpg", "Rome/c.jpg"] {
            fs::write(given.join(file), b"x").unwrap();
        }
        let given = given.canonicalize().unwrap();
        let sources = sources(&[given.clone(), given.join("a.jpg")]).unwrap();
        let expected = [
            ("Berlin", given.join("Berlin")),
            ("Holiday", given.join("a.jpg")),
            ("Rome", given.join("Rome")),
        ];
        let expected =
            expected.map(|(title, path)| Source { title: title.to_owned(), paths: vec![path] });
        assert_eq!(sources, expected);
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = sources(&["/nowhere/at all".into()]).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at all"), "{error}");
    }
}
