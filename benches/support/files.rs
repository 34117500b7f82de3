//! Files to send: camera-like photographs, and files of which nothing has to be decoded.
#![allow(dead_code, reason = "each bench uses its own part of this")]

use std::path::{Path, PathBuf};

use heliogram::model::{Bitmap, PixelSize};

/// `count` camera-like files of about `bytes`: a real 12-megapixel JPEG, filled up with noise.
pub(crate) fn photographs(folder: &Path, count: usize, bytes: usize) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).expect("a folder for the photographs");
    let (jpeg, mut state) = (photograph(4000, 3000), 1u32);
    (0..count)
        .map(|index| {
            let mut file = jpeg.clone();
            while file.len() < bytes {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                file.extend(state.to_le_bytes());
            }
            file.extend(index.to_le_bytes());
            let path = folder.join(format!("DSC_{index:04}.JPG"));
            std::fs::write(&path, &file).expect("the photograph can be written");
            path
        })
        .collect()
}

/// A JPEG with the grain of a photograph.
pub(crate) fn photograph(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1u32;
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, _, _, grain] = state.to_le_bytes();
            let shade = |v: u32, of: u32| u8::try_from(v * 200 / of).unwrap_or(255);
            rgba.extend([
                shade(x, width) + grain / 16,
                shade(y, height) + grain / 16,
                90 + grain / 16,
                255,
            ]);
        }
    }
    let bitmap = Bitmap::new(PixelSize::new(width, height), rgba).expect("its size is right");
    heliogram::pixels::encode_jpeg(&bitmap, 85).expect("it can be encoded")
}

/// `count` files of about `bytes` each that are as quick to look at as a picture can be: a tiny
/// JPEG, filled up with noise.
pub(crate) fn prepared(folder: &Path, count: usize, bytes: usize) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).expect("a folder for the files");
    let bitmap = Bitmap::new(PixelSize::new(8, 6), vec![90; 8 * 6 * 4]).expect("its size is right");
    let jpeg = heliogram::pixels::encode_jpeg(&bitmap, 85).expect("it can be encoded");
    let noise = noise(bytes);
    (0..count)
        .map(|index| {
            let mut file = jpeg.clone();
            file.extend_from_slice(&noise[..bytes.saturating_sub(file.len())]);
            file.extend(index.to_le_bytes());
            let path = folder.join(format!("IMG_{index:05}.JPG"));
            std::fs::write(&path, &file).expect("the file can be written");
            path
        })
        .collect()
}

/// Bytes that nothing makes smaller.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..bytes.div_ceil(8)).flat_map(|_| next().to_le_bytes()).take(bytes).collect()
}

/// How many bytes files have together.
pub(crate) fn total(files: &[PathBuf]) -> u64 {
    files.iter().map(|file| file.metadata().map_or(0, |metadata| metadata.len())).sum()
}
