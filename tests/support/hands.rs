//! What one does in a window, and sees there, whatever engine is behind it.
#![allow(dead_code, reason = "each test crate uses its own part of this")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use heliogram::ui::App;

/// A window that can be used.
pub(crate) trait Hands<'a> {
    fn harness(&self) -> &Harness<'a, App>;

    fn harness_mut(&mut self) -> &mut Harness<'a, App>;

    /// A few frames: events in, their consequences painted.
    fn settle(&mut self) {
        self.harness_mut().run_steps(5);
    }

    fn shows(&self, label: &str) -> bool {
        self.harness().query_all_by_label_contains(label).next().is_some()
    }

    #[track_caller]
    fn click(&mut self, label: &str) {
        self.harness().get_by_label(label).click();
        self.settle();
    }

    fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness_mut().key_press_modifiers(modifiers, key);
        self.settle();
    }

    #[track_caller]
    fn write(&mut self, label: &str, text: &str) {
        self.harness().get_by_label(label).focus();
        self.settle();
        self.harness().get_by_label(label).type_text(text);
        self.settle();
    }

    /// Drags files over the window and lets them go.
    fn drop_files(&mut self, paths: &[&Path]) {
        for path in paths {
            let path = Some(path.to_path_buf());
            let hovered = egui::HoveredFile { path, ..Default::default() };
            self.harness_mut().input_mut().hovered_files.push(hovered);
        }
        self.settle();
        let input = self.harness_mut().input_mut();
        input.hovered_files.clear();
        for path in paths {
            input.dropped_files.push(Arc::new(Dropped(path.to_path_buf())));
        }
        self.settle();
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.harness().state().is_sorting() {
            assert!(Instant::now() < deadline, "the files are still being looked at");
            self.settle();
        }
        self.settle();
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the window must not read files".to_owned())
    }
}
