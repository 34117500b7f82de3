//! Counts what is dragged over the window, on a thread of its own: files, bytes, folders.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

/// What was found so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) folders: usize,
    /// It was too much to count while somebody holds a mouse button.
    pub(crate) is_partial: bool,
}

/// A count under way; dropping it ends it.
pub(crate) struct Survey {
    paths: Vec<PathBuf>,
    found: Arc<Mutex<Found>>,
}

/// Entries after which it gives up counting.
const MOST: usize = 50_000;

impl Survey {
    /// Begins to count; `done` is called from the counting thread.
    pub(crate) fn begin(paths: Vec<PathBuf>, done: impl FnOnce() + Send + 'static) -> Self {
        let found = Arc::new(Mutex::new(Found::default()));
        let (work, weak) = (paths.clone(), Arc::downgrade(&found));
        let thread = std::thread::Builder::new().name("survey".to_owned()).spawn(move || {
            count(work, &weak);
            done();
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "cannot count what is dragged");
        }
        Self { paths, found }
    }

    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    pub(crate) fn found(&self) -> Found {
        // The counter holds the lock for a copy of four numbers only.
        self.found.lock().map(|found| *found).unwrap_or_default()
    }
}

fn count(paths: Vec<PathBuf>, report: &Weak<Mutex<Found>>) {
    let mut found = Found::default();
    let mut open = paths;
    let mut seen = 0;
    while let Some(path) = open.pop() {
        seen += 1;
        if seen > MOST {
            found.is_partial = true;
            break;
        }
        visit(&path, &mut found, &mut open);
        if seen % 256 == 0 && !tell(found, report) {
            return;
        }
    }
    tell(found, report);
}

fn visit(path: &Path, found: &mut Found, open: &mut Vec<PathBuf>) {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return };
    if metadata.is_dir() {
        found.folders += 1;
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        open.extend(entries.map(|entry| entry.path()));
    } else if metadata.is_file() {
        found.files += 1;
        found.bytes += metadata.len();
    }
}

/// False when nobody listens any more.
fn tell(found: Found, report: &Weak<Mutex<Found>>) -> bool {
    let Some(shared) = report.upgrade() else { return false };
    if let Ok(mut shared) = shared.lock() {
        *shared = found;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked() {
        let home = tempfile::tempdir().unwrap();
        let inner = home.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("a"), [0; 10]).unwrap();
        std::fs::write(home.path().join("b"), [0; 5]).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let survey = Survey::begin(vec![home.path().to_owned()], move || sender.send(()).unwrap());
        receiver.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
        let expected = Found { files: 2, bytes: 15, folders: 2, is_partial: false };
        assert_eq!(survey.found(), expected);
    }
}
