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
        Act::HardSilu => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Act::HardTanh => x.clamp(-1.0, 1.0),
        Act::Tanh => libm::tanh(x),
        Act::TanhShrink => x - libm::tanh(x),
        Act::Softplus => softplus,
        Act::Softsign => x / (1.0 + x.abs()),
        Act::LogSigmoid => x.min(0.0) - libm::log1p(libm::exp(-x.abs())),
        Act::Exponential => libm::exp(x),
        Act::Mish => x * libm::tanh(softplus),
        Act::Squareplus => 0.5 * (x + libm::sqrt(x * x + 4.0)),
        Act::Softmax | Act::LogSoftmax => f64::NAN,
    }
}

const POINTWISE: usize = 21;

fn pointwise() -> impl Iterator<Item = Act> {
    let all = Act::ALL.iter().copied();
    all.filter(|a| !matches!(a, Act::Softmax | Act::LogSoftmax))
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
                Act::Softmax | Act::LogSoftmax => (f32::NAN, f32::NAN),
            }
        };
    }
    pick!(Linear Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu Sigmoid HardSigmoid HardSilu HardTanh
        Tanh TanhShrink Softplus Softsign LogSigmoid Exponential Mish Squareplus)
}

#[test]
fn values_and_derivatives() {
    assert_eq!(pointwise().count(), POINTWISE);
    for act in pointwise() {
        for i in -2000..=2000 {
            // Never at a kink (0, 1, 3, 6), and farther from it than the step below.
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
    check!(Linear Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu Sigmoid HardSigmoid HardSilu HardTanh
        Tanh TanhShrink Softplus Softsign LogSigmoid Exponential Mish Squareplus Softmax LogSoftmax);
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
