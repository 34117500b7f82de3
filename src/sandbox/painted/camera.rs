//! The cameras that painted photographs were taken with.

use crate::model::PixelSize;

/// How a camera names its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// `IMG_1234.JPG`
    Img,
    /// `DSC_0001.JPG`
    Dsc,
    /// `DSCF2381.JPG`
    Dscf,
    /// `P1020304.JPG`
    P,
    /// `PXL_20240131_142233123.jpg`
    Pxl,
    /// `IMG_20240131_142233.jpg`
    ImgDate,
}

/// A camera and what it stores.
pub(super) struct Camera {
    pub(super) make: &'static str,
    pub(super) model: &'static str,
    pub(super) lens: &'static str,
    pub(super) naming: Naming,
    /// Writes `OffsetTimeOriginal`.
    pub(super) knows_zone: bool,
    pub(super) knows_place: bool,
    /// Focal length in tenths of a millimetre.
    pub(super) focal: u32,
    pub(super) sizes: &'static [PixelSize],
}

const fn px(width: u32, height: u32) -> PixelSize {
    PixelSize::new(width, height)
}

pub(super) const CAMERAS: [Camera; 8] = [
    Camera {
        make: "Canon",
        model: "Canon EOS 80D",
        lens: "EF-S17-55mm f/2.8 IS USM",
        naming: Naming::Img,
        knows_zone: false,
        knows_place: false,
        focal: 280,
        sizes: &[px(6000, 4000), px(3984, 2656), px(3984, 2656)],
    },
    Camera {
        make: "NIKON CORPORATION",
        model: "NIKON D7200",
        lens: "18.0-140.0 mm f/3.5-5.6",
        naming: Naming::Dsc,
        knows_zone: false,
        knows_place: false,
        focal: 350,
        sizes: &[px(6000, 4000), px(4496, 3000)],
    },
    Camera {
        make: "FUJIFILM",
        model: "X100F",
        lens: "Fujinon 23mm f/2",
        naming: Naming::Dscf,
        knows_zone: false,
        knows_place: false,
        focal: 230,
        sizes: &[px(4240, 2832), px(4240, 2384), px(2832, 2832)],
    },
    Camera {
        make: "Panasonic",
        model: "DMC-LX100",
        lens: "LEICA DC VARIO-SUMMILUX 10.9-34/1.7-2.8",
        naming: Naming::P,
        knows_zone: false,
        knows_place: false,
        focal: 109,
        sizes: &[px(4112, 3088), px(4272, 2856), px(4480, 2520)],
    },
    Camera {
        make: "Apple",
        model: "iPhone 12",
        lens: "iPhone 12 back dual wide camera 4.2mm f/1.6",
        naming: Naming::Img,
        knows_zone: true,
        knows_place: true,
        focal: 42,
        sizes: &[px(4032, 3024), px(4032, 3024), px(3024, 3024), px(6000, 2000)],
    },
    Camera {
        make: "Google",
        model: "Pixel 6",
        lens: "Pixel 6 back camera 6.81mm f/1.85",
        naming: Naming::Pxl,
        knows_zone: true,
        knows_place: true,
        focal: 68,
        sizes: &[px(4080, 3072), px(4080, 2296), px(4080, 3072)],
    },
    Camera {
        make: "samsung",
        model: "SM-G973F",
        lens: "",
        naming: Naming::ImgDate,
        knows_zone: false,
        knows_place: true,
        focal: 43,
        sizes: &[px(4032, 3024), px(4032, 2268), px(3024, 3024)],
    },
    Camera {
        make: "OLYMPUS CORPORATION",
        model: "E-M10MarkII",
        lens: "OLYMPUS M.14-42mm F3.5-5.6 EZ",
        naming: Naming::P,
        knows_zone: false,
        knows_place: false,
        focal: 250,
        sizes: &[px(4608, 3456), px(3200, 2400)],
    },
];

/// Sizes of pictures that came through an editor or a messenger.
pub(super) const EXPORTED: [PixelSize; 9] = [
    px(640, 480),
    px(1024, 683),
    px(1280, 960),
    px(1600, 1200),
    px(2048, 1365),
    px(1365, 2048),
    px(1536, 2048),
    px(1920, 1080),
    px(2400, 800),
];

/// Sizes of pictures sent as photos: the long side is at most 2560.
pub(super) const SENT_AS_PHOTO: [PixelSize; 4] =
    [px(2560, 1707), px(2560, 1920), px(1920, 2560), px(1280, 853)];
