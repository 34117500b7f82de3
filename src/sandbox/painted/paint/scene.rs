//! Which scene a photograph shows, and in which light.

use super::{
    super::{Painter, Spec, dice::Dice, outing_of},
    canvas::Canvas,
    land,
    light::{Hour, Light},
    macros, night, shore, silhouette, town,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    Mountains,
    Lake,
    Sea,
    Forest,
    City,
    Houses,
    Flowers,
    Bokeh,
    Snow,
    Dunes,
    Stars,
    Meadow,
    Person,
    BeachFromAbove,
    Balloons,
}

/// Every scene, the ones that are photographed most more than once.
const SCENES: [Scene; 24] = [
    Scene::Mountains,
    Scene::Mountains,
    Scene::Mountains,
    Scene::Lake,
    Scene::Lake,
    Scene::Lake,
    Scene::Sea,
    Scene::Sea,
    Scene::Sea,
    Scene::Forest,
    Scene::Forest,
    Scene::City,
    Scene::City,
    Scene::Houses,
    Scene::Flowers,
    Scene::Flowers,
    Scene::Bokeh,
    Scene::Snow,
    Scene::Dunes,
    Scene::Stars,
    Scene::Meadow,
    Scene::Person,
    Scene::BeachFromAbove,
    Scene::Balloons,
];

impl Scene {
    /// The hours that suit it.
    const fn hours(self) -> &'static [Hour] {
        use Hour::{Blue, Dawn, Dusk, Golden, Morning, Night, Noon, Overcast};
        match self {
            Self::Mountains | Self::Lake => &[Dawn, Morning, Noon, Golden, Dusk, Blue, Overcast],
            Self::Sea => &[Dawn, Morning, Noon, Golden, Dusk, Dusk, Blue],
            Self::Forest => &[Dawn, Morning, Overcast, Golden, Blue],
            Self::City => &[Dusk, Blue, Blue, Night],
            Self::Houses => &[Morning, Noon, Golden, Dusk],
            Self::Flowers => &[Morning, Noon, Golden, Overcast],
            Self::Bokeh | Self::Person => &[Golden, Dusk, Blue, Dawn],
            Self::Snow => &[Morning, Overcast, Dawn, Golden, Blue],
            Self::Dunes => &[Golden, Dawn, Morning, Dusk],
            Self::Stars => &[Night],
            Self::Meadow => &[Morning, Noon, Golden, Dawn],
            Self::BeachFromAbove => &[Noon, Morning],
            Self::Balloons => &[Dawn, Golden, Morning],
        }
    }
}

/// Paints the scene of `spec`, upright, on the whole canvas.
pub(in super::super) fn paint(canvas: &mut Canvas, painter: Painter, spec: &Spec) {
    let (scene, mut dice) = choose(painter, spec);
    let light = Light::of(*dice.pick(scene.hours())).varied(&mut dice);
    match scene {
        Scene::Mountains => land::mountains(canvas, light, &mut dice, false),
        Scene::Lake => land::lake(canvas, light, &mut dice),
        Scene::Snow => land::mountains(canvas, light, &mut dice, true),
        Scene::Forest => land::forest(canvas, light, &mut dice),
        Scene::Meadow => land::meadow(canvas, light, &mut dice),
        Scene::Balloons => land::balloons(canvas, light, &mut dice),
        Scene::Sea => shore::sea(canvas, light, &mut dice),
        Scene::Dunes => shore::dunes(canvas, light, &mut dice),
        Scene::BeachFromAbove => shore::from_above(canvas, light, &mut dice),
        Scene::City => town::city(canvas, light, &mut dice),
        Scene::Houses => town::houses(canvas, light, &mut dice),
        Scene::Flowers => macros::flowers(canvas, light, &mut dice),
        Scene::Bokeh => macros::bokeh(canvas, light, &mut dice),
        Scene::Stars => night::stars_over_land(canvas, light, &mut dice),
        Scene::Person => silhouette::person(canvas, light, &mut dice),
    }
    canvas.vignette(0.22);
}

fn choose(painter: Painter, spec: &Spec) -> (Scene, Dice) {
    // An outing has its themes; some pictures of it show something else.
    let mut shared = Dice::new(painter.seed, outing_of(painter, spec.index), 40);
    let themes = [*shared.pick(&SCENES), *shared.pick(&SCENES)];
    let mut dice = Dice::new(painter.seed, spec.index, 41);
    let scene = if dice.chance(450) { *dice.pick(&themes) } else { *dice.pick(&SCENES) };
    (scene, dice)
}
