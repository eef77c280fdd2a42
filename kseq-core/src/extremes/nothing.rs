//! 0/0, ln 0 and 0 times infinity: what Keras makes NaN of stays a number, or is refused.

use crate::layer::{Backward, Ctx, Layer};
use crate::layers::{GlobalAveragePooling1D, batch_normalization, layer_normalization};
use crate::losses::*;
use crate::params::NoParams;
use crate::pool::Pool;

#[test]
fn a_sample_of_padding_only_is_averaged_to_0() {
    let x = [[[1.0f32, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]];
    let (mut y, mut dy, mut dx) = ([[0.5; 2]; 2], [[1.0; 2]; 2], [[[9.0; 2]; 2]; 2]);
    let (mut cx, tokens) = (Ctx::new(&Pool::Serial, 0, 0), [[1u32, 0], [0, 0]]);
    let mut cx = cx.masked(&tokens, 1);
    let layer = GlobalAveragePooling1D::new();
    layer.infer(&NoParams, &NoParams, &x, &mut y, &mut cx);
    assert_eq!(y, [[1.0, 2.0], [0.0, 0.0]]);
    let pass = Backward {
        x: &x,
        y: &y,
        cache: &[],
        dy: &mut dy,
        dx: Some(&mut dx),
    };
    layer.backward(&NoParams, pass, &mut NoParams, &mut cx);
    assert_eq!(dx, [[[1.0; 2], [0.0; 2]], [[0.0; 2]; 2]]);
}

#[test]
fn focal_losses_of_any_gamma_are_finite() {
    for gamma in [0.0, 0.25, 0.5, 0.9, 1.0, 1.5, 2.0] {
        let plain = BinaryFocalCrossentropy::new().gamma(gamma);
        for smoothing in [0.0, 0.1] {
            let loss = plain.label_smoothing(smoothing);
            for o in [
                -200.0, -100.0, -95.0, -88.0, -20.0, 0.0, 20.0, 88.0, 200.0f32,
            ] {
                for t in [0.0, 1.0] {
                    let mut grad = [[f32::NAN]];
                    let value = loss.from_logits(true).loss(&[[o]], &[[t]], None, &mut grad);
                    assert!(
                        value.is_finite() && grad[0][0].is_finite(),
                        "{gamma} {o} {t}"
                    );
                    let p = [[crate::math::sigmoid(o)]];
                    let value = loss.loss(&p, &[[t]], None, &mut grad);
                    assert!(
                        value.is_finite() && grad[0][0].is_finite(),
                        "{gamma} {p:?} {t}"
                    );
                }
            }
        }
        let mut grad = [[f32::NAN]];
        plain
            .from_logits(true)
            .loss(&[[20.0]], &[[1.0]], None, &mut grad);
        assert!(grad[0][0].abs() < 1e-6, "{gamma}");
        let loss = CategoricalFocalCrossentropy::new().gamma(gamma);
        for row in [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1e-40, 0.0, 0.0]] {
            let mut grad = [[f32::NAN; 3]];
            let value = loss.loss(&[row], &[[0.0, 1.0, 0.0]], None, &mut grad);
            assert!(
                value.is_finite() && grad[0].iter().all(|g| g.is_finite()),
                "{gamma} {row:?}"
            );
        }
    }
    // gamma 0 is plain crossentropy.
    let (mut focal, mut plain) = ([[0.0]], [[0.0]]);
    let out = [[-1.5]];
    BinaryFocalCrossentropy::new()
        .gamma(0.0)
        .from_logits(true)
        .loss(&out, &[[1.0]], None, &mut focal);
    BinaryCrossentropy::new()
        .from_logits(true)
        .loss(&out, &[[1.0]], None, &mut plain);
    assert!((focal[0][0] - plain[0][0]).abs() < 1e-7);
}

#[test]
fn rows_of_zeros_have_a_loss_and_no_gradient() {
    let (out, y) = ([[0.0; 3], [0.0, 0.25, 0.75]], [[0.0, 1.0, 0.0]; 2]);
    let mut grad = [[f32::NAN; 3]; 2];
    let loss = CategoricalCrossentropy::new();
    let value = loss.loss(&out, &y, None, &mut grad);
    let (nothing, quarter) = (-f32::ln(1e-7), 4f32.ln());
    assert!((value - (nothing + quarter) / 2.0).abs() < 1e-5, "{value}");
    assert_eq!(grad[0], [0.0; 3]);
    assert!(grad[1].iter().all(|g| g.is_finite()) && grad[1][1] < 0.0);
    let value = loss.loss(&[[f32::NAN, 0.0, 0.0]; 2], &y, None, &mut grad);
    assert!(value.is_nan());
    // The others.
    fn finite<L: Loss<[f32; 3], Target = [f32; 3]>>(loss: &L) {
        for t in [[0.0; 3], [0.0, 1.0, 0.0]] {
            let mut grad = [[f32::NAN; 3]];
            let value = loss.loss(&[[0.0; 3]], &[t], None, &mut grad);
            let all = value.is_finite() && grad[0].iter().all(|g| g.is_finite());
            assert!(all, "{} of {t:?}: {value}, {grad:?}", L::NAME);
            // Weights that are all 0.
            let value = loss.loss(&[[0.0; 3]], &[t], Some(&[0.0]), &mut grad);
            assert!(value == 0.0 && grad == [[0.0; 3]], "{}", L::NAME);
        }
    }
    finite(&MeanSquaredError::new());
    finite(&MeanAbsolutePercentageError::new());
    finite(&MeanSquaredLogarithmicError::new());
    finite(&LogCosh::new());
    finite(&CosineSimilarity::new());
    finite(&KLDivergence::new());
    finite(&Poisson::new());
    finite(&CategoricalHinge::new());
    finite(&BinaryCrossentropy::new());
    finite(&CategoricalCrossentropy::new());
    finite(&CategoricalFocalCrossentropy::new());
}

#[test]
fn an_epsilon_of_nothing_is_refused() {
    for rule in [
        batch_normalization::epsilon_rule,
        layer_normalization::epsilon_rule,
    ] {
        assert!(rule(1e-7).is_none());
        for wrong in [0.0, -0.0, -0.1, 1e-45, f32::NAN, f32::INFINITY] {
            assert!(rule(wrong).is_some(), "{wrong}");
        }
    }
}
