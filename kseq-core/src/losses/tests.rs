//! Losses against their definitions in `f64`: values, gradients by differences, fusing, weights.

use super::*;
use crate::kernels::dispatch::DEVICE;
use crate::rng::{Purpose, Rng};

const N: usize = 5;
const C: usize = 4;
type Rows = [[f32; C]; N];

/// Outputs that are no distributions (the losses normalise), targets that are.
fn data(seed: u64) -> (Rows, Rows, [f32; N]) {
    let mut rng = Rng::new(seed, Purpose::User, 0, 0);
    let out = [[0.0; C]; N].map(|r: [f32; C]| r.map(|_| 0.05 + 0.4 * rng.uniform()));
    let y = core::array::from_fn(|i| core::array::from_fn(|c| f32::from(u8::from(i % C == c))));
    (out, y, core::array::from_fn(|i| 0.5 + i as f32))
}

/// The largest difference between `grad` and differences of the loss itself, which is checked apart.
fn worst_gradient(grad: &Rows, out: &Rows, mut f: impl FnMut(&Rows) -> f32) -> f32 {
    let h = 2e-3;
    let mut worst = 0.0_f32;
    for i in 0..N {
        for c in 0..C {
            let (mut up, mut down) = (*out, *out);
            up[i][c] += h;
            down[i][c] -= h;
            let slope = (f(&up) - f(&down)) / (2.0 * h);
            worst = worst.max((slope - grad[i][c]).abs() / grad[i][c].abs().max(0.1));
        }
    }
    worst
}

#[test]
fn gradients() {
    fn check<L: Loss<[f32; C]>>(loss: &L, y: &[L::Target; N], what: &str) {
        let (out, _, w) = data(1);
        for weight in [None, Some(&w[..])] {
            let (mut grad, mut scratch) = (out, out);
            loss.loss(&out, y, weight, &mut grad);
            let value = |o: &Rows| loss.loss(o, y, weight, &mut scratch);
            let worst = worst_gradient(&grad, &out, value);
            assert!(worst < 5e-3, "{what}: {worst}");

            let mut grad = out;
            loss.fused(&mut out.clone(), y, weight, &mut grad);
            let value = |o: &Rows| loss.fused(&mut o.clone(), y, weight, &mut scratch);
            let worst = worst_gradient(&grad, &out, value);
            assert!(worst < 5e-3, "{what}, fused: {worst}");
        }
    }
    let (_, y, _) = data(1);
    let soft = y.map(|r| r.map(|t| 0.7 * t + 0.1));
    let classes = [0, 1, 2, 3, 0];
    let categorical = CategoricalCrossentropy::new();
    check(&categorical, &y, "categorical");
    check(&categorical, &soft, "categorical, soft targets");
    check(
        &categorical.label_smoothing(0.2),
        &y,
        "categorical, smoothed",
    );
    check(
        &categorical.from_logits(true).label_smoothing(0.2),
        &y,
        "categorical, logits",
    );
    check(&SparseCategoricalCrossentropy::new(), &classes, "sparse");
    check(
        &SparseCategoricalCrossentropy::new().from_logits(true),
        &classes,
        "sparse, logits",
    );
    check(&BinaryCrossentropy::new(), &y, "binary");
    check(
        &BinaryCrossentropy::new().label_smoothing(0.3),
        &soft,
        "binary, smoothed",
    );
    check(
        &BinaryCrossentropy::new().from_logits(true),
        &y,
        "binary, logits",
    );
    check(&MeanSquaredError::new(), &y, "squared");

    let focal = CategoricalFocalCrossentropy::new();
    check(&focal, &y, "categorical focal");
    let odd = focal.gamma(1.3).alpha(0.7).label_smoothing(0.2);
    check(&odd, &y, "categorical focal, other arguments");
    check(&odd.from_logits(true), &y, "categorical focal, logits");
    let focal = BinaryFocalCrossentropy::new();
    check(&focal, &y, "binary focal");
    let odd = focal.gamma(3.5).alpha(0.7).apply_class_balancing(true);
    check(&odd.label_smoothing(0.2), &y, "binary focal, balanced");
    check(&odd.from_logits(true), &soft, "binary focal, logits");
    check(&MeanAbsoluteError::new(), &y, "absolute");
    check(&MeanAbsolutePercentageError::new(), &soft, "percentage");
    check(&MeanSquaredLogarithmicError::new(), &y, "logarithmic");
    check(&LogCosh::new(), &y, "logcosh");
    check(&Huber::new(), &y, "huber");
    check(&Huber::new().delta(0.2), &y, "huber, 0.2");
    check(&Poisson::new(), &soft, "poisson");
    check(&KLDivergence::new(), &soft, "divergence");
    check(&CosineSimilarity::new(), &soft, "cosine");
    check(&CategoricalHinge::new(), &y, "categorical hinge");
    let signs = y.map(|r| r.map(|t| 2.0 * t - 1.0));
    check(&Hinge::new(), &signs, "hinge");
    check(&Hinge::new(), &y, "hinge of 0 and 1");
    check(&SquaredHinge::new(), &signs, "squared hinge");
    check(&function(quartic), &y, "function");
}

fn quartic(y: &[f32; C], o: &[f32; C], gradient: &mut [f32; C]) -> f32 {
    let mut loss = 0.0;
    for ((o, t), d) in o.iter().zip(y).zip(gradient) {
        let e = o - t;
        loss += e * e * e * e;
        *d = 4.0 * e * e * e;
    }
    loss
}

#[test]
fn values() {
    let (out, y, w) = data(2);
    let mut grad = out;
    let rows = || out.iter().zip(&y).zip(&w);
    let wide = |v: &f32| f64::from(*v);
    let mean = |of: &dyn Fn(&[f32; C], &[f32; C]) -> f64, got: f32| {
        let sum: f64 = rows().map(|((o, t), w)| of(o, t) * wide(w)).sum();
        let want = sum / N as f64;
        assert!(
            (f64::from(got) - want).abs() < 1e-6 * want.max(1.0),
            "{got} {want}"
        );
    };
    let entropy = |o: &[f32; C], t: &[f32; C]| -> f64 {
        let sum: f64 = o.iter().map(wide).sum();
        o.iter()
            .zip(t)
            .map(|(o, t)| -wide(t) * libm::log(wide(o) / sum))
            .sum()
    };
    let from_logits = |o: &[f32; C], t: &[f32; C]| -> f64 {
        let sum: f64 = o.iter().map(|o| libm::exp(wide(o))).sum();
        o.iter()
            .zip(t)
            .map(|(o, t)| wide(t) * (libm::log(sum) - wide(o)))
            .sum()
    };
    let binary = |o: &[f32; C], t: &[f32; C]| -> f64 {
        let one = |(o, t): (&f32, &f32)| {
            -wide(t) * libm::log(wide(o)) - (1.0 - wide(t)) * libm::log(1.0 - wide(o))
        };
        o.iter().zip(t).map(one).sum::<f64>() / C as f64
    };
    let squared = |o: &[f32; C], t: &[f32; C]| -> f64 {
        o.iter()
            .zip(t)
            .map(|(o, t)| (wide(o) - wide(t)) * (wide(o) - wide(t)))
            .sum::<f64>()
            / C as f64
    };
    let w = Some(&w[..]);
    let classes = [0, 1, 2, 3, 0];
    let categorical = CategoricalCrossentropy::new();
    let sparse = SparseCategoricalCrossentropy::new();
    mean(&entropy, categorical.loss(&out, &y, w, &mut grad));
    mean(&entropy, sparse.loss(&out, &classes, w, &mut grad));
    mean(
        &from_logits,
        categorical.fused(&mut out.clone(), &y, w, &mut grad),
    );
    mean(
        &from_logits,
        sparse.fused(&mut out.clone(), &classes, w, &mut grad),
    );
    mean(
        &from_logits,
        sparse.from_logits(true).loss(&out, &classes, w, &mut grad),
    );
    mean(
        &binary,
        BinaryCrossentropy::new().loss(&out, &y, w, &mut grad),
    );
    mean(
        &squared,
        MeanSquaredError::new().loss(&out, &y, w, &mut grad),
    );
}

/// Fusing leaves the activation's output, and the gradient is that of the activation's input.
#[test]
fn fused_is_the_activation_then_the_loss() {
    let (out, y, _) = data(3);
    let far = out.map(|r| r.map(|x| 8.0 * x - 2.0));
    fn check<L: Loss<[f32; C]>>(loss: &L, far: &Rows, y: &[L::Target]) {
        let act = L::FUSES.expect("an activation");
        let (mut fused, mut grad) = (*far, *far);
        let value = loss.fused(&mut fused, y, None, &mut grad);
        let (mut apart, mut slow) = (*far, *far);
        act.forward(apart.as_flattened_mut(), C);
        let want = loss.loss(&apart, y, None, &mut slow);
        act.backward(apart.as_flattened(), &[], slow.as_flattened_mut(), C);
        assert!((value - want).abs() < 1e-5 * want, "{value} {want}");
        let close = |a: &Rows, b: &Rows| {
            let pairs = a.as_flattened().iter().zip(b.as_flattened());
            pairs.fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()))
        };
        assert!(close(&fused, &apart) < 1e-6 && close(&grad, &slow) < 1e-6);
    }
    check(&CategoricalCrossentropy::new(), &far, &y);
    check(
        &CategoricalCrossentropy::new().label_smoothing(0.1),
        &far,
        &y,
    );
    check(
        &SparseCategoricalCrossentropy::new(),
        &far,
        &[3, 1, 0, 0, 2],
    );
    check(&BinaryCrossentropy::new(), &far, &y);
}

/// Where the output itself would have been 0 or 1, the fused loss is still exact.
#[test]
fn fused_losses_do_not_saturate() {
    let mut grad = [[0.0; 2]];
    let mut z = [[200.0, -200.0]];
    let loss = CategoricalCrossentropy::new().fused(&mut z, &[[0.0, 1.0]], None, &mut grad);
    assert_eq!((loss, grad), (400.0, [[1.0, -1.0]]));
    let mut z = [[200.0, -200.0]];
    let loss = BinaryCrossentropy::new().fused(&mut z, &[[0.0, 1.0]], None, &mut grad);
    assert_eq!((loss, grad), (200.0, [[0.5, -0.5]]));
}

#[test]
fn rows_of_a_higher_rank_are_samples_of_rank_one() {
    let (out, y, _) = data(4);
    let (mut flat, mut nested) = (out, [out]);
    let w = Some(&[2.0][..]);
    let losses = [
        CategoricalCrossentropy::new().loss(&out, &y, None, &mut flat) * 2.0,
        CategoricalCrossentropy::new().loss(&[out], &[y], w, &mut nested),
    ];
    assert!((losses[0] - losses[1]).abs() < 1e-6);
    assert!((2.0 * flat[1][2] - nested[0][1][2]).abs() < 1e-6);
    let classes = [0, 3, 2, 1, 0];
    let sparse = SparseCategoricalCrossentropy::new();
    let losses = [
        sparse.fused(&mut out.clone(), &classes, None, &mut flat) * 2.0,
        sparse.fused(&mut [out], &[classes], w, &mut nested),
    ];
    assert!((losses[0] - losses[1]).abs() < 1e-6);
    assert!((2.0 * flat[4][0] - nested[0][4][0]).abs() < 1e-6);
    assert!(Loss::<Rows>::check(&sparse, &[0, 3, 4, 1, 9]).is_some());
    assert!(Loss::<Rows>::check(&sparse, &classes).is_none());
}

/// Blocks and lanes: long data in one call equals the mean over short calls.
#[test]
fn long_batches() {
    /// On a device sums are `f32`s.
    const LONG: f32 = if DEVICE { 1e-5 } else { 1e-6 };
    let (out, y, _) = data(5);
    let (mut long, mut target) = ([[0.0; C]; 1000], [[0.0; C]; 1000]);
    for i in 0..1000 {
        long[i] = out[i % N];
        target[i] = y[i % N];
    }
    let mut grads = long;
    let mut grad = out;
    macro_rules! check {
        ($loss:expr) => {
            let want = $loss.loss(&out, &y, None, &mut grad);
            let got = $loss.loss(&long, &target, None, &mut grads);
            assert!((want - got).abs() < LONG * want, "{want} {got}");
            assert!((grads[503][1] * 200.0 - grad[3][1]).abs() < 1e-6);
            let want = $loss.fused(&mut out.clone(), &y, None, &mut grad);
            let got = $loss.fused(&mut long.clone(), &target, None, &mut grads);
            assert!((want - got).abs() < LONG * want, "{want} {got}");
            assert!((grads[999][2] * 200.0 - grad[4][2]).abs() < 1e-6);
        };
    }
    check!(CategoricalCrossentropy::new());
    check!(BinaryCrossentropy::new());
    check!(MeanSquaredError::new());
}

#[test]
fn nothing_and_unequal_lengths_are_no_panic() {
    let (out, y, _) = data(6);
    let mut grad = out;
    assert_eq!(
        MeanSquaredError::new().loss(&[], &[], None, &mut grad[..0]),
        0.0
    );
    let categorical = CategoricalCrossentropy::new();
    assert_eq!(
        categorical.loss(&out[..0], &y[..0], None, &mut grad[..0]),
        0.0
    );
    categorical.fused(&mut out.clone(), &y[..2], Some(&[1.0]), &mut grad[..3]);
    categorical.loss(&out, &y[..2], Some(&[1.0]), &mut grad[..3]);
    BinaryCrossentropy::new().fused(&mut out.clone(), &y[..2], Some(&[1.0]), &mut grad[..3]);
    let sparse = SparseCategoricalCrossentropy::new();
    grad = out;
    assert!(sparse.loss(&out[..1], &[7], None, &mut grad[..1]) == 0.0 && grad[0] == [0.0; C]);
    grad = out;
    assert!(sparse.fused(&mut { out }[..1], &[7], None, &mut grad[..1]) == 0.0);
    assert_eq!(grad[0], [0.0; C]);
}

#[test]
fn binary_crossentropy_of_sure_answers_does_not_cancel() {
    // -ln(sigmoid(x)) = ln(1 + exp(-x))
    for x in [1.0f32, 5.0, 10.0, 15.0, 20.0, 40.0] {
        let exact = (-f64::from(x)).exp().ln_1p();
        for (logit, target) in [(x, 1.0), (-x, 0.0)] {
            let (mut out, mut grad) = ([[logit]], [[0.0]]);
            let loss = BinaryCrossentropy::new().fused(&mut out, &[[target]], None, &mut grad);
            let off = (f64::from(loss) - exact).abs() / exact;
            assert!(off < 1e-5, "{logit}: {loss}, expected {exact}");
        }
    }
}
