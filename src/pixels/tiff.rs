//! TIFF to samples, strip by strip and tile by tile: what is larger than wanted, or than memory
//! allows for, becomes smaller on the way. Of several pages the first is shown.
//!
//! For grey, RGB and CMYK of eight or sixteen bits, which photographs are; scans of other kinds
//! go the general way.

use std::io::Cursor;

use ::tiff::{
    ColorType,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

use super::{
    PixelsError,
    decode::{Order, Read, complaint},
    reduce::Reducer,
    samples::Kind,
};
use crate::model::PixelSize;

/// The longest profile that is read.
const LONGEST_PROFILE: usize = 8 << 20;

/// Decodes to what is wanted or a little more of it; `None` where the kind is not one of these.
pub(super) fn read(order: &Order<'_>) -> Result<Option<Read>, PixelsError> {
    let mut decoder = Decoder::new(Cursor::new(order.bytes)).map_err(|e| complaint(&e))?;
    let limit = usize::try_from(order.limits.at_work() / 2).unwrap_or(usize::MAX);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = limit;
    limits.intermediate_buffer_size = limit;
    limits.ifd_value_size = limit.min(LONGEST_PROFILE);
    decoder = decoder.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(|e| complaint(&e))?;
    let size = PixelSize::new(width, height);
    let kind = match decoder.colortype() {
        Ok(ColorType::Gray(8 | 16)) => Kind::Gray,
        Ok(ColorType::GrayA(8 | 16)) => Kind::GrayAlpha,
        Ok(ColorType::RGB(8 | 16)) => Kind::Rgb,
        Ok(ColorType::RGBA(8 | 16)) => Kind::Rgba,
        Ok(ColorType::CMYK(8 | 16)) => Kind::Cmyk,
        _ => return Ok(None),
    };
    let planes = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration);
    if size.is_empty() || planes.ok().flatten().is_some_and(|planes| planes != 1) {
        return Ok(None);
    }
    let chunk = decoder.chunk_dimensions();
    let chunk = PixelSize::new(chunk.0.min(width), chunk.1.min(height));
    // One chunk as it is read, up to sixteen bits, and a band of them as wide as the picture.
    let band = u64::from(width) * u64::from(chunk.height);
    let reading = (band + chunk.pixels() * 2) * kind.channels() as u64;
    let factor = order.factor(size, |reduced| order.need(size, reduced, kind, reading))?;
    let icc = decoder.find_tag(Tag::IccProfile).ok().flatten();
    let icc = icc.and_then(|value| value.into_u8_vec().ok());
    let mut bands = Bands { decoder, kind, size, chunk };
    let mut reducer = Reducer::new(kind, size, factor);
    let end = bands.read_all(&mut reducer);
    Ok(Some(Read::rows(reducer, size, end)?.with_icc(icc.as_deref())))
}

/// The picture as rows of chunks.
struct Bands<'a> {
    decoder: Decoder<Cursor<&'a [u8]>>,
    kind: Kind,
    size: PixelSize,
    chunk: PixelSize,
}

impl Bands<'_> {
    fn read_all(&mut self, reducer: &mut Reducer) -> Result<(), PixelsError> {
        let row = self.size.width as usize * self.kind.channels();
        for top in (0..self.size.height).step_by(self.chunk.height.max(1) as usize) {
            let band = self.read(top)?;
            if !band.chunks_exact(row).all(|row| reducer.push(row)) {
                return Err(PixelsError::Broken);
            }
        }
        Ok(())
    }

    /// The rows from `top` on that one row of chunks has, eight bits a sample.
    fn read(&mut self, top: u32) -> Result<Vec<u8>, PixelsError> {
        let channels = self.kind.channels();
        let (across, down) = (self.size.width.div_ceil(self.chunk.width), top / self.chunk.height);
        if across == 1 {
            return self.chunk(down);
        }
        let rows = self.chunk.height.min(self.size.height - top) as usize;
        let row_bytes = self.size.width as usize * channels;
        let mut band = vec![0; row_bytes * rows];
        for column in 0..across {
            let left = (column * self.chunk.width) as usize * channels;
            let chunk = self.chunk(down * across + column)?;
            let width = (self.chunk.width as usize * channels).min(row_bytes - left);
            for (to, from) in band.chunks_exact_mut(row_bytes).zip(chunk.chunks_exact(width)) {
                to[left..left + width].copy_from_slice(from);
            }
        }
        Ok(band)
    }

    fn chunk(&mut self, index: u32) -> Result<Vec<u8>, PixelsError> {
        match self.decoder.read_chunk(index).map_err(|e| complaint(&e))? {
            DecodingResult::U8(bytes) => Ok(bytes),
            DecodingResult::U16(words) => {
                let byte = |word: u16| u8::try_from((u32::from(word) + 128) / 257).unwrap_or(255);
                Ok(words.into_iter().map(byte).collect())
            }
            _ => Err(PixelsError::Unsupported { format: "Rare kinds of TIFF" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::tiff::encoder::{TiffEncoder, colortype};

    use super::*;
    use crate::pixels::{Limits as Bounds, PixelsError, decode, testing};

    const SIZE: PixelSize = PixelSize::new(60, 40);

    fn written<C: colortype::ColorType>(samples: &[C::Inner], rows_per_strip: u32) -> Vec<u8>
    where
        [C::Inner]: ::tiff::encoder::TiffValue,
    {
        let mut out = Cursor::new(vec![]);
        let mut encoder = TiffEncoder::new(&mut out).unwrap();
        let mut image = encoder.new_image::<C>(SIZE.width, SIZE.height).unwrap();
        image.rows_per_strip(rows_per_strip).unwrap();
        image.write_data(samples).unwrap();
        out.into_inner()
    }

    fn shown(bytes: &[u8]) -> crate::model::Bitmap {
        decode(bytes, None, &Bounds::default()).unwrap().bitmap
    }

    #[test]
    fn depths_and_strips_make_no_difference() {
        let picture = testing::picture(SIZE);
        let rgb: Vec<u8> = picture.rgba().chunks_exact(4).flat_map(|p| p[..3].to_vec()).collect();
        let deep: Vec<u16> = rgb.iter().map(|v| u16::from(*v) * 257).collect();
        for rows in [1, 7, 40] {
            assert_eq!(shown(&written::<colortype::RGB8>(&rgb, rows)), picture, "{rows}");
            assert_eq!(shown(&written::<colortype::RGB16>(&deep, rows)), picture, "{rows}");
        }
    }

    #[test]
    fn inks_are_colours() {
        let cyan = [255, 0, 0, 0].repeat(usize::try_from(SIZE.pixels()).unwrap());
        assert_eq!(shown(&written::<colortype::CMYK8>(&cyan, 9)).rgba()[..4], [0, 255, 255, 255]);
    }

    #[test]
    fn what_does_not_fit_is_made_smaller_on_the_way() {
        let picture = testing::picture(SIZE);
        let bytes = written::<colortype::RGBA8>(picture.rgba(), 2);
        let tight = |max_alloc_bytes| Bounds { max_alloc_bytes, ..Bounds::default() };
        let decoded = decode(&bytes, None, &tight(8000)).unwrap();
        assert_eq!(decoded.reduced_from(None), Some(SIZE));
        let twin = crate::pixels::scale(&picture, decoded.bitmap.size());
        assert!(testing::mean_difference(&decoded.bitmap, &twin) < 3.0);
        let whole = written::<colortype::RGBA8>(picture.rgba(), 40);
        assert_eq!(decode(&whole, None, &tight(8000)), Err(PixelsError::TooLarge { size: SIZE }));
    }
}
