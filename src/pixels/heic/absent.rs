//! HEIC where this program was built without the feature `heic`.

use crate::pixels::{
    PixelsError,
    decode::{Order, Read},
};

/// Says so.
pub(super) fn read(_order: &Order<'_>) -> Result<Read, PixelsError> {
    Err(PixelsError::NotBuiltIn { format: "HEIC" })
}
