//! Our own vector icons on a 20 grid: drawn as paths, so they are sharp at every scale.
//!
//! The stroke stays 1.5 points whatever the size; ends are round. Filled only where it means a
//! state.

use std::f32::consts::{PI, TAU};

use egui::epaint::PathShape;
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, vec2};

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    ArrowLeft,
    Calendar,
    Camera,
    Check,
    ChevronDown,
    ChevronLeft,
    ChevronRight,
    ChevronUp,
    Clock,
    Close,
    Copy,
    Download,
    External,
    Fade,
    File,
    Fill,
    Folder,
    GridJustified,
    GridLarge,
    GridSmall,
    Info,
    Link,
    Minus,
    More,
    Pause,
    Pencil,
    Photo,
    Pin,
    Play,
    Plus,
    Queued,
    Retry,
    Select,
    ShieldCheck,
    Shuffle,
    SignOut,
    Slides,
    Sliders,
    Theme,
    ToBottom,
    ToTop,
    Trash,
    Turn,
    Upload,
    Warning,
}

const STROKE: f32 = 1.5;

struct Pen<'a> {
    painter: &'a Painter,
    centre: Pos2,
    scale: f32,
    colour: Color32,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.centre + vec2(x - 10.0, y - 10.0) * self.scale
    }

    fn points(&self, points: &[(f32, f32)]) -> Vec<Pos2> {
        points.iter().map(|&(x, y)| self.at(x, y)).collect()
    }

    fn stroke(&self) -> Stroke {
        Stroke::new(STROKE, self.colour)
    }

    fn line(&self, points: &[(f32, f32)]) {
        self.path(self.points(points));
    }

    /// An open path with round ends.
    fn path(&self, points: Vec<Pos2>) {
        for end in [points.first(), points.last()].into_iter().flatten() {
            self.painter.circle_filled(*end, STROKE / 2.0, self.colour);
        }
        self.painter.add(PathShape::line(points, self.stroke()));
    }

    fn closed(&self, points: &[(f32, f32)]) {
        self.painter.add(PathShape::closed_line(self.points(points), self.stroke()));
    }

    fn filled(&self, points: &[(f32, f32)]) {
        self.painter.add(PathShape::convex_polygon(
            self.points(points),
            self.colour,
            Stroke::new(0.5, self.colour),
        ));
    }

    fn circle(&self, x: f32, y: f32, r: f32) {
        self.painter.circle_stroke(self.at(x, y), r * self.scale, self.stroke());
    }

    fn dot(&self, x: f32, y: f32, r: f32) {
        self.painter.circle_filled(self.at(x, y), r * self.scale.max(0.8), self.colour);
    }

    fn rect(&self, x: f32, y: f32, width: f32, height: f32, radius: f32) {
        let rect = Rect::from_min_size(self.at(x, y), vec2(width, height) * self.scale);
        let shape = egui::epaint::RectShape::stroke(
            rect,
            radius * self.scale,
            self.stroke(),
            StrokeKind::Middle,
        )
        .with_round_to_pixels(false);
        self.painter.add(Shape::Rect(shape));
    }

    /// From angle `a` to `b`, radians clockwise from three o'clock.
    fn arc(&self, x: f32, y: f32, radius: f32, from: f32, to: f32) {
        const STEPS: u8 = 20;
        let points = (0..=STEPS)
            .map(|step| {
                let angle = from + (to - from) * f32::from(step) / f32::from(STEPS);
                self.at(x + radius * angle.cos(), y + radius * angle.sin())
            })
            .collect();
        self.path(points);
    }
}

/// Paints `icon` around `centre`, `size` points wide (20, 16 or 12).
pub(crate) fn paint(painter: &Painter, icon: Icon, centre: Pos2, size: f32, colour: Color32) {
    let pen = Pen { painter, centre, scale: size / 20.0, colour };
    match icon {
        Icon::ArrowLeft => {
            pen.line(&[(16.0, 10.0), (4.0, 10.0)]);
            pen.line(&[(9.0, 5.0), (4.0, 10.0), (9.0, 15.0)]);
        }
        Icon::Calendar => {
            pen.rect(3.0, 4.0, 14.0, 13.0, 2.0);
            pen.line(&[(3.0, 8.0), (17.0, 8.0)]);
            pen.line(&[(7.0, 2.5), (7.0, 5.0)]);
            pen.line(&[(13.0, 2.5), (13.0, 5.0)]);
        }
        Icon::Camera => {
            pen.rect(2.5, 5.5, 15.0, 11.0, 2.5);
            pen.line(&[(6.5, 5.5), (8.0, 3.5), (12.0, 3.5), (13.5, 5.5)]);
            pen.circle(10.0, 11.0, 3.0);
        }
        Icon::Check => pen.line(&[(4.5, 10.5), (8.5, 14.5), (15.5, 6.0)]),
        Icon::ChevronDown => pen.line(&[(5.0, 7.5), (10.0, 12.5), (15.0, 7.5)]),
        Icon::ChevronLeft => pen.line(&[(12.5, 5.0), (7.5, 10.0), (12.5, 15.0)]),
        Icon::ChevronRight => pen.line(&[(7.5, 5.0), (12.5, 10.0), (7.5, 15.0)]),
        Icon::ChevronUp => pen.line(&[(5.0, 12.5), (10.0, 7.5), (15.0, 12.5)]),
        Icon::Clock => {
            pen.circle(10.0, 10.0, 7.0);
            pen.line(&[(10.0, 6.0), (10.0, 10.0), (12.5, 11.5)]);
        }
        Icon::Close => {
            pen.line(&[(5.0, 5.0), (15.0, 15.0)]);
            pen.line(&[(15.0, 5.0), (5.0, 15.0)]);
        }
        Icon::Copy => {
            pen.rect(7.0, 7.0, 10.0, 10.0, 2.0);
            pen.line(&[(4.5, 13.0), (3.0, 12.0), (3.0, 3.0), (12.0, 3.0), (13.0, 4.5)]);
        }
        Icon::Download => {
            pen.line(&[(10.0, 3.0), (10.0, 12.5)]);
            pen.line(&[(6.0, 8.5), (10.0, 12.5), (14.0, 8.5)]);
            pen.line(&[(3.5, 13.5), (3.5, 16.5), (16.5, 16.5), (16.5, 13.5)]);
        }
        Icon::External => {
            pen.line(&[(8.5, 4.5), (4.0, 4.5), (4.0, 16.0), (15.5, 16.0), (15.5, 11.5)]);
            pen.line(&[(11.5, 3.5), (16.5, 3.5), (16.5, 8.5)]);
            pen.line(&[(16.5, 3.5), (9.5, 10.5)]);
        }
        Icon::Fade => {
            pen.circle(7.5, 10.0, 5.0);
            pen.circle(12.5, 10.0, 5.0);
        }
        Icon::Fill => {
            pen.line(&[(12.0, 3.5), (16.5, 3.5), (16.5, 8.0)]);
            pen.line(&[(16.5, 3.5), (11.5, 8.5)]);
            pen.line(&[(8.0, 16.5), (3.5, 16.5), (3.5, 12.0)]);
            pen.line(&[(3.5, 16.5), (8.5, 11.5)]);
        }
        Icon::File => {
            pen.closed(&[(4.5, 2.5), (11.5, 2.5), (15.5, 6.5), (15.5, 17.5), (4.5, 17.5)]);
            pen.line(&[(11.5, 2.5), (11.5, 6.5), (15.5, 6.5)]);
        }
        Icon::Folder => pen.closed(&[
            (2.5, 4.5),
            (8.0, 4.5),
            (10.0, 6.5),
            (17.5, 6.5),
            (17.5, 16.0),
            (2.5, 16.0),
        ]),
        Icon::GridJustified => {
            for (x, y, width) in [(3.5, 3.5, 8.0), (14.0, 3.5, 2.5), (3.5, 11.5, 3.5)] {
                pen.rect(x, y, width, 5.0, 1.0);
            }
            pen.rect(9.5, 11.5, 7.0, 5.0, 1.0);
        }
        Icon::GridLarge => {
            for (x, y) in [(3.5, 3.5), (11.5, 3.5), (3.5, 11.5), (11.5, 11.5)] {
                pen.rect(x, y, 5.0, 5.0, 1.0);
            }
        }
        Icon::GridSmall => {
            for x in [4.5, 10.0, 15.5] {
                for y in [4.5, 10.0, 15.5] {
                    pen.dot(x, y, 1.7);
                }
            }
        }
        Icon::Info => {
            pen.circle(10.0, 10.0, 7.25);
            pen.line(&[(10.0, 9.5), (10.0, 13.5)]);
            pen.dot(10.0, 6.6, 1.0);
        }
        Icon::Link => {
            pen.arc(7.0, 13.0, 3.6, 0.35 * PI, 1.65 * PI);
            pen.arc(13.0, 7.0, 3.6, -0.65 * PI, 0.65 * PI);
            pen.line(&[(7.5, 12.5), (12.5, 7.5)]);
        }
        Icon::Minus => pen.line(&[(5.0, 10.0), (15.0, 10.0)]),
        Icon::More => [4.5, 10.0, 15.5].into_iter().for_each(|x| pen.dot(x, 10.0, 1.4)),
        Icon::Pause => {
            pen.line(&[(7.0, 4.5), (7.0, 15.5)]);
            pen.line(&[(13.0, 4.5), (13.0, 15.5)]);
        }
        Icon::Pencil => {
            pen.closed(&[(3.5, 16.5), (4.5, 12.5), (13.5, 3.5), (16.5, 6.5), (7.5, 15.5)]);
            pen.line(&[(11.5, 5.5), (14.5, 8.5)]);
        }
        Icon::Photo => {
            pen.rect(2.5, 3.5, 15.0, 13.0, 2.5);
            pen.circle(7.0, 7.8, 1.5);
            pen.line(&[(4.0, 16.0), (12.0, 9.0), (17.3, 13.6)]);
        }
        Icon::Pin => {
            pen.arc(10.0, 8.0, 5.3, -1.15 * PI, 0.15 * PI);
            pen.line(&[(5.28, 10.4), (10.0, 17.5), (14.72, 10.4)]);
            pen.circle(10.0, 8.0, 1.9);
        }
        Icon::Play => pen.filled(&[(6.0, 3.5), (16.5, 10.0), (6.0, 16.5)]),
        Icon::Plus => {
            pen.line(&[(10.0, 4.0), (10.0, 16.0)]);
            pen.line(&[(4.0, 10.0), (16.0, 10.0)]);
        }
        Icon::Queued => {
            for i in 0..8_u8 {
                let a = f32::from(i) * TAU / 8.0;
                pen.arc(10.0, 10.0, 7.0, a, a + TAU / 16.0);
            }
        }
        Icon::Retry => {
            pen.arc(10.0, 10.0, 6.5, -0.25 * PI, 1.35 * PI);
            pen.line(&[(15.0, 2.5), (15.0, 5.8), (11.5, 5.8)]);
        }
        Icon::Select => {
            pen.circle(10.0, 10.0, 7.25);
            pen.line(&[(6.8, 10.3), (9.0, 12.5), (13.2, 7.7)]);
        }
        Icon::ShieldCheck => {
            pen.closed(&[
                (10.0, 2.5),
                (16.0, 4.8),
                (16.0, 10.0),
                (14.2, 14.0),
                (10.0, 17.5),
                (5.8, 14.0),
                (4.0, 10.0),
                (4.0, 4.8),
            ]);
            pen.line(&[(7.2, 10.0), (9.2, 12.0), (12.8, 7.8)]);
        }
        Icon::Shuffle => {
            pen.line(&[(2.5, 6.0), (6.0, 6.0), (13.0, 14.0), (17.0, 14.0)]);
            pen.line(&[(2.5, 14.0), (6.0, 14.0), (8.0, 11.7)]);
            pen.line(&[(11.0, 8.3), (13.0, 6.0), (17.0, 6.0)]);
            pen.line(&[(14.8, 3.8), (17.0, 6.0), (14.8, 8.2)]);
            pen.line(&[(14.8, 11.8), (17.0, 14.0), (14.8, 16.2)]);
        }
        Icon::Slides => {
            pen.rect(2.5, 3.5, 15.0, 13.0, 2.5);
            pen.filled(&[(8.0, 7.0), (13.2, 10.0), (8.0, 13.0)]);
        }
        Icon::SignOut => {
            pen.line(&[(8.0, 3.5), (3.5, 3.5), (3.5, 16.5), (8.0, 16.5)]);
            pen.line(&[(8.0, 10.0), (17.0, 10.0)]);
            pen.line(&[(13.0, 6.0), (17.0, 10.0), (13.0, 14.0)]);
        }
        Icon::Sliders => {
            pen.line(&[(2.5, 6.5), (10.0, 6.5)]);
            pen.line(&[(15.0, 6.5), (17.5, 6.5)]);
            pen.circle(12.5, 6.5, 2.0);
            pen.line(&[(2.5, 13.5), (5.0, 13.5)]);
            pen.line(&[(10.0, 13.5), (17.5, 13.5)]);
            pen.circle(7.5, 13.5, 2.0);
        }
        Icon::Theme => {
            pen.circle(10.0, 10.0, 7.0);
            let half: Vec<(f32, f32)> = (0..=16_u8)
                .map(|step| PI * (f32::from(step) / 16.0 - 0.5))
                .map(|angle| (10.0 + 7.0 * angle.cos(), 10.0 + 7.0 * angle.sin()))
                .collect();
            pen.filled(&half);
        }
        Icon::ToBottom => {
            pen.line(&[(10.0, 3.5), (10.0, 13.0)]);
            pen.line(&[(6.0, 9.0), (10.0, 13.0), (14.0, 9.0)]);
            pen.line(&[(4.0, 16.5), (16.0, 16.5)]);
        }
        Icon::ToTop => {
            pen.line(&[(10.0, 16.5), (10.0, 7.0)]);
            pen.line(&[(6.0, 11.0), (10.0, 7.0), (14.0, 11.0)]);
            pen.line(&[(4.0, 3.5), (16.0, 3.5)]);
        }
        Icon::Trash => {
            pen.line(&[(3.0, 5.5), (17.0, 5.5)]);
            pen.line(&[(7.5, 5.0), (7.5, 3.0), (12.5, 3.0), (12.5, 5.0)]);
            pen.line(&[(4.8, 5.5), (5.6, 17.0), (14.4, 17.0), (15.2, 5.5)]);
            pen.line(&[(8.4, 9.0), (8.4, 13.5)]);
            pen.line(&[(11.6, 9.0), (11.6, 13.5)]);
        }
        Icon::Turn => {
            pen.arc(10.0, 10.5, 6.0, -0.9 * PI, 0.75 * PI);
            pen.line(&[(4.2, 3.8), (4.3, 8.2), (8.6, 7.8)]);
        }
        Icon::Upload => {
            pen.line(&[(10.0, 12.5), (10.0, 3.0)]);
            pen.line(&[(6.0, 7.0), (10.0, 3.0), (14.0, 7.0)]);
            pen.line(&[(3.5, 12.5), (3.5, 16.5), (16.5, 16.5), (16.5, 12.5)]);
        }
        Icon::Warning => {
            pen.closed(&[(10.0, 3.0), (17.5, 16.5), (2.5, 16.5)]);
            pen.line(&[(10.0, 8.0), (10.0, 11.8)]);
            pen.dot(10.0, 14.2, 0.95);
        }
    }
}
