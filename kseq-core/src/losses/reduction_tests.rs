//! Reductions, weights of samples and of rows, ignored classes: against sums of single rows.

use super::*;
use crate::text::Note;

/// Three samples of two rows over three classes.
type Out = [[f32; 3]; 2];
const OUT: [Out; 3] = [
    [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]],
    [[0.6, 0.3, 0.1], [0.4, 0.4, 0.2]],
    [[0.3, 0.3, 0.4], [0.7, 0.1, 0.2]],
];
const Y: [Out; 3] = [
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
];
const CLASSES: [[u32; 2]; 3] = [[2, 1], [1, 0], [2, 1]];
const ROW_WEIGHTS: [f32; 6] = [1.0, 0.5, 0.0, 2.0, 3.0, 0.25];
const SAMPLE_WEIGHTS: [f32; 3] = [1.0, 0.5, 3.0];

/// The weight of each row, however the weights are given.
fn each(weight: Option<&[f32]>) -> [f32; 6] {
    match weight {
        None => [1.0; 6],
        Some(w) if w.len() == 6 => core::array::from_fn(|row| w[row]),
        Some(w) => core::array::from_fn(|row| w[row / 2]),
    }
}

/// Every reduction and every kind of weights against the losses of single rows.
fn check<L: Loss<Out> + AsMetric<Out>, R: Loss<[f32; 3]>>(
    what: &str,
    loss: impl Fn(Reduction) -> L,
    y: &[L::Target],
    row: &R,
    rows: &[R::Target],
) {
    let flat = OUT.as_flattened();
    for weight in [None, Some(&SAMPLE_WEIGHTS[..]), Some(&ROW_WEIGHTS[..])] {
        let weights = each(weight);
        let (mut sum, mut gradients) = (0.0, [[0.0f32; 3]; 6]);
        for r in 0..6 {
            let grad = &mut gradients[r..=r];
            let value = row.loss(&flat[r..=r], &rows[r..=r], None, grad);
            sum += f64::from(weights[r]) * f64::from(value);
            grad[0] = grad[0].map(|d| d * weights[r]);
        }
        let total: f64 = weights.iter().map(|w| f64::from(*w)).sum();
        let divisors = [
            (Reduction::SumOverBatchSize, 6.0),
            (Reduction::Sum, 1.0),
            (Reduction::MeanWithSampleWeight, total),
        ];
        for (reduction, divisor) in divisors {
            let mut grad = OUT;
            let value = loss(reduction).loss(&OUT, y, weight, &mut grad);
            let want = sum / divisor;
            assert!(
                (f64::from(value) - want).abs() < 1e-6,
                "{what} {reduction:?}: {value} {want}"
            );
            let pairs = grad
                .as_flattened()
                .as_flattened()
                .iter()
                .zip(gradients.as_flattened());
            for (got, want) in pairs {
                let want = want / divisor as f32;
                assert!(
                    (got - want).abs() < 1e-5,
                    "{what} {reduction:?}: {got} {want}"
                );
            }
        }
        let (metric, counted) = loss(Reduction::Sum).total(&OUT, y, weight);
        // As a metric the similarity itself.
        let metric = if what == "cosine" { -metric } else { metric };
        assert!(
            (metric - sum).abs() < 1e-6 && (counted - total).abs() < 1e-9,
            "{what}"
        );
    }
}

#[test]
fn reductions_and_weights() {
    let rows = Y.as_flattened();
    macro_rules! check {
        ($what:literal, $loss:expr) => {
            check($what, |r| $loss.reduction(r), &Y, &$loss, rows);
        };
    }
    check!("mse", MeanSquaredError::new());
    check!("mae", MeanAbsoluteError::new());
    check!("divergence", KLDivergence::new());
    check!("cosine", CosineSimilarity::new());
    check!("hinge", CategoricalHinge::new());
    check!("binary", BinaryCrossentropy::new());
    check!(
        "binary, logits",
        BinaryCrossentropy::new().from_logits(true)
    );
    check!(
        "categorical",
        CategoricalCrossentropy::new().label_smoothing(0.1)
    );
    check!("logits", CategoricalCrossentropy::new().from_logits(true));
    check!("focal", CategoricalFocalCrossentropy::new());
    check!(
        "focal, logits",
        CategoricalFocalCrossentropy::new().from_logits(true)
    );
    let sparse = SparseCategoricalCrossentropy::new();
    let classes = CLASSES.as_flattened();
    check(
        "sparse",
        |r| sparse.reduction(r),
        &CLASSES,
        &sparse,
        classes,
    );
    let logits = sparse.from_logits(true);
    check(
        "sparse, logits",
        |r| logits.reduction(r),
        &CLASSES,
        &logits,
        classes,
    );
}

#[test]
fn ignored_rows_are_not_there() {
    // Class 255 twice; without these rows the weights are 1, 0.5, 2 and 3.
    let y = [[2, 1], [255, 0], [2, 255]];
    let kept: [[f32; 3]; 4] = [OUT[0][0], OUT[0][1], OUT[1][1], OUT[2][0]];
    let loss = SparseCategoricalCrossentropy::new().ignore_class(255);
    assert!(Loss::<Out>::check(&loss, &y[1]).is_none());
    assert!(Loss::<Out>::check(&loss, &[254, 0]).is_some());
    let plain = SparseCategoricalCrossentropy::new();
    for from_logits in [false, true] {
        let (loss, plain) = (
            loss.from_logits(from_logits),
            plain.from_logits(from_logits),
        );
        for weighted in [false, true] {
            let weight = weighted.then_some(&ROW_WEIGHTS[..]);
            let few = weighted.then_some(&[1.0, 0.5, 2.0, 3.0][..]);
            let mut want_grad = kept;
            let mut grad = OUT;
            for reduction in [
                Reduction::Sum,
                Reduction::SumOverBatchSize,
                Reduction::MeanWithSampleWeight,
            ] {
                let (loss, plain) = (loss.reduction(reduction), plain.reduction(reduction));
                let want = plain.loss(&kept, &[2u32, 1, 0, 2], few, &mut want_grad);
                let got = loss.loss(&OUT, &y, weight, &mut grad);
                assert!((got - want).abs() < 1e-6, "{reduction:?}: {got} {want}");
                assert_eq!((grad[1][0], grad[2][1]), ([0.0; 3], [0.0; 3]));
                let off = grad[2][0]
                    .iter()
                    .zip(want_grad[3])
                    .map(|(a, b)| (a - b).abs());
                assert!(off.fold(0.0, f32::max) < 1e-6, "{reduction:?}");

                let want = plain.fused(&mut kept.clone(), &[2u32, 1, 0, 2], few, &mut want_grad);
                let got = loss.fused(&mut OUT.clone(), &y, weight, &mut grad);
                assert!(
                    (got - want).abs() < 1e-6,
                    "fused {reduction:?}: {got} {want}"
                );
                assert_eq!((grad[1][0], grad[2][1]), ([0.0; 3], [0.0; 3]));
            }
            let (sum, count) = loss.total(&OUT, &y, weight);
            let mut scratch = kept;
            let want = plain.reduction(Reduction::MeanWithSampleWeight);
            let want = want.loss(&kept, &[2u32, 1, 0, 2], few, &mut scratch);
            assert!(((sum / count) as f32 - want).abs() < 1e-6);
        }
    }
    // Nothing left: no loss, no gradient, no NaN.
    let mut grad = OUT;
    assert_eq!(loss.loss(&OUT, &[[255, 255]; 3], None, &mut grad), 0.0);
    assert_eq!(grad, [[[0.0; 3]; 2]; 3]);
}

#[test]
fn weights_of_0_give_0() {
    let mean = MeanSquaredError::new().reduction(Reduction::MeanWithSampleWeight);
    let mut grad = OUT;
    assert_eq!(mean.loss(&OUT, &Y, Some(&[0.0; 3]), &mut grad), 0.0);
    assert_eq!(grad, [[[0.0; 3]; 2]; 3]);
}

#[test]
fn a_users_function_takes_reductions_and_weights() {
    fn first(_: &[[f32; 3]; 2], o: &Out, gradient: &mut Out) -> f32 {
        *gradient = [[1.0, 0.0, 0.0], [0.0; 3]];
        o[0][0]
    }
    let mut grad = OUT;
    let mean = function(first).loss(&OUT, &Y, None, &mut grad);
    assert!((mean - 1.1 / 3.0).abs() < 1e-6 && (grad[2][0][0] - 1.0 / 3.0).abs() < 1e-7);
    // A sample counts what its rows count on average: 0.75, 1, 1.625.
    let sum = function(first).reduction(Reduction::Sum);
    let sum = sum.loss(&OUT, &Y, Some(&ROW_WEIGHTS), &mut grad);
    assert!((sum - (0.75 * 0.2 + 0.6 + 1.625 * 0.3)).abs() < 1e-6);
    assert_eq!(grad[2][0][0], 1.625);
    let mean = function(first).reduction(Reduction::MeanWithSampleWeight);
    let mean = mean.loss(&OUT, &Y, Some(&SAMPLE_WEIGHTS), &mut grad);
    assert!((mean - (0.2 + 0.5 * 0.6 + 3.0 * 0.3) / 4.5).abs() < 1e-6);
}

#[test]
fn wrong_arguments_are_named() {
    let text = |note: Option<Note>| note.map(|n| n.as_str().len());
    let huber = Loss::<Out>::check_arguments(&Huber::new().delta(0.0)).unwrap();
    assert_eq!(huber.as_str(), "delta must be more than 0, found 0.0");
    let focal = CategoricalFocalCrossentropy::new();
    let gamma = Loss::<Out>::check_arguments(&focal.gamma(-1.0)).unwrap();
    assert_eq!(gamma.as_str(), "gamma must be at least 0, found -1.0");
    assert!(text(Loss::<Out>::check_arguments(&focal)).is_none());
    let focal = BinaryFocalCrossentropy::new();
    assert!(Loss::<Out>::check_arguments(&focal.alpha(f32::NAN)).is_some());
    assert!(Loss::<Out>::check_arguments(&focal.label_smoothing(2.0)).is_some());
}

#[test]
fn hinge_reads_0_and_1_only_if_all_targets_are() {
    let loss =
        |y: [[f32; 2]; 1]| SquaredHinge::new().loss(&[[0.5, -0.5]], &y, None, &mut [[0.0; 2]]);
    assert_eq!(loss([[1.0, 0.0]]), loss([[1.0, -1.0]]));
    assert_eq!(loss([[-1.0, 0.0]]), (2.25 + 1.0) / 2.0);
}
