//! A picture that moves: asked for once its first frame is there, and shown frame by frame for as
//! long as one looks at it.
//!
//! Frames come decoded; here is the clock. A window that is not seen paints no frames and takes
//! none but the next, so that nothing is decoded for it; a still picture costs nothing. Window
//! thread, beside the converter's own.

mod converter;

use std::sync::Arc;
use std::time::Duration;

use egui::{ColorImage, Context, TextureFilter, TextureHandle, TextureOptions};

use self::converter::Converter;
use crate::engine::{Frames, NextFrame, Request};
use crate::model::{PhotoId, PhotoRef, PixelSize};
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
    converter: Option<Converter>,
    /// The next frame, and how long it stands.
    next: Option<(Arc<ColorImage>, Duration)>,
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
            self.playing =
                Some(Playing { frames, converter: None, next: None, texture: None, due });
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
        self.prepare(ctx);
        if now >= self.due
            && let Some((image, delay)) = self.next.take()
        {
            self.put(ctx, image, plain);
            let from = if now - self.due > MISSED { now } else { self.due };
            self.due = from + delay.as_secs_f64();
            self.prepare(ctx);
        }
        // While a frame is being decoded or converted, whoever does so wakes the window.
        if self.due > now {
            ctx.request_repaint_after_secs(seconds(self.due - now));
        }
    }

    /// Has the next frame made ready, as far as it has come.
    fn prepare(&mut self, ctx: &Context) {
        let converter = self.converter.get_or_insert_with(|| Converter::start(ctx));
        if self.next.is_none() {
            self.next = converter.take();
        }
        if self.next.is_some() || converter.is_busy() {
            return;
        }
        let most = ctx.input(|input| input.max_texture_side);
        if let NextFrame::Frame(frame) = self.frames.next_frame()
            && frame.bitmap.size().long_side() as usize <= most
        {
            converter.put(frame);
        }
    }

    fn put(&mut self, ctx: &Context, image: Arc<ColorImage>, plain: bool) {
        let magnification = if plain { TextureFilter::Nearest } else { TextureFilter::Linear };
        let options = TextureOptions { magnification, ..TextureOptions::LINEAR };
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
    use std::time::Instant;

    use egui::{RawInput, TextureId};

    use super::*;
    use crate::engine::{Frame, FrameSender};
    use crate::model::{AlbumId, Bitmap, MessageId};

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

    /// The same, once the next frame is ready and the window rests.
    fn settled(ctx: &Context, moving: &mut Moving, time: f64) -> (Option<TextureId>, f64) {
        let begun = Instant::now();
        loop {
            let (seen, wait) = look(ctx, moving, PHOTO, time);
            let playing = moving.playing.as_ref().unwrap();
            let is_busy = playing.converter.as_ref().is_some_and(Converter::is_busy);
            if !is_busy && wait > 0.0 {
                return (seen, wait);
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "{is_busy}, in {wait} s");
            std::thread::yield_now();
        }
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
        let (seen, wait) = settled(&ctx, &mut moving, 1.0);
        assert!(seen.is_some() && (0.05..=0.101).contains(&wait), "{wait}");
        settled(&ctx, &mut moving, 1.05);
        assert_eq!(sender.capacity(), 2, "one is shown, and the next is ready");
        settled(&ctx, &mut moving, 1.11);
        assert_eq!(sender.capacity(), 3);
        // Late by so little that the next one comes when it would have.
        let (_, wait) = settled(&ctx, &mut moving, 1.12);
        assert!(wait < 0.19, "{wait}");
    }

    #[test]
    fn the_last_frame_stays_and_nothing_is_asked_for_then() {
        let (ctx, mut moving, sender) = playing();
        sender.try_send(frame(50)).unwrap();
        drop(sender);
        let first = settled(&ctx, &mut moving, 1.0).0;
        assert!(first.is_some());
        settled(&ctx, &mut moving, 2.0);
        let (seen, wait) = settled(&ctx, &mut moving, 3.0);
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
