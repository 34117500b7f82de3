//! The command line: the same engine as the window's, without a window.
//!
//! What it is: the definitions of all commands and options, and those commands that need neither
//! a window nor a server in this process (account, albums, upload, list, download, verify, sync). What it
//! is not: `demo`, `sandbox` and the window are only *defined* here; the program itself starts
//! them. Everything runs on the thread that calls [`run`]; Ctrl-C is heard on a thread of its own.
//!
//! Names, JSON fields and exit codes are a contract: people script against them.

mod account;
mod albums;
mod arguments;
mod download;
mod failure;
mod interrupt;
mod list;
mod output;
mod secrets;
mod sync;
mod text;
mod upload;
mod verify;

use std::sync::Arc;

use crate::config::Config;
use crate::engine::Headless;

pub use arguments::{
    AlbumCommand, Arguments, Command, DemoArguments, DownloadArguments, Global, HeadlessCommand,
    LoginArguments, ReplayArguments, ReplayScript, SandboxArguments, SendAs, StripArgument,
    UploadArguments, VerifyArguments,
};
pub use failure::{CliError, Exit};
pub use interrupt::Interrupt;
pub use output::Output;
pub use text::{counted, duration, number, printable, rate, size};

/// The headless commands, for sentences that say what works without a display.
pub const HEADLESS_COMMANDS: &str = "login, logout, whoami, albums, album, upload, list, download, verify, sync, \
     demo --headless";

/// Carries one command out and says what came of it through `output`.
///
/// Blocks until it is done, or until `interrupt` has stopped it.
pub fn run(
    command: &HeadlessCommand,
    config: Config,
    output: &mut Output,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    if let HeadlessCommand::Login(login) = command {
        account::login(login, config, output, interrupt)?;
        return output.finish();
    }
    config.claim()?;
    let engine = Headless::open(Arc::new(config))?;
    match command {
        HeadlessCommand::Login(_) => {}
        HeadlessCommand::Logout => account::logout(&engine, output)?,
        HeadlessCommand::Whoami => account::whoami(&engine, output)?,
        HeadlessCommand::Albums => albums::albums(&engine, output)?,
        HeadlessCommand::Album { command } => albums::edit(&engine, command, output)?,
        HeadlessCommand::Upload(upload) => upload::upload(&engine, upload, output, interrupt)?,
        HeadlessCommand::List { album } => list::list(&engine, album, output)?,
        HeadlessCommand::Download(download) => {
            download::download(&engine, download, output, interrupt)?;
        }
        HeadlessCommand::Verify(verify) => verify::verify(&engine, verify, output, interrupt)?,
        HeadlessCommand::Sync => sync::sync(&engine, output, interrupt)?,
    }
    output.finish()
}
