//! `RandomErasing`: a rectangle of some images is covered.

use super::{Augment, Draws, Image, Recolor, range, values};
use crate::base::part::{rows_mut, value};
use crate::math;
use crate::rng::Rng;

/// What is done.
#[derive(Clone, Copy)]
pub struct Erase {
    factor: [f32; 2],
    scale: [f32; 2],
    /// One value, or one for each channel; none for noise.
    fill: &'static [f32],
    values: [f32; 2],
}

/// Covers a rectangle of some images.
///
/// In a layer list `RandomErasing(..)`, whose arguments are explained in `kseq::layers::RandomErasing`.
pub type RandomErasing = Augment<Erase>;

impl RandomErasing {
    /// The layer with the share of images, the share of the sides that is covered, by what (noise, if there is nothing), and the range of
    /// values.
    #[must_use]
    pub const fn new(
        factor: &[f32],
        scale: &[f32],
        fill: &'static [f32],
        value_range: &[f32],
    ) -> Self {
        Augment::by(Erase {
            factor: range(factor, 0.0),
            scale: range(scale, 0.0),
            fill,
            values: values(value_range),
        })
    }
}

impl Erase {
    /// Calls `f` with each pixel of the rectangle.
    fn covered(drawn: &Drawn, image: Image, y: &mut [f32], mut f: impl FnMut(&mut [f32])) {
        let Some([[x0, x1], [y0, y1]]) = drawn.rectangle else {
            return;
        };
        let inside = |at: usize, from: f32, to: f32| at as f32 >= from && (at as f32) < to;
        for (i, row) in rows_mut(y, image.width * image.channels).enumerate() {
            if !inside(i, y0, y1) {
                continue;
            }
            for (j, pixel) in rows_mut(row, image.channels).enumerate() {
                if inside(j, x0, x1) {
                    f(pixel);
                }
            }
        }
    }
}

/// What is drawn for an image.
pub struct Drawn {
    /// Its columns and rows.
    rectangle: Option<[[f32; 2]; 2]>,
    noise: Rng,
}

impl Recolor for Erase {
    type Drawn = Drawn;

    fn draw(&self, image: Image, draws: &mut Draws) -> Drawn {
        let mut side = |length: usize| {
            let length = length as f32;
            let covered = math::sqrt(draws.uniform(self.scale)) * length;
            let from = draws.uniform([0.0, 1.0]) * (length - covered);
            [from, from + covered]
        };
        let rectangle = [side(image.width), side(image.height)];
        let happens = draws.happens(self.factor);
        Drawn {
            rectangle: happens.then_some(rectangle),
            noise: draws.stream(),
        }
    }

    fn recolor(&self, drawn: &Drawn, image: Image, y: &mut [f32]) {
        let [low, high] = self.values;
        let mut noise = drawn.noise.clone();
        Erase::covered(drawn, image, y, |pixel| {
            for (channel, y) in pixel.iter_mut().enumerate() {
                let fill = match self.fill {
                    [] => noise.normal() * high,
                    [one] => *one,
                    each => value(each, channel.min(each.len() - 1)),
                };
                *y = fill.max(low).min(high);
            }
        });
    }

    fn back(&self, drawn: &Drawn, image: Image, _: &[f32], dy: &mut [f32]) {
        Erase::covered(drawn, image, dy, |pixel| pixel.fill(0.0));
    }
}
