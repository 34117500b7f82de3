//! `--replay`: what it is asked for, and the report that it writes.

use std::path::PathBuf;

use heliogram::cli::{CliError, Output, ReplayArguments, ReplayScript};
use heliogram::engine::EngineError;
use heliogram::platform::fs;
use heliogram::ui::{Replay, ReplayError, Script};

/// A replay and the file that its report goes to.
pub(crate) struct Recording {
    pub(crate) replay: Replay,
    file: PathBuf,
}

impl Recording {
    /// What was asked for, if anything; sees to it that there is a place for the report.
    pub(crate) fn of(arguments: &ReplayArguments) -> Result<Option<Self>, CliError> {
        let Some((script, file)) = arguments.replay.zip(arguments.report.as_ref()) else {
            return Ok(None);
        };
        let file = std::path::absolute(file)
            .map_err(|error| CliError::Usage(format!("The report has no place: {error}.")))?;
        if file.is_dir() || !file.parent().is_some_and(std::path::Path::is_dir) {
            return Err(CliError::Usage(format!(
                "The report cannot be written to {}: name a file in a folder that exists.",
                file.display()
            )));
        }
        let script = match script {
            ReplayScript::Scroll => Script::Scroll,
            ReplayScript::Scrub => Script::Scrub,
            ReplayScript::Skim => Script::Skim,
        };
        let replay = Replay::new(script, arguments.size.unwrap_or(Replay::SIZE));
        Ok(Some(Self { replay, file }))
    }

    /// Writes the report, whole or not at all.
    pub(crate) fn finish(&self, output: &mut Output) -> anyhow::Result<()> {
        let report = self.replay.take_report().map_err(refused)?;
        let mut text = serde_json::to_string_pretty(&report)?;
        text.push('\n');
        fs::write_whole(&self.file, text.as_bytes()).map_err(|error| {
            let file = self.file.display();
            CliError::Items(format!("The report could not be written to {file}: {error}."))
        })?;
        output.note(&format!("The report is in {}.", self.file.display()));
        Ok(())
    }
}

/// With the exit code of the command line's own.
fn refused(error: ReplayError) -> CliError {
    match error {
        ReplayError::NotSignedIn => CliError::NotSignedIn(error.to_string()),
        ReplayError::NoConnection(why) => EngineError::NoConnection(why).into(),
        ReplayError::Stalled => EngineError::NoConnection(error.to_string()).into(),
        ReplayError::NoPhotos | ReplayError::Unseen | ReplayError::Closed => {
            CliError::Items(error.to_string())
        }
    }
}
