//! Winograd's form against the definition in `f64`, and the promises that it makes of bits.

use std::vec;
use std::vec::Vec;

use super::super::geometry::{Axis, Conv};
use super::Rows;
use crate::kernels::Isa;
use crate::kernels::draw::Draw;
use crate::kernels::gemm::{Epilogue, Normalised, Then};
use crate::kernels::prefetch::Prefetch;
use crate::pool::Pool;

fn axis(input: usize, before: usize, behind: usize) -> Axis {
    Axis {
        input,
        output: input + before + behind - 2,
        taps: 3,
        stride: 1,
        dilation: 1,
        before: before as isize,
    }
}

fn conv([h, w]: [Axis; 2], channels: usize, filters: usize) -> Conv {
    Conv {
        axes: [h, w],
        channels,
        filters,
        groups: 1,
    }
}

/// All sizes of edges, and channels and filters that are no whole vectors.
fn cases() -> Vec<Conv> {
    let mut cases = Vec::new();
    for (i, (c, f)) in [(16, 16), (17, 33), (3, 40), (33, 7), (64, 65), (20, 96)]
        .into_iter()
        .enumerate()
    {
        for (h, w) in [
            (axis(6, 0, 0), axis(6, 0, 0)),
            (axis(5 + i, 1, 1), axis(9, 1, 1)),
            (axis(3, 0, 0), axis(12 - i, 0, 1)),
            (axis(1, 1, 1), axis(2, 2, 2)),
            (axis(18, 2, 0), axis(11 + i, 0, 0)),
        ] {
            cases.push(conv([h, w], c, f));
        }
    }
    cases
}

fn instructions() -> impl Iterator<Item = Isa> {
    let all = Isa::ALL.into_iter();
    all.filter(|&isa| isa.available() && Conv::has_winograd(isa))
}

/// Some rows of some samples.
fn outputs(
    conv: &Conv,
    isa: Isa,
    (kernel, x): (&[f32], &[f32]),
    (first, rows): (usize, usize),
    epilogue: Epilogue<'_>,
) -> Vec<f32> {
    let mut transformed = vec![f32::NAN; conv.winograd_kernel_len()];
    conv.winograd_kernel(isa, kernel, &mut transformed, &Pool::Serial);
    let mut scratch = vec![f32::NAN; conv.winograd_scratch()];
    let mut y = vec![f32::NAN; x.len() / conv.input_len() * rows * conv.row_len()];
    let some = Rows {
        x,
        first,
        y: &mut y,
    };
    let prefetch = Prefetch {
        memory: kernel,
        from_ram: false,
    };
    conv.forward_winograd(isa, &transformed, some, &mut scratch, epilogue, prefetch);
    y
}

/// The outputs of one sample in `f64`.
fn defined(c: &Conv, kernel: &[f32], x: &[f32], bias: &[f32]) -> Vec<f64> {
    let [h, w] = c.axes;
    let mut y = Vec::new();
    for (i, j) in (0..h.output).flat_map(|i| (0..w.output).map(move |j| (i, j))) {
        for f in 0..c.filters {
            let mut sum = f64::from(bias.get(f).copied().unwrap_or_default());
            for (s, t) in (0..3).flat_map(|s| (0..3).map(move |t| (s, t))) {
                let (p, q) = ((i + s) as isize - h.before, (j + t) as isize - w.before);
                if p < 0 || q < 0 || p as usize >= h.input || q as usize >= w.input {
                    continue;
                }
                for d in 0..c.channels {
                    let x = x[(p as usize * w.input + q as usize) * c.channels + d];
                    let k = kernel[((s * 3 + t) * c.channels + d) * c.filters + f];
                    sum += f64::from(x) * f64::from(k);
                }
            }
            y.push(sum);
        }
    }
    y
}

#[test]
fn it_is_the_definition() {
    let mut draw = Draw(31);
    for c in cases() {
        let x = draw.numbers(c.input_len());
        let kernel = draw.numbers(c.kernel_len());
        let bias = draw.numbers(c.filters);
        let rows = c.axes[0].output;
        let [mean, factor, shift] = [(); 3].map(|()| draw.numbers(c.filters));
        let normalised = Normalised::new([&mean, &factor, &shift], true);
        for (bias, relu, then) in [
            (&[][..], false, Then::default()),
            (&bias[..], true, Then::default()),
            (&[], false, Then::of(&normalised)),
        ] {
            let want = defined(&c, &kernel, &x, bias);
            let epilogue = Epilogue {
                bias,
                relu,
                then,
                ..Epilogue::default()
            };
            let mut before: Option<Vec<f32>> = None;
            for isa in instructions() {
                let y = outputs(&c, isa, (&kernel, &x), (0, rows), epilogue);
                let large = want.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
                for (i, (y, want)) in y.iter().zip(&want).enumerate() {
                    let (want, f) = (if relu { want.max(0.0) } else { *want }, i % c.filters);
                    let want = match then.is_some() {
                        true => ((want - f64::from(mean[f])) * f64::from(factor[f])
                            + f64::from(shift[f]))
                        .max(0.0),
                        false => want,
                    };
                    assert!(
                        (f64::from(*y) - want).abs() < 3e-6 * large,
                        "{isa:?} {c:?} {y} {want}"
                    );
                }
                // AVX2 and AVX-512 agree.
                if let Some(before) = &before {
                    assert_eq!(&y, before, "{isa:?} {c:?}");
                }
                before = Some(y);
            }
        }
    }
}

/// The root of the mean squared error of both forms, with values as a net has them: not four times the usual form's.
#[test]
fn errors_are_some_twice_those_of_sums() {
    let mut draw = Draw(32);
    for (channels, filters) in [(16, 32), (32, 32), (64, 16), (128, 16)] {
        let c = conv([axis(10, 0, 0), axis(10, 0, 0)], channels, filters);
        let mut x = draw.numbers(c.input_len());
        x.iter_mut().for_each(|x| *x = x.max(0.0));
        let kernel = draw.numbers(c.kernel_len());
        let want = defined(&c, &kernel, &x, &[]);
        let error = |y: &[f32]| {
            let squares = y
                .iter()
                .zip(&want)
                .map(|(y, want)| (f64::from(*y) - want).powi(2));
            squares.sum::<f64>().sqrt()
        };
        for isa in instructions() {
            let y = outputs(&c, isa, (&kernel, &x), (0, 8), Epilogue::default());
            let mut sums = vec![0.0; c.output_len()];
            c.forward_with_isa(isa, &x, &kernel, &mut sums, 0, Epilogue::default());
            let (tiles, sums) = (error(&y), error(&sums));
            assert!(tiles < 3.5 * sums, "{isa:?} {channels}: {tiles} {sums}");
        }
    }
}

#[test]
fn bits_do_not_depend_on_what_is_computed_together() {
    let mut draw = Draw(33);
    for c in cases() {
        let samples = 7;
        let x = draw.numbers(samples * c.input_len());
        let kernel = draw.numbers(c.kernel_len());
        let rows = c.axes[0].output;
        for isa in instructions() {
            let compute =
                |x: &[f32], rows| outputs(&c, isa, (&kernel, x), rows, Epilogue::default());
            let all = compute(&x, (0, rows));
            for (x, y) in x.chunks(c.input_len()).zip(all.chunks(c.output_len())) {
                assert_eq!(compute(x, (0, rows)), y, "{isa:?} {c:?}");
                // Also of a part that begins or ends within a tile.
                for first in [1, 3, 4, 6] {
                    let rows = rows.saturating_sub(first).min(5);
                    if rows > 0 {
                        let part = &y[first * c.row_len()..][..rows * c.row_len()];
                        assert_eq!(compute(x, (first, rows)), part, "{isa:?} {first} {c:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn it_is_taken_where_it_is_faster() {
    let same = |n: usize| [axis(n, 1, 1); 2];
    for (size, channels, filters, is) in [
        (24, 32, 64, true),
        (96, 32, 32, true),
        (16, 64, 64, true),
        (28, 128, 128, true),
        (28, 1, 32, false),
        (28, 15, 32, false),
        (8, 64, 64, false),
        (12, 128, 128, false),
        (28, 256, 256, false),
    ] {
        let c = conv(same(size), channels, filters);
        assert_eq!(c.is_winograd(), is, "{c:?}");
    }
    let c = conv(same(32), 32, 32);
    let [mut strided, mut dilated, mut wide, mut grouped] = [c; 4];
    strided.axes[1].stride = 2;
    dilated.axes[0].dilation = 2;
    wide.axes[0].taps = 5;
    grouped.groups = 2;
    for c in [strided, dilated, wide, grouped] {
        assert!(!c.is_winograd(), "{c:?}");
    }
}
