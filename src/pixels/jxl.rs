//! JPEG XL to samples, upright as its decoder gives them.

use jxl_oxide::{AllocTracker, JxlImage, JxlThreadPool, PixelFormat};

use super::{
    PixelsError,
    decode::{Order, Read, complaint},
    reduce::Reducer,
    samples::Kind,
};
use crate::model::PixelSize;

/// Decodes to what is wanted or a little more of it.
pub(super) fn read(order: &Order<'_>) -> Result<Read, PixelsError> {
    let limit = usize::try_from(order.limits.max_alloc_bytes).unwrap_or(usize::MAX);
    let tracker = AllocTracker::with_limit(limit);
    let builder = JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(tracker.clone());
    let image = builder.read(order.bytes).map_err(|e| explain(&*e, order.size))?;
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
    let target = order.target(size);
    let memory = |reduced: PixelSize| {
        reduced.pixels() * kind.channels() as u64 + order.bitmap_bytes(reduced.fit(target))
    };
    let factor = Reducer::factor(size, target, |reduced| order.admits(size, memory(reduced)));
    let factor = factor.ok_or(PixelsError::TooLarge { size })?;
    let render = image.render_frame(0).map_err(|e| explain(&*e, size))?;
    let mut stream = render.stream();
    if stream.channels() != channels || stream.width() != size.width {
        return Err(PixelsError::Broken);
    }
    let mut reducer = Reducer::new(kind, size, factor);
    let mut row = vec![0_u8; size.width as usize * kind.channels()];
    for _ in 0..size.height {
        if stream.write_to_buffer(&mut row) != row.len() || !reducer.push(&row) {
            return Err(PixelsError::Broken);
        }
    }
    let samples = reducer.finish().ok_or(PixelsError::Broken)?;
    Ok(Read { samples: samples.with_icc(Some(&image.rendered_icc())), size })
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
        if e.to_string().contains("memory") {
            return PixelsError::TooLarge { size };
        }
        cause = e.source();
    }
    complaint(error)
}

#[cfg(test)]
mod tests {
    use crate::pixels::{Limits, decode, testing};

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
