//! The canvas that frames are drawn on, and what becomes of each before the next one.

use crate::model::PixelSize;

/// Where a frame is drawn, as the file says; it may stand over the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) size: PixelSize,
}

/// What becomes of a frame before the next one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disposal {
    /// It stays.
    Keep,
    /// Its area becomes transparent.
    Clear,
    /// What was there before comes back.
    Restore,
}

/// How a frame's pixels meet those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blend {
    /// In their place.
    Replace,
    /// Over them.
    Over,
}

/// The picture as it is to be seen after the last frame.
pub(super) struct Canvas {
    size: PixelSize,
    rgba: Vec<u8>,
    saved: Vec<u8>,
    last: Option<(Area, Disposal)>,
}

impl Canvas {
    /// A transparent one. The caller has checked that `size` may be had.
    pub(super) fn new(size: PixelSize) -> Self {
        let rgba = vec![0; size.width as usize * size.height as usize * 4];
        Self { size, rgba, saved: vec![], last: None }
    }

    pub(super) fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    pub(super) const fn size(&self) -> PixelSize {
        self.size
    }

    /// Draws `pixels` (R G B A, row by row, as many as `area` holds).
    pub(super) fn draw(&mut self, pixels: &[u8], area: Area, blend: Blend, disposal: Disposal) {
        self.dispose();
        if disposal == Disposal::Restore {
            self.saved.clone_from(&self.rgba);
        }
        let row_bytes = area.size.width as usize * 4;
        for (row, from) in pixels.chunks_exact(row_bytes.max(4)).enumerate() {
            let Some(to) = self.row(area, row) else { break };
            match blend {
                Blend::Replace => to.copy_from_slice(&from[..to.len()]),
                Blend::Over => {
                    let (to, _) = to.as_chunks_mut::<4>();
                    let (from, _) = from.as_chunks::<4>();
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = over(*from, *to));
                }
            }
        }
        self.last = Some((area, disposal));
    }

    fn dispose(&mut self) {
        match self.last.take() {
            Some((_, Disposal::Restore)) => std::mem::swap(&mut self.rgba, &mut self.saved),
            Some((area, Disposal::Clear)) => {
                for row in 0..area.size.height as usize {
                    let Some(row) = self.row(area, row) else { break };
                    row.fill(0);
                }
            }
            Some((_, Disposal::Keep)) | None => {}
        }
    }

    /// The part of the canvas that the `row`th row of `area` covers.
    fn row(&mut self, area: Area, row: usize) -> Option<&mut [u8]> {
        let y = (area.y as usize).checked_add(row).filter(|y| *y < self.size.height as usize)?;
        let width = area.size.width.min(self.size.width.checked_sub(area.x)?) as usize;
        let from = (y * self.size.width as usize + area.x as usize) * 4;
        self.rgba.get_mut(from..from + width * 4)
    }
}

/// One pixel over another, alpha not premultiplied.
fn over(top: [u8; 4], below: [u8; 4]) -> [u8; 4] {
    match (top[3], below[3]) {
        (255, _) | (_, 0) => top,
        (0, _) => below,
        (a, b) => {
            let (top_part, below_part) = (u32::from(a) * 255, u32::from(b) * u32::from(255 - a));
            let whole = top_part + below_part;
            let mixed = |t: u8, u: u8| {
                let sum = u32::from(t) * top_part + u32::from(u) * below_part;
                u8::try_from((sum + whole / 2) / whole).unwrap_or(255)
            };
            let alpha = u8::try_from((whole + 127) / 255).unwrap_or(255);
            [mixed(top[0], below[0]), mixed(top[1], below[1]), mixed(top[2], below[2]), alpha]
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];

    fn area(x: u32, y: u32, width: u32, height: u32) -> Area {
        Area { x, y, size: PixelSize::new(width, height) }
    }

    #[test]
    fn frames_go_as_they_said() {
        let mut canvas = Canvas::new(PixelSize::new(2, 1));
        canvas.draw(&RED.repeat(2), area(0, 0, 2, 1), Blend::Replace, Disposal::Keep);
        canvas.draw(&BLUE, area(1, 0, 1, 1), Blend::Over, Disposal::Restore);
        assert_eq!(canvas.rgba(), [RED, BLUE].concat());
        canvas.draw(&[0; 4], area(0, 0, 1, 1), Blend::Over, Disposal::Clear);
        assert_eq!(canvas.rgba(), [RED, RED].concat());
        canvas.draw(&BLUE, area(1, 0, 1, 1), Blend::Over, Disposal::Keep);
        assert_eq!(canvas.rgba(), [[0; 4], BLUE].concat());
    }

    #[test]
    fn half_over_half_is_three_quarters() {
        assert_eq!(over([255, 0, 0, 128], [0, 0, 255, 128]), [170, 0, 85, 192]);
        assert_eq!(over([255, 0, 0, 128], BLUE), [128, 0, 127, 255]);
    }

    proptest! {
        #[test]
        fn no_area_leaves_the_canvas(frames in proptest::collection::vec((0_u32..9, 0_u32..9, 0_u32..9, 0_u32..9, 0_u8..3), 1..6)) {
            let mut canvas = Canvas::new(PixelSize::new(5, 4));
            for (x, y, width, height, disposal) in frames {
                let disposal = [Disposal::Keep, Disposal::Clear, Disposal::Restore][usize::from(disposal)];
                let pixels = RED.repeat((width * height) as usize);
                canvas.draw(&pixels, area(x, y, width, height), Blend::Over, disposal);
                prop_assert_eq!(canvas.rgba().len(), 80);
            }
        }
    }
}
