//! `RandomSharpness`, `RandomGaussianBlur`: each value with those around it.

use super::{Augment, Augmentation, Draws, Image, MOST, range, values};
use crate::base::part::{copy, part, part_mut};
use crate::math;

/// The weights of what is around a value: `y[row][column]`, of odd sizes.
trait Kernel {
    /// Rows and columns.
    fn size(&self) -> [usize; 2];

    fn weight(&self, row: usize, column: usize) -> f32;

    /// Calls `f` with the pixels around one that there are, and their weights.
    fn around(&self, at: usize, image: Image, mut f: impl FnMut(usize, f32)) {
        let [rows, columns] = self.size();
        let width = image.width.max(1);
        let (y, x) = (at / width, at % width);
        for row in 0..rows {
            let Some(v) = (y + row)
                .checked_sub(rows / 2)
                .filter(|v| *v < image.height)
            else {
                continue;
            };
            for column in 0..columns {
                let u = (x + column).checked_sub(columns / 2);
                if let Some(u) = u.filter(|u| *u < image.width) {
                    f(v * width + u, self.weight(row, column));
                }
            }
        }
    }

    /// One channel of a pixel with those around it.
    fn sum(&self, x: &[f32], at: usize, channel: usize, image: Image) -> f32 {
        let mut sum = 0.0;
        self.around(at, image, |place, weight| {
            let x = part(x, place * image.channels + channel, 1);
            x.iter().for_each(|x| sum += weight * x);
        });
        sum
    }
}

/// `y = x + share * (sum - x)` for each value, in a range; the gradient goes the same way back.
fn mixed(
    kernel: &impl Kernel,
    share: f32,
    [low, high]: [f32; 2],
    image: Image,
    x: &[f32],
    y: &mut [f32],
) {
    let channels = image.channels.max(1);
    for (i, (x_i, y)) in x.iter().zip(y).enumerate() {
        let sum = kernel.sum(x, i / channels, i % channels, image);
        *y = (x_i + share * (sum - x_i)).max(low).min(high);
    }
}

fn mixed_back(
    kernel: &impl Kernel,
    share: f32,
    [low, high]: [f32; 2],
    image: Image,
    [x, dy]: [&[f32]; 2],
    dx: &mut [f32],
) {
    dx.fill(0.0);
    let channels = image.channels.max(1);
    for (i, (x_i, dy)) in x.iter().zip(dy).enumerate() {
        let (at, channel) = (i / channels, i % channels);
        let y = x_i + share * (kernel.sum(x, at, channel, image) - x_i);
        if y < low || y > high {
            continue;
        }
        let mut add = |at: usize, weight: f32| {
            let dx = part_mut(dx, at * channels + channel, 1);
            dx.iter_mut().for_each(|dx| *dx += weight * dy);
        };
        add(at, 1.0 - share);
        kernel.around(at, image, |place, weight| add(place, share * weight));
    }
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Sharpen {
    factor: [f32; 2],
    values: [f32; 2],
}

/// Makes each image sharper or smoother.
///
/// In a layer list `RandomSharpness(..)`, whose arguments are explained in `kseq::layers::RandomSharpness`.
pub type RandomSharpness = Augment<Sharpen>;

impl RandomSharpness {
    /// The layer with its factor (0 is smooth, 0.5 leaves the image) and the range of values.
    #[must_use]
    pub const fn new(factor: &[f32], value_range: &[f32]) -> Self {
        Augment::by(Sharpen {
            factor: range(factor, 0.0),
            values: values(value_range),
        })
    }
}

/// A mean of nine pixels, in which the middle counts more.
struct Smooth;

impl Kernel for Smooth {
    fn size(&self) -> [usize; 2] {
        [3; 2]
    }

    fn weight(&self, row: usize, column: usize) -> f32 {
        if (row, column) == (1, 1) {
            5.0 / 13.0
        } else {
            1.0 / 13.0
        }
    }
}

impl Augmentation for Sharpen {
    /// How much of the difference to the smooth image is added.
    type Drawn = f32;

    fn draw(&self, _: Image, draws: &mut Draws) -> f32 {
        1.0 - 2.0 * draws.uniform(self.factor)
    }

    fn apply(&self, drawn: &f32, image: Image, x: &[f32], y: &mut [f32]) {
        mixed(&Smooth, *drawn, self.values, image, x, y);
    }

    fn back(&self, drawn: &f32, image: Image, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        mixed_back(&Smooth, *drawn, self.values, image, [x, dy], dx);
    }
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Blur {
    factor: [f32; 2],
    kernel_size: [usize; 2],
    sigma: [f32; 2],
    values: [f32; 2],
}

/// Blurs some images.
///
/// In a layer list `RandomGaussianBlur(..)`, whose arguments are explained in `kseq::layers::RandomGaussianBlur`.
pub type RandomGaussianBlur = Augment<Blur>;

impl RandomGaussianBlur {
    /// The layer with the share of images, the size of the window, how wide the blur is in it, and the range of values.
    #[must_use]
    pub const fn new(
        factor: &[f32],
        kernel_size: [usize; 2],
        sigma: &[f32],
        value_range: &[f32],
    ) -> Self {
        Augment::by(Blur {
            factor: range(factor, 0.0),
            kernel_size,
            sigma: range(sigma, 0.0),
            values: values(value_range),
        })
    }
}

/// A bell over rows and columns.
pub struct Bell {
    size: [usize; 2],
    rows: [f32; MOST],
    columns: [f32; MOST],
}

impl Bell {
    pub(super) fn new(size: [usize; 2], [x, y]: [f32; 2]) -> Self {
        // (Keras's first size and sigma are those of the columns.)
        let of = |size: usize, sigma: f32| {
            let mut weights = [0.0; MOST];
            let middle = (size as f32 - 1.0) / 2.0;
            let mut sum = 0.0;
            for (i, weight) in weights.iter_mut().take(size).enumerate() {
                let x = (i as f32 - middle) / sigma;
                *weight = math::exp(-0.5 * x * x);
                sum += *weight;
            }
            weights.map(|weight| weight / sum)
        };
        let [first, second] = size;
        Bell {
            size,
            rows: of(second, y),
            columns: of(first, x),
        }
    }
}

impl Kernel for Bell {
    fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Of sizes that are not equal the weights lie as Keras's do, which counts them through in the order of the other sizes.
    fn weight(&self, row: usize, column: usize) -> f32 {
        let [first, second] = self.size;
        let at = row * second + column;
        let (row, column) = (at / first.max(1), at % first.max(1));
        let of = |weights: &[f32; MOST], i: usize| weights.get(i).copied().unwrap_or(0.0);
        of(&self.rows, row) * of(&self.columns, column)
    }
}

impl Augmentation for Blur {
    type Drawn = Option<Bell>;

    fn draw(&self, _: Image, draws: &mut Draws) -> Option<Bell> {
        let happens = draws.happens(self.factor);
        let sigma = [(); 2].map(|()| draws.uniform_of_all(self.sigma) + 1e-6);
        happens.then(|| Bell::new(self.kernel_size, sigma))
    }

    fn apply(&self, drawn: &Option<Bell>, image: Image, x: &[f32], y: &mut [f32]) {
        match drawn {
            Some(bell) => mixed(bell, 1.0, self.values, image, x, y),
            None => {
                copy(y, x);
                let [low, high] = self.values;
                y.iter_mut().for_each(|y| *y = y.max(low).min(high));
            }
        }
    }

    fn back(&self, drawn: &Option<Bell>, image: Image, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        match drawn {
            Some(bell) => mixed_back(bell, 1.0, self.values, image, [x, dy], dx),
            None => mixed_back(&Smooth, 0.0, self.values, image, [x, dy], dx),
        }
    }
}
