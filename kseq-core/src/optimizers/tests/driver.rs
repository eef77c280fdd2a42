//! The driver: clipping, decay, averages, accumulation, frozen layers, occurrences, threads.

use super::super::*;
use crate::kernels::dispatch::DEVICE;
use crate::model::{Inside, LayerInfo};
use crate::params::ParamSpec;
use crate::pool::Pool;
use crate::shape::Shape;

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
    // Three parameters had all they need; on a device they go by two.
    let had = if DEVICE { 2 } else { 3 };
    assert!(p[..had].iter().all(|p| *p < 0.95) && p[3..] == [1.0; 5]);
}

/// A kernel and a bias.
const DENSE: LayerInfo = LayerInfo {
    name: "dense",
    class_name: "Dense",
    output: Shape::new(&[1]),
    params: &[
        ParamSpec {
            name: "kernel",
            shape: Shape::new(&[2, 1]),
        },
        ParamSpec {
            name: "bias",
            shape: Shape::new(&[1]),
        },
    ],
    state: &[],
    stateful: false,
    macs: 0,
    inside: Inside::NONE,
    mask: crate::facts::Mask::Drops,
    scratch: 0,
    occurrences: 0,
};
const LAYERS: &[LayerInfo] = &[DENSE, DENSE];

const G: [f32; 6] = [3.0, 4.0, 0.25, 0.5, 0.0, -2.0];

/// What a step of `optimizer` from 0 does with the gradient `G`, turned around.
fn stepped<O: Optimizer>(optimizer: &O) -> [f32; 6] {
    let (mut p, mut g) = ([0.0; 6], G);
    let mut slots = [0.0; 6 * MAX_SLOTS];
    let update = Update::new(&mut p, &mut g, &mut slots[..6 * O::SLOTS]);
    apply(optimizer, 0, update.layers(LAYERS), &Pool::Serial);
    p.map(|p| -p)
}

#[test]
fn clipping() {
    let sgd = SGD::new(1.0);
    assert_eq!(stepped(&sgd), G);
    assert_eq!(
        stepped(&sgd.clipvalue(1.0)),
        [1.0, 1.0, 0.25, 0.5, 0.0, -1.0]
    );
    assert_eq!(
        stepped(&sgd.clipnorm(1.0)),
        [0.6, 0.8, 0.25, 0.5, 0.0, -1.0]
    );
    let norm = G.iter().map(|g| g * g).sum::<f32>().sqrt();
    for (found, g) in stepped(&sgd.global_clipnorm(1.0)).iter().zip(G) {
        assert!((found - g / norm).abs() < 1e-6);
    }
    assert_eq!(stepped(&sgd.global_clipnorm(100.0)), G);
    // With a momentum nothing but the gradient is clipped.
    assert_eq!(stepped(&sgd.momentum(0.5).clipnorm(1.0))[0], 0.6);
}

/// Numbers that are not finite are not hidden.
#[test]
fn clipping_of_nan() {
    fn step(optimizer: impl Optimizer, g: f32) -> [f32; 2] {
        let (mut p, mut g) = ([0.0; 2], [g, 1.0]);
        let update = Update::new(&mut p, &mut g, &mut []);
        apply(&optimizer, 0, update, &Pool::Serial);
        p
    }
    for nan in [f32::NAN, f32::INFINITY] {
        assert!(step(SGD::new(1.0).clipnorm(1.0), nan)[0].is_nan());
        assert!(
            step(SGD::new(1.0).global_clipnorm(1.0), nan)
                .iter()
                .all(|p| p.is_nan())
        );
    }
    let clipped = step(SGD::new(1.0).clipvalue(1.0), f32::NAN);
    assert!(clipped[0].is_nan() && clipped[1] == -1.0);
}

#[test]
fn weight_decay() {
    let sgd = SGD::new(0.5).weight_decay(0.5);
    fn step(sgd: &impl Optimizer) -> [f32; 6] {
        let (mut p, mut g) = ([2.0; 6], [1.0; 6]);
        let update = Update::new(&mut p, &mut g, &mut []).layers(LAYERS);
        apply(sgd, 0, update, &Pool::Serial);
        p
    }
    assert_eq!(step(&sgd), [2.0 - 0.5 - 0.5; 6]);
    let kernels = step(&sgd.exclude_from_weight_decay(&["bias"]));
    assert_eq!(kernels, [1.0, 1.0, 1.5, 1.0, 1.0, 1.5]);
}

/// The parameters of a frozen layer stay, whatever the optimizer has in mind, and so do their slots; their
/// average begins with them, should they be trained one day.
#[test]
fn frozen_layers() {
    let adam = Adam::new(0.1).weight_decay(0.1).use_ema();
    let (mut p, mut slots) = ([1.0; 6], [0.5; 18]);
    for (step, frozen) in [&[true][..], &[false, true]].into_iter().enumerate() {
        let (p_before, slots_before) = (p, slots);
        let stays = |i: usize| (i % 6 < 3) == (step == 0);
        let mut g = [0.0, 1.0, f32::NAN, 0.0, 1.0, 2.0];
        if step == 1 {
            g = [1.0, 0.0, 1.0, 1.0, f32::NAN, 0.0];
        }
        let update = Update::new(&mut p, &mut g, &mut slots).layers(LAYERS);
        apply(&adam, step as u64, update.frozen(frozen), &Pool::Serial);
        for i in 0..18 {
            let begins = step == 0 && i >= 12 && stays(i);
            let before = if begins { p[i % 6] } else { slots_before[i] };
            assert_eq!(slots[i] == before, stays(i), "slot {i}, {frozen:?}");
            assert_eq!(p[i % 6] == p_before[i % 6], stays(i), "{i}, {frozen:?}");
        }
    }
    // The norm of all gradients is that of the trained ones.
    let (mut p, mut g) = ([0.0; 6], [100.0, 0.0, 0.0, 3.0, 4.0, 0.0]);
    let update = Update::new(&mut p, &mut g, &mut []).layers(LAYERS);
    let sgd = SGD::new(1.0).global_clipnorm(1.0);
    apply(&sgd, 0, update.frozen(&[true]), &Pool::Serial);
    assert_eq!(p, [0.0, 0.0, 0.0, -0.6, -0.8, 0.0]);
}

#[test]
fn averages() {
    let sgd = SGD::new(1.0)
        .use_ema()
        .ema_momentum(0.5)
        .ema_overwrite_frequency(3);
    let (mut p, mut average) = ([0.0], [0.0]);
    let want = [(-1.0, -1.0), (-2.0, -1.5), (-2.25, -2.25), (-3.25, -2.75)];
    for (step, want) in (0..).zip(want) {
        let mut g = [1.0];
        let update = Update::new(&mut p, &mut g, &mut average);
        apply(&sgd, step, update, &Pool::Serial);
        assert_eq!((p[0], average[0]), want, "step {step}");
    }
    let before = p;
    let update = Update::new(&mut p, &mut [], &mut average);
    finalize(&sgd, 0, update, &Pool::Serial);
    assert_eq!(p, before, "there is no average before the first step");
    let update = Update::new(&mut p, &mut [], &mut average);
    finalize(&sgd, 4, update, &Pool::Serial);
    assert_eq!(p, [-2.75]);
}

/// An update from the mean of three batches is one from their mean: momentum, decay and averages too.
#[test]
fn accumulation() {
    let plain = SGD::new(0.5)
        .momentum(0.5)
        .decay(1.0)
        .clipnorm(1.0)
        .weight_decay(0.25);
    let several = plain.gradient_accumulation_steps(3);
    let (mut p, mut slots) = ([1.0, -1.0], [0.0; 4]);
    let (mut p_want, mut slots_want) = ([1.0, -1.0], [0.0; 2]);
    for step in 0..4 {
        let before = p;
        for batch in 0..3 {
            assert_eq!(p, before, "only the last batch moves it");
            let mut g = [batch as f32, step as f32];
            let update = Update::new(&mut p, &mut g, &mut slots);
            apply(&several, 3 * step + batch, update, &Pool::Serial);
        }
        let mut g = [1.0, step as f32];
        let update = Update::new(&mut p_want, &mut g, &mut slots_want);
        apply(&plain, step, update, &Pool::Serial);
        assert_eq!(p, p_want);
        assert_eq!(slots, [slots_want[0], slots_want[1], 0.0, 0.0]);
    }
}

/// Keras's averages move in every batch, and begin anew in each of the first update.
#[test]
fn averages_while_accumulating() {
    let sgd = SGD::new(1.0)
        .use_ema()
        .ema_momentum(0.5)
        .gradient_accumulation_steps(2);
    let (mut p, mut slots) = ([1.0], [0.0; 2]);
    let want = [(1.0, 1.0), (0.0, 0.0), (0.0, 0.0), (-1.0, -0.5)];
    for (step, want) in (0..).zip(want) {
        let mut g = [1.0];
        let update = Update::new(&mut p, &mut g, &mut slots);
        apply(&sgd, step, update, &Pool::Serial);
        assert_eq!((p[0], slots[0]), want, "batch {step}");
    }
}

/// The sums over occurrences are used, for their array alone, and clipped with its gradient.
#[test]
fn occurrences() {
    fn step<O: Optimizer>(optimizer: &O, given: Option<[f32; 2]>) -> ([f32; 6], [f32; 12]) {
        let (mut p, mut g, mut slots) = ([0.0; 6], [3.0, 4.0, 1.0, 1.0, 1.0, 1.0], [0.0; 12]);
        let mut given = given;
        let update = Update::new(&mut p, &mut g, &mut slots).layers(LAYERS);
        let update = match &mut given {
            Some(given) => update.occurrences(0, given),
            None => update,
        };
        apply(optimizer, 0, update, &Pool::Serial);
        (p, slots)
    }
    // That of one occurrence is the square itself.
    let adam = Adam::new(0.1);
    assert_eq!(step(&adam, Some([9.0, 16.0])), step(&adam, None));
    assert_eq!(
        step(&Adamax::new(0.1), Some([3.0, 4.0])),
        step(&Adamax::new(0.1), None)
    );
    assert_eq!(
        step(&Lion::new(0.1), Some([9.0, 16.0])),
        step(&Lion::new(0.1), None)
    );
    let adagrad = Adagrad::new(0.1);
    let (_, slots) = step(&adagrad, Some([5.0, 8.0]));
    assert_eq!(slots[..3], [5.0, 8.0, 1.0]);
    // Of Adadelta's step, too: d^2 = squares (b + epsilon) / (a + epsilon).
    let adadelta = Adadelta::new(1.0).rho(0.5).epsilon(1.0);
    let (p, slots) = step(&adadelta, Some([6.0, 14.0]));
    assert_eq!((slots[0], slots[6], p[0]), (3.0, 0.5 * 6.0 / 4.0, -1.5));
    // The norm of the occurrences, sqrt(12 + 13), is 5: the gradient is halved, the squares quartered.
    let (_, slots) = step(&adagrad.clipnorm(2.5), Some([12.0, 13.0]));
    assert_eq!(slots[..3], [3.0, 3.25, 1.0]);
    // Keras makes a gradient dense that is scaled with all others, and one that is accumulated.
    let global = adagrad.global_clipnorm(100.0);
    assert_eq!(step(&global, Some([5.0, 8.0])).1[..2], [9.0, 16.0]);
    // By value it is the sum that is clipped, not each occurrence as in Keras.
    let by_value = adagrad.clipvalue(2.0);
    assert_eq!(step(&by_value, Some([5.0, 8.0])).1[..2], [4.0, 4.0]);
    // Who does not square has no norm of the occurrences.
    let sgd = SGD::new(1.0).momentum(0.5).clipnorm(2.5);
    assert_eq!(step(&sgd, Some([9.0, 16.0])).0[..2], [-1.5, -2.0]);
    let adafactor = Adafactor::new(0.1);
    assert_eq!(step(&adafactor, Some([9.0, 16.0])), step(&adafactor, None));
    assert_ne!(step(&adafactor, Some([5.0, 8.0])), step(&adafactor, None));
    // Less than nothing is left of squares that sum to 3 and 6 without the squares of the sums, 9 and 16.
    let centered = RMSprop::new(0.1).rho(0.25).centered();
    assert_eq!(step(&centered, Some([3.0, 6.0])), step(&centered, None));
    assert!(
        step(&centered, Some([3.0, 6.0]))
            .0
            .iter()
            .all(|p| p.is_finite())
    );
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
        let pool = Pool::of(threads);
        pools.push(pool.expect("a pool"));
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

/// The same bits for any pool, with everything that goes over several chunks.
#[cfg(feature = "rayon")]
#[test]
fn threads() {
    use std::vec::Vec;

    fn run<O: Optimizer>(optimizer: &O, pool: &Pool) -> (Vec<f32>, Vec<f32>) {
        let n = 17 * 16_384 + 5; // more than what stays on one thread
        let mut p: Vec<f32> = (0..n).map(|i| (i % 101) as f32 * 0.01).collect();
        let mut slots = std::vec![0.0; O::SLOTS * n];
        for step in 0..4 {
            let mut g: Vec<f32> = (0..n)
                .map(|i| ((i * 7 + step) % 113) as f32 - 50.0)
                .collect();
            let update = Update::new(&mut p, &mut g, &mut slots);
            apply(optimizer, step as u64, update, pool);
        }
        (p, slots)
    }
    fn same<O: Optimizer>(optimizer: &O) {
        let want = run(optimizer, &Pool::Serial);
        for threads in [1, 2, 3] {
            let pool = Pool::of(threads);
            let pool = pool.expect("a pool");
            assert_eq!(
                run(optimizer, &pool),
                want,
                "{}, {threads} threads",
                O::NAME
            );
        }
    }
    same(&SGD::new(0.1).momentum(0.9).clipnorm(1.0).use_ema());
    same(
        &Adam::new(0.1)
            .amsgrad()
            .global_clipnorm(1.0)
            .gradient_accumulation_steps(2),
    );
    same(&AdamW::new(0.1).clipvalue(0.5));
    same(&RMSprop::new(0.1).centered().momentum(0.5));
    same(&Adagrad::new(0.1));
    same(&Adadelta::new(1.0));
    same(&Adamax::new(0.1));
    same(&Nadam::new(0.1));
    same(&Ftrl::new(0.1));
    same(&Lion::new(0.1));
    same(&Adafactor::new(0.1).clipnorm(1.0));
}
