//! Originals on their way to a window, from a data centre in this process: shown as they come,
//! through a lost line, the one that is looked at first.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/world.rs"]
mod world;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use heliogram::engine::{Engine, Event, Picture, Want, WantList};
use heliogram::model::{AlbumId, Bitmap, Library, PhotoId, PixelSize, Rendition};
use heliogram::sandbox::{Conditions, Faults, Sandbox, SandboxOptions};
use world::World;

const SIZE: PixelSize = PixelSize::new(1600, 1200);
const FIT: PixelSize = PixelSize::new(800, 800);

/// Stripes and noise: more than any thumbnail can hold.
fn picture(seed: u32) -> Bitmap {
    let mut state = seed * 2 + 1;
    let mut rgba = Vec::with_capacity(usize::try_from(SIZE.pixels() * 4).unwrap());
    for y in 0..SIZE.height {
        for x in 0..SIZE.width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = state.to_le_bytes()[3] / 8;
            let stripe = |v: u32| u8::try_from((v * v / 900 + seed * 31) % 200).unwrap() + grain;
            rgba.extend_from_slice(&[stripe(x), stripe(y), stripe(x + y) / 2 + grain, 255]);
        }
    }
    Bitmap::new(SIZE, rgba).unwrap()
}

fn progressive(bitmap: &Bitmap) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 94);
    encoder.set_progressive(true);
    let side = |v| u16::try_from(v).unwrap();
    let (width, height) = (side(SIZE.width), side(SIZE.height));
    encoder.encode(bitmap.rgba(), width, height, jpeg_encoder::ColorType::Rgba).unwrap();
    bytes
}

/// A window on a home that has nothing yet of an album with photos.
struct Window {
    engine: Engine,
    library: Library,
    in_step: bool,
    /// What was told of wishes, in its order.
    told: Vec<Picture>,
}

impl Window {
    fn open(world: &World, home: &str) -> Self {
        let mut config = (*world.config(home)).clone();
        config.settings.dates.read_heads = false;
        let engine = Engine::start(config.into(), std::sync::Arc::new(|| {})).unwrap();
        Self { engine, library: Library::new(), in_step: false, told: Vec::new() }
    }

    #[track_caller]
    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        while !done(self) {
            assert!(begun.elapsed() < Duration::from_mins(1), "never {what}: {:?}", self.said());
            match self.engine.poll() {
                Some(Event::Changed(news)) => self.library = news.library,
                Some(Event::Sync(progress)) => self.in_step = progress.is_none(),
                Some(Event::Picture(picture)) => self.told.push(picture),
                Some(_) => {}
                None => std::thread::park_timeout(Duration::from_millis(2)),
            }
        }
    }

    /// The last things that were told, in short.
    fn said(&self) -> Vec<String> {
        let short =
            |p: &Picture| format!("{} {:?} {:?} {:?}", p.photo, p.content, p.partial, p.progress);
        self.told.iter().rev().take(4).map(short).collect()
    }

    fn photos(&self, album: AlbumId) -> Vec<PhotoId> {
        self.library.album(album).unwrap().photos().map(|photo| photo.id()).collect()
    }

    fn want(&self, photos: &[PhotoId], rendition: Rendition) {
        let fit = if rendition == Rendition::Thumbnail { PixelSize::new(320, 320) } else { FIT };
        let want = |photo: &PhotoId| Want { photo: *photo, rendition, fit };
        self.engine.want(WantList { wants: photos.iter().map(want).collect() });
    }

    fn is_here(&self, photo: PhotoId, rendition: Rendition) -> bool {
        let is_it = |p: &Picture| p.photo == photo && p.rendition == rendition;
        self.told.iter().any(|p| is_it(p) && p.progress.is_none())
    }
}

/// Ends the data centre.
fn stop(world: &mut World) {
    if let Some(sandbox) = world.sandbox.take() {
        world.runtime.block_on(sandbox.stop());
    }
}

/// Begins it anew where it was.
fn start(world: &mut World, listen: SocketAddr, line_rate: Option<u64>) {
    let options = SandboxOptions {
        listen,
        data: world.folder.path().join("sandbox"),
        ready_file: None,
        painted: None,
        accounts: Vec::new(),
        conditions: Conditions { line_rate, ..Conditions::default() },
        faults: Faults::default(),
        fault_seed: 7,
    };
    let begun = Instant::now();
    while world.sandbox.is_none() {
        // The system may hold the port for a moment.
        assert!(begun.elapsed() < Duration::from_mins(1), "the port is never free");
        world.sandbox = world.runtime.block_on(Sandbox::start(options.clone())).ok();
    }
}

/// A world with an album of progressive JPEGs, whose line takes a while from now on.
fn world(count: u32, line_rate: u64) -> (World, AlbumId) {
    let mut world = World::new(&[]);
    let folder = world.folder.path().join("pictures");
    std::fs::create_dir(&folder).unwrap();
    for n in 0..count {
        std::fs::write(folder.join(format!("{n}.jpg")), progressive(&picture(n))).unwrap();
    }
    let home = world.signed_in("first", 0);
    let album = home.create_album("Tour").unwrap().id;
    let summary = world::upload(&home, album, &[folder]).unwrap();
    assert_eq!(summary.verified, usize::try_from(count).unwrap());
    drop(home);
    drop(world.signed_in("second", 0));
    let listen = world.sandbox().ready().address.parse().unwrap();
    stop(&mut world);
    start(&mut world, listen, Some(line_rate));
    (world, album)
}

fn bytes_asked(world: &World) -> u64 {
    world.sandbox().calls().get("upload.getFile").copied().unwrap_or(0)
}

/// Mean difference of the channels, the second picture stretched to the size of the first.
fn difference(to: &Bitmap, other: &Bitmap) -> f64 {
    let (size, own) = (to.size(), other.size());
    let (mut sum, mut count) = (0.0, 0.0);
    for y in 0..size.height {
        for x in 0..size.width {
            let there = y * own.height / size.height * own.width + x * own.width / size.width;
            let pixel = |of: &Bitmap, at: u32| {
                let start = usize::try_from(at * 4).unwrap();
                [of.rgba()[start], of.rgba()[start + 1], of.rgba()[start + 2]]
            };
            let pairs = pixel(to, y * size.width + x).into_iter().zip(pixel(other, there));
            sum += pairs.map(|(a, b)| f64::from(a.abs_diff(b))).sum::<f64>();
            count += 3.0;
        }
    }
    sum / count
}

#[test]
fn an_original_is_shown_as_it_comes_through_a_lost_line_and_is_here_afterwards() {
    // So slow that there is time for all of this, however slow the computer is.
    let (mut world, album) = world(1, 50_000);
    let mut window = Window::open(&world, "second");
    window.until("in step", |w| w.in_step && w.library.photo_count() == 1);
    let photo = window.photos(album)[0];
    let bytes = window.library.photo(photo).unwrap().bytes();
    assert!(bytes > 1_000_000, "{bytes} bytes come too soon");
    window.want(&[photo], Rendition::Thumbnail);
    window.until("a thumbnail", |w| w.is_here(photo, Rendition::Thumbnail));
    window.want(&[photo], Rendition::Screen);
    window.until("shown in part", |w| w.told.last().is_some_and(|p| p.partial));
    let listen = world.sandbox().ready().address.parse().unwrap();
    stop(&mut world);
    window.until("told why nothing comes", |w| w.told.last().is_some_and(|p| p.trouble.is_some()));
    assert!(window.told.last().unwrap().partial, "{:?}", window.said());
    start(&mut world, listen, None);
    window.until("whole", |w| w.is_here(photo, Rendition::Screen));

    let pictures: Vec<&Picture> =
        window.told.iter().filter(|p| p.rendition == Rendition::Screen).collect();
    let content = |p: &Picture| p.content.clone().expect("never an error in between");
    let (first, last) = (content(pictures[0]), content(pictures[pictures.len() - 1]));
    let part = pictures.iter().rfind(|p| p.partial).map(|p| content(p)).unwrap();
    assert_eq!(last.size(), SIZE.fit(FIT));
    assert_eq!(part.size(), last.size(), "in the photo's own pixels");
    let (blurred, sharper) = (difference(&last, &first), difference(&last, &part));
    assert!(sharper < blurred * 0.7, "{sharper} after {blurred}");

    // The same photo in another rendition is no other download.
    let before = bytes_asked(&world);
    window.want(&[photo], Rendition::Original);
    window.until("every pixel", |w| w.is_here(photo, Rendition::Original));
    assert_eq!(bytes_asked(&world), before);
    assert_eq!(content(window.told.last().unwrap()).size(), SIZE);
    stop(&mut world);
    window.told.clear();
    window.want(&[], Rendition::Screen);
    window.want(&[photo], Rendition::Screen);
    window.until("here without a line", |w| w.is_here(photo, Rendition::Screen));
}

#[test]
fn the_photo_that_is_looked_at_comes_first() {
    let (mut world, album) = world(4, 400_000);
    let mut window = Window::open(&world, "second");
    window.until("in step", |w| w.in_step && w.library.photo_count() == 4);
    let photos = window.photos(album);
    let [a, b, c, d] = photos[..] else { panic!("four photos") };
    // Nothing can be here too soon while there is no line.
    let listen = world.sandbox().ready().address.parse().unwrap();
    stop(&mut world);
    window.want(&[a, b, c], Rendition::Screen);
    window.until("begun", |w| w.told.iter().any(|p| p.photo == a));
    // Gone on before it is here.
    window.want(&[d, c, b], Rendition::Screen);
    window.until("the other begun", |w| w.told.iter().any(|p| p.photo == d));
    start(&mut world, listen, Some(400_000));
    window.until("all", |w| [b, c, d].iter().all(|photo| w.is_here(*photo, Rendition::Screen)));
    let place = |photo: PhotoId| {
        window.told.iter().position(|p| p.photo == photo && p.progress.is_none()).unwrap()
    };
    assert!(place(d) < place(b), "{:?}", window.said());
    assert!(window.told.iter().all(|p| p.content.is_ok()));
}
