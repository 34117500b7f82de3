//! AVIF to samples: the container's items by AV1, tile by tile and row by row.

use re_rav1d::dav1d::{Decoder, Picture, PixelLayout, PlanarImageComponent, Settings, pixel};

use super::{
    PixelsError,
    boxes::be16,
    colour,
    decode::{Order, Read},
    items::Container,
    reduce::Reducer,
    samples::Kind,
};
use crate::model::PixelSize;

/// More tiles than any picture has.
const MOST_TILES: usize = 1024;

/// Decodes to what is wanted or a little more of it.
pub(super) fn read(order: &Order<'_>) -> Result<Read, PixelsError> {
    let container = Container::open(order.bytes).ok_or(PixelsError::EndsEarly)?;
    let item = container.primary().ok_or(PixelsError::Broken)?;
    let layer = Layer::open(container, item)?;
    let size = layer.size;
    let alpha = container.referring(*b"auxl", item).into_iter().find(|id| is_alpha(container, *id));
    let meaning = Meaning::of(container, item);
    let kind = match (layer.depth.is_gray, alpha.is_some()) {
        (true, false) => Kind::Gray,
        (true, true) => Kind::GrayAlpha,
        (false, false) => Kind::Rgb,
        (false, true) => Kind::Rgba,
    };
    let alpha_plane = if alpha.is_some() { size.pixels() } else { 0 };
    let decoding = layer.decoding_bytes(order.bytes.len()).saturating_add(alpha_plane);
    let factor = order.factor(size, |reduced| order.need(size, reduced, kind, decoding))?;
    // Without its transparency a picture is still one.
    let alpha = alpha.and_then(|id| opacity(container, id, size).ok());
    let mut reducer = Reducer::new(kind, size, factor);
    let mut pixels = vec![];
    let mut y = 0;
    let end = layer.rows(meaning, |row| {
        pixels.clear();
        let opaque = alpha.as_deref().map(|alpha| &alpha[y * size.width as usize..]);
        let channels = if layer.depth.is_gray { 1 } else { 3 };
        for (x, pixel) in row.chunks_exact(3).enumerate() {
            pixels.extend_from_slice(&pixel[..channels]);
            if kind.has_alpha() {
                pixels.push(opaque.and_then(|row| row.get(x)).copied().unwrap_or(255));
            }
        }
        y += 1;
        reducer.push(&pixels)
    });
    let mut read = Read::rows(reducer, size, end)?;
    read.samples.profile = meaning.profile(container, item);
    Ok(read)
}

fn is_alpha(container: Container<'_>, item: u32) -> bool {
    const ALPHA: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
    let properties = container.properties(item);
    let named = properties.iter().find(|property| &property.kind == b"auxC");
    named.is_some_and(|auxc| auxc.body.get(4..).is_some_and(|name| name.starts_with(ALPHA)))
}

/// How much of each pixel is there.
fn opacity(container: Container<'_>, item: u32, size: PixelSize) -> Result<Vec<u8>, PixelsError> {
    let layer = Layer::open(container, item)?;
    if layer.size != size {
        return Err(PixelsError::Broken);
    }
    let mut alpha = Vec::with_capacity(size.width as usize * size.height as usize);
    layer.rows(Meaning { matrix: Some(GREY), ..Meaning::of(container, item) }, |row| {
        alpha.extend(row.chunks_exact(3).map(|pixel| pixel[0]));
        true
    })?;
    Ok(alpha)
}

/// What the numbers of the planes stand for, as far as the container says so.
#[derive(Clone, Copy, Debug, Default)]
struct Meaning {
    primaries: Option<u16>,
    transfer: Option<u16>,
    matrix: Option<u16>,
    full_range: Option<bool>,
}

/// A matrix of our own: there is nothing but the first plane.
const GREY: u16 = u16::MAX;

impl Meaning {
    fn of(container: Container<'_>, item: u32) -> Self {
        let properties = container.properties(item);
        let nclx = properties
            .iter()
            .filter(|property| &property.kind == b"colr")
            .find_map(|property| property.body.strip_prefix(b"nclx"));
        nclx.map_or_else(Self::default, |body| Self {
            primaries: be16(body, 0),
            transfer: be16(body, 2),
            matrix: be16(body, 4),
            full_range: body.get(6).map(|flags| flags & 0x80 != 0),
        })
    }

    fn profile(self, container: Container<'_>, item: u32) -> Option<Box<moxcms::ColorProfile>> {
        let properties = container.properties(item);
        let mut colours = properties.iter().filter(|property| &property.kind == b"colr");
        let icc = colours.find_map(|property| {
            property.body.strip_prefix(b"prof").or_else(|| property.body.strip_prefix(b"rICC"))
        });
        let number = |value: Option<u16>| u8::try_from(value?).ok();
        icc.and_then(colour::parse)
            .or_else(|| colour::of_video(number(self.primaries)?, number(self.transfer)?))
    }
}

/// What a decoder needs for a pixel, from its configuration.
#[derive(Clone, Copy)]
struct Depth {
    is_gray: bool,
    /// Bytes of all planes, a pixel, in halves.
    half_bytes: u64,
}

impl Depth {
    /// By the configuration record; where there is none, the most.
    fn of(container: Container<'_>, item: u32) -> Self {
        let properties = container.properties(item);
        let av1c = properties.iter().find(|property| &property.kind == b"av1C");
        let Some(flags) = av1c.and_then(|property| property.body.get(2).copied()) else {
            return Self { is_gray: false, half_bytes: 12 };
        };
        let planes = match (flags & 0x10 != 0, flags & 8 != 0, flags & 4 != 0) {
            (true, ..) => 2,
            (_, true, true) => 3,
            (_, true, false) => 4,
            _ => 6,
        };
        Self { is_gray: flags & 0x10 != 0, half_bytes: planes << u64::from(flags & 0x40 != 0) }
    }
}

/// An item as tiles, of which most have one.
struct Layer<'a> {
    container: Container<'a>,
    tiles: Vec<u32>,
    across: usize,
    size: PixelSize,
    tile: PixelSize,
    depth: Depth,
}

impl<'a> Layer<'a> {
    fn open(container: Container<'a>, item: u32) -> Result<Self, PixelsError> {
        let size = container.size(item).filter(|size| !size.is_empty());
        let size = size.ok_or(PixelsError::Broken)?;
        match &container.kind(item).ok_or(PixelsError::Broken)? {
            b"av01" => {
                let depth = Depth::of(container, item);
                Ok(Self { container, tiles: vec![item], across: 1, size, tile: size, depth })
            }
            b"grid" => Self::grid(container, item, size),
            _ => Err(PixelsError::Unsupported { format: "Rare kinds of AVIF" }),
        }
    }

    fn grid(container: Container<'a>, item: u32, size: PixelSize) -> Result<Self, PixelsError> {
        let data = container.data(item).ok_or(PixelsError::EndsEarly)?;
        let &[_, _, down, across, ..] = data.as_slice() else { return Err(PixelsError::Broken) };
        let (down, across) = (usize::from(down) + 1, usize::from(across) + 1);
        let tiles = container.references(*b"dimg", item);
        let first = *tiles.first().ok_or(PixelsError::Broken)?;
        let tile = container.size(first).filter(|tile| !tile.is_empty());
        let tile = tile.ok_or(PixelsError::Broken)?;
        let covers = |tile: u32, count: usize, side: u32| {
            u64::from(tile) * count as u64 >= u64::from(side)
                && u64::from(tile) * (count as u64 - 1) < u64::from(side)
        };
        let is_right = tiles.len() == down * across
            && tiles.len() <= MOST_TILES
            && covers(tile.width, across, size.width)
            && covers(tile.height, down, size.height);
        if !is_right {
            return Err(PixelsError::Broken);
        }
        let depth = Depth::of(container, first);
        Ok(Self { container, tiles, across, size, tile, depth })
    }

    /// Memory for one row of tiles and what decoding one takes beside it.
    fn decoding_bytes(&self, file_bytes: usize) -> u64 {
        let row = self.tile.pixels().saturating_mul(self.across as u64);
        let planes = row.saturating_add(self.tile.pixels()).saturating_mul(self.depth.half_bytes);
        (planes / 2).saturating_add(file_bytes as u64)
    }

    /// Gives the rows as R G B, from the top, to `take`, which says whether it could take one.
    fn rows(
        &self,
        meaning: Meaning,
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), PixelsError> {
        let mut left = self.size.height;
        let mut row = vec![];
        for tiles in self.tiles.chunks(self.across) {
            let pictures: Result<Vec<_>, _> = tiles.iter().map(|tile| self.decode(*tile)).collect();
            let pictures = pictures?;
            let views: Option<Vec<_>> =
                pictures.iter().map(|picture| Planes::of(picture, meaning)).collect();
            let views = views.ok_or(PixelsError::Broken)?;
            let rows = left.min(self.tile.height);
            left -= rows;
            for y in 0..rows as usize {
                row.clear();
                for view in &views {
                    view.row(y, &mut row).ok_or(PixelsError::Broken)?;
                }
                row.truncate(self.size.width as usize * 3);
                if !take(&row) {
                    return Err(PixelsError::Broken);
                }
            }
        }
        Ok(())
    }

    fn decode(&self, item: u32) -> Result<Picture, PixelsError> {
        let data = self.container.data(item).ok_or(PixelsError::EndsEarly)?;
        if data.is_empty() {
            return Err(PixelsError::Broken);
        }
        let mut settings = Settings::new();
        settings.set_n_threads(1);
        settings.set_max_frame_delay(1);
        settings.set_all_layers(false);
        let most = u32::try_from(self.tile.pixels()).unwrap_or(u32::MAX);
        settings.set_frame_size_limit(most);
        let mut decoder = Decoder::with_settings(&settings).map_err(|_| PixelsError::Broken)?;
        match decoder.send_data(data, None, None, None) {
            Err(error) if !error.is_again() => return Err(PixelsError::Broken),
            _ => {}
        }
        let picture = decoder.get_picture().map_err(|_| PixelsError::Broken)?;
        let is_right = PixelSize::new(picture.width(), picture.height()) == self.tile;
        if is_right { Ok(picture) } else { Err(PixelsError::Broken) }
    }
}

/// The planes of a decoded picture and how they become colours.
struct Planes<'a> {
    picture: &'a Picture,
    each: [re_rav1d::dav1d::Plane; 3],
    /// By how many bits a place in the picture is larger than one in the planes of colour.
    shift: (usize, usize),
    is_wide: bool,
    scale: Scale,
    matrix: Matrix,
}

/// From numbers of any depth and range to 0 … 1 and −0.5 … 0.5.
struct Scale {
    black: f32,
    light: f32,
    middle: f32,
    colour: f32,
}

enum Matrix {
    Grey,
    Identity,
    CgCo,
    /// By the parts of red and blue in the light.
    Parts {
        red: f32,
        blue: f32,
    },
}

impl<'a> Planes<'a> {
    fn of(picture: &'a Picture, meaning: Meaning) -> Option<Self> {
        let bits = picture.bits_per_component()?.0;
        let layout = picture.pixel_layout();
        let shift = match layout {
            PixelLayout::I420 => (1, 1),
            PixelLayout::I422 => (1, 0),
            PixelLayout::I400 | PixelLayout::I444 => (0, 0),
        };
        let full =
            meaning.full_range.unwrap_or_else(|| picture.color_range() == pixel::YUVRange::Full);
        let matrix = meaning.matrix.unwrap_or(picture.matrix_coefficients() as u16);
        let matrix = match matrix {
            _ if layout == PixelLayout::I400 || matrix == GREY => Matrix::Grey,
            0 => Matrix::Identity,
            8 => Matrix::CgCo,
            1 => Matrix::Parts { red: 0.2126, blue: 0.0722 },
            4 => Matrix::Parts { red: 0.30, blue: 0.11 },
            7 => Matrix::Parts { red: 0.212, blue: 0.087 },
            9 | 10 => Matrix::Parts { red: 0.2627, blue: 0.0593 },
            _ => Matrix::Parts { red: 0.299, blue: 0.114 },
        };
        let colour = |component| match layout {
            PixelLayout::I400 => picture.plane(PlanarImageComponent::Y),
            _ => picture.plane(component),
        };
        Some(Self {
            each: [
                picture.plane(PlanarImageComponent::Y),
                colour(PlanarImageComponent::U),
                colour(PlanarImageComponent::V),
            ],
            picture,
            shift,
            is_wide: bits > 8,
            scale: Scale::new(bits, full),
            matrix,
        })
    }

    fn row(&self, y: usize, out: &mut Vec<u8>) -> Option<()> {
        let width = self.picture.width() as usize;
        let light = self.line(0, y, width)?;
        let colours = if matches!(self.matrix, Matrix::Grey) {
            None
        } else {
            let width = (width + (1 << self.shift.0) - 1) >> self.shift.0;
            let line = |plane| self.line(plane, y >> self.shift.1, width);
            Some((line(1)?, line(2)?))
        };
        let sample = |line: &[u8], x: usize| {
            if self.is_wide {
                f32::from(u16::from_ne_bytes([line[2 * x], line[2 * x + 1]]))
            } else {
                f32::from(line[x])
            }
        };
        for x in 0..width {
            let raw = sample(light, x);
            let rgb = match colours {
                None => [self.scale.light(raw); 3],
                Some((u, v)) => {
                    let at = x >> self.shift.0;
                    self.rgb(raw, sample(u, at), sample(v, at))
                }
            };
            out.extend(rgb.map(|value| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within 0 … 255"
                )]
                let byte = (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
                byte
            }));
        }
        Some(())
    }

    fn rgb(&self, raw: f32, raw_cb: f32, raw_cr: f32) -> [f32; 3] {
        let scale = &self.scale;
        let y = scale.light(raw);
        match self.matrix {
            Matrix::Grey => [y; 3],
            Matrix::Identity => [scale.light(raw_cr), y, scale.light(raw_cb)],
            Matrix::CgCo => {
                let (cg, co) = (scale.colour(raw_cb), scale.colour(raw_cr));
                [y - cg + co, y + cg, y - cg - co]
            }
            Matrix::Parts { red, blue } => {
                let (cb, cr) = (scale.colour(raw_cb), scale.colour(raw_cr));
                let (r, b) = (y + 2.0 * (1.0 - red) * cr, y + 2.0 * (1.0 - blue) * cb);
                [r, (y - red * r - blue * b) / (1.0 - red - blue), b]
            }
        }
    }

    /// A line of a plane with at least `width` samples.
    fn line(&self, plane: usize, y: usize, width: usize) -> Option<&[u8]> {
        let component = PlanarImageComponent::from(plane);
        let start = self.picture.stride(component) as usize * y;
        let bytes = if self.is_wide { width * 2 } else { width };
        self.each[plane].get(start..start + bytes)
    }
}

impl Scale {
    fn new(bits: usize, full: bool) -> Self {
        let unit = f32::from(1_u16 << (bits.clamp(8, 12) - 8));
        let most = 256.0 * unit - 1.0;
        if full {
            Self { black: 0.0, light: 1.0 / most, middle: 128.0 * unit, colour: 1.0 / most }
        } else {
            let (light, colour) = (1.0 / (219.0 * unit), 1.0 / (224.0 * unit));
            Self { black: 16.0 * unit, light, middle: 128.0 * unit, colour }
        }
    }

    fn light(&self, raw: f32) -> f32 {
        (raw - self.black) * self.light
    }

    fn colour(&self, raw: f32) -> f32 {
        (raw - self.middle) * self.colour
    }
}
