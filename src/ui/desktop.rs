//! What the window asks of the desktop around it, on threads of their own, and how that went.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use egui::ColorImage;

use crate::model::{AlbumId, Bitmap};
use crate::platform::desktop::{Desktop, System};

/// Results that wait for the next frame; nobody asks for as much between two.
const MOST: usize = 64;

/// How it went. Of what was opened one sees that it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Copied,
    /// What the clipboard holds for an album: files, or else a picture, if any.
    Pasted {
        album: Option<AlbumId>,
        files: Vec<PathBuf>,
        picture: Option<Arc<ColorImage>>,
    },
    Failed(String),
}

/// The desktop, and what came of what was asked of it.
pub(crate) struct Around {
    desktop: Arc<dyn Desktop>,
    sender: SyncSender<Done>,
    receiver: Receiver<Done>,
}

impl Around {
    /// `own`: in place of the system's.
    pub(crate) fn new(own: Option<Arc<dyn Desktop>>) -> Self {
        let (sender, receiver) = sync_channel(MOST);
        let desktop = own.unwrap_or_else(|| Arc::new(System::default()));
        Self { desktop, sender, receiver }
    }

    /// Opens the first of these for which there is a program.
    pub(crate) fn open(&self, ctx: &egui::Context, whats: Vec<OsString>) {
        self.ask(ctx, move |desktop| {
            let mut why = None;
            for what in &whats {
                match desktop.open(what) {
                    Ok(()) => return None,
                    Err(error) => why = Some(error),
                }
            }
            let why = why.map(|error| error.to_string()).unwrap_or_default();
            // Never what was to be opened: addresses may be nobody else's business.
            tracing::warn!(%why, "nothing could be opened");
            Some(Done::Failed(
                "No program opened it. Choose one for this kind of file in the system's settings, \
                 and try again."
                    .to_owned(),
            ))
        });
    }

    /// Copies a picture.
    pub(crate) fn copy(&self, ctx: &egui::Context, picture: Arc<Bitmap>) {
        self.ask(ctx, move |desktop| {
            Some(match desktop.copy(&picture) {
                Ok(()) => Done::Copied,
                Err(why) => Done::Failed(format!("The picture could not be copied: {why}")),
            })
        });
    }

    /// Asks the clipboard for files; `picture` is what counts if it names none.
    pub(crate) fn files(
        &self,
        ctx: &egui::Context,
        album: Option<AlbumId>,
        picture: Option<Arc<ColorImage>>,
    ) {
        self.ask(ctx, move |desktop| {
            let files = desktop.files();
            Some(Done::Pasted { album, files, picture })
        });
    }

    fn ask(
        &self,
        ctx: &egui::Context,
        job: impl FnOnce(&dyn Desktop) -> Option<Done> + Send + 'static,
    ) {
        let (desktop, sender, ctx) = (self.desktop.clone(), self.sender.clone(), ctx.clone());
        let run = move || {
            if let Some(done) = job(&*desktop) {
                if let Err(error) = sender.try_send(done) {
                    tracing::warn!(%error, "what the desktop said was lost");
                }
                ctx.request_repaint();
            }
        };
        if let Err(error) = std::thread::Builder::new().name("desktop".to_owned()).spawn(run) {
            tracing::warn!(%error, "no thread for the desktop");
        }
    }

    /// The next result, if any.
    pub(crate) fn take(&self) -> Option<Done> {
        self.receiver.try_recv().ok()
    }
}
