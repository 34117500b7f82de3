//! What came of the uploads as plain text, to be kept or passed on: every file that failed or was
//! skipped with its reason.

use std::fmt::Write as _;

use super::{Group, header};
use crate::model::{Upload, UploadState};
use crate::ui::view::View;
use crate::ui::words;

/// The text.
pub(super) fn text(view: &View<'_>) -> String {
    let uploads = view.uploads;
    let (skipped, failed) = (uploads.skipped(), uploads.failed());
    let mut text = header::target_of(uploads, view);
    line(&mut text, format_args!(""));
    let mut counts =
        vec![(uploads.verified(), "verified"), (skipped, "skipped"), (failed, "failed")];
    if uploads.photos() > 0 {
        counts.insert(1, (uploads.photos(), "sent as photos"));
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(n, what)| format!("{} {what}", words::count(n))).collect();
    line(&mut text, format_args!("{}", counts.join(", ")));
    list(&mut text, "Failed", uploads.in_group(Group::Failed), |state| match state {
        UploadState::Failed { reason } => Some(reason),
        _ => None,
    });
    list(&mut text, "Skipped", uploads.in_group(Group::Finished), |state| match state {
        UploadState::Skipped { reason } => Some(reason),
        _ => None,
    });
    text
}

fn list<'a>(
    text: &mut String,
    title: &str,
    files: impl Iterator<Item = &'a Upload>,
    reason: impl Fn(&UploadState) -> Option<&String>,
) {
    let mut is_first = true;
    for file in files {
        let Some(reason) = reason(&file.state) else { continue };
        if std::mem::replace(&mut is_first, false) {
            line(text, format_args!("\n{title}"));
        }
        line(text, format_args!("{}: {reason}", file.path.display()));
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{words}");
}
