//! `ImageDataGenerator`: images that are turned, shifted, zoomed and flipped at random while they are
//! trained on.
//!
//! Source: Keras 3.15 `legacy/preprocessing/image.py`; the warp is `scipy.ndimage.affine_transform` of
//! order 1.

use super::super::fit::argument;
use super::batch::{BatchOf, Failure, IntoBatch};
use super::sequence::Sequence;
use crate::error::Error;
use crate::rng::{Purpose, Rng};
use crate::tensor::Tensor;
use crate::text::Note;

/// An image: rows of pixels of `C` channels, `[[[f32; C]; W]; H]`.
pub trait Image: Tensor<Elem = f32> {
    /// Height, width and channels.
    const SIZE: [usize; 3];
}

impl<const H: usize, const W: usize, const C: usize> Image for [[[f32; C]; W]; H] {
    const SIZE: [usize; 3] = [H, W, C];
}

/// What a pixel is whose place in the original lies outside; of a row `a b c d`:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FillMode {
    /// `a a a a | a b c d | d d d d`
    #[default]
    Nearest,
    /// `k k k k | a b c d | k k k k` with `k` of [`ImageDataGenerator::cval`].
    Constant,
    /// `d c b a | a b c d | d c b a`
    Reflect,
    /// `a b c d | a b c d | a b c d`
    Wrap,
}

impl FillMode {
    /// Which pixel of a row of `n` stands for the one at `i`; for a constant none, if it lies outside.
    fn index(self, i: i64, n: usize) -> Option<usize> {
        let last = n as i64 - 1;
        let i = match self {
            FillMode::Nearest => i.clamp(0, last),
            FillMode::Constant if (0..=last).contains(&i) => i,
            FillMode::Constant => return None,
            FillMode::Wrap => i.rem_euclid(n as i64),
            FillMode::Reflect => {
                let i = i.rem_euclid(2 * n as i64);
                i.min(2 * last + 1 - i)
            }
        };
        Some(i as usize)
    }
}

/// One transformation of an image, under Keras's names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    /// The angle in degrees; a positive one turns the image counter-clockwise.
    pub theta: f32,
    /// The shift to the left in pixels.
    pub tx: f32,
    /// The shift upwards in pixels.
    pub ty: f32,
    /// The width of what is seen, as a part of the image's: below 1 enlarges.
    pub zx: f32,
    /// The height of what is seen.
    pub zy: f32,
    /// Left and right are exchanged, after all else.
    pub flip_horizontal: bool,
    /// Top and bottom are exchanged, after all else.
    pub flip_vertical: bool,
}

impl Default for Transform {
    fn default() -> Self {
        Transform {
            theta: 0.0,
            tx: 0.0,
            ty: 0.0,
            zx: 1.0,
            zy: 1.0,
            flip_horizontal: false,
            flip_vertical: false,
        }
    }
}

impl Transform {
    /// From the place of a pixel, seen from the centre, to that in the original:
    /// `[a, b, c, d, e, f]` for `x' = a x + b y + c`, `y' = d x + e y + f`. It is
    /// rotation * shift * zoom.
    fn matrix(&self) -> [f64; 6] {
        let theta = f64::from(self.theta).to_radians();
        let (sin, cos) = match self.theta {
            0.0 => (0.0, 1.0),
            _ => (libm::sin(theta), libm::cos(theta)),
        };
        let [tx, ty, zx, zy] = [self.tx, self.ty, self.zx, self.zy].map(f64::from);
        [
            cos * zx,
            -sin * zy,
            cos * tx - sin * ty,
            sin * zx,
            cos * zy,
            sin * tx + cos * ty,
        ]
    }

    /// Writes the transformed image of `size` (height, width, channels).
    fn apply(
        &self,
        from: &[f32],
        to: &mut [f32],
        [height, width, channels]: [usize; 3],
        (fill, cval): (FillMode, f32),
    ) {
        let still = *self
            == Transform {
                flip_horizontal: self.flip_horizontal,
                flip_vertical: self.flip_vertical,
                ..Transform::default()
            };
        let [a, b, c, d, e, f] = self.matrix();
        let centre = |n: usize| (n as f64 - 1.0) / 2.0;
        let (cx, cy) = (centre(width), centre(height));
        for (row, to) in to.chunks_exact_mut(width * channels).enumerate() {
            let row = if self.flip_vertical {
                height - 1 - row
            } else {
                row
            };
            for (col, to) in to.chunks_exact_mut(channels).enumerate() {
                let col = if self.flip_horizontal {
                    width - 1 - col
                } else {
                    col
                };
                if still {
                    let at = (row * width + col) * channels;
                    to.copy_from_slice(&from[at..at + channels]);
                    continue;
                }
                let (x, y) = (col as f64 - cx, row as f64 - cy);
                let (x, y) = (a * x + b * y + c + cx, d * x + e * y + f + cy);
                let inside = |v: f64, n: usize| v >= 0.0 && v <= n as f64 - 1.0;
                if fill == FillMode::Constant && !(inside(x, width) && inside(y, height)) {
                    to.fill(cval);
                    continue;
                }
                // The four pixels around the place, each with its share.
                let (left, top) = (libm::floor(x), libm::floor(y));
                let (right_share, low_share) = ((x - left) as f32, (y - top) as f32);
                to.fill(0.0);
                for (dy, share_y) in [(0, 1.0 - low_share), (1, low_share)] {
                    for (dx, share_x) in [(0, 1.0 - right_share), (1, right_share)] {
                        let share = share_y * share_x;
                        if share == 0.0 {
                            continue;
                        }
                        let row = fill.index(top as i64 + dy, height);
                        let col = fill.index(left as i64 + dx, width);
                        let (Some(row), Some(col)) = (row, col) else {
                            continue;
                        };
                        let at = (row * width + col) * channels;
                        for (to, from) in to.iter_mut().zip(&from[at..at + channels]) {
                            *to += share * from;
                        }
                    }
                }
            }
        }
    }
}

/// Random changes of images in real time, under the names of Keras's `ImageDataGenerator`; without
/// any of them it changes nothing.
///
/// ```
/// use kseq_core::train::{Flow, ImageDataGenerator, Sequence};
/// let images = vec![[[[1.0f32], [2.0]]]; 8]; // eight images of 1 by 2 pixels
/// let batches = ImageDataGenerator::new()
///     .horizontal_flip(true)
///     .rescale(0.5)
///     .flow(Flow::new(&images, &images, 8)?)?;
/// for image in batches.get(0)?.x {
///     assert!(image == [[[0.5], [1.0]]] || image == [[[1.0], [0.5]]]);
/// }
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ImageDataGenerator {
    seed: u64,
    rotation_range: f32,
    width_shift_range: f32,
    height_shift_range: f32,
    zoom_range: (f32, f32),
    horizontal_flip: bool,
    vertical_flip: bool,
    fill_mode: FillMode,
    cval: f32,
    rescale: f32,
}

impl Default for ImageDataGenerator {
    fn default() -> Self {
        ImageDataGenerator::new()
    }
}

impl ImageDataGenerator {
    /// Changes nothing yet.
    pub const fn new() -> Self {
        ImageDataGenerator {
            seed: 0,
            rotation_range: 0.0,
            width_shift_range: 0.0,
            height_shift_range: 0.0,
            zoom_range: (1.0, 1.0),
            horizontal_flip: false,
            vertical_flip: false,
            fill_mode: FillMode::Nearest,
            cval: 0.0,
            rescale: 1.0,
        }
    }

    /// The seed of the random numbers, besides the model's. Default 0.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Turns by at most so many degrees, either way.
    pub const fn rotation_range(mut self, degrees: f32) -> Self {
        self.rotation_range = degrees;
        self
    }

    /// Shifts sideways by at most this part of the width, or from 1 on, by so many pixels.
    pub const fn width_shift_range(mut self, range: f32) -> Self {
        self.width_shift_range = range;
        self
    }

    /// Shifts up or down by at most this part of the height, or from 1 on, by so many pixels.
    pub const fn height_shift_range(mut self, range: f32) -> Self {
        self.height_shift_range = range;
        self
    }

    /// Width and height of what is seen are drawn, each for itself, from `1 - range` to `1 + range`.
    pub const fn zoom_range(self, range: f32) -> Self {
        self.zoom_between(1.0 - range, 1.0 + range)
    }

    /// The same from `lower` to `upper`: Keras's `zoom_range = [lower, upper]`.
    pub const fn zoom_between(mut self, lower: f32, upper: f32) -> Self {
        self.zoom_range = (lower, upper);
        self
    }

    /// Exchanges left and right, half of the time.
    pub const fn horizontal_flip(mut self, flip: bool) -> Self {
        self.horizontal_flip = flip;
        self
    }

    /// Exchanges top and bottom, half of the time.
    pub const fn vertical_flip(mut self, flip: bool) -> Self {
        self.vertical_flip = flip;
        self
    }

    /// What pixels from outside the image are. Default: the nearest one inside.
    pub const fn fill_mode(mut self, fill_mode: FillMode) -> Self {
        self.fill_mode = fill_mode;
        self
    }

    /// The value of these pixels with [`FillMode::Constant`]. Default 0.
    pub const fn cval(mut self, cval: f32) -> Self {
        self.cval = cval;
        self
    }

    /// What every value is multiplied with, after all else.
    pub const fn rescale(mut self, rescale: f32) -> Self {
        self.rescale = rescale;
        self
    }

    /// The images of a sequence, changed anew in each pass; targets and weights stay.
    ///
    /// The random numbers depend on the seeds, the pass and the batch alone: not on the workers, and a
    /// training that is resumed gets the same images.
    ///
    /// # Errors
    /// An argument outside its range.
    pub fn flow<S>(self, sequence: S) -> Result<ImageFlow<S>, Error>
    where
        S: Sequence,
        <S::Item as IntoBatch>::X: Image,
    {
        for (name, value) in [
            ("rotation_range", self.rotation_range),
            ("width_shift_range", self.width_shift_range),
            ("height_shift_range", self.height_shift_range),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                let why = Note::new().str("expected a finite number of at least 0, found ");
                return Err(argument(name, why.float(value)));
            }
        }
        for (name, value) in [("cval", self.cval), ("rescale", self.rescale)] {
            if !value.is_finite() {
                let why = Note::new().str("expected a finite number, found ");
                return Err(argument(name, why.float(value)));
            }
        }
        let (lower, upper) = self.zoom_range;
        if !(0.0 < lower && lower <= upper && upper.is_finite()) {
            let why = Note::new().str("expected 0 < lower <= upper, found ");
            let why = why.float(lower).str(" to ").float(upper);
            return Err(argument("zoom_range", why));
        }
        Ok(ImageFlow {
            sequence,
            generator: self,
            pass: 0,
        })
    }

    /// A random transformation of an image of this height and width.
    pub fn get_random_transform(&self, height: usize, width: usize, rng: &mut Rng) -> Transform {
        // All are drawn in any case, so that one argument does not change what another does.
        let [theta, tx, ty, zx, zy, horizontal, vertical] = core::array::from_fn(|_| rng.uniform());
        let shift = |u: f32, range: f32, n: usize| {
            let range = if range < 1.0 { range * n as f32 } else { range };
            (2.0 * u - 1.0) * range
        };
        let (lower, upper) = self.zoom_range;
        Transform {
            theta: (2.0 * theta - 1.0) * self.rotation_range,
            tx: shift(tx, self.width_shift_range, width),
            ty: shift(ty, self.height_shift_range, height),
            zx: lower + (upper - lower) * zx,
            zy: lower + (upper - lower) * zy,
            flip_horizontal: self.horizontal_flip && horizontal < 0.5,
            flip_vertical: self.vertical_flip && vertical < 0.5,
        }
    }

    /// Writes images that are transformed, without `rescale`, to `to`.
    ///
    /// ```
    /// use kseq_core::train::{ImageDataGenerator, Transform};
    /// let row = [[[[1.0f32], [2.0], [3.0], [4.0]]]]; // one image of 1 by 4 pixels
    /// let mut shifted = row;
    /// let left = Transform { tx: 1.0, ..Transform::default() };
    /// ImageDataGenerator::new().apply_transform(&row, &mut shifted, &left);
    /// assert_eq!(shifted, [[[[2.0], [3.0], [4.0], [4.0]]]]);
    /// ```
    pub fn apply_transform<X: Image>(&self, from: &[X], to: &mut [X], transform: &Transform) {
        let fill = (self.fill_mode, self.cval);
        let from = X::flat(from).chunks_exact(X::LEN.max(1));
        let to = X::flat_mut(to).chunks_exact_mut(X::LEN.max(1));
        for (from, to) in from.zip(to) {
            transform.apply(from, to, X::SIZE, fill);
        }
    }
}

/// A sequence whose images are changed at random: what [`ImageDataGenerator::flow`] gives.
#[derive(Clone, Debug)]
pub struct ImageFlow<S> {
    sequence: S,
    generator: ImageDataGenerator,
    /// What the random numbers of this pass begin with.
    pass: u64,
}

impl<S> Sequence for ImageFlow<S>
where
    S: Sequence,
    <S::Item as IntoBatch>::X: Image,
{
    type Item = Result<BatchOf<S::Item>, Failure>;

    fn len(&self) -> usize {
        self.sequence.len()
    }

    fn get(&self, index: usize) -> Self::Item {
        let mut batch = self.sequence.get(index).into_batch()?;
        let generator = &self.generator;
        let mut rng = Rng::new(generator.seed, Purpose::User, index as u32, self.pass);
        let mut images = batch.x.clone();
        for (from, to) in batch.x.chunks(1).zip(images.chunks_mut(1)) {
            let [height, width, _] = <<S::Item as IntoBatch>::X as Image>::SIZE;
            let transform = generator.get_random_transform(height, width, &mut rng);
            generator.apply_transform(from, to, &transform);
        }
        batch.x = images;
        if generator.rescale != 1.0 {
            let values = Tensor::flat_mut(&mut batch.x);
            values.iter_mut().for_each(|v| *v *= generator.rescale);
        }
        Ok(batch)
    }

    fn on_epoch_begin(&mut self, rng: &mut Rng) {
        self.pass = u64::from(rng.bits()) << 32 | u64::from(rng.bits());
        self.sequence.on_epoch_begin(rng);
    }

    fn on_epoch_end(&mut self) {
        self.sequence.on_epoch_end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    use crate::train::Flow;

    type Small = [[[f32; 1]; 4]; 3];
    const IMAGE: Small = [
        [[1.0], [2.0], [3.0], [4.0]],
        [[5.0], [6.0], [7.0], [8.0]],
        [[9.0], [10.0], [11.0], [12.0]],
    ];

    fn apply(generator: &ImageDataGenerator, transform: Transform) -> [[f32; 4]; 3] {
        let mut to = [Small::default()];
        generator.apply_transform(&[IMAGE], &mut to, &transform);
        to[0].map(|row| row.map(|[v]| v))
    }

    #[test]
    fn shifts_fill_as_asked() {
        let none = ImageDataGenerator::new().cval(-1.0);
        let shift = |fill, tx, ty| {
            let transform = Transform {
                tx,
                ty,
                ..Transform::default()
            };
            apply(&none.fill_mode(fill), transform)
        };
        let first = |fill, tx| shift(fill, tx, 0.0)[0];
        assert_eq!(first(FillMode::Nearest, 2.0), [3.0, 4.0, 4.0, 4.0]);
        assert_eq!(first(FillMode::Constant, 2.0), [3.0, 4.0, -1.0, -1.0]);
        assert_eq!(first(FillMode::Reflect, 2.0), [3.0, 4.0, 4.0, 3.0]);
        assert_eq!(first(FillMode::Wrap, 2.0), [3.0, 4.0, 1.0, 2.0]);
        assert_eq!(first(FillMode::Nearest, -1.0), [1.0, 1.0, 2.0, 3.0]);
        assert_eq!(first(FillMode::Reflect, -3.0), [3.0, 2.0, 1.0, 1.0]);
        assert_eq!(first(FillMode::Wrap, -5.0), [4.0, 1.0, 2.0, 3.0]);
        // Half a pixel is the mean of two.
        assert_eq!(first(FillMode::Nearest, 0.5), [1.5, 2.5, 3.5, 4.0]);
        assert_eq!(first(FillMode::Constant, 0.5), [1.5, 2.5, 3.5, -1.0]);
        let up = shift(FillMode::Nearest, 0.0, 1.0);
        assert_eq!(up[0], [5.0, 6.0, 7.0, 8.0]);
        assert_eq!(up[2], [9.0, 10.0, 11.0, 12.0]);
    }

    #[test]
    fn flips_zooms_and_turns() {
        let none = ImageDataGenerator::new();
        let with = |f: &dyn Fn(&mut Transform)| {
            let mut transform = Transform::default();
            f(&mut transform);
            apply(&none, transform)
        };
        let original = IMAGE.map(|row| row.map(|[v]| v));
        assert_eq!(with(&|_| {}), original);
        let flipped = with(&|t| t.flip_horizontal = true);
        assert_eq!(flipped[1], [8.0, 7.0, 6.0, 5.0]);
        let flipped = with(&|t| t.flip_vertical = true);
        assert_eq!(flipped, [original[2], original[1], original[0]]);
        // After the shift.
        let both = with(&|t| {
            t.tx = 1.0;
            t.flip_horizontal = true;
        });
        assert_eq!(both[0], [4.0, 4.0, 3.0, 2.0]);
        // Half of the width is seen: from the centre 1.5 at distances 0.25 and 0.75.
        assert_eq!(with(&|t| t.zx = 0.5)[0], [1.75, 2.25, 2.75, 3.25]);
        // Half of the height: rows 0.5, 1 and 1.5.
        let zoomed = with(&|t| t.zy = 0.5).map(|row| row[0]);
        assert_eq!(zoomed, [3.0, 5.0, 7.0]);
        let close = |found: [[f32; 4]; 3], expected: [[f32; 4]; 3]| {
            let pairs = found.as_flattened().iter().zip(expected.as_flattened());
            for (found, expected) in pairs {
                assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
            }
        };
        let turned = with(&|t| t.theta = 180.0);
        let mut expected = [original[2], original[1], original[0]];
        expected.iter_mut().for_each(|row| row.reverse());
        close(turned, expected);
        // A quarter turn: x' = -y, y' = x from the centre (1.5, 1), halves between the pixels.
        let turned = with(&|t| t.theta = 90.0);
        let centre = |row: f32, col: f32| 1.0 + col + 4.0 * row;
        let expected = core::array::from_fn(|row| {
            core::array::from_fn(|col| {
                let (x, y) = (col as f32 - 1.5, row as f32 - 1.0);
                centre((1.0 + x).clamp(0.0, 2.0), (1.5 - y).clamp(0.0, 3.0))
            })
        });
        close(turned, expected);
    }

    #[test]
    fn random_transforms_stay_in_their_ranges() {
        let generator = ImageDataGenerator::new()
            .rotation_range(30.0)
            .width_shift_range(0.25)
            .height_shift_range(2.0)
            .zoom_range(0.5)
            .horizontal_flip(true);
        let mut rng = Rng::new(1, Purpose::User, 0, 0);
        let drawn: Vec<Transform> = (0..1000)
            .map(|_| generator.get_random_transform(10, 20, &mut rng))
            .collect();
        let range = |f: fn(&Transform) -> f32, lower: f32, upper: f32| {
            let least = drawn.iter().map(f).fold(f32::INFINITY, f32::min);
            let most = drawn.iter().map(f).fold(f32::NEG_INFINITY, f32::max);
            let slack = (upper - lower) / 50.0;
            assert!(
                (lower..lower + slack).contains(&least),
                "{least} of {lower}"
            );
            assert!((upper - slack..=upper).contains(&most), "{most} of {upper}");
        };
        range(|t| t.theta, -30.0, 30.0);
        range(|t| t.tx, -5.0, 5.0);
        range(|t| t.ty, -2.0, 2.0);
        range(|t| t.zx, 0.5, 1.5);
        range(|t| t.zy, 0.5, 1.5);
        let flips = drawn.iter().filter(|t| t.flip_horizontal).count();
        assert!((400..600).contains(&flips));
        assert!(drawn.iter().all(|t| !t.flip_vertical));
    }

    #[test]
    fn a_pass_changes_the_images_anew_and_the_same_pass_alike() {
        let images = vec![IMAGE; 6];
        let classes: Vec<u32> = (0..6).collect();
        let generator = ImageDataGenerator::new().rotation_range(45.0).rescale(0.5);
        let flow = Flow::new(&images, &classes, 4).expect("as many");
        let mut flow = generator.flow(flow).expect("good arguments");
        let mut pass = |number| {
            flow.on_epoch_begin(&mut Rng::new(1, Purpose::User, 0, number));
            [0, 1].map(|i| flow.get(i).expect("a batch"))
        };
        let (one, two, again) = (pass(1), pass(2), pass(1));
        assert_eq!(one, again);
        assert_ne!(one, two);
        assert_ne!(one[0].x[0], one[0].x[1]);
        assert_eq!((&one[0].y, &one[1].y), (&vec![0, 1, 2, 3], &vec![4, 5]));
        let largest = one.iter().flat_map(|b| Small::flat(&b.x).iter().copied());
        assert!(largest.fold(0.0, f32::max) <= 6.0);
    }

    #[test]
    fn arguments_outside_their_ranges_are_refused() {
        let images = vec![IMAGE; 2];
        let flow = || Flow::new(&images, &images, 2).expect("as many");
        let new = ImageDataGenerator::new;
        for (generator, name) in [
            (new().rotation_range(-1.0), "rotation_range"),
            (new().width_shift_range(f32::NAN), "width_shift_range"),
            (
                new().height_shift_range(f32::INFINITY),
                "height_shift_range",
            ),
            (new().zoom_range(1.0), "zoom_range"),
            (new().zoom_between(1.5, 0.5), "zoom_range"),
            (new().cval(f32::NAN), "cval"),
            (new().rescale(f32::INFINITY), "rescale"),
        ] {
            let error = generator.flow(flow()).expect_err(name);
            assert!(matches!(error, Error::Argument { name: n, .. } if n == name));
        }
    }
}
