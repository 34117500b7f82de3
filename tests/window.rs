//! The whole window over the real engine and a sandbox: from the telephone number to a photo that
//! Telegram holds, as a user would do it.
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]

#[path = "support/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use heliogram::engine::{Engine, Headless};
use heliogram::ui::{App, WindowOptions};
use world::World;

/// Signing in does a key exchange and 2048-bit powers, without optimisation here.
const LIMIT: Duration = Duration::from_mins(1);

struct Window<'a> {
    harness: Harness<'a, App>,
}

impl Window<'_> {
    fn open(world: &World, home: &str) -> Self {
        let config = world.config(home);
        let engine = Engine::start(config.clone(), Arc::new(|| {})).unwrap();
        let options = WindowOptions { reduce_motion: true, ..Default::default() };
        let harness = Harness::builder()
            .with_size(vec2(1440.0, 900.0))
            .build_eframe(move |cc| App::new(&cc.egui_ctx, Box::new(engine), &config, options));
        Self { harness }
    }

    fn shows(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    /// Frames until something with this label is there.
    #[track_caller]
    fn wait_for(&mut self, label: &str) {
        self.wait(&format!("{label:?} is not there"), |window| window.shows(label));
    }

    #[track_caller]
    fn wait(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        loop {
            self.harness.run_steps(1);
            if condition(self) {
                return;
            }
            let state = || format!("{:?}", self.harness.root());
            assert!(begun.elapsed() < LIMIT, "{what} after {LIMIT:?}: {}", state());
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    fn write(&mut self, label: &str, text: &str) {
        self.harness.get_by_label(label).focus();
        self.harness.run_steps(2);
        self.harness.get_by_label(label).type_text(text);
        self.harness.run_steps(2);
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(2);
    }

    fn drop_file(&mut self, path: &Path) {
        let path = path.to_owned();
        let hovered = egui::HoveredFile { path: Some(path.clone()), ..Default::default() };
        self.harness.input_mut().hovered_files.push(hovered);
        self.harness.run_steps(2);
        let input = self.harness.input_mut();
        input.hovered_files.clear();
        input.dropped_files.push(Arc::new(Dropped(path)));
        self.harness.run_steps(2);
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

#[test]
fn a_photo_goes_from_a_drop_to_the_viewer() {
    let world = World::new(&[]);
    let account = world.sandbox().ready().accounts[0].clone();
    let picture = world.folder.path().join("IMG_0001.JPG");
    let bytes = world::jpeg(1, 640, 480, 700_000);
    std::fs::write(&picture, &bytes).unwrap();

    let mut window = Window::open(&world, "window");
    window.wait_for("Phone number");
    window.write("Phone number", &account.phone);
    window.press(Key::Enter);
    window.wait_for("Code");
    window.write("Code", "00000");
    window.wait_for("The code was not accepted.");
    window.write("Code", &account.code);
    if let Some(password) = &account.password {
        window.wait_for("Password");
        window.write("Password", password);
        window.press(Key::Enter);
    }
    window.wait_for("Begin with an album");

    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::N);
    window.harness.run_steps(2);
    window.write("Album title", "Garden");
    window.press(Key::Enter);
    window.wait_for("Add a folder");

    window.drop_file(&picture);
    // As a file first; on a quick machine it is a photo before there is another frame.
    window.wait("what was dropped is not shown", |window| {
        window.shows("File IMG_0001.JPG") || window.shows("Photo IMG_0001.JPG")
    });
    window.wait_for("Photo IMG_0001.JPG");
    window.wait("the file is still shown beside its photo", |window| {
        !window.shows("File IMG_0001.JPG")
    });

    window.harness.get_by_label_contains("Photo IMG_0001.JPG").click();
    window.wait_for("Save the original");
    window.press(Key::Escape);
    window.wait("the viewer is still open", |window| !window.shows("Save the original"));
    drop(window);

    // What the window said it sent is what Telegram holds.
    let other: Headless = world.signed_in("other", 0);
    other.sync().unwrap();
    let album = other
        .albums()
        .unwrap()
        .into_iter()
        .map(|row| row.album)
        .find(|album| album.title == "Garden")
        .unwrap();
    let files = world::download(&other, &album, &world.folder.path().join("saved"));
    world::assert_same_files(&files, &[("IMG_0001.JPG".to_owned(), bytes)].into());
}
