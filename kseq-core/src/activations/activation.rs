//! What an activation is, and the table of the built-in ones: a type and an entry of [`Act`] for each.

use super::pointwise::{self, Pointwise};
use super::{softmax, sparsemax};
use crate::base::operator::Then;
use crate::facts::Reads;
use crate::math;

/// An activation function: `y = f(x)`, and `dx = dy * f'(x)`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::activations::Activation;
///
/// /// y = x^2; the derivative 2x needs the input.
/// struct Square;
/// impl Activation for Square {
///     const NAME: &'static str = "square";
///     const KEEPS_INPUT: bool = true;
///
///     fn forward(z: &mut [f32], _width: usize) {
///         for z in z {
///             *z *= *z;
///         }
///     }
///     fn backward(_y: &[f32], x: &[f32], dy: &mut [f32], _width: usize) {
///         for (dy, x) in dy.iter_mut().zip(x) {
///             *dy *= 2.0 * x;
///         }
///     }
/// }
/// let mut z = [-3.0, 2.0];
/// Square::forward(&mut z, 2);
/// assert_eq!(z, [9.0, 4.0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an activation",
    label = "expected an activation, such as `Relu`"
)]
pub trait Activation: Send + Sync + 'static {
    /// Keras's name: `relu`.
    const NAME: &'static str;
    /// The built-in activation that this is, if it is one: losses fuse with some of them.
    const ACT: Option<Act> = None;
    /// What it is in integers.
    #[doc(hidden)]
    const INT8: Then = match Self::ACT {
        Some(act) => act.int8(),
        None => Then::Refused(Self::NAME),
    };
    /// What `backward` reads of the output.
    const READS_OUTPUT: Reads = Reads::Values;
    /// Whether `backward` needs the input; it is then kept.
    const KEEPS_INPUT: bool = false;
    /// Whether positive values stay positive, and the others do not become so.
    const KEEPS_SIGN: bool = false;

    /// `z` holds the input and gets the output; `width` is the length of the last axis.
    fn forward(z: &mut [f32], width: usize);

    /// `dy` holds the gradient of the output and gets that of the input. `x` is the input if
    /// [`Activation::KEEPS_INPUT`], else empty.
    fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize);
}

/// The columns of the table below: what `backward` reads.
macro_rules! reads {
    (Input) => {
        Reads::Nothing
    };
    ($of_output:ident) => {
        Reads::$of_output
    };
}
macro_rules! keeps_input {
    (Input) => {
        true
    };
    ($of_output:ident) => {
        false
    };
}

/// Makes the types, [`Act`] and its two functions of a table. An entry says what the derivative is a
/// function of: the `Input`, the output's `Values`, its `Sign`, whether it is `Positive`, or `Nothing`.
macro_rules! activations {
    (
        pointwise { $(
            $(#[$doc:meta])*
            $name:ident $keras:literal $reads:ident $(keeps $sign:ident)?
            { |$x:ident| $f:expr, |$v:ident| $d:expr }
        )* }
        over_the_last_axis { $(
            $(#[$row_doc:meta])*
            $row:ident $row_keras:literal $row_reads:ident { $forward:path, $backward:path }
        )* }
    ) => {
        /// A built-in activation.
        ///
        /// ```
        /// # use kseq_core as kseq;
        /// use kseq::activations::Act;
        /// let mut z = [-1.0, 0.0, 2.0];
        /// Act::Relu.forward(&mut z, 3);
        /// assert_eq!(z, [0.0, 0.0, 2.0]);
        /// assert_eq!(Act::ALL.iter().find(|a| a.name() == "relu"), Some(&Act::Relu));
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Act {
            $(#[doc = concat!("`", $keras, "`: [`struct@", stringify!($name), "`]")] $name,)*
            $(#[doc = concat!("`", $row_keras, "`: [`struct@", stringify!($row), "`]")] $row,)*
        }

        impl Act {
            /// All of them.
            pub const ALL: &'static [Act] = &[$(Act::$name,)* $(Act::$row,)*];

            /// Keras's name: `relu`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Act::$name => $keras,)*
                    $(Act::$row => $row_keras,)*
                }
            }

            /// Whether a larger value never gives a smaller one, value by value.
            pub(crate) const fn rises(self) -> bool {
                !matches!(
                    self,
                    Act::Gelu
                        | Act::Silu
                        | Act::HardSilu
                        | Act::Mish
                        | Act::Softmax
                        | Act::LogSoftmax
                        | Act::Sparsemax
                )
            }

            /// As [`Activation::forward`]. (Without std in line, so that only those which a program has are linked.)
            #[cfg_attr(feature = "std", inline(never))]
            #[cfg_attr(not(feature = "std"), inline(always))]
            pub fn forward(self, z: &mut [f32], width: usize) {
                if let Act::Linear = self {
                    return;
                }
                match self {
                    $(Act::$name => pointwise::forward::<$name>(z),)*
                    $(Act::$row => $forward(z, width),)*
                }
            }

            /// As [`Activation::backward`].
            #[cfg_attr(feature = "std", inline(never))]
            #[cfg_attr(not(feature = "std"), inline(always))]
            pub fn backward(self, y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
                if let Act::Linear = self {
                    return;
                }
                match self {
                    $(Act::$name => {
                        pointwise::backward::<$name>(if keeps_input!($reads) { x } else { y }, dy);
                    })*
                    $(Act::$row => {
                        $backward(if keeps_input!($row_reads) { x } else { y }, dy, width);
                    })*
                }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Default, Debug)]
            pub struct $name;

            impl Pointwise for $name {
                #[inline(always)]
                fn f<const FMA: bool>($x: f32) -> f32 {
                    $f
                }
                #[inline(always)]
                fn d<const FMA: bool>($v: f32) -> f32 {
                    $d
                }
            }

            impl Activation for $name {
                const NAME: &'static str = $keras;
                const ACT: Option<Act> = Some(Act::$name);
                const READS_OUTPUT: Reads = reads!($reads);
                const KEEPS_INPUT: bool = keeps_input!($reads);
                $(const KEEPS_SIGN: bool = stringify!($sign).len() > 0;)?

                fn forward(z: &mut [f32], width: usize) {
                    Act::$name.forward(z, width);
                }
                fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
                    Act::$name.backward(y, x, dy, width);
                }
            }
        )*

        $(
            $(#[$row_doc])*
            #[derive(Clone, Copy, Default, Debug)]
            pub struct $row;

            impl Activation for $row {
                const NAME: &'static str = $row_keras;
                const ACT: Option<Act> = Some(Act::$row);
                const READS_OUTPUT: Reads = reads!($row_reads);
                const KEEPS_INPUT: bool = keeps_input!($row_reads);

                fn forward(z: &mut [f32], width: usize) {
                    Act::$row.forward(z, width);
                }
                fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
                    Act::$row.backward(y, x, dy, width);
                }
            }
        )*
    };
}

// Constants of SELU, to all digits of the paper.
pub(super) const SELU_SCALE: f32 = 1.050_701;
const SELU_SCALE_ALPHA: f32 = 1.758_099_3;

// Comparisons are written so that NaN stays NaN: `if x <= 0.0 { 0.0 } else { x }`.
activations! {
    pointwise {
        /// `y = x`; derivative 1. No activation.
        Linear "linear" Nothing keeps sign { |x| x, |_y| 1.0 }

        /// `y = max(x, 0)`; derivative 1 for y > 0, else 0.
        ///
        /// Nair, Hinton: "Rectified linear units improve restricted Boltzmann machines" (2010).
        Relu "relu" Positive keeps sign {
            |x| if x <= 0.0 { 0.0 } else { x },
            |y| if y > 0.0 { 1.0 } else { 0.0 }
        }

        /// `y = min(max(x, 0), 6)`; derivative 1 for 0 < y < 6, else 0.
        ///
        /// Howard et al.: "MobileNets" (2017).
        Relu6 "relu6" Values keeps sign {
            |x| relu6(x),
            |y| if y > 0.0 && y < 6.0 { 1.0 } else { 0.0 }
        }

        /// `y = x` for x > 0, else `0.2 x`; derivative 1 or 0.2. The slope is Keras 3's default
        /// `negative_slope`.
        ///
        /// Maas, Hannun, Ng: "Rectifier nonlinearities improve neural network acoustic models" (2013).
        LeakyRelu "leaky_relu" Sign keeps sign {
            |x| if x > 0.0 { x } else { 0.2 * x },
            |y| if y > 0.0 { 1.0 } else { 0.2 }
        }

        /// `y = x` for x > 0, else `e^x - 1`; derivative 1, else `y + 1`.
        ///
        /// Clevert, Unterthiner, Hochreiter: "Fast and accurate deep network learning by exponential
        /// linear units (ELUs)" (2015), with alpha = 1.
        Elu "elu" Values keeps sign {
            |x| if x > 0.0 { x } else { math::exp_m1_in::<FMA>(x) },
            |y| if y > 0.0 { 1.0 } else { y + 1.0 }
        }

        /// `y = s x` for x > 0, else `s a (e^x - 1)`, with s = 1.0507 and a = 1.6733; derivative s,
        /// for y < 0 `y + s a`.
        ///
        /// Klambauer, Unterthiner, Mayr, Hochreiter: "Self-normalizing neural networks" (2017).
        Selu "selu" Values keeps sign {
            |x| if x > 0.0 { SELU_SCALE * x } else { SELU_SCALE_ALPHA * math::exp_m1_in::<FMA>(x) },
            |y| if y < 0.0 { y + SELU_SCALE_ALPHA } else { SELU_SCALE }
        }

        /// `y = max(x, 0) + min(e^x - 1, 0)`; derivative 1, else `y + 1`. With Keras's alpha = 1 this
        /// is [`Elu`].
        ///
        /// Barron: "Continuously differentiable exponential linear units" (2017).
        Celu "celu" Values keeps sign {
            |x| if x > 0.0 { x } else { math::exp_m1_in::<FMA>(x) },
            |y| if y > 0.0 { 1.0 } else { y + 1.0 }
        }

        /// `y = x P(x)` with the normal distribution `P(x) = (1 + erf(x / sqrt(2))) / 2`; derivative
        /// `P(x) + x e^(-x^2 / 2) / sqrt(2 pi)`. The exact form, Keras's `approximate=False`.
        ///
        /// Hendrycks, Gimpel: "Gaussian error linear units (GELUs)" (2016).
        Gelu "gelu" Input {
            |x| x * normal_cdf::<FMA>(x),
            |x| normal_cdf::<FMA>(x) + x * 0.398_942_3 * math::exp_in::<FMA>(-0.5 * x * x)
        }

        /// `y = x s(x)` with the sigmoid s; derivative `s(x) (1 + x (1 - s(x)))`. Also called swish.
        ///
        /// Ramachandran, Zoph, Le: "Searching for activation functions" (2017).
        Silu "silu" Input {
            |x| x * math::sigmoid_in::<FMA>(x),
            |x| {
                let s = math::sigmoid_in::<FMA>(x);
                s * (1.0 + x * (1.0 - s))
            }
        }

        /// `y = 1 / (1 + e^-x)`; derivative `y (1 - y)`.
        Sigmoid "sigmoid" Values { |x| math::sigmoid_in::<FMA>(x), |y| y * (1.0 - y) }

        /// `y = relu6(x + 3) / 6`; derivative 1/6 for 0 < y < 1, else 0. (Keras 2 had
        /// `0.2 x + 0.5`.)
        ///
        /// Howard et al.: "Searching for MobileNetV3" (2019).
        HardSigmoid "hard_sigmoid" Values {
            |x| relu6(x + 3.0) / 6.0,
            |y| if y > 0.0 && y < 1.0 { 1.0 / 6.0 } else { 0.0 }
        }

        /// `y = 0.2 x + 0.5` between 0 and 1; derivative 0.2 for 0 < y < 1, else 0: what Keras 2 called
        /// `hard_sigmoid`, the `recurrent_activation` of its older recurrent layers.
        ///
        /// Courbariaux, Bengio, David: "BinaryConnect" (2015).
        HardSigmoidKeras2 "hard_sigmoid_keras2" Values {
            |x| between_0_and_1(0.2 * x + 0.5),
            |y| if y > 0.0 && y < 1.0 { 0.2 } else { 0.0 }
        }

        /// `y = x h(x)` with `h(x) = relu6(x + 3) / 6`; derivative `h(x)`, plus `x / 6` for
        /// -3 < x < 3. Also called hard_swish.
        ///
        /// Howard et al.: "Searching for MobileNetV3" (2019).
        HardSilu "hard_silu" Input {
            |x| x * (relu6(x + 3.0) / 6.0),
            |x| {
                let shifted = x + 3.0;
                let rest = if shifted > 0.0 && shifted < 6.0 { x } else { 0.0 };
                (relu6(shifted) + rest) / 6.0
            }
        }

        /// `y = min(max(x, -1), 1)`; derivative 1 for -1 <= x <= 1, else 0. It keeps the input: at the
        /// ends, which belong to the slope, the output does not tell.
        HardTanh "hard_tanh" Input keeps sign {
            |x| {
                let y = if x > 1.0 { 1.0 } else { x };
                if y < -1.0 { -1.0 } else { y }
            },
            |x| if x.abs() <= 1.0 { 1.0 } else { 0.0 }
        }

        /// `y = tanh(x)`; derivative `1 - y^2`.
        Tanh "tanh" Values keeps sign { |x| math::tanh_in::<FMA>(x), |y| 1.0 - y * y }

        /// `y = x - tanh(x)`; derivative `tanh(x)^2`.
        TanhShrink "tanh_shrink" Input {
            |x| x - math::tanh_in::<FMA>(x),
            |x| {
                let t = math::tanh_in::<FMA>(x);
                t * t
            }
        }

        /// `y = x` for |x| > 0.5, else 0; derivative 1 or 0.
        HardShrink "hard_shrink" Values {
            |x| if x.abs() <= 0.5 { 0.0 } else { x },
            |y| if y == 0.0 { 0.0 } else { 1.0 }
        }

        /// `y = x - 0.5` for x > 0.5, `x + 0.5` for x < -0.5, else 0; derivative 1, or 0 where y is 0.
        SoftShrink "soft_shrink" Values {
            |x| if x.abs() <= 0.5 { 0.0 } else if x > 0.0 { x - 0.5 } else { x + 0.5 },
            |y| if y == 0.0 { 0.0 } else { 1.0 }
        }

        /// `y = 0` up to -1, `(x + 1)^2 / 4` up to 1, and x from there; derivative `(x + 1) / 2` between 0
        /// and 1, which is the root of y.
        SparsePlus "sparse_plus" Values {
            |x| {
                let shifted = x + 1.0;
                if x <= -1.0 { 0.0 } else if x < 1.0 { 0.25 * shifted * shifted } else { x }
            },
            |y| if y < 1.0 { math::sqrt(y) } else { 1.0 }
        }

        /// `y = (x + 1) / 2` between 0 and 1; derivative 0.5 for 0 < y < 1, else 0.
        SparseSigmoid "sparse_sigmoid" Values {
            |x| between_0_and_1(0.5 * (x + 1.0)),
            |y| if y > 0.0 && y < 1.0 { 0.5 } else { 0.0 }
        }

        /// `y = ln(1 + e^x)`; derivative `1 - e^-y`, the sigmoid of x.
        Softplus "softplus" Values { |x| math::softplus_in::<FMA>(x), |y| -math::exp_m1_in::<FMA>(-y) }

        /// `y = x / (1 + |x|)`; derivative `(1 - |y|)^2`.
        Softsign "softsign" Values keeps sign {
            |x| x / (1.0 + x.abs()),
            |y| {
                let rest = 1.0 - y.abs();
                rest * rest
            }
        }

        /// `y = -ln(1 + e^-x)`, the logarithm of the sigmoid; derivative `1 - e^y`.
        LogSigmoid "log_sigmoid" Values { |x| -math::softplus_in::<FMA>(-x), |y| -math::exp_m1_in::<FMA>(y) }

        /// `y = e^x`; derivative y.
        Exponential "exponential" Values { |x| math::exp_in::<FMA>(x), |y| y }

        /// `y = x t` with `t = tanh(ln(1 + e^x))`; derivative `t + x (1 - t^2) s(x)`, with the
        /// sigmoid s.
        ///
        /// Misra: "Mish: a self regularized non-monotonic activation function" (2019).
        Mish "mish" Input {
            |x| {
                let (_, _, t) = mish_parts::<FMA>(x);
                x * t
            },
            |x| {
                // (1 - t^2) s = 4 e (1 + e) / (n + 2)^2
                let (x, e, t) = mish_parts::<FMA>(x);
                let m = e * (e + 2.0) + 2.0;
                t + x * (4.0 * e * (1.0 + e)) / (m * m)
            }
        }

        /// `y = (x + sqrt(x^2 + 4)) / 2`; derivative `(1 + x / sqrt(x^2 + 4)) / 2`, which is
        /// `y^2 / (y^2 + 1)`.
        ///
        /// Barron: "Squareplus: a softplus-like algebraic rectifier" (2021), with b = 4.
        Squareplus "squareplus" Values {
            |x| {
                let size = x.abs();
                // Beyond 10^9 the root is |x|; the square would overflow.
                let root = if size > 1e9 { size } else { math::sqrt(x * x + 4.0) };
                let larger = 0.5 * (size + root);
                if x < 0.0 { 1.0 / larger } else { larger }
            },
            |y| 1.0 / (1.0 + 1.0 / (y * y))
        }
    }
    over_the_last_axis {
        /// `y_i = e^x_i / sum_j e^x_j` over the last axis; `dx_i = y_i (dy_i - sum_j dy_j y_j)`.
        /// The largest x is subtracted first, so nothing overflows.
        Softmax "softmax" Values { softmax::forward, softmax::backward }

        /// `y_i = x_i - ln(sum_j e^x_j)` over the last axis; `dx_i = dy_i - e^y_i sum_j dy_j`.
        /// The largest x is subtracted first, so nothing overflows.
        LogSoftmax "log_softmax" Values { softmax::log_forward, softmax::log_backward }

        /// `y_i = max(x_i - t, 0)` over the last axis, as Keras 3.15 computes it: with the sums `c_k` of the k largest values, of
        /// which the K first ones count that exceed `(c_k - 1) / k`, it is `t = (c_1 + .. + c_K - 1) / K`. (In the paper the
        /// outputs sum to 1, by `t = (c_K - 1) / K`; these do where K is 1.) What is r-th of the K has
        /// `dx_i = dy_i - (K - r + 1) / K` times the sum of `dy` where y is positive; without `dy_i` where it is not.
        ///
        /// Martins, Astudillo: "From softmax to sparsemax" (2016).
        Sparsemax "sparsemax" Input { sparsemax::forward, sparsemax::backward }
    }
}

#[inline(always)]
fn relu6(x: f32) -> f32 {
    let y = if x <= 0.0 { 0.0 } else { x };
    if y > 6.0 { 6.0 } else { y }
}

/// NaN stays.
#[inline(always)]
fn between_0_and_1(x: f32) -> f32 {
    let y = if x <= 0.0 { 0.0 } else { x };
    if y > 1.0 { 1.0 } else { y }
}

/// The normal distribution function.
#[inline(always)]
fn normal_cdf<const FMA: bool>(x: f32) -> f32 {
    0.5 + 0.5 * math::erf_in::<FMA>(x * core::f32::consts::FRAC_1_SQRT_2)
}

/// `(x, e^x, tanh(ln(1 + e^x)))`, x cut at 20, where the last one is 1: with n = e^x (e^x + 2) it is
/// n / (n + 2).
#[inline(always)]
fn mish_parts<const FMA: bool>(x: f32) -> (f32, f32, f32) {
    let x = if x > 20.0 { 20.0 } else { x };
    let e = math::exp_in::<FMA>(x);
    let n = e * (e + 2.0);
    (x, e, n / (n + 2.0))
}
