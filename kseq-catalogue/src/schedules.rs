//! Schedules of the learning rate.

use crate::class::{ClassFamily, ClassRow, USUAL};

const fn row(
    class: &'static str,
    new: &'static [&'static str],
    arguments: &'static str,
    note: &'static str,
) -> ClassRow {
    ClassRow {
        class,
        new,
        by_name: false,
        arguments,
        note,
        ..USUAL
    }
}

/// The schedules; no word names one.
pub static SCHEDULES: ClassFamily = ClassFamily {
    what: "schedule",
    example: "ExponentialDecay::new(0.1, 1000, 0.96)",
    module: "optimizers::schedules",
    takes_reals: false,
    is_reported: false,
    rows: &[
        row(
            "CosineDecay",
            &["initial_learning_rate", "decay_steps"],
            "initial_learning_rate, decay_steps, alpha, warmup_target, warmup_steps",
            "`warmup_target`, `warmup_steps` are `warmup(target, steps)`",
        ),
        row(
            "CosineDecayRestarts",
            &["initial_learning_rate", "first_decay_steps"],
            "initial_learning_rate, first_decay_steps, t_mul, m_mul, alpha",
            "",
        ),
        row(
            "ExponentialDecay",
            &["initial_learning_rate", "decay_steps", "decay_rate"],
            "initial_learning_rate, decay_steps, decay_rate, staircase",
            "",
        ),
        row(
            "InverseTimeDecay",
            &["initial_learning_rate", "decay_steps", "decay_rate"],
            "initial_learning_rate, decay_steps, decay_rate, staircase",
            "",
        ),
        row(
            "PiecewiseConstantDecay",
            &["boundaries", "values"],
            "boundaries, values",
            "",
        ),
        row(
            "PolynomialDecay",
            &["initial_learning_rate", "decay_steps"],
            "initial_learning_rate, decay_steps, end_learning_rate, power, cycle",
            "",
        ),
    ],
};
