//! Moments, bounds and matrices.

use super::initializer::{TRUNCATED_STDDEV, scaling};
use super::*;
use crate::rng::{Purpose, Rng};

const N: usize = 40_000;

fn drawn(initializer: Initializer, fans: Fans) -> [f32; N] {
    let mut out = [f32::NAN; N];
    initializer.fill(&mut out, fans, &mut Rng::new(5, Purpose::Init, 0, 0));
    out
}

/// `(mean, standard deviation, least, largest)`
fn moments(out: &[f32]) -> (f64, f64, f32, f32) {
    let n = out.len() as f64;
    let mean = out.iter().map(|w| f64::from(*w)).sum::<f64>() / n;
    let square = out
        .iter()
        .map(|w| (f64::from(*w) - mean) * (f64::from(*w) - mean));
    let least = out.iter().copied().fold(f32::INFINITY, f32::min);
    let largest = out.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (mean, libm::sqrt(square.sum::<f64>() / n), least, largest)
}

#[test]
fn constants() {
    let fans = Fans::vector(N);
    assert!(drawn(Initializer::ZEROS, fans).iter().all(|w| *w == 0.0));
    assert!(drawn(Initializer::ONES, fans).iter().all(|w| *w == 1.0));
    assert!(
        drawn(Initializer::Constant(-0.5), fans)
            .iter()
            .all(|w| *w == -0.5)
    );
}

#[test]
fn distributions() {
    let fans = Fans::vector(N);
    let (mean, std, least, largest) = moments(&drawn(Initializer::RANDOM_UNIFORM, fans));
    assert!(mean.abs() < 5e-4 && (std - 0.1 / libm::sqrt(12.0)).abs() < 3e-4);
    assert!((-0.05..-0.0499).contains(&least) && (0.0499..0.05).contains(&largest));

    let initializer = Initializer::RandomNormal {
        mean: 3.0,
        stddev: 2.0,
    };
    let (mean, std, least, largest) = moments(&drawn(initializer, fans));
    assert!(
        (mean - 3.0).abs() < 0.04 && (std - 2.0).abs() < 0.04,
        "{mean} {std}"
    );
    assert!(least < -3.0 && largest > 9.0);

    let initializer = Initializer::TruncatedNormal {
        mean: 3.0,
        stddev: 2.0,
    };
    let (mean, std, least, largest) = moments(&drawn(initializer, fans));
    let want = 2.0 * f64::from(TRUNCATED_STDDEV);
    assert!(
        (mean - 3.0).abs() < 0.04 && (std - want).abs() < 0.03,
        "{mean} {std}"
    );
    assert!((-1.0..-0.9).contains(&least) && largest <= 7.0 && largest > 6.9);
}

#[test]
fn variance_scaling() {
    // 3 x 3 positions, 20 channels, 100 filters: fan_in 180, fan_out 900, mean 540.
    let fans = Fans::conv(9, 20, 100);
    let cases = [
        (Initializer::GLOROT_UNIFORM, 1.0 / 540.0, Some(3.0)),
        (Initializer::GLOROT_NORMAL, 1.0 / 540.0, None),
        (Initializer::HE_UNIFORM, 2.0 / 180.0, Some(3.0)),
        (Initializer::HE_NORMAL, 2.0 / 180.0, None),
        (Initializer::LECUN_UNIFORM, 1.0 / 180.0, Some(3.0)),
        (Initializer::LECUN_NORMAL, 1.0 / 180.0, None),
        (Initializer::VARIANCE_SCALING, 1.0 / 180.0, None),
        (
            scaling(3.0, Mode::FanOut, Distribution::Uniform),
            3.0 / 900.0,
            Some(3.0),
        ),
    ];
    for (initializer, variance, uniform) in cases {
        let (mean, std, least, largest) = moments(&drawn(initializer, fans));
        let want: f64 = libm::sqrt(variance);
        assert!(mean.abs() < 0.03 * want, "{initializer:?}: mean {mean}");
        assert!(
            (std / want - 1.0).abs() < 0.02,
            "{initializer:?}: {std}, not {want}"
        );
        // The largest of 40 000 is close to the bound.
        let bound =
            want * uniform.map_or(2.0 / f64::from(TRUNCATED_STDDEV), |s: f64| libm::sqrt(s));
        for end in [-least, largest] {
            let share = f64::from(end) / bound;
            assert!(
                share > 0.99 && share < 1.000_001,
                "{initializer:?}: {share}"
            );
        }
    }
    let normal = scaling(1.0, Mode::FanIn, Distribution::UntruncatedNormal);
    let (_, std, _, largest) = moments(&drawn(normal, fans));
    assert!((std * libm::sqrt(180.0) - 1.0).abs() < 0.02 && f64::from(largest) > 3.0 * std);
    // Fans of 0 count as 1.
    let out = drawn(Initializer::GLOROT_UNIFORM, Fans::dense(0, 0));
    assert!(out.iter().all(|w| w.is_finite()));
}

#[test]
fn seeds() {
    let mut a = [0.0; 10];
    let mut b = a;
    Initializer::HE_NORMAL.fill(
        &mut a,
        Fans::vector(10),
        &mut Rng::new(1, Purpose::Init, 0, 0),
    );
    Initializer::HE_NORMAL.fill(
        &mut b,
        Fans::vector(10),
        &mut Rng::new(1, Purpose::Init, 0, 0),
    );
    assert_eq!(a, b);
    Initializer::HE_NORMAL.fill(
        &mut b,
        Fans::vector(10),
        &mut Rng::new(1, Purpose::Init, 1, 0),
    );
    assert_ne!(a, b);
}

/// The largest difference of `a a^T` or `a^T a` from `scale` times the identity.
fn deviation(a: &[f32], rows: usize, cols: usize, scale: f64) -> f64 {
    let by_rows = rows < cols;
    let (count, len) = if by_rows { (rows, cols) } else { (cols, rows) };
    let at = |v: usize, i: usize| {
        let index = if by_rows { v * cols + i } else { i * cols + v };
        f64::from(a[index])
    };
    let mut worst = 0.0_f64;
    for u in 0..count {
        for v in 0..count {
            let dot: f64 = (0..len).map(|i| at(u, i) * at(v, i)).sum();
            let want = if u == v { scale } else { 0.0 };
            worst = worst.max((dot - want).abs());
        }
    }
    worst
}

const SHAPES: [(usize, usize); 8] = [
    (1, 1),
    (5, 1),
    (1, 5),
    (7, 7),
    (60, 20),
    (20, 60),
    (64, 64),
    (3, 100),
];

#[test]
fn orthogonal() {
    for (rows, cols) in SHAPES {
        let mut all = [0.0; 4096];
        let out = &mut all[..rows * cols];
        let mut rng = Rng::new(9, Purpose::Init, 0, 0);
        Initializer::Orthogonal { gain: 2.0 }.fill(out, Fans::dense(rows, cols), &mut rng);
        let worst = deviation(out, rows, cols, 4.0);
        assert!(worst < 1e-5, "{rows} x {cols}: {worst}");
    }
    // A length that is no matrix of that width, as of a bias: no panic.
    let mut rng = Rng::new(9, Purpose::Init, 0, 0);
    Initializer::ORTHOGONAL.fill(&mut [0.0; 7], Fans::dense(3, 3), &mut rng);
    Initializer::ORTHOGONAL.fill(&mut [0.0; 2], Fans::dense(3, 3), &mut rng);
    Initializer::ORTHOGONAL.fill(&mut [], Fans::dense(0, 0), &mut rng);
}

/// Both methods give the Q with a positive diagonal of R: the same one.
#[test]
fn gram_schmidt_gives_what_householder_gives() {
    for (rows, cols) in SHAPES {
        let mut rng = Rng::new(11, Purpose::Init, 0, 0);
        let mut slow = [0.0; 4096];
        let slow = &mut slow[..rows * cols];
        slow.fill_with(|| rng.normal());
        let mut source = [0.0; 4096];
        source[..rows * cols].copy_from_slice(slow);
        let source = &source[..rows * cols];
        orthogonal::gram_schmidt(slow, rows, cols, &mut rng);
        assert!(deviation(slow, rows, cols, 1.0) < 2e-6, "{rows} x {cols}");
        // The diagonal of R = Q^T A: each vector with the one that it came from.
        for v in 0..rows.min(cols) {
            let vector = |a: &[f32], i| {
                if rows >= cols {
                    a[i * cols + v]
                } else {
                    a[v * cols + i]
                }
            };
            let dot: f32 = (0..rows.max(cols))
                .map(|i| vector(slow, i) * vector(source, i))
                .sum();
            assert!(dot > 0.0);
        }
        #[cfg(feature = "std")]
        {
            let mut fast = std::vec::Vec::from(source);
            orthogonal::householder(&mut fast, rows, cols);
            let worst = fast
                .iter()
                .zip(&*slow)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 1e-3, "{rows} x {cols}: {worst}");
        }
    }
    // Dependent vectors are drawn again.
    let mut a = [1.0; 12];
    orthogonal::gram_schmidt(&mut a, 4, 3, &mut Rng::new(1, Purpose::Init, 0, 0));
    assert!(deviation(&a, 4, 3, 1.0) < 2e-6);
}

#[test]
fn identity_and_custom() {
    let mut rng = Rng::new(9, Purpose::Init, 0, 0);
    let mut a = [7.0; 6];
    Initializer::Identity { gain: 2.0 }.fill(&mut a, Fans::dense(2, 3), &mut rng);
    assert_eq!(a, [2.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
    Initializer::IDENTITY.fill(&mut a, Fans::dense(3, 2), &mut rng);
    assert_eq!(a, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let ramp = Initializer::Custom(|out, fans, _rng| {
        for (i, w) in out.iter_mut().enumerate() {
            *w += i as f32 / fans.fan_in as f32;
        }
    });
    ramp.fill(&mut a, Fans::dense(2, 3), &mut rng);
    assert_eq!(a, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
}

#[test]
fn arguments() {
    let nan = f32::NAN;
    let wrong = [
        Initializer::Constant(nan),
        Initializer::RandomNormal {
            mean: nan,
            stddev: 1.0,
        },
        Initializer::RandomNormal {
            mean: 0.0,
            stddev: nan,
        },
        Initializer::TruncatedNormal {
            mean: 0.0,
            stddev: -1.0,
        },
        Initializer::RandomUniform {
            minval: 1.0,
            maxval: 0.0,
        },
        Initializer::RandomUniform {
            minval: nan,
            maxval: 0.0,
        },
        scaling(0.0, Mode::FanIn, Distribution::Uniform),
        Initializer::Orthogonal { gain: nan },
        Initializer::Identity {
            gain: f32::INFINITY,
        },
    ];
    assert!(wrong.iter().all(|i| i.check().is_some()));
    let right = [
        Initializer::ZEROS,
        Initializer::Constant(-1.0),
        Initializer::RANDOM_NORMAL,
        Initializer::RANDOM_UNIFORM,
        Initializer::TRUNCATED_NORMAL,
        Initializer::GLOROT_UNIFORM,
        Initializer::ORTHOGONAL,
        Initializer::IDENTITY,
    ];
    assert!(right.iter().all(|i| i.check().is_none()));
}
