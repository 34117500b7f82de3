//! The painting itself: a canvas, noise, light, and scenes made of them.
//!
//! Coordinates of the plane: `x` from 0 to the aspect, `y` from 0 (top) to 1, so that things keep
//! their shape at every size. Colours are sRGB from 0 to 1. What is smaller than a pixel fades
//! into its mean instead of sparkling.

mod art;
mod canvas;
mod figures;
mod land;
mod light;
mod macros;
mod night;
mod noise;
mod ridges;
mod scene;
mod shore;
mod silhouette;
mod town;

pub(super) use art::{Art, STRIP_ROWS, enlarged};
pub(super) use canvas::Canvas;
pub(super) use scene::paint;
