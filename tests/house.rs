//! The house stands as its plan says: which room may know which, who owns which crate, how large a
//! file may grow. Reads the sources as text and fails with file and line.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A room, the rooms it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("pixels", &["model"]),
    ("store", &["model", "platform"]),
    ("telegram", &["model"]),
    ("platform", &["model"]),
    ("config", &["platform"]),
    ("engine", &["model", "pixels", "store", "telegram", "config", "platform"]),
    ("ui", &["model", "engine", "config", "pixels", "platform"]),
    ("cli", &["model", "engine", "config"]),
    ("sandbox", &["pixels", "model"]),
    ("main", &["ui", "cli", "engine", "sandbox", "config", "model", "platform"]),
];

/// The one function of another room that a room may call where the plan names an exception.
const EXCEPTIONS: &[(&str, &str, &str)] = &[("ui", "pixels", "blur_decode")];

/// A crate as it is written in code, its name in `Cargo.toml` where that differs, its owners.
/// No owner: common to all rooms.
const CRATES: &[(&str, &[&str])] = &[
    ("serde", &[]),
    ("thiserror", &[]),
    ("tracing", &[]),
    ("tokio", &[]),
    ("jiff", &[]),
    ("getrandom", &[]),
    ("zeroize", &[]),
    ("sha1", &[]),
    ("sha2", &[]),
    ("md5", &[]),
    ("num_bigint", &[]),
    ("base64", &[]),
    ("futures_util", &[]),
    ("serde_json", &[]),
    ("postcard", &[]),
    ("tempfile", &[]),
    ("walkdir", &[]),
    ("image", &["pixels", "sandbox"]),
    ("gif", &["pixels"]),
    ("png", &["pixels"]),
    ("image_webp", &["pixels"]),
    ("tiff", &["pixels"]),
    ("zune_jpeg", &["pixels"]),
    ("jpeg_decoder", &["pixels"]),
    ("jxl_oxide", &["pixels"]),
    ("re_rav1d", &["pixels"]),
    ("libheif_rs", &["pixels"]),
    ("fast_image_resize", &["pixels"]),
    ("blurhash", &["pixels"]),
    ("exif", &["pixels"]),
    ("infer", &["pixels"]),
    ("moxcms", &["pixels"]),
    ("redb", &["store", "sandbox"]),
    ("grammers_client", &["telegram"]),
    ("grammers_session", &["telegram"]),
    ("grammers_mtsender", &["telegram"]),
    ("grammers_mtproto", &["telegram", "sandbox"]),
    ("grammers_crypto", &["telegram", "sandbox"]),
    ("grammers_tl_types", &["telegram", "sandbox"]),
    ("rayon", &["engine", "sandbox"]),
    ("hyper", &["engine"]),
    ("hyper_util", &["engine"]),
    ("clap", &["cli", "main"]),
    ("rpassword", &["cli"]),
    ("ctrlc", &["cli"]),
    ("directories", &["config"]),
    ("toml", &["config", "ui"]),
    ("toml_edit", &["config"]),
    ("anyhow", &["main"]),
    ("tracing_subscriber", &["main"]),
    ("tracing_appender", &["main"]),
    ("interprocess", &["platform"]),
    ("open", &["platform"]),
    ("arboard", &["platform"]),
    ("cpu_time", &["platform"]),
    ("raw_window_handle", &["platform"]),
    ("x11rb", &["platform"]),
    ("zbus", &["platform"]),
    ("keepawake", &["platform"]),
    ("notify_rust", &["platform"]),
    ("winit", &["ui"]),
    ("eframe", &["ui"]),
    ("egui", &["ui"]),
    ("egui_extras", &["ui"]),
    ("epaint_default_fonts", &["ui"]),
    ("unicode_bidi", &["ui"]),
    ("unicode_segmentation", &["ui"]),
    ("rfd", &["ui"]),
    ("rsa", &["sandbox"]),
    ("pbkdf2", &["sandbox"]),
    ("flate2", &["sandbox"]),
    ("jpeg_encoder", &["pixels", "sandbox"]),
];

/// Dependencies whose name in `Cargo.toml` is not the name in code.
const RENAMED: &[(&str, &str)] = &[("kamadak-exif", "exif"), ("md-5", "md5")];

/// What starts threads: for the engine, and for `main`, which gives the sandbox its own.
const STARTERS: &[(&str, &[&str])] =
    &[("tokio::runtime", &["engine", "main"]), ("rayon::ThreadPoolBuilder", &["engine"])];

const LONGEST_FILE: usize = 600;
const FORBIDDEN_NAMES: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "manager", "misc", "mod"];

#[test]
fn the_house_stands_as_planned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(root.join("src"))
        .into_iter()
        .map(|entry| entry.expect("src can be read").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    assert!(files.len() > ROOMS.len(), "the sources were not found: {files:?}");
    let texts: Vec<(PathBuf, String)> = files
        .iter()
        .map(|path| {
            let shown = path.strip_prefix(root).expect("below the root").to_owned();
            (shown, std::fs::read_to_string(path).expect("a source file can be read"))
        })
        .collect();
    let for_tests: Vec<PathBuf> =
        texts.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let mut faults = String::new();
    for (path, text) in &texts {
        let is_test = for_tests
            .iter()
            .any(|test| path.starts_with(test) || *path == test.with_extension("rs"));
        for (line, fault) in faults_of(path, text, is_test) {
            writeln!(faults, "{}:{line}: {fault}", path.display()).expect("to a string");
        }
    }
    assert!(faults.is_empty(), "the house is not as planned:\n{faults}");
}

#[test]
fn every_dependency_has_its_place() {
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .expect("Cargo.toml can be read");
    let manifest: toml::Table = manifest.parse().expect("Cargo.toml is TOML");
    let mut tables = vec![&manifest["dependencies"]];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(|target| target.get("dependencies")));
    }
    let mut count = 0;
    for name in tables.iter().filter_map(|table| table.as_table()).flat_map(toml::Table::keys) {
        let renamed = RENAMED.iter().find(|(package, _)| package == name);
        let in_code =
            renamed.map_or_else(|| name.replace('-', "_"), |(_, code)| (*code).to_owned());
        assert!(
            CRATES.iter().any(|(known, _)| *known == in_code),
            "{name} is a dependency without a room: say in tests/house.rs who owns it"
        );
        count += 1;
    }
    assert!(count > 20, "the dependencies were not found");
}

/// All that is wrong with one file: line and sentence. A file of tests may open any room.
fn faults_of(path: &Path, text: &str, is_test: bool) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        faults
            .push((lines, format!("{lines} lines; cut it by capability (at most {LONGEST_FILE})")));
    }
    for part in path.components().filter_map(|part| part.as_os_str().to_str()) {
        let stem = part.strip_suffix(".rs").unwrap_or(part);
        if FORBIDDEN_NAMES.contains(&stem) {
            faults.push((1, format!("“{stem}” is no name for a module: say what it is for")));
        }
    }
    let Some((room, depth)) = room_of(path) else { return faults };
    let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        faults.push((1, format!("“{room}” is no room of the plan")));
        return faults;
    };
    if is_test {
        return faults;
    }
    let code = without_tests(&without_comments(text));
    for import in imports(&code, depth).into_iter().filter(|import| import.room != room) {
        let known = ROOMS.iter().any(|(name, _)| *name == import.room);
        if known && !may.contains(&import.room.as_str()) {
            faults.push((import.line, format!("{room} must not know {}", import.room)));
        }
        let only = EXCEPTIONS.iter().find(|(r, other, _)| *r == room && *other == import.room);
        if let Some((_, _, item)) = only
            && !uses_alone(&code, &import, item)
        {
            faults.push((import.line, format!("{room} may use {}::{item} alone", import.room)));
        }
    }
    let foreign: Vec<_> = CRATES
        .iter()
        .chain(STARTERS)
        .filter(|(name, owners)| {
            !owners.is_empty() && !owners.contains(&room.as_str()) && !is_shadowed(&code, name)
        })
        .collect();
    for (index, line) in code.lines().enumerate() {
        for (name, owners) in &foreign {
            if names_path(line, name) {
                faults.push((index + 1, format!("{name} belongs to {}", owners.join(" and "))));
            }
        }
    }
    faults
}

/// The room that a file belongs to, and how many modules deep in it. `None` for the crate's front.
fn room_of(path: &Path) -> Option<(String, usize)> {
    let parts: Vec<&str> =
        path.components().skip(1).filter_map(|part| part.as_os_str().to_str()).collect();
    let first = parts.first()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "lib").then(|| (room.to_owned(), parts.len() - 1))
}

struct Import {
    room: String,
    item: String,
    line: usize,
}

/// Rooms named in the code: `crate::room::item`, `heliogram::room`, `crate::{a::x, b}`, and
/// `super::…::room` where that climbs out of the room.
fn imports(code: &str, depth: usize) -> Vec<Import> {
    let mut found = Vec::new();
    let line = |at: usize| code[..at].matches('\n').count() + 1;
    for front in ["crate::", "heliogram::"] {
        for (at, _) in code.match_indices(front).filter(|(at, _)| starts_a_path(code, *at)) {
            let rest = &code[at + front.len()..];
            match rest.strip_prefix('{') {
                Some(group) => {
                    found.extend(top_level(group).into_iter().map(|path| import(path, line(at))));
                }
                None => found.push(import(rest, line(at))),
            }
        }
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| starts_a_path(code, *at)) {
        let mut rest = &code[at..];
        let mut climbed = 0;
        while let Some(higher) = rest.strip_prefix("super::") {
            (rest, climbed) = (higher, climbed + 1);
        }
        if climbed > depth {
            found.push(import(rest, line(at)));
        }
    }
    found
}

fn import(path: &str, line: usize) -> Import {
    let (room, rest) = path.split_at(path.find(|c| !is_word(c)).unwrap_or(path.len()));
    let item = rest.strip_prefix("::").unwrap_or_default();
    let item = &item[..item.find(|c| !is_word(c)).unwrap_or(item.len())];
    Import { room: room.to_owned(), item: item.to_owned(), line }
}

/// The members of a group whose opening brace was read.
fn top_level(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(group[start..at].trim());
                return members;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(group[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    members.push(group[start..].trim());
    members
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn starts_a_path(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| is_word(c) || c == ':' || c == '.')
}

/// Whether the line uses a path that starts with `name`, or imports it.
fn names_path(line: &str, name: &str) -> bool {
    let imported = line.trim_start().trim_start_matches("pub ").strip_prefix("use ");
    line.match_indices(name).filter(|(at, _)| starts_a_path(line, *at)).any(|(at, _)| {
        let rest = &line[at + name.len()..];
        let is_whole = !rest.starts_with(is_word);
        rest.starts_with("::")
            || (is_whole && name.contains("::"))
            || (is_whole && imported.is_some_and(|path| path.starts_with(name)))
    })
}

/// The text with comments, strings and characters blanked out, lines kept.
fn without_comments(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let blank = |out: &mut String, c: char| out.push(if c == '\n' { '\n' } else { ' ' });
    while at < chars.len() {
        let rest = &chars[at..];
        let length = comment_length(rest).or_else(|| literal_length(rest, out.chars().next_back()));
        if let Some(length) = length {
            rest[..length].iter().for_each(|c| blank(&mut out, *c));
            at += length;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

fn comment_length(rest: &[char]) -> Option<usize> {
    if rest.starts_with(&['/', '/']) {
        return Some(rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with(&['/', '*']) {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some(['/', '*']) => (depth, at) = (depth + 1, at + 2),
            Some(['*', '/']) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    Some(at.min(rest.len()))
}

fn literal_length(rest: &[char], before: Option<char>) -> Option<usize> {
    let inside_a_word = before.is_some_and(is_word);
    let raw = rest
        .iter()
        .position(|c| *c == 'r')
        .filter(|at| !inside_a_word && (*at == 0 || (*at == 1 && matches!(rest[0], 'b' | 'c'))));
    if let Some(at) = raw {
        let hashes = rest[at + 1..].iter().take_while(|c| **c == '#').count();
        if rest.get(at + 1 + hashes) == Some(&'"') {
            let body = at + hashes + 2;
            let end: Vec<char> = std::iter::once('"').chain(vec!['#'; hashes]).collect();
            let close = rest[body..].windows(end.len()).position(|window| window == end);
            return Some(close.map_or(rest.len(), |close| body + close + end.len()));
        }
    }
    match rest.first()? {
        '"' => {
            let mut at = 1;
            while at < rest.len() && rest[at] != '"' {
                at += if rest[at] == '\\' { 2 } else { 1 };
            }
            Some((at + 1).min(rest.len()))
        }
        // A character, not a lifetime.
        '\'' if rest.get(1) == Some(&'\\') => {
            rest.iter().skip(3).position(|c| *c == '\'').map(|at| at + 4)
        }
        '\'' if rest.get(2) == Some(&'\'') => Some(3),
        _ => None,
    }
}

/// Whether a room that was imported, whole or in part, is used for one item alone.
fn uses_alone(code: &str, import: &Import, item: &str) -> bool {
    if !import.item.is_empty() {
        return import.item == item;
    }
    let front = format!("{}::", import.room);
    code.match_indices(&front)
        .filter(|(at, _)| starts_a_path(code, *at))
        .all(|(at, _)| code[at + front.len()..].starts_with(item))
}

/// Whether a `use` brings something else of that name in, like `use grammers_crypto::rsa`.
fn is_shadowed(code: &str, name: &str) -> bool {
    code.split(';').filter_map(|statement| statement.rsplit_once("use ")).any(|(_, path)| {
        let mut words = path.split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
        words.next() != Some(name) && words.any(|word| word == name)
    })
}

/// Where the modules lie that a file declares for tests alone (without `.rs`).
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let front = ["lib.rs", "main.rs"].iter().any(|name| path.ends_with(name));
    let folder = if front { path.with_file_name("") } else { path.with_extension("") };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter(|two| two[0] == "#[cfg(test)]")
        .filter_map(|two| module_name(two[1])?.strip_suffix(';').map(|name| folder.join(name)))
        .collect()
}

/// What stands behind `mod` in a line that declares a module.
fn module_name(line: &str) -> Option<&str> {
    let (before, name) = line.trim().split_once("mod ")?;
    (before.is_empty() || before.starts_with("pub")).then_some(name)
}

/// The code without its tests, which may open any room and stand at the end of a file.
fn without_tests(code: &str) -> String {
    let lines: Vec<&str> = code.lines().collect();
    let opens = |line: &str| module_name(line).is_some_and(|name| name.trim_end().ends_with('{'));
    let end = lines.windows(2).position(|two| two[0].trim() == "#[cfg(test)]" && opens(two[1]));
    lines[..end.unwrap_or(lines.len())].join("\n")
}

#[test]
fn the_reader_sees_what_it_must_and_nothing_else() {
    let faults = |path: &str, text: &str| {
        faults_of(Path::new(path), text, false)
            .into_iter()
            .map(|(line, _)| line)
            .collect::<Vec<_>>()
    };
    // What is forbidden is seen, with its line.
    assert_eq!(faults("src/store.rs", "\nuse crate::telegram::Telegram;\n"), [2]);
    assert_eq!(faults("src/store/a.rs", "use crate::{model::Photo, engine::{self, X}};"), [1]);
    assert_eq!(faults("src/store/a.rs", "\nuse crate::{\n    model::X,\n    ui::Y,\n};"), [2]);
    assert_eq!(faults("src/pixels/a.rs", "fn f() { super::super::store::open() }"), [1]);
    assert_eq!(faults("src/main/a.rs", "use heliogram::telegram::Me;"), [1]);
    assert_eq!(faults("src/cli/a.rs", "let c = egui::Context::default();"), [1]);
    assert_eq!(faults("src/ui/a.rs", "use crate::pixels::decode;"), [1]);
    let all = "use crate::pixels;\nfn f() { pixels::blur_decode(); pixels::decode(); }";
    assert_eq!(faults("src/ui/a.rs", all), [1]);
    assert_eq!(faults("src/ui/a.rs", "use redb as r;"), [1]);
    assert_eq!(faults("src/telegram/a.rs", "let r = tokio::runtime::Runtime::new();"), [1]);
    assert_eq!(faults("src/attic.rs", ""), [1]);
    assert_eq!(faults("src/ui/utils.rs", ""), [1]);
    assert_eq!(faults("src/ui/mod.rs", ""), [1]);
    assert_eq!(faults("src/ui/a.rs", &"\n".repeat(601)), [601]);
    let tests = test_modules(Path::new("src/pixels.rs"), "#[cfg(test)]\npub(crate) mod testing;");
    assert_eq!(tests, [Path::new("src/pixels/testing")]);
    // What is allowed, or no code at all, is not.
    for (path, text) in [
        (
            "src/store.rs",
            "use crate::model::Photo;\n// crate::telegram\n/* crate::ui /* */ crate::cli */",
        ),
        ("src/store.rs", "let a = \"crate::ui \\\" crate::ui\"; let b = r#\"crate::\"ui\"#;"),
        ("src/store.rs", "let quote = '\"'; let life: &'a str; use crate::model::Album;"),
        ("src/engine/telegram.rs", "use super::telegram::X; use super::super::telegram::Telegram;"),
        (
            "src/telegram/a.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests {\nuse crate::sandbox::Sandbox;\n}",
        ),
        ("src/ui/a.rs", "use crate::pixels;\nfn f() { pixels::blur_decode() }"),
        ("src/telegram/a.rs", "use grammers_crypto::{aes, rsa};\nfn f() { rsa::Key::new() }"),
        ("src/config.rs", "#[cfg(test)]\npub(super) mod tests {\nuse rsa::RsaPublicKey;\n}"),
        ("src/ui/a.rs", "use crate::pixels::blur_decode; self.image::x; my::image::y;"),
        ("src/engine/a.rs", "use rayon::ThreadPoolBuilder; let image = 1;"),
        ("src/lib.rs", "pub mod ui;"),
    ] {
        assert_eq!(faults(path, text), [0_usize; 0], "{text}");
    }
}
