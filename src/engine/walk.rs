//! Files under paths: folders recursively, hidden ones too, links not followed. On the pool.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Files in the order of their names, folder by folder, each once; under the paths as given.
    pub(crate) files: Vec<PathBuf>,
    /// Paths that are not there or cannot be read, and why.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
    /// What is there but no file: links that are not followed, sockets and the like, and which.
    pub(crate) left_out: Vec<(PathBuf, String)>,
}

const LINK: &str = "It is a link, and links are not followed";
const NO_FILE: &str = "It is neither a file nor a folder";

/// Walks.
pub(crate) fn walk(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for path in paths {
        // A path given by hand may be a link; only what is found on the way is not followed.
        match std::fs::metadata(path) {
            Err(error) => found.unreadable.push((path.clone(), sentence(&error))),
            Ok(metadata) if metadata.is_dir() => folder(path, &mut found, &mut seen),
            Ok(metadata) if metadata.is_file() => add(path, &mut found, &mut seen),
            Ok(_) => found.left_out.push((path.clone(), NO_FILE.into())),
        }
    }
    found
}

fn folder(path: &Path, found: &mut Found, seen: &mut HashSet<PathBuf>) {
    for entry in walkdir::WalkDir::new(path).follow_links(false).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => add(entry.path(), found, seen),
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => {
                let why = if entry.path_is_symlink() { LINK } else { NO_FILE };
                found.left_out.push((entry.into_path(), why.into()));
            }
            Err(error) => {
                let at = error.path().unwrap_or(path).to_owned();
                let why = error.io_error().map_or_else(|| error.to_string(), sentence);
                found.unreadable.push((at, why));
            }
        }
    }
}

/// The same file under two of the given paths is one file.
fn add(path: &Path, found: &mut Found, seen: &mut HashSet<PathBuf>) {
    if seen.insert(absolute(path)) {
        found.files.push(path.to_owned());
    }
}

/// The path from the root, so that it means the same after a restart elsewhere. Links stay links.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// What the system says about a file, for people.
pub(crate) fn sentence(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "The file is not there any more".into(),
        std::io::ErrorKind::PermissionDenied => {
            "The file may not be read: check its permissions".into()
        }
        _ => format!("The file cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_count_and_what_vanished_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("b/.hidden");
        std::fs::create_dir_all(&deep).unwrap();
        for name in ["a.jpg", "b/.hidden/c.jpg"] {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        let gone = folder.path().join("gone.jpg");
        let found = walk(&[folder.path().to_owned(), gone.clone(), folder.path().join("a.jpg")]);
        let names: Vec<_> =
            found.files.iter().map(|p| p.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, [Path::new("a.jpg"), Path::new("b/.hidden/c.jpg")]);
        assert_eq!(found.unreadable.len(), 1);
        assert_eq!(found.unreadable[0].0, gone);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.jpg"), b"x").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("a.jpg"), folder.path().join("b.jpg"))
            .unwrap();
        let found = walk(&[folder.path().to_owned()]);
        assert_eq!(found.files, [folder.path().join("a.jpg")]);
        let left_out: Vec<_> = found.left_out.iter().map(|(path, why)| (&**path, &**why)).collect();
        let links = [folder.path().join("b.jpg"), folder.path().join("loop")];
        assert_eq!(left_out, links.each_ref().map(|path| (&**path, LINK)));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_left_out_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for given in [folder.path(), &socket] {
            let found = walk(&[given.to_owned()]);
            assert_eq!(found.left_out, [(socket.clone(), NO_FILE.to_owned())]);
            assert!(found.files.is_empty() && found.unreadable.is_empty(), "{found:?}");
        }
    }
}
