//! Weights of rows, uneven batches, states, wrong arguments: what all metrics have in common.

use super::*;
use crate::losses;
use crate::tensor::Tensor;

type Out = [[f32; 3]; 2];
const OUT: [Out; 3] = [
    [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]],
    [[0.6, 0.3, 0.1], [0.4, 0.35, 0.25]],
    [[0.3, 0.3, 0.4], [0.7, 0.1, 0.2]],
];
const Y: [Out; 3] = [
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
];
const CLASSES: [[u32; 2]; 3] = [[2, 0], [1, 0], [2, 1]];
/// Whole numbers, since IoU takes no others.
const WEIGHTS: [f32; 3] = [2.0, 1.0, 3.0];

fn of<Y: Tensor>(metric: &mut dyn Metric<Out, Y>, y: &[Y], w: Option<&[f32]>) -> f32 {
    metric.reset();
    metric.update(&OUT, y, w);
    metric.result()
}

/// A metric that counts rows: weights mean repetitions, batches do not matter, the state is all.
fn check<Y: Tensor>(metric: &mut dyn Metric<Out, Y>, y: &[Y; 3]) {
    assert!(metric.check_arguments().is_none(), "{}", metric.name());
    let name = metric.name();
    // A sample of weight 2 is two samples.
    let weighted = of(metric, y, Some(&WEIGHTS));
    metric.reset();
    let order = [0, 0, 1, 2, 2, 2];
    for i in order {
        metric.update(&OUT[i..=i], &y[i..=i], None);
    }
    assert!(
        (metric.result() - weighted).abs() < 1e-6 * weighted.abs().max(1.0),
        "{name}, repeated"
    );
    // A weight for each sample is one for each of its rows.
    let rows = [2.0, 2.0, 1.0, 1.0, 3.0, 3.0];
    let by_rows = of(metric, y, Some(&rows));
    assert!((by_rows - weighted).abs() < 1e-6, "{name}, rows");
    // A row of weight 0 is not there: only the second sample's first row is.
    let only = of(metric, y, Some(&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]));
    let first = of(metric, y, None);
    assert!(only.is_finite() && first.is_finite(), "{name}");
    // An uneven last batch counts as it is; a saved state goes on where it was.
    metric.reset();
    metric.update(&OUT[..2], &y[..2], Some(&WEIGHTS[..2]));
    let mut saved = [0.0; 1300];
    let saved = &mut saved[..metric.state().len()];
    assert!(!saved.is_empty(), "{name} has a state");
    saved.copy_from_slice(metric.state());
    metric.update(&OUT, y, None);
    metric.state().copy_from_slice(saved);
    metric.update(&OUT[2..], &y[2..], Some(&WEIGHTS[2..]));
    assert!(
        (metric.result() - weighted).abs() < 1e-6 * weighted.abs().max(1.0),
        "{name}, uneven"
    );
    metric.reset();
    assert!(metric.state().iter().all(|v| *v == 0.0), "{name}, reset");
    // Slices of unequal length are no panic.
    metric.update(&OUT, &y[..1], Some(&[1.0]));
    metric.update(&OUT[..1], y, Some(&[]));
}

#[test]
fn weights_batches_and_states() {
    check(&mut { Accuracy }, &Y);
    check(&mut { Accuracy }, &CLASSES);
    check(&mut BinaryAccuracy::new(), &Y);
    check(&mut CategoricalAccuracy::new(), &Y);
    check(&mut SparseCategoricalAccuracy::new(), &CLASSES);
    check(&mut TopKCategoricalAccuracy::new().k(2), &Y);
    check(&mut SparseTopKCategoricalAccuracy::new().k(2), &CLASSES);
    check(&mut TruePositives::new(), &Y);
    check(&mut FalsePositives::new().thresholds([0.2, 0.6]), &Y);
    check(&mut TrueNegatives::new(), &Y);
    check(&mut FalseNegatives::new(), &Y);
    check(&mut Precision::new().top_k(2), &Y);
    check(&mut Recall::new().class_id(1), &Y);
    check(&mut AUC::new(), &Y);
    check(&mut AUC::new().num_thresholds::<7>().curve(Curve::PR), &Y);
    check(&mut AUC::new().curve(Curve::PRGAIN), &Y);
    check(&mut SensitivityAtSpecificity::new(0.5), &Y);
    check(&mut SpecificityAtSensitivity::new(0.5), &Y);
    check(&mut PrecisionAtRecall::new(0.5), &Y);
    check(&mut RecallAtPrecision::new(0.4), &Y);
    check(&mut IoU::<3>::new(&[0, 2]), &CLASSES);
    check(&mut MeanIoU::<3>::new(), &CLASSES);
    check(&mut OneHotIoU::<3>::new(&[1]), &Y);
    check(&mut OneHotMeanIoU::<3>::new(), &Y);
    check(&mut BinaryIoU::new().threshold(0.3), &Y);
    check(&mut RootMeanSquaredError::new(), &Y);
    check(&mut MeanSquaredError::default(), &Y);
    check(&mut MeanAbsoluteError::default(), &Y);
    check(&mut MeanAbsolutePercentageError::default(), &Y);
    check(&mut MeanSquaredLogarithmicError::default(), &Y);
    check(&mut LogCoshError::default(), &Y);
    check(&mut CosineSimilarity::default(), &Y);
    check(&mut KLDivergence::default(), &Y);
    check(&mut Poisson::default(), &Y);
    check(&mut Hinge::default(), &Y);
    check(&mut SquaredHinge::default(), &Y);
    check(&mut CategoricalHinge::default(), &Y);
    check(&mut BinaryCrossentropy::default(), &Y);
    check(&mut CategoricalCrossentropy::default(), &Y);
    check(&mut SparseCategoricalCrossentropy::default(), &CLASSES);
    check(&mut function("first", |_: &Out, o: &Out| o[0][0]), &Y);
    check(&mut Weighted(Named("auc_of_all", AUC::new())), &Y);
}

#[test]
fn metrics_of_rank_1() {
    let (out, y) = (OUT.as_flattened(), Y.as_flattened());
    fn check(metric: &mut dyn Metric<[f32; 3], [f32; 3]>, out: &[[f32; 3]], y: &[[f32; 3]]) {
        metric.update(out, y, Some(&[2.0, 1.0, 1.0, 0.0, 0.0, 3.0]));
        let weighted = metric.result();
        metric.reset();
        for i in [0, 0, 1, 2, 5, 5, 5] {
            metric.update(&out[i..=i], &y[i..=i], None);
        }
        let name = metric.name();
        assert!(
            (metric.result() - weighted).abs() < 1e-6 * weighted.abs().max(1.0),
            "{name}"
        );
    }
    check(&mut F1Score::new(), out, y);
    check(&mut F1Score::new().average(Average::Weighted), out, y);
    check(&mut FBetaScore::new(0.5).average(Average::Micro), out, y);
    check(&mut R2Score::new(), out, y);
    let variance = ClassAggregation::VarianceWeightedAverage;
    check(&mut R2Score::new().class_aggregation(variance), out, y);
    let labels = AUC::new().multi_label().label_weights([1.0, 0.5, 2.0]);
    check(&mut labels.clone(), out, y);
}

#[test]
fn several_labels_are_the_areas_of_each() {
    let (out, y) = (OUT.as_flattened(), Y.as_flattened());
    let mut all = AUC::new().multi_label::<3>().label_weights([1.0, 0.5, 2.0]);
    all.update(out, y, None);
    let each: [f32; 3] = core::array::from_fn(|l| {
        let mut one = AUC::new();
        for (o, t) in out.iter().zip(y) {
            one.update(&[[o[l]]], &[[t[l]]], None);
        }
        Metric::<[f32; 1], _>::result(&one)
    });
    assert_eq!(all.values(), each);
    let mean = (each[0] + 0.5 * each[1] + 2.0 * each[2]) / 3.5;
    assert!((all.result() - mean).abs() < 1e-6);
}

#[test]
fn plain_metrics_get_no_weights() {
    let mut metrics = (Accuracy, Weighted(Accuracy), Named("a", Weighted(Accuracy)));
    let metrics: &mut dyn Metrics<Out, [u32; 2], Values = (f32, f32, f32)> = &mut metrics;
    metrics.update(&OUT, &CLASSES, Some(&[1.0, 0.0, 0.0]));
    let (plain, weighted, named) = metrics.values();
    assert_eq!((plain, weighted, named), (0.5, 0.5, 0.5));
    metrics.update(&OUT, &CLASSES, Some(&[0.0, 0.0, 0.0, 5.0, 0.0, 0.0]));
    assert_eq!(metrics.values(), (0.5, 6.0 / 7.0, 6.0 / 7.0));
}

#[test]
fn adjusted_r2_and_its_limits() {
    let (out, y) = ([[2.0], [4.0], [4.0], [1.0]], [[1.0], [4.0], [3.0], [0.5]]);
    let mut plain = R2Score::<1>::new();
    plain.update(&out, &y, None);
    let r2 = plain.result();
    let mut adjusted = R2Score::<1>::new().num_regressors(1);
    adjusted.update(&out, &y, None);
    assert!((adjusted.result() - (1.0 - (1.0 - r2) * 3.0 / 2.0)).abs() < 1e-6);
    let mut too_many = R2Score::<1>::new().num_regressors(3);
    too_many.update(&out, &y, None);
    assert_eq!(too_many.result(), r2);
    // Targets without variance.
    plain.reset();
    assert!(plain.result().is_nan());
    plain.update(&[[1.0], [2.0]], &[[3.0], [3.0]], None);
    assert_eq!(plain.result(), 0.0);
}

#[test]
fn ignored_classes_and_classes_that_do_not_appear() {
    let mut metric = MeanIoU::<3>::new().ignore_class(1);
    metric.update(&OUT, &CLASSES, None);
    // Of the rows left 2 -> 2, 0 -> 1, 0 -> 0, 2 -> 2.
    assert_eq!(metric.values(), [0.5, 0.0, 1.0]);
    assert_eq!(Metric::<Out, [u32; 2]>::result(&metric), 0.5);
    let mut metric = MeanIoU::<3>::new();
    metric.update(&OUT[..1], &[[2u32, 1]], None);
    assert_eq!(Metric::<Out, [u32; 2]>::result(&metric), 1.0);
}

#[test]
fn wrong_arguments_are_named() {
    fn text(metric: &dyn Metric<Out, Out>) -> &'static str {
        let Some(note) = metric.check_arguments() else {
            return "";
        };
        std::string::String::from(note.as_str()).leak()
    }
    let wrong: [(&dyn Metric<Out, Out>, &str); 9] = [
        (
            &BinaryAccuracy::new().threshold(1.5),
            "threshold must be from 0 to 1, found 1.5",
        ),
        (
            &TopKCategoricalAccuracy::new().k(0),
            "k must be at least 1, found 0",
        ),
        (
            &Precision::new().thresholds([0.5, -0.1]),
            "thresholds must be from 0 to 1, found -0.1",
        ),
        (&Recall::new().top_k(0), "top_k must be at least 1, found 0"),
        (
            &Recall::new().class_id(3),
            "class_id 3, but the model has 3 outputs, from 0",
        ),
        (
            &PrecisionAtRecall::new(2.0),
            "recall must be from 0 to 1, found 2.0",
        ),
        (
            &OneHotIoU::<3>::new(&[0, 3]),
            "target_class_ids has 3, expected less than 3",
        ),
        (
            &Weighted(Named("iou", OneHotIoU::<3>::new(&[]))),
            "target_class_ids are empty, expected at least one",
        ),
        (
            &MeanMetricWrapper::new(losses::Huber::new().delta(-1.0)),
            "delta must be more than 0, found -1.0",
        ),
    ];
    for (metric, want) in wrong {
        assert_eq!(text(metric), want);
    }
    let metrics = (Accuracy, Recall::new().top_k(0));
    let found = Metrics::<Out, Out>::check_arguments(&metrics);
    assert_eq!(found.map(|(name, _)| name), Some("recall"));
    let beta = FBetaScore::<3>::new(0.0).check_arguments().unwrap();
    assert_eq!(beta.as_str(), "beta must be more than 0, found 0.0");
    assert!(
        F1Score::<3>::new()
            .threshold(0.0)
            .check_arguments()
            .is_some()
    );
}

#[test]
fn directions() {
    let up = |m: &dyn Metric<Out, Out>| m.direction();
    assert_eq!(up(&Accuracy), Some(Direction::Up));
    assert_eq!(up(&Weighted(AUC::new())), Some(Direction::Up));
    assert_eq!(up(&MeanSquaredError::default()), Some(Direction::Down));
    assert_eq!(up(&CosineSimilarity::default()), Some(Direction::Up));
    assert_eq!(up(&TruePositives::new()), None);
}
