//! The whole window over the real engine, and hands to use it with.
#![expect(clippy::unwrap_used, reason = "in a test, panicking is how one says that it failed")]

#[path = "hands.rs"]
mod hands;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Vec2;
use egui_kittest::Harness;
use heliogram::config::Config;
use heliogram::engine::Engine;
use heliogram::ui::{App, WindowOptions};

pub(crate) use hands::Hands;

/// Signing in does a key exchange and 2048-bit powers, without optimisation here.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// See the module.
pub(crate) struct Window<'a> {
    pub(crate) harness: Harness<'a, App>,
}

impl<'a> Hands<'a> for Window<'a> {
    fn harness(&self) -> &Harness<'a, App> {
        &self.harness
    }

    fn harness_mut(&mut self) -> &mut Harness<'a, App> {
        &mut self.harness
    }
}

impl Window<'_> {
    /// A window of this size over this home.
    pub(crate) fn open(config: Arc<Config>, size: Vec2, options: WindowOptions) -> Self {
        let engine = Engine::start(config.clone(), Arc::new(|| {})).unwrap();
        let options = WindowOptions { reduce_motion: true, ..options };
        let harness = Harness::builder()
            .with_size(size)
            .build_eframe(move |cc| App::new(&cc.egui_ctx, Box::new(engine), &config, options));
        Self { harness }
    }

    /// Frames until something with this label is there.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, label: &str) {
        self.wait(&format!("{label:?} is not there"), |window| window.shows(label));
    }

    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
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
}
