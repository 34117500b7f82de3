//! The desktop around the window: the program that stands for a file or an address, and the
//! clipboard's picture and files.
//!
//! Blocking: a program that is started may be waited for, a picture is encoded for the clipboard,
//! and whoever owns the clipboard may take long. For a thread of its own, never the window's.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::model::Bitmap;

/// What is asked of the desktop; tests stand in for it.
pub trait Desktop: Send + Sync {
    /// Opens a file or an address with the program that stands for it.
    fn open(&self, what: &OsStr) -> std::io::Result<()>;

    /// Puts a picture on the clipboard, or says why not.
    fn copy(&self, picture: &Bitmap) -> Result<(), String>;

    /// The files that the clipboard names; none where it names none.
    fn files(&self) -> Vec<PathBuf>;
}

/// The one that is there.
#[derive(Default)]
pub struct System {
    /// Kept: on X11 what was copied is gone with whoever copied it.
    clipboard: Mutex<Option<arboard::Clipboard>>,
}

impl Desktop for System {
    fn open(&self, what: &OsStr) -> std::io::Result<()> {
        open::that(what)
    }

    fn copy(&self, picture: &Bitmap) -> Result<(), String> {
        let side = |side: u32| usize::try_from(side).map_err(|error| error.to_string());
        let (width, height) = (side(picture.size().width)?, side(picture.size().height)?);
        let image = arboard::ImageData { width, height, bytes: picture.rgba().into() };
        self.with_clipboard(|clipboard| clipboard.set_image(image)).map_err(|e| e.to_string())
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = self.with_clipboard(|clipboard| clipboard.get().file_list());
        let mut files = files.unwrap_or_else(|error| {
            tracing::debug!(%error, "the clipboard names no files");
            Vec::new()
        });
        // Addresses on other machines.
        files.retain(|file| file.is_absolute());
        files
    }
}

impl System {
    fn with_clipboard<T>(
        &self,
        work: impl FnOnce(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
    ) -> Result<T, arboard::Error> {
        let mut clipboard = self.clipboard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = match clipboard.take() {
            Some(open) => open,
            None => arboard::Clipboard::new()?,
        };
        let done = work(&mut open);
        *clipboard = Some(open);
        done
    }
}
