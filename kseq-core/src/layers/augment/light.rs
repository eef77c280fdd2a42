//! What changes each value by itself, or each pixel: `RandomInvert`, `Solarization`, `RandomPosterization`, `RandomGrayscale`,
//! `RandomColorDegeneration`, and `AutoContrast`, which is not random.

use super::{Augment, Draws, Image, Recolor, range, values};
use crate::math;

macro_rules! light {
    ($(#[$doc:meta])* $layer:ident($how:ident)) => {
        $(#[$doc])*
        ///
        #[doc = concat!(
            "In a layer list `", stringify!($layer), "(..)`, whose arguments are explained in `kseq::layers::",
            stringify!($layer), "`."
        )]
        pub type $layer = Augment<$how>;
    };
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Invert {
    factor: [f32; 2],
    values: [f32; 2],
}

light! {
    /// Takes some images for their negatives.
    RandomInvert(Invert)
}

impl RandomInvert {
    /// The layer with the share of images and the range of values.
    #[must_use]
    pub const fn new(factor: &[f32], value_range: &[f32]) -> Self {
        Augment::by(Invert {
            factor: range(factor, 0.0),
            values: values(value_range),
        })
    }
}

impl Recolor for Invert {
    type Drawn = bool;

    fn draw(&self, _: Image, draws: &mut Draws) -> bool {
        draws.happens(self.factor)
    }

    fn recolor(&self, drawn: &bool, _: Image, y: &mut [f32]) {
        if *drawn {
            y.iter_mut().for_each(|y| *y = self.values[1] - *y);
        }
    }

    fn back(&self, drawn: &bool, _: Image, _: &[f32], dy: &mut [f32]) {
        if *drawn {
            dy.iter_mut().for_each(|dy| *dy = -*dy);
        }
    }
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Solarize {
    addition: [f32; 2],
    threshold: [f32; 2],
    values: [f32; 2],
}

light! {
    /// Adds something to each image, and takes what is bright then for its negative.
    Solarization(Solarize)
}

impl Solarization {
    /// The layer with its factors and the range of values.
    #[must_use]
    pub const fn new(addition: &[f32], threshold: &[f32], value_range: &[f32]) -> Self {
        Augment::by(Solarize {
            addition: range(addition, 0.0),
            threshold: range(threshold, 0.0),
            values: values(value_range),
        })
    }
}

impl Solarize {
    /// A value from 0 to 255 for one of the range, and the factor.
    fn scaled(&self, x: f32) -> f32 {
        let [low, high] = self.values;
        (x - low) / (high - low) * 255.0
    }
}

impl Recolor for Solarize {
    /// The addition and the threshold.
    type Drawn = [f32; 2];

    fn draw(&self, _: Image, draws: &mut Draws) -> [f32; 2] {
        [self.addition, self.threshold].map(|[low, high]| draws.uniform([low, high * 255.0]))
    }

    fn recolor(&self, [addition, threshold]: &[f32; 2], _: Image, y: &mut [f32]) {
        let [low, high] = self.values;
        for y in y {
            let x = (self.scaled(*y) + addition).clamp(0.0, 255.0);
            let x = if x < *threshold { x } else { 255.0 - x };
            *y = x / 255.0 * (high - low) + low;
        }
    }

    fn back(&self, [addition, threshold]: &[f32; 2], _: Image, x: &[f32], dy: &mut [f32]) {
        for (x, dy) in x.iter().zip(dy) {
            let x = self.scaled(*x) + addition;
            *dy = match x {
                x if !(0.0..=255.0).contains(&x) => 0.0,
                x if x < *threshold => *dy,
                _ => -*dy,
            };
        }
    }
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Posterize {
    bits: [f32; 2],
    values: [f32; 2],
}

light! {
    /// Leaves only some bits of each value.
    RandomPosterization(Posterize)
}

impl RandomPosterization {
    /// The layer with the number of bits and the range of values.
    #[must_use]
    pub const fn new(factor: &[f32], value_range: &[f32]) -> Self {
        Augment::by(Posterize {
            bits: range(factor, 1.0),
            values: values(value_range),
        })
    }
}

impl Recolor for Posterize {
    /// The bits that go.
    type Drawn = u32;

    fn draw(&self, _: Image, draws: &mut Draws) -> u32 {
        let bits = draws.uniform(self.bits) as u32;
        8 - bits.clamp(1, 8)
    }

    fn recolor(&self, drawn: &u32, _: Image, y: &mut [f32]) {
        let [low, high] = self.values;
        for y in y {
            // (What is no byte becomes the nearest one.)
            let byte = ((*y - low) / (high - low) * 255.0) as u8;
            *y = f32::from(byte >> drawn << drawn) / 255.0 * (high - low) + low;
        }
    }

    /// Steps have no slope.
    fn back(&self, _: &u32, _: Image, _: &[f32], dy: &mut [f32]) {
        dy.fill(0.0);
    }
}

/// How much of a grey pixel is red, green and blue.
const GREY: [f32; 3] = [0.2989, 0.5870, 0.1140];

fn grey([r, g, b]: [f32; 3]) -> f32 {
    r * GREY[0] + g * GREY[1] + b * GREY[2]
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Grey(f32);

light! {
    /// Takes the colour out of some images.
    RandomGrayscale(Grey)
}

impl RandomGrayscale {
    /// The layer with the share of images.
    #[must_use]
    pub const fn new(factor: f32) -> Self {
        Augment::by(Grey(factor))
    }
}

impl Recolor for Grey {
    type Drawn = bool;

    fn draw(&self, _: Image, draws: &mut Draws) -> bool {
        draws.uniform([0.0, 1.0]) < self.0
    }

    fn recolor(&self, drawn: &bool, image: Image, y: &mut [f32]) {
        if *drawn && image.channels == 3 {
            for pixel in y.as_chunks_mut::<3>().0 {
                *pixel = [grey(*pixel); 3];
            }
        }
    }

    fn back(&self, drawn: &bool, image: Image, _: &[f32], dy: &mut [f32]) {
        if *drawn && image.channels == 3 {
            for pixel in dy.as_chunks_mut::<3>().0 {
                let [r, g, b] = *pixel;
                *pixel = GREY.map(|share| share * (r + g + b));
            }
        }
    }
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Degenerate {
    factor: [f32; 2],
    values: [f32; 2],
}

light! {
    /// Takes some of the colour out of each image.
    RandomColorDegeneration(Degenerate)
}

impl RandomColorDegeneration {
    /// The layer with the share of colour that goes and the range of values.
    #[must_use]
    pub const fn new(factor: &[f32], value_range: &[f32]) -> Self {
        Augment::by(Degenerate {
            factor: range(factor, -1.0),
            values: values(value_range),
        })
    }
}

impl Recolor for Degenerate {
    type Drawn = f32;

    fn draw(&self, _: Image, draws: &mut Draws) -> f32 {
        draws.uniform(self.factor)
    }

    fn recolor(&self, factor: &f32, image: Image, y: &mut [f32]) {
        let [low, high] = self.values;
        if image.channels == 3 {
            for pixel in y.as_chunks_mut::<3>().0 {
                let grey = grey(*pixel);
                *pixel = pixel.map(|x| x + factor * (grey - x));
            }
        }
        y.iter_mut().for_each(|y| *y = y.max(low).min(high));
    }

    fn back(&self, factor: &f32, image: Image, x: &[f32], dy: &mut [f32]) {
        let [low, high] = self.values;
        let inside = |x: f32| x >= low && x <= high;
        if image.channels != 3 {
            let all = x.iter().zip(dy);
            return all.for_each(|(x, dy)| *dy = if inside(*x) { *dy } else { 0.0 });
        }
        for (pixel, dy) in x.as_chunks::<3>().0.iter().zip(dy.as_chunks_mut::<3>().0) {
            let grey = grey(*pixel);
            for (dy, x) in dy.iter_mut().zip(pixel) {
                *dy = if inside(x + factor * (grey - x)) {
                    *dy
                } else {
                    0.0
                };
            }
            let sum: f32 = dy.iter().sum();
            for (dy, share) in dy.iter_mut().zip(GREY) {
                *dy = *dy * (1.0 - factor) + factor * share * sum;
            }
        }
    }
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Stretch([f32; 2]);

light! {
    /// Stretches the values of each channel of an image over the whole range, also outside training.
    AutoContrast(Stretch)
}

impl AutoContrast {
    /// The layer with the range of values.
    #[must_use]
    pub const fn new(value_range: &[f32]) -> Self {
        Augment::by(Stretch(values(value_range)))
    }
}

impl Stretch {
    /// The smallest and the largest value of a channel.
    fn ends(x: &[f32], image: Image, channel: usize) -> [f32; 2] {
        let mut ends = [f32::INFINITY, f32::NEG_INFINITY];
        for x in x.iter().skip(channel).step_by(image.channels.max(1)) {
            ends = [-math::larger(-ends[0], -x), math::larger(ends[1], *x)];
        }
        ends
    }
}

impl Recolor for Stretch {
    type Drawn = ();
    const ALWAYS: bool = true;

    fn draw(&self, _: Image, _: &mut Draws) {}

    fn recolor(&self, (): &(), image: Image, y: &mut [f32]) {
        let [low, high] = self.0;
        for channel in 0..image.channels {
            let [least, most] = Stretch::ends(y, image, channel);
            let has_several = most > least;
            if !has_several {
                continue;
            }
            for y in y.iter_mut().skip(channel).step_by(image.channels.max(1)) {
                let x = ((*y - least) / (most - least)).clamp(0.0, 1.0);
                *y = x * (high - low) + low;
            }
        }
    }

    /// The ends move with the values there, which share that.
    fn back(&self, (): &(), image: Image, x: &[f32], dy: &mut [f32]) {
        let [low, high] = self.0;
        for channel in 0..image.channels {
            let [least, most] = Stretch::ends(x, image, channel);
            let has_several = most > least;
            if !has_several {
                continue;
            }
            let step = image.channels.max(1);
            let factor = (high - low) / (most - least);
            let (mut of_ends, mut count) = ([0.0; 2], [0.0f32; 2]);
            for (x, dy) in x.iter().zip(dy.iter_mut()).skip(channel).step_by(step) {
                let place = (x - least) / (most - least);
                *dy *= factor;
                of_ends[0] += *dy * (place - 1.0);
                of_ends[1] -= *dy * place;
                count[0] += if *x == least { 1.0 } else { 0.0 };
                count[1] += if *x == most { 1.0 } else { 0.0 };
            }
            for (x, dy) in x.iter().zip(dy.iter_mut()).skip(channel).step_by(step) {
                *dy += if *x == least {
                    of_ends[0] / count[0]
                } else {
                    0.0
                };
                *dy += if *x == most {
                    of_ends[1] / count[1]
                } else {
                    0.0
                };
            }
        }
    }
}
