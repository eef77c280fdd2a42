//! Update rules against `f64`.

use super::super::*;
use crate::pool::Pool;
use crate::rng::{Purpose, Rng};
use crate::shape::Shape;

const N: usize = 37;

/// The same in `f64`: (step, gradient, parameter, slots).
type Wide<'a> = dyn FnMut(f64, f64, &mut f64, &mut [f64; MAX_SLOTS]) + 'a;

/// `compare_all`, and a parameter without a gradient stays.
fn compare<O: Optimizer>(
    optimizer: &O,
    mut rule: impl FnMut(f64, f64, &mut f64, &mut [f64; MAX_SLOTS]),
) {
    let (p, wide) = steps(optimizer, &mut rule);
    assert_eq!(f64::from(p), wide);
}

/// Updates of `optimizer`, next to the same in `f64`.
fn compare_all<O: Optimizer>(
    optimizer: &O,
    mut rule: impl FnMut(f64, f64, &mut f64, &mut [f64; MAX_SLOTS]),
) {
    steps(optimizer, &mut rule);
}

/// The first parameter, which has no gradient, after all steps.
fn steps<O: Optimizer>(optimizer: &O, rule: &mut Wide<'_>) -> (f32, f64) {
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
    (p[0], wide[0])
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
        &SGD::new(0.05).nesterov(true).momentum(0.9),
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
    let other = RMSprop::new(0.01).rho(0.5).epsilon(0.1).decay(0.01);
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
    let other = Adam::new(0.01).beta_1(0.5).beta_2(0.75);
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
    let other = Adadelta::new(1.0).rho(0.5).epsilon(0.1);
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
    let other = Adagrad::new(0.05).epsilon(0.1);
    let other = other.initial_accumulator_value(0.5).decay(0.1);
    compare(&other, |k, g, p, [a, ..]| {
        *a += g * g;
        *p -= 0.05 / (1.0 + 0.1 * k) * g / libm::sqrt(*a + 0.6);
    });
}

#[test]
fn amsgrad() {
    // Gradients that fade, so that the largest mean square is an old one.
    let adam = Adam::new(0.01).beta_2(0.5).epsilon(0.1).amsgrad();
    compare(&adam, |k, g, p, [m, v, largest, ..]| {
        *m = 0.9 * *m + 0.1 * g;
        *v = 0.5 * *v + 0.5 * g * g;
        *largest = largest.max(*v);
        let rest = [0.9, 0.5].map(|b| 1.0 - libm::pow(b, k + 1.0));
        *p -= 0.01 * libm::sqrt(rest[1]) / rest[0] * *m / (libm::sqrt(*largest) + 0.1);
    });
}

#[test]
fn adamw() {
    let rule = |decay: f64, k: f64, g: f64, p: &mut f64, m: &mut f64, v: &mut f64| {
        *p -= decay * 0.01 * *p;
        *m = 0.9 * *m + 0.1 * g;
        *v = 0.999 * *v + 0.001 * g * g;
        let rest = [0.9, 0.999].map(|b| 1.0 - libm::pow(b, k + 1.0));
        *p -= 0.01 * libm::sqrt(rest[1]) / rest[0] * *m / (libm::sqrt(*v) + 1e-7);
    };
    for (adamw, decay) in [
        (AdamW::new(0.01), 0.004),
        (AdamW::new(0.01).weight_decay(0.5), 0.5),
    ] {
        compare_all(&adamw, |k, g, p, [m, v, ..]| rule(decay, k, g, p, m, v));
    }
}

#[test]
fn adamax() {
    let other = Adamax::new(0.01).beta_1(0.5).beta_2(0.75).epsilon(0.1);
    compare(&other, |k, g, p, [m, u, ..]| {
        *m = 0.5 * *m + 0.5 * g;
        *u = (0.75 * *u).max(g.abs());
        *p -= 0.01 * *m / ((1.0 - libm::pow(0.5, k + 1.0)) * (*u + 0.1));
    });
}

#[test]
fn nadam() {
    let other = Nadam::new(0.01).beta_1(0.75).beta_2(0.5).epsilon(0.1);
    let u = |t: f64| 0.75 * (1.0 - 0.5 * libm::pow(0.96, t));
    compare(&other, |k, g, p, [m, v, ..]| {
        let t = k + 1.0;
        let product: f64 = (1..=t as i32).map(|i| u(f64::from(i))).product();
        *m = 0.75 * *m + 0.25 * g;
        *v = 0.5 * *v + 0.5 * g * g;
        let part = u(t + 1.0) * *m / (1.0 - product * u(t + 1.0));
        let a = part + (1.0 - u(t)) * g / (1.0 - product);
        *p -= 0.01 * a / (libm::sqrt(*v / (1.0 - libm::pow(0.5, t))) + 0.1);
    });
}

#[test]
fn lion() {
    let other = Lion::new(0.01).beta_1(0.5).beta_2(0.75);
    compare(&other, |_, g, p, [m, ..]| {
        let d = 0.5 * *m + 0.5 * g;
        *p -= if d == 0.0 { 0.0 } else { 0.01 * d.signum() };
        *m = 0.75 * *m + 0.25 * g;
    });
    // A NaN shows, also in the first step.
    let (mut p, mut m) = ([1.0], [0.0]);
    other.update(0, &mut p, &[f32::NAN], &mut [&mut m]);
    assert!(p[0].is_nan());
}

#[test]
fn rmsprop_momentum_and_centered() {
    let both = RMSprop::new(0.01).rho(0.5).epsilon(0.1);
    compare(&both.momentum(0.75), |_, g, p, [v, m, ..]| {
        *v = 0.5 * *v + 0.5 * g * g;
        *m = 0.75 * *m + 0.01 * g / libm::sqrt(*v + 0.1);
        *p -= *m;
    });
    compare(&both.centered(), |_, g, p, [v, a, ..]| {
        *v = 0.5 * *v + 0.5 * g * g;
        *a = 0.5 * *a + 0.5 * g;
        *p -= 0.01 * g / libm::sqrt(*v - *a * *a + 0.1);
    });
    compare(&both.centered().momentum(0.75), |_, g, p, [v, m, a, ..]| {
        *v = 0.5 * *v + 0.5 * g * g;
        *a = 0.5 * *a + 0.5 * g;
        *m = 0.75 * *m + 0.01 * g / libm::sqrt(*v - *a * *a + 0.1);
        *p -= *m;
    });
}

/// Equal gradients have no variance; what rounding leaves of one may be less than 0.
#[test]
fn no_variance() {
    let optimizer = RMSprop::new(1e-3).centered();
    let (mut p, mut slots) = ([0.0; 2], [0.0; 4]);
    for step in 0..2_000 {
        let mut g = [1e3 / 3.0, -1e5 / 7.0];
        let update = Update::new(&mut p, &mut g, &mut slots);
        apply(&optimizer, step, update, &Pool::Serial);
        assert!(p.iter().all(|p| p.is_finite()), "step {step}: {p:?}");
    }
}

#[test]
fn schedule_free_adamw() {
    let free = ScheduleFreeAdamW::new(0.01)
        .beta_1(0.75)
        .beta_2(0.5)
        .epsilon(0.1);
    let rule = |warmup: f64| {
        move |k: f64, g: f64, p: &mut f64, [z, v, ..]: &mut [f64; MAX_SLOTS]| {
            let t = k + 1.0;
            if k == 0.0 {
                *z = *p;
            }
            let lr = 0.01_f32 as f64 * (t / warmup).min(1.0);
            *v = 0.5 * *v + 0.5 * g * g;
            *z -= lr * g / (libm::sqrt(*v / (1.0 - libm::pow(0.5, t))) + 0.1);
            let x = (*p - 0.25 * *z) / 0.75;
            *p = 0.25 * *z + 0.75 * ((1.0 - 1.0 / t) * x + *z / t);
        }
    };
    compare_all(&free, rule(1.0));
    compare_all(&free.warmup_steps(8), rule(8.0));
}

/// All parameters are one array here.
#[test]
fn lamb() {
    let optimizer = Lamb::new(0.05).beta_1(0.5).beta_2(0.75).epsilon(0.1);
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let mut p: [f32; N] = core::array::from_fn(|_| rng.normal());
    let mut wide = p.map(f64::from);
    let (mut slots, mut m, mut v) = ([0.0; 2 * N], [0.0; N], [0.0; N]);
    for step in 0..25 {
        let mut g: [f32; N] = core::array::from_fn(|_| rng.normal());
        let t = step as i32 + 1;
        let u: [f64; N] = core::array::from_fn(|i| {
            let g = f64::from(g[i]);
            m[i] = 0.5 * m[i] + 0.5 * g;
            v[i] = 0.75 * v[i] + 0.25 * g * g;
            let [a, b] = [0.5, 0.75].map(|beta: f64| 1.0 - libm::pow(beta, f64::from(t)));
            m[i] / a / (libm::sqrt(v[i] / b) + 0.1)
        });
        let length = |x: &[f64; N]| libm::sqrt(x.iter().map(|x| x * x).sum());
        let ratio = length(&wide) / length(&u);
        apply(
            &optimizer,
            step,
            Update::new(&mut p, &mut g, &mut slots),
            &Pool::Serial,
        );
        for ((wide, u), p) in wide.iter_mut().zip(u).zip(p) {
            *wide -= f64::from(0.05_f32) * ratio * u;
            assert!(
                (f64::from(p) - *wide).abs() < 1e-5,
                "step {step}: {p}, not {wide}"
            );
        }
    }
}

/// A matrix that is high and one that is wide become orthogonal; what has no two axes is Adam's.
#[test]
fn muon() {
    let muon = Muon::new(0.5).rms_rate(0.0).momentum(0.0).ns_steps(12);
    // The polynomial that keeps 1.
    let muon = muon.muon_a(1.5).muon_b(-0.5).muon_c(0.0);
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let g: [f32; 24] = core::array::from_fn(|_| rng.normal());
    for [rows, columns] in [[3, 8], [8, 3]] {
        let (mut p, mut m, mut x) = ([0.0; 24], [0.0; 24], [0.0; 24]);
        let shape = Shape::new(&[rows, columns]);
        muon.update_array(0, &shape, &mut p, &g, None, &mut [&mut m, &mut x]);
        let at = |short: usize, long: usize| match rows < columns {
            true => p[short * columns + long],
            false => p[long * columns + short],
        };
        for i in 0..3 {
            for j in 0..3 {
                let product: f32 = (0..8).map(|k| at(i, k) * at(j, k)).sum();
                let wanted = if i == j { 0.25 } else { 0.0 };
                assert!((product - wanted).abs() < 1e-3, "{i} {j}: {product}");
            }
        }
    }
    let adam = Muon::new(0.5).adam_lr_ratio(0.2);
    type Rule<'a> = &'a dyn Fn(&mut [f32], &mut [&mut [f32]]);
    let run = |update: Rule<'_>| {
        let (mut p, mut m, mut v) = ([1.0; 24], [0.0; 24], [0.0; 24]);
        update(&mut p, &mut [&mut m, &mut v]);
        p
    };
    let vector = Shape::new(&[24]);
    assert_eq!(
        run(&|p, slots| adam.update_array(0, &vector, p, &g, None, slots)),
        run(&|p, slots| Adam::new(0.1).update(0, p, &g, slots))
    );
    let adam = adam.exclude_layers(&["head", "body.bias"]);
    let whole = |layer, array| adam.by_shape(layer, array);
    assert!(whole("body", "kernel") && !whole("head", "kernel") && !whole("body", "bias"));
    assert!(!whole("words", "embeddings"));
    assert!(
        adam.exclude_embeddings(false)
            .by_shape("words", "embeddings")
    );
}

#[test]
fn ftrl() {
    let all = Ftrl::new(0.5)
        .initial_accumulator_value(0.25)
        .l1_regularization_strength(0.5)
        .l2_regularization_strength(0.25)
        .l2_shrinkage_regularization_strength(0.125)
        .beta(0.5);
    for power in [-0.5, -0.75] {
        compare_all(&all.learning_rate_power(power), |_, g, p, [a, z, ..]| {
            let q = |x: f64| libm::pow(x, -f64::from(power));
            let old = q(0.25 + *a);
            *a += g * g;
            let new = q(0.25 + *a);
            *z += g + 2.0 * 0.125 * *p - (new - old) / 0.5 * *p;
            *p = (z.clamp(-0.5, 0.5) - *z) / (new / 0.5 + 2.0 * (0.25 + 0.5 / (2.0 * 0.5)));
        });
    }
}

/// Against its formula on a stack of two matrices, and on a row, which is no stack of factors.
#[test]
fn adafactor() {
    let optimizer = Adafactor::new(0.25).clip_threshold(0.5).epsilon_1(0.01);
    for dims in [&[2, 3, 4][..], &[1, 24], &[24, 1], &[24]] {
        let shape = Shape::new(dims);
        let mut rng = Rng::new(1, Purpose::User, 0, 0);
        let mut p: [f32; 24] = core::array::from_fn(|_| rng.normal());
        let mut wide = p.map(f64::from);
        let (mut rows, mut columns) = ([0.0; 24], [0.0; 24]);
        let [a, b] = match dims {
            [.., a, b] => [*a, *b],
            _ => [1, 24],
        };
        let mut slot = [0.0; 24];
        for step in 0..10 {
            let g: [f32; 24] = core::array::from_fn(|_| rng.normal());
            optimizer.update_array(step, &shape, &mut p, &g, None, &mut [&mut slot]);
            let t = step as f64 + 1.0;
            let beta = 1.0 - libm::pow(t, f64::from(-0.8_f32));
            let square = |i: usize| f64::from(g[i]) * f64::from(g[i]) + 0.01;
            for (row, r) in rows.iter_mut().enumerate().take(24 / b) {
                let mean = (0..b).map(|j| square(row * b + j)).sum::<f64>() / b as f64;
                *r = beta * *r + (1.0 - beta) * mean;
            }
            for (column, c) in columns.iter_mut().enumerate().take(24 / a) {
                let (block, j) = (column / b, column % b);
                let at = |i: usize| block * a * b + i * b + j;
                let mean = (0..a).map(|i| square(at(i))).sum::<f64>() / a as f64;
                *c = beta * *c + (1.0 - beta) * mean;
            }
            let v = |i: usize| {
                let block = i / (a * b);
                let mean = rows[block * a..][..a].iter().sum::<f64>() / a as f64;
                rows[i / b] / mean * columns[block * b + i % b]
            };
            let u: [f64; 24] = core::array::from_fn(|i| f64::from(g[i]) / libm::sqrt(v(i)));
            let rms = |x: &[f64; 24]| libm::sqrt(x.iter().map(|x| x * x).sum::<f64>() / 24.0);
            let size = rms(&wide).max(0.001) * 0.25_f64.min(1.0 / libm::sqrt(t));
            let slower = (rms(&u) / 0.5).max(1.0);
            for ((wide, u), p) in wide.iter_mut().zip(u).zip(p) {
                *wide -= size * u / slower;
                let error = (f64::from(p) - *wide).abs();
                assert!(
                    error < 3e-6 * wide.abs().max(1.0),
                    "{dims:?}: {p}, not {wide}"
                );
            }
        }
    }
}

/// After a gradient none comes for so long that all means decay to nothing.
fn settles<O: Optimizer>(optimizer: &O) {
    let (mut p, mut slots) = ([0.5; 4], [0.0; 4 * MAX_SLOTS]);
    for step in 0..2_000 {
        let mut g = if step == 0 {
            [1e-3, -1.0, 7.0, 1e-15]
        } else {
            [0.0; 4]
        };
        let update = Update::new(&mut p, &mut g, &mut slots[..4 * O::SLOTS]);
        apply(optimizer, step, update, &Pool::Serial);
        let slow = slots.iter().any(|slot| slot.is_subnormal());
        assert!(
            crate::kernels::dispatch::DEVICE || !slow,
            "step {step}: {slots:?}"
        );
    }
    assert!(p.iter().all(|p| p.is_finite()));
}

#[test]
fn no_mean_becomes_subnormal() {
    settles(&SGD::new(0.1).momentum(0.9));
    settles(&SGD::new(0.1).momentum(0.9).nesterov(true));
    settles(&RMSprop::new(0.1));
    settles(&RMSprop::new(0.1).momentum(0.9).centered());
    settles(&Adam::new(0.1).beta_2(0.9));
    settles(&AdamW::new(0.1).beta_2(0.9));
    settles(&Nadam::new(0.1).beta_2(0.9));
    settles(&Adamax::new(0.1).beta_2(0.9));
    settles(&Adadelta::new(0.1).rho(0.9));
}
