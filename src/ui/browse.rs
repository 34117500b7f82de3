//! The system's dialogs for files and folders, on threads of their own: the window goes on.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::FolderDialog;
use crate::engine::{SaveTo, safe_name};
use crate::model::{AlbumId, PhotoId};

/// No dialog that people saw is over sooner.
const UNSEEN: Duration = Duration::from_millis(500);
/// Choices that wait for the next frame; nobody makes as many between two.
const MOST: usize = 64;

/// What came of a dialog.
#[derive(Debug)]
pub(crate) enum Chosen {
    Upload(AlbumId, Vec<PathBuf>),
    Save(Vec<PhotoId>, SaveTo),
    /// A folder to compare an album with.
    Compare(AlbumId, PathBuf),
    /// The system has none: its answer is otherwise that of one that was cancelled.
    NoDialog(Purpose),
}

/// What a dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Upload,
    Save,
}

/// Dialogs that are open and what came of them.
pub(crate) struct Browse {
    sender: SyncSender<Chosen>,
    receiver: Receiver<Chosen>,
    folder_dialog: Option<FolderDialog>,
}

impl Browse {
    /// `folder_dialog`: asks for a folder in place of the system's dialog.
    pub(crate) fn new(folder_dialog: Option<FolderDialog>) -> Self {
        let (sender, receiver) = sync_channel(MOST);
        Self { sender, receiver, folder_dialog }
    }

    /// Asks for files to upload.
    pub(crate) fn files(&self, ctx: &egui::Context, album: AlbumId) {
        self.ask(ctx, Purpose::Upload, move || {
            let dialog = rfd::FileDialog::new().set_title("Choose photos");
            dialog.pick_files().map(|paths| Chosen::Upload(album, paths))
        });
    }

    /// Asks for a folder to upload.
    pub(crate) fn folder(&self, ctx: &egui::Context, album: AlbumId) {
        self.ask(ctx, Purpose::Upload, move || {
            let dialog = rfd::FileDialog::new().set_title("Choose a folder");
            dialog.pick_folders().map(|paths| Chosen::Upload(album, paths))
        });
    }

    /// Asks for a folder to compare an album with.
    pub(crate) fn compare(&self, ctx: &egui::Context, album: AlbumId) {
        let own = self.folder_dialog.clone();
        self.ask(ctx, Purpose::Upload, move || {
            let title = "Choose a folder to compare with";
            let folder = match own {
                Some(dialog) => dialog(title),
                None => rfd::FileDialog::new().set_title(title).pick_folder(),
            };
            folder.map(|folder| Chosen::Compare(album, folder))
        });
    }

    /// Asks where to save an original, and under which name.
    pub(crate) fn save_one(&self, ctx: &egui::Context, photo: PhotoId, name: &str) {
        let own = self.folder_dialog.clone();
        let name = safe_name(name);
        self.ask(ctx, Purpose::Save, move || {
            let title = "Save the original";
            let file = match own {
                Some(dialog) => dialog(title).map(|folder| folder.join(name)),
                None => rfd::FileDialog::new().set_title(title).set_file_name(name).save_file(),
            };
            file.map(|file| Chosen::Save(vec![photo], SaveTo::File(file)))
        });
    }

    /// Asks for a folder to save originals in.
    pub(crate) fn save(&self, ctx: &egui::Context, photos: Vec<PhotoId>) {
        let own = self.folder_dialog.clone();
        self.ask(ctx, Purpose::Save, move || {
            let title = "Save originals to";
            let folder = match own {
                Some(dialog) => dialog(title),
                None => rfd::FileDialog::new().set_title(title).pick_folder(),
            };
            folder.map(|folder| Chosen::Save(photos, SaveTo::Folder(folder)))
        });
    }

    fn ask(
        &self,
        ctx: &egui::Context,
        purpose: Purpose,
        dialog: impl FnOnce() -> Option<Chosen> + Send + 'static,
    ) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        if cfg!(target_os = "macos") {
            // Cocoa opens panels from the main thread only, where the dialog runs its own loop.
            finish(&sender, &ctx, dialog());
            return;
        }
        let run = move || {
            let asked = Instant::now();
            let chosen = dialog()
                .or_else(|| is_missing(asked.elapsed()).then_some(Chosen::NoDialog(purpose)));
            finish(&sender, &ctx, chosen);
        };
        if let Err(error) = std::thread::Builder::new().name("dialog".to_owned()).spawn(run) {
            tracing::warn!(%error, "no thread for a file dialog");
        }
    }

    /// The next choice that was made, if any.
    pub(crate) fn take(&self) -> Option<Chosen> {
        self.receiver.try_recv().ok()
    }
}

/// Whether a dialog that chose nothing was never there: without the desktop's portal the dialog is
/// zenity's, and without that there is none.
fn is_missing(lasted: Duration) -> bool {
    let has_zenity = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join("zenity").is_file())
    };
    cfg!(all(unix, not(target_os = "macos"))) && lasted < UNSEEN && !has_zenity()
}

fn finish(sender: &SyncSender<Chosen>, ctx: &egui::Context, chosen: Option<Chosen>) {
    let Some(chosen) = chosen else { return };
    // Not `send`: on macOS this is the thread that takes the choices.
    match sender.try_send(chosen) {
        Ok(()) => ctx.request_repaint(),
        Err(error) => tracing::warn!(%error, "a choice in a file dialog was lost"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::model::MessageId;

    #[test]
    fn a_name_from_afar_leads_nowhere_else() {
        let own: FolderDialog = Arc::new(|_| Some(PathBuf::from("chosen")));
        let browse = Browse::new(Some(own));
        let photo = PhotoId { album: AlbumId(1), message: MessageId(1) };
        browse.save_one(&egui::Context::default(), photo, "../.ssh/config");
        let chosen = browse.receiver.recv_timeout(Duration::from_mins(1)).unwrap();
        let Chosen::Save(_, SaveTo::File(file)) = chosen else { panic!("{chosen:?}") };
        assert_eq!(file.parent(), Some(Path::new("chosen")));
    }
}
