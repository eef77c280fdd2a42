//! By the definition, and of values that are not numbers.

use std::{vec, vec::Vec};

use super::*;
use crate::kernels::conv::Axis;

const CHANNELS: usize = 3;

fn axis(input: usize, taps: usize, stride: usize, same: bool) -> Axis {
    let output = match same {
        true => input.div_ceil(stride),
        false => (input - taps) / stride + 1,
    };
    let before = ((output - 1) * stride + taps).saturating_sub(input) / 2;
    Axis {
        input,
        output,
        taps,
        stride,
        dilation: 1,
        before: if same { before as isize } else { 0 },
    }
}

fn pooling(h: Axis, w: Axis) -> Pooling {
    Pooling {
        axes: [h, w],
        channels: CHANNELS,
        average: false,
    }
}

/// The places of the values of each window, by outputs.
fn windows(p: &Pooling) -> Vec<Vec<usize>> {
    let [h, w] = &p.axes;
    let mut all = Vec::new();
    for (i, j) in (0..h.output).flat_map(|i| (0..w.output).map(move |j| (i, j))) {
        for c in 0..CHANNELS {
            let places = window(h, i).flat_map(|r| window(w, j).map(move |k| (r, k)));
            all.push(
                places
                    .map(|(r, k)| (r * w.input + k) * CHANNELS + c)
                    .collect(),
            );
        }
    }
    all
}

fn numbers(n: usize, by: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * by) % 13) as f32 - 6.0).collect()
}

#[test]
fn each_kind_is_its_definition() {
    for (h, w) in [
        (axis(1, 1, 1, false), axis(9, 2, 2, false)),
        (axis(7, 3, 3, true), axis(8, 3, 3, true)),
        (axis(5, 2, 2, false), axis(6, 4, 4, false)),
        (axis(6, 3, 1, false), axis(7, 2, 1, true)),
        (axis(4, 4, 1, false), axis(5, 5, 1, false)),
    ] {
        let p = pooling(h, w);
        let (len, out) = (p.input_len(), p.output_len());
        let (x, dy) = (numbers(2 * len, 7), numbers(2 * out, 5));
        let [mut first, mut shared, mut average] = [const { Vec::new() }; 3];
        [&mut first, &mut shared, &mut average]
            .into_iter()
            .for_each(|dx| *dx = vec![0.0_f32; 2 * len]);
        let mut positive = first.clone();
        for sample in 0..2 {
            for (places, dy) in windows(&p).iter().zip(&dy[sample * out..]) {
                let places: Vec<usize> = places.iter().map(|at| sample * len + at).collect();
                let top = places.iter().map(|&at| x[at]).fold(f32::MIN, f32::max);
                let tops: Vec<usize> = places.iter().copied().filter(|&at| x[at] == top).collect();
                first[tops[0]] += dy;
                positive[tops[0]] += if top > 0.0 { *dy } else { 0.0 };
                tops.iter()
                    .for_each(|&at| shared[at] = dy / tops.len() as f32);
                let share = 1.0 / places.len() as f32;
                places.iter().for_each(|&at| average[at] += dy * share);
            }
        }
        let mut got = vec![f32::NAN; 2 * len];
        max_back(&p, &x, &dy, &mut got);
        assert_eq!(got, first);
        average_back(&p, &dy, &mut got);
        assert_eq!(got, average);
        if p.output_len() == CHANNELS {
            max_back_shared(&p, &x, &dy, &mut got);
            assert_eq!(got, shared);
        }
        if p.apart() {
            got.copy_from_slice(&x);
            max_back_in_place(&p, &mut got, &dy, false);
            assert_eq!(got, first);
            got.copy_from_slice(&x);
            max_back_in_place(&p, &mut got, &dy, true);
            assert_eq!(got, positive);
        }
    }
}

#[test]
fn a_nan_gets_the_gradient() {
    let p = Pooling {
        channels: 1,
        ..pooling(axis(1, 1, 1, false), axis(4, 4, 4, false))
    };
    let x = [1.0, f32::NAN, f32::INFINITY, f32::NAN];
    let mut dx = [7.0; 4];
    max_back(&p, &x, &[2.0], &mut dx);
    assert_eq!(dx, [0.0, 2.0, 0.0, 0.0]);
    max_back_shared(&p, &x, &[2.0], &mut dx);
    assert_eq!(dx, [0.0, 1.0, 0.0, 1.0]);
    let mut image = x;
    max_back_in_place(&p, &mut image, &[2.0], false);
    assert_eq!(image, [0.0, 2.0, 0.0, 0.0]);
    image = [f32::NEG_INFINITY; 4];
    max_back_in_place(&p, &mut image, &[2.0], false);
    assert_eq!(image, [2.0, 0.0, 0.0, 0.0]);
}
