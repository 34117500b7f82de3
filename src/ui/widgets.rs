//! The controls, painted by ourselves after the tokens. They are placed by rectangle: the screens
//! know the measures, a control knows its states and its name for screen readers.

mod button;
mod field;
mod row;
mod slider;
mod surface;
mod switch;

pub(crate) use button::{
    Face, IconFace, button, button_width, icon_button, icon_button_as, link, link_of,
};
pub(crate) use field::{FieldOptions, field};
pub(crate) use row::{MENU_WIDTH, MenuRow, Row, command, menu_row, row_feedback};
pub(crate) use slider::steps;
pub(crate) use surface::{
    card, focus_ring, hairline, progress, raised, says, scrim_down, sparkline, spinner,
};
pub(crate) use switch::{radio, switch};
