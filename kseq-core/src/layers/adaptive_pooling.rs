//! `AdaptiveMaxPooling1D`, `AdaptiveAveragePooling1D` and the same with 2D and 3D: the sample in as many parts as there are to be
//! outputs, whatever its size. For users: `docs/layers/AdaptiveAveragePooling2D.md`.
//!
//! Part `i` of `n` of an axis with `size` elements goes from `floor(i size / n)` to `ceil((i + 1) size / n)`: parts overlap
//! where `n` does not divide `size`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::AdaptiveAveragePooling1D;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let x = [[[1.0], [3.0], [5.0], [7.0], [9.0]]];
//! let mut y = [[[0.0]; 2]];
//! let layer = AdaptiveAveragePooling1D::new();
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[3.0], [7.0]]]);
//! ```

use super::pooling::{self, Windows};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// The shape rule of `AdaptiveMaxPooling`, for as many axes as `output_size` has: 1 to 3.
pub const fn max_shape(input: Shape, output_size: &[usize]) -> Rule {
    pooling::parts_shape("AdaptiveMaxPooling", input, output_size)
}

/// The shape rule of `AdaptiveAveragePooling`.
pub const fn average_shape(input: Shape, output_size: &[usize]) -> Rule {
    pooling::parts_shape("AdaptiveAveragePooling", input, output_size)
}

macro_rules! adaptive_pooling {
    ($family:ident, $forward:expr, $backward:expr, $($layer:ident = $axes:literal $what:literal,)*) => {
        $(
            #[doc = $what]
            #[doc = ""]
            #[doc = concat!(
                "In a layer list `", stringify!($layer), "(..)`, whose arguments are explained in `kseq::layers::",
                stringify!($layer), "`."
            )]
            pub type $layer = $family<$axes>;
        )*

        /// The layer over `N` axes; how many parts there are, the output's shape says.
        #[derive(Default)]
        pub struct $family<const N: usize>;

        impl<const N: usize> $family<N> {
            /// The layer.
            #[must_use]
            pub const fn new() -> Self {
                $family
            }
        }

        impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out>
            for $family<N>
        {
            type Params = NoParams;
            type State = NoParams;
            const READS_OUTPUT: Reads = Reads::Nothing;

            fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
                let parts = Windows::parts(cx.input_shape::<In>(), cx.output_shape::<Out>());
                $forward(In::flat(x), Out::flat_mut(y), &parts, cx.pool);
            }

            fn backward(
                &self,
                _: &NoParams,
                pass: Backward<'_, In, Out>,
                _: &mut NoParams,
                cx: &mut Ctx<'_>,
            ) {
                let Some(dx) = pass.dx else { return };
                let parts = Windows::parts(cx.input_shape::<In>(), cx.output_shape::<Out>());
                let (x, dy) = (In::flat(pass.x), Out::flat(pass.dy));
                $backward(x, dy, In::flat_mut(dx), &parts, cx.pool);
            }
        }

        impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out>
            for $family<N>
        {
            const SAMPLE_WISE: SampleWise = SampleWise::Always;
        }
    };
}

adaptive_pooling! {
    AdaptiveMaxPooling, pooling::max, pooling::max_back,
    AdaptiveMaxPooling1D = 1 "The largest value of each of so many parts of a sequence.",
    AdaptiveMaxPooling2D = 2 "The largest value of each of so many parts of an image.",
    AdaptiveMaxPooling3D = 3 "The largest value of each of so many parts of a volume.",
}

adaptive_pooling! {
    AdaptiveAveragePooling, pooling::average, average_back,
    AdaptiveAveragePooling1D = 1 "The average of each of so many parts of a sequence.",
    AdaptiveAveragePooling2D = 2 "The average of each of so many parts of an image.",
    AdaptiveAveragePooling3D = 3 "The average of each of so many parts of a volume.",
}

fn average_back(_: &[f32], dy: &[f32], dx: &mut [f32], parts: &Windows, pool: &crate::pool::Pool) {
    pooling::average_back(dy, dx, parts, pool);
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn parts_overlap_where_they_do_not_divide_the_axis() {
        type In = [[f32; 1]; 7];
        type Out = [[f32; 1]; 3];
        let x = [1.0, 2.0, 9.0, 4.0, 5.0, 6.0, 7.0];
        let max = AdaptiveMaxPooling1D::new();
        assert_eq!(forward::<_, In, Out>(&max, &x), [9.0, 9.0, 7.0]);
        assert_eq!(
            back::<_, In, Out>(&max, &x, &[1.0, 2.0, 4.0]),
            [0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 4.0]
        );
        let average = AdaptiveAveragePooling1D::new();
        assert_eq!(forward::<_, In, Out>(&average, &x), [4.0, 6.0, 6.0]);
    }

    #[test]
    fn more_parts_than_elements() {
        let y = forward::<_, [[f32; 1]; 2], [[f32; 1]; 3]>(
            &AdaptiveAveragePooling1D::new(),
            &[1.0, 3.0],
        );
        assert_eq!(y, [1.0, 2.0, 3.0]);
        let image = Shape::new(&[8, 6, 3]);
        assert_eq!(max_shape(image, &[2, 9]).ok(), Some(Shape::new(&[2, 9, 3])));
        assert!(max_shape(image, &[0, 9]).is_err());
        assert!(average_shape(Shape::new(&[Shape::NONE, 3]), &[2]).is_err());
    }
}
