//! The system's dialogs for files and folders, on threads of their own: the window goes on.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::model::{AlbumId, PhotoId};

/// What was chosen.
#[derive(Debug)]
pub(crate) enum Chosen {
    Upload(AlbumId, Vec<PathBuf>),
    Save(Vec<PhotoId>, PathBuf),
}

/// Dialogs that are open and what came of them.
pub(crate) struct Browse {
    sender: Sender<Chosen>,
    receiver: Receiver<Chosen>,
}

impl Default for Browse {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self { sender, receiver }
    }
}

impl Browse {
    /// Asks for files to upload.
    pub(crate) fn files(&self, ctx: &egui::Context, album: AlbumId) {
        self.ask(ctx, move || {
            let dialog = rfd::FileDialog::new().set_title("Choose photos");
            dialog.pick_files().map(|paths| Chosen::Upload(album, paths))
        });
    }

    /// Asks for a folder to upload.
    pub(crate) fn folder(&self, ctx: &egui::Context, album: AlbumId) {
        self.ask(ctx, move || {
            let dialog = rfd::FileDialog::new().set_title("Choose a folder");
            dialog.pick_folders().map(|paths| Chosen::Upload(album, paths))
        });
    }

    /// Asks where to save originals.
    pub(crate) fn save(&self, ctx: &egui::Context, photos: Vec<PhotoId>) {
        self.ask(ctx, move || {
            let dialog = rfd::FileDialog::new().set_title("Save originals to");
            dialog.pick_folder().map(|folder| Chosen::Save(photos, folder))
        });
    }

    fn ask(&self, ctx: &egui::Context, dialog: impl FnOnce() -> Option<Chosen> + Send + 'static) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        if cfg!(target_os = "macos") {
            // Cocoa opens panels from the main thread only, where the dialog runs its own loop.
            finish(&sender, &ctx, dialog());
            return;
        }
        let run = move || finish(&sender, &ctx, dialog());
        if let Err(error) = std::thread::Builder::new().name("dialog".to_owned()).spawn(run) {
            tracing::warn!(%error, "no thread for a file dialog");
        }
    }

    /// The next choice that was made, if any.
    pub(crate) fn take(&self) -> Option<Chosen> {
        self.receiver.try_recv().ok()
    }
}

fn finish(sender: &Sender<Chosen>, ctx: &egui::Context, chosen: Option<Chosen>) {
    if let Some(chosen) = chosen
        && sender.send(chosen).is_ok()
    {
        ctx.request_repaint();
    }
}
