//! Schedules of the learning rate.

use crate::class::{ClassFamily, ClassRow, USUAL};
use crate::param::Kind::{Flag, In, Reals, Whole, Wholes};
use crate::param::{NAME, Param, must, or};
use crate::range::Range::{AtLeastOne, NotNegative};

const INITIAL: Param = must("initial_learning_rate", In(NotNegative));
const STEPS: Param = must("decay_steps", Whole(1));
const RATE: Param = must("decay_rate", In(NotNegative));
const STAIRCASE: Param = or("staircase", Flag, "False");
const ALPHA: Param = or("alpha", In(NotNegative), "0.0");

const fn row(
    class: &'static str,
    new: &'static [&'static str],
    params: &'static [Param],
    note: &'static str,
) -> ClassRow {
    ClassRow {
        class,
        new,
        params,
        note,
        ..USUAL
    }
}

/// The schedules; no word names one.
pub static SCHEDULES: ClassFamily = ClassFamily {
    what: "schedule",
    example: "ExponentialDecay::new(0.1, 1000, 0.96)",
    module: "optimizers::schedules",
    common: &[],
    is_reported: false,
    rows: &[
        row(
            "CosineDecay",
            &["initial_learning_rate", "decay_steps"],
            &[
                INITIAL,
                STEPS,
                ALPHA,
                NAME,
                or("warmup_target", In(NotNegative), "None"),
                or("warmup_steps", Whole(0), "0"),
            ],
            "`warmup_target`, `warmup_steps` are `warmup(target, steps)`",
        ),
        row(
            "CosineDecayRestarts",
            &["initial_learning_rate", "first_decay_steps"],
            &[
                INITIAL,
                must("first_decay_steps", Whole(1)),
                or("t_mul", In(AtLeastOne), "2.0"),
                or("m_mul", In(NotNegative), "1.0"),
                ALPHA,
                NAME,
            ],
            "",
        ),
        row(
            "ExponentialDecay",
            &["initial_learning_rate", "decay_steps", "decay_rate"],
            &[INITIAL, STEPS, RATE, STAIRCASE, NAME],
            "",
        ),
        row(
            "InverseTimeDecay",
            &["initial_learning_rate", "decay_steps", "decay_rate"],
            &[INITIAL, STEPS, RATE, STAIRCASE, NAME],
            "",
        ),
        row(
            "PiecewiseConstantDecay",
            &["boundaries", "values"],
            &[must("boundaries", Wholes), must("values", Reals), NAME],
            "",
        ),
        row(
            "PolynomialDecay",
            &["initial_learning_rate", "decay_steps"],
            &[
                INITIAL,
                STEPS,
                or("end_learning_rate", In(NotNegative), "0.0001"),
                or("power", In(NotNegative), "1.0"),
                or("cycle", Flag, "False"),
                NAME,
            ],
            "",
        ),
    ],
};
