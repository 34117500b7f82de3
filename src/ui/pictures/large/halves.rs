//! A picture at half its size, a quarter, an eighth: what is looked at from afar needs no more, and
//! flickers with more.
//!
//! They are made on a thread of their own, one for each picture that is looked at in its own
//! pixels; never on the window's.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use egui::Context;

use crate::model::{Bitmap, PixelSize};

/// No smaller copies are made than with this side: the screen's rendition is as large.
const SMALLEST: u32 = 1024;

/// The smaller copies of a picture, largest first.
#[derive(Default)]
pub(super) enum Halves {
    #[default]
    Unasked,
    Coming(Receiver<Vec<Arc<Bitmap>>>),
    Here(Vec<Arc<Bitmap>>),
}

impl Halves {
    /// What there is of them; begins to make them where nobody has.
    pub(super) fn get(&mut self, ctx: &Context, whole: &Arc<Bitmap>) -> &[Arc<Bitmap>] {
        match self {
            Self::Unasked => *self = begin(ctx, whole),
            Self::Coming(coming) => match coming.try_recv() {
                Ok(made) => *self = Self::Here(made),
                // Without them the picture is painted from its own pixels.
                Err(TryRecvError::Disconnected) => *self = Self::Here(Vec::new()),
                Err(TryRecvError::Empty) => {}
            },
            Self::Here(_) => {}
        }
        match self {
            Self::Here(made) => made,
            Self::Unasked | Self::Coming(_) => &[],
        }
    }

    /// Whether more of them will come.
    pub(super) const fn are_coming(&self) -> bool {
        matches!(self, Self::Coming(_))
    }

    /// Bytes of memory.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Here(made) => made.iter().map(|bitmap| bitmap.rgba().len()).sum(),
            Self::Unasked | Self::Coming(_) => 0,
        }
    }
}

fn begin(ctx: &Context, whole: &Arc<Bitmap>) -> Halves {
    if whole.size().long_side() <= 2 * SMALLEST {
        return Halves::Here(Vec::new());
    }
    let (sender, receiver) = sync_channel(1);
    let (ctx, whole) = (ctx.clone(), whole.clone());
    let work = move || {
        let mut made: Vec<Arc<Bitmap>> = Vec::new();
        let mut last = whole;
        while last.size().long_side() > 2 * SMALLEST {
            let Some(half) = half(&last) else { break };
            last = Arc::new(half);
            made.push(last.clone());
        }
        if sender.send(made).is_ok() {
            ctx.request_repaint();
        }
    };
    match std::thread::Builder::new().name("halves".to_owned()).spawn(work) {
        Ok(_) => Halves::Coming(receiver),
        Err(error) => {
            tracing::warn!(%error, "no thread for a picture's smaller copies");
            Halves::Here(Vec::new())
        }
    }
}

/// Each pixel the mean of four; an odd last row or column stands for itself.
fn half(whole: &Bitmap) -> Option<Bitmap> {
    let size = whole.size();
    let small = PixelSize::new(size.width.div_ceil(2), size.height.div_ceil(2));
    let stride = size.width as usize * 4;
    let mut out = Vec::with_capacity(usize::try_from(small.pixels()).ok()? * 4);
    for pair in whole.rgba().chunks(stride * 2) {
        let (first, second) = pair.split_at(stride);
        let second = if second.is_empty() { first } else { second };
        for (a, b) in first.chunks(8).zip(second.chunks(8)) {
            let (left, right) = (of(a, 0), of(a, a.len() - 4));
            out.extend(mean([left, right, of(b, 0), of(b, b.len() - 4)]));
        }
    }
    Bitmap::new(small, out)
}

fn of(row: &[u8], at: usize) -> [u8; 4] {
    let mut pixel = [0; 4];
    pixel.copy_from_slice(&row[at..at + 4]);
    pixel
}

/// What is transparent has no say in the colour.
fn mean(pixels: [[u8; 4]; 4]) -> [u8; 4] {
    let alpha: u32 = pixels.iter().map(|pixel| u32::from(pixel[3])).sum();
    let channel = |at: usize| {
        let weighed = |pixel: &[u8; 4]| u32::from(pixel[at]) * u32::from(pixel[3]);
        let sum: u32 = pixels.iter().map(weighed).sum();
        u8::try_from((sum + alpha / 2).checked_div(alpha).unwrap_or(0)).unwrap_or(u8::MAX)
    };
    let [r, g, b] = [0, 1, 2].map(channel);
    [r, g, b, u8::try_from((alpha + 2) / 4).unwrap_or(u8::MAX)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bitmap(width: u32, height: u32, at: impl Fn(u32, u32) -> [u8; 4]) -> Bitmap {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgba = pixels.flat_map(|(x, y)| at(x, y)).collect();
        Bitmap::new(PixelSize::new(width, height), rgba).unwrap()
    }

    proptest! {
        #[test]
        fn a_plain_picture_stays_plain(
            width in 1_u32..20, height in 1_u32..20, r: u8, g: u8, alpha in 1_u8..,
        ) {
            let half = half(&bitmap(width, height, |_, _| [r, g, 7, alpha])).unwrap();
            let size = PixelSize::new(width.div_ceil(2), height.div_ceil(2));
            prop_assert_eq!(half.size(), size);
            prop_assert!(half.rgba().chunks(4).all(|pixel| pixel == [r, g, 7, alpha]));
        }
    }

    #[test]
    fn a_pixel_is_the_mean_of_four_and_what_is_clear_does_not_count() {
        let fine = bitmap(3, 2, |x, y| match (x, y) {
            (2, _) => [9, 9, 9, 255],
            (x, y) => [if (x + y) % 2 == 0 { 0 } else { 100 }, 50, 0, 255],
        });
        assert_eq!(half(&fine).unwrap().rgba(), [50, 50, 0, 255, 9, 9, 9, 255]);
        let clear = bitmap(2, 2, |x, _| if x == 0 { [200, 0, 0, 0] } else { [0, 80, 0, 255] });
        assert_eq!(half(&clear).unwrap().rgba(), [0, 80, 0, 128]);
    }
}
