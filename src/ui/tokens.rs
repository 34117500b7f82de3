//! The design tokens: colours, measures and times as constants, and egui's own style set from them.
//!
//! Not here: anything that paints. Window thread only, and cheap enough for every frame.

use egui::{Color32, CornerRadius, Stroke, Theme};

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

const fn rgba(hex: u32) -> Color32 {
    let [r, g, b, a] = hex.to_be_bytes();
    Color32::from_rgba_unmultiplied_const(r, g, b, a)
}

/// Every colour of one theme. Names say what a colour is for, not what it looks like.
#[derive(Debug)]
pub(crate) struct Palette {
    pub(crate) canvas: Color32,
    pub(crate) surface: Color32,
    pub(crate) raised: Color32,
    pub(crate) field: Color32,
    pub(crate) tile: Color32,
    pub(crate) text: Color32,
    pub(crate) text_2: Color32,
    pub(crate) text_3: Color32,
    pub(crate) text_off: Color32,
    pub(crate) line: Color32,
    pub(crate) line_2: Color32,
    pub(crate) control: Color32,
    pub(crate) hover: Color32,
    pub(crate) pressed: Color32,
    pub(crate) active: Color32,
    pub(crate) track: Color32,
    pub(crate) accent: Color32,
    pub(crate) accent_hover: Color32,
    pub(crate) accent_pressed: Color32,
    pub(crate) on_accent: Color32,
    pub(crate) accent_line: Color32,
    pub(crate) accent_text: Color32,
    pub(crate) selection: Color32,
    pub(crate) danger: Color32,
    pub(crate) danger_fill: Color32,
    pub(crate) warning: Color32,
    pub(crate) success: Color32,
    /// A main button that cannot be pressed.
    pub(crate) disabled_fill: Color32,
    /// The two layers of the shadow under `raised`: wide, then close.
    pub(crate) shadows: [Color32; 2],
}

/// The dark theme.
pub(crate) static DARK: Palette = Palette {
    canvas: rgb(0x0E_0F11),
    surface: rgb(0x14_1519),
    raised: rgb(0x1E_2025),
    field: rgb(0x1B_1D22),
    tile: rgb(0x1A_1C20),
    text: rgb(0xEC_EDEF),
    text_2: rgb(0xAE_B3BC),
    text_3: rgb(0x8D_939E),
    text_off: rgb(0x5A_5F69),
    line: rgba(0xFFFF_FF12),
    line_2: rgb(0x2C_2F36),
    control: rgb(0x6A_707C),
    hover: rgba(0xFFFF_FF0F),
    pressed: rgba(0xFFFF_FF1C),
    active: rgba(0xFFFF_FF17),
    track: rgba(0xFFFF_FF21),
    accent: rgb(0xF6_B73C),
    accent_hover: rgb(0xFF_C862),
    accent_pressed: rgb(0xDC_A02B),
    on_accent: rgb(0x1D_1503),
    accent_line: rgb(0xF6_B73C),
    accent_text: rgb(0xF6_B73C),
    selection: rgb(0x4A_3A17),
    danger: rgb(0xFF_6B6B),
    danger_fill: rgb(0xD6_3C42),
    warning: rgb(0xF2_954F),
    success: rgb(0x5C_C98B),
    disabled_fill: rgb(0x26_282D),
    shadows: [rgba(0x0000_0073), rgba(0x0000_0066)],
};

/// The light theme.
pub(crate) static LIGHT: Palette = Palette {
    canvas: rgb(0xFF_FFFF),
    surface: rgb(0xF5_F5F6),
    raised: rgb(0xFF_FFFF),
    field: rgb(0xEE_EFF1),
    tile: rgb(0xE9_EAEC),
    text: rgb(0x17_181B),
    text_2: rgb(0x53_5862),
    text_3: rgb(0x5F_656F),
    text_off: rgb(0xA9_ADB5),
    line: rgba(0x0000_0012),
    line_2: rgb(0xDA_DCE0),
    control: rgb(0x7F_848E),
    hover: rgba(0x0000_000B),
    pressed: rgba(0x0000_0017),
    active: rgba(0x0000_0012),
    track: rgba(0x0000_001F),
    accent: rgb(0xF0_AE2C),
    accent_hover: rgb(0xF7_BE4B),
    accent_pressed: rgb(0xD2_931B),
    on_accent: rgb(0x1D_1503),
    accent_line: rgb(0xB0_7400),
    accent_text: rgb(0x83_5300),
    selection: rgb(0xFB_E9C2),
    danger: rgb(0xC4_303A),
    danger_fill: rgb(0xC4_303A),
    warning: rgb(0xA2_500B),
    success: rgb(0x1A_7748),
    disabled_fill: rgb(0xE3_E4E7),
    shadows: [rgba(0x1416_1C24), rgba(0x1416_1C1F)],
};

/// Colours that lie on photographs; the same in both themes.
pub(crate) mod on_photo {
    use super::{Color32, rgb, rgba};

    pub(crate) const BADGE: Color32 = rgba(0x0000_0094);
    pub(crate) const PRESSED: Color32 = rgba(0xFFFF_FF14);
    /// The top scrim at its darkest.
    pub(crate) const SCRIM: Color32 = rgba(0x0000_008C);
    pub(crate) const SCRIM_HEIGHT: f32 = 56.0;
    /// A check disc that is not checked.
    pub(crate) const RING: Color32 = rgb(0xFF_FFFF);
    pub(crate) const RING_GROUND: Color32 = rgba(0x0000_0047);
    pub(crate) const FOCUS_INNER: Color32 = rgb(0x0E_0F11);
    /// Over everything while files are dragged over the window.
    pub(crate) const DROP_SCRIM: Color32 = rgba(0x0809_0AA8);
}

/// The viewer is dark whatever the theme.
pub(crate) mod viewer {
    use super::{Color32, rgb, rgba};

    pub(crate) const GROUND: Color32 = rgb(0x06_0607);
    pub(crate) const PANEL: Color32 = rgb(0x13_1417);
    pub(crate) const ROUND_BUTTON: Color32 = rgba(0x0000_0080);
    pub(crate) const TOGGLED: Color32 = rgba(0xFFFF_FF33);
    /// Top scrim: at 0, at 56, and nothing at 112.
    pub(crate) const SCRIM: [Color32; 3] =
        [rgba(0x0000_00BD), rgba(0x0000_008F), Color32::TRANSPARENT];
    pub(crate) const TEXT: Color32 = rgb(0xFF_FFFF);
    pub(crate) const TEXT_2: Color32 = rgba(0xFFFF_FFE0);
    pub(crate) const FILMSTRIP_HEIGHT: f32 = 96.0;
}

/// Lengths in points.
pub(crate) mod measure {
    /// From the window's edge to content.
    pub(crate) const EDGE: f32 = 16.0;
    pub(crate) const SIDEBAR: f32 = 240.0;
    pub(crate) const RAIL: f32 = 64.0;
    pub(crate) const TOP_BAR: f32 = 56.0;
    /// Upload strip and account foot: one height, one edge.
    pub(crate) const STRIP: f32 = 56.0;
    pub(crate) const NAV_ROW: f32 = 36.0;
    pub(crate) const ALBUM_ROW: f32 = 40.0;
    pub(crate) const DAY_HEADER: f32 = 48.0;
    pub(crate) const CONTROL: f32 = 32.0;
    pub(crate) const SIGN_IN_CONTROL: f32 = 40.0;
    pub(crate) const UPLOAD_ROW: f32 = 64.0;
    pub(crate) const SCRUBBER: f32 = 64.0;
    pub(crate) const INFO_PANEL: f32 = 320.0;
    pub(crate) const TOAST: f32 = 48.0;
    pub(crate) const SELECTION_BAR: f32 = 48.0;
    /// Below this window width the sidebar is a rail and controls fold into icons.
    pub(crate) const RAIL_BELOW: f32 = 960.0;
}

/// Radii of corners.
pub(crate) mod radius {
    pub(crate) const TILE: f32 = 4.0;
    pub(crate) const SMALL: f32 = 6.0;
    pub(crate) const CONTROL: f32 = 8.0;
    pub(crate) const CARD: f32 = 12.0;
    pub(crate) const DIALOG: f32 = 16.0;
}

/// Seconds.
pub(crate) mod motion {
    pub(crate) const HOVER: f32 = 0.08;
    pub(crate) const CROSS_FADE: f32 = 0.12;
    pub(crate) const SELECTION: f32 = 0.1;
    pub(crate) const BAR_IN: f32 = 0.14;
    pub(crate) const BAR_OUT: f32 = 0.1;
    pub(crate) const VIEWER: f32 = 0.15;
    /// Bubble with the date: after the last scroll.
    pub(crate) const BUBBLE_OUT: f32 = 0.6;
    pub(crate) const TOAST_STAYS: f64 = 6.0;
    /// A still pointer is told more.
    pub(crate) const TOOLTIP_AFTER: f32 = 0.6;
    pub(crate) const SPINNER_AFTER: f64 = 0.2;
}

/// The palette of the theme that is in force.
pub(crate) fn palette(ctx: &egui::Context) -> &'static Palette {
    match ctx.theme() {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

/// A token's duration, or 0 where less motion is asked for.
pub(crate) fn seconds(ctx: &egui::Context, token: f32) -> f32 {
    if ctx.global_style().animation_time == 0.0 { 0.0 } else { token }
}

/// Ease-out cubic, for movement.
pub(crate) fn ease_out(t: f32) -> f32 {
    1.0 - (1.0 - t.clamp(0.0, 1.0)).powi(3)
}

/// Sets egui's style of both themes, so that its own widgets (text editing, popups) fit in.
pub(crate) fn install(ctx: &egui::Context, reduce_motion: bool) {
    for (theme, palette) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| {
            set_style(style, theme, palette);
        });
    }
    set_motion(ctx, reduce_motion);
}

/// Whether anything moves or fades.
pub(crate) fn set_motion(ctx: &egui::Context, reduce: bool) {
    for theme in [Theme::Dark, Theme::Light] {
        let time = if reduce { 0.0 } else { motion::HOVER };
        ctx.style_mut_of(theme, |style| style.animation_time = time);
    }
}

fn set_style(style: &mut egui::Style, theme: Theme, palette: &Palette) {
    let mut visuals =
        if theme == Theme::Dark { egui::Visuals::dark() } else { egui::Visuals::light() };
    // Coverage as it is: the weights of the design, and emoji in colour.
    visuals.text_options.color_transfer_function = egui::epaint::FontColorTransferFunction::Off;
    visuals.text_options.font_hinting = false;
    visuals.panel_fill = palette.canvas;
    visuals.window_fill = palette.raised;
    visuals.window_stroke = Stroke::NONE;
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(12);
    visuals.window_shadow = egui::Shadow {
        offset: [0, 8],
        blur: 24,
        spread: 0,
        color: palette.shadows.first().copied().unwrap_or_default(),
    };
    visuals.popup_shadow = visuals.window_shadow;
    visuals.extreme_bg_color = palette.field;
    visuals.override_text_color = None;
    visuals.hyperlink_color = palette.accent_text;
    visuals.error_fg_color = palette.danger;
    visuals.warn_fg_color = palette.warning;
    visuals.weak_text_color = Some(palette.text_3);
    visuals.selection.bg_fill = palette.accent_line.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, palette.text);
    visuals.text_cursor.stroke = Stroke::new(1.5, palette.accent_line);
    visuals.widgets.noninteractive.fg_stroke.color = palette.text;
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line_2);
    for widget in
        [&mut visuals.widgets.inactive, &mut visuals.widgets.hovered, &mut visuals.widgets.active]
    {
        widget.fg_stroke = Stroke::new(1.5, palette.text);
        widget.corner_radius = CornerRadius::same(8);
    }
    style.visuals = visuals;
    style.spacing.item_spacing = egui::vec2(8.0, 8.0);
    style.spacing.menu_margin = egui::Margin::same(6);
    style.spacing.tooltip_width = 320.0;
    style.spacing.scroll.floating = true;
    style.spacing.scroll.bar_width = 6.0;
    style.spacing.scroll.floating_width = 4.0;
    style.spacing.scroll.foreground_color = false;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: Color32) -> f32 {
        let channel = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_every_background() {
        for palette in [&DARK, &LIGHT] {
            for ground in [palette.canvas, palette.surface, palette.raised, palette.field] {
                for text in [palette.text, palette.text_2, palette.text_3, palette.danger] {
                    assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}");
                }
                assert!(contrast(palette.accent_line, ground) >= 3.0);
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 6.8);
        }
    }
}
