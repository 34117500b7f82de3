//! `app.toml`: the settings at the top level and in `[dates]` and `[uploads]`, `[api]` with `id` and
//! `hash`, and `server = "test"`.
//!
//! Written only when the user chose something, and then only what differs from what stands there or
//! would stand there by default: comments, the order of things, and unknown keys, which a newer
//! program may have written, are kept.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Spanned, Table, Value};

use super::{ApiCredentials, ConfigError, Settings};
use crate::platform::fs;

/// Far more than anybody writes by hand.
const LARGEST: u64 = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct AppFile {
    pub(super) settings: Settings,
    pub(super) api: Option<ApiCredentials>,
    pub(super) test_servers: bool,
}

impl AppFile {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = text_of(path)?;
        let settings: Settings = toml::from_str(&text).map_err(|error| at(path, &text, &error))?;
        if let Some((key, problem)) = settings.problem() {
            return Err(line(path, line_of_key(&text, key), problem));
        }
        let table = table_of(path, &text)?;
        let test_servers = match table.get("server") {
            None => false,
            Some(Value::String(server)) if server == "telegram" => false,
            Some(Value::String(server)) if server == "test" => true,
            Some(_) => {
                let problem = "server is \"telegram\" or \"test\"".to_owned();
                return Err(line(path, line_of_key(&text, "server"), problem));
            }
        };
        let api = table.get("api").map(|api| read_api(api).map_err(|p| (p, "[api]"))).transpose();
        let api = api.map_err(|(problem, key)| line(path, line_of_key(&text, key), problem))?;
        Ok(Self { settings, api, test_servers })
    }
}

/// By hand, because a general reader quotes the values that it does not like.
fn read_api(api: &Value) -> Result<ApiCredentials, String> {
    let id = api.get("id").and_then(Value::as_integer).and_then(|id| i32::try_from(id).ok());
    let hash = api.get("hash").and_then(Value::as_str);
    let (Some(id), Some(hash)) = (id, hash) else {
        return Err("[api] needs id = NUMBER and hash = \"…\" of my.telegram.org".to_owned());
    };
    let api = ApiCredentials { id, hash: hash.to_owned() };
    match api.problem() {
        None => Ok(api),
        Some(problem) => Err(problem.to_owned()),
    }
}

pub(super) fn remember_api(path: &Path, api: ApiCredentials) -> Result<(), ConfigError> {
    if let Some(problem) = api.problem() {
        return Err(ConfigError::BadApi(problem));
    }
    let mut document = document_of(path, &text_of(path)?)?;
    let mut section = toml_edit::Table::new();
    section.insert("id", toml_edit::value(i64::from(api.id)));
    section.insert("hash", toml_edit::value(api.hash));
    document.insert("api", toml_edit::Item::Table(section));
    write(path, &document.to_string())
}

pub(super) fn remember_settings(path: &Path, settings: &Settings) -> Result<(), ConfigError> {
    let text = text_of(path)?;
    if let Some((key, problem)) = settings.problem() {
        return Err(line(path, line_of_key(&text, key), problem));
    }
    let mut document = document_of(path, &text)?;
    let written = |settings: &Settings| {
        Table::try_from(settings).map_err(|error| line(path, 1, error.to_string()))
    };
    merge(document.as_table_mut(), &written(settings)?, &written(&Settings::default())?);
    write(path, &document.to_string())
}

/// Puts what was chosen in its places, and leaves what else stands in a section. What is there
/// already, or goes without saying, is not written.
fn merge(into: &mut dyn toml_edit::TableLike, chosen: &Table, usual: &Table) {
    for (key, value) in chosen {
        if let Value::Table(chosen) = value {
            let nothing = Table::new();
            let usual = usual.get(key).and_then(Value::as_table).unwrap_or(&nothing);
            let is_there = into.get(key).is_some_and(toml_edit::Item::is_table_like);
            if !is_there && chosen == usual {
                continue;
            }
            let section = toml_edit::Item::Table(toml_edit::Table::new());
            let section = into.entry(key).or_insert(section);
            if let Some(section) = section.as_table_like_mut() {
                merge(section, chosen, usual);
            }
            continue;
        }
        let before = into.get(key).and_then(toml_edit::Item::as_value);
        let goes_without_saying = before.is_none() && usual.get(key) == Some(value);
        let Some(mut new) = edited(value).filter(|_| !goes_without_saying) else { continue };
        match before {
            Some(before) if same(before, &new) => continue,
            // What stands around a value, a comment behind it for instance, stays.
            Some(before) => *new.decor_mut() = before.decor().clone(),
            None => {}
        }
        let new = toml_edit::Item::Value(new);
        // In its place: putting it in anew would drop the lines above it.
        match into.get_mut(key) {
            Some(item) => *item = new,
            None => drop(into.insert(key, new)),
        }
    }
}

/// A setting as it is written. Settings are words, numbers and switches.
fn edited(value: &Value) -> Option<toml_edit::Value> {
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Integer(number) => Some((*number).into()),
        Value::Boolean(switch) => Some((*switch).into()),
        _ => None,
    }
}

fn same(one: &toml_edit::Value, other: &toml_edit::Value) -> bool {
    one.as_str() == other.as_str()
        && one.as_integer() == other.as_integer()
        && one.as_bool() == other.as_bool()
}

fn document_of(path: &Path, text: &str) -> Result<toml_edit::DocumentMut, ConfigError> {
    // The other reader's sentences are those that users see.
    table_of(path, text)?;
    text.parse().map_err(|error: toml_edit::TomlError| {
        let start = error.span().map_or(0, |span| span.start);
        line(path, line_of_offset(text, start), error.message().to_owned())
    })
}

fn write(path: &Path, text: &str) -> Result<(), ConfigError> {
    if let Some(folder) = path.parent() {
        fs::private_dir(folder).map_err(ConfigError::io(folder))?;
    }
    fs::write_whole(path, text.as_bytes()).map_err(ConfigError::io(path))
}

pub(super) fn text_of(path: &Path) -> Result<String, ConfigError> {
    let bytes = fs::read_up_to(path, LARGEST).map_err(ConfigError::io(path))?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default());
        line(path, line_of_offset(&before, good), "is not UTF-8 text".to_owned())
    })
}

pub(super) fn table_of(path: &Path, text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error| at(path, text, &error))
}

/// The parser's own sentence and the line, without the line's content.
fn at(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    line(path, line_of_offset(text, start), error.message().to_owned())
}

fn line(path: &Path, line: usize, problem: String) -> ConfigError {
    ConfigError::Line { path: path.to_path_buf(), line, problem }
}

fn line_of_offset(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).fold(1, |line, byte| line + usize::from(byte == b'\n'))
}

fn line_of_key(text: &str, key: &str) -> usize {
    let name = key.trim_matches(['[', ']']);
    let at_top = toml::from_str::<BTreeMap<Spanned<String>, Value>>(text)
        .ok()
        .and_then(|keys| keys.into_keys().find(|k| k.get_ref() == name).map(|k| k.span().start));
    let offset = at_top.or_else(|| {
        let in_dates: Sections = toml::from_str(text).ok()?;
        in_dates.dates.into_keys().find(|k| k.get_ref() == name).map(|k| k.span().start)
    });
    offset.map_or(1, |offset| line_of_offset(text, offset))
}

/// The sections whose keys have lines of their own.
#[derive(serde::Deserialize)]
struct Sections {
    dates: BTreeMap<Spanned<String>, Value>,
}
