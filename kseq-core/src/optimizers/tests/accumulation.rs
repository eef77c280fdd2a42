//! `gradient_accumulation_steps` beside real Keras 3.15.1 (TensorFlow, CPU): schedules look at batches, all else at
//! updates.

use super::super::schedules::CosineDecay;
use super::super::*;
use crate::pool::Pool;

/// Rises from 0 to 0.1 in four batches, and falls in eight.
const LR: CosineDecay = CosineDecay::new(0.0, 8).warmup(0.1, 4);

/// Two parameters after the first update, after seven batches, and at the end of nine.
fn trained<O: Optimizer>(optimizer: O) -> [[f32; 2]; 3] {
    let (mut p, mut slots) = ([1.0, -2.0], std::vec![0.0; 2 * O::SLOTS]);
    let mut seen = [[0.0; 2]; 3];
    for batch in 0..9 {
        let mut g = [0.5 + 0.25 * batch as f32, -1.0 + 0.5 * batch as f32];
        let update = Update::new(&mut p, &mut g, &mut slots);
        apply(&optimizer, batch, update, &Pool::Serial);
        if seen[0] == [0.0; 2] && p != [1.0, -2.0] {
            seen[0] = p;
        }
        if batch == 6 {
            seen[1] = p;
        }
    }
    let update = Update::new(&mut p, &mut [], &mut slots);
    finalize(&optimizer, 9, update, &Pool::Serial);
    seen[2] = p;
    seen
}

#[test]
fn as_keras() {
    type Case<'a> = (&'a dyn Fn() -> [[f32; 2]; 3], [[f32; 2]; 3]);
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        (&|| trained(SGD::new(LR).gradient_accumulation_steps(2)), [[0.984375, -1.98125], [0.7436848, -2.120242], [0.5967747, -2.275794]]),
        (&|| trained(SGD::new(LR).gradient_accumulation_steps(3)), [[0.9625, -1.975], [0.818209, -2.071194], [0.705709, -2.196194]]),
        (&|| trained(SGD::new(LR).momentum(0.9).gradient_accumulation_steps(2)), [[0.984375, -1.98125], [0.6410285, -2.105055], [0.2737004, -2.370344]]),
        (&|| trained(SGD::new(LR).momentum(0.9).gradient_accumulation_steps(3)), [[0.9625, -1.975], [0.784459, -2.048694], [0.5117221, -2.240018]]),
        (&|| trained(Adam::new(LR).gradient_accumulation_steps(2)), [[0.9750003, -1.975], [0.8085952, -1.981037], [0.741521, -2.026268]]),
        (&|| trained(Adam::new(LR).gradient_accumulation_steps(3)), [[0.9500005, -1.950001], [0.8571569, -1.985217], [0.8092571, -2.020151]]),
        (&|| trained(AdamW::new(LR).gradient_accumulation_steps(2)), [[0.9749003, -1.9748], [0.8078559, -1.979496], [0.7405583, -2.02418]]),
        (&|| trained(AdamW::new(LR).gradient_accumulation_steps(3)), [[0.9498006, -1.949601], [0.8565915, -1.984067], [0.8085204, -2.018604]]),
        (&|| trained(Nadam::new(LR).gradient_accumulation_steps(2)), [[0.9734303, -1.97343], [0.8165004, -2.077067], [0.7531039, -2.144807]]),
        (&|| trained(Nadam::new(LR).gradient_accumulation_steps(3)), [[0.9468606, -1.946861], [0.855848, -2.031671], [0.809678, -2.08131]]),
        (&|| trained(RMSprop::new(LR).gradient_accumulation_steps(2)), [[0.9209431, -1.920943], [0.4668899, -2.263571], [0.3046757, -2.450435]]),
        (&|| trained(RMSprop::new(LR).gradient_accumulation_steps(3)), [[0.8418863, -1.841886], [0.5670464, -2.116726], [0.4375145, -2.262504]]),
        (&|| trained(Adagrad::new(LR).gradient_accumulation_steps(2)), [[0.9776928, -1.976964], [0.8394781, -2.078486], [0.7902682, -2.135863]]),
        (&|| trained(Adagrad::new(LR).gradient_accumulation_steps(3)), [[0.9539279, -1.957742], [0.8693793, -2.040533], [0.8295423, -2.085875]]),
        (&|| trained(Adadelta::new(LR).gradient_accumulation_steps(2)), [[0.9999647, -1.999965], [0.9996309, -2.000184], [0.9994627, -2.000343]]),
        (&|| trained(Adadelta::new(LR).gradient_accumulation_steps(3)), [[0.9999293, -1.999929], [0.9997563, -2.000102], [0.9996481, -2.000225]]),
        (&|| trained(Adamax::new(LR).gradient_accumulation_steps(2)), [[0.975, -1.975], [0.8471186, -1.977243], [0.8002491, -2.004322]]),
        (&|| trained(Adamax::new(LR).gradient_accumulation_steps(3)), [[0.95, -1.95], [0.8765889, -1.977846], [0.842087, -1.999949]]),
        (&|| trained(Ftrl::new(LR).gradient_accumulation_steps(2)), [[0.5262267, -1.199935], [1.126239, -4.15492], [0.854504, -3.560253]]),
        (&|| trained(Ftrl::new(LR).gradient_accumulation_steps(3)), [[0.5654135, -0.8886973], [0.7300039, -1.389546], [0.4783159, -1.153652]]),
        (&|| trained(Lion::new(LR).gradient_accumulation_steps(2)), [[0.975, -1.975], [0.8038061, -2.146194], [0.7346719, -2.215328]]),
        (&|| trained(Lion::new(LR).gradient_accumulation_steps(3)), [[0.95, -1.95], [0.853806, -2.046194], [0.803806, -2.096194]]),
        (&|| trained(Adafactor::new(LR).gradient_accumulation_steps(2)), [[0.9604715, -1.960472], [0.6809093, -2.169791], [0.5773404, -2.288077]]),
        (&|| trained(Adafactor::new(LR).gradient_accumulation_steps(3)), [[0.9209431, -1.920943], [0.7760416, -2.065845], [0.7022588, -2.147887]]),
        (&|| trained(SGD::new(LR).weight_decay(0.5).gradient_accumulation_steps(2)), [[0.971875, -1.95625], [0.6538063, -1.93042], [0.484296, -2.019243]]),
        (&|| trained(SGD::new(LR).weight_decay(0.5).gradient_accumulation_steps(3)), [[0.9375, -1.925], [0.7481181, -1.928607], [0.6169152, -2.005392]]),
        (&|| trained(Adam::new(LR).weight_decay(0.5).gradient_accumulation_steps(2)), [[0.9625003, -1.95], [0.7189642, -1.794083], [0.6270375, -1.777299]]),
        (&|| trained(Adam::new(LR).weight_decay(0.5).gradient_accumulation_steps(3)), [[0.9250005, -1.900001], [0.7876672, -1.843833], [0.7200757, -1.832671]]),
        (&|| trained(SGD::new(LR).use_ema().ema_momentum(0.5).gradient_accumulation_steps(2)), [[0.984375, -1.98125], [0.7436848, -2.120242], [0.6445903, -2.229098]]),
        (&|| trained(SGD::new(LR).use_ema().ema_momentum(0.5).gradient_accumulation_steps(3)), [[0.9625, -1.975], [0.818209, -2.071194], [0.7709772, -2.127682]]),
        (&|| trained(SGD::new(LR).use_ema().ema_momentum(0.5).ema_overwrite_frequency(2).gradient_accumulation_steps(2)), [[0.984375, -1.98125], [0.8249511, -2.080807], [0.751496, -2.158583]]),
        (&|| trained(SGD::new(LR).use_ema().ema_momentum(0.5).ema_overwrite_frequency(2).gradient_accumulation_steps(3)), [[0.9625, -1.975], [0.8903545, -2.023097], [0.8341045, -2.085597]]),
        (&|| trained(Adam::new(LR).weight_decay(0.5).clipnorm(1.0).use_ema().ema_momentum(0.5).ema_overwrite_frequency(2).gradient_accumulation_steps(2)), [[0.9625003, -1.95], [0.8031765, -1.837818], [0.7552605, -1.820854]]),
        (&|| trained(Adam::new(LR).weight_decay(0.5).clipnorm(1.0).use_ema().ema_momentum(0.5).ema_overwrite_frequency(2).gradient_accumulation_steps(3)), [[0.9250005, -1.900001], [0.854594, -1.859328], [0.819108, -1.848785]]),
    ];
    for (i, (train, want)) in cases.iter().enumerate() {
        let got = train();
        for (got, want) in got.as_flattened().iter().zip(want.as_flattened()) {
            assert!(
                (got - want).abs() < 2e-6 * want.abs().max(1.0),
                "case {i}: {got} and {want}"
            );
        }
    }
}

/// The learning rate that is reported is that of the batch, as Keras's `optimizer.learning_rate`.
#[test]
fn the_learning_rate_of_a_batch() {
    let sgd = SGD::new(LR).gradient_accumulation_steps(3);
    let rates = [0, 1, 2, 3, 4].map(|batch| sgd.learning_rate(batch));
    assert_eq!(rates, [0.0, 0.025, 0.05, 0.075, 0.1].map(Some));
}
