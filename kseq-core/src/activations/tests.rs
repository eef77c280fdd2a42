//! Every activation against `f64`: values, derivatives by differences, kinks, large arguments.

use super::activation::SELU_SCALE;
use super::*;
use crate::facts::Reads;

/// The same functions from their definitions.
fn truth(act: Act, x: f64) -> f64 {
    let s = 1.0 / (1.0 + libm::exp(-x));
    let expm1 = if x > 0.0 { 0.0 } else { libm::expm1(x) };
    let softplus = x.max(0.0) + libm::log1p(libm::exp(-x.abs()));
    match act {
        Act::Linear => x,
        Act::Relu => x.max(0.0),
        Act::Relu6 => x.clamp(0.0, 6.0),
        Act::LeakyRelu => x.max(0.2 * x),
        Act::Elu | Act::Celu => x.max(0.0) + expm1,
        Act::Selu => 1.050_700_987_355_480_5 * (x.max(0.0) + 1.673_263_242_354_377_2 * expm1),
        Act::Gelu => 0.5 * x * libm::erfc(-x / core::f64::consts::SQRT_2),
        Act::Silu => x * s,
        Act::Sigmoid => s,
        Act::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Act::HardSigmoidKeras2 => (0.2 * x + 0.5).clamp(0.0, 1.0),
        Act::HardSilu => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Act::HardTanh => x.clamp(-1.0, 1.0),
        Act::Tanh => libm::tanh(x),
        Act::TanhShrink => x - libm::tanh(x),
        Act::HardShrink => {
            if x.abs() > 0.5 {
                x
            } else {
                0.0
            }
        }
        Act::SoftShrink => (x - 0.5).max(0.0) + (x + 0.5).min(0.0),
        Act::SparsePlus if x < 1.0 => 0.25 * (x.max(-1.0) + 1.0) * (x.max(-1.0) + 1.0),
        Act::SparsePlus => x,
        Act::SparseSigmoid => (0.5 * (x + 1.0)).clamp(0.0, 1.0),
        Act::Softplus => softplus,
        Act::Softsign => x / (1.0 + x.abs()),
        Act::LogSigmoid => x.min(0.0) - libm::log1p(libm::exp(-x.abs())),
        Act::Exponential => libm::exp(x),
        Act::Mish => x * libm::tanh(softplus),
        Act::Squareplus => 0.5 * (x + libm::sqrt(x * x + 4.0)),
        Act::Softmax | Act::LogSoftmax | Act::Sparsemax => f64::NAN,
    }
}

const POINTWISE: usize = 26;

fn pointwise() -> impl Iterator<Item = Act> {
    let all = Act::ALL.iter().copied();
    all.filter(|a| !matches!(a, Act::Softmax | Act::LogSoftmax | Act::Sparsemax))
}

/// `(y, derivative)` at `x`, given to the backward pass what it says that it reads, and no more.
fn at<A: Activation>(x: f32) -> (f32, f32) {
    let mut y = [x];
    A::forward(&mut y, 1);
    let read = match A::READS_OUTPUT {
        Reads::Nothing => [f32::NAN],
        // Another number of the same sign.
        Reads::Positive | Reads::Sign => [if y[0] > 0.0 { 7.0 } else { -7.0 }],
        Reads::Values => y,
    };
    let input = [x];
    let mut dy = [1.0];
    A::backward(&read, if A::KEEPS_INPUT { &input } else { &[] }, &mut dy, 1);
    (y[0], dy[0])
}

/// Calls `at` of the type that belongs to each entry.
fn evaluate(act: Act, x: f32) -> (f32, f32) {
    macro_rules! pick {
        ($($name:ident)*) => {
            match act {
                $(Act::$name => at::<$name>(x),)*
                Act::Softmax | Act::LogSoftmax | Act::Sparsemax => (f32::NAN, f32::NAN),
            }
        };
    }
    pick!(Linear Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu Sigmoid HardSigmoid HardSigmoidKeras2 HardSilu
        HardTanh Tanh TanhShrink HardShrink SoftShrink SparsePlus SparseSigmoid Softplus Softsign LogSigmoid
        Exponential Mish Squareplus)
}

#[test]
fn values_and_derivatives() {
    assert_eq!(pointwise().count(), POINTWISE);
    for act in pointwise() {
        for i in -2000..=2000 {
            // Never at a kink (0, 0.5, 1, 2.5, 3, 6), and farther from it than the step below.
            let x = (i as f32 + 0.37) * 0.01;
            let (y, d) = evaluate(act, x);
            let (wide, h) = (f64::from(x), 1e-5);
            let want = truth(act, wide);
            assert!(
                (f64::from(y) - want).abs() <= 4e-7 * want.abs().max(1.0),
                "{act:?}({x}) = {y}, not {want}"
            );
            let want = (truth(act, wide + h) - truth(act, wide - h)) / (2.0 * h);
            assert!(
                (f64::from(d) - want).abs() <= 1e-6 * want.abs().max(1.0),
                "{act:?}'({x}) = {d}, not {want}"
            );
        }
    }
}

#[test]
fn derivatives_at_the_kinks_are_those_of_tensorflow() {
    let cases = [
        (Act::Relu, 0.0, 0.0),
        (Act::Relu6, 0.0, 0.0),
        (Act::Relu6, 6.0, 0.0),
        (Act::LeakyRelu, 0.0, 0.2),
        (Act::Elu, 0.0, 1.0),
        (Act::Selu, 0.0, SELU_SCALE),
        (Act::HardSigmoid, -3.0, 0.0),
        (Act::HardSigmoid, 3.0, 0.0),
        (Act::HardSilu, -3.0, 0.0),
        (Act::HardSilu, 3.0, 1.0),
        (Act::HardTanh, -1.0, 1.0),
        (Act::HardTanh, 1.0, 1.0),
    ];
    for (act, x, want) in cases {
        assert_eq!(evaluate(act, x).1, want, "{act:?}'({x})");
    }
    // The last number before saturation is not yet saturated.
    assert_eq!(evaluate(Act::HardSigmoid, 2.999_999_5).1, 1.0 / 6.0);
    assert_eq!(evaluate(Act::HardSigmoid, -2.999_999_8).1, 1.0 / 6.0);
}

#[test]
fn large_arguments_give_no_nan() {
    for act in pointwise() {
        for x in [50.0, 88.0, 89.0, 1e4, 1e10, 1e20, 1e38] {
            for x in [x, -x] {
                let (y, d) = evaluate(act, x);
                assert!(!y.is_nan() && !d.is_nan(), "{act:?} at {x}: {y}, {d}");
                assert!(
                    d.is_finite() || act == Act::Exponential,
                    "{act:?}'({x}) = {d}"
                );
                assert!(
                    y.is_finite() || act == Act::Exponential,
                    "{act:?}({x}) = {y}"
                );
            }
        }
        let (y, _) = evaluate(act, f32::NAN);
        assert!(y.is_nan(), "{act:?} hides NaN");
    }
}

#[test]
fn those_that_keep_the_sign_do() {
    macro_rules! check {
        ($($name:ident)*) => {$(
            for i in -3000..3000 {
                for x in [i as f32 * 0.01, i as f32 * 1e-7, i as f32 * 1e-30] {
                    let y = at::<$name>(x).0;
                    assert!(!$name::KEEPS_SIGN || (y > 0.0) == (x > 0.0), "{}({x}) = {y}", $name::NAME);
                }
            }
        )*};
    }
    check!(Linear Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu Sigmoid HardSigmoid HardSigmoidKeras2 HardSilu
        HardTanh Tanh TanhShrink HardShrink SoftShrink SparsePlus SparseSigmoid Softplus Softsign LogSigmoid
        Exponential Mish Squareplus Softmax LogSoftmax Sparsemax);
    const { assert!(Relu::KEEPS_SIGN && Tanh::KEEPS_SIGN && !Sigmoid::KEEPS_SIGN && !Gelu::KEEPS_SIGN) };
}

#[test]
fn softmax_and_its_logarithm() {
    for width in [1, 2, 3, 7, 8, 10, 16, 33, 150] {
        let x: [f32; 330] = core::array::from_fn(|i| ((i * 37) % 101) as f32 * 0.09 - 4.0);
        let g: [f32; 330] = core::array::from_fn(|i| ((i * 53) % 29) as f32 * 0.1 - 1.3);
        let n = x.len() / width * width;
        let softmax = |row: &[f64], c: usize| {
            libm::exp(row[c]) / row.iter().map(|v| libm::exp(*v)).sum::<f64>()
        };
        for act in [Act::Softmax, Act::LogSoftmax] {
            let value = |row: &[f64], c: usize| match act {
                Act::Softmax => softmax(row, c),
                _ => libm::log(softmax(row, c)),
            };
            let (mut y, mut d) = (x, g);
            act.forward(&mut y[..n], width);
            act.backward(&y[..n], &[], &mut d[..n], width);
            for r in 0..n / width {
                let mut row = [0.0; 150];
                for (wide, x) in row.iter_mut().zip(&x[r * width..][..width]) {
                    *wide = f64::from(*x);
                }
                let row = &mut row[..width];
                for c in 0..width {
                    let want = value(row, c);
                    let got = f64::from(y[r * width + c]);
                    assert!(
                        (got - want).abs() < 1e-6 * want.abs().max(0.1),
                        "{got} {want}"
                    );
                    // d/dx_c of sum_j g_j y_j
                    let mut total = |h: f64| -> f64 {
                        row[c] += h;
                        let sum = (0..width).map(|j| f64::from(g[r * width + j]) * value(row, j));
                        let sum = sum.sum();
                        row[c] -= h;
                        sum
                    };
                    let want = (total(1e-5) - total(-1e-5)) / 2e-5;
                    let got = f64::from(d[r * width + c]);
                    assert!(
                        (got - want).abs() < 2e-6,
                        "{act:?}, width {width}: {got} {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn softmax_of_large_arguments() {
    for act in [Act::Softmax, Act::LogSoftmax] {
        let mut y = [1e30, -1e30, 1e30, 500.0, f32::MAX, 0.0];
        act.forward(&mut y, 3);
        assert!(y.iter().all(|y| y.is_finite()), "{y:?}");
        let mut dy = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        act.backward(&y, &[], &mut dy, 3);
        assert!(dy.iter().all(|d| d.is_finite()), "{dy:?}");
    }
    let mut y = [1e30, -1e30, 1e30];
    Softmax::forward(&mut y, 3);
    assert_eq!(y, [0.5, 0.0, 0.5]);
}

#[test]
fn lengths_that_do_not_fit_are_no_panic() {
    for act in Act::ALL {
        for width in [0, 1, 4, 100] {
            let mut z = [1.0; 10];
            act.forward(&mut z, width);
            act.backward(&z[..3], &[], &mut [1.0; 5], width);
            act.forward(&mut [], width);
        }
    }
}

/// As Keras computes it: by the values in descending order; the gradient by differences.
#[test]
fn sparsemax() {
    fn keras(x: &[f64]) -> [f64; 40] {
        let mut sorted = [0.0; 40];
        let sorted = &mut sorted[..x.len()];
        sorted.copy_from_slice(x);
        sorted.sort_by(|a, b| b.total_cmp(a));
        let (mut sum, mut sums, mut count) = (0.0, 0.0, 0.0);
        for (k, v) in sorted.iter().enumerate() {
            sum += v;
            if v - (sum - 1.0) / (k + 1) as f64 > 0.0 {
                sums += sum;
                count += 1.0;
            }
        }
        let least = (sums - 1.0) / count;
        core::array::from_fn(|i| x.get(i).map_or(0.0, |x| (x - least).max(0.0)))
    }
    for width in [1, 2, 3, 7, 8, 10, 33] {
        let x: [f32; 330] = core::array::from_fn(|i| ((i * 37) % 101) as f32 * 0.03 - 1.0);
        let g: [f32; 330] = core::array::from_fn(|i| ((i * 53) % 29) as f32 * 0.1 - 1.3);
        let n = x.len() / width * width;
        let (mut y, mut d) = (x, g);
        Act::Sparsemax.forward(&mut y[..n], width);
        Act::Sparsemax.backward(&[], &x[..n], &mut d[..n], width);
        for r in (0..n).step_by(width) {
            let mut wide = [0.0; 40];
            for (wide, x) in wide.iter_mut().zip(&x[r..][..width]) {
                *wide = f64::from(*x);
            }
            let wide = &mut wide[..width];
            for (want, y) in keras(wide).iter().zip(&y[r..][..width]) {
                assert!((f64::from(*y) - want).abs() < 1e-5, "{y} {want}");
            }
            for c in 0..width {
                let mut total = |h: f64| -> f64 {
                    wide[c] += h;
                    let y = keras(wide);
                    wide[c] -= h;
                    (0..width).map(|j| f64::from(g[r + j]) * y[j]).sum()
                };
                let want = (total(1e-6) - total(-1e-6)) / 2e-6;
                let got = f64::from(d[r + c]);
                assert!((got - want).abs() < 1e-4, "width {width}: {got} {want}");
            }
        }
    }
    let mut y = [f32::NAN, 1.0, f32::INFINITY, 0.0];
    Act::Sparsemax.forward(&mut y, 2);
    assert!(y.iter().any(|y| y.is_nan()));
}

/// Those with arguments: at both sides of each kink, and at it.
#[test]
fn activations_with_arguments() {
    const fn bits(x: f32) -> u32 {
        x.to_bits()
    }
    /// `(y, derivative)` of TensorFlow's.
    fn relu(x: f32, max: f32, slope: f32, threshold: f32) -> (f32, f32) {
        match x {
            _ if x > threshold && x > max => (max, 0.0),
            _ if x > threshold => (x, 1.0),
            _ if x < threshold => (slope * (x - threshold), slope),
            _ => (0.0, 0.0),
        }
    }
    for i in -40..=40 {
        let x = i as f32 * 0.25;
        let plain = relu(x, f32::INFINITY, 0.0, 0.0);
        const INF: u32 = bits(f32::INFINITY);
        assert_eq!(at::<ReluOf<INF, 0, 0>>(x), plain);
        assert_eq!(at::<ReluOf<{ bits(4.0) }, 0, 0>>(x), relu(x, 4.0, 0.0, 0.0));
        let want = relu(x, f32::INFINITY, 0.0, 1.5);
        assert_eq!(at::<ReluOf<INF, 0, { bits(1.5) }>>(x), want);
        let want = relu(x, 4.0, 0.5, 1.0);
        assert_eq!(
            at::<ReluOf<{ bits(4.0) }, { bits(0.5) }, { bits(1.0) }>>(x),
            want
        );
        let want = if x > 0.0 { (x, 1.0) } else { (0.5 * x, 0.5) };
        assert_eq!(at::<LeakyReluOf<{ bits(0.5) }>>(x), want);
        assert_eq!(at::<ReluOf<INF, { bits(0.5) }, 0>>(x), want);
        assert_eq!(at::<LeakyReluOf<0>>(x).0, plain.0);
        assert_eq!(at::<EluOf<{ bits(1.0) }>>(x), at::<Elu>(x));
        let (y, d) = at::<Elu>(x);
        let half = if x > 0.0 {
            (x, 1.0)
        } else {
            (0.5 * y, 0.5 * d)
        };
        let got = at::<EluOf<{ bits(0.5) }>>(x);
        assert!(
            (got.0 - half.0).abs() < 1e-6 && (got.1 - half.1).abs() < 1e-6,
            "{got:?} {half:?}"
        );
        let got = at::<EluOf<{ bits(-0.5) }>>(x);
        let sign = if x > 0.0 { 1.0 } else { -1.0 };
        assert!((got.0 - sign * half.0).abs() < 1e-6 && (got.1 - sign * half.1).abs() < 1e-6);
    }
    const {
        assert!(matches!(
            ReluOf::<{ bits(6.0) }, 0, 0>::ACT,
            Some(Act::Relu6)
        ));
        assert!(ReluOf::<{ bits(4.0) }, 0, 0>::KEEPS_INPUT);
        assert!(negative_slope_rule(-0.1).is_some() && threshold_rule(0.0).is_none());
        assert!(max_value_rule(f32::NAN).is_some() && alpha_rule(-1.0).is_none());
    };
}
