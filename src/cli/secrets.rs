//! Codes and passwords: typed without echo on a terminal, or lines of standard input. Never
//! arguments, never shown, wiped from memory when their owner goes.

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::failure::CliError;
use super::interrupt::Interrupt;

/// No code, password, phone number or key is longer; what is beyond is not read.
const LONGEST_LINE: u64 = 4096;

/// Who answers questions.
pub(super) enum Answers<'a> {
    /// A person at a terminal.
    Terminal(&'a Interrupt),
    /// Lines in a fixed order; a line that is missing is empty.
    Lines(Box<dyn BufRead>),
}

impl<'a> Answers<'a> {
    /// By `--stdin`, or by the terminal that there must be.
    pub(super) fn new(stdin: bool, interrupt: &'a Interrupt) -> Result<Self, CliError> {
        if stdin {
            Ok(Self::Lines(Box::new(io::stdin().lock())))
        } else if io::stdin().is_terminal() {
            Ok(Self::Terminal(interrupt))
        } else {
            Err(CliError::Usage(
                "There is no terminal to ask for the code on. Give --phone and --stdin, and write \
                 the code (first line) and the password (second line) to standard input."
                    .to_owned(),
            ))
        }
    }

    /// Whether a person can be asked again.
    pub(super) const fn is_person(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// Asks for a secret; nothing of it is shown.
    pub(super) fn secret(&mut self, question: &str) -> Result<Zeroizing<String>, CliError> {
        match self {
            Self::Terminal(interrupt) => interrupt
                .while_asking(|| rpassword::prompt_password(question))
                .map(|text| {
                    let text = Zeroizing::new(text);
                    Zeroizing::new(text.trim().to_owned())
                })
                .map_err(|error| match error.kind() {
                    io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => {
                        CliError::Stopped("Stopped. `heliogram login` begins anew.".to_owned())
                    }
                    _ => CliError::Input(error),
                }),
            Self::Lines(lines) => line(lines),
        }
    }

    /// Asks for something that may be seen; `None` where only secrets are read.
    pub(super) fn visible(&mut self, question: &str) -> Result<Option<String>, CliError> {
        match self {
            Self::Lines(_) => Ok(None),
            Self::Terminal(_) => {
                let _ = write!(io::stderr(), "{question}");
                let _ = io::stderr().flush();
                line(&mut io::stdin().lock()).map(|line| Some(String::clone(&line)))
            }
        }
    }
}

/// One line without its end and without blanks around it.
fn line(lines: &mut impl BufRead) -> Result<Zeroizing<String>, CliError> {
    // Full size from the start: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(4096));
    lines.take(LONGEST_LINE).read_line(&mut text).map_err(CliError::Input)?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_in_order_and_missing_ones_are_empty() {
        let mut answers = Answers::Lines(Box::new(&b"12345\r\npass word"[..]));
        assert_eq!(answers.secret("code? ").unwrap().as_str(), "12345");
        assert_eq!(answers.visible("phone? ").unwrap(), None);
        assert_eq!(answers.secret("password? ").unwrap().as_str(), "pass word");
        assert_eq!(answers.secret("more? ").unwrap().as_str(), "");
    }

    #[test]
    fn an_endless_line_is_cut() {
        let mut answers = Answers::Lines(Box::new(io::BufReader::new(io::repeat(b'7'))));
        assert_eq!(answers.secret("code? ").unwrap().len(), 4096);
    }
}
