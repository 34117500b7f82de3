//! Pictures that came from the clipboard and are no files: where they lie, as files for the user
//! alone, until they are sent. Blocking: on the pool.

use std::io::Result;
use std::path::{Path, PathBuf};

use crate::platform::fs;

const FOLDER: &str = "pasted";

/// Keeps a picture under a name of its own that begins with this one.
pub(crate) fn keep(data: &Path, name: &str, png: &[u8]) -> Result<PathBuf> {
    let folder = data.join(FOLDER);
    fs::private_dir(&folder)?;
    // Two may come in one moment.
    let mut path = folder.join(format!("{name}.png"));
    let mut next = 2_u32;
    while path.try_exists()? {
        path = folder.join(format!("{name} {next}.png"));
        next += 1;
    }
    fs::write_whole(&path, png)?;
    Ok(path)
}

/// Removes those that are no longer needed. What cannot be removed is tried again the next time.
pub(crate) fn sweep(data: &Path, needs: impl Fn(&Path) -> bool) {
    for old in std::fs::read_dir(data.join(FOLDER)).into_iter().flatten().flatten() {
        let old = old.path();
        if !needs(&old)
            && let Err(error) = std::fs::remove_file(old)
        {
            tracing::warn!(%error, "a pasted picture could not be removed");
        }
    }
}

/// Removes all: the account to which they were to be sent is gone.
pub(crate) fn forget(data: &Path) {
    if let Err(error) = fs::remove_dir_all(&data.join(FOLDER)) {
        tracing::warn!(%error, "pasted pictures could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_one_moment_have_names_of_their_own() {
        let data = tempfile::tempdir().unwrap();
        let [first, second, third] = [b"1", b"2", b"3"].map(|png| keep(data.path(), "a", png));
        let (first, second, third) = (first.unwrap(), second.unwrap(), third.unwrap());
        for (path, content) in [(&first, b"1"), (&second, b"2"), (&third, b"3")] {
            assert_eq!(std::fs::read(path).unwrap(), content);
        }
        sweep(data.path(), |path| path == second);
        assert!(!first.exists() && second.exists() && !third.exists());
        forget(data.path());
        assert!(!data.path().join(FOLDER).exists());
        forget(data.path());
    }
}
