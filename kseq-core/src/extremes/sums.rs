//! Sums of very many numbers lose no digits, whatever the numbers have in common.

use std::vec;
use std::vec::Vec;

use crate::initializers::Initializer;
use crate::kernels::elementwise::{add_column_sums, sum_of_abs, sum_of_squares};
use crate::layer::{Ctx, Layer};
use crate::layers::testing::forward;
use crate::layers::*;
use crate::losses::{Loss, MeanSquaredError};
use crate::params::NoParams;
use crate::pool::Pool;
use crate::regularizers::Regularizer;
use crate::tensor::Tensor;

const INITIALIZERS: [Initializer; 4] = [
    Initializer::ONES,
    Initializer::ZEROS,
    Initializer::ZEROS,
    Initializer::ONES,
];

/// Mean and variance of the batch, by a training pass with momentum 0.
fn moments<In: Tensor<Elem = f32>, const C: usize>(axis: isize, x: &[f32]) -> [[f32; C]; 2] {
    let layer = BatchNormalization::<C, 0, 0>::new(axis, 0.0, 1e-3, INITIALIZERS);
    let p = BatchNormalizationParams {
        gamma: [],
        beta: [],
    };
    let mut s = BatchNormalizationState {
        moving_mean: [0.0; C],
        moving_variance: [0.0; C],
        moving_stddev: [],
        renorm_mean: [],
        renorm_stddev: [],
    };
    let n = x.len() / In::LEN;
    let (mut y, mut cache, mut scratch) =
        (vec![0.0; x.len()], vec![0.0; 2 * C], vec![0.0; 3 * C * n]);
    let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
    let cx = &mut cx.with_scratch(&mut scratch);
    layer.forward(
        &p,
        &mut s,
        In::view(x),
        In::view_mut(&mut y),
        &mut cache,
        cx,
    );
    assert!(y.iter().all(|y| y.is_finite()));
    [s.moving_mean, s.moving_variance]
}

fn noise(i: usize) -> f32 {
    (i.wrapping_mul(2_654_435_761) >> 7 & 0xffff) as f32 / 65536.0 - 0.5
}

/// Mean and variance in `f64`.
fn exact(x: impl Iterator<Item = f32> + Clone) -> [f64; 2] {
    let n = x.clone().count() as f64;
    let mean = x.clone().map(f64::from).sum::<f64>() / n;
    let squares = x.map(|x| (f64::from(x) - mean) * (f64::from(x) - mean));
    [mean, squares.sum::<f64>() / n]
}

#[test]
fn a_constant_feature_has_its_mean_and_no_variance() {
    for value in [1e8, 0.7, -3.3e-5, 1.1] {
        assert_eq!(moments::<[f32; 1], 1>(-1, &[value; 64]), [[value], [0.0]]);
        assert_eq!(
            moments::<[f32; 3], 3>(-1, &[value; 3 * 77]),
            [[value; 3], [0.0; 3]]
        );
        type Image = [[[f32; 1]; 28]; 28];
        let image = vec![value; 256 * 784];
        assert_eq!(moments::<Image, 1>(-1, &image), [[value], [0.0]]);
        assert_eq!(moments::<[[f32; 784]; 1], 1>(1, &image), [[value], [0.0]]);
    }
}

#[test]
fn moments_of_random_data_of_any_offset() {
    fn check<In: Tensor<Elem = f32>, const C: usize>(axis: isize, inner: usize, n: usize) {
        for offset in [0.0f32, 1.0, -1e3, 1e5, 1e7] {
            // Features of different offsets and widths; 64 steps of an f32 at least.
            let width = 1f32.max(offset.abs() * C as f32 * 1e-5);
            let x: Vec<f32> = (0..n * In::LEN)
                .map(|i| offset * (1.0 + (i / inner % C) as f32) + noise(i) * width)
                .collect();
            let [mean, variance] = moments::<In, C>(axis, &x);
            for c in 0..C {
                let values = (0..x.len()).filter(|i| i / inner % C == c).map(|i| x[i]);
                let [m, v] = exact(values);
                // The mean is an f32.
                let step = m.abs() * 6e-8 + v.sqrt() * 1e-6;
                assert!(
                    (f64::from(mean[c]) - m).abs() <= step,
                    "{offset} {c}: {} {m}",
                    mean[c]
                );
                let error = (f64::from(variance[c]) / v - 1.0).abs();
                assert!(error < 1e-6, "{offset} {c}: {} {v}", variance[c]);
            }
        }
    }
    check::<[f32; 5], 5>(-1, 1, 1000);
    check::<[f32; 84], 84>(-1, 1, 3000);
    check::<[[[f32; 3]; 40]; 40], 3>(-1, 1, 30);
    check::<[[[f32; 40]; 40]; 3], 3>(1, 1600, 30);
    // Short runs: many samples in a chunk, and one; a channel on both sides of a tile; one channel only.
    check::<[[f32; 4]; 64], 64>(1, 4, 300);
    check::<[[f32; 7]; 11], 11>(1, 7, 1000);
    check::<[[f32; 63]; 300], 300>(1, 63, 4);
    check::<[[f32; 63]; 5], 5>(1, 63, 200);
    check::<[[f32; 5]; 1], 1>(1, 5, 3000);
}

#[test]
fn layer_normalization_of_any_offset() {
    const N: usize = 50_000;
    type Layers = LayerNormalization<N, [f32; 0], [f32; 0]>;
    let layer = Layers::new(&[-1], 1e-6, [Initializer::ONES, Initializer::ZEROS]);
    let p = LayerNormalizationParams {
        gamma: [],
        beta: [],
    };
    let run = |x: &[f32]| {
        let (mut y, mut scratch) = (vec![0.0; N], vec![0.0; 2 * N]);
        let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
        let cx = &mut cx.with_scratch(&mut scratch);
        let y_view = <[f32; N]>::view_mut(&mut y);
        layer.infer(&p, &NoParams, <[f32; N]>::view(x), y_view, cx);
        (y, scratch[0], scratch[1])
    };
    for value in [1e8, 0.7] {
        let (y, mean, _) = run(&vec![value; N]);
        assert!(mean == value && y.iter().all(|y| *y == 0.0));
    }
    for offset in [0.0f32, 10.0, -1e4, 1e6] {
        let x: Vec<f32> = (0..N).map(|i| offset + noise(i) * 100.0).collect();
        let (_, mean, root) = run(&x);
        let [m, v] = exact(x.iter().copied());
        assert!(
            (f64::from(mean) - m).abs() <= m.abs() * 6e-8 + v.sqrt() * 1e-6,
            "{offset}"
        );
        let error = (f64::from(root) * (v + 1e-6).sqrt() - 1.0).abs();
        assert!(error < 1e-6, "{offset}: {error}");
    }
}

#[test]
#[cfg_attr(kseq_device, ignore = "sums are short loops in f32 there")]
fn sums_of_a_million() {
    const N: usize = 1_000_000;
    let close = |found: f32, right: f64| (f64::from(found) / right - 1.0).abs() < 1e-6;
    let x: Vec<f32> = (0..N).map(|i| 0.7 + noise(i) * 0.1).collect();
    let total: f64 = x.iter().map(|x| f64::from(*x)).sum();
    let squares: f64 = x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    assert!(close(sum_of_abs(&x), total) && close(sum_of_squares(&x), squares));
    let l2 = Regularizer::L2 { l2: 1.0 };
    assert!(close(l2.penalty(&x, &[N], &Pool::Serial), squares));
    // The gradient of a bias.
    let mut sums = [0.0; 2];
    add_column_sums(&mut sums, &x, &Pool::Serial);
    let of = |c: usize| {
        x.iter()
            .skip(c)
            .step_by(2)
            .map(|x| f64::from(*x))
            .sum::<f64>()
    };
    assert!(close(sums[0], of(0)) && close(sums[1], of(1)), "{sums:?}");
    // Averages, of all steps and of those that count.
    let y = forward::<_, [[f32; 1]; N], [f32; 1]>(&GlobalAveragePooling1D::new(), &x);
    assert!(close(y[0], total / N as f64), "{y:?}");
    let y = forward::<_, [[[f32; 1]; 1000]; 1000], [f32; 1]>(&GlobalAveragePooling2D::new(), &x);
    assert!(close(y[0], total / N as f64), "{y:?}");
    let (mut cx, tokens) = (Ctx::new(&Pool::Serial, 0, 0), vec![1u32; N]);
    let mut cx = cx.masked(&tokens, 1);
    let mut y = [[0.0f32; 1]];
    let layer = GlobalAveragePooling1D::new();
    layer.infer(
        &NoParams,
        &NoParams,
        <[[f32; 1]; N]>::view(&x),
        &mut y,
        &mut cx,
    );
    assert!(close(y[0][0], total / N as f64), "{y:?}");
    // A loss over a batch.
    let (out, zeros) = (<[f32; 1]>::view(&x), vec![[0.0]; N]);
    let mut grad = vec![[0.0]; N];
    let loss = MeanSquaredError::new().loss(out, &zeros, None, &mut grad);
    assert!(close(loss, squares / N as f64));
}
