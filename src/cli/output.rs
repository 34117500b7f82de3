//! Where answers go: JSON Lines to standard output, text for people to a terminal or to standard
//! error, a progress line to a terminal only.

use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::failure::CliError;

/// How often the progress line changes at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The writer of all answers.
pub struct Output {
    json: bool,
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    /// Nobody reads any more: `heliogram list | head`.
    closed: bool,
    failed: Option<io::Error>,
    progress: Option<Instant>,
}

impl Output {
    /// The process's own standard output and standard error.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            closed: false,
            failed: None,
            progress: None,
        }
    }

    /// Whether JSON Lines were asked for.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether nobody reads standard output any more, so that a long answer can end.
    pub const fn is_closed(&self) -> bool {
        self.closed || self.failed.is_some()
    }

    /// One object of the answer; nothing without `--json`.
    pub fn object(&mut self, value: &impl Serialize) {
        if !self.json {
            return;
        }
        match serde_json::to_string(value) {
            Ok(line) => self.stdout_line(&line),
            Err(error) => self.failed = Some(error.into()),
        }
    }

    /// The answer for people; nothing with `--json`. Standard output carries it on a terminal
    /// only, so that a pipe never mixes text with what programs read.
    pub fn answer(&mut self, text: &str) {
        if self.json {
            return;
        }
        self.clear_progress();
        if self.stdout_is_terminal {
            self.stdout_line(text);
        } else {
            self.stderr_line(text);
        }
    }

    /// A remark for people, with or without `--json`.
    pub fn note(&mut self, text: &str) {
        self.clear_progress();
        self.stderr_line(text);
    }

    /// The line that shows how far it is; on a terminal only, ten times a second at most.
    pub fn progress(&mut self, text: &str) {
        let now = Instant::now();
        let too_soon = self.progress.is_some_and(|last| now - last < PROGRESS_EVERY);
        if !self.stderr_is_terminal || too_soon {
            return;
        }
        self.progress = Some(now);
        // Carriage return, text, erase to the end of the line.
        let _ = write!(self.stderr, "\r{text}\x1b[K").and_then(|()| self.stderr.flush());
    }

    /// Whether everything could be written. A reader that went away is no failure.
    pub fn finish(&mut self) -> Result<(), CliError> {
        self.clear_progress();
        if let Err(error) = self.stdout.flush() {
            self.stdout_failed(error);
        }
        self.failed.take().map_or(Ok(()), |error| Err(CliError::Output(error)))
    }

    fn clear_progress(&mut self) {
        if self.progress.take().is_some() {
            let _ = write!(self.stderr, "\r\x1b[K");
        }
    }

    fn stdout_line(&mut self, line: &str) {
        if self.is_closed() {
            return;
        }
        let written = writeln!(self.stdout, "{line}").and_then(|()| self.stdout.flush());
        if let Err(error) = written {
            self.stdout_failed(error);
        }
    }

    fn stdout_failed(&mut self, error: io::Error) {
        if error.kind() == ErrorKind::BrokenPipe {
            self.closed = true;
        } else {
            self.failed = Some(error);
        }
    }

    /// Remarks are not worth failing for.
    fn stderr_line(&mut self, line: &str) {
        let _ = writeln!(self.stderr, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Gone(ErrorKind);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output(json: bool, terminal: bool) -> (Output, Shared, Shared) {
        let (stdout, stderr) = (Shared::default(), Shared::default());
        let output = Output {
            json,
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            stdout_is_terminal: terminal,
            stderr_is_terminal: terminal,
            closed: false,
            failed: None,
            progress: None,
        };
        (output, stdout, stderr)
    }

    #[test]
    fn json_stands_alone_on_standard_output() {
        let (mut output, stdout, stderr) = output(true, true);
        output.progress("half");
        output.answer("a table");
        output.note("a remark");
        output.object(&[1, 2]);
        output.finish().unwrap();
        assert_eq!(stdout.text(), "[1,2]\n");
        assert!(stderr.text().contains("a remark") && !stderr.text().contains("a table"));
    }

    #[test]
    fn text_keeps_out_of_a_pipe_and_progress_too() {
        let (mut output, stdout, stderr) = output(false, false);
        output.progress("half");
        output.object(&1);
        output.answer("a table");
        assert_eq!((stdout.text(), stderr.text()), (String::new(), "a table\n".to_owned()));
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_but_a_full_disk_is() {
        for (kind, fine) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let (mut output, _, _) = output(true, false);
            output.stdout = Box::new(Gone(kind));
            output.object(&1);
            assert!(output.is_closed());
            assert_eq!(output.finish().is_ok(), fine, "{kind:?}");
        }
    }
}
