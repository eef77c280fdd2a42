//! NaN stays NaN in whatever is made of several numbers.

use std::vec::Vec;

use crate::constraints::Constraint;
use crate::layers::testing::{back, forward, train};
use crate::layers::{GlobalMaxPooling1D, MaxPooling1D, MaxPooling2D};
use crate::metrics::*;
use crate::optimizers::{Adafactor, Update, apply};
use crate::pool::Pool;
use crate::tensor::Tensor;

const NAN: f32 = f32::NAN;

#[test]
fn a_window_with_nan_is_nan_wherever_it_stands() {
    fn check<const C: usize>() {
        for at in 0..4 {
            let mut x = [[[0.0; C]; 4]; 4];
            x.as_flattened_mut()[[0, 1, 4, 5][at]] = [NAN; C];
            let y = train::<_, [[[f32; C]; 4]; 4], [[[f32; C]; 2]; 2]>(
                &MaxPooling2D::new([2, 2], [2, 2]),
                x.as_flattened().as_flattened(),
            );
            assert!(y[..C].iter().all(|y| y.is_nan()), "{at}");
            assert!(y[C..].iter().all(|y| *y == 0.0), "{at}");
            // Windows with an edge, which have other loops.
            let y = forward::<_, [[[f32; C]; 4]; 4], [[[f32; C]; 2]; 2]>(
                &MaxPooling2D::new([3, 3], [2, 2]),
                x.as_flattened().as_flattened(),
            );
            assert!(y[..C].iter().all(|y| y.is_nan()), "{at}");
            let y = forward::<_, [[f32; C]; 16], [f32; C]>(
                &GlobalMaxPooling1D::new(),
                x.as_flattened().as_flattened(),
            );
            assert!(y.iter().all(|y| y.is_nan()), "{at}");
        }
    }
    check::<1>();
    check::<5>();
    check::<40>();
    let all = forward::<_, [[f32; 1]; 3], [[f32; 1]; 1]>(&MaxPooling1D::new([3], [3]), &[NAN; 3]);
    assert!(all[0].is_nan());
}

#[test]
fn the_gradient_of_a_window_with_nan_goes_there() {
    let x = [1.0, NAN, 7.0, -0.0, 0.0, 0.0];
    let dx = back::<_, [[f32; 1]; 6], [[f32; 1]; 2]>(&MaxPooling1D::new([3], [3]), &x, &[2.0, 3.0]);
    assert_eq!(dx, [0.0, 2.0, 0.0, 3.0, 0.0, 0.0]);
    let dx = back::<_, [[f32; 1]; 6], [f32; 1]>(&GlobalMaxPooling1D::new(), &x, &[2.0]);
    assert_eq!(dx, [0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    // 0 and -0 are equal and share, in one window over all.
    let dx = back::<_, [[f32; 1]; 3], [f32; 1]>(&GlobalMaxPooling1D::new(), &x[3..], &[3.0]);
    assert_eq!(dx, [1.0; 3]);
}

type Out = [f32; 3];
const Y: [Out; 2] = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]];
const CLASSES: [u32; 2] = [2, 0];

/// One NaN among the outputs, whichever, makes the result NaN, unless it counts nothing.
fn check<Y: Tensor>(metric: &mut dyn Metric<Out, Y>, y: &[Y; 2]) {
    let name = metric.name();
    for at in 0..6 {
        let mut out = [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]];
        out.as_flattened_mut()[at] = NAN;
        metric.reset();
        metric.update(&out, y, None);
        metric.update(&[[0.2, 0.3, 0.5]; 2], y, None);
        assert!(
            metric.result().is_nan(),
            "{name}, {at}: {}",
            metric.result()
        );
    }
    metric.reset();
    metric.update(&[[NAN; 3]; 2], y, None);
    assert!(metric.result().is_nan(), "{name}: {}", metric.result());
}

/// The same, and what counts nothing may be NaN.
fn check_counts<Y: Tensor>(metric: &mut dyn Metric<Out, Y>, y: &[Y; 2]) {
    check(metric, y);
    metric.reset();
    metric.update(&[[0.2, 0.3, 0.5], [NAN; 3]], y, Some(&[1.0, 0.0]));
    assert!(metric.result().is_finite(), "{}", metric.name());
}

#[test]
fn metrics_of_nan_are_nan() {
    check_counts(&mut { Accuracy }, &Y);
    check_counts(&mut { Accuracy }, &CLASSES);
    check_counts(&mut BinaryAccuracy::new(), &Y);
    check_counts(&mut CategoricalAccuracy::new(), &Y);
    check_counts(&mut SparseCategoricalAccuracy::new(), &CLASSES);
    check_counts(&mut TopKCategoricalAccuracy::new().k(2), &Y);
    check_counts(&mut SparseTopKCategoricalAccuracy::new().k(2), &CLASSES);
    check_counts(&mut TruePositives::new(), &Y);
    check_counts(&mut FalsePositives::new().thresholds([0.2, 0.6]), &Y);
    check_counts(&mut TrueNegatives::new(), &Y);
    check_counts(&mut FalseNegatives::new(), &Y);
    check_counts(&mut Precision::new(), &Y);
    check_counts(&mut Precision::new().top_k(2), &Y);
    check_counts(&mut Recall::new().thresholds([0.2, 0.6]), &Y);
    check_counts(&mut AUC::new(), &Y);
    check_counts(&mut AUC::new().from_logits(true), &Y);
    check_counts(&mut AUC::new().curve(Curve::PR), &Y);
    check_counts(&mut AUC::new().curve(Curve::PRGAIN), &Y);
    check_counts(&mut AUC::new().multi_label::<3>(), &Y);
    check_counts(&mut SensitivityAtSpecificity::new(0.5), &Y);
    check_counts(&mut SpecificityAtSensitivity::new(0.5), &Y);
    check_counts(&mut PrecisionAtRecall::new(0.5), &Y);
    check_counts(&mut RecallAtPrecision::new(0.4), &Y);
    check_counts(&mut IoU::<3>::new(&[0]), &CLASSES);
    check_counts(&mut MeanIoU::<3>::new(), &CLASSES);
    check_counts(&mut OneHotIoU::<3>::new(&[1]), &Y);
    check_counts(&mut OneHotMeanIoU::<3>::new(), &Y);
    check_counts(&mut BinaryIoU::new(), &Y);
    check_counts(&mut F1Score::new(), &Y);
    check_counts(&mut F1Score::new().average(Average::Weighted), &Y);
    check(&mut R2Score::new(), &Y);
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
}

#[test]
fn constraints_and_norms_keep_nan() {
    let axis: &[isize] = &[0];
    let all = [
        Constraint::NonNeg,
        Constraint::UnitNorm { axis },
        Constraint::MaxNorm {
            max_value: 1.0,
            axis,
        },
        Constraint::MinMaxNorm {
            min_value: 0.5,
            max_value: 1.0,
            rate: 0.5,
            axis,
        },
    ];
    for constraint in all {
        let mut w = [NAN, -1.0, 2.0, 3.0];
        constraint.apply(&mut w, &[2, 2], &Pool::Serial);
        assert!(w[0].is_nan() && !w[1].is_nan(), "{constraint:?}: {w:?}");
    }
    // The root mean square of the weights scales all of them.
    let (mut p, mut g) = ([NAN, 1.0, 1.0], [0.5; 3]);
    let mut slots: Vec<f32> = std::vec![0.0; 6];
    let update = Update::new(&mut p, &mut g, &mut slots);
    apply(&Adafactor::new(0.1), 0, update, &Pool::Serial);
    assert!(p.iter().all(|p| p.is_nan()), "{p:?}");
}
