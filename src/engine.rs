//! Decides who works, when, and when to stop.
//!
//! The engine owns the program's threads: a tokio runtime with two named workers for the network
//! and a named rayon pool for everything that takes a processor (decoding, hashing, reading the
//! store). [`Engine`] serves a window: requests and wants go in, events come out, nothing blocks.
//! [`Headless`] serves the command line with blocking calls over the same core. Neither paints,
//! parses arguments, speaks TL or decides what a photo is: those are other rooms.

mod account;
mod albums;
mod bus;
mod busy;
mod compare;
mod core;
mod dates;
mod delete;
mod describe;
mod download;
mod errands;
mod error;
mod event;
mod fetch;
mod frames;
mod headless;
mod heads;
mod library;
mod originals;
mod pasted;
mod pictures;
mod placeholders;
mod publish;
mod report;
mod request;
mod runtime;
mod sidecars;
mod sync;
mod trouble;
mod uploads;
mod vault;
mod verify;
mod walk;
mod window;

pub(crate) use self::download::safe as safe_name;
pub use self::error::EngineError;
pub use self::event::{
    AccountState, ConnectionState, Event, Fetching, News, PhotoEvent, Picture, Progress, Remedy,
    SyncProgress, Trouble, UploadsEvent, VerifyEvent, VerifyOutcome,
};
pub use self::frames::{Frame, FrameSender, Frames, NextFrame};
pub use self::headless::Headless;
pub use self::report::{
    AlbumRow, DownloadReport, FileEvent, Stop, SyncReport, UploadOptions, UploadReport,
    UploadSummary, VerifyReport, VerifySummary,
};
pub use self::request::{
    AccountRequest, PhotoRequest, Request, SaveTo, UploadsRequest, Want, WantList,
};
pub use self::window::Engine;
pub use crate::telegram::{CodeSent, Me};
