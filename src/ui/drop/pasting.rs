//! A picture from the clipboard, made into one that can be sent on a thread of its own, named
//! "pasting": a screen of pixels is too many for a frame.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use egui::{Color32, ColorImage};

use crate::model::{Bitmap, PixelSize};

/// A picture under way.
pub(super) struct Pasting(Receiver<Option<Bitmap>>);

impl Pasting {
    /// Begins; `done` is called from the thread.
    pub(super) fn begin(image: Arc<ColorImage>, done: impl FnOnce() + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(1);
        let work = move || {
            // Nobody waits for it any more once the window is gone.
            let _ = sender.send(bitmap(&image));
            done();
        };
        if let Err(error) = std::thread::Builder::new().name("pasting".to_owned()).spawn(work) {
            tracing::warn!(%error, "no thread for a pasted picture");
        }
        Self(receiver)
    }

    /// The picture, once it is made; the inner `None` where none could be made of it.
    #[expect(clippy::option_option, reason = "not yet, never, or here")]
    pub(super) fn outcome(&self) -> Option<Option<Bitmap>> {
        use std::sync::mpsc::TryRecvError;
        match self.0.try_recv() {
            Ok(bitmap) => Some(bitmap),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(None),
        }
    }
}

fn bitmap(image: &ColorImage) -> Option<Bitmap> {
    let [width, height] = image.size.map(|side| u32::try_from(side).ok());
    let rgba = image.pixels.iter().flat_map(Color32::to_srgba_unmultiplied).collect();
    Bitmap::new(PixelSize::new(width?, height?), rgba)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_stay_what_they_are() {
        let rgba = [10, 20, 30, 255, 0, 0, 0, 0];
        let image = ColorImage::from_rgba_unmultiplied([2, 1], &rgba);
        assert_eq!(bitmap(&image).unwrap().rgba(), rgba);
    }
}
