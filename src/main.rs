//! The program: arguments, log, and which of its faces it shows.
//!
//! Only here does everything meet: the command line, the window, and the data centre in a box that
//! `demo` and `sandbox` start. Runs on the first thread; whatever works in parallel is started by
//! the engine (or, for the sandbox, by [`stage`]).

#[path = "main/demo.rs"]
mod demo;
#[path = "main/journey.rs"]
mod journey;
#[path = "main/log.rs"]
mod log;
#[path = "main/panic.rs"]
mod panic;
#[path = "main/replay.rs"]
mod replay;
#[path = "main/sandbox.rs"]
mod sandbox;
#[path = "main/sources.rs"]
mod sources;
#[path = "main/stage.rs"]
mod stage;
#[path = "main/window.rs"]
mod window;

use std::process::ExitCode;

use clap::Parser as _;
use heliogram::cli::{self, Arguments, CliError, Command, Exit, Global, Interrupt, Output};
use heliogram::config::{Config, ConfigError};
use heliogram::engine::EngineError;
use heliogram::ui::Outcome;

use self::replay::Recording;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::new(arguments.global.json);
    match run(&arguments, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let (sentence, code) = judged(&error);
            output.note(&format!("heliogram: {sentence}"));
            ExitCode::from(code)
        }
    }
}

fn run(arguments: &Arguments, output: &mut Output) -> anyhow::Result<()> {
    let global = &arguments.global;
    let recording = Recording::of(&arguments.replay)?;
    if recording.is_some() && arguments.command.is_some() {
        let sentence = "--replay drives the window: leave the command out, or say demo --replay.";
        return Err(CliError::Usage(sentence.to_owned()).into());
    }
    match &arguments.command {
        Some(Command::Sandbox(sandbox)) => {
            let _log = log::start(&sandbox.data.join("logs"), global.verbose, output);
            sandbox::run(sandbox, output, &Interrupt::install()?)
        }
        Some(Command::Demo(demo)) => demo::run(demo, global, output),
        Some(Command::Headless(command)) => {
            let config = Config::load(global.home.as_deref(), global.endpoint.as_deref())?;
            let _log = log::start(&config.places.logs, global.verbose, output);
            Ok(cli::run(command, config, output, &Interrupt::install()?)?)
        }
        None => gallery(global, recording.as_ref(), output),
    }
}

/// The window on the user's own albums. From its sign-in screen the demo can be tried.
fn gallery(
    global: &Global,
    recording: Option<&Recording>,
    output: &mut Output,
) -> anyhow::Result<()> {
    if !window::has_display() {
        return Err(window::no_display().into());
    }
    let config = Config::load(global.home.as_deref(), global.endpoint.as_deref())?;
    let log = log::start(&config.places.logs, global.verbose, output);
    match window::open(config, window::Purpose::Gallery, recording, output)? {
        Outcome::Closed => recording.map_or(Ok(()), |recording| recording.finish(output)),
        Outcome::TryDemo => demo::after_sign_in_screen(log, output),
    }
}

/// The sentence for people, and the exit code.
fn judged(error: &anyhow::Error) -> (String, u8) {
    if let Some(error) = error.downcast_ref::<CliError>() {
        (error.to_string(), error.exit_code())
    } else if let Some(error) = error.downcast_ref::<EngineError>() {
        (error.to_string(), error.exit_code())
    } else if let Some(error) = error.downcast_ref::<ConfigError>() {
        (error.to_string(), error.exit_code())
    } else {
        (format!("{error:#}"), Exit::Items as u8)
    }
}
