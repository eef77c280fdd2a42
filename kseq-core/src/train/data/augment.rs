//! `ImageDataGenerator`: images that are turned, shifted, zoomed and flipped at random while they are
//! trained on (Keras 3.15 `legacy/preprocessing/image.py`).

use super::arguments::argument;
use super::batch::{BatchOf, Failure, IntoBatch};
use super::image::{FillMode, Image, Transform};
use super::sequence::Sequence;
use super::standardize::Standardize;
use crate::error::Error;
use crate::rng::{Purpose, Rng};
use crate::text::Note;

/// Random changes of images in real time, under the names of Keras's `ImageDataGenerator`; without
/// any of them it changes nothing.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::{Flow, ImageDataGenerator, Sequence};
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
#[derive(Clone, Debug)]
#[must_use]
pub struct ImageDataGenerator {
    pub(super) seed: u64,
    rotation_range: f32,
    width_shift_range: f32,
    height_shift_range: f32,
    zoom_range: (f32, f32),
    horizontal_flip: bool,
    vertical_flip: bool,
    shear_range: f32,
    channel_shift_range: f32,
    brightness_range: Option<(f32, f32)>,
    interpolation_order: u32,
    fill_mode: FillMode,
    cval: f32,
    pub(super) standardize: Standardize,
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
            shear_range: 0.0,
            channel_shift_range: 0.0,
            brightness_range: None,
            interpolation_order: 1,
            fill_mode: FillMode::Nearest,
            cval: 0.0,
            standardize: Standardize::new(),
        }
    }

    /// The seed of the random numbers, besides the model's. Default 0.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Turns by at most this many degrees, either way.
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

    /// Leans by at most this many degrees, either way.
    pub const fn shear_range(mut self, degrees: f32) -> Self {
        self.shear_range = degrees;
        self
    }

    /// Adds at most this much to all values of an image, or takes it away; they stay between its least and its largest.
    pub const fn channel_shift_range(mut self, range: f32) -> Self {
        self.channel_shift_range = range;
        self
    }

    /// Multiplies with a number from `lower` to `upper`, in whole numbers from 0 to 255 as Keras does.
    pub const fn brightness_range(mut self, lower: f32, upper: f32) -> Self {
        self.brightness_range = Some((lower, upper));
        self
    }

    /// What a place between pixels is: 1 the mean of its neighbours (default), 0 the nearest of them. Keras's splines of higher
    /// orders are not here.
    pub const fn interpolation_order(mut self, order: u32) -> Self {
        self.interpolation_order = order;
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
            ("shear_range", self.shear_range),
            ("channel_shift_range", self.channel_shift_range),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                let why = Note::new().str("expected a finite number of at least 0, found ");
                return Err(argument(name, why.float(value)));
            }
        }
        for (name, value) in [("cval", self.cval), ("rescale", self.standardize.rescale)] {
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
        if let Some((lower, upper)) = self.brightness_range
            && !(0.0 <= lower && lower <= upper && upper.is_finite())
        {
            let why = Note::new().str("expected 0 <= lower <= upper, found ");
            let why = why.float(lower).str(" to ").float(upper);
            return Err(argument("brightness_range", why));
        }
        if self.interpolation_order > 1 {
            let why = Note::new().str("expected 0 or 1, found ");
            return Err(argument(
                "interpolation_order",
                why.num(self.interpolation_order as usize),
            ));
        }
        self.standardize
            .check(<<S::Item as IntoBatch>::X as Image>::SIZE)?;
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
        let [shear, channels, bright] = core::array::from_fn(|_| rng.uniform());
        let shift = |u: f32, range: f32, n: usize| {
            let range = if range < 1.0 { range * n as f32 } else { range };
            (2.0 * u - 1.0) * range
        };
        let (lower, upper) = self.zoom_range;
        Transform {
            theta: (2.0 * theta - 1.0) * self.rotation_range,
            tx: shift(tx, self.width_shift_range, width),
            ty: shift(ty, self.height_shift_range, height),
            shear: (2.0 * shear - 1.0) * self.shear_range,
            zx: lower + (upper - lower) * zx,
            zy: lower + (upper - lower) * zy,
            flip_horizontal: self.horizontal_flip && horizontal < 0.5,
            flip_vertical: self.vertical_flip && vertical < 0.5,
            channel_shift_intensity: (2.0 * channels - 1.0) * self.channel_shift_range,
            brightness: self
                .brightness_range
                .map(|(lower, upper)| lower + (upper - lower) * bright),
        }
    }

    /// Writes images that are transformed, but not standardized, to `to`.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::train::{ImageDataGenerator, Transform};
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
            transform.apply(from, to, X::SIZE, fill, self.interpolation_order > 0);
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
        generator.standardize.apply_all(&mut images);
        batch.x = images;
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

    use crate::tensor::Tensor;
    use crate::train::Flow;

    type Small = [[[f32; 1]; 4]; 3];
    const IMAGE: Small = [[[4.0], [1.0], [2.0], [3.0]]; 3];

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
        assert!(largest.fold(0.0, f32::max) <= 2.0);
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
            (new().shear_range(-1.0), "shear_range"),
            (new().channel_shift_range(f32::NAN), "channel_shift_range"),
            (new().brightness_range(1.0, 0.5), "brightness_range"),
            (new().interpolation_order(3), "interpolation_order"),
            (new().featurewise_center(true), "featurewise_center"),
            (new().zca_whitening(true), "zca_whitening"),
        ] {
            let error = generator.flow(flow()).expect_err(name);
            assert!(matches!(error, Error::Argument { name: n, .. } if n == name));
        }
    }
}
