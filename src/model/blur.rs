//! A placeholder of a few dozen bytes.

use serde::{Deserialize, Serialize};

/// A packed BlurHash (<https://blurha.sh>): the base-83 text, at most 32 bytes (4 × 3
/// components take 28).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Blur {
    len: u8,
    text: [u8; Self::CAPACITY],
}

impl Blur {
    /// The longest text that is kept.
    pub const CAPACITY: usize = 32;

    /// Packs a BlurHash text; `None` when it is empty, too long, or not printable ASCII. Whether
    /// its length fits its components is for the decoder to say.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let ok = !text.is_empty()
            && text.len() <= Self::CAPACITY
            && text.bytes().all(|b| b.is_ascii_graphic());
        let mut packed = [0; Self::CAPACITY];
        packed.get_mut(..text.len()).filter(|_| ok)?.copy_from_slice(text.as_bytes());
        Some(Self { len: u8::try_from(text.len()).ok()?, text: packed })
    }

    /// The base-83 text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // A `len` or text that came from a damaged record reads as no placeholder.
        self.text
            .get(..usize::from(self.len))
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or("")
    }
}

impl std::fmt::Debug for Blur {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
