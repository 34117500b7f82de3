//! Animated pictures for the one photo that is shown: frame after frame, as fast as they are taken.
//!
//! A task on the network workers that mostly waits; the file is read and its frames are decoded on
//! the pool, at most [`AHEAD`] of them before the window wants one. Who stops taking stops the
//! decoding; dropping the [`Frames`] ends it. Here is no clock: when a frame is due is the window's
//! business.

use std::fs::File;
use std::io::{Read, Seek};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::core::Ground;
use super::event::Event;
use super::pictures::Gate;
use super::runtime::Pool;
use crate::model::{Bitmap, Photo, PhotoId, PixelSize};
use crate::pixels::{Animation, Frame as Decoded, Limits, PixelsError, is_animated};

/// Frames that wait for the window.
const AHEAD: usize = 3;

/// Bytes of a file whose animation is played; of a longer one the first frame is shown.
const LONGEST: u64 = 256 << 20;
/// How much of a file is looked at to learn whether it moves. Profiles and metadata stand before
/// what tells it.
const HEAD: u64 = 256 << 10;

/// One picture of an animation.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The whole picture as it is to be seen.
    pub bitmap: Arc<Bitmap>,
    /// How long it stands.
    pub delay: Duration,
}

/// The frames of an animation, as they come.
#[derive(Debug)]
pub struct Frames {
    frames: mpsc::Receiver<Frame>,
}

/// Where frames are put in; see [`Frames::channel`].
pub type FrameSender = mpsc::Sender<Frame>;

/// What [`Frames::next`] says.
#[derive(Debug)]
pub enum NextFrame {
    /// Here it is.
    Frame(Frame),
    /// It is being decoded.
    Coming,
    /// There is none any more; the last one stays.
    Over,
}

impl Frames {
    /// Frames and where they come from.
    #[must_use]
    pub fn channel() -> (FrameSender, Self) {
        let (sender, frames) = mpsc::channel(AHEAD);
        (sender, Self { frames })
    }

    /// The next frame, if it is there; never blocks.
    pub fn next_frame(&mut self) -> NextFrame {
        match self.frames.try_recv() {
            Ok(frame) => NextFrame::Frame(frame),
            Err(TryRecvError::Empty) => NextFrame::Coming,
            Err(TryRecvError::Disconnected) => NextFrame::Over,
        }
    }
}

/// Plays the original of `photo`, if it is on the disk and is an animation. Told as
/// [`Event::Moves`].
pub(super) async fn play(ground: Ground, gate: &Gate, id: PhotoId, fit: PixelSize) {
    let looking = ground.clone();
    let Ok(Some((photo, file))) = ground.pool.run(move || look(&looking, id)).await else { return };
    let pass = gate.pass(photo.size, photo.bytes).await;
    let opened = ground.pool.run(move || {
        let _until_read = pass;
        open(file, fit)
    });
    let Ok(Some(animation)) = opened.await else { return };
    let (sender, frames) = Frames::channel();
    ground.bus.send(Event::Moves { photo: id, frames });
    send(&ground.pool, animation, &sender, || ground.bus.wake()).await;
}

/// The file of a photo that may be an animation.
fn look(ground: &Ground, id: PhotoId) -> Option<(Photo, File)> {
    let photo = ground.store.photo(id).ok().flatten()?;
    let mut file = File::open(ground.store.original(&photo)?).ok()?;
    let is_short = file.metadata().ok()?.len() <= LONGEST;
    (is_short && may_move(&mut file).ok()?).then_some((photo, file))
}

/// Whether a file may be an animation, by its first bytes: most pictures are still, and need not
/// be read whole to know that.
fn may_move(file: &mut (impl Read + Seek)) -> std::io::Result<bool> {
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    file.rewind()?;
    // Nothing at the beginning of a GIF tells whether a second frame follows.
    Ok(head.starts_with(b"GIF8") || is_animated(&head))
}

fn open(mut file: File, fit: PixelSize) -> Option<Animation> {
    let mut bytes = Vec::new();
    file.by_ref().take(LONGEST).read_to_end(&mut bytes).ok()?;
    match Animation::open(bytes.into(), fit, &Limits::default()) {
        Ok(animation) => animation,
        // Its first frame is shown like any picture.
        Err(error) => {
            tracing::info!(%error, "an animation cannot be played");
            None
        }
    }
}

/// What reads the frames of a file.
trait Reader: Iterator<Item = Result<Decoded, PixelsError>> + Send + 'static {
    /// How often it is to be played; `None`: without end.
    fn loops(&self) -> Option<NonZeroU32>;

    /// Goes back to the first frame.
    fn rewind(&mut self) -> Result<(), PixelsError>;
}

impl Reader for Animation {
    fn loops(&self) -> Option<NonZeroU32> {
        self.loops()
    }

    fn rewind(&mut self) -> Result<(), PixelsError> {
        self.rewind()
    }
}

/// Decodes frame after frame, as often over as the file says, for as long as somebody takes them.
async fn send<R: Reader>(pool: &Pool, animation: R, frames: &FrameSender, wake: impl Fn()) {
    let mut left = animation.loops().map_or(u32::MAX, NonZeroU32::get);
    let endless = animation.loops().is_none();
    let mut playing = Some((animation, false));
    while let Some((mut animation, decoded_any)) = playing.take() {
        let Ok(place) = frames.reserve().await else { return };
        let decoded = pool.run(move || {
            let next = animation.next();
            (animation, next)
        });
        let Ok((mut animation, next)) = decoded.await else { return };
        match next {
            Some(Ok(frame)) => {
                place.send(Frame { bitmap: Arc::new(frame.bitmap), delay: frame.delay });
                wake();
                playing = Some((animation, true));
            }
            Some(Err(error)) => {
                tracing::info!(%error, "an animation ends early");
                return;
            }
            None => {
                left = if endless { left } else { left.saturating_sub(1) };
                // One without any frame would go round and round.
                if left == 0 || !decoded_any {
                    return;
                }
                drop(place);
                let rewound = pool.run(move || animation.rewind().map(|()| animation)).await;
                let Ok(Ok(animation)) = rewound else { return };
                playing = Some((animation, false));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::timeout;

    use super::*;
    use crate::engine::runtime::Workers;

    const LONG: Duration = Duration::from_mins(1);

    /// One pixel, red and then blue, a tenth of a second each.
    fn gif(loops: u8) -> Vec<u8> {
        let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\xff".to_vec();
        bytes.extend_from_slice(b"\x21\xff\x0bNETSCAPE2.0\x03\x01");
        bytes.extend([loops, 0, 0]);
        for pixel in [b"\x02\x44\x01", b"\x02\x4c\x01"] {
            bytes.extend_from_slice(b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02");
            bytes.extend_from_slice(pixel);
            bytes.push(0);
        }
        bytes.push(0x3b);
        bytes
    }

    /// Counts the frames that were decoded.
    struct Counted {
        animation: Animation,
        decoded: Arc<AtomicUsize>,
    }

    impl Iterator for Counted {
        type Item = Result<Decoded, PixelsError>;

        fn next(&mut self) -> Option<Self::Item> {
            let next = self.animation.next();
            self.decoded.fetch_add(usize::from(next.is_some()), Ordering::SeqCst);
            next
        }
    }

    impl Reader for Counted {
        fn loops(&self) -> Option<NonZeroU32> {
            self.animation.loops()
        }

        fn rewind(&mut self) -> Result<(), PixelsError> {
            self.animation.rewind()
        }
    }

    fn opened(loops: u8) -> Animation {
        let bytes = gif(loops).into();
        Animation::open(bytes, PixelSize::new(9, 9), &Limits::default()).unwrap().unwrap()
    }

    #[test]
    fn a_still_picture_is_not_read_whole() {
        let chunk = |name: &[u8; 4], data: &[u8]| {
            let length = u32::try_from(data.len()).unwrap().to_be_bytes();
            [&length[..], name, data, &[0; 4]].concat()
        };
        let start = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &[1; 13])].concat();
        let data = chunk(b"IDAT", &vec![0; 1 << 20]);
        let moving = chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
        for (file, moves) in [
            ([&start[..], &data].concat(), false),
            ([&start[..], &moving, &data].concat(), true),
            (gif(0), true),
        ] {
            let length = file.len();
            let mut file = Metered(std::io::Cursor::new(file), 0);
            assert_eq!(may_move(&mut file).unwrap(), moves);
            assert!(file.1 <= length.min(256 << 10) && file.0.position() == 0, "{}", file.1);
        }
    }

    /// Counts what is read of it.
    struct Metered(std::io::Cursor<Vec<u8>>, usize);

    impl Read for Metered {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let read = self.0.read(into)?;
            self.1 += read;
            Ok(read)
        }
    }

    impl Seek for Metered {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn an_endless_one_goes_round_for_as_long_as_it_is_taken() {
        let workers = Workers::start().unwrap();
        let pool = workers.pool();
        workers.handle().unwrap().block_on(async {
            let (sender, mut frames) = Frames::channel();
            let decoded = Arc::new(AtomicUsize::new(0));
            let animation = Counted { animation: opened(0), decoded: decoded.clone() };
            let task = tokio::spawn(async move { send(&pool, animation, &sender, || {}).await });
            let mut reds = Vec::new();
            // Nobody takes any: those ahead are decoded.
            let ahead = async {
                while decoded.load(Ordering::SeqCst) < AHEAD {
                    tokio::task::yield_now().await;
                }
            };
            timeout(LONG, ahead).await.expect("frames are decoded ahead");
            while reds.len() < 7 {
                let frame = timeout(LONG, frames.frames.recv()).await.unwrap().unwrap();
                assert_eq!(frame.delay, Duration::from_millis(100));
                reds.push(frame.bitmap.rgba()[0]);
                let decoded = decoded.load(Ordering::SeqCst);
                assert!(decoded <= reds.len() + AHEAD, "{decoded} for {}", reds.len());
            }
            assert_eq!(reds, [255, 0, 255, 0, 255, 0, 255]);
            drop(frames);
            timeout(LONG, task).await.expect("it ends with nobody to take them").unwrap();
        });
    }

    #[test]
    fn one_that_is_to_be_played_so_often_ends() {
        let workers = Workers::start().unwrap();
        let pool = workers.pool();
        let rounds = opened(2).loops().unwrap().get();
        workers.handle().unwrap().block_on(async {
            let (sender, mut frames) = Frames::channel();
            tokio::spawn(async move { send(&pool, opened(2), &sender, || {}).await });
            let mut seen = 0;
            while timeout(LONG, frames.frames.recv()).await.unwrap().is_some() {
                seen += 1;
            }
            assert_eq!(seen, 2 * rounds);
            assert!(matches!(frames.next_frame(), NextFrame::Over));
        });
    }
}
