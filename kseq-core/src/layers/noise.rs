//! What the layers that disturb a training share: their random numbers, which values are kept, normal numbers. All of it is a
//! function of seed, layer, step and place, so that the backward pass computes it again.

use crate::kernels::dispatch::simd_fn;
use crate::layer::Ctx;
use crate::math;
use crate::pool::GRAIN;
use crate::rng::{GROUP, Purpose, Rng};
use crate::shape::{Refusal, Rule};
use crate::text::Text;

/// The random numbers of a layer in this step. With a seed they are its own: neither the model's seed counts nor the place of
/// the layer, as for Keras's.
pub fn rng(seed: Option<u64>, cx: &Ctx<'_>) -> Rng {
    match seed {
        Some(seed) => Rng::new(seed, Purpose::Noise, 0, cx.step),
        None => cx.noise(),
    }
}

/// A value is kept if its 16 random bits are at least this: half of a word, since the generator takes longer than all the
/// rest. A rate is met to 2^-17, and one above 0 drops something.
pub fn threshold(rate: f32) -> u32 {
    ((rate * 65_536.0 + 0.5) as u32).clamp(1, 65_535)
}

/// The values of a group that began before them, and the others: a part of a larger batch may begin anywhere, which a batch on a
/// microcontroller never is.
#[inline(always)]
fn begun(values: &mut [f32], within: usize, group: usize) -> Option<(&mut [f32], &mut [f32])> {
    if !cfg!(feature = "std") || within == 0 {
        return None;
    }
    let head = values.len().min(group - within);
    values.split_at_mut_checked(head)
}

/// The values of one group of random words: two each, from its lower and its upper half.
pub const VALUES: usize = 2 * GROUP;

/// `f(value, whether it is kept)` in place of each value; `first` is the number of the first one.
#[inline(always)]
pub fn each(
    values: &mut [f32],
    rng: &Rng,
    first: usize,
    threshold: u32,
    f: impl Fn(f32, bool) -> f32,
) {
    let (first, within) = ((first / VALUES) as u32, first % VALUES);
    let (values, first) = match begun(values, within, VALUES) {
        None => (values, first),
        Some((head, values)) => {
            let bits = rng.group(first);
            let (low, high) = (bits.map(|bits| bits & 0xffff), bits.map(|bits| bits >> 16));
            let bits = low.iter().chain(&high).skip(within);
            for (v, bits) in head.iter_mut().zip(bits) {
                *v = f(*v, *bits >= threshold);
            }
            (values, first.wrapping_add(1))
        }
    };
    // A group of known length: without a rest, element by element, and branches on random bits.
    let (groups, rest) = values.as_chunks_mut::<VALUES>();
    let last = first.wrapping_add(groups.len() as u32);
    for (group, values) in groups.iter_mut().enumerate() {
        let bits = rng.group(first.wrapping_add(group as u32));
        let (low, high) = values.split_at_mut(GROUP);
        for (v, bits) in low.iter_mut().zip(bits) {
            *v = f(*v, bits & 0xffff >= threshold);
        }
        for (v, bits) in high.iter_mut().zip(bits) {
            *v = f(*v, bits >> 16 >= threshold);
        }
    }
    if !rest.is_empty() {
        let bits = rng.group(last);
        let low = bits.iter().map(|bits| bits & 0xffff);
        let high = bits.iter().map(|bits| bits >> 16);
        for (v, bits) in rest.iter_mut().zip(low.chain(high)) {
            *v = f(*v, bits >= threshold);
        }
    }
}

/// Normal numbers with mean 0 and standard deviation 1 from the words of a group: two from two words (Box and Muller).
#[inline(always)]
fn normals<const FMA: bool>(bits: [u32; GROUP]) -> [f32; GROUP] {
    const HALF: usize = GROUP / 2;
    let mut normals = [0.0; GROUP];
    let (a, b) = bits.split_at(HALF);
    let (x, y) = normals.split_at_mut(HALF);
    for (((x, y), a), b) in x.iter_mut().zip(y).zip(a).zip(b) {
        // In (0, 1], so that the logarithm is finite.
        let share = ((a >> 8) + 1) as f32 * (1.0 / (1 << 24) as f32);
        let radius = math::sqrt(-2.0 * math::ln_in::<FMA>(share));
        // An angle of at most an eighth of a turn; two further bits say in which of the four quarters.
        let angle =
            ((b << 2) as i32 >> 8) as f32 * (core::f32::consts::FRAC_PI_4 / (1 << 23) as f32);
        let t = angle * angle;
        let sine = angle + angle * t * (-0.166_666_55 + t * (8.332_161e-3 - t * 1.951_529_6e-4));
        let cosine =
            1.0 - 0.5 * t + t * t * (4.166_664_6e-2 - t * (1.388_731_6e-3 - t * 2.443_315_7e-5));
        let cosine = f32::from_bits(cosine.to_bits() ^ b & 1 << 31);
        let is_turned = b >> 30 & 1 == 1;
        *x = radius * if is_turned { sine } else { cosine };
        *y = radius * if is_turned { cosine } else { sine };
    }
    normals
}

/// `f(value, its normal number)`; `first` is the number of the first value.
#[inline(always)]
fn each_normal<const FMA: bool>(
    values: &mut [f32],
    rng: &Rng,
    first: usize,
    f: impl Fn(&mut f32, f32),
) {
    let (first, within) = ((first / GROUP) as u32, first % GROUP);
    let (values, first) = match begun(values, within, GROUP) {
        None => (values, first),
        Some((head, values)) => {
            let normals = normals::<FMA>(rng.group(first));
            let normals = normals.iter().skip(within);
            head.iter_mut()
                .zip(normals)
                .for_each(|(v, normal)| f(v, *normal));
            (values, first.wrapping_add(1))
        }
    };
    for (group, values) in values.chunks_mut(GROUP).enumerate() {
        let normals = normals::<FMA>(rng.group(first.wrapping_add(group as u32)));
        for (v, normal) in values.iter_mut().zip(normals) {
            f(v, normal);
        }
    }
}

simd_fn! {
    /// Adds normal numbers of this standard deviation; `first` is the number of the first value.
    fn add_normal(values: &mut [f32], rng: &Rng, first: usize, stddev: f32) {
        each_normal::<FMA>(values, rng, first, |v, normal| *v += stddev * normal);
    }
}

simd_fn! {
    /// Multiplies by normal numbers of mean 1 and this standard deviation.
    fn times_normal(values: &mut [f32], rng: &Rng, first: usize, stddev: f32) {
        each_normal::<FMA>(values, rng, first, |v, normal| *v *= 1.0 + stddev * normal);
    }
}

/// Adds normal numbers to all values.
pub fn add(values: &mut [f32], stddev: f32, seed: Option<u64>, cx: &Ctx<'_>) {
    let (rng, (first, _)) = (rng(seed, cx), cx.place(values.len()));
    cx.pool.for_each_chunk(values, GRAIN, |i, values| {
        add_normal(values, &rng, first + i * GRAIN, stddev);
    });
}

/// Multiplies all values by normal numbers of mean 1.
pub fn multiply(values: &mut [f32], stddev: f32, seed: Option<u64>, cx: &Ctx<'_>) {
    let (rng, (first, _)) = (rng(seed, cx), cx.place(values.len()));
    cx.pool.for_each_chunk(values, GRAIN, |i, values| {
        times_normal(values, &rng, first + i * GRAIN, stddev);
    });
}

/// The shape rule of a `noise_shape`: for the batch and each axis its size or `None`, or 1 where what is dropped is the same
/// all along. A shorter one is for the last axes.
pub const fn noise_shape(rule: Rule, noise_shape: &[Option<usize>]) -> Rule {
    let Ok(input) = rule else { return rule };
    let axes = noise_shape.len();
    let mut fits = axes <= input.rank() + 1;
    let mut i = 0;
    while fits && i < axes {
        let at = input.rank() + 1 + i - axes;
        if let Some(size) = noise_shape[i]
            && at > 0
            && size != 1
            && size != input.dim(at - 1)
        {
            fits = false;
        }
        i += 1;
    }
    if fits {
        return rule;
    }
    let mut what = Text::new().str("noise_shape (");
    let mut i = 0;
    while i < axes {
        what = what.str(if i > 0 { ", " } else { "" });
        what = match noise_shape[i] {
            Some(size) => what.num(size),
            None => what.str("None"),
        };
        i += 1;
    }
    let what = what
        .str(if axes == 1 { ",)" } else { ")" })
        .str(" does not fit the input ")
        .text(&super::rules::with_batch(input));
    let help = "write `None` for the batch and for each axis, or 1 where the same is to be dropped all along: (None, 1, None)";
    Err(Refusal::new(what, help).then(input))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;
    use crate::shape::Shape;

    #[test]
    fn normal_numbers() {
        const N: usize = 100_000;
        let mut values = [0.0; N];
        add(&mut values, 1.0, Some(3), &Ctx::new(&Pool::Serial, 0, 0));
        let moment = |n: i32| values.iter().map(|v| f64::from(*v).powi(n)).sum::<f64>() / N as f64;
        // Mean, variance, skewness, kurtosis; a share of about 1/22 is beyond two deviations.
        let [mean, square, cube, fourth] = [1, 2, 3, 4].map(moment);
        assert!(
            mean.abs() < 0.01 && (square - 1.0).abs() < 0.02,
            "{mean} {square}"
        );
        assert!(
            cube.abs() < 0.05 && (fourth - 3.0).abs() < 0.1,
            "{cube} {fourth}"
        );
        let beyond = values.iter().filter(|v| v.abs() > 2.0).count() as f64 / N as f64;
        assert!((beyond - 0.0455).abs() < 0.003, "{beyond}");
        // Neighbours, and the two of a pair, know nothing of each other.
        for apart in [1, GROUP / 2, GROUP] {
            let pairs = values.iter().zip(&values[apart..]);
            let product = pairs.map(|(a, b)| f64::from(a * b)).sum::<f64>() / N as f64;
            assert!(product.abs() < 0.015, "{apart}: {product}");
        }
    }

    #[test]
    fn noise_shapes() {
        let input = Shape::new(&[5, 6]);
        let fits = |shape: &[Option<usize>]| noise_shape(Ok(input), shape).is_ok();
        assert!(fits(&[None, Some(1), None]) && fits(&[Some(32), Some(5), Some(1)]));
        assert!(fits(&[Some(1)]) && fits(&[Some(1), None]));
        assert!(!fits(&[None, Some(2), None]) && !fits(&[None; 4]) && !fits(&[Some(5)]));
    }
}
