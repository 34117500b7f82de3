//! One `--fault NAME[=VALUE]`, and many of them put together. Pure.

use std::str::FromStr;
use std::time::Duration;

use super::{Faults, FloodRule, OptionError};

/// All names, for a message to whoever mistyped one.
pub(super) const NAMES: [&str; 16] = [
    "flood",
    "premium-wait",
    "cut",
    "cut-after",
    "bad-salt",
    "garbage",
    "expire-references",
    "lose-part",
    "migrate",
    "too-long",
    "too-long-pts",
    "sliced",
    "drop-hints",
    "revoke-after",
    "slow-first",
    "no-hashes",
];

/// A single fault as it is written on a command line.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// `flood=METHOD:EVERY:SECONDS`
    Flood(FloodRule),
    /// `premium-wait=METHOD:EVERY:SECONDS`
    PremiumWait(FloodRule),
    /// `cut=P`
    Cut(f64),
    /// `cut-after=BYTES`
    CutAfter(u64),
    /// `bad-salt=EVERY`
    BadSalt(u64),
    /// `garbage=P`
    Garbage(f64),
    /// `expire-references=SECONDS`
    ExpireReferences(Duration),
    /// `lose-part=P`
    LosePart(f64),
    /// `migrate`
    Migrate,
    /// `too-long`
    TooLong,
    /// `too-long-pts`
    TooLongPts,
    /// `sliced`
    Sliced,
    /// `drop-hints=P`
    DropHints(f64),
    /// `revoke-after=REQUESTS`
    RevokeAfter(u64),
    /// `slow-first=MS`
    SlowFirst(Duration),
    /// `no-hashes`
    NoHashes,
}

impl FromStr for Fault {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let probability = |name, form| {
            let parsed = value.and_then(|value| value.parse::<f64>().ok());
            parsed.filter(|p| (0.0..=1.0).contains(p)).ok_or(OptionError::Form { name, form })
        };
        let count = |name, form| {
            let parsed = value.and_then(|value| value.parse::<u64>().ok());
            parsed.filter(|n| *n > 0).ok_or(OptionError::Form { name, form })
        };
        let rule = |name, form| rule(value).ok_or(OptionError::Form { name, form });
        let bare = |name, fault| match value {
            None => Ok(fault),
            Some(_) => Err(OptionError::Form { name, form: "without a value" }),
        };
        Ok(match name {
            "flood" => Self::Flood(rule(
                "flood",
                "flood=METHOD:EVERY:SECONDS, for instance flood=messages.sendMedia:10:3",
            )?),
            "premium-wait" => Self::PremiumWait(rule(
                "premium-wait",
                "premium-wait=METHOD:EVERY:SECONDS, for instance premium-wait=upload.getFile:50:2",
            )?),
            "cut" => Self::Cut(probability("cut", "cut=P with P from 0 to 1")?),
            "cut-after" => Self::CutAfter(count("cut-after", "cut-after=BYTES, above 0")?),
            "bad-salt" => {
                Self::BadSalt(count("bad-salt", "bad-salt=EVERY, a number of requests above 0")?)
            }
            "garbage" => Self::Garbage(probability("garbage", "garbage=P with P from 0 to 1")?),
            "expire-references" => Self::ExpireReferences(Duration::from_secs(count(
                "expire-references",
                "expire-references=SECONDS, above 0",
            )?)),
            "lose-part" => {
                Self::LosePart(probability("lose-part", "lose-part=P with P from 0 to 1")?)
            }
            "migrate" => bare("migrate", Self::Migrate)?,
            "too-long" => bare("too-long", Self::TooLong)?,
            "too-long-pts" => bare("too-long-pts", Self::TooLongPts)?,
            "sliced" => bare("sliced", Self::Sliced)?,
            "drop-hints" => {
                Self::DropHints(probability("drop-hints", "drop-hints=P with P from 0 to 1")?)
            }
            "revoke-after" => {
                Self::RevokeAfter(count("revoke-after", "revoke-after=REQUESTS, above 0")?)
            }
            "slow-first" => Self::SlowFirst(Duration::from_millis(count(
                "slow-first",
                "slow-first=MS, above 0",
            )?)),
            "no-hashes" => bare("no-hashes", Self::NoHashes)?,
            unknown => return Err(OptionError::UnknownFault(unknown.to_owned())),
        })
    }
}

/// `METHOD:EVERY:SECONDS`
fn rule(value: Option<&str>) -> Option<FloodRule> {
    let mut parts = value?.split(':');
    let (method, every, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let rule = FloodRule {
        method: method.to_owned(),
        every: every.parse().ok()?,
        seconds: seconds.parse().ok()?,
    };
    let sound =
        parts.next().is_none() && rule.method.contains('.') && rule.every > 0 && rule.seconds > 0;
    sound.then_some(rule)
}

impl Faults {
    /// These faults and one more. A rule of a method is added; anything else takes the place of its like.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        match fault {
            Fault::Flood(rule) => self.flood.push(rule),
            Fault::PremiumWait(rule) => self.premium_wait.push(rule),
            Fault::Cut(probability) => self.cut = probability,
            Fault::CutAfter(bytes) => self.cut_after = Some(bytes),
            Fault::BadSalt(every) => self.bad_salt_every = Some(every),
            Fault::Garbage(probability) => self.garbage = probability,
            Fault::ExpireReferences(after) => self.expire_references = Some(after),
            Fault::LosePart(probability) => self.lose_part = probability,
            Fault::Migrate => self.migrate = true,
            Fault::TooLong => self.too_long = true,
            Fault::TooLongPts => self.too_long_pts = true,
            Fault::Sliced => self.sliced = true,
            Fault::DropHints(probability) => self.drop_hints = probability,
            Fault::RevokeAfter(requests) => self.revoke_after = Some(requests),
            Fault::SlowFirst(late) => self.slow_first = Some(late),
            Fault::NoHashes => self.no_hashes = true,
        }
        self
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        faults.into_iter().fold(Self::default(), Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_and_sets_something() {
        let values = ["=messages.sendMedia:10:3", "=0.5", "=7", ""];
        for name in NAMES {
            let parsed: Vec<Fault> =
                values.iter().filter_map(|value| format!("{name}{value}").parse().ok()).collect();
            assert!(!parsed.is_empty(), "{name}");
            assert_ne!(parsed.into_iter().collect::<Faults>(), Faults::default(), "{name}");
        }
    }

    #[test]
    fn wrong_ones_say_how_it_is_written() {
        for wrong in [
            "cut",
            "cut=2",
            "cut=x",
            "cut=NaN",
            "flood=x:1:2",
            "flood=a.b:0:2",
            "flood=a.b:1:2:3",
            "migrate=1",
            "cut-after=0",
        ] {
            let error = wrong.parse::<Fault>().unwrap_err();
            assert!(matches!(error, OptionError::Form { .. }), "{wrong}: {error}");
        }
        assert!("quake".parse::<Fault>().unwrap_err().to_string().contains("slow-first"));
    }
}
