//! NaN stays NaN in whatever is made of several numbers.

use std::vec::Vec;

use crate::constraints::Constraint;
use crate::fusion::Fusion;
use crate::layer::{Ctx, Layer};
use crate::layers::testing::{back, forward};
use crate::layers::{GlobalMaxPooling1D, MaxPooling1D, MaxPooling2D};
use crate::metrics::*;
use crate::optimizers::{Adafactor, Update, apply};
use crate::params::NoParams;
use crate::pool::Pool;
use crate::tensor::Tensor;

const NAN: f32 = f32::NAN;

#[test]
fn a_window_with_nan_is_nan_wherever_it_stands() {
    fn check<const C: usize>() {
        for at in 0..4 {
            let mut x = [[[0.0; C]; 4]; 4];
            x.as_flattened_mut()[[0, 1, 4, 5][at]] = [NAN; C];
            let y = forward::<_, [[[f32; C]; 4]; 4], [[[f32; C]; 2]; 2]>(
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

/// The bits of training, prediction, samples one by one, and rows of an image as they come are those of a plain loop, with
/// NaN of different bits, infinities and both zeros at any place of a window.
#[test]
fn a_prediction_with_nan_is_the_training_pass() {
    const VALUES: [f32; 8] = [
        -1.5,
        0.0,
        -0.0,
        3.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        2.0,
        0.5,
    ];

    /// `h` x `w` windows, `(sh, sw)` apart, over images of 9 rows and 9 columns, or over a sequence of 9 steps.
    fn check<L, In, Out>(layer: &L, [h, w, sh, sw]: [usize; 4], padded: bool)
    where
        L: Fusion<In, Out> + Layer<In, Out, Params = NoParams, State = NoParams>,
        In: Tensor<Elem = f32>,
        Out: Tensor<Elem = f32>,
    {
        let c = In::SHAPE.last();
        let image = [In::LEN / (9 * c), 9];
        let out = [
            Out::LEN / (Out::SHAPE.dim(Out::SHAPE.rank() - 2) * c),
            Out::SHAPE.dim(Out::SHAPE.rank() - 2),
        ];
        let before = |axis: usize, size: usize, stride: usize| match padded {
            true => ((out[axis] - 1) * stride + size).saturating_sub(image[axis]) / 2,
            false => 0,
        };
        let before = [before(0, h, sh), before(1, w, sw)];
        let x: Vec<f32> = (0..2 * In::LEN)
            .map(|i| match i.wrapping_mul(2_654_435_761) >> 9 & 31 {
                at @ 0..8 => VALUES[at],
                8 => f32::from_bits(0x7fc0_0000 + i as u32),
                9 => f32::from_bits(0xffc0_0000 + i as u32),
                at => at as f32 - 20.0,
            })
            .collect();
        let right: Vec<u32> = (0..2 * Out::LEN)
            .map(|i| {
                let (sample, at) = (i / Out::LEN, i % Out::LEN);
                let (row, column, channel) = (at / c / out[1], at / c % out[1], at % c);
                let mut top: Option<f32> = None;
                for (i, j) in (0..h * w).map(|k| (k / w, k % w)) {
                    let (Some(i), Some(j)) = (
                        (row * sh + i)
                            .checked_sub(before[0])
                            .filter(|i| *i < image[0]),
                        (column * sw + j)
                            .checked_sub(before[1])
                            .filter(|j| *j < image[1]),
                    ) else {
                        continue;
                    };
                    let x = x[sample * In::LEN + (i * image[1] + j) * c + channel];
                    let beaten = top.is_none_or(|top| x.is_nan() || x > top);
                    top = if beaten { Some(x) } else { top };
                }
                top.map_or(0, f32::to_bits)
            })
            .collect();
        assert!(right.iter().any(|y| f32::from_bits(*y).is_nan()));
        let bits = |y: &[f32]| y.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        let windows = [h, w, sh, sw];
        assert_eq!(
            bits(&forward::<_, In, Out>(layer, &x)),
            right,
            "{windows:?} {c}"
        );
        let mut y = std::vec![0.0; 2 * Out::LEN];
        let mut cx = Ctx::new(&Pool::Serial, 0, 0);
        let samples = Out::view_mut(&mut y);
        layer.forward(
            &NoParams,
            &mut NoParams,
            In::view(&x),
            samples,
            &mut [],
            &mut cx,
        );
        assert_eq!(bits(&y), right, "training: {windows:?} {c}");
        y.fill(0.0);
        for (x, y) in In::view(&x)
            .chunks(1)
            .zip(Out::view_mut(&mut y).chunks_mut(1))
        {
            layer.infer(&NoParams, &NoParams, x, y, &mut cx);
        }
        assert_eq!(bits(&y), right, "one by one: {windows:?} {c}");
        y.fill(0.0);
        let (x, y_view) = (&In::view(&x)[..1], &mut Out::view_mut(&mut y)[..1]);
        for row in 0..image[0] {
            let part = row * image[1] * c..(row + 1) * image[1] * c;
            layer.infer_part(&NoParams, x, y_view, part, &mut cx);
        }
        assert_eq!(
            bits(&y[..Out::LEN]),
            right[..Out::LEN],
            "rows: {windows:?} {c}"
        );
    }

    fn channels<const C: usize>() {
        type Image<const N: usize, const C: usize> = [[[f32; C]; N]; N];
        type Steps<const N: usize, const C: usize> = [[f32; C]; N];
        let two = |size: usize, stride: usize| MaxPooling2D::new([size; 2], [stride; 2]);
        let one = |size: usize, stride: usize| MaxPooling1D::new([size], [stride]);
        check::<_, Image<9, C>, Image<4, C>>(&two(2, 2), [2, 2, 2, 2], false);
        check::<_, Image<9, C>, Image<3, C>>(&two(3, 3), [3, 3, 3, 3], false);
        check::<_, Image<9, C>, Image<4, C>>(&two(3, 2), [3, 3, 2, 2], false);
        check::<_, Image<9, C>, Image<2, C>>(&two(5, 4), [5, 5, 4, 4], false);
        check::<_, Image<9, C>, Image<5, C>>(&two(2, 2), [2, 2, 2, 2], true);
        check::<_, Image<9, C>, Image<9, C>>(&two(3, 1), [3, 3, 1, 1], true);
        check::<_, Steps<9, C>, Steps<4, C>>(&one(2, 2), [1, 2, 1, 2], false);
        check::<_, Steps<9, C>, Steps<3, C>>(&one(3, 3), [1, 3, 1, 3], false);
        check::<_, Steps<9, C>, Steps<5, C>>(&one(3, 2), [1, 3, 1, 2], true);
    }
    channels::<1>();
    channels::<7>();
    channels::<53>();
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
