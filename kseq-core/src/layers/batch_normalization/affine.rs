//! What is done to each channel, forward and back, once its moments are known.

use crate::base::part::{copy, part, part_mut, rows, rows_mut};
use crate::layers::moments::Channels;
use crate::layers::spread::{Undo, apply, apply_back, before_relu};
use crate::pool::Pool;

/// From the deviations to the output: `a` holds 1 / standard deviation and gets the factor, `b` gets what is added.
pub(super) struct Affine<'a> {
    pub(super) a: &'a mut [f32],
    pub(super) b: &'a mut [f32],
    pub(super) gamma: &'a [f32],
    pub(super) beta: &'a [f32],
    /// What is added before gamma, or nothing.
    pub(super) shift: &'a [f32],
}

impl<'a> Affine<'a> {
    /// The factor, and what is added.
    pub(super) fn numbers(self) -> [&'a [f32]; 2] {
        let Affine {
            a,
            b,
            gamma,
            beta,
            shift,
        } = self;
        a.iter_mut().zip(gamma).for_each(|(a, gamma)| *a *= gamma);
        b.fill(0.0);
        copy(part_mut(b, 0, beta.len()), beta);
        for (c, (b, shift)) in b.iter_mut().zip(shift).enumerate() {
            *b += shift * gamma.get(c).unwrap_or(&1.0);
        }
        [a, b]
    }
}

pub(super) fn normalise(
    channels: &Channels,
    x: &[f32],
    y: &mut [f32],
    (mean, affine): (&[f32], Affine<'_>),
    relu: bool,
    pool: &Pool,
) {
    let ([a, b], chunk) = (affine.numbers(), channels.chunk());
    pool.for_each_chunk(y, chunk, |i, y| {
        let x = part(x, i * chunk, y.len());
        channels.runs(x.len(), |[c, n], [at, len]| {
            let (x, y) = (part(x, at, len), part_mut(y, at, len));
            apply(x, y, [mean, a, b].map(|numbers| part(numbers, c, n)), relu);
        });
    });
}

/// The gradient of the input, from that of the output.
pub(super) fn back(
    channels: &Channels,
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    undo: &Undo<'_>,
    pool: &Pool,
) {
    let chunk = channels.chunk();
    pool.for_each_chunk(dx, chunk, |i, dx| {
        let (first, len) = (i * chunk, dx.len());
        let (x, dy) = (part(x, first, len), part(dy, first, len));
        channels.runs(len, |[c, n], [at, len]| {
            let (x, dy, dx) = (part(x, at, len), part(dy, at, len), part_mut(dx, at, len));
            apply_back(x, dy, dx, &undo.channels(c, n));
        });
    });
}

/// The gradient before a `relu` behind a normalization with these numbers, in the place of that behind it.
pub(super) fn rectify(
    channels: &Channels,
    x: &[f32],
    dy: &mut [f32],
    numbers: [&[f32]; 3],
    pool: &Pool,
) {
    let chunk = channels.chunk();
    pool.for_each_chunk(dy, chunk, |i, dy| {
        let x = part(x, i * chunk, dy.len());
        channels.runs(x.len(), |[c, n], [at, len]| {
            let [mean, a, b] = numbers.map(|numbers| part(numbers, c, n));
            for (x, dy) in rows(part(x, at, len), n).zip(rows_mut(part_mut(dy, at, len), n)) {
                for ((((dy, x), mean), a), b) in dy.iter_mut().zip(x).zip(mean).zip(a).zip(b) {
                    (*dy, _) = before_relu(*x, *dy, *mean, *a, *b);
                }
            }
        });
    });
}
