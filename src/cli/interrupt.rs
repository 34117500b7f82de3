//! Ctrl-C (and the system's wish to end): stops cleanly and says how to go on.
//!
//! The handler runs on a thread of its own. What it does depends on what is under way: a long
//! call is asked to stop, everything else ends at once, which is harmless because everything that
//! counts is durable before it is acknowledged.

use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::engine::Stop;

use super::failure::{CliError, Exit};

/// What Ctrl-C does at the moment.
enum Mode {
    /// The program ends; this sentence says how to go on.
    AtOnce(String),
    /// The long call is asked to stop; a second Ctrl-C ends the program with this sentence.
    Ask(String),
    /// A secret is being typed: the prompt itself notices, restores the terminal and fails.
    Prompt,
}

type Cleanup = Box<dyn FnOnce() + Send>;

struct Shared {
    stop: Stop,
    mode: Mutex<Mode>,
    stopped: Condvar,
    cleanup: Mutex<Option<Cleanup>>,
}

/// The one handler of Ctrl-C, SIGTERM and SIGHUP.
#[derive(Clone)]
pub struct Interrupt(Arc<Shared>);

impl Interrupt {
    /// Takes the signals over. Once a process.
    pub fn install() -> Result<Self, CliError> {
        let interrupt = Self::deaf();
        let heard = interrupt.clone();
        ctrlc::set_handler(move || heard.heard()).map_err(|error| {
            CliError::Usage(format!("Ctrl-C cannot be taken over: {error}. Run one at a time."))
        })?;
        Ok(interrupt)
    }

    /// One that hears no signal.
    fn deaf() -> Self {
        Self(Arc::new(Shared {
            stop: Stop::default(),
            mode: Mutex::new(Mode::AtOnce("Nothing is lost.".to_owned())),
            stopped: Condvar::new(),
            cleanup: Mutex::new(None),
        }))
    }

    /// What long calls look at.
    pub fn stop(&self) -> &Stop {
        &self.0.stop
    }

    /// From now on the first Ctrl-C asks the long call to stop.
    pub fn ask_first(&self, how_to_go_on: &str) {
        self.set(Mode::Ask(how_to_go_on.to_owned()));
    }

    /// From now on Ctrl-C ends the program, with this sentence.
    pub fn at_once(&self, how_to_go_on: &str) {
        self.set(Mode::AtOnce(how_to_go_on.to_owned()));
    }

    /// Runs `question` while Ctrl-C is left to the prompt, which restores the terminal.
    pub(super) fn while_asking<T>(&self, question: impl FnOnce() -> T) -> T {
        let before = {
            let mut mode = self.0.mode.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *mode, Mode::Prompt)
        };
        let answer = question();
        self.set(before);
        answer
    }

    /// What is tidied up when Ctrl-C ends the program at once.
    pub fn on_end(&self, cleanup: impl FnOnce() + Send + 'static) {
        *self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(cleanup));
    }

    /// Blocks until Ctrl-C. Call [`ask_first`](Self::ask_first) before.
    pub fn wait(&self) {
        let mut mode = self.0.mode.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.0.stop.is_stopped() {
            mode = self.0.stopped.wait(mode).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn set(&self, mode: Mode) {
        *self.0.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// What the handler does.
    fn heard(&self) {
        let mode = self.0.mode.lock().unwrap_or_else(PoisonError::into_inner);
        let sentence = match &*mode {
            Mode::Prompt => return,
            Mode::Ask(_) if !self.0.stop.is_stopped() => {
                self.0.stop.stop();
                self.0.stopped.notify_all();
                say("Stopping. Ctrl-C again ends it at once.");
                return;
            }
            Mode::Ask(sentence) | Mode::AtOnce(sentence) => sentence,
        };
        say(&format!("Stopped. {sentence}"));
        if let Some(cleanup) = self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            cleanup();
        }
        std::process::exit(Exit::Items as i32);
    }
}

/// A line on standard error. There is nobody to tell if that fails.
fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "\n{sentence}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_asks_and_wakes_who_waits() {
        let interrupt = Interrupt::deaf();
        interrupt.ask_first("Run it again.");
        let waiting = interrupt.clone();
        let waiter = std::thread::Builder::new().spawn(move || waiting.wait()).unwrap();
        assert!(!interrupt.stop().is_stopped());
        interrupt.heard();
        waiter.join().unwrap();
        assert!(interrupt.stop().is_stopped());
    }

    #[test]
    fn a_prompt_keeps_it_to_itself_and_gives_it_back() {
        let interrupt = Interrupt::deaf();
        interrupt.ask_first("Run it again.");
        interrupt.while_asking(|| interrupt.heard());
        assert!(!interrupt.stop().is_stopped());
        interrupt.heard();
        assert!(interrupt.stop().is_stopped());
    }
}
