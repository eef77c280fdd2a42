//! `RandomRotation`, `RandomZoom`, `RandomTranslation`, `RandomShear`, `RandomPerspective`: each pixel comes from another place.
//!
//! The place of a pixel (x, y) is `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` with `k = c0 x + c1 y + 1`, as in
//! TensorFlow's `ImageProjectiveTransformV3`, also where that is beyond the borders. The gradient is that of the sums over pixels
//! (TensorFlow's is an approximation: the opposite transformation).

use super::{Augment, Augmentation, Draws, Image, range};
use crate::base::part::{copy, part, part_mut, rows, rows_mut};
use crate::layers::resizing::Interpolation;
use crate::math;

/// What is beyond the borders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FillMode {
    /// The image in a mirror: `dcba|abcd|dcba`.
    Reflect,
    /// The image again: `abcd|abcd|abcd`.
    Wrap,
    /// A value.
    Constant,
    /// The pixels of the border: `aaaa|abcd|dddd`.
    Nearest,
}

/// How pixels are taken from places.
#[derive(Clone, Copy)]
pub struct Fill {
    mode: FillMode,
    between: bool,
    value: f32,
}

impl Fill {
    pub(super) const fn new(mode: FillMode, interpolation: Interpolation, value: f32) -> Self {
        let between = matches!(interpolation, Interpolation::Bilinear);
        Fill {
            mode,
            between,
            value,
        }
    }

    /// The place within the image.
    fn inside(self, at: f32, size: usize) -> f32 {
        let last = size.saturating_sub(1) as f32;
        let size = size as f32;
        let at = match self.mode {
            FillMode::Constant => return at,
            FillMode::Nearest => at,
            _ if last < 1.0 => 0.0,
            FillMode::Reflect if at < 0.0 => {
                let twice = 2.0 * size;
                let at = if at < twice {
                    twice * trunc(-at / twice) + at
                } else {
                    at
                };
                if at < -size { at + twice } else { -at - 1.0 }
            }
            FillMode::Reflect if at > last => {
                let twice = 2.0 * size;
                let at = at - twice * trunc(at / twice);
                if at >= size { twice - at - 1.0 } else { at }
            }
            FillMode::Wrap if at < 0.0 => at + size * (trunc(-at / last) + 1.0),
            FillMode::Wrap if at > last => at - size * trunc(at / last),
            _ => at,
        };
        at.max(0.0).min(last)
    }

    /// Calls `f` with the up to four pixels that make the one at this place, and their shares; `None` is beyond the borders.
    fn pixels(self, [x, y]: [f32; 2], image: Image, mut f: impl FnMut(Option<usize>, f32)) {
        let (x, y) = (self.inside(x, image.width), self.inside(y, image.height));
        let mut read = |x: f32, y: f32, share: f32| {
            let is_there =
                x >= 0.0 && y >= 0.0 && x < image.width as f32 && y < image.height as f32;
            let at = (y as usize * image.width + x as usize) * image.channels;
            f(is_there.then_some(at), share);
        };
        if !self.between {
            return read(round(x), round(y), 1.0);
        }
        let (left, above) = (math::floor(x), math::floor(y));
        let (across, down) = (x - left, y - above);
        read(left, above, (1.0 - across) * (1.0 - down));
        read(left + 1.0, above, across * (1.0 - down));
        read(left, above + 1.0, (1.0 - across) * down);
        read(left + 1.0, above + 1.0, across * down);
    }

    /// Every pixel of an image from its place.
    pub(super) fn warp(self, matrix: &[f32; 8], image: Image, x: &[f32], y: &mut [f32]) {
        let mut places = places(matrix, image);
        for y in rows_mut(y, image.channels) {
            y.fill(0.0);
            let Some(place) = places.next().unwrap_or(None) else {
                y.fill(self.value);
                continue;
            };
            self.pixels(place, image, |at, share| match at {
                Some(at) => {
                    let x = part(x, at, image.channels);
                    y.iter_mut().zip(x).for_each(|(y, x)| *y += share * x);
                }
                None => y.iter_mut().for_each(|y| *y += share * self.value),
            });
        }
    }

    pub(super) fn back(self, matrix: &[f32; 8], image: Image, dy: &[f32], dx: &mut [f32]) {
        dx.fill(0.0);
        let mut places = places(matrix, image);
        for dy in rows(dy, image.channels) {
            let Some(place) = places.next().unwrap_or(None) else {
                continue;
            };
            self.pixels(place, image, |at, share| {
                let Some(at) = at else { return };
                let dx = part_mut(dx, at, image.channels);
                dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += share * dy);
            });
        }
    }
}

/// Where the pixels of an image come from, row by row; `None` is infinitely far away.
fn places(matrix: &[f32; 8], image: Image) -> impl Iterator<Item = Option<[f32; 2]>> {
    let [a0, a1, a2, b0, b1, b2, c0, c1] = *matrix;
    let (width, mut x, mut y) = (image.width, 0, 0);
    core::iter::from_fn(move || {
        let (u, v) = (x as f32, y as f32);
        (x, y) = if x + 1 < width {
            (x + 1, y)
        } else {
            (0, y + 1)
        };
        let k = c0 * u + c1 * v + 1.0;
        let is_finite = k != 0.0;
        Some(is_finite.then(|| [(a0 * u + a1 * v + a2) / k, (b0 * u + b1 * v + b2) / k]))
    })
}

fn trunc(x: f32) -> f32 {
    if x < 0.0 {
        -math::floor(-x)
    } else {
        math::floor(x)
    }
}

/// Halves go away from 0.
fn round(x: f32) -> f32 {
    if x < 0.0 {
        -math::floor(0.5 - x)
    } else {
        math::floor(x + 0.5)
    }
}

macro_rules! warps {
    ($how:ident) => {
        impl Augmentation for $how {
            type Drawn = Option<[f32; 8]>;

            fn draw(&self, image: Image, draws: &mut Draws) -> Self::Drawn {
                self.matrix(image, draws)
            }

            fn apply(&self, drawn: &Self::Drawn, image: Image, x: &[f32], y: &mut [f32]) {
                match drawn {
                    Some(matrix) => self.fill.warp(matrix, image, x, y),
                    None => copy(y, x),
                }
            }

            fn back(
                &self,
                drawn: &Self::Drawn,
                image: Image,
                _: &[f32],
                dy: &[f32],
                dx: &mut [f32],
            ) {
                match drawn {
                    Some(matrix) => self.fill.back(matrix, image, dy, dx),
                    None => copy(dx, dy),
                }
            }
        }
    };
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Rotation {
    turns: [f32; 2],
    fill: Fill,
}

/// Turns each image by an angle.
///
/// In a layer list `RandomRotation(..)`, whose arguments are explained in `kseq::layers::RandomRotation`.
pub type RandomRotation = Augment<Rotation>;

impl RandomRotation {
    /// The layer with the share of a full turn.
    #[must_use]
    pub const fn new(
        factor: &[f32],
        mode: FillMode,
        interpolation: Interpolation,
        value: f32,
    ) -> Self {
        Augment::by(Rotation {
            turns: range(factor, -1.0),
            fill: Fill::new(mode, interpolation, value),
        })
    }
}

impl Rotation {
    fn matrix(&self, image: Image, draws: &mut Draws) -> Option<[f32; 8]> {
        Some(rotation(
            draws.uniform(self.turns) * core::f32::consts::TAU,
            image,
        ))
    }
}

/// About the middle.
pub(super) fn rotation(angle: f32, image: Image) -> [f32; 8] {
    let [sin, cos] = math::sin_cos(angle);
    let cx = 0.5 * (image.width as f32 - 1.0);
    let cy = 0.5 * (image.height as f32 - 1.0);
    [
        cos,
        -sin,
        cx - cx * cos + cy * sin,
        sin,
        cos,
        cy - cx * sin - cy * cos,
        0.0,
        0.0,
    ]
}

warps!(Rotation);

/// What is done.
#[derive(Clone, Copy)]
pub struct Zoom {
    height: [f32; 2],
    width: Option<[f32; 2]>,
    fill: Fill,
}

/// Makes what each image shows larger or smaller.
///
/// In a layer list `RandomZoom(..)`, whose arguments are explained in `kseq::layers::RandomZoom`.
pub type RandomZoom = Augment<Zoom>;

impl RandomZoom {
    /// The layer with how much more of the image is seen, and without a width in both directions.
    #[must_use]
    pub const fn new(
        height: &[f32],
        width: &[f32],
        mode: FillMode,
        interpolation: Interpolation,
        value: f32,
    ) -> Self {
        Augment::by(Zoom {
            height: range(height, -1.0),
            width: if width.is_empty() {
                None
            } else {
                Some(range(width, -1.0))
            },
            fill: Fill::new(mode, interpolation, value),
        })
    }
}

impl Zoom {
    fn matrix(&self, image: Image, draws: &mut Draws) -> Option<[f32; 8]> {
        let height = 1.0 + draws.uniform(self.height);
        let width = self
            .width
            .map_or(height, |width| 1.0 + draws.uniform(width));
        Some(zoom(height, width, image))
    }
}

pub(super) fn zoom(height: f32, width: f32, image: Image) -> [f32; 8] {
    let x = (image.width as f32 - 1.0) / 2.0 * (1.0 - width);
    let y = (image.height as f32 - 1.0) / 2.0 * (1.0 - height);
    [width, 0.0, x, 0.0, height, y, 0.0, 0.0]
}

warps!(Zoom);

/// What is done.
#[derive(Clone, Copy)]
pub struct Translation {
    height: [f32; 2],
    width: [f32; 2],
    fill: Fill,
}

/// Moves each image.
///
/// In a layer list `RandomTranslation(..)`, whose arguments are explained in `kseq::layers::RandomTranslation`.
pub type RandomTranslation = Augment<Translation>;

impl RandomTranslation {
    /// The layer with the shares of height and width.
    #[must_use]
    pub const fn new(
        height: &[f32],
        width: &[f32],
        mode: FillMode,
        interpolation: Interpolation,
        value: f32,
    ) -> Self {
        Augment::by(Translation {
            height: range(height, -1.0),
            width: range(width, -1.0),
            fill: Fill::new(mode, interpolation, value),
        })
    }
}

impl Translation {
    fn matrix(&self, image: Image, draws: &mut Draws) -> Option<[f32; 8]> {
        let y = draws.uniform(self.height) * image.height as f32;
        let x = draws.uniform(self.width) * image.width as f32;
        Some([1.0, 0.0, -x, 0.0, 1.0, -y, 0.0, 0.0])
    }
}

warps!(Translation);

/// What is done.
#[derive(Clone, Copy)]
pub struct Shear {
    x: [f32; 2],
    y: [f32; 2],
    fill: Fill,
}

/// Slants each image.
///
/// In a layer list `RandomShear(..)`, whose arguments are explained in `kseq::layers::RandomShear`.
pub type RandomShear = Augment<Shear>;

impl RandomShear {
    /// The layer with how far a row moves for each row, and a column for each column.
    #[must_use]
    pub const fn new(
        x: &[f32],
        y: &[f32],
        interpolation: Interpolation,
        mode: FillMode,
        value: f32,
    ) -> Self {
        Augment::by(Shear {
            x: range(x, -1.0),
            y: range(y, -1.0),
            fill: Fill::new(mode, interpolation, value),
        })
    }
}

impl Shear {
    fn matrix(&self, _: Image, draws: &mut Draws) -> Option<[f32; 8]> {
        let sign = draws.sign();
        let (y, x) = (sign * draws.uniform(self.y), sign * draws.uniform(self.x));
        Some([1.0, x, 0.0, y, 1.0, 0.0, 0.0, 0.0])
    }
}

warps!(Shear);

/// What is done.
#[derive(Clone, Copy)]
pub struct Perspective {
    factor: [f32; 2],
    scale: f32,
    fill: Fill,
}

/// Looks at images from the side.
///
/// In a layer list `RandomPerspective(..)`, whose arguments are explained in `kseq::layers::RandomPerspective`.
pub type RandomPerspective = Augment<Perspective>;

impl RandomPerspective {
    /// The layer with the share of images, and how far their corners move.
    #[must_use]
    pub const fn new(factor: &[f32], scale: f32, interpolation: Interpolation, value: f32) -> Self {
        Augment::by(Perspective {
            factor: range(factor, 0.0),
            scale,
            fill: Fill::new(FillMode::Constant, interpolation, value),
        })
    }
}

impl Perspective {
    fn matrix(&self, image: Image, draws: &mut Draws) -> Option<[f32; 8]> {
        if !draws.happens(self.factor) {
            return None;
        }
        let (right, below) = (image.width as f32 - 1.0, image.height as f32 - 1.0);
        let corners = [[0.0, 0.0], [right, 0.0], [0.0, below], [right, below]];
        let half = 0.5 * self.scale;
        let moved = corners.map(|corner| corner.map(|at| at + at * draws.uniform([-half, half])));
        homography(&corners, &moved)
    }
}

warps!(Perspective);

/// The transformation whose places of the points `to` are the points `from`; `None` if there is none.
pub(super) fn homography(from: &[[f32; 2]; 4], to: &[[f32; 2]; 4]) -> Option<[f32; 8]> {
    let mut rows = [[0.0f64; 9]; 8];
    let points = from
        .iter()
        .zip(to)
        .map(|(from, to)| (from.map(f64::from), to.map(f64::from)));
    for (pair, ([x, y], [u, v])) in rows.as_chunks_mut::<2>().0.iter_mut().zip(points) {
        *pair = [
            [u, v, 1.0, 0.0, 0.0, 0.0, -x * u, -x * v, x],
            [0.0, 0.0, 0.0, u, v, 1.0, -y * u, -y * v, y],
        ];
    }
    // Elimination with the largest pivot.
    for column in 0..8 {
        let size = |row: &[f64; 9]| row.get(column).map_or(0.0, |x| x.abs());
        let (mut best, mut largest) = (column, 0.0);
        for (i, row) in rows.iter().enumerate().skip(column) {
            if size(row) > largest {
                (best, largest) = (i, size(row));
            }
        }
        if largest < 1e-12 {
            return None;
        }
        rows.swap(column, best);
        let pivot = rows.get(column).copied().unwrap_or([0.0; 9]);
        for (i, row) in rows.iter_mut().enumerate() {
            if i == column {
                continue;
            }
            let at = |row: &[f64; 9]| row.get(column).copied().unwrap_or(0.0);
            let factor = at(row) / at(&pivot);
            row.iter_mut()
                .zip(pivot)
                .for_each(|(x, p)| *x -= factor * p);
        }
    }
    let mut matrix = [0.0; 8];
    for (i, (to, row)) in matrix.iter_mut().zip(&rows).enumerate() {
        let [.., last] = row;
        *to = (last / row.get(i).copied().unwrap_or(1.0)) as f32;
    }
    Some(matrix)
}
