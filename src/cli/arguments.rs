//! What can be typed: every command and option with its explanation, nothing about what it does.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A gallery for photographs that live in your own Telegram account.
///
/// Without a command the window opens. Heliogram uses the Telegram API and is not an official
/// Telegram app.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "heliogram",
    version,
    after_help = "Exit codes: 0 all done, 1 some items failed, 2 wrong usage, 3 not signed in, \
                  4 no connection, 5 the local store is in use, newer than this program or \
                  unreadable, 6 no display."
)]
pub struct Arguments {
    /// Options that every command understands.
    #[command(flatten)]
    pub global: Global,
    /// Driving the window by a script.
    #[command(flatten)]
    pub replay: ReplayArguments,
    /// What to do; the window when there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Under which these stand in each command's help.
const EVERYWHERE: &str = "Options of every command";

/// Options that every command understands.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Keep configuration, data, cache and logs under DIR instead of the system's places.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Speak to a server that is not Telegram's: the file that `sandbox --ready-file` writes.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    pub endpoint: Option<PathBuf>,
    /// Write JSON Lines to standard output, and nothing else there.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Say more on standard error; twice for details, three times for everything.
    #[arg(short, long, global = true, help_heading = EVERYWHERE, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Under which these stand in the help.
const MEASURING: &str = "Measuring the window";

/// Driving the window by a script, in the user's place.
#[derive(Clone, Debug, Default, Args)]
pub struct ReplayArguments {
    /// Drive the window by a fixed script, write a report and exit.
    ///
    /// Begins once the library is in step. The report is one JSON object: photos, frames, the
    /// median, 99th percentile and maximum of what a frame took of the window's thread (ms), blank
    /// tiles, pictures shown, memory. What the window remembers is neither read nor changed.
    #[arg(long, help_heading = MEASURING, value_enum, value_name = "SCRIPT", requires = "report")]
    pub replay: Option<ReplayScript>,
    /// Where the replay's report is written.
    #[arg(long, help_heading = MEASURING, value_name = "FILE", requires = "replay")]
    pub report: Option<PathBuf>,
    /// Size of the replay's window, in points [default: 1280x800].
    #[arg(long, help_heading = MEASURING, value_name = "WxH", requires = "replay", value_parser = size)]
    pub size: Option<(u16, u16)>,
}

/// What the window is driven through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplayScript {
    /// Down and up the grid at every tile size, by wheel and by flings.
    Scroll,
    /// The scrubber from end to end at several speeds, and jumps.
    Scrub,
    /// One photo after the other in the viewer, with a key held down.
    Skim,
}

/// Width and height, like 2560x1440.
fn size(text: &str) -> Result<(u16, u16), String> {
    let side = |text: &str| text.parse().ok().filter(|side| (100..=16_384).contains(side));
    text.split_once(['x', 'X', '×'])
        .and_then(|(width, height)| Some((side(width)?, side(height)?)))
        .ok_or_else(|| "a size is a width and a height, like 2560x1440".to_owned())
}

/// All commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Try everything without an account: a Telegram-like server in this process, and a window.
    ///
    /// Nothing reaches the real network. Without --home everything lives in a throw-away folder.
    /// With --headless, or where there is no display, the same journey is made without a window:
    /// every byte is compared and each step reported.
    Demo(DemoArguments),
    /// Run the demo's server as a process of its own, until Ctrl-C.
    Sandbox(SandboxArguments),
    /// Commands that need no display.
    #[command(flatten)]
    Headless(HeadlessCommand),
}

/// Commands that need neither a window nor a server in this process.
#[derive(Clone, Debug, Subcommand)]
pub enum HeadlessCommand {
    /// Sign in with phone number, code and, where there is one, password.
    ///
    /// Codes and passwords are asked for on the terminal or read from standard input, never
    /// taken as arguments.
    Login(LoginArguments),
    /// Sign out: ends the session at Telegram and forgets it here.
    Logout,
    /// Say who is signed in.
    Whoami,
    /// List the albums.
    Albums,
    /// Make, rename or delete an album.
    Album {
        /// Which of these.
        #[command(subcommand)]
        command: AlbumCommand,
    },
    /// Send pictures and videos to an album; the same command again continues.
    ///
    /// Folders are walked (hidden ones too, links are not followed). What is a picture or a video
    /// is decided by content; what the album already holds is skipped.
    Upload(UploadArguments),
    /// List an album's photos, newest first, from the local library (`sync` first for the newest).
    List {
        /// Title or id of the album.
        album: String,
    },
    /// Fetch originals, byte for byte; the same command again continues.
    ///
    /// Two of one name become `name (2).ext`; a different file is never overwritten.
    Download(DownloadArguments),
    /// Prove that what Telegram holds of an album is whole, and equal to local files.
    ///
    /// Every photo is proven: by Telegram's own hashes where something is known to compare them
    /// with, by reading it back where not. Of the files and folders given, those that the album
    /// holds equal to the byte are named: they are safe to delete locally. One that it does not
    /// hold counts as failed.
    Verify(VerifyArguments),
    /// Bring the local library up to date.
    Sync,
}

/// `login`.
#[derive(Clone, Debug, Args)]
pub struct LoginArguments {
    /// The phone number of the account, with country code; asked for when missing.
    #[arg(long, value_name = "N")]
    pub phone: Option<String>,
    /// Read the code (first line) and the password (second line, empty if none) from standard
    /// input.
    #[arg(long)]
    pub stdin: bool,
}

/// `album …`.
#[derive(Clone, Debug, Subcommand)]
pub enum AlbumCommand {
    /// Make an album: a private channel of your own.
    Create {
        /// Its title.
        title: String,
    },
    /// Give an album another title.
    Rename {
        /// Title or id of the album.
        album: String,
        /// Its new title.
        title: String,
    },
    /// Delete an album with everything in it, at Telegram and here.
    Delete {
        /// Title or id of the album.
        album: String,
        /// Yes, for good.
        #[arg(long)]
        yes: bool,
    },
}

/// `upload`.
#[derive(Clone, Debug, Args)]
pub struct UploadArguments {
    /// Files and folders to send.
    #[arg(required = true, value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// Title or id of the album that they go to.
    #[arg(long, value_name = "TITLE")]
    pub album: String,
    /// Make the album if there is none of that title.
    #[arg(long)]
    pub create: bool,
    /// As files, every byte kept, or as photos, which Telegram compresses (videos go as files).
    #[arg(long = "as", value_enum, default_value_t = SendAs::File)]
    pub send_as: SendAs,
    /// A caption for each of them; **bold**, __italic__, ~~struck~~, ||hidden||, `code`,
    /// [text](url) and #tags are understood.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub caption: String,
    /// Take this out of the copies that are sent, without touching a pixel or the local files:
    /// JPEG, PNG and WebP only, others are refused.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub strip: Option<StripArgument>,
}

/// What a picture tells besides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StripArgument {
    /// Where it was taken. What else is embedded and may tell it goes, too: XMP, IPTC, the maker's
    /// data, an HDR gain map, a motion video.
    Location,
    /// Where, when, by which camera, captions: all but the picture.
    All,
}

/// How a picture is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SendAs {
    /// Untouched, as a file.
    File,
    /// As a photo, which Telegram compresses.
    Photo,
}

/// `download`.
#[derive(Clone, Debug, Args)]
pub struct DownloadArguments {
    /// Title or id of the album.
    pub album: String,
    /// Only these photos, by the id that `list` shows; may be given several times.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub photo: Vec<i32>,
    /// The folder to put them in; made if it is missing.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArguments {
    /// Title or id of the album.
    pub album: String,
    /// Files and folders that it should hold.
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
}

/// `demo`.
#[derive(Clone, Debug, Default, Args)]
pub struct DemoArguments {
    /// Pictures to upload for real: one album a folder. Painted photographs when there are none.
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// How many painted photographs the server holds [default: 200, or none where PATHS are given].
    #[arg(long, value_name = "N")]
    pub photos: Option<u64>,
    /// From which seed they are painted.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Delay of the line, there and back, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub rtt: u64,
    /// Make the journey without a window and compare every byte.
    #[arg(long, conflicts_with = "replay")]
    pub headless: bool,
    /// Driving the window by a script.
    #[command(flatten)]
    pub replay: ReplayArguments,
}

/// `sandbox`.
#[derive(Clone, Debug, Args)]
pub struct SandboxArguments {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The folder in which it keeps its world.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Written, whole, once the server listens: address, key, phone, code.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// How many painted photographs it holds.
    #[arg(long, value_name = "N")]
    pub photos: Option<u64>,
    /// From which seed they are painted.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// An account that exists; may be given several times. One with a default number when missing.
    #[arg(long, value_name = "PHONE[:PASSWORD]", num_args = 1..)]
    pub account: Vec<String>,
    /// Delay of the line, there and back, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub rtt: u64,
    /// How much one connection carries, in bytes a second (8000000 or 8M).
    #[arg(long, value_name = "BYTES/S")]
    pub connection_rate: Option<String>,
    /// How much all connections carry together, in bytes a second.
    #[arg(long, value_name = "BYTES/S")]
    pub line_rate: Option<String>,
    /// Something that goes wrong on purpose; may be given several times.
    ///
    /// flood=METHOD:EVERY:SECONDS, premium-wait=METHOD:EVERY:SECONDS, cut=P, cut-after=BYTES,
    /// bad-salt=EVERY, garbage=P, expire-references=SECONDS, lose-part=P, migrate, too-long,
    /// too-long-pts, sliced, drop-hints=P, revoke-after=REQUESTS, slow-first=MS, no-hashes.
    #[arg(long, value_name = "NAME[=VALUE]", num_args = 1..)]
    pub fault: Vec<String>,
    /// Seed of the chances above.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub fault_seed: u64,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn several_values_may_stand_behind_one_option_or_each_behind_its_own() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        let Some(Command::Headless(HeadlessCommand::Download(download))) =
            parse("heliogram download Berlin --photo 1 2 --photo 3 --to out").unwrap().command
        else {
            panic!("not a download");
        };
        assert_eq!((download.album.as_str(), download.photo), ("Berlin", vec![1, 2, 3]));
        let Some(Command::Sandbox(sandbox)) =
            parse("heliogram sandbox --data d --fault migrate cut=0.1 --fault sliced --json")
                .unwrap()
                .command
        else {
            panic!("not a sandbox");
        };
        assert_eq!(sandbox.fault, ["migrate", "cut=0.1", "sliced"]);
    }

    #[test]
    fn global_options_may_stand_before_and_behind_the_command() {
        for line in ["heliogram --json --home h albums", "heliogram albums --home h --json"] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert!(arguments.global.json && arguments.global.home.is_some(), "{line}");
        }
    }

    #[test]
    fn a_replay_has_a_report_and_a_sensible_size() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        let replay = parse("heliogram --replay skim --report r --size 2560x1440").unwrap().replay;
        assert_eq!((replay.replay, replay.size), (Some(ReplayScript::Skim), Some((2560, 1440))));
        let Some(Command::Demo(demo)) =
            parse("heliogram demo --replay scrub --report r").unwrap().command
        else {
            panic!("not a demo");
        };
        assert_eq!(demo.replay.replay, Some(ReplayScript::Scrub));
        for line in [
            "heliogram --replay scroll",
            "heliogram --report r",
            "heliogram --replay run --report r",
            "heliogram --replay scroll --report r --size 2560",
            "heliogram --replay scroll --report r --size 2560x99999",
            "heliogram demo --headless --replay scroll --report r",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_secret_is_never_an_argument() {
        fn walk(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(
                    !["code", "password", "hash", "api_hash"].contains(&name),
                    "{} takes {name}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Arguments::command());
    }
}
