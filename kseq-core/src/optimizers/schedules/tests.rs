//! What the numeric examples leave out: warmups of 0 steps, restarts, refused arguments.

use super::*;

#[test]
fn warmup_of_no_steps() {
    let decay = CosineDecay::new(0.01, 10).warmup(0.5, 0);
    assert_eq!((decay.at(0), decay.at(5)), (0.5, 0.25));
}

/// Every restart begins a period, also where the logarithms are not exact.
#[test]
fn restarts() {
    for (t_mul, first) in [(2.0, 1), (3.0, 5), (1.0, 7)] {
        let decay = CosineDecayRestarts::new(1.0, first).t_mul(t_mul).m_mul(0.5);
        let (mut begin, mut len) = (0.0, first as f32);
        for period in 0..12 {
            let want = 0.5_f32.powi(period);
            assert_eq!(decay.at(begin as u64), want, "period {period} of {t_mul}");
            let before = decay.at(begin as u64 + len as u64 - 1);
            assert!(len == 1.0 || before <= 0.5 * want, "{before} before {want}");
            (begin, len) = (begin + len, len * t_mul);
        }
    }
}

#[test]
fn far_steps_are_finite() {
    let far = u64::MAX;
    let all = [
        ExponentialDecay::new(0.1, 3, 0.5).at(far),
        InverseTimeDecay::new(0.1, 3, 0.5).at(far),
        PolynomialDecay::new(0.1, 3).at(far),
        PolynomialDecay::new(0.1, 3).cycle(true).at(far),
        CosineDecay::new(0.1, 3).warmup(0.2, 3).at(far),
        CosineDecayRestarts::new(0.1, 3).at(far),
        PiecewiseConstantDecay::new([1], [0.1, 0.2]).at(far),
    ];
    assert!(all.iter().all(|lr| lr.is_finite() && *lr >= 0.0), "{all:?}");
}

#[test]
fn arguments() {
    let wrong = [
        ("decay_steps", ExponentialDecay::new(0.1, 0, 0.5).check()),
        (
            "initial_learning_rate",
            ExponentialDecay::new(-0.1, 1, 0.5).check(),
        ),
        ("decay_rate", ExponentialDecay::new(0.1, 1, -0.5).check()),
        ("decay_steps", InverseTimeDecay::new(0.1, 0, 0.5).check()),
        (
            "decay_rate",
            InverseTimeDecay::new(0.1, 1, f32::NAN).check(),
        ),
        (
            "boundaries",
            PiecewiseConstantDecay::new([2, 2], [0.1; 3]).check(),
        ),
        (
            "values",
            PiecewiseConstantDecay::new([2], [0.1, -0.1]).check(),
        ),
        ("decay_steps", PolynomialDecay::new(0.1, 0).check()),
        ("power", PolynomialDecay::new(0.1, 1).power(-1.0).check()),
        (
            "end_learning_rate",
            PolynomialDecay::new(0.1, 1).end_learning_rate(-1.0).check(),
        ),
        ("decay_steps", CosineDecay::new(0.1, 0).check()),
        ("alpha", CosineDecay::new(0.1, 1).alpha(-1.0).check()),
        (
            "warmup_target",
            CosineDecay::new(0.1, 1).warmup(-1.0, 2).check(),
        ),
        (
            "first_decay_steps",
            CosineDecayRestarts::new(0.1, 0).check(),
        ),
        ("t_mul", CosineDecayRestarts::new(0.1, 1).t_mul(0.5).check()),
        (
            "m_mul",
            CosineDecayRestarts::new(0.1, 1).m_mul(f32::NAN).check(),
        ),
    ];
    for (name, text) in &wrong {
        let text = text.as_ref().expect("refused");
        assert!(text.as_str().starts_with(name), "{}", text.as_str());
    }
    let text = wrong[0].1.expect("refused");
    assert_eq!(text.as_str(), "decay_steps = 0, but it must be at least 1");
    assert!(CosineDecayRestarts::new(0.1, 1).check().is_none());
    assert!(PiecewiseConstantDecay::new([], [0.1]).check().is_none());
}
