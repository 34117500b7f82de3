//! Which of the paths that were dropped are folders: looked up on a thread of its own, named
//! "sorting", because a disk may be slow.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

/// How long the end of the window waits for the look.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Paths that were handed in at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorted {
    /// Everything that is no folder, what is not there included: the engine says so.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) folders: Vec<PathBuf>,
}

/// The look at paths under way.
pub(super) struct Sorting {
    outcome: Receiver<Sorted>,
}

impl Sorting {
    /// Begins to look; `done` is called from the thread.
    pub(super) fn begin(paths: Vec<PathBuf>, done: impl FnOnce() + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(1);
        let (whole, unsorted) = (sender.clone(), paths.clone());
        let work = move || {
            // Nobody waits for it any more once the window is gone.
            let _ = sender.send(sort(unsorted));
            done();
        };
        if let Err(error) = std::thread::Builder::new().name("sorting".to_owned()).spawn(work) {
            tracing::warn!(%error, "folders are not told from files");
            let _ = whole.try_send(Sorted { files: paths, folders: Vec::new() });
        }
        Self { outcome: receiver }
    }

    /// What was found, if it is found within a moment.
    pub(super) fn at_last(self) -> Option<Sorted> {
        self.outcome.recv_timeout(A_MOMENT).ok()
    }

    /// What was found, once it was.
    pub(super) fn outcome(&self) -> Option<Sorted> {
        match self.outcome.try_recv() {
            Ok(sorted) => Some(sorted),
            Err(TryRecvError::Empty) => None,
            // The thread died: there is nothing that could be sent.
            Err(TryRecvError::Disconnected) => Some(Sorted::default()),
        }
    }
}

fn sort(paths: Vec<PathBuf>) -> Sorted {
    let (folders, files) = paths.into_iter().partition(|path| path.is_dir());
    Sorted { files, folders }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_from_files() {
        let home = tempfile::tempdir().unwrap();
        let (folder, file) = (home.path().join("folder"), home.path().join("a.jpg"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&file, b"a").unwrap();
        let gone = home.path().join("gone");
        let sorted = sort(vec![file.clone(), folder.clone(), gone.clone()]);
        assert_eq!(sorted, Sorted { files: vec![file, gone], folders: vec![folder] });
    }
}
