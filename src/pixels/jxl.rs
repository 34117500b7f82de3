//! JPEG XL to samples, upright as its decoder gives them.

use jxl_oxide::{AllocTracker, CropInfo, JxlImage, JxlThreadPool, PixelFormat};

use super::{
    PixelsError,
    decode::{Order, Read, complaint},
    reduce::Reducer,
    samples::Kind,
};
use crate::model::PixelSize;

/// What the decoder holds of a pixel while it renders: planes of wide samples, some of them twice.
const RENDERING_BYTES: u64 = 40;
/// Rows that the format keeps together.
const GROUP: u32 = 256;

/// Decodes to what is wanted or a little more of it.
pub(super) fn read(order: &Order<'_>) -> Result<Read, PixelsError> {
    let limit = usize::try_from(order.limits.at_work()).unwrap_or(usize::MAX);
    let tracker = AllocTracker::with_limit(limit);
    let builder = JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(tracker.clone());
    let mut image = builder.read(order.bytes).map_err(|e| explain(&*e, order.size))?;
    let size = PixelSize::new(image.width(), image.height());
    let (kind, channels) = match image.pixel_format() {
        PixelFormat::Gray => (Kind::Gray, 1),
        PixelFormat::Graya => (Kind::GrayAlpha, 2),
        PixelFormat::Rgb => (Kind::Rgb, 3),
        PixelFormat::Rgba => (Kind::Rgba, 4),
        PixelFormat::Cmyk | PixelFormat::Cmyka => {
            return Err(PixelsError::Unsupported { format: "Rare kinds of JPEG XL" });
        }
    };
    if size.is_empty() {
        return Err(PixelsError::Broken);
    }
    let factor = order.factor(size, |reduced| order.need(size, reduced, kind, 0))?;
    let is_whole = image.num_loaded_keyframes() > 0;
    let rows = rows_at_a_time(size, limit as u64);
    let mut reducer = Reducer::new(kind, size, factor);
    let mut row = vec![0_u8; size.width as usize * kind.channels()];
    let end = (0..size.height).step_by(rows as usize).try_for_each(|top| {
        let height = rows.min(size.height - top);
        if height < size.height {
            image.set_image_region(CropInfo { width: size.width, height, left: 0, top });
        }
        let render = if is_whole { image.render_frame(0) } else { image.render_loading_frame() };
        let render = render.map_err(|e| explain(&*e, size))?;
        let mut stream = render.stream();
        let (columns, lines) = (stream.width(), stream.height());
        if stream.channels() != channels || (columns, lines) != (size.width, height) {
            return Err(PixelsError::Broken);
        }
        let mut is_taken = true;
        for _ in 0..height {
            is_taken &= stream.write_to_buffer(&mut row) == row.len() && reducer.push(&row);
        }
        if is_taken { Ok(()) } else { Err(PixelsError::Broken) }
    });
    let read = Read::rows(reducer, size, end)?.with_icc(Some(&image.rendered_icc()));
    Ok(Read { is_damaged: read.is_damaged || !is_whole, ..read })
}

/// How many rows are rendered together: all of them, if memory allows for that.
fn rows_at_a_time(size: PixelSize, limit: u64) -> u32 {
    if size.pixels().saturating_mul(RENDERING_BYTES) <= limit {
        return size.height;
    }
    let rows = limit / (u64::from(size.width) * RENDERING_BYTES);
    let rows = u32::try_from(rows).unwrap_or(u32::MAX) / GROUP * GROUP;
    rows.clamp(GROUP, size.height.max(GROUP))
}

/// The size as it is to be seen, from the first bytes of a file; `None` where it is out of reach.
pub(super) fn size(bytes: &[u8]) -> Option<PixelSize> {
    let mut image = JxlImage::builder().pool(JxlThreadPool::none()).build_uninit();
    image.feed_bytes(bytes).ok()?;
    match image.try_init().ok()? {
        jxl_oxide::InitializeResult::Initialized(image) => {
            Some(PixelSize::new(image.width(), image.height()))
        }
        jxl_oxide::InitializeResult::NeedMoreData(_) => None,
    }
}

fn explain(
    error: &(dyn std::error::Error + Send + Sync + 'static),
    size: PixelSize,
) -> PixelsError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = cause {
        if e.to_string().contains("failed to allocate") {
            return PixelsError::TooLarge { size };
        }
        cause = e.source();
    }
    complaint(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{Limits, decode, testing};

    #[test]
    fn rows_are_rendered_in_bands_where_memory_is_short() {
        let size = PixelSize::new(16_000, 12_000);
        assert_eq!(rows_at_a_time(PixelSize::new(4000, 3000), 768 << 20), 3000);
        let rows = rows_at_a_time(size, 768 << 20);
        assert!(rows.is_multiple_of(GROUP) && (GROUP..2048).contains(&rows), "{rows}");
        assert_eq!(rows_at_a_time(size, 1), GROUP);
        for (file, allowed) in testing::LARGE_JXL.into_iter().zip([0.5, 0.0]) {
            let whole = decode(file, None, &Limits::default()).unwrap();
            let tight = Limits { max_alloc_bytes: 12 << 20, ..Limits::default() };
            assert!(rows_at_a_time(whole.stored, tight.max_alloc_bytes) < whole.stored.height);
            let bands = decode(file, None, &tight).unwrap();
            assert!(!bands.is_damaged);
            let off = testing::mean_difference(&bands.bitmap, &whole.bitmap);
            assert!(off <= allowed, "{off}");
        }
    }

    #[test]
    fn of_a_part_what_is_there_is_shown() {
        let [lossy, _] = testing::LARGE_JXL;
        let whole = decode(lossy, None, &Limits::default()).unwrap();
        let part = decode(&lossy[..lossy.len() * 8 / 10], None, &Limits::default()).unwrap();
        assert!(part.is_damaged && !whole.is_damaged);
        let off = testing::mean_difference(&part.bitmap, &whole.bitmap);
        assert!(off < 20.0, "{off}");
    }

    #[test]
    fn display_p3_is_brought_to_srgb() {
        for (file, wanted) in testing::WIDE_JXL {
            let decoded = decode(file, None, &Limits::default()).unwrap();
            let seen = &decoded.bitmap.rgba()[..3];
            let is_near = seen.iter().zip(wanted).all(|(seen, wanted)| seen.abs_diff(wanted) < 4);
            assert!(is_near, "{} bytes: {seen:?} instead of {wanted:?}", file.len());
        }
    }
}
