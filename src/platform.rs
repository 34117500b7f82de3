//! What differs by system, each behind one small door: private files, displays, the pointer
//! during a drag, the desktop's programs and clipboard, how much may move, staying awake,
//! notifications, one window a home, what the program takes of the machine.
//!
//! No gallery logic and no state of the program. `fs` is also what `store`, `config` and
//! `engine` stand on.

pub mod awake;
pub mod desktop;
pub mod display;
pub mod fs;
pub mod instance;
pub mod motion;
pub mod network;
pub mod notify;
pub mod pointer;
pub mod usage;
