//! Inter, one variable font for every weight, and an emoji font for systems that have none.
//!
//! Characters that Inter lacks come from the system's fonts through egui's font provider, which
//! the window installs; here nothing is read from disk. The emoji font is asked after those, so
//! that emoji have their colours where the system knows them.

use std::sync::Arc;

use egui::epaint::text::{
    FallbackRequest, FontInsert, FontPriority, FontProvider, InsertFontFamily,
};
use egui::{FontData, FontDefinitions, FontFamily};
use epaint_default_fonts::NOTO_EMOJI_REGULAR;

const INTER: &[u8] = include_bytes!("../../assets/fonts/InterVariable.ttf");

/// Makes Inter the font of everything.
pub(crate) fn install(ctx: &egui::Context) {
    let mut definitions = FontDefinitions::empty();
    definitions.font_data.insert("Inter".to_owned(), Arc::new(FontData::from_static(INTER)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        definitions.families.insert(family, vec!["Inter".to_owned()]);
    }
    ctx.set_fonts(definitions);
    ctx.add_font_provider(Arc::new(Emoji));
}

/// Has the symbols that no other font has.
struct Emoji;

impl FontProvider for Emoji {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let symbol = request.cluster.chars().next()?;
        is_symbol(symbol).then(|| FontInsert {
            name: "Noto Emoji".to_owned(),
            data: FontData::from_static(NOTO_EMOJI_REGULAR),
            families: vec![InsertFontFamily {
                family: request.family.clone(),
                priority: FontPriority::Lowest,
            }],
        })
    }
}

/// Whether the emoji font may have it: it is not asked for letters.
const fn is_symbol(c: char) -> bool {
    matches!(c, '\u{200D}'..='\u{3299}' | '\u{FE0E}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_painted_without_any_font_of_the_system() {
        let ctx = egui::Context::default();
        install(&ctx);
        let font = egui::FontId::proportional(14.0);
        let mut has = Vec::new();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            has = ["🌊", "🚐", "🌸", "❤", "☀", "日"]
                .map(|symbol| ui.fonts_mut(|fonts| fonts.has_glyphs(&font, symbol)))
                .to_vec();
        });
        output.textures_delta.clear();
        // Letters come from the system's fonts, of which a bare context has none.
        assert_eq!(has, [true, true, true, true, true, false]);
    }
}
