//! What the window remembers between starts, in a small file of its own beside the configuration.
//!
//! Read once before the window opens; written by a thread of its own. A file that cannot be read
//! means defaults: nothing in it is worth an error.

use std::io::Write;
use std::path::{Path, PathBuf};

use egui::ThemePreference;
use serde::{Deserialize, Serialize};

use super::grid::{Arrangement, Position, TileSize};
use super::timeline::Scope;
use super::view::Place;
use super::viewer::SlideOptions;
use crate::model::AlbumId;
use crate::platform::fs::{private_dir, read_up_to};

/// Window, place, sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remembered {
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Top left of the window, points; `None` before the first move.
    pub(crate) position: Option<(f32, f32)>,
    pub(crate) maximised: bool,
    album: Option<i64>,
    uploads: bool,
    tile_step: usize,
    squares: bool,
    pub(crate) info_panel: bool,
    /// The album that files went to last.
    last_album: Option<i64>,
    theme: Option<String>,
    slide_seconds: u32,
    slide_shuffles: bool,
    slide_fills: bool,
    slide_fades: bool,
    /// Size of the interface, 1 as the system has it.
    pub(crate) zoom: f32,
    /// Where places were left, the latest first.
    left_at: Vec<LeftAt>,
}

/// Where one was in a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LeftAt {
    /// `None`: all photos.
    album: Option<i64>,
    #[serde(flatten)]
    position: Position,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            width: 1440.0,
            height: 900.0,
            position: None,
            maximised: false,
            album: None,
            uploads: false,
            tile_step: TileSize::default().step(),
            squares: false,
            info_panel: false,
            last_album: None,
            theme: None,
            slide_seconds: SlideOptions::default().seconds,
            slide_shuffles: SlideOptions::default().shuffles,
            slide_fills: SlideOptions::default().fills,
            slide_fades: SlideOptions::default().fades,
            zoom: 1.0,
            left_at: Vec::new(),
        }
    }
}

const FILE: &str = "window.toml";
/// Bytes of the file, at most; a longer one is not ours.
const LONGEST: u64 = 64 * 1024;
/// Places whose position is kept.
const MOST_PLACES: usize = 100;

impl Remembered {
    /// Reads the file in the folder of the configuration.
    pub(crate) fn load(folder: &Path) -> Self {
        let mut this: Self = read_up_to(&folder.join(FILE), LONGEST)
            .ok()
            .flatten()
            .and_then(|bytes| toml::from_slice(&bytes).ok())
            .unwrap_or_default();
        let sane = |v: f32, min: f32| if v.is_finite() { v.clamp(min, 16_384.0) } else { 1024.0 };
        this.width = sane(this.width, super::SMALLEST.x);
        this.height = sane(this.height, super::SMALLEST.y);
        this.zoom = if this.zoom.is_finite() { this.zoom.clamp(0.2, 5.0) } else { 1.0 };
        this.left_at.retain(|left| left.position.is_sane());
        this.left_at.truncate(MOST_PLACES);
        this.position = this.position.filter(|(x, y)| x.is_finite() && y.is_finite());
        this
    }

    /// Writes the file whole: aside first, then over the old one.
    fn save(&self, folder: &Path) -> std::io::Result<()> {
        let text = toml::to_string(self).map_err(std::io::Error::other)?;
        private_dir(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(folder.join(FILE))?;
        Ok(())
    }

    /// As [`Self::save`], on a thread of its own; the handle lets an ending program wait.
    pub(crate) fn save_aside(&self, folder: PathBuf) -> Option<std::thread::JoinHandle<()>> {
        let this = self.clone();
        let write = move || {
            if let Err(error) = this.save(&folder) {
                tracing::warn!(%error, "the window's place could not be kept");
            }
        };
        std::thread::Builder::new().name("remember".to_owned()).spawn(write).ok()
    }

    /// Notes where the window is and how large, in the system's points: those of the interface
    /// are larger by `zoom`.
    pub(crate) fn set_window(&mut self, window: &egui::ViewportInfo, zoom: f32) {
        self.maximised = window.maximized.unwrap_or(false);
        if self.maximised || window.fullscreen.unwrap_or(false) {
            return;
        }
        if let Some(rect) = window.inner_rect {
            (self.width, self.height) = (rect.width() * zoom, rect.height() * zoom);
        }
        if let Some(rect) = window.outer_rect {
            self.position = Some((rect.min.x * zoom, rect.min.y * zoom));
        }
    }

    pub(crate) fn place(&self) -> Place {
        match (self.uploads, self.album) {
            (true, _) => Place::Uploads,
            (false, Some(album)) => Place::Album(AlbumId(album)),
            (false, None) => Place::AllPhotos,
        }
    }

    pub(crate) fn set_place(&mut self, place: Place) {
        self.uploads = place == Place::Uploads;
        self.album = match place {
            Place::Album(album) => Some(album.0),
            Place::AllPhotos | Place::Uploads => None,
        };
    }

    /// Notes where one is in a place; `None`: at its top.
    pub(crate) fn set_position(&mut self, scope: Scope, position: Option<Position>) {
        let album = album_of(scope);
        let known = self.left_at.iter().position(|left| left.album == album);
        match (known, position) {
            // Most of the time nothing has changed.
            (Some(0), Some(position)) => self.left_at[0].position = position,
            (known, position) => {
                if let Some(at) = known {
                    self.left_at.remove(at);
                }
                if let Some(position) = position {
                    self.left_at.insert(0, LeftAt { album, position });
                    self.left_at.truncate(MOST_PLACES);
                }
            }
        }
    }

    /// Where places were left.
    pub(crate) fn positions(&self) -> impl Iterator<Item = (Scope, Position)> {
        let scope = |album: Option<i64>| album.map_or(Scope::All, |id| Scope::Album(AlbumId(id)));
        self.left_at.iter().map(move |left| (scope(left.album), left.position))
    }

    /// Forgets what belongs to one account: its albums and photos.
    pub(crate) fn forget_account(&mut self) {
        self.left_at.clear();
        (self.album, self.last_album) = (None, None);
    }

    pub(crate) fn tile_size(&self) -> TileSize {
        TileSize::at(self.tile_step)
    }

    pub(crate) const fn set_tile_size(&mut self, size: TileSize) {
        self.tile_step = size.step();
    }

    pub(crate) const fn arrangement(&self) -> Arrangement {
        if self.squares { Arrangement::Squares } else { Arrangement::Justified }
    }

    pub(crate) fn set_arrangement(&mut self, arrangement: Arrangement) {
        self.squares = arrangement == Arrangement::Squares;
    }

    pub(crate) fn last_album(&self) -> Option<AlbumId> {
        self.last_album.map(AlbumId)
    }

    pub(crate) const fn set_last_album(&mut self, album: AlbumId) {
        self.last_album = Some(album.0);
    }

    /// What slide shows are like.
    pub(crate) fn slides(&self) -> SlideOptions {
        let options = SlideOptions {
            seconds: self.slide_seconds,
            shuffles: self.slide_shuffles,
            fills: self.slide_fills,
            fades: self.slide_fades,
        };
        options.sane()
    }

    pub(crate) const fn set_slides(&mut self, options: SlideOptions) {
        self.slide_seconds = options.seconds;
        self.slide_shuffles = options.shuffles;
        self.slide_fills = options.fills;
        self.slide_fades = options.fades;
    }

    /// The theme chosen in the window, else the configuration's.
    pub(crate) fn theme(&self, configured: &str) -> ThemePreference {
        match self.theme.as_deref().unwrap_or(configured) {
            "light" => ThemePreference::Light,
            "dark" => ThemePreference::Dark,
            _ => ThemePreference::System,
        }
    }

    pub(crate) fn set_theme(&mut self, theme: ThemePreference) {
        let word = match theme {
            ThemePreference::Light => "light",
            ThemePreference::Dark => "dark",
            ThemePreference::System => "system",
        };
        self.theme = Some(word.to_owned());
    }
}

const fn album_of(scope: Scope) -> Option<i64> {
    match scope {
        Scope::All => None,
        Scope::Album(album) => Some(album.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(message: i32) -> Position {
        let text = format!(
            "photo = {{ album = 7, message = {message} }}\nwall_seconds = -5\nwithin = 0.25\n\
             below_top = 310.5"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn positions_are_kept_the_latest_first() {
        let home = tempfile::tempdir().unwrap();
        let mut this = Remembered::default();
        let album = |id| Scope::Album(AlbumId(id));
        for id in 0..150 {
            this.set_position(album(id), Some(position(1)));
        }
        this.set_position(Scope::All, Some(position(2)));
        this.set_position(album(149), Some(position(3)));
        this.set_position(album(148), None);
        this.save_aside(home.path().to_owned()).unwrap().join().unwrap();
        let back = Remembered::load(home.path());
        assert_eq!(back, this);
        let positions: Vec<_> = back.positions().collect();
        assert_eq!(positions[..2], [(album(149), position(3)), (Scope::All, position(2))]);
        assert_eq!(positions.len(), MOST_PLACES - 1);
        assert!(positions.iter().all(|(scope, _)| *scope != album(148)));
    }

    #[test]
    fn what_was_saved_is_read_back() {
        let home = tempfile::tempdir().unwrap();
        let mut this = Remembered { position: Some((10.0, -20.0)), ..Default::default() };
        this.set_place(Place::Album(AlbumId(77)));
        this.set_tile_size(TileSize::Xl);
        this.set_arrangement(Arrangement::Squares);
        this.set_theme(ThemePreference::Light);
        let slides = SlideOptions { seconds: 12, shuffles: true, fills: true, fades: false };
        this.set_slides(slides);
        this.save_aside(home.path().join("config")).unwrap().join().unwrap();
        let back = Remembered::load(&home.path().join("config"));
        assert_eq!(back, this);
        assert_eq!(back.place(), Place::Album(AlbumId(77)));
        assert_eq!(back.arrangement(), Arrangement::Squares);
        assert_eq!(back.theme("dark"), ThemePreference::Light);
        assert_eq!(back.slides(), slides);
    }

    #[test]
    fn nonsense_means_defaults() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Remembered::load(home.path()), Remembered::default());
        std::fs::write(home.path().join(FILE), "width = nan\nposition = [inf, 0.0]").unwrap();
        let back = Remembered::load(home.path());
        assert!(back.width >= 640.0);
        assert_eq!(back.position, None);
    }
}
