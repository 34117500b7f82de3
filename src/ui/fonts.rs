//! Inter, one variable font for every weight, installed as the only bundled family.
//!
//! Characters that it lacks come from the system's fonts through egui's font provider, which the
//! window installs; here nothing is read from disk.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

const INTER: &[u8] = include_bytes!("../../assets/fonts/InterVariable.ttf");

/// Makes Inter the font of everything.
pub(crate) fn install(ctx: &egui::Context) {
    let mut definitions = FontDefinitions::empty();
    definitions.font_data.insert("Inter".to_owned(), Arc::new(FontData::from_static(INTER)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        definitions.families.insert(family, vec!["Inter".to_owned()]);
    }
    ctx.set_fonts(definitions);
}
