//! The grid follows its library, in frames that nobody sees.

use egui::{Context, RawInput, ThemePreference};
use jiff::tz::TimeZone;

use super::*;
use crate::engine::{AccountState, ConnectionState};
use crate::model::Change;
use crate::ui::grid::{Arrangement, TileSize};
use crate::ui::particulars::Particulars;
use crate::ui::timeline::tests::{album, photo};
use crate::ui::uploads::Uploads;
use crate::ui::view::Place;

/// A grid of all photos, and the library that it follows.
struct Page {
    ctx: Context,
    grid: Grid,
    library: Library,
}

fn shot(message: i32) -> Change {
    photo(1, message, 1_600_000_000 + i64::from(message), (3, 2))
}

fn photos(from: i32, to: i32) -> Vec<Change> {
    (from..=to).map(shot).collect()
}

impl Page {
    /// In step with so many photos.
    fn of(count: i32) -> Self {
        let mut library = Library::new();
        library.apply_all(&[vec![album(1)], photos(1, count)].concat());
        let mut page = Self { ctx: Context::default(), grid: Grid::default(), library };
        page.grid.state.shown =
            Some((Scope::All, Params { width: 1120, scale: 1.0, ..Params::default() }));
        page.at(0.0, |grid, _, view| grid.arrange_here(Scope::All, view));
        page.catch_up(0.0);
        assert_eq!(page.grid.timeline.len(), page.library.photo_count());
        page
    }

    /// A frame at this second.
    fn at(&mut self, second: f64, mut frame: impl FnMut(&mut Grid, &Context, &View<'_>)) {
        let (account, connection) = (AccountState::Starting, ConnectionState::Online);
        let (uploads, zone) = (Uploads::default(), TimeZone::UTC);
        let particulars = Particulars::default();
        let view = View {
            library: &self.library,
            uploads: &uploads,
            account: &account,
            connection: &connection,
            sync: None,
            in_step: true,
            dates_left: 0,
            place: Place::AllPhotos,
            tile_size: TileSize::default(),
            arrangement: Arrangement::default(),
            theme: ThemePreference::Dark,
            zone: &zone,
            now: 1_700_000_000,
            is_rail: false,
            drop_target: None,
            default_album: None,
            is_covered: false,
            is_choosing: false,
            particulars: &particulars,
            is_behind: false,
        };
        let input = RawInput { time: Some(second), ..RawInput::default() };
        let grid = &mut self.grid;
        let output = self.ctx.run_ui(input, |ui| frame(grid, ui.ctx(), &view));
        output.drop_without_applying_deltas();
    }

    fn catch_up(&mut self, second: f64) {
        self.at(second, |grid, ctx, view| grid.catch_up(ctx, Scope::All, view));
    }

    fn change(&mut self, changes: &[Change]) {
        let touched = self.library.apply_all(changes).touched;
        self.grid.note(&touched);
    }

    fn is_in_step(&self) -> bool {
        self.grid.timeline.revision() == self.library.revision()
    }
}

#[test]
fn places_stand_still_while_the_selection_is_at_work_on_them_but_not_for_long() {
    let mut page = Page::of(200);
    // Many more than a frame has time for.
    page.grid.hands.selection.put_all(0..4_000_000, true);
    page.change(&[shot(500)]);
    page.catch_up(1.0);
    assert!(page.grid.hands.selection.waits_for_places());
    assert!(!page.is_in_step(), "the selection knows photos by their places");
    page.catch_up(1.0 + PATIENCE);
    assert!(page.is_in_step());
    assert_eq!(page.grid.timeline.len(), 201);
    assert_eq!(page.grid.hands.selection.len(), 200, "what came meanwhile has not joined");
}

#[test]
fn many_edits_of_a_large_library_are_made_aside_and_few_at_once() {
    let mut page = Page::of(i32::try_from(AT_ONCE).unwrap() + 1);
    let few = i32::try_from(EDITS_AT_ONCE).unwrap();
    page.change(&photos(100_001, 100_000 + few));
    page.catch_up(1.0);
    assert!(page.is_in_step() && !page.grid.is_being_arranged());
    page.change(&photos(200_001, 200_001 + few));
    page.catch_up(2.0);
    assert!(page.grid.is_being_arranged() && !page.is_in_step());
    let begun = Instant::now();
    while !page.is_in_step() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it is still being arranged");
        std::thread::park_timeout(Duration::from_millis(2));
        page.catch_up(3.0);
    }
    assert_eq!(page.grid.timeline.len(), page.library.photo_count());
}
