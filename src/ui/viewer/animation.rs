//! A picture that moves: asked for once its first frame is there, and shown frame by frame for as
//! long as one looks at it.
//!
//! Frames come decoded; here is the clock. A window that is not seen paints no frames and takes
//! none, so that nothing is decoded for it; a still picture costs nothing.

use egui::{Context, TextureFilter, TextureHandle, TextureOptions};

use crate::engine::{Frames, NextFrame, Request};
use crate::model::{Bitmap, PhotoId, PhotoRef, PixelSize};
use crate::ui::pictures::{self, Patch, Pictures};

/// Beyond so many pixels, frames come no larger than the window.
const MOST_PIXELS: u64 = 4_000_000;
/// Whoever was away for longer does not see what was missed, seconds.
const MISSED: f64 = 0.25;

/// The animation of the photo that is shown, if it has one.
#[derive(Default)]
pub(super) struct Moving {
    asked: Option<PhotoId>,
    playing: Option<Playing>,
}

struct Playing {
    frames: Frames,
    texture: Option<TextureHandle>,
    /// When the next frame is due.
    due: f64,
}

impl Moving {
    /// Asks for the frames of a picture that may move, once.
    pub(super) fn ask(
        &mut self,
        photo: PhotoRef<'_>,
        window: PixelSize,
        pictures: &Pictures,
    ) -> Option<Request> {
        let may_move =
            matches!(photo.mime(), "image/gif" | "image/png" | "image/apng" | "image/webp");
        if self.asked == Some(photo.id()) || !may_move || !pictures.is_sharp(photo.id()) {
            return None;
        }
        *self = Self { asked: Some(photo.id()), playing: None };
        let size = photo.size();
        let small = !size.is_empty() && size.pixels() <= MOST_PIXELS;
        Some(Request::Animate { photo: photo.id(), fit: if small { size } else { window } })
    }

    /// It moves. Nothing comes of it when another photo is shown by now.
    pub(super) fn receive(&mut self, photo: PhotoId, frames: Frames) {
        if self.asked == Some(photo) {
            let due = f64::NEG_INFINITY;
            self.playing = Some(Playing { frames, texture: None, due });
        }
    }

    /// The frame to paint now, if there is one. `plain`: its pixels are shown as what they are.
    pub(super) fn frame(&mut self, ctx: &Context, photo: PhotoId, plain: bool) -> Option<Patch> {
        if self.asked != Some(photo) {
            *self = Self::default();
        }
        let playing = self.playing.as_mut()?;
        playing.advance(ctx, plain);
        playing.texture.as_ref().map(pictures::whole)
    }
}

impl Playing {
    fn advance(&mut self, ctx: &Context, plain: bool) {
        let now = ctx.time();
        if now >= self.due
            && let NextFrame::Frame(frame) = self.frames.next_frame()
        {
            self.put(ctx, &frame.bitmap, plain);
            let from = if now - self.due > MISSED { now } else { self.due };
            self.due = from + frame.delay.as_secs_f64();
        }
        // While a frame is being decoded, whoever decodes it wakes the window.
        if self.due > now {
            ctx.request_repaint_after_secs(seconds(self.due - now));
        }
    }

    fn put(&mut self, ctx: &Context, bitmap: &Bitmap, plain: bool) {
        let most = ctx.input(|input| input.max_texture_side);
        if bitmap.size().long_side() as usize > most {
            return;
        }
        let magnification = if plain { TextureFilter::Nearest } else { TextureFilter::Linear };
        let options = TextureOptions { magnification, ..TextureOptions::LINEAR };
        let image = pictures::whole_image(bitmap);
        match &mut self.texture {
            Some(texture) => texture.set(image, options),
            None => self.texture = Some(ctx.load_texture("animation", image, options)),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the delay of a frame")]
const fn seconds(seconds: f64) -> f32 {
    seconds as f32
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use egui::{RawInput, TextureId};

    use super::*;
    use crate::engine::{Frame, FrameSender};
    use crate::model::{AlbumId, MessageId};

    const PHOTO: PhotoId = PhotoId { album: AlbumId(1), message: MessageId(1) };

    fn frame(milliseconds: u64) -> Frame {
        let bitmap = Bitmap::new(PixelSize::new(2, 2), vec![9; 16]).unwrap();
        Frame { bitmap: Arc::new(bitmap), delay: Duration::from_millis(milliseconds) }
    }

    /// What a frame of the window at `time` paints, and in how many seconds it wants another.
    fn look(
        ctx: &Context,
        moving: &mut Moving,
        photo: PhotoId,
        time: f64,
    ) -> (Option<TextureId>, f64) {
        let mut seen = None;
        let input = RawInput { time: Some(time), ..RawInput::default() };
        let output = ctx.run_ui(input, |ui| {
            seen = moving.frame(ui.ctx(), photo, false).map(|patch| patch.texture);
        });
        let delay = output.viewport_output.values().map(|viewport| viewport.repaint_delay).min();
        output.drop_without_applying_deltas();
        (seen, delay.map_or(f64::INFINITY, |delay| delay.as_secs_f64()))
    }

    fn playing() -> (Context, Moving, FrameSender) {
        let mut moving = Moving { asked: Some(PHOTO), playing: None };
        let (sender, frames) = Frames::channel();
        moving.receive(PHOTO, frames);
        let ctx = Context::default();
        // The first frames of a window ask for more by themselves.
        let mut wait = 0.0;
        for frame in 0..500 {
            wait = look(&ctx, &mut moving, PHOTO, f64::from(frame) / 1000.0).1;
            if wait > 10.0 {
                return (ctx, moving, sender);
            }
        }
        panic!("the window does not come to rest: it still wants a frame in {wait} s");
    }

    #[test]
    fn frames_are_taken_when_they_are_due_and_not_before() {
        let (ctx, mut moving, sender) = playing();
        assert_eq!(look(&ctx, &mut moving, PHOTO, 0.9).0, None, "none has come");
        for delay in [100, 200, 300] {
            sender.try_send(frame(delay)).unwrap();
        }
        assert!(sender.try_send(frame(1)).is_err(), "no more than a few wait");
        let (seen, wait) = look(&ctx, &mut moving, PHOTO, 1.0);
        assert!(seen.is_some() && (0.05..=0.101).contains(&wait), "{wait}");
        look(&ctx, &mut moving, PHOTO, 1.05);
        assert_eq!(sender.capacity(), 1, "one has been taken");
        look(&ctx, &mut moving, PHOTO, 1.11);
        assert_eq!(sender.capacity(), 2);
        // Late by so little that the next one comes when it would have.
        let (_, wait) = look(&ctx, &mut moving, PHOTO, 1.12);
        assert!(wait < 0.19, "{wait}");
    }

    #[test]
    fn the_last_frame_stays_and_nothing_is_asked_for_then() {
        let (ctx, mut moving, sender) = playing();
        sender.try_send(frame(50)).unwrap();
        drop(sender);
        let first = look(&ctx, &mut moving, PHOTO, 1.0).0;
        assert!(first.is_some());
        look(&ctx, &mut moving, PHOTO, 2.0);
        let (seen, wait) = look(&ctx, &mut moving, PHOTO, 3.0);
        assert_eq!(seen, first);
        assert!(wait > 10.0, "{wait}");
    }

    #[test]
    fn another_photo_ends_it() {
        let (ctx, mut moving, sender) = playing();
        let other = PhotoId { message: MessageId(2), ..PHOTO };
        assert_eq!(look(&ctx, &mut moving, other, 1.0).0, None);
        assert!(sender.is_closed());
        moving.receive(PHOTO, Frames::channel().1);
        assert_eq!(look(&ctx, &mut moving, other, 1.0).0, None);
    }
}
