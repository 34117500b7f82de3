//! Heliogram: a native gallery for photographs that live in one's own Telegram account.
//!
//! Few rooms, one direction, and nobody standing between two rooms (`tests/house.rs` keeps it so):
//!
//! ```text
//! main ──┬── ui  (window) ──┐
//!        ├── cli (headless) ┴── engine ──┬── telegram ──┐
//!        │                               ├── store ─────┼── model
//!        │                               └── pixels ────┘
//!        └── sandbox: a Telegram data centre in a box, reached through a socket only
//!            config:   where things live and what the user chose
//!            platform: what differs by system
//! ```
//!
//! Two ideas hold it together. [`model::Change`] is the one currency: Telegram produces changes,
//! the store records them, the engine folds them into the [`model::Library`] and hands the window
//! snapshots of it, which share their memory; applying one twice is harmless. What only a download
//! needs of a photo is in the store alone. [`engine::WantList`] is the one wish: each frame the
//! window states which photos it wants in which rendition, and the engine reconciles the newest
//! list with what is in flight.
//!
//! `platform::fs` (files that nobody else may read, files that are old or new but never half) is the
//! ground that `store`, `config` and `engine` stand on.
//!
//! Threads: the window's thread paints and never waits; two tokio workers speak to the network;
//! rayon's threads decode, hash and read the store; the store writes on threads of its own, one for
//! what can be fetched again and one for what cannot. What would make the window wait (the system's
//! file dialogs, counting what is dragged over it, following the pointer, writing down its place,
//! opening the store, hearing a second start, the pixels of an animation's next frame) has a thread
//! of its own for as long as it takes.

pub mod cli;
pub mod config;
pub mod engine;
pub mod model;
pub mod pixels;
pub mod platform;
pub mod sandbox;
pub mod store;
pub mod telegram;
pub mod ui;
