//! Folders and files that nobody else may read, and files that are either old or new, never half.
//!
//! Not a general file library. Blocking: runs on the caller's thread, never on the window's or on
//! one of the network's. On Unix folders get mode 0700 and files 0600; elsewhere the user's
//! profile is what protects them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

/// What a file being written whole is called until it is whole.
pub const TEMPORARY: &str = "tmp";

/// Makes a folder (and what is above it) for the user alone; one that exists already is closed to
/// others.
pub fn private_dir(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(path)?;
        let mut permissions = std::fs::metadata(path)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o700);
            std::fs::set_permissions(path, permissions)?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(path)
}

/// Opens a file for reading and writing, for the user alone; it is made where it is missing, and
/// keeps its content.
pub fn private_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = open_private(&mut options, path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut permissions = file.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o600);
            file.set_permissions(permissions)?;
        }
    }
    Ok(file)
}

fn open_private(options: &mut OpenOptions, path: &Path) -> Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Writes a file whole: whoever reads it, even after a power cut at any moment, finds the old
/// content or the new one. When this returns the new one is on the disk.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    replace(path, content, true)
}

/// As [`write_whole`], but the new content may be lost in a power cut; then the old one, or
/// nothing that makes sense, is found. For records that carry a checksum and can be done without.
pub fn write_lazily(path: &Path, content: &[u8]) -> Result<()> {
    replace(path, content, false)
}

fn replace(path: &Path, content: &[u8], durable: bool) -> Result<()> {
    let temporary = temporary_of(path);
    let written = write_new(&temporary, content, durable)
        .and_then(|()| std::fs::rename(&temporary, path))
        .and_then(|()| if durable { sync_parent(path) } else { Ok(()) });
    if written.is_err() {
        // What is half written helps nobody and may be what fills the disk.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, content: &[u8], durable: bool) -> Result<()> {
    remove_file(path)?;
    let mut options = OpenOptions::new();
    let mut file = open_private(options.write(true).create_new(true), path)?;
    file.write_all(content)?;
    if durable { file.sync_all() } else { Ok(()) }
}

/// The name under which `path` is written until it is whole.
pub fn temporary_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(TEMPORARY);
    path.with_file_name(name)
}

/// Makes a rename or a removal in `path`'s folder survive a power cut.
pub fn sync_parent(path: &Path) -> Result<()> {
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    // Windows journals the names itself and opens no folder for syncing.
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Opens a file for reading, and nothing else that may stand under its name: a pipe without a
/// writer would be waited for without end, a device has no end.
pub fn open_regular(path: &Path) -> Result<File> {
    let regular = |metadata: &std::fs::Metadata| {
        let refused = || Err(std::io::Error::new(ErrorKind::InvalidInput, "this is no plain file"));
        if metadata.is_file() { Ok(()) } else { refused() }
    };
    // Before opening, which is what would wait; and after, for it may have been exchanged.
    regular(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Reads a whole plain file; `None` where there is none. Refuses one of more than `limit` bytes
/// before any memory is taken for it.
pub fn read_up_to(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(std::io::Error::new(
            ErrorKind::FileTooLarge,
            format!("larger than the {limit} bytes that are expected at most"),
        ));
    }
    Ok(Some(content))
}

/// Removes a file; one that is not there is fine.
pub fn remove_file(path: &Path) -> Result<()> {
    gone(std::fs::remove_file(path))
}

/// Removes a folder with all that is in it; one that is not there is fine.
pub fn remove_dir_all(path: &Path) -> Result<()> {
    gone(std::fs::remove_dir_all(path))
}

fn gone(removed: Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("session");
        // What a kill in the middle of an earlier write left does not stand in the way.
        std::fs::write(home.path().join("session.tmp"), "half").unwrap();
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_keeps_the_old_content() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("old"), "old").unwrap();
        assert!(write_whole(&path, b"new").is_err());
        assert_eq!(std::fs::read(path.join("old")).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn large_files_are_refused_and_missing_ones_are_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("f");
        assert_eq!(read_up_to(&path, 4).unwrap(), None);
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_up_to(&path, 5).unwrap().unwrap(), b"12345");
        assert_eq!(read_up_to(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_plain_file_is_refused_at_once() {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [Path::new("/dev/zero"), home.path(), &socket] {
            let error = read_up_to(path, 4).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let home = tempfile::tempdir().unwrap();
        let (folder, file) = (home.path().join("a/b"), home.path().join("f"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(&file, "x").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        private_dir(&folder).unwrap();
        private_file(&file).unwrap();
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        write_whole(&folder.join("s"), b"x").unwrap();
        assert_eq!(mode(&folder.join("s")), 0o600);
    }
}
