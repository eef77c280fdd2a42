//! `RandomBrightness`, `RandomContrast`, `RandomSaturation`, `RandomHue`, and all of them after each other, `RandomColorJitter`.
//!
//! The gradient goes through hue and saturation, too (of which TensorFlow has none), by dual numbers.

use core::ops::{Add, Div, Mul, Sub};

use super::{Augment, Draws, Image, Recolor, range, values};
use crate::base::part::{rows, value};

/// What is done; nothing of what has no range.
#[derive(Clone, Copy)]
pub struct Colors {
    brightness: Option<[f32; 2]>,
    contrast: Option<[f32; 2]>,
    saturation: Option<[f32; 2]>,
    hue: Option<[f32; 2]>,
    values: [f32; 2],
}

const NOTHING: Colors = Colors {
    brightness: None,
    contrast: None,
    saturation: None,
    hue: None,
    values: [0.0, 255.0],
};

macro_rules! colors {
    ($(#[$doc:meta])* $layer:ident $how:ident $field:ident $least:literal) => {
        $(#[$doc])*
        ///
        #[doc = concat!(
            "In a layer list `", stringify!($layer), "(..)`, whose arguments are explained in `kseq::layers::",
            stringify!($layer), "`."
        )]
        pub type $layer = Augment<$how>;

        /// What is done.
        #[derive(Clone, Copy)]
        pub struct $how(Colors);

        impl Augment<$how> {
            /// The layer with its factor and the range of values.
            #[must_use]
            pub const fn new(factor: &[f32], value_range: &[f32]) -> Self {
                Augment::by($how(Colors {
                    $field: Some(range(factor, $least)),
                    values: values(value_range),
                    ..NOTHING
                }))
            }
        }

        delegates!($how);
    };
}

macro_rules! delegates {
    ($how:ident) => {
        impl Recolor for $how {
            type Drawn = Drawn;

            fn draw(&self, _: Image, draws: &mut Draws) -> Drawn {
                self.0.drawn(draws)
            }

            fn recolor(&self, drawn: &Drawn, image: Image, y: &mut [f32]) {
                self.0.all(drawn, image, y);
            }

            fn back(&self, drawn: &Drawn, image: Image, x: &[f32], dy: &mut [f32]) {
                self.0.all_back(drawn, image, x, dy);
            }
        }
    };
}

colors! {
    /// Makes each image brighter or darker.
    RandomBrightness Brightness brightness -1.0
}
colors! {
    /// Pulls the values of each image apart, or to their mean.
    RandomContrast Contrast contrast 0.0
}
colors! {
    /// Makes the colours of each image stronger or weaker.
    RandomSaturation Saturation saturation -1.0
}
colors! {
    /// Turns the colours of each image into their neighbours on the circle.
    RandomHue Hue hue 0.0
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Jitter(Colors);

/// Changes brightness, contrast, saturation and hue of each image.
///
/// In a layer list `RandomColorJitter(..)`, whose arguments are explained in `kseq::layers::RandomColorJitter`.
pub type RandomColorJitter = Augment<Jitter>;

impl Augment<Jitter> {
    /// The layer with the range of values and its factors: nothing is done where there is none.
    #[must_use]
    pub const fn new(
        value_range: &[f32],
        brightness: &[f32],
        contrast: &[f32],
        saturation: &[f32],
        hue: &[f32],
    ) -> Self {
        const fn given(factor: &[f32], least: f32) -> Option<[f32; 2]> {
            if factor.is_empty() {
                None
            } else {
                Some(range(factor, least))
            }
        }
        Augment::by(Jitter(Colors {
            brightness: given(brightness, -1.0),
            contrast: given(contrast, 0.0),
            saturation: given(saturation, -1.0),
            hue: given(hue, 0.0),
            values: values(value_range),
        }))
    }
}

delegates!(Jitter);

/// What is drawn for an image.
#[derive(Clone, Copy, Default)]
pub struct Drawn {
    pub(super) delta: Option<f32>,
    pub(super) contrast: Option<f32>,
    pub(super) saturation: Option<f32>,
    pub(super) hue: Option<f32>,
}

impl Colors {
    fn drawn(&self, draws: &mut Draws) -> Drawn {
        let [low, high] = self.values;
        Drawn {
            delta: self
                .brightness
                .map(|range| draws.uniform(range) * (high - low)),
            contrast: self
                .contrast
                .map(|[a, b]| draws.uniform([1.0 - a, 1.0 + b])),
            saturation: self.saturation.map(|range| {
                let factor = draws.uniform(range);
                factor / (1.0 - factor + 1e-7)
            }),
            hue: self.hue.map(|range| {
                let sign = draws.sign();
                sign * draws.uniform(range) * 0.5
            }),
        }
    }

    fn clip<T: Number>(&self, x: T) -> T {
        x.clip(self.values)
    }

    /// A value after the change of brightness.
    fn brightened(&self, drawn: &Drawn, x: f32) -> f32 {
        drawn.delta.map_or(x, |delta| self.clip(x + delta))
    }

    /// A value before it is clipped to the range after the change of contrast.
    fn contrasted(&self, drawn: &Drawn, x: f32, mean: f32) -> f32 {
        drawn
            .contrast
            .map_or(x, |factor| (x - mean) * factor + mean)
    }

    /// A pixel after the changes of saturation and hue.
    fn turned<T: Number>(&self, drawn: &Drawn, mut pixel: [T; 3]) -> [T; 3] {
        let [low, high] = self.values;
        if let Some(factor) = drawn.saturation {
            let [h, s, v] = hsv(pixel);
            pixel = rgb([h, self.clip(s * T::of(factor)), v]);
        }
        if let Some(shift) = drawn.hue {
            let scale = T::of(high - low);
            let [h, s, v] = hsv(pixel.map(|x| (x - T::of(low)) / scale));
            let h = h + T::of(shift);
            let turn = if h.value() > 1.0 {
                -1.0
            } else if h.value() < 0.0 {
                1.0
            } else {
                0.0
            };
            let pixel = rgb([h + T::of(turn), s, v]);
            return pixel.map(|x| x.clip([0.0, 1.0]) * scale + T::of(low));
        }
        pixel
    }

    /// The mean of a channel after the change of brightness, if one of contrast follows.
    fn mean(&self, drawn: &Drawn, image: Image, x: &[f32], channel: usize) -> f32 {
        if drawn.contrast.is_none() {
            return 0.0;
        }
        let mut sum = 0.0;
        for pixel in rows(x, image.channels) {
            sum += f64::from(self.brightened(drawn, value(pixel, channel)));
        }
        (sum / (image.height * image.width).max(1) as f64) as f32
    }

    fn all(&self, drawn: &Drawn, image: Image, y: &mut [f32]) {
        for channel in 0..image.channels {
            let mean = self.mean(drawn, image, y, channel);
            for y in y.iter_mut().skip(channel).step_by(image.channels.max(1)) {
                let x = self.brightened(drawn, *y);
                let x = self.contrasted(drawn, x, mean);
                *y = if drawn.contrast.is_some() {
                    self.clip(x)
                } else {
                    x
                };
            }
        }
        if drawn.saturation.is_some() || drawn.hue.is_some() {
            for pixel in y.as_chunks_mut::<3>().0 {
                *pixel = self.turned(drawn, *pixel);
            }
        }
    }

    fn all_back(&self, drawn: &Drawn, image: Image, x: &[f32], dy: &mut [f32]) {
        if drawn.saturation.is_some() || drawn.hue.is_some() {
            let means = [0, 1, 2].map(|channel| self.mean(drawn, image, x, channel));
            for (x, dy) in x.as_chunks::<3>().0.iter().zip(dy.as_chunks_mut::<3>().0) {
                let mut pixel = [0, 1, 2].map(Dual::variable);
                for ((dual, x), mean) in pixel.iter_mut().zip(x).zip(means) {
                    let x = self.contrasted(drawn, self.brightened(drawn, *x), mean);
                    dual.value = if drawn.contrast.is_some() {
                        self.clip(x)
                    } else {
                        x
                    };
                }
                let mut back = [0.0; 3];
                for (out, dy) in self.turned(drawn, pixel).iter().zip(&*dy) {
                    back.iter_mut()
                        .zip(out.by)
                        .for_each(|(back, by)| *back += by * dy);
                }
                *dy = back;
            }
        }
        let pixels = (image.height * image.width).max(1) as f32;
        for channel in 0..image.channels {
            let mean = self.mean(drawn, image, x, channel);
            let (mut of_mean, step) = (0.0, image.channels.max(1));
            if let Some(factor) = drawn.contrast {
                for (x, dy) in x.iter().zip(dy.iter_mut()).skip(channel).step_by(step) {
                    let y = self.contrasted(drawn, self.brightened(drawn, *x), mean);
                    *dy = if self.holds(y) { *dy } else { 0.0 };
                    of_mean += *dy * (1.0 - factor) / pixels;
                    *dy *= factor;
                }
            }
            for (x, dy) in x.iter().zip(dy.iter_mut()).skip(channel).step_by(step) {
                let is_inside = drawn.delta.is_none_or(|delta| self.holds(x + delta));
                *dy = if is_inside { *dy + of_mean } else { 0.0 };
            }
        }
    }

    fn holds(&self, x: f32) -> bool {
        let [low, high] = self.values;
        x >= low && x <= high
    }
}

/// A number, or one with its derivatives.
pub(super) trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    fn of(value: f32) -> Self;

    fn value(self) -> f32;

    fn clip(self, [low, high]: [f32; 2]) -> Self {
        match self.value() {
            x if x < low => Self::of(low),
            x if x > high => Self::of(high),
            _ => self,
        }
    }

    fn abs(self) -> Self {
        if self.value() < 0.0 {
            Self::of(0.0) - self
        } else {
            self
        }
    }
}

impl Number for f32 {
    fn of(value: f32) -> f32 {
        value
    }

    fn value(self) -> f32 {
        self
    }
}

/// A number and how it changes with the three values of a pixel.
#[derive(Clone, Copy)]
struct Dual {
    value: f32,
    by: [f32; 3],
}

impl Dual {
    fn variable(channel: usize) -> Self {
        let mut by = [0.0; 3];
        by.iter_mut().skip(channel).take(1).for_each(|by| *by = 1.0);
        Dual { value: 0.0, by }
    }

    /// `a` times the changes of one and `b` times those of the other.
    fn with(value: f32, a: f32, one: Dual, b: f32, other: Dual) -> Dual {
        let mut by = one.by.map(|x| a * x);
        by.iter_mut().zip(other.by).for_each(|(by, x)| *by += b * x);
        Dual { value, by }
    }
}

impl Number for Dual {
    fn of(value: f32) -> Dual {
        Dual {
            value,
            by: [0.0; 3],
        }
    }

    fn value(self) -> f32 {
        self.value
    }
}

impl Add for Dual {
    type Output = Dual;
    fn add(self, other: Dual) -> Dual {
        Dual::with(self.value + other.value, 1.0, self, 1.0, other)
    }
}
impl Sub for Dual {
    type Output = Dual;
    fn sub(self, other: Dual) -> Dual {
        Dual::with(self.value - other.value, 1.0, self, -1.0, other)
    }
}
impl Mul for Dual {
    type Output = Dual;
    fn mul(self, other: Dual) -> Dual {
        Dual::with(
            self.value * other.value,
            other.value,
            self,
            self.value,
            other,
        )
    }
}
impl Div for Dual {
    type Output = Dual;
    fn div(self, other: Dual) -> Dual {
        let value = self.value / other.value;
        Dual::with(value, 1.0 / other.value, self, -value / other.value, other)
    }
}

/// Hue, saturation and value of red, green and blue.
fn hsv<T: Number>([r, g, b]: [T; 3]) -> [T; 3] {
    let larger = |a: T, b: T| if b.value() > a.value() { b } else { a };
    let smaller = |a: T, b: T| if b.value() < a.value() { b } else { a };
    let (most, least) = (larger(larger(r, g), b), smaller(smaller(r, g), b));
    let range = most - least;
    let saturation = if most.value() > 0.0 {
        range / most
    } else {
        T::of(0.0)
    };
    if range.value() <= 0.0 {
        return [T::of(0.0), saturation, most];
    }
    let sixths = |x: T, first: f32| x / (T::of(6.0) * range) + T::of(first / 6.0);
    let hue = if r.value() == most.value() {
        sixths(g - b, 0.0)
    } else if g.value() == most.value() {
        sixths(b - r, 2.0)
    } else {
        sixths(r - g, 4.0)
    };
    let hue = if hue.value() < 0.0 {
        hue + T::of(1.0)
    } else {
        hue
    };
    [hue, saturation, most]
}

fn rgb<T: Number>([h, s, v]: [T; 3]) -> [T; 3] {
    let h = h * T::of(6.0);
    let share = |x: T| x.clip([0.0, 1.0]);
    let shares = [
        share((h - T::of(3.0)).abs() - T::of(1.0)),
        share(T::of(2.0) - (h - T::of(2.0)).abs()),
        share(T::of(2.0) - (h - T::of(4.0)).abs()),
    ];
    shares.map(|share| (T::of(1.0) - s + s * share) * v)
}
