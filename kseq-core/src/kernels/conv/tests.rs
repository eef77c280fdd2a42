//! Convolutions of small integers, which are exact in any order, against the definition.

use super::{Axis, Conv};
use crate::kernels::Isa;
use crate::kernels::dispatch::DEVICE;
use crate::kernels::gemm::{Epilogue, Normalised, Then};
use crate::pool::Pool;
use std::vec;
use std::vec::Vec;

fn numbers(n: usize, seed: usize) -> Vec<f32> {
    (0..n)
        .map(|i| ((i * 7 + seed + i / 5) % 11) as f32 - 5.0)
        .collect()
}

/// Calls `f` with the offsets of every product in `x`, kernel and `y`.
fn products(c: &Conv, mut f: impl FnMut(usize, usize, usize)) {
    let [h, w] = c.axes;
    let (depth, width) = (c.depth(), c.width());
    let see = |axis: Axis, o: usize, t: usize| {
        let i = (o * axis.stride + t * axis.dilation) as isize - axis.before;
        usize::try_from(i).ok().filter(|&i| i < axis.input)
    };
    for (i, j) in (0..h.output).flat_map(|i| (0..w.output).map(move |j| (i, j))) {
        for (s, t) in (0..h.taps).flat_map(|s| (0..w.taps).map(move |t| (s, t))) {
            let (Some(p), Some(q)) = (see(h, i, s), see(w, j, t)) else {
                continue;
            };
            for n in 0..c.filters {
                for d in 0..depth {
                    let x = (p * w.input + q) * c.channels + n / width * depth + d;
                    let k = ((s * w.taps + t) * depth + d) * c.filters + n;
                    f(x, k, (i * w.output + j) * c.filters + n);
                }
            }
        }
    }
}

/// An axis with so many zeros before and after.
fn axis(input: usize, taps: usize, stride: usize, dilation: usize, pad: [usize; 2]) -> Axis {
    Axis {
        input,
        output: (input + pad[0] + pad[1] - (taps - 1) * dilation - 1) / stride + 1,
        taps,
        stride,
        dilation,
        before: pad[0] as isize,
    }
}

fn cases() -> Vec<Conv> {
    let mut cases = Vec::new();
    let shapes = [
        (1, 3, 1),
        (4, 6, 2),
        (17, 5, 1),
        (3, 40, 1),
        (6, 9, 3),
        (2, 1, 1),
        (4, 8, 1),
        (8, 36, 1),
        (1, 80, 1),
        // Each channel by itself.
        (5, 1, 5),
        (37, 1, 37),
        (3, 2, 3),
    ];
    for (i, (channels, filters, groups)) in shapes.into_iter().enumerate() {
        for (h, w) in [
            (axis(1, 1, 1, 1, [0, 0]), axis(9, 3, 1, 1, [2, 0])),
            (axis(5, 3, 1, 1, [0, 0]), axis(16, 3, 1, 1, [0, 0])),
            (axis(19, 3, 1, 1, [1, 1]), axis(6, 3, 1, 1, [1, 1])),
            (axis(7, 2, 2, 1, [0, 1]), axis(8, 5, 3, 1, [1, 2])),
            (axis(9, 3, 1, 2, [2, 2]), axis(10, 2, 1, 3, [1, 2])),
            (axis(6, 1, 3, 1, [0, 0]), axis(12, 2, 4, 1, [0, 0])),
            (axis(9, 2, 2, 3, [0, 1]), axis(11, 4, 4, 2, [1, 2])),
            (axis(12, 3, 6, 4, [2, 2]), axis(23, 3, 3, 2, [1, 2])),
            // So large that few filters are cut, with strides and without.
            (axis(21, 5, 1, 1, [2, 2]), axis(61, 5, 1, 1, [2, 1])),
            (axis(9, 3, 2, 1, [0, 1]), axis(130, 3, 2, 1, [1, 1])),
            // Outputs that see nothing.
            (axis(2, 2, 1, 5, [2, 3]), axis(3, 1, 1, 1, [0, 0])),
            (axis(3, 1, 1, 1, [0, 0]), axis(4, 2, 1, 1, [3, 3])),
            (axis(3, 3, 1, 1, [2, 2]), axis(14, 7, 1 + i % 2, 1, [3, 3])),
        ] {
            cases.push(Conv {
                axes: [h, w],
                channels,
                filters: filters * if groups == 2 { 1 } else { groups },
                groups,
            });
        }
    }
    cases
}

fn instructions() -> impl Iterator<Item = Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.available())
}

#[test]
fn forward_is_the_definition() {
    for c in cases() {
        let (x, k) = (numbers(c.input_len(), 1), numbers(c.kernel_len(), 2));
        let mut want = vec![0.0; c.output_len()];
        products(&c, |i, j, o| want[o] += x[i] * k[j]);
        for isa in instructions() {
            let mut y = vec![f32::NAN; c.output_len()];
            c.forward_with_isa(isa, &x, &k, &mut y, 0, Epilogue::default());
            assert_eq!(y, want, "{isa:?} {c:?}");
            let first = c.axes[0].output / 2;
            let rest = &mut y[first * c.row_len()..];
            rest.fill(f32::NAN);
            c.forward_with_isa(isa, &x, &k, rest, first, Epilogue::default());
            assert_eq!(y, want, "{isa:?} from {first} {c:?}");
        }
    }
}

#[test]
fn backward_is_the_transpose() {
    for c in cases() {
        let (dy, k) = (numbers(c.output_len(), 3), numbers(c.kernel_len(), 2));
        let mut want = vec![0.0; c.input_len()];
        products(&c, |i, j, o| want[i] += dy[o] * k[j]);
        let mut flipped = vec![f32::NAN; k.len()];
        c.flip(&k, &mut flipped, &Pool::Serial);
        for isa in instructions() {
            let mut dx = vec![f32::NAN; c.input_len()];
            c.backward_with_isa(isa, &dy, &flipped, &mut dx, 0);
            assert_eq!(dx, want, "{isa:?} {c:?}");
            let first = c.axes[0].input / 3;
            let rest = &mut dx[first * c.axes[1].input * c.channels..];
            rest.fill(f32::NAN);
            c.backward_with_isa(isa, &dy, &flipped, rest, first);
            assert_eq!(dx, want, "{isa:?} from {first} {c:?}");
        }
    }
}

#[test]
fn the_kernels_gradient_is_added() {
    for c in cases() {
        let (x, dy) = (numbers(c.input_len(), 1), numbers(c.output_len(), 3));
        let before = numbers(c.kernel_len(), 4);
        let mut want = before.clone();
        products(&c, |i, j, o| want[j] += x[i] * dy[o]);
        for isa in instructions() {
            let mut dk = before.clone();
            c.add_kernel_gradient_with_isa(isa, &x, &dy, &mut dk, 0);
            assert_eq!(dk, want, "{isa:?} {c:?}");
            let mut dk = before.clone();
            let line = dk.len() / c.axes[0].taps;
            for (i, dk) in dk.chunks_mut(line).enumerate() {
                c.add_kernel_gradient_with_isa(isa, &x, &dy, dk, i);
            }
            assert_eq!(dk, want, "{isa:?} by lines {c:?}");
        }
    }
}

#[test]
fn bias_relu_and_a_normalization_are_part_of_the_sums() {
    for c in cases() {
        let (x, k) = (numbers(c.input_len(), 1), numbers(c.kernel_len(), 2));
        let [bias, mean, factor, shift] = [5, 6, 7, 8].map(|seed| numbers(c.filters, seed));
        let normalised = Normalised::new([&mean, &factor, &shift], false);
        let rectified = normalised.rectified(true);
        let thens = [Then::default(), Then::of(&normalised), Then::of(&rectified)];
        // A microcontroller has nothing of it.
        let thens = if DEVICE { [Then::default(); 3] } else { thens };
        let mut sums: Vec<f32> = (0..c.output_len()).map(|o| bias[o % c.filters]).collect();
        products(&c, |i, j, o| sums[o] += x[i] * k[j]);
        for isa in instructions() {
            for (relu, then) in [false, true]
                .into_iter()
                .flat_map(|r| thens.map(|t| (r, t)))
            {
                let ends = Epilogue {
                    bias: &bias,
                    relu,
                    then,
                    ..Epilogue::default()
                };
                let mut y = vec![f32::NAN; c.output_len()];
                c.forward_with_isa(isa, &x, &k, &mut y, 0, ends);
                let want = sums.iter().enumerate().map(|(i, &y)| {
                    let (y, f) = (if relu { y.max(0.0) } else { y }, i % c.filters);
                    match (then.is_some(), then.is_relu()) {
                        (false, _) => y,
                        (true, false) => (y - mean[f]) * factor[f] + shift[f],
                        (true, true) => ((y - mean[f]) * factor[f] + shift[f]).max(0.0),
                    }
                });
                assert!(y.iter().copied().eq(want), "{isa:?} {c:?}");
            }
        }
    }
}

/// Vectors of eight lanes and of sixteen.
#[cfg(target_arch = "x86_64")]
#[test]
fn all_vectors_have_the_same_bits() {
    let thirds = |n, seed| -> Vec<f32> { numbers(n, seed).iter().map(|x| x / 3.0).collect() };
    let isas = || [Isa::Avx2, Isa::Avx512].into_iter();
    if !isas().all(|isa| isa.available()) {
        return;
    }
    for c in cases() {
        let (x, dy) = (thirds(c.input_len(), 1), thirds(c.output_len(), 3));
        let (k, mut flipped) = (thirds(c.kernel_len(), 2), vec![0.0; c.kernel_len()]);
        c.flip(&k, &mut flipped, &Pool::Serial);
        let [one, other] = isas()
            .map(|isa| {
                let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
                let mut dk = vec![0.0; k.len()];
                c.forward_with_isa(isa, &x, &k, &mut y, 0, Epilogue::default());
                c.backward_with_isa(isa, &dy, &flipped, &mut dx, 0);
                c.add_kernel_gradient_with_isa(isa, &x, &dy, &mut dk, 0);
                [y, dx, dk]
            })
            .collect::<Vec<_>>()
            .try_into()
            .expect("two");
        assert_eq!(one, other, "{c:?}");
    }
}
