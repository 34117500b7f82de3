//! What happens when the program itself is at fault: a line in the log, a sentence for people.
//!
//! Only fixed texts and the place are written, never a formatted message: that could quote a file
//! name, a caption or worse.

use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

/// From now on a panic goes to the log, and one of the first thread to standard error as well.
/// Other threads' panics are caught where they work (a broken picture is one broken tile).
pub(crate) fn install(logs: &Path) {
    let logs: PathBuf = logs.to_owned();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        let place = place(info);
        let what = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(withheld)");
        tracing::error!(thread = name, place, what, "panic");
        if name == "main" {
            let _ = writeln!(
                std::io::stderr(),
                "heliogram: a fault in the program itself, at {place}. Nothing that was sent is \
                 lost; start it again. The log says more: {}",
                logs.display()
            );
        }
    }));
}

fn place(info: &PanicHookInfo<'_>) -> String {
    info.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    )
}
