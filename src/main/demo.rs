//! `heliogram demo`: everything without an account. Starts the data centre, signs in, and opens
//! the window on it; without a display the same journey is made without a window.

use heliogram::cli::{CliError, DemoArguments, Global, Interrupt, Output};

use super::log::Log;
use super::replay::Recording;
use super::sources::Source;
use super::stage::Stage;
use super::{journey, log, sources, window};

/// The command.
pub(crate) fn run(
    arguments: &DemoArguments,
    global: &Global,
    output: &mut Output,
) -> anyhow::Result<()> {
    if global.endpoint.is_some() {
        return Err(CliError::Usage(
            "The demo brings its own server: leave --endpoint out, or leave demo out.".to_owned(),
        )
        .into());
    }
    // Before anything is started for them.
    let sources = sources::sources(&arguments.paths)
        .map_err(|error| CliError::Usage(format!("{error:#}.")))?;
    if sources.is_empty() && !arguments.paths.is_empty() {
        return Err(CliError::Usage(
            "There are no files in what was given. Name another folder, or none for painted \
             photographs."
                .to_owned(),
        )
        .into());
    }
    let recording = Recording::of(&arguments.replay)?;
    if recording.is_some() && !window::has_display() {
        return Err(window::no_display().into());
    }
    let interrupt = Interrupt::install()?;
    let begun = std::time::Instant::now();
    let stage = Stage::start(arguments, global.home.as_deref(), &interrupt)?;
    let started_seconds = begun.elapsed().as_secs_f64();
    let config = stage.config(stage.home())?;
    let log = log::start(&config.places.logs, global.verbose, output);
    let played = match &recording {
        Some(recording) => {
            show(&stage, sources, Some(recording), output).and_then(|()| recording.finish(output))
        }
        None => play(&stage, arguments, sources, started_seconds, output),
    };
    // The log lies in the folder that goes with the stage.
    drop(log);
    stage.end();
    played
}

/// Out of the sign-in screen of the gallery; `log` is that of the user's own home.
pub(crate) fn after_sign_in_screen(log: Log, output: &mut Output) -> anyhow::Result<()> {
    let interrupt = Interrupt::install()?;
    let arguments = DemoArguments { seed: 1, ..DemoArguments::default() };
    let stage = Stage::start(&arguments, None, &interrupt)?;
    let shown = show(&stage, Vec::new(), None, output);
    stage.end();
    drop(log);
    shown
}

fn play(
    stage: &Stage,
    arguments: &DemoArguments,
    sources: Vec<Source>,
    started_seconds: f64,
    output: &mut Output,
) -> anyhow::Result<()> {
    if arguments.headless {
        return journey::make(stage, sources, started_seconds, output);
    }
    if !window::has_display() {
        output.note("There is no display: the same journey without a window.");
        return journey::make(stage, sources, started_seconds, output);
    }
    let shown = show(stage, sources.clone(), None, output);
    match shown.as_ref().err().and_then(|error| error.downcast_ref::<CliError>()) {
        Some(CliError::NoDisplay(sentence)) => {
            output.note(&format!("{sentence} Here is the same journey without a window."));
            journey::make(stage, sources, started_seconds, output)
        }
        _ => shown,
    }
}

/// Opens the window. While it says that it is being opened, somebody signs in and the albums are
/// made; the uploads are left to it, where they can be seen.
fn show(
    stage: &Stage,
    sources: Vec<Source>,
    recording: Option<&Recording>,
    output: &mut Output,
) -> anyhow::Result<()> {
    let profile = stage.profile(stage.home());
    let prepare = move || {
        let engine = profile.signed_in()?;
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        // A home that was used before may hold some of them already.
        engine.sync()?;
        let albums = sources::albums(&engine, &sources)?;
        let paths = sources.into_iter().map(|source| source.paths);
        Ok(albums.into_iter().map(|(album, _)| album).zip(paths).collect())
    };
    output.note(&format!("The demo's server listens on {}; the window opens.", stage.address()));
    let purpose = window::Purpose::Demo(Box::new(prepare));
    window::open(stage.config(stage.home())?, purpose, recording, output)?;
    Ok(())
}
