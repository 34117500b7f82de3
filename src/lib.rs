//! Heliogram: a native gallery for photographs that live in one's own Telegram account.

pub mod config;
pub mod model;
pub mod pixels;
pub mod platform;
pub mod store;
