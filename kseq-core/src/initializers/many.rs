//! Many random numbers at once: those that [`Rng`] gives one by one, bit for bit, in vectors.
//!
//! A normal number is that of `libm`'s logarithm and cosine, whose branches are choices here: of the arguments that there
//! can be, a few of them are left.

use core::f32::consts::TAU;
use core::f64::consts::FRAC_PI_2;

use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::math;
use crate::rng::{GROUP, Rng, unit};

/// Values that are still in the first cache when `f` comes.
const SOME: usize = 32 * GROUP;

/// `out` gets `f` of numbers that are uniform in [0, 1).
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn uniform(out: &mut [f32], rng: &mut Rng, f: impl Fn(f32) -> f32) {
    if DEVICE {
        return out.fill_with(|| f(rng.uniform()));
    }
    for some in out.chunks_mut(SOME) {
        units(some, rng);
        some.iter_mut().for_each(|x| *x = f(*x));
    }
}

/// `out` gets `f` of numbers that are normal, drawn again beyond `most` from 0.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn normal(out: &mut [f32], rng: &mut Rng, most: f32, f: impl Fn(f32) -> f32) {
    if DEVICE {
        return out.fill_with(|| f(normal_within(rng, most)));
    }
    for some in out.chunks_mut(SOME) {
        normals(some, rng, most);
        some.iter_mut().for_each(|x| *x = f(*x));
    }
}

/// Normal, drawn again until it is within `most` of 0.
fn normal_within(rng: &mut Rng, most: f32) -> f32 {
    loop {
        let z = rng.normal();
        if z.abs() <= most {
            return z;
        }
    }
}

simd_fn! {
    fn units(out: &mut [f32], rng: &mut Rng) {
        let (first, rest) = out.split_at_mut(rng.ahead().min(out.len()));
        first.fill_with(|| rng.uniform());
        let (groups, last) = rest.as_chunks_mut::<GROUP>();
        for group in groups {
            for (x, bits) in group.iter_mut().zip(rng.next_group()) {
                *x = unit(bits);
            }
        }
        last.fill_with(|| rng.uniform());
    }
}

simd_fn! {
    fn normals(out: &mut [f32], rng: &mut Rng, most: f32) {
        let mut rest = out;
        loop {
            // One by one to the next group, and where a group may be more than is asked for.
            if rng.ahead() != 0 || rest.len() < GROUP / 2 {
                let Some((first, others)) = rest.split_first_mut() else {
                    return;
                };
                *first = normal_within(rng, most);
                rest = others;
                continue;
            }
            let mut taken = 0;
            for z in of_group(rng.next_group()) {
                if let Some(place) = rest.get_mut(taken) {
                    *place = z;
                }
                taken += usize::from(z.abs() <= most);
            }
            rest = rest.split_at_mut(taken).1;
        }
    }
}

/// What [`Rng::normal`] makes of each two values.
#[inline(always)]
fn of_group(bits: [u32; GROUP]) -> [f32; GROUP / 2] {
    let mut out = [0.0; GROUP / 2];
    for (z, [u, v]) in out.iter_mut().zip(bits.as_chunks().0) {
        *z = math::sqrt(-2.0 * log(1.0 - unit(*u))) * cos(TAU * unit(*v));
    }
    out
}

/// `libm::logf` of a number in (0, 1] that is not subnormal.
#[inline(always)]
fn log(x: f32) -> f32 {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let bits = x.to_bits().wrapping_add(0x3f80_0000 - ROOT_HALF);
    let k = (bits >> 23).wrapping_sub(0x7f) as i32 as f32;
    let f = f32::from_bits((bits & 0x007f_ffff).wrapping_add(ROOT_HALF)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let odd = w * (0.400_009_72 + w * 0.242_790_79);
    let even = z * (0.666_666_6 + w * 0.284_987_87);
    let half = 0.5 * f * f;
    s * (half + (even + odd)) + k * 9.058_001e-6 - half + f + k * 0.693_138_1
}

/// `libm::cosf` of a number from 0 to 9/4 pi.
#[inline(always)]
fn cos(x: f32) -> f32 {
    // The odd eighths of a turn, as `libm` has them.
    const ENDS: [u32; 4] = [0x3f49_0fda, 0x4016_cbe3, 0x407b_53d1, 0x40af_eddf];
    let quarter = ENDS
        .map(|end| u32::from(x.to_bits() > end))
        .iter()
        .sum::<u32>();
    let x = f64::from(x) - f64::from(quarter) * FRAC_PI_2;
    let z = x * x;
    let w = z * z;
    let r = -0.001_388_676_377_460_993 + z * 0.000_024_390_448_796_277_41;
    let even = ((1.0 + z * -0.499_999_997_251_031) + w * 0.041_666_623_323_739_06) + (w * z) * r;
    let r = -0.000_198_393_348_360_966_32 + z * 0.000_002_718_311_493_989_822;
    let s = z * x;
    let odd = (x + s * (-0.166_666_666_416_265_24 + z * 0.008_333_329_385_889_463)) + s * w * r;
    let size = if quarter % 2 == 0 { even } else { odd } as f32;
    if quarter == 1 || quarter == 2 {
        -size
    } else {
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::dispatch::{Isa, forced};
    use crate::rng::Purpose;

    /// All that a generator gives, but for most of what lies between.
    #[test]
    fn functions_are_those_of_libm() {
        let step = if cfg!(miri) { 65_537 } else { 97 };
        let ends = [0, 1, 2, 1 << 10, (1 << 24) - 2, (1 << 24) - 1];
        for i in (0..1 << 24).step_by(step).chain(ends) {
            let u = unit(i << 8);
            assert_eq!(log(1.0 - u).to_bits(), libm::logf(1.0 - u).to_bits(), "{i}");
            let x = TAU * u;
            assert_eq!(cos(x).to_bits(), libm::cosf(x).to_bits(), "{i}");
        }
    }

    /// From any place in a stream on, and it goes on behind.
    #[test]
    fn numbers_are_those_that_come_one_by_one() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
            for (before, len) in [
                (0, 5000),
                (0, 64),
                (1, 200),
                (6, 200),
                (62, 31),
                (64, 0),
                (3, 1),
            ] {
                for most in [f32::INFINITY, 2.0] {
                    let mut one = Rng::new(3, Purpose::Init, 1, 0);
                    (0..before).for_each(|_| {
                        one.bits();
                    });
                    let (mut many, mut out) = (one.clone(), [0.0; 5000]);
                    let out = &mut out[..len];
                    forced(isa, || normal(out, &mut many, most, |z| 3.0 * z));
                    for z in &*out {
                        assert_eq!(*z, 3.0 * normal_within(&mut one, most));
                    }
                    forced(isa, || uniform(out, &mut many, |u| 1.0 - u));
                    for u in &*out {
                        assert_eq!(*u, 1.0 - one.uniform());
                    }
                    assert_eq!(one.bits(), many.bits(), "{before} {len}");
                }
            }
        }
    }
}
