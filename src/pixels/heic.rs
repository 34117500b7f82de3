//! HEIC to samples, by the system's libheif, which turns and trims them as their file says.

use libheif_rs::{ColorSpace, HeifContext, LibHeif, RgbChroma};

use super::{
    PixelsError,
    decode::{Order, Read},
    reduce::Reducer,
    samples::Kind,
};
use crate::model::PixelSize;

/// What libheif holds of a pixel while it decodes: the planes, and their R G B A.
const DECODING_BYTES: u64 = 10;

/// Decodes to what is wanted or a little more of it.
pub(super) fn read(order: &Order<'_>) -> Result<Read, PixelsError> {
    if order.size.is_empty() {
        return Err(PixelsError::EndsEarly);
    }
    let decoding = order.size.pixels().saturating_mul(DECODING_BYTES);
    let factor = order
        .factor(order.size, |reduced| order.need(order.size, reduced, Kind::Rgba, decoding))?;
    let library = LibHeif::new();
    let context = HeifContext::read_from_bytes(order.bytes).map_err(|_| PixelsError::Broken)?;
    let handle = context.primary_image_handle().map_err(|_| PixelsError::Broken)?;
    let icc = handle.color_profile_raw().map(|profile| profile.data);
    let image = library
        .decode(&handle, ColorSpace::Rgb(RgbChroma::Rgba), None)
        .map_err(|_| PixelsError::Broken)?;
    let planes = image.planes();
    let plane = planes.interleaved.ok_or(PixelsError::Broken)?;
    let size = PixelSize::new(plane.width, plane.height);
    if size != order.size {
        return Err(PixelsError::Broken);
    }
    let mut reducer = Reducer::new(Kind::Rgba, size, factor);
    let row_bytes = size.width as usize * 4;
    for row in plane.data.chunks(plane.stride.max(1)).take(size.height as usize) {
        if !row.get(..row_bytes).is_some_and(|row| reducer.push(row)) {
            return Err(PixelsError::Broken);
        }
    }
    Ok(Read::rows(reducer, size, Ok(()))?.with_icc(icc.as_deref()))
}
