//! Tiles for screen readers: a name, a place, whether selected. Only while one is listening.
//!
//! The grid is one widget for egui; its tiles are nodes below it that are never interacted with
//! by pointer, so that they cost nothing otherwise.

use egui::accesskit::{Action, Node, NodeId, Rect as Bounds, Role};
use egui::{Event, Id, Rect, Response, Ui, UiBuilder};

use super::{Frame, Grid, draft, tile};
use crate::ui::timeline::TileId;
use crate::ui::view::{Intent, View};
use crate::ui::words;

/// The node of a tile.
fn id_of(tile: TileId) -> Id {
    Id::unique(("tile", tile))
}

impl Grid {
    /// Tells a screen reader what stands where, and does what it asks for.
    pub(super) fn tell_reader(
        &mut self,
        ui: &mut Ui,
        frame: &Frame,
        area: &Response,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let (count, selected) = (self.timeline.len(), self.hands.selection.len());
        let cursor = self.cursor.filter(|_| area.has_focus());
        let listens = ui.ctx().accesskit_node_builder(area.id, |node| {
            node.set_role(Role::ListBox);
            node.set_multiselectable();
            node.set_size_of_set(count);
            let mut words = words::counted(count, "photo", "photos");
            if selected > 0 {
                words = format!("{words}, {} selected", words::count(selected));
            }
            node.set_description(words);
        });
        if listens.is_none() {
            return;
        }
        let (from, to) = self.visible(frame);
        let asked = asked(ui);
        for row in self.layout.rows_between(from, to).collect::<Vec<_>>() {
            for place in row.first..row.first + row.count {
                let Some((entry, rect)) = self.timeline.get(place).zip(self.rect_at(frame, place))
                else {
                    continue;
                };
                let Some(name) = name(entry.id, view) else { continue };
                let on = entry.id.photo().map(|p| self.hands.selection.contains(p, place));
                let id = id_of(entry.id);
                describe(ui, area.id, id, rect, name, place, on);
                if cursor == Some(entry.id) {
                    ui.ctx().accesskit_node_builder(area.id, |node| {
                        node.set_active_descendant(id.accesskit_id());
                    });
                }
                for (_, action) in asked.iter().filter(|(target, _)| *target == id.accesskit_id()) {
                    area.request_focus();
                    (self.cursor, self.hands.by_keys) = (Some(entry.id), true);
                    match action {
                        Action::Click if self.hands.is_choosing() => self.toggle(place),
                        Action::Click => self.open(frame, place, out),
                        _ => {}
                    }
                }
            }
        }
    }
}

fn name(tile: TileId, view: &View<'_>) -> Option<String> {
    match tile {
        TileId::Photo(photo) => view.library.photo(photo).map(|photo| tile::name(photo, view)),
        TileId::Draft(upload) => view.uploads.get(upload).map(|u| draft::name(u, view.now)),
    }
}

/// The clicks and focus that a screen reader asks for, by node.
fn asked(ui: &Ui) -> Vec<(NodeId, Action)> {
    ui.input(|input| {
        let requests = input.events.iter().filter_map(|event| match event {
            Event::AccessKitActionRequest(request) => Some(request),
            _ => None,
        });
        let ours = requests.filter(|r| matches!(r.action, Action::Click | Action::Focus));
        ours.map(|request| (request.target_node, request.action)).collect()
    })
}

fn describe(
    ui: &mut Ui,
    grid: Id,
    id: Id,
    rect: Rect,
    name: String,
    place: usize,
    selected: Option<bool>,
) {
    // A child without content: the one way to say whose child a node is.
    let builder = UiBuilder::new()
        .scope_id(id)
        .max_rect(rect)
        .accessibility_parent(grid)
        .accessibility_role(Role::ListBoxOption);
    drop(ui.new_child(builder));
    ui.ctx().accesskit_node_builder(id, |node: &mut Node| {
        node.set_label(name);
        node.set_bounds(Bounds {
            x0: rect.min.x.into(),
            y0: rect.min.y.into(),
            x1: rect.max.x.into(),
            y1: rect.max.y.into(),
        });
        node.set_position_in_set(place);
        node.add_action(Action::Click);
        node.add_action(Action::Focus);
        if let Some(selected) = selected {
            node.set_selected(selected);
        }
    });
}
