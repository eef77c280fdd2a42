//! `Permute`: the axes in another order. For users: `docs/layers/Permute.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::Permute;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let x = [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]];
//! let mut y = [[[0.0; 2]; 3]];
//! let layer = Permute::new(&[2, 1]);
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]]);
//! ```

use super::rules::same;
use crate::base::part::{self, part, set, value};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::{Pool, for_samples};
use crate::shape::{MAX_RANK, Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Puts the axes of every sample into another order.
///
/// In a layer list `Permute(..)`, whose arguments are explained in `kseq::layers::Permute`.
pub struct Permute {
    /// From 0; axes beyond the rank stay where they are.
    axes: [usize; MAX_RANK],
}

impl Permute {
    /// The layer with the order of the axes, counted from 1.
    #[must_use]
    pub const fn new(dims: &[usize]) -> Self {
        let mut axes = [0; MAX_RANK];
        let mut i = 0;
        while i < MAX_RANK {
            axes[i] = if i < dims.len() { dims[i] - 1 } else { i };
            i += 1;
        }
        Permute { axes }
    }
}

/// The shape rule: `dims` must name every axis once.
pub const fn shape(input: Shape, dims: &[usize]) -> Rule {
    if let Err(refusal) = same(input, "Permute") {
        return Err(refusal);
    }
    let (rank, mut output, mut named) = (input.rank(), input, [false; MAX_RANK]);
    let (mut fits, mut moves_open) = (dims.len() == rank, false);
    let mut i = 0;
    while i < dims.len() {
        let known = dims[i] > 0 && dims[i] <= rank;
        fits = fits && known && !named[dims[i] - 1];
        if fits {
            named[dims[i] - 1] = true;
            output = output.with_dim(i, input.dim(dims[i] - 1));
            moves_open |= dims[i] - 1 != i && (input.is_open(i) || output.is_open(i));
        }
        i += 1;
    }
    let dims = Text::new()
        .str("dims ")
        .text(&Shape::new(dims.split_at(if dims.len() > 4 { 4 } else { dims.len() }).0).text());
    if fits && moves_open {
        let what = dims
            .str(" moves an axis of any length (`None`) of its input ")
            .text(&input.text());
        let help = "axes of any length stay in front, in their order: move only those behind them, or give the length";
        return Err(Refusal::new(what, help).then(output.with_open([0; 2])));
    }
    if fits {
        return Ok(output);
    }
    let what = dims
        .str(" must name each of the ")
        .num(rank)
        .str(" axes of its input ")
        .text(&input.text())
        .str(" once");
    let help = "axes count from 1, without the batch axis: Permute((2, 1)) swaps two";
    Err(Refusal::new(what, help))
}

/// Sizes and distances for a copy into the axes' new order; missing axes have size 1.
#[derive(Clone, Copy)]
struct Order {
    sizes: [usize; MAX_RANK],
    /// From an element to the next along an axis of the output: in the input, and in the output.
    input: [usize; MAX_RANK],
    output: [usize; MAX_RANK],
}

/// The distance from an element to the next along each axis.
fn distances(shape: Shape) -> [usize; MAX_RANK] {
    let mut distances = [1; MAX_RANK];
    let mut distance = 1;
    for (axis, place) in distances.iter_mut().enumerate().take(shape.rank()).rev() {
        *place = distance;
        distance *= shape.dim(axis);
    }
    distances
}

impl Permute {
    fn order(&self, input: Shape, output: Shape) -> Order {
        let from = distances(input);
        Order {
            sizes: core::array::from_fn(|axis| output.dim(axis).max(1)),
            input: self.axes.map(|axis| from.get(axis).copied().unwrap_or(1)),
            output: distances(output),
        }
    }
}

/// Copies every sample of `x` into `y`; `from` and `to` are the distances in each.
fn copy(
    x: &[f32],
    y: &mut [f32],
    sizes: &[usize; MAX_RANK],
    from: &[usize; MAX_RANK],
    to: &[usize; MAX_RANK],
    pool: &Pool,
) {
    let len = sizes.iter().product();
    let [a, b, c, d] = *sizes;
    for_samples(pool, y, len, len, |i, y| {
        let x = part(x, i * len, len);
        for i in 0..a {
            for j in 0..b {
                for k in 0..c {
                    let x = part::from(x, i * from[0] + j * from[1] + k * from[2]);
                    let y = part::from_mut(y, i * to[0] + j * to[1] + k * to[2]);
                    for l in 0..d {
                        set(y, l * to[3], value(x, l * from[3]));
                    }
                }
            }
        }
    });
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out> for Permute {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let order = self.order(cx.input_shape::<In>(), cx.output_shape::<Out>());
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        copy(x, y, &order.sizes, &order.input, &order.output, cx.pool);
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let order = self.order(cx.input_shape::<In>(), cx.output_shape::<Out>());
        let (dy, dx) = (Out::flat(pass.dy), In::flat_mut(dx));
        copy(dy, dx, &order.sizes, &order.output, &order.input, cx.pool);
    }
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out> for Permute {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn back_is_the_inverse() {
        let layer = Permute::new(&[3, 1, 4, 2]);
        type In = [[[[f32; 5]; 4]; 3]; 2];
        type Out = [[[[f32; 3]; 5]; 2]; 4];
        let x: [f32; 240] = core::array::from_fn(|i| i as f32);
        let y = forward::<_, In, Out>(&layer, &x);
        // y[c][a][d][b] = x[a][b][c][d]
        let (a, b, c, d) = (1, 2, 3, 4);
        let place = ((c * 2 + a) * 5 + d) * 3 + b;
        assert_eq!(y[place], (((a * 3 + b) * 4 + c) * 5 + d) as f32);
        assert_eq!(back::<_, In, Out>(&layer, &x, &y), x);
    }

    #[test]
    fn only_permutations() {
        let input = Shape::new(&[2, 3, 4]);
        let shape = |dims| shape(input, dims).is_ok();
        assert!(shape(&[3, 1, 2]));
        assert!(!shape(&[1, 3]));
        assert!(!shape(&[1, 3, 3]));
        assert!(!shape(&[0, 1, 2]));
        assert!(!shape(&[1, 2, 4]));
        assert!(!shape(&[1, 2, 3, 4, 5, 6]));
    }
}
