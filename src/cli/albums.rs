//! `albums` and `album create | rename | delete`, and how an album is found by what was typed.

use serde::Serialize;

use crate::engine::{AlbumRow, EngineError, Headless};

use super::arguments::AlbumCommand;
use super::failure::CliError;
use super::output::Output;
use super::text::{Align, counted, number, printable, table};

/// How many candidates a sentence names.
const NAMED: usize = 10;
/// Telegram takes no longer titles, counted in characters.
const LONGEST_TITLE: usize = 128;

#[derive(Serialize)]
struct Row<'a> {
    id: i64,
    title: &'a str,
    photos: usize,
}

#[derive(Serialize)]
struct Edited<'a> {
    id: i64,
    title: &'a str,
    ok: bool,
}

pub(super) fn albums(engine: &Headless, output: &mut Output) -> Result<(), CliError> {
    let rows = known(engine)?;
    for row in &rows {
        output.object(&Row { id: row.album.id.0, title: &row.album.title, photos: row.photos });
    }
    if rows.is_empty() {
        output.answer(
            "No albums here yet. `heliogram sync` fetches those of the account, `heliogram album \
             create TITLE` makes one.",
        );
        return Ok(());
    }
    let cells: Vec<_> = rows
        .iter()
        .map(|row| vec![printable(&row.album.title), number(row.photos), row.album.id.to_string()])
        .collect();
    let heading = [("Album", Align::Left), ("Photos", Align::Right), ("Id", Align::Left)];
    output.answer(&table(&heading, &cells));
    Ok(())
}

pub(super) fn edit(
    engine: &Headless,
    command: &AlbumCommand,
    output: &mut Output,
) -> Result<(), CliError> {
    let (id, title, sentence) = match command {
        AlbumCommand::Create { title } => {
            let album = engine.create_album(checked(title)?)?;
            let sentence = format!("The album “{}” is made.", printable(&album.title));
            (album.id.0, album.title, sentence)
        }
        AlbumCommand::Rename { album, title } => {
            let title = checked(title)?;
            let row = find_in_step(engine, album)?;
            let album = engine.rename_album(row.album.id, title)?;
            let sentence = format!(
                "The album “{}” is called “{}” now.",
                printable(&row.album.title),
                printable(&album.title)
            );
            (album.id.0, album.title, sentence)
        }
        AlbumCommand::Delete { album, yes } => {
            let row = find_in_step(engine, album)?;
            let named =
                format!("“{}” with {}", printable(&row.album.title), counted(row.photos, "photo"));
            if !yes {
                return Err(CliError::Usage(format!(
                    "This would delete the album {named} for good. Add --yes if that is meant."
                )));
            }
            engine.delete_album(row.album.id)?;
            (row.album.id.0, row.album.title, format!("The album {named} is deleted."))
        }
    };
    output.object(&Edited { id, title: &title, ok: true });
    output.answer(&sentence);
    Ok(())
}

/// A title that Telegram will take.
pub(super) fn checked(title: &str) -> Result<&str, CliError> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > LONGEST_TITLE {
        return Err(CliError::Usage(format!(
            "A title has 1 to {LONGEST_TITLE} characters. Choose another."
        )));
    }
    Ok(title)
}

/// Finds an album as it is here; for answers that need no network.
pub(super) fn find(engine: &Headless, wanted: &str) -> Result<AlbumRow, CliError> {
    one_of(known(engine)?, wanted)
}

/// The albums as they are here. Where nobody is signed in there are none to speak of, and an
/// empty answer would be a wrong one.
fn known(engine: &Headless) -> Result<Vec<AlbumRow>, CliError> {
    if engine.is_signed_in() { Ok(engine.albums()?) } else { Err(EngineError::NotSignedIn.into()) }
}

/// Finds an album as it is here, and looks at Telegram only if it is not.
pub(super) fn find_or_sync(engine: &Headless, wanted: &str) -> Result<AlbumRow, CliError> {
    match search(engine.albums()?, wanted) {
        Found::One(row) => Ok(row),
        Found::None(_) => find_in_step(engine, wanted),
        Found::Several(rows) => Err(ambiguous(wanted, &rows)),
    }
}

/// Finds an album as it is at Telegram now: before something is changed for good.
pub(super) fn find_in_step(engine: &Headless, wanted: &str) -> Result<AlbumRow, CliError> {
    engine.sync()?;
    find(engine, wanted)
}

/// What a search came to.
#[derive(Debug)]
pub(super) enum Found {
    One(AlbumRow),
    /// None, but these there are.
    None(Vec<AlbumRow>),
    Several(Vec<AlbumRow>),
}

/// By id or exact title.
pub(super) fn search(rows: Vec<AlbumRow>, wanted: &str) -> Found {
    let wanted = wanted.trim();
    let id: Option<i64> = wanted.parse().ok();
    let hit = |row: &AlbumRow| Some(row.album.id.0) == id || row.album.title == wanted;
    let (mut hits, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(hit);
    match hits.len() {
        0 => Found::None(others),
        1 => hits.pop().map_or(Found::None(others), Found::One),
        _ => Found::Several(hits),
    }
}

fn one_of(rows: Vec<AlbumRow>, wanted: &str) -> Result<AlbumRow, CliError> {
    match search(rows, wanted) {
        Found::One(row) => Ok(row),
        Found::None(others) => Err(unknown(wanted, others)),
        Found::Several(rows) => Err(ambiguous(wanted, &rows)),
    }
}

fn unknown(wanted: &str, mut others: Vec<AlbumRow>) -> CliError {
    let wanted = printable(wanted);
    if others.is_empty() {
        return CliError::Usage(format!(
            "There is no album “{wanted}”, nor any other here. `heliogram sync` fetches those of \
             the account, `heliogram album create TITLE` makes one."
        ));
    }
    // Those that look alike first.
    let needle = wanted.to_lowercase();
    others.sort_by_cached_key(|row| !row.album.title.to_lowercase().contains(&needle));
    CliError::Usage(format!("There is no album “{wanted}”. There are: {}.", named(&others)))
}

fn ambiguous(wanted: &str, rows: &[AlbumRow]) -> CliError {
    CliError::Usage(format!(
        "More than one album answers to “{}”. Give the id of one of them: {}.",
        printable(wanted),
        named(rows)
    ))
}

fn named(rows: &[AlbumRow]) -> String {
    let mut names: Vec<_> = rows
        .iter()
        .take(NAMED)
        .map(|row| format!("“{}” ({})", printable(&row.album.title), row.album.id))
        .collect();
    if rows.len() > NAMED {
        names.push(format!("and {} more", number(rows.len() - NAMED)));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::model::{Album, AlbumId};

    use super::*;

    fn rows(titles: &[(i64, &str)]) -> Vec<AlbumRow> {
        let row = |(id, title): &(i64, &str)| AlbumRow {
            album: Album {
                id: AlbumId(*id),
                access_hash: 0,
                title: (*title).to_owned(),
                created: 0,
            },
            photos: 0,
        };
        titles.iter().map(row).collect()
    }

    #[test]
    fn an_album_is_found_by_title_or_id() {
        let albums = [(7, "Berlin"), (8, "東京")];
        for (wanted, id) in [("Berlin", 7), (" 東京", 8), ("8", 8)] {
            assert_eq!(one_of(rows(&albums), wanted).unwrap().album.id.0, id, "{wanted}");
        }
    }

    #[test]
    fn unknown_and_ambiguous_ones_are_wrong_usage_and_name_the_candidates() {
        let albums = [(1, "Rome"), (7, "Berlin"), (9, "Berlin"), (2, "9")];
        let error = one_of(rows(&albums), "Berlin").unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("(7)") && error.to_string().contains("(9)"), "{error}");
        // A title that looks like another album's id.
        let error = one_of(rows(&albums), "9").unwrap_err();
        assert!(error.to_string().contains("(2)") && error.to_string().contains("(9)"), "{error}");
        let error = one_of(rows(&albums), "berlin").unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("are: “Berlin” (7), “Berlin” (9), “Rome”"), "{error}");
    }

    #[test]
    fn a_long_list_of_candidates_ends() {
        let albums: Vec<_> = (0..500).map(|id| (id, "Album")).collect();
        let error = one_of(rows(&albums), "Other").unwrap_err().to_string();
        assert!(error.ends_with("and 490 more."), "{error}");
    }
}
