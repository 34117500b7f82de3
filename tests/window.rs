//! The whole window over the real engine and a sandbox: from the telephone number to a photo that
//! Telegram holds, as a user would do it.

#[path = "support/live.rs"]
mod live;
#[path = "support/world.rs"]
mod world;

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use heliogram::engine::Headless;
use heliogram::ui::WindowOptions;
use live::{Hands as _, Window};
use world::World;

#[test]
fn a_photo_goes_from_a_drop_to_the_viewer() {
    let world = World::new(&[]);
    let account = world.sandbox().ready().accounts[0].clone();
    let picture = world.folder.path().join("IMG_0001.JPG");
    let bytes = world::jpeg(1, 640, 480, 700_000);
    std::fs::write(&picture, &bytes).unwrap();

    let mut window =
        Window::open(world.config("window"), vec2(1440.0, 900.0), WindowOptions::default());
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

    window.press_with(Modifiers::COMMAND, Key::N);
    window.write("Album title", "Garden");
    window.press(Key::Enter);
    window.wait_for("Add a folder");

    window.drop_files(&[&picture]);
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
