//! `Resizing`, `CenterCrop`, and `UpSampling2D` with an interpolation: an image at another size. For users:
//! `docs/layers/Resizing.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Fit, Interpolation, Resizing};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! type In = [[[f32; 1]; 2]; 1];
//! type Out = [[[f32; 1]; 4]; 1];
//! let layer = Resizing::<1>::new(Interpolation::Bilinear, false, Fit::Stretch);
//! let mut scratch = [0.0; <Resizing<1> as Layer<In, Out>>::SCRATCH];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! let mut y: [Out; 1] = [[[[0.0]; 4]]];
//! let x: [In; 1] = [[[[1.0], [3.0]]]];
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut cx.with_scratch(&mut scratch));
//! assert_eq!(y, [[[[1.0], [1.5], [2.5], [3.0]]]]);
//! ```

pub use super::resample::Interpolation;
use super::resample::{Axis, Tables, resample, resample_back, width_of};
use super::rules::{expects, fits, sizes};
use crate::base::part::{part, part_mut, split_mut};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::NoParams;
use crate::pool::for_samples;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// What becomes of an image whose sides have another ratio.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Fit {
    /// It is stretched.
    Stretch,
    /// What is too long of it is cut off, on both sides the same.
    Crop,
    /// It gets borders of this value.
    Pad(f32),
    /// The middle, as it is; of an image that is too small as [`Fit::Crop`].
    Center,
}

impl Fit {
    /// By the arguments of `Resizing`.
    #[must_use]
    pub const fn of(crop: bool, pad: bool, value: f32) -> Self {
        match (crop, pad) {
            (true, _) => Fit::Crop,
            (false, true) => Fit::Pad(value),
            (false, false) => Fit::Stretch,
        }
    }

    /// The axes of images of these sizes.
    const fn axes(self, input: Shape, output: Shape) -> [Axis; 2] {
        let [h, w] = [input.dim(0), input.dim(1)];
        let [n, m] = [output.dim(0), output.dim(1)];
        [
            self.axis(h, n, ratio(w, n, m)),
            self.axis(w, m, ratio(h, m, n)),
        ]
    }

    /// An axis which is as long as the other one would have it.
    const fn axis(self, input: usize, output: usize, fitting: usize) -> Axis {
        let (begin, size) = match self {
            Fit::Stretch => (0, input),
            // (Only where both axes are long enough.)
            Fit::Center => (((input - output) / 2) as isize, output),
            Fit::Crop => {
                let size = if fitting < input { fitting } else { input };
                let size = if size == 0 { 1 } else { size };
                (((input - size) / 2) as isize, size)
            }
            Fit::Pad(_) => {
                let border = fitting.saturating_sub(input) / 2;
                (-(border as isize), input + 2 * border)
            }
        };
        Axis {
            input,
            begin,
            size,
            output,
        }
    }
}

/// `other * a / b`, rounded down.
const fn ratio(other: usize, a: usize, b: usize) -> usize {
    match other.saturating_mul(a).checked_div(b) {
        Some(size) => size,
        None => 0,
    }
}

/// An image at another size, which the output's shape says; `RADIUS` is [`Interpolation::radius`].
///
/// In a layer list `Resizing(..)`, whose arguments are explained in `kseq::layers::Resizing`.
pub struct Resizing<const RADIUS: usize> {
    interpolation: Interpolation,
    antialias: bool,
    fit: Fit,
}

/// The middle of an image.
///
/// In a layer list `CenterCrop(..)`, whose arguments are explained in `kseq::layers::CenterCrop`.
pub type CenterCrop = Resizing<1>;

impl CenterCrop {
    /// The layer that cuts out the middle.
    #[must_use]
    pub const fn center() -> Self {
        Resizing::new(Interpolation::Bilinear, false, Fit::Center)
    }
}

impl<const RADIUS: usize> Resizing<RADIUS> {
    /// The layer with its interpolation, whether what is finer than the new pixels is taken out before, and what becomes of another
    /// ratio.
    #[must_use]
    pub const fn new(interpolation: Interpolation, antialias: bool, fit: Fit) -> Self {
        Resizing {
            interpolation,
            antialias,
            fit,
        }
    }

    /// What is done to images of these sizes.
    fn way(&self, input: Shape, output: Shape) -> (Interpolation, Fit) {
        let is_large = input.dim(0) >= output.dim(0) && input.dim(1) >= output.dim(1);
        match self.fit {
            Fit::Center if is_large => (Interpolation::Nearest, Fit::Center),
            Fit::Center => (self.interpolation, Fit::Crop),
            fit => (self.interpolation, fit),
        }
    }

    /// Calls `f` with the tables of the axes.
    fn with_tables(
        &self,
        input: Shape,
        output: Shape,
        scratch: &mut [f32],
        f: impl FnOnce(&Tables<'_>),
    ) {
        let (how, fit) = self.way(input, output);
        let axes @ [high, wide] = fit.axes(input, output);
        let radius = how.radius();
        let (rows, rest) = split_mut(scratch, high.table(radius));
        let columns = part_mut(rest, 0, wide.table(radius));
        high.fill(rows, how, self.antialias);
        wide.fill(columns, how, self.antialias);
        f(&Tables {
            rows,
            columns,
            widths: [width_of(&axes[0], radius), width_of(&axes[1], radius)],
            width: input.dim(1),
            channels: input.last(),
            fill: match fit {
                Fit::Pad(fill) => fill,
                _ => 0.0,
            },
        });
    }
}

/// The `f32`s of both tables, whatever becomes of another ratio.
const fn scratch(input: Shape, output: Shape, radius: usize) -> usize {
    let [high, wide] = Fit::Pad(0.0).axes(input, output);
    high.table(radius) + wide.table(radius)
}

/// The same for axes of any length, by the steps of the output, or of the input if all of the output has a size.
const fn by_steps(input: Shape, output: Shape, radius: usize) -> PerStep {
    // A table has for each output its weights: some, and more where an output has more than one pixel.
    let some = 5 + 2 * radius;
    let (mut closed, mut i) = (0, 0);
    while i < 2 {
        closed += if output.is_open(i) { 0 } else { output.dim(i) };
        i += 1;
    }
    let step = match output.open_axes() {
        0 => {
            4 * radius
                * (2 + output.dim(0).div_ceil(positive(output.dim(1)))
                    + output.dim(1).div_ceil(positive(output.dim(0))))
        }
        _ => 2 * some,
    };
    let closed_input = match output.open_axes() {
        // Height or width that is written down is so many pixels, whatever the other is.
        0 => 0,
        _ => {
            2 * radius
                * (if input.is_open(0) { 0 } else { input.dim(0) }
                    + if input.is_open(1) { 0 } else { input.dim(1) })
        }
    };
    PerStep::new(some * closed + closed_input, step)
}

const fn positive(n: usize) -> usize {
    if n == 0 { 1 } else { n }
}

/// The shape rule of `layer`: an image becomes one of `height` and `width`.
pub(super) const fn image_shape(layer: &str, input: Shape, height: usize, width: usize) -> Rule {
    if let Some(refusal) = expects("Resizing", input, 2) {
        let what = Text::new()
            .str(layer)
            .str(refusal.what.as_str().split_at("Resizing2D".len()).1);
        let help =
            "it takes images: (28, 28, 1); put a Reshape((height, width, channels)) before it";
        return Err(Refusal::new(what, help));
    }
    let output = input.with_dim(0, height).with_dim(1, width);
    if height == 0 || width == 0 || !fits(&Shape::new(&[height, width, input.last()])) {
        let what = sizes(
            Text::new().str(layer).str(": "),
            "(height, width)",
            &[height, width],
        );
        let what = what.str(if height == 0 || width == 0 {
            " must be positive"
        } else {
            " is too large for the address space"
        });
        return Err(Refusal::new(
            what,
            "give the size of the image that comes out",
        ));
    }
    Ok(output)
}

/// The shape rule of `Resizing`.
pub const fn shape(input: Shape, height: usize, width: usize, crop: bool, pad: bool) -> Rule {
    if crop && pad {
        let what =
            Text::new().str("Resizing with both crop_to_aspect_ratio and pad_to_aspect_ratio");
        return Err(Refusal::new(what, "only one of them can be true"));
    }
    image_shape("Resizing", input, height, width)
}

/// The shape rule of `CenterCrop`.
pub const fn center_shape(input: Shape, height: usize, width: usize) -> Rule {
    image_shape("CenterCrop", input, height, width)
}

impl<const RADIUS: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out>
    for Resizing<RADIUS>
{
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const SCRATCH: usize = scratch(
        In::SHAPE.with_open([1; 2]),
        Out::SHAPE.with_open([1; 2]),
        RADIUS,
    );
    const NEEDS: Needs = Needs {
        cache: PerStep::sample(0),
        scratch: by_steps(In::SHAPE, Out::SHAPE, RADIUS),
        infer_scratch: by_steps(In::SHAPE, Out::SHAPE, RADIUS),
    };

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let (input, output) = (cx.input_shape::<In>(), cx.output_shape::<Out>());
        let (len, out) = (input.len().unwrap_or(0), output.len().unwrap_or(0));
        let (x, y, pool) = (In::flat(x), Out::flat_mut(y), cx.pool);
        if x.is_empty() {
            return;
        }
        self.with_tables(input, output, cx.scratch, |tables| {
            for_samples(pool, y, out, out * (1 + RADIUS), |i, y| {
                resample(part(x, i * len, len), y, tables);
            });
        });
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let (input, output) = (cx.input_shape::<In>(), cx.output_shape::<Out>());
        let (len, out) = (input.len().unwrap_or(0), output.len().unwrap_or(0));
        let (dy, dx, pool) = (Out::flat(pass.dy), In::flat_mut(dx), cx.pool);
        if dy.is_empty() {
            return;
        }
        self.with_tables(input, output, cx.scratch, |tables| {
            for_samples(pool, dx, len, out * (1 + RADIUS), |i, dx| {
                dx.fill(0.0);
                resample_back(part(dy, i * out, out), dx, tables);
            });
        });
    }
}

impl<const RADIUS: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out>
    for Resizing<RADIUS>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::pool::Pool;
    use std::vec;
    use std::vec::Vec;

    fn resized<const R: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        layer: &Resizing<R>,
        x: &[f32],
    ) -> Vec<f32> {
        let x = In::view(x);
        let mut y = vec![f32::NAN; x.len() * Out::LEN];
        let mut scratch = vec![f32::NAN; x.len() * <Resizing<R> as Layer<In, Out>>::SCRATCH];
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        let cx = &mut cx.with_scratch(&mut scratch);
        layer.infer(&NoParams, &NoParams, x, Out::view_mut(&mut y), cx);
        y
    }

    #[test]
    fn the_middle() {
        type In = [[[f32; 1]; 3]; 4];
        type Out = [[[f32; 1]; 2]; 2];
        let x: Vec<f32> = (0..12).map(|i| i as f32).collect();
        assert_eq!(
            resized::<1, In, Out>(&CenterCrop::center(), &x),
            [3.0, 4.0, 6.0, 7.0]
        );
    }

    /// Of more channels than there is room for between the passes each one is what it is alone.
    #[test]
    fn many_channels() {
        type In<const C: usize> = [[[f32; C]; 2]; 3];
        type Out<const C: usize> = [[[f32; C]; 3]; 2];
        let layer = Resizing::<2>::new(Interpolation::Bicubic, true, Fit::Stretch);
        let alone = resized::<2, In<1>, Out<1>>(&layer, &[1.0, 5.0, 2.0, -3.0, 8.0, 0.5]);
        let x: Vec<f32> = [1.0, 5.0, 2.0, -3.0, 8.0, 0.5]
            .iter()
            .flat_map(|x| [*x; 1100])
            .collect();
        let y = resized::<2, In<1100>, Out<1100>>(&layer, &x);
        for (y, alone) in y.chunks(1100).zip(&alone) {
            assert!(y.iter().all(|y| (y - alone).abs() < 1e-5));
        }
        // The gradient is that of the same sums.
        let mut dx = vec![0.0; x.len()];
        let mut scratch = vec![0.0; <Resizing<2> as Layer<In<1100>, Out<1100>>>::SCRATCH];
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        let mut dy: Vec<f32> = (0..y.len()).map(|i| (i * 31 % 17) as f32 - 8.0).collect();
        let forth: f64 = y.iter().zip(&dy).map(|(y, dy)| f64::from(y * dy)).sum();
        let pass = Backward {
            x: In::<1100>::view(&x),
            y: Out::<1100>::view(&y),
            cache: &[],
            dy: Out::<1100>::view_mut(&mut dy),
            dx: Some(In::<1100>::view_mut(&mut dx)),
        };
        layer.backward(
            &NoParams,
            pass,
            &mut NoParams,
            &mut cx.with_scratch(&mut scratch),
        );
        let back: f64 = x.iter().zip(&dx).map(|(x, dx)| f64::from(x * dx)).sum();
        assert!(
            (forth - back).abs() < 1e-4 * forth.abs().max(1.0),
            "{forth} {back}"
        );
    }

    #[test]
    fn weights_come_to_one() {
        for how in [
            Interpolation::Nearest,
            Interpolation::Bilinear,
            Interpolation::Bicubic,
            Interpolation::Lanczos3,
            Interpolation::Lanczos5,
            Interpolation::Area,
        ] {
            for (input, output) in [(7, 3), (3, 7), (1, 4), (5, 5), (40, 3)] {
                for antialias in [false, true] {
                    let axis = Axis {
                        input,
                        begin: 0,
                        size: input,
                        output,
                    };
                    let mut table = vec![0.0; axis.table(how.radius())];
                    axis.fill(&mut table, how, antialias);
                    for row in table.chunks_exact(width_of(&axis, how.radius())) {
                        assert!(
                            (row[2] - 1.0).abs() < 1e-5,
                            "{how:?} {input} {output} {row:?}"
                        );
                        assert!((row[0] + row[1]) as usize <= input);
                    }
                }
            }
        }
    }

    #[test]
    fn borders_of_a_value() {
        type In = [[[f32; 1]; 4]; 2];
        type Out = [[[f32; 1]; 4]; 4];
        let layer = Resizing::<1>::new(Interpolation::Bilinear, false, Fit::Pad(9.0));
        let y = resized::<1, In, Out>(&layer, &[1.0; 8]);
        assert_eq!(y, [[9.0; 4], [1.0; 4], [1.0; 4], [9.0; 4]].concat());
    }
}
