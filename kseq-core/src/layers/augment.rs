//! Images that are changed at random in training, and stay as they are outside of it: the layers `RandomFlip`, `RandomRotation` and
//! their like. What is done to an image is in the files of this folder.
//!
//! What is drawn for an image is a function of seed, layer, step and its place in the batch, so the backward pass draws it again and no
//! result depends on the number of threads.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{FlipMode, RandomFlip};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let x = [[[[1.0], [2.0]]]; 100];
//! let (mut y, mut cx) = ([[[[0.0]; 2]]; 100], Ctx::new(&Pool::Serial, 7, 0));
//! let layer = RandomFlip::new(FlipMode::Horizontal);
//! layer.forward(&NoParams, &mut NoParams, &x, &mut y, &mut [], &mut cx);
//! let flipped = y.iter().filter(|&&image| image == [[[2.0], [1.0]]]).count();
//! assert!((30..70).contains(&flipped));
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut cx);
//! assert_eq!(x, y);
//! ```

mod blur;
mod colors;
mod erase;
mod flip;
mod light;
mod warp;

pub use blur::{RandomGaussianBlur, RandomSharpness};
pub use colors::{
    RandomBrightness, RandomColorJitter, RandomContrast, RandomHue, RandomSaturation,
};
pub use erase::RandomErasing;
pub use flip::{FlipMode, RandomFlip};
pub use light::{
    AutoContrast, RandomColorDegeneration, RandomGrayscale, RandomInvert, RandomPosterization,
    Solarization,
};
pub use warp::{
    FillMode, RandomPerspective, RandomRotation, RandomShear, RandomTranslation, RandomZoom,
};

use super::noise::rng;
use super::rules::expects;
use crate::base::part::{copy, part};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::for_samples;
use crate::rng::{GROUP, Purpose, Rng};
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// What is done to an image.
pub trait Augmentation: Sync {
    /// What is drawn for it.
    type Drawn;
    /// Whether it is done outside training, too.
    const ALWAYS: bool = false;

    /// Draws it.
    fn draw(&self, image: Image, draws: &mut Draws) -> Self::Drawn;

    /// Does it: `y` becomes the new image.
    fn apply(&self, drawn: &Self::Drawn, image: Image, x: &[f32], y: &mut [f32]);

    /// The gradient of the image, to be written.
    fn back(&self, drawn: &Self::Drawn, image: Image, x: &[f32], dy: &[f32], dx: &mut [f32]);
}

/// The same for what changes each image in its own memory. Every such thing is an [`Augmentation`].
pub trait Recolor: Sync {
    /// What is drawn for an image.
    type Drawn;
    /// Whether it is done outside training, too.
    const ALWAYS: bool = false;

    /// Draws it.
    fn draw(&self, image: Image, draws: &mut Draws) -> Self::Drawn;

    /// `y` holds the image and gets the new one.
    fn recolor(&self, drawn: &Self::Drawn, image: Image, y: &mut [f32]);

    /// `dy` holds the gradient of the new image and gets that of the old one, `x`.
    fn back(&self, drawn: &Self::Drawn, image: Image, x: &[f32], dy: &mut [f32]);
}

impl<R: Recolor> Augmentation for R {
    type Drawn = R::Drawn;
    const ALWAYS: bool = R::ALWAYS;

    fn draw(&self, image: Image, draws: &mut Draws) -> Self::Drawn {
        Recolor::draw(self, image, draws)
    }

    fn apply(&self, drawn: &Self::Drawn, image: Image, x: &[f32], y: &mut [f32]) {
        copy(y, x);
        self.recolor(drawn, image, y);
    }

    fn back(&self, drawn: &Self::Drawn, image: Image, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        copy(dx, dy);
        Recolor::back(self, drawn, image, x, dx);
    }
}

/// The sizes of an image.
#[derive(Clone, Copy)]
pub struct Image {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values of a pixel.
    pub channels: usize,
}

impl Image {
    const fn of(shape: Shape) -> Self {
        Image {
            height: shape.dim(0),
            width: shape.dim(1),
            channels: shape.dim(2),
        }
    }

    const fn len(self) -> usize {
        self.height * self.width * self.channels
    }
}

/// The random numbers of an image.
pub struct Draws {
    own: [u32; GROUP],
    /// Those that are the same for all images of a batch.
    all: [u32; GROUP],
    next: usize,
}

impl Draws {
    fn of(rng: &Rng, sample: usize) -> Self {
        Draws {
            own: rng.group((sample as u32).wrapping_add(1)),
            all: rng.group(0),
            next: 0,
        }
    }

    /// A number of its own, and one of the batch.
    fn bits(&mut self) -> [u32; 2] {
        let at = self.next % GROUP;
        self.next += 1;
        [self.own, self.all].map(|words| words.get(at).copied().unwrap_or(0))
    }

    /// Uniform in `low..high`.
    pub fn uniform(&mut self, [low, high]: [f32; 2]) -> f32 {
        let [own, _] = self.bits();
        low + unit(own) * (high - low)
    }

    /// The same for all images of the batch.
    pub fn uniform_of_all(&mut self, [low, high]: [f32; 2]) -> f32 {
        let [_, all] = self.bits();
        low + unit(all) * (high - low)
    }

    /// Whether something happens whose probability is itself drawn from a range.
    pub fn happens(&mut self, probability: [f32; 2]) -> bool {
        let probability = self.uniform(probability);
        self.uniform([0.0, 1.0]) < probability
    }

    /// 1 or -1.
    pub fn sign(&mut self) -> f32 {
        if self.uniform([0.0, 1.0]) > 0.5 {
            -1.0
        } else {
            1.0
        }
    }

    /// Any number of further numbers.
    pub fn stream(&mut self) -> Rng {
        let ([a, _], [b, _]) = (self.bits(), self.bits());
        Rng::new(u64::from(a) << 32 | u64::from(b), Purpose::Noise, 0, 0)
    }
}

fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / (1 << 24) as f32)
}

/// A range that is given by its ends, or by one number: `-number..number`, but not below `least`.
const fn range(given: &[f32], least: f32) -> [f32; 2] {
    match given {
        [a, b, ..] => sorted(*a, *b),
        [one] => {
            let one = if *one < 0.0 { -*one } else { *one };
            [if -one > least { -one } else { least }, one]
        }
        [] => [0.0; 2],
    }
}

const fn sorted(a: f32, b: f32) -> [f32; 2] {
    if a < b { [a, b] } else { [b, a] }
}

/// The range of values of an image.
const fn values(given: &[f32]) -> [f32; 2] {
    match given {
        [a, b] => sorted(*a, *b),
        _ => [0.0, 255.0],
    }
}

/// Refuses factors that are not one number or two, all of them in a range.
const fn factors(name: &str, given: &[f32], least: f32, most: f32) -> Option<Refusal> {
    let mut fits = matches!(given.len(), 0..=2);
    let mut i = 0;
    while i < given.len() {
        fits = fits && given[i] >= least && given[i] <= most;
        i += 1;
    }
    if fits {
        return None;
    }
    let what = Text::new()
        .str(name)
        .str(" must be a number from ")
        .float(least);
    let mut what = what.str(" to ").float(most).str(", or two of them, found ");
    let mut i = 0;
    while i < given.len() && i < 8 {
        what = what.str(if i > 0 { ", " } else { "" }).float(given[i]);
        i += 1;
    }
    Some(Refusal::new(
        what,
        "two numbers are the ends of what is drawn, one number is how far it goes on both sides",
    ))
}

/// The rule of factors from -1 to 1.
#[must_use]
pub const fn signed_rule(given: &[f32]) -> Option<Refusal> {
    factors("a factor", given, -1.0, 1.0)
}

/// The rule of factors from 0 to 1.
#[must_use]
pub const fn unit_rule(given: &[f32]) -> Option<Refusal> {
    factors("a factor", given, 0.0, 1.0)
}

/// The rule of a zoom: more than -1, since -1 leaves nothing.
#[must_use]
pub const fn zoom_rule(given: &[f32]) -> Option<Refusal> {
    factors("a zoom", given, -0.999_999, 1.0)
}

/// The rule of the bits that posterization leaves.
#[must_use]
pub const fn bits_rule(given: &[f32]) -> Option<Refusal> {
    factors("the number of bits", given, 1.0, 8.0)
}

/// The rule of a sigma, which is not negative.
#[must_use]
pub const fn sigma_rule(given: &[f32]) -> Option<Refusal> {
    factors("sigma", given, 0.0, 1000.0)
}

/// The rule of a single factor from 0 to 1.
#[must_use]
pub const fn one_unit_rule(given: f32) -> Option<Refusal> {
    factors("a factor", &[given], 0.0, 1.0)
}

/// The rule of a range of values: two different numbers.
#[must_use]
pub const fn values_rule(given: &[f32]) -> Option<Refusal> {
    if let [a, b] = given
        && (*a - *b).abs() > 0.0
    {
        return None;
    }
    let what = Text::new()
        .str("value_range must be two different numbers, found ")
        .num(given.len());
    Some(Refusal::new(
        what.str(" numbers or equal ones"),
        "give the smallest and the largest value of an image: (0, 255)",
    ))
}

/// The shape rule of `layer`, which takes any images.
pub const fn shape(input: Shape, layer: &str) -> Rule {
    if let Some(refusal) = expects("Random", input, 2) {
        let what = Text::new()
            .str(layer)
            .str(refusal.what.as_str().split_at("Random2D".len()).1);
        let help =
            "it takes images: (28, 28, 1); put a Reshape((height, width, channels)) before it";
        return Err(Refusal::new(what, help).then(input));
    }
    Ok(input)
}

/// The shape rule of `layer`, which takes images in colour.
pub const fn color_shape(input: Shape, layer: &str) -> Rule {
    of_channels(
        shape(input, layer),
        layer,
        "3 (red, green, blue)",
        matches!(input.last(), 3),
    )
}

/// The shape rule of `layer`, which takes images in colour, and grey ones.
pub const fn grey_shape(input: Shape, layer: &str) -> Rule {
    of_channels(
        shape(input, layer),
        layer,
        "3 (red, green, blue) or 1",
        matches!(input.last(), 1 | 3),
    )
}

const fn of_channels(rule: Rule, layer: &str, channels: &str, fits: bool) -> Rule {
    match rule {
        Ok(input) if !fits => {
            let what = Text::new()
                .str(layer)
                .str(" needs channels: ")
                .str(channels);
            let what = what.str(", found ").text(&input.text());
            Err(Refusal::new(what, "leave it out for other images").then(input))
        }
        rule => rule,
    }
}

/// The shape rule of `RandomColorJitter`, which takes any images unless saturation or hue are to change.
pub const fn jitter_shape(input: Shape, saturation: &[f32], hue: &[f32]) -> Rule {
    match (saturation, hue) {
        ([], []) => shape(input, "RandomColorJitter"),
        _ => color_shape(input, "RandomColorJitter"),
    }
}

/// The shape rule of `RandomErasing`, which covers with noise, with one value, or with one for each channel.
pub const fn erasing_shape(input: Shape, fill_value: &[f32]) -> Rule {
    match shape(input, "RandomErasing") {
        Ok(_) if fill_value.len() > 1 && fill_value.len() != input.last() => {
            let what = Text::new().str("RandomErasing has ").num(fill_value.len());
            let what = what
                .str(" values of fill_value for the channels of its input ")
                .text(&input.text());
            Err(Refusal::new(what, "give one number, or one for each channel").then(input))
        }
        rule => rule,
    }
}

/// The largest kernel of a `RandomGaussianBlur`.
const MOST: usize = 63;

/// The shape rule of `RandomGaussianBlur`, whose window has a middle.
pub const fn blur_shape(input: Shape, kernel_size: &[usize]) -> Rule {
    match (shape(input, "RandomGaussianBlur"), kernel_size) {
        (Ok(_), [a, b]) if *a % 2 == 0 || *b % 2 == 0 || *a > MOST || *b > MOST => {
            let what = super::rules::sizes(Text::new(), "kernel_size", kernel_size);
            let what = what.str(" must be odd numbers up to ").num(MOST);
            Err(Refusal::new(what, "a window has a pixel in its middle: 3, 5, 7").then(input))
        }
        (rule, _) => rule,
    }
}

/// A layer that does something to images.
pub struct Augment<A> {
    how: A,
    seed: Option<u64>,
}

impl<A> Augment<A> {
    const fn by(how: A) -> Self {
        Augment { how, seed: None }
    }
}

impl<A: Copy> Augment<A> {
    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        Augment {
            how: self.how,
            seed: Some(seed),
        }
    }
}

impl<A: Augmentation> Augment<A> {
    fn all(&self, x: &[f32], y: &mut [f32], shape: Shape, cx: &Ctx<'_>) {
        let (image, rng) = (Image::of(shape), rng(self.seed, cx));
        let len = image.len();
        let (before, _) = cx.place(y.len().checked_div(len).unwrap_or(0));
        for_samples(cx.pool, y, len, 4 * len, |i, y| {
            let drawn = self.how.draw(image, &mut Draws::of(&rng, before + i));
            self.how.apply(&drawn, image, part(x, i * len, len), y);
        });
    }
}

impl<A: Augmentation, In: Tensor<Elem = f32>> Layer<In, In> for Augment<A> {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [In], cx: &mut Ctx<'_>) {
        let (x, y) = (In::flat(x), In::flat_mut(y));
        match A::ALWAYS {
            true => self.all(x, y, cx.input_shape::<In>(), cx),
            false => copy(y, x),
        }
    }

    fn forward(
        &self,
        p: &NoParams,
        s: &mut NoParams,
        x: &[In],
        y: &mut [In],
        _: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        match cx.training {
            true => self.all(In::flat(x), In::flat_mut(y), cx.input_shape::<In>(), cx),
            false => self.infer(p, s, x, y, cx),
        }
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, In>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let (x, dy, dx) = (In::flat(pass.x), In::flat(pass.dy), In::flat_mut(dx));
        if !cx.training && !A::ALWAYS {
            return copy(dx, dy);
        }
        let (image, rng) = (Image::of(cx.input_shape::<In>()), rng(self.seed, cx));
        let len = image.len();
        let (before, _) = cx.place(dx.len().checked_div(len).unwrap_or(0));
        for_samples(cx.pool, dx, len, 4 * len, |i, dx| {
            let drawn = self.how.draw(image, &mut Draws::of(&rng, before + i));
            let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
            self.how.back(&drawn, image, x, dy, dx);
        });
    }
}

impl<A: Augmentation, In: Tensor<Elem = f32>> Fusion<In, In> for Augment<A> {
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
}

#[cfg(all(test, feature = "std"))]
mod tests;
