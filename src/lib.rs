//! Heliogram: a native gallery for photographs that live in one's own Telegram account.
#![warn(missing_docs)]
pub mod model;
