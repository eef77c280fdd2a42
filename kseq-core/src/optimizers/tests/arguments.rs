//! Arguments: what is refused in which words, names of slots, learning rates that are set.

use super::super::schedules::ExponentialDecay;
use super::super::*;
use crate::error::Error;
use crate::text::Note;

#[test]
fn arguments() {
    let right: [&dyn Fn() -> Option<Note>; 17] = [
        &|| Lamb::default().check(),
        &|| Muon::default().check(),
        &|| ScheduleFreeAdamW::default().check(),
        &|| AdamW::default().amsgrad().check(),
        &|| Adamax::default().check(),
        &|| Nadam::default().check(),
        &|| Ftrl::default().check(),
        &|| Lion::default().use_ema().check(),
        &|| Adafactor::default().check(),
        &|| SGD::new(ExponentialDecay::new(0.1, 1, 0.5)).check(),
        &|| SGD::new(0.1).gradient_accumulation_steps(2).check(),
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
        ("beta_1", Lamb::new(0.1).beta_1(1.0).check()),
        ("momentum", Muon::new(0.1).momentum(1.5).check()),
        ("rms_rate", Muon::new(0.1).rms_rate(-1.0).check()),
        ("beta_1", ScheduleFreeAdamW::new(0.1).beta_1(0.0).check()),
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
        ("beta_2", AdamW::new(0.1).beta_2(1.0).check()),
        ("epsilon", Adamax::new(0.1).epsilon(0.0).check()),
        ("beta_1", Nadam::new(0.1).beta_1(1.0).check()),
        ("beta_2", Lion::new(0.1).beta_2(nan).check()),
        ("momentum", RMSprop::new(0.1).momentum(1.5).check()),
        (
            "beta_2_decay",
            Adafactor::new(0.1).beta_2_decay(0.5).check(),
        ),
        (
            "clip_threshold",
            Adafactor::new(0.1).clip_threshold(0.0).check(),
        ),
        (
            "learning_rate_power",
            Ftrl::new(0.1).learning_rate_power(0.5).check(),
        ),
        ("beta", Ftrl::new(0.1).beta(-1.0).check()),
        (
            "l2_shrinkage_regularization_strength = -0.25, but it must be 0 or more",
            Ftrl::new(0.1)
                .l2_shrinkage_regularization_strength(-0.25)
                .check(),
        ),
        ("clipnorm", SGD::new(0.1).clipnorm(0.0).check()),
        ("clipvalue", Adam::new(0.1).clipvalue(-1.0).check()),
        (
            "global_clipnorm",
            Adam::new(0.1).global_clipnorm(nan).check(),
        ),
        (
            "set only one of clipnorm, clipvalue and global_clipnorm",
            Adam::new(0.1).clipvalue(1.0).clipnorm(1.0).check(),
        ),
        ("weight_decay", Lion::new(0.1).weight_decay(-0.1).check()),
        (
            "ema_momentum",
            SGD::new(0.1).use_ema().ema_momentum(1.5).check(),
        ),
        (
            "gradient_accumulation_steps = 1, but it must be at least 2",
            SGD::new(0.1).gradient_accumulation_steps(1).check(),
        ),
        (
            "decay_steps",
            SGD::new(ExponentialDecay::new(0.1, 0, 0.5)).check(),
        ),
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
fn slots() {
    fn names<O: Optimizer>(_: &O) -> (&'static str, &'static [&'static str]) {
        assert_eq!(O::SLOTS, O::SLOT_NAMES.len());
        (O::NAME, O::SLOT_NAMES)
    }
    let sgd = SGD::new(0.1);
    assert_eq!(names(&sgd), ("sgd", &[][..]));
    let all = sgd.gradient_accumulation_steps(2).use_ema().momentum(0.9);
    let want = ["momentum", "average", "gradient_accumulator"];
    assert_eq!(names(&all), ("sgd", &want[..]));
    let adam = Adam::new(0.1).amsgrad();
    assert_eq!(names(&adam).1, ["momentum", "velocity", "velocity_hat"]);
    let rmsprop = RMSprop::new(0.1).centered();
    assert_eq!(names(&rmsprop).1, ["velocity", "average_gradient"]);
    let most = rmsprop
        .momentum(0.9)
        .use_ema()
        .gradient_accumulation_steps(2);
    assert_eq!(names(&most).1.len(), 5);
}

#[test]
fn learning_rates() {
    let mut sgd = SGD::new(0.5).decay(1.0).gradient_accumulation_steps(2);
    // Two batches are one update.
    let rates = [0, 1, 2, 3].map(|batch| sgd.learning_rate(batch));
    assert_eq!(rates, [Some(0.5), Some(0.5), Some(0.25), Some(0.25)]);
    assert!(sgd.set_learning_rate(1.0).is_ok());
    assert_eq!(sgd.learning_rate(3), Some(0.5));
    for wrong in [-1.0, f32::NAN, f32::INFINITY] {
        assert!(sgd.set_learning_rate(wrong).is_err());
    }
    assert_eq!(sgd.learning_rate(0), Some(1.0));

    let mut scheduled = SGD::new(ExponentialDecay::new(0.5, 1, 0.5));
    let Err(Error::Argument { name, why }) = scheduled.set_learning_rate(1.0) else {
        panic!("a schedule cannot be set");
    };
    assert_eq!(name, "learning_rate");
    assert_eq!(
        why.as_str(),
        "a schedule is in charge; give the optimizer a number to set it"
    );
    assert_eq!(scheduled.learning_rate(0), Some(0.5));
}
