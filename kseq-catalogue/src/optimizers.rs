//! Optimizers.

use crate::class::{ClassFamily, ClassRow, USUAL};

/// The arguments that decide a type: a method without a value, or nothing.
pub const FLAGS: &[&str] = &["amsgrad", "centered", "use_ema"];

/// The arguments that are whole numbers; the others are real ones, for which Python takes `0` too.
pub const WHOLE: &[&str] = &["ema_overwrite_frequency", "gradient_accumulation_steps"];

/// Keras's other optimizers.
pub const OPTIMIZERS_LATER: &[&str] = &["Lamb", "MultiOptimizer", "Muon", "ScheduleFreeAdamW"];

const fn row(
    class: &'static str,
    names: &'static [&'static str],
    arguments: &'static str,
    note: &'static str,
) -> ClassRow {
    ClassRow {
        class,
        names,
        new: &["learning_rate"],
        arguments,
        note,
        ..USUAL
    }
}

/// The optimizers.
pub static OPTIMIZERS: ClassFamily = ClassFamily {
    what: "optimizer",
    example: "SGD::new(0.01)",
    module: "optimizers",
    takes_reals: true,
    is_reported: false,
    rows: &[
        row(
            "Adadelta",
            &["adadelta"],
            "lr, rho, epsilon",
            "`Adadelta::new(lr).rho(r).epsilon(e)`; default lr 0.001 as in Keras 3. For Keras 2's (and the paper's) 1.0 \
             write `Adadelta::new(1.0)`",
        ),
        row(
            "Adafactor",
            &["adafactor"],
            "lr, beta_2_decay, epsilon_1, epsilon_2, clip_threshold",
            "the same arguments but `relative_step`: absent because nothing depends on it, in Keras neither",
        ),
        row(
            "Adagrad",
            &["adagrad"],
            "lr, initial_accumulator_value, epsilon",
            "`Adagrad::new(lr).initial_accumulator_value(a).epsilon(e)`; default lr 0.001 as in Keras 3 (Keras 2: \
             `Adagrad::new(0.01)`)",
        ),
        row(
            "Adam",
            &["adam"],
            "lr, beta_1, beta_2, epsilon, amsgrad",
            "`Adam::new(lr).beta_1(b)..amsgrad()`",
        ),
        row(
            "AdamW",
            &["adamw"],
            "lr, weight_decay, beta_1, beta_2, epsilon, amsgrad",
            "`AdamW::new(lr).weight_decay(w)`",
        ),
        row(
            "Adamax",
            &["adamax"],
            "lr, beta_1, beta_2, epsilon",
            "the same; default lr 0.001 as in Keras 3 (Keras 2: `Adamax::new(0.002)`)",
        ),
        row(
            "Ftrl",
            &["ftrl"],
            "lr, learning_rate_power, initial_accumulator_value, l1_regularization_strength, \
             l2_regularization_strength, l2_shrinkage_regularization_strength, beta",
            "",
        ),
        row("Lion", &["lion"], "lr, beta_1, beta_2", ""),
        row(
            "Nadam",
            &["nadam"],
            "lr, beta_1, beta_2, epsilon",
            "the same; default lr 0.001 as in Keras 3 (Keras 2: `Nadam::new(0.002)`); `schedule_decay` is absent, as in \
             Keras 3",
        ),
        row(
            "RMSprop",
            &["rmsprop"],
            "lr, rho, momentum, epsilon, centered",
            "`RMSprop::new(lr).rho(r).momentum(m).epsilon(e).centered()`; default lr 0.001. epsilon is under the root as \
             in Keras 3, in Keras 2 it was beside",
        ),
        row(
            "SGD",
            &["sgd"],
            "lr, momentum, nesterov",
            "`SGD::new(lr).momentum(m).nesterov(true)`; `SGD::default()` is lr 0.01",
        ),
    ],
};
