//! What lies over the picture: back, the date, the buttons, the arrows, how close one is.

use egui::{Align2, Color32, Direction, Id, Rect, Shape, Ui, pos2, vec2};

use super::camera::{Camera, Stage};
use super::more::Choice;
use super::turn::Turn;
use super::{CONTROLS_STAY, Quality, Viewer, more};
use crate::model::PhotoRef;
use crate::ui::icons::Icon;
use crate::ui::timeline::Timeline;
use crate::ui::tokens::{self, motion, viewer as look};
use crate::ui::view::{Intent, Place, View};
use crate::ui::widgets::{self, IconFace};
use crate::ui::{text, words};

impl Viewer {
    #[expect(clippy::too_many_arguments, reason = "what every painter gets, and the stage")]
    pub(super) fn controls(
        &mut self,
        ui: &mut Ui,
        area: Rect,
        photo: PhotoRef<'_>,
        stage: &Stage,
        timeline: &Timeline,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let idle = ui.ctx().time() - self.moved;
        let shows = ui.ctx().animate_bool_with_time(
            Id::unique("viewer controls"),
            idle < CONTROLS_STAY || self.info,
            tokens::seconds(ui.ctx(), motion::VIEWER),
        );
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area));
        child.set_opacity(shows);
        let ui = &child;
        scrim(ui, area);
        let y = area.min.y + 28.0;
        let round = |x: f32, y: f32| Rect::from_center_size(pos2(x, y), vec2(40.0, 40.0));
        let plain = face(Color32::TRANSPARENT);
        let back = round(area.min.x + 44.0, y);
        if widgets::icon_button_as(
            ui,
            back,
            Id::unique("back"),
            Icon::ArrowLeft,
            "Back (Esc)",
            plain,
        )
        .clicked()
        {
            self.close(ui.ctx());
        }
        words_of(ui, area, y, photo, timeline, view);
        let on = face(if self.info { look::TOGGLED } else { Color32::TRANSPARENT });
        let more = round(area.max.x - 40.0, y);
        let more = widgets::icon_button_as(ui, more, Id::unique("more"), Icon::More, "More", plain);
        let (is_open, chosen) = more::menu(&more, photo, self.full_screen);
        if is_open {
            // What is being read does not fade.
            self.moved = ui.ctx().time();
        }
        match chosen {
            Some(Choice::Photo(errand)) => out.push(Intent::Photo(errand, photo.id())),
            Some(Choice::FullScreen) => self.set_full_screen(ui.ctx(), !self.full_screen),
            Some(Choice::Hide) => self.bare = true,
            Some(Choice::Delete) => out.push(Intent::Delete(vec![photo.id()])),
            None => {}
        }
        let info = round(area.max.x - 84.0, y);
        if widgets::icon_button_as(ui, info, Id::unique("info"), Icon::Info, "Info (I)", on)
            .clicked()
        {
            self.info = !self.info;
        }
        let save = round(area.max.x - 128.0, y);
        let name = "Save the original (Ctrl S)";
        if widgets::icon_button_as(ui, save, Id::unique("save"), Icon::Download, name, plain)
            .clicked()
        {
            out.push(Intent::Save(vec![photo.id()]));
        }
        let turn = round(area.max.x - 172.0, y);
        let name = "Turn the view left (Shift R)";
        if widgets::icon_button_as(ui, turn, Id::unique("turn"), Icon::Turn, name, plain).clicked()
        {
            self.turn(Turn::LEFT, stage);
        }
        let slides = round(area.max.x - 216.0, y);
        let name = "Slide show (F5)";
        if widgets::icon_button_as(ui, slides, Id::unique("slides"), Icon::Slides, name, plain)
            .clicked()
        {
            self.begin_show(ui.ctx());
        }
        let at = timeline.photo_place(photo.id());
        let disc = face(look::ROUND_BUTTON);
        let middle = area.center().y;
        if at.is_some_and(|at| at > 0) {
            let left = round(area.min.x + 60.0, middle);
            let name = "Newer photo (←)";
            if widgets::icon_button_as(ui, left, Id::unique("newer"), Icon::ChevronLeft, name, disc)
                .clicked()
            {
                self.step(timeline, -1, ui.ctx().time());
            }
        }
        if at.is_some_and(|at| at + 1 < timeline.photo_count()) {
            let right = round(area.max.x - 60.0, middle);
            let name = "Older photo (→)";
            if widgets::icon_button_as(
                ui,
                right,
                Id::unique("older"),
                Icon::ChevronRight,
                name,
                disc,
            )
            .clicked()
            {
                self.step(timeline, 1, ui.ctx().time());
            }
        }
        if self.quality > Quality::Nothing {
            closeness(ui, area, &self.camera, stage, self.known.is_certain());
        }
    }
}

/// Less room than this is left empty.
const SHORTEST: f32 = 40.0;
/// What the buttons at the right take, points.
const BUTTONS: f32 = 248.0;

fn face(ground: Color32) -> IconFace {
    IconFace { colour: look::TEXT, ground, radius: 20.0, size: 20.0 }
}

fn scrim(ui: &Ui, area: Rect) {
    let [top, middle, bottom] = look::SCRIM;
    let band = |from: f32, to: f32, colours| {
        let rect = Rect::from_min_max(
            pos2(area.min.x, area.min.y + from),
            pos2(area.max.x, area.min.y + to),
        );
        ui.painter().add(Shape::gradient_rect(rect, Direction::TopDown, colours));
    };
    band(0.0, 56.0, [top, middle]);
    band(56.0, 112.0, [middle, bottom]);
}

fn words_of(
    ui: &Ui,
    area: Rect,
    y: f32,
    photo: PhotoRef<'_>,
    timeline: &Timeline,
    view: &View<'_>,
) {
    let painter = ui.painter();
    let room = area.width() - 72.0 - BUTTONS;
    if room < SHORTEST {
        return;
    }
    let date = words::when(photo.moment(), view.zone);
    let at = pos2(area.min.x + 72.0, y - 8.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::BODY_600, &date, look::TEXT, room);
    let title = match view.place {
        Place::AllPhotos | Place::Uploads => "All photos".to_owned(),
        Place::Album(album) => view.album_title(album),
    };
    let place = timeline.photo_place(photo.id()).map_or(0, |at| at + 1);
    let line = format!(
        "{} · {} of {}",
        text::isolate(&title),
        words::count(place),
        words::count(timeline.photo_count())
    );
    let at = pos2(area.min.x + 72.0, y + 10.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::SMALL, &line, look::TEXT_2, room);
}

/// How close one is; where the photo's size is not known, only that all of it is seen.
fn closeness(ui: &Ui, area: Rect, camera: &Camera, stage: &Stage, is_certain: bool) {
    let percent = camera.scale(stage) * stage.pixels_per_point * 100.0;
    let words = match (*camera == Camera::Fitted, is_certain) {
        (true, true) => format!("Fit · {percent:.0} %"),
        (true, false) => "Fit".to_owned(),
        (false, true) => format!("{percent:.0} %"),
        (false, false) => return,
    };
    let painter = ui.painter();
    let width = text::width(painter, text::SMALL_500, &words) + 28.0;
    let pill =
        Rect::from_min_size(pos2(area.max.x - 36.0 - width, area.max.y - 48.0), vec2(width, 32.0));
    painter.rect_filled(pill, 16.0, look::ROUND_BUTTON);
    let centre = Align2::CENTER_CENTER;
    text::paint(painter, pill.center(), centre, text::SMALL_500, &words, look::TEXT, width);
    widgets::says(ui, pill, Id::unique("closeness"), egui::Role::Status, &words);
}
