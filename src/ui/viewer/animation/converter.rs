//! Makes what a texture takes of decoded frames, one after the other, on a thread of its own named
//! "frames": millions of pixels are too many for a frame of the window. It ends when its owner is
//! gone.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use egui::{ColorImage, Context};

use crate::engine::Frame;
use crate::ui::pictures;

/// What to show, and for how long.
type Ready = (Arc<ColorImage>, Duration);

/// See the module. It has one frame at a time.
pub(super) struct Converter {
    frames: SyncSender<Frame>,
    images: Receiver<Ready>,
    is_busy: bool,
}

impl Converter {
    /// Starts it; it wakes the window for each image.
    pub(super) fn start(ctx: &Context) -> Self {
        let (frames, todo) = sync_channel::<Frame>(1);
        let (done, images) = sync_channel(1);
        let ctx = ctx.clone();
        let work = move || {
            for Frame { bitmap, delay } in todo {
                let image = Arc::new(pictures::whole_image(&bitmap));
                if done.send((image, delay)).is_err() {
                    return;
                }
                ctx.request_repaint();
            }
        };
        // Without it the first frame stays.
        if let Err(error) = std::thread::Builder::new().name("frames".to_owned()).spawn(work) {
            tracing::warn!(%error, "no thread for the frames of a picture");
        }
        Self { frames, images, is_busy: false }
    }

    /// Whether it has a frame whose image was not taken yet.
    pub(super) const fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Gives it a frame, when it is not busy.
    pub(super) fn put(&mut self, frame: Frame) {
        self.is_busy = self.frames.try_send(frame).is_ok();
    }

    /// The image of that frame, once it is made; never blocks.
    pub(super) fn take(&mut self) -> Option<Ready> {
        let ready = self.images.try_recv().ok()?;
        self.is_busy = false;
        Some(ready)
    }
}
