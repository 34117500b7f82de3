//! The upload queue: durable before acknowledged, never lost, never twice.
//!
//! [`Desk`] holds the queue and its rules; `step` decides purely what comes next for a file;
//! `carry` does it, a task a file; `turnstile` keeps the order. Everything that matters is in the
//! store's journal before it is relied on, so a task may be aborted, and the program killed, at
//! any moment.

mod carry;
mod content;
mod desk;
mod duplicates;
mod item;
mod parts;
mod prepare;
mod send;
mod step;
mod totals;
mod turnstile;

pub(crate) use self::desk::{Desk, News};
pub(crate) use self::prepare::{goes_as_photo, goes_out};
pub(crate) use self::send::{name_of, unchanged};
