//! The viewer through the whole window, frame by frame, in front of an engine that the test plays.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use egui::{Context, Event as Input, Key, Modifiers, Pos2, RawInput, Shape, Theme, vec2};

use super::*;
use crate::config::{Config, Places, Server, Settings};
use crate::engine::{
    AccountState, ConnectionState, Event, FrameSender, News, Picture, Request, Want, WantList,
};
use crate::model::{
    Album, AlbumId, Bitmap, Change, MediaKind, MessageId, Photo, PixelSize, RemoteFile, RemoteKind,
    Touched,
};
use crate::ui::app::Standing;
use crate::ui::tokens::{DARK, LIGHT};
use crate::ui::{App, Backend, WindowOptions};

/// What passes between the window and its engine.
#[derive(Default)]
struct Desk {
    events: VecDeque<Event>,
    wants: WantList,
    animate: Vec<PhotoId>,
    given: HashSet<Want>,
    /// Whether wishes for the screen's size are answered.
    screens: bool,
}

#[derive(Clone, Default)]
struct Played(Rc<RefCell<Desk>>);

impl Backend for Played {
    fn poll(&mut self) -> Option<Event> {
        self.0.borrow_mut().events.pop_front()
    }

    fn request(&mut self, request: Request) {
        if let Request::Animate { photo, .. } = request {
            self.0.borrow_mut().animate.push(photo);
        }
    }

    fn want(&mut self, wants: WantList) {
        let mut desk = self.0.borrow_mut();
        for want in &wants.wants {
            let answers = match want.rendition {
                Rendition::Thumbnail => true,
                Rendition::Screen => desk.screens,
                Rendition::Preview | Rendition::Original => false,
            };
            if answers && desk.given.insert(*want) {
                let side = |side: u32| (side / 40).max(1);
                let size = PixelSize::new(side(want.fit.width), side(want.fit.height));
                let bytes = usize::try_from(size.pixels() * 4).unwrap();
                let bitmap = Arc::new(Bitmap::new(size, vec![200; bytes]).unwrap());
                let picture = Picture::new(want.photo, want.rendition, Ok(bitmap));
                desk.events.push_back(Event::Picture(picture));
            }
        }
        desk.wants = wants;
    }
}

fn photo(n: i32, mime: &str) -> Photo {
    Photo {
        id: id(n),
        name: format!("{n}.jpg"),
        bytes: 1_000_000,
        size: PixelSize::new(6000, 4000),
        kind: MediaKind::Image,
        mime: mime.to_owned(),
        caption: String::new(),
        sent: 1_700_000_000 + i64::from(n) * 9000,
        taken: None,
        head_read: false,
        blur: None,
        group: None,
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: i64::from(n),
            access_hash: 1,
            reference: Vec::new(),
            dc: 2,
            thumbs: Vec::new(),
            stripped: None,
        },
    }
}

fn id(n: i32) -> PhotoId {
    PhotoId { album: AlbumId(1), message: MessageId(n) }
}

struct Window {
    ctx: Context,
    app: App,
    desk: Played,
    frame: eframe::Frame,
    time: f64,
    standing: Option<Standing>,
    keys: Vec<(Key, bool)>,
    /// What the last frame painted.
    shapes: Vec<Shape>,
    _home: tempfile::TempDir,
}

impl Window {
    /// The newest of so many photos, which is number `photos` at place 0, in the viewer.
    fn open(photos: i32, mime: &str, screens: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let here = home.path().to_path_buf();
        let config = Arc::new(Config {
            places: Places {
                config: here.clone(),
                data: here.clone(),
                cache: here.clone(),
                logs: here,
            },
            server: Server::Telegram,
            api: None,
            settings: Settings::default(),
        });
        let desk = Played::default();
        let mut library = Library::new();
        let album = Album { id: AlbumId(1), access_hash: 1, title: "One".to_owned(), created: 1 };
        library.apply(&Change::Album(album));
        for n in 1..=photos {
            library.apply(&Change::Photo(Box::new(photo(n, mime))));
        }
        let name = "Ingrid Holm".to_owned();
        desk.0.borrow_mut().screens = screens;
        desk.0.borrow_mut().events.extend([
            Event::Account(AccountState::SignedIn { name, phone_masked: String::new() }),
            Event::Connection(ConnectionState::Online),
            Event::Changed(News { library, touched: Touched::Everything }),
        ]);
        let ctx = Context::default();
        let options = WindowOptions { reduce_motion: true, ..WindowOptions::default() };
        let app = App::new(&ctx, Box::new(desk.clone()), &config, options);
        let frame = eframe::Frame::_new_kittest();
        let (standing, keys, shapes) = (None, Vec::new(), Vec::new());
        let time = 0.0;
        let mut window = Self { ctx, app, desk, frame, time, standing, keys, shapes, _home: home };
        window.until("the grid is there", |at| !at.in_view.is_empty());
        window.stroke(Key::Home);
        window.stroke(Key::Enter);
        window.until("the viewer is open", |at| at.viewed.is_some());
        window
    }

    /// One frame of a display that makes sixty a second.
    fn frame(&mut self) -> Standing {
        use eframe::App as _;
        self.time += 1.0 / 60.0;
        let event = |(key, pressed)| Input::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::NONE,
        };
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0))),
            time: Some(self.time),
            events: self.keys.drain(..).map(event).collect(),
            ..RawInput::default()
        };
        let output = self.ctx.run_ui(input, |ui| {
            self.app.logic(ui.ctx(), &mut self.frame);
            self.app.ui(ui, &mut self.frame);
            self.standing = Some(self.app.standing(ui));
        });
        self.shapes = output.shapes.iter().map(|clipped| clipped.shape.clone()).collect();
        output.drop_without_applying_deltas();
        self.standing.clone().unwrap()
    }

    fn stroke(&mut self, key: Key) -> Standing {
        self.keys.extend([(key, true), (key, false)]);
        self.frame()
    }

    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&Standing) -> bool) -> Standing {
        for _ in 0..600 {
            let standing = self.frame();
            if done(&standing) {
                return standing;
            }
        }
        panic!("never: {what}; {:?}", self.standing);
    }

    /// What is wanted in this rendition, most wanted first.
    fn wanted(&self, rendition: Rendition) -> Vec<i32> {
        let desk = self.desk.0.borrow();
        let wants = desk.wants.wants.iter().filter(|want| want.rendition == rendition);
        wants.map(|want| want.photo.message.0).collect()
    }
}

#[test]
fn the_frame_that_hears_of_an_arrow_paints_the_next_photo_sharp() {
    let mut window = Window::open(40, "image/jpeg", true);
    window.until("all is there", |at| at.quality == Quality::Sharp && at.is_served);
    for (key, place) in
        [(Key::ArrowRight, 1), (Key::ArrowRight, 2), (Key::ArrowLeft, 1), (Key::ArrowRight, 2)]
    {
        let at = window.stroke(key);
        assert_eq!((at.viewed, at.quality), (Some(place), Quality::Sharp), "{key:?}");
        window.until("the neighbours are there", |at| at.is_served);
    }
    assert_eq!(window.stroke(Key::End).viewed, Some(39));
    assert_eq!(window.stroke(Key::ArrowRight).viewed, Some(39), "there is no other");
    assert_eq!(window.stroke(Key::Home).viewed, Some(0));
}

#[test]
fn neighbours_are_wished_for_more_of_them_along_the_way() {
    let mut window = Window::open(40, "image/jpeg", false);
    window.stroke(Key::ArrowRight);
    window.stroke(Key::ArrowRight);
    window.frame();
    // Photo 40 is at place 0.
    assert_eq!(window.wanted(Rendition::Screen), [38, 37, 39, 36, 40, 35]);
    window.stroke(Key::ArrowLeft);
    window.frame();
    assert_eq!(window.wanted(Rendition::Screen), [39, 40, 38, 37]);
    assert_eq!(window.wanted(Rendition::Original), [] as [i32; 0]);
    window.stroke(Key::Z);
    window.frame();
    assert_eq!(window.wanted(Rendition::Original), [39], "at 100 % its own pixels are needed");
    window.stroke(Key::Num0);
    window.frame();
    assert_eq!(window.wanted(Rendition::Original), [] as [i32; 0]);
}

#[test]
fn a_held_arrow_shows_a_photo_a_frame_each_with_its_thumbnail() {
    let mut window = Window::open(600, "image/jpeg", false);
    window.until("thumbnails ahead are there", |at| at.quality == Quality::Thumbnail);
    for _ in 0..30 {
        window.frame();
    }
    window.keys.push((Key::ArrowRight, true));
    assert_eq!(window.frame().viewed, Some(1), "the stroke itself is answered at once");
    let mut seen = HashSet::new();
    for _ in 0..75 {
        let at = window.frame();
        seen.insert(at.viewed);
        assert_eq!(at.quality, Quality::Thumbnail, "{:?}", at.viewed);
        if seen.len() > 2 {
            assert_eq!(window.wanted(Rendition::Screen), [] as [i32; 0]);
        }
    }
    // A quarter of a second before it goes fast, then sixty a second.
    assert!((59..=62).contains(&seen.len()), "{}", seen.len());
    window.desk.0.borrow_mut().screens = true;
    window.keys.push((Key::ArrowRight, false));
    let rests = window.frame();
    assert!(window.frame().viewed == rests.viewed);
    let sharp = window.until("it is sharp", |at| at.quality == Quality::Sharp);
    assert_eq!(sharp.viewed, rests.viewed);
    assert!(window.time < 100.0);
}

#[test]
fn a_slide_show_waits_for_the_next_picture_and_for_whoever_pauses_it() {
    let mut window = Window::open(10, "image/jpeg", true);
    window.until("it is sharp", |at| at.quality == Quality::Sharp);
    window.stroke(Key::F5);
    let second = window.until("the next photo", |at| at.viewed == Some(1));
    assert_eq!(second.quality, Quality::Sharp, "never a placeholder");
    window.stroke(Key::Space);
    for _ in 0..600 {
        assert_eq!(window.frame().viewed, Some(1), "it is paused");
    }
    window.stroke(Key::Space);
    window.until("it goes on", |at| at.viewed == Some(2));
    window.stroke(Key::Escape);
    for _ in 0..600 {
        assert_eq!(window.frame().viewed, Some(2), "it is over, and the viewer is still there");
    }
    // Pictures that do not come.
    let mut window = Window::open(10, "image/jpeg", true);
    window.until("it is sharp", |at| at.quality == Quality::Sharp);
    window.stroke(Key::End);
    window.until("it is sharp", |at| at.quality == Quality::Sharp && at.is_served);
    window.desk.0.borrow_mut().screens = false;
    window.stroke(Key::F5);
    for _ in 0..900 {
        let at = window.frame();
        assert_eq!(at.quality, Quality::Sharp, "{:?}", at.viewed);
    }
}

#[test]
fn esc_goes_back_one_level_at_a_time() {
    let mut window = Window::open(10, "image/jpeg", true);
    window.stroke(Key::H);
    window.stroke(Key::F5);
    for _ in 0..2 {
        assert!(window.stroke(Key::Escape).viewed.is_some());
        assert!(window.frame().viewed.is_some());
    }
    window.stroke(Key::Escape);
    window.until("the gallery is back", |at| at.viewed.is_none());
}

#[test]
fn after_the_viewer_the_first_enter_opens_the_photo_that_was_left() {
    let mut window = Window::open(40, "image/jpeg", true);
    window.stroke(Key::ArrowRight);
    window.stroke(Key::Escape);
    window.until("the gallery is back", |at| at.viewed.is_none());
    window.stroke(Key::Enter);
    assert_eq!(window.frame().viewed, Some(1));
    window.stroke(Key::Escape);
    window.until("the gallery is back", |at| at.viewed.is_none());
    window.stroke(Key::ArrowRight);
    window.stroke(Key::Enter);
    assert_eq!(window.frame().viewed, Some(2), "an arrow goes on from it");
}

#[test]
fn the_viewer_is_dark_in_the_light_theme_too() {
    let mut window = Window::open(600, "image/jpeg", true);
    window.ctx.set_theme(Theme::Light);
    window.stroke(Key::I);
    // Nothing has come of the photos there.
    window.stroke(Key::End);
    let is_tile = |shape: &Shape, fill| matches!(shape, Shape::Rect(rect) if rect.fill == fill);
    assert!(window.shapes.iter().any(|shape| is_tile(shape, DARK.tile)));
    assert!(!window.shapes.iter().any(|shape| is_tile(shape, LIGHT.tile)));
    for label in ["Copy link", "Show in Telegram"] {
        let link = window.shapes.iter().find_map(|shape| match shape {
            Shape::Text(text) if text.galley.text() == label => Some(&text.galley.job),
            _ => None,
        });
        let colour = link.expect(label).sections[0].format.color;
        assert_eq!(colour, DARK.accent_text, "{label}");
    }
}

#[test]
fn in_a_small_window_the_panel_lies_over_the_photo_below_its_title() {
    let at = Rect::from_min_size(Pos2::ZERO, vec2(100.0, 100.0));
    let viewer = Viewer::open(id(1), at, 0.0, true, SlideOptions::default());
    let window = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 480.0));
    let small = viewer.parts(window);
    let (panel, strip) = (small.panel.unwrap(), small.strip.unwrap());
    assert_eq!((small.picture.width(), strip.width()), (640.0, 640.0));
    assert!(panel.min.y >= TOP && panel.width() >= measure::INFO_PANEL);
    assert!(window.contains_rect(panel) && panel.max.y <= strip.min.y);
    let large = viewer.parts(Rect::from_min_size(Pos2::ZERO, vec2(1440.0, 900.0)));
    assert!(!large.picture.intersects(large.panel.unwrap().shrink(1.0)));
}

#[test]
fn only_what_may_move_is_asked_for_its_frames_and_only_while_it_is_shown() {
    let mut still = Window::open(5, "image/jpeg", true);
    still.until("it is sharp", |at| at.quality == Quality::Sharp && at.is_served);
    still.frame();
    assert!(still.desk.0.borrow().animate.is_empty());
    let mut window = Window::open(5, "image/gif", true);
    window.until("it is sharp", |at| at.quality == Quality::Sharp && at.is_served);
    window.frame();
    assert_eq!(window.desk.0.borrow().animate, [id(5)]);
    let (sender, frames): (FrameSender, Frames) = Frames::channel();
    window.desk.0.borrow_mut().events.push_back(Event::Moves { photo: id(5), frames });
    window.frame();
    assert!(!sender.is_closed());
    window.stroke(Key::ArrowRight);
    window.frame();
    assert!(sender.is_closed(), "nothing is decoded for a photo that nobody sees");
    assert_eq!(window.desk.0.borrow().animate, [id(5), id(4)]);
}

#[test]
fn what_can_be_seen_through_is_seen_over_white_as_in_its_thumbnail() {
    let mut window = Window::open(1, "image/png", true);
    window.until("it is sharp", |at| at.quality == Quality::Sharp);
    let meshes: Vec<&egui::Mesh> = window
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Mesh(mesh) => Some(&**mesh),
            _ => None,
        })
        .collect();
    let corners = |mesh: &egui::Mesh| mesh.vertices.iter().map(|v| v.pos).collect::<Vec<_>>();
    let is_ground = |mesh: &&egui::Mesh| {
        let is_white = mesh.vertices.iter().all(|v| v.color == egui::Color32::WHITE);
        mesh.texture_id == egui::TextureId::default() && is_white && mesh.vertices.len() == 4
    };
    let ground = meshes.iter().position(is_ground).expect("a ground");
    let over = &meshes[ground + 1];
    assert_ne!(over.texture_id, egui::TextureId::default());
    assert_eq!(corners(over), corners(meshes[ground]), "exactly below the picture");
}
