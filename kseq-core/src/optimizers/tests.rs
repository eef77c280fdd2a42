//! Update rules against `f64`, the driver, arguments.

use super::*;
use crate::pool::Pool;
use crate::rng::{Purpose, Rng};

const N: usize = 37;

/// `steps` updates of `optimizer`, next to the same in `f64` by `rule(step, g, p, slots)`.
fn compare<O: Optimizer>(
    optimizer: &O,
    mut rule: impl FnMut(f64, f64, &mut f64, &mut [f64; MAX_SLOTS]),
) {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let mut p: [f32; N] = core::array::from_fn(|_| rng.normal());
    let mut wide = p.map(f64::from);
    let mut slots = [0.0; N * MAX_SLOTS];
    let mut wide_slots = [[0.0; MAX_SLOTS]; N];
    for step in 0..25 {
        let mut g: [f32; N] = core::array::from_fn(|i| if i == 0 { 0.0 } else { rng.normal() });
        let update = Update::new(&mut p, &mut g, &mut slots[..N * O::SLOTS]);
        apply(optimizer, step, update, &Pool::Serial);
        for ((p, slots), g) in wide.iter_mut().zip(&mut wide_slots).zip(g) {
            rule(step as f64, f64::from(g), p, slots);
        }
        for (p, wide) in p.iter().zip(wide) {
            let error = (f64::from(*p) - wide).abs();
            assert!(
                error < 3e-6 * wide.abs().max(1.0),
                "step {step}: {p}, not {wide}"
            );
        }
    }
    // A parameter without a gradient stays.
    assert_eq!(f64::from(p[0]), wide[0]);
}

#[test]
fn sgd() {
    compare(&SGD::new(0.05), |_, g, p, _| *p -= 0.05 * g);
    compare(&SGD::default(), |_, g, p, _| *p -= 0.01 * g);
    let decay = SGD::new(0.05).decay(0.5);
    compare(&decay, |k, g, p, _| *p -= 0.05 / (1.0 + 0.5 * k) * g);
    compare(
        &SGD::new(0.05).decay(0.5).momentum(0.9),
        |k, g, p, [v, ..]| {
            *v = 0.9 * *v - 0.05 / (1.0 + 0.5 * k) * g;
            *p += *v;
        },
    );
    compare(
        &SGD::new(1.0)
            .nesterov(true)
            .momentum(0.9)
            .learning_rate(0.05),
        |_, g, p, [v, ..]| {
            *v = 0.9 * *v - 0.05 * g;
            *p += 0.9 * *v - 0.05 * g;
        },
    );
}

#[test]
fn rmsprop() {
    compare(&RMSprop::default(), |_, g, p, [v, ..]| {
        *v = 0.9 * *v + 0.1 * g * g;
        *p -= 0.001 * g / libm::sqrt(*v + 1e-7);
    });
    let other = RMSprop::new(1.0)
        .learning_rate(0.01)
        .rho(0.5)
        .epsilon(0.1)
        .decay(0.01);
    compare(&other, |k, g, p, [v, ..]| {
        *v = 0.5 * *v + 0.5 * g * g;
        *p -= 0.01 / (1.0 + 0.01 * k) * g / libm::sqrt(*v + 0.1);
    });
}

#[test]
fn adam() {
    let rule = |k: f64,
                lr: f64,
                b: [f64; 2],
                e: f64,
                g: f64,
                p: &mut f64,
                slots: &mut [f64; MAX_SLOTS]| {
        let [m, v, ..] = slots;
        *m = b[0] * *m + (1.0 - b[0]) * g;
        *v = b[1] * *v + (1.0 - b[1]) * g * g;
        let rest = b.map(|b| 1.0 - libm::pow(b, k + 1.0));
        *p -= lr * libm::sqrt(rest[1]) / rest[0] * *m / (libm::sqrt(*v) + e);
    };
    compare(&Adam::default(), |k, g, p, s| {
        rule(k, 0.001, [0.9, 0.999], 1e-7, g, p, s)
    });
    let other = Adam::new(1.0).learning_rate(0.01).beta_1(0.5).beta_2(0.75);
    let other = other.epsilon(0.1).decay(0.1);
    compare(&other, |k, g, p, s| {
        rule(k, 0.01 / (1.0 + 0.1 * k), [0.5, 0.75], 0.1, g, p, s)
    });
}

#[test]
fn adadelta() {
    let rule = |lr: f64, rho: f64, e: f64, g: f64, p: &mut f64, slots: &mut [f64; MAX_SLOTS]| {
        let [a, b, ..] = slots;
        *a = rho * *a + (1.0 - rho) * g * g;
        let d = -g * libm::sqrt(*b + e) / libm::sqrt(*a + e);
        *b = rho * *b + (1.0 - rho) * d * d;
        *p += lr * d;
    };
    compare(&Adadelta::default(), |_, g, p, s| {
        rule(0.001, 0.95, 1e-7, g, p, s)
    });
    let other = Adadelta::new(0.5).learning_rate(1.0).rho(0.5).epsilon(0.1);
    compare(&other.decay(0.1), |k, g, p, s| {
        rule(1.0 / (1.0 + 0.1 * k), 0.5, 0.1, g, p, s)
    });
}

#[test]
fn adagrad() {
    compare(&Adagrad::default(), |_, g, p, [a, ..]| {
        *a += g * g;
        *p -= 0.001 * g / libm::sqrt(*a + 0.1 + 1e-7);
    });
    let other = Adagrad::new(1.0).learning_rate(0.05).epsilon(0.1);
    let other = other.initial_accumulator_value(0.5).decay(0.1);
    compare(&other, |k, g, p, [a, ..]| {
        *a += g * g;
        *p -= 0.05 / (1.0 + 0.1 * k) * g / libm::sqrt(*a + 0.6);
    });
}

#[test]
fn arguments() {
    let right: [&dyn Fn() -> Option<Note>; 6] = [
        &|| Adadelta::default().check(),
        &|| Adagrad::default().initial_accumulator_value(0.0).check(),
        &|| SGD::new(0.0).check(),
        &|| SGD::default().momentum(0.9).check(),
        &|| RMSprop::default().check(),
        &|| Adam::default().check(),
    ];
    assert!(right.iter().all(|check| check().is_none()));
    let nan = f32::NAN;
    let wrong = [
        ("learning_rate", SGD::new(-0.1).check()),
        ("learning_rate", SGD::new(nan).check()),
        ("learning_rate", RMSprop::new(f32::INFINITY).check()),
        ("learning_rate", Adam::new(nan).check()),
        ("momentum", SGD::new(0.1).momentum(1.5).check()),
        ("decay", SGD::new(0.1).decay(-1.0).check()),
        ("rho", RMSprop::new(0.1).rho(nan).check()),
        ("epsilon", RMSprop::new(0.1).epsilon(0.0).check()),
        ("beta_1", Adam::new(0.1).beta_1(1.0).check()),
        ("beta_2", Adam::new(0.1).beta_2(-0.5).check()),
        ("epsilon", Adam::new(0.1).epsilon(nan).check()),
        ("decay", Adam::new(0.1).decay(nan).check()),
        ("learning_rate", Adadelta::new(-1.0).check()),
        ("rho", Adadelta::new(1.0).rho(1.5).check()),
        ("epsilon", Adadelta::new(1.0).epsilon(0.0).check()),
        ("decay", Adadelta::new(1.0).decay(nan).check()),
        ("learning_rate", Adagrad::new(nan).check()),
        (
            "initial_accumulator_value",
            Adagrad::new(0.1).initial_accumulator_value(-0.1).check(),
        ),
        ("epsilon", Adagrad::new(0.1).epsilon(-1.0).check()),
        ("decay", Adagrad::new(0.1).decay(-1.0).check()),
    ];
    for (name, text) in &wrong {
        let text = text.as_ref().expect("refused");
        assert!(text.as_str().starts_with(name), "{}", text.as_str());
    }
    let text = wrong[0].1.expect("refused");
    assert_eq!(
        text.as_str(),
        "learning_rate = -0.1, but it must be finite and not negative"
    );
}

#[test]
fn slices_that_do_not_fit_are_no_panic() {
    let (mut p, mut g, mut slots) = ([1.0; 8], [1.0; 5], [0.0; 11]);
    let adam = Adam::new(0.1);
    let update = Update::new(&mut p, &mut g, &mut slots);
    apply(&adam, 0, update, &Pool::Serial);
    apply(
        &adam,
        0,
        Update::new(&mut p, &mut g, &mut []),
        &Pool::Serial,
    );
    let update = Update::new(&mut [], &mut g, &mut slots);
    apply(&adam, 0, update, &Pool::Serial);
    let update = Update::new(&mut p, &mut g, &mut slots).occurrences(0, &mut []);
    apply(&adam.clipnorm(1.0), 0, update, &Pool::Serial);
    SGD::new(0.1).momentum(0.5).update(0, &mut p, &g, &mut []);
    // Three parameters had all they need.
    assert!(p[..3].iter().all(|p| *p < 0.95) && p[3..] == [1.0; 5]);
}

/// Every parameter is updated once, with its own gradient and slots, whatever the pool.
#[cfg(feature = "std")]
#[test]
fn chunks() {
    use std::vec::Vec;

    /// Adds what it is given, so that a mix-up shows; counts in the third slot.
    struct Tags;
    impl Optimizer for Tags {
        const SLOT_NAMES: &'static [&'static str] = &["a", "b", "count"];
        fn update(&self, _: u64, p: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
            let [a, b, count] = slots else { return };
            for ((((p, g), a), b), count) in p
                .iter_mut()
                .zip(g)
                .zip(a.iter_mut())
                .zip(b.iter())
                .zip(count.iter_mut())
            {
                *p += g + b;
                *a += *p;
                *count += 1.0;
            }
        }
    }
    let mut pools = Vec::from([Pool::Serial]);
    #[cfg(feature = "rayon")]
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pools.push(Pool::Own(pool.expect("a pool").into()));
    }
    pools.extend(None);
    for pool in &pools {
        for n in [0, 1, 16_384, 16_385, 100_000] {
            let mut p: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let mut g: Vec<f32> = (0..n).map(|i| i as f32 * 2.0).collect();
            let mut slots: Vec<f32> = (0..3 * n)
                .map(|i| if i / n == 1 { (i % n) as f32 } else { 0.0 })
                .collect();
            apply(&Tags, 0, Update::new(&mut p, &mut g, &mut slots), pool);
            for i in 0..n {
                let want = i as f32 * 4.0;
                assert_eq!(
                    [p[i], slots[i], slots[2 * n + i]],
                    [want, want, 1.0],
                    "{i} of {n}"
                );
            }
        }
    }
}
