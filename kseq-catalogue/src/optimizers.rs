//! Optimizers.

use crate::class::{ClassFamily, ClassRow, USUAL};
use crate::param::Kind::{In, InOrNone, LearningRate, Switch, Whole};
use crate::param::{Kind, NAME, Param, later, or};
use crate::range::Range::{AboveZero, BelowOne, Finite, NotNegative, NotPositive, Positive, Unit};

/// The arguments that all optimizers have. (Keras 2's `decay` stands last: it comes by name only.)
const COMMON: &[Param] = &[
    or("weight_decay", In(NotNegative), "None"),
    CLIPNORM,
    CLIPVALUE,
    GLOBAL_CLIPNORM,
    USE_EMA,
    EMA_MOMENTUM,
    EMA_OVERWRITE,
    later("loss_scale_factor"),
    ACCUMULATION,
    NAME,
    or("decay", In(NotNegative), "0.0"),
];

const CLIPNORM: Param = or("clipnorm", In(Positive), "None");
const CLIPVALUE: Param = or("clipvalue", In(Positive), "None");
const GLOBAL_CLIPNORM: Param = or("global_clipnorm", In(Positive), "None");
const USE_EMA: Param = or("use_ema", Switch, "False");
const EMA_MOMENTUM: Param = or("ema_momentum", In(Unit), "0.99");
const EMA_OVERWRITE: Param = or("ema_overwrite_frequency", Whole(0), "None");
const ACCUMULATION: Param = or("gradient_accumulation_steps", Whole(2), "None");
const LR: Param = or("learning_rate", LearningRate, "0.001");
const EPSILON: Param = or("epsilon", InOrNone(Positive), "1e-7");
const BETA_1: Param = or("beta_1", In(BelowOne), "0.9");
const BETA_2: Param = or("beta_2", In(BelowOne), "0.999");
const AMSGRAD: Param = or("amsgrad", Switch, "False");
const MOMENTUM: Param = or("momentum", In(Unit), "0.0");
const INITIAL: Param = or("initial_accumulator_value", In(NotNegative), "0.1");

const fn strength(name: &'static str) -> Param {
    or(name, In(NotNegative), "0.0")
}

const fn row(
    class: &'static str,
    names: &'static [&'static str],
    params: &'static [Param],
    note: &'static str,
) -> ClassRow {
    ClassRow {
        class,
        names,
        new: &["learning_rate"],
        params,
        note,
        ..USUAL
    }
}

/// The optimizers.
pub static OPTIMIZERS: ClassFamily = ClassFamily {
    what: "optimizer",
    example: "SGD::new(0.01)",
    module: "optimizers",
    common: COMMON,
    is_reported: false,
    rows: &[
        row(
            "Adadelta",
            &["adadelta"],
            &[LR, or("rho", In(BelowOne), "0.95"), EPSILON],
            "`Adadelta::new(lr).rho(r).epsilon(e)`; default lr 0.001 as in Keras 3. For Keras 2's (and the paper's) 1.0 \
             write `Adadelta::new(1.0)`",
        ),
        row(
            "Adafactor",
            &["adafactor"],
            &[
                LR,
                or("beta_2_decay", In(NotPositive), "-0.8"),
                or("epsilon_1", In(Positive), "1e-30"),
                or("epsilon_2", In(NotNegative), "1e-3"),
                or("clip_threshold", In(Positive), "1.0"),
                or(
                    "relative_step",
                    Kind::Fixed("nothing depends on it, in Keras neither"),
                    "True",
                ),
            ],
            "the same arguments but `relative_step`: absent because nothing depends on it, in Keras neither",
        ),
        row(
            "Adagrad",
            &["adagrad"],
            &[LR, INITIAL, EPSILON],
            "`Adagrad::new(lr).initial_accumulator_value(a).epsilon(e)`; default lr 0.001 as in Keras 3 (Keras 2: \
             `Adagrad::new(0.01)`)",
        ),
        row(
            "Adam",
            &["adam"],
            &[LR, BETA_1, BETA_2, EPSILON, AMSGRAD],
            "`Adam::new(lr).beta_1(b)..amsgrad()`",
        ),
        row(
            "AdamW",
            &["adamw"],
            &[
                LR,
                or("weight_decay", In(NotNegative), "0.004"),
                BETA_1,
                BETA_2,
                EPSILON,
                AMSGRAD,
            ],
            "`AdamW::new(lr).weight_decay(w)`",
        ),
        row(
            "Adamax",
            &["adamax"],
            &[LR, BETA_1, BETA_2, EPSILON],
            "the same; default lr 0.001 as in Keras 3 (Keras 2: `Adamax::new(0.002)`)",
        ),
        row(
            "Ftrl",
            &["ftrl"],
            &[
                LR,
                or("learning_rate_power", In(NotPositive), "-0.5"),
                INITIAL,
                strength("l1_regularization_strength"),
                strength("l2_regularization_strength"),
                strength("l2_shrinkage_regularization_strength"),
                strength("beta"),
            ],
            "",
        ),
        row(
            "Lamb",
            &["lamb"],
            &[LR, BETA_1, BETA_2, EPSILON],
            "`Lamb::new(lr).beta_1(b)`; as a word too, which Keras 3.15 forgot",
        ),
        row(
            "Lion",
            &["lion"],
            &[
                LR,
                or("beta_1", In(AboveZero), "0.9"),
                or("beta_2", In(BelowOne), "0.99"),
            ],
            "",
        ),
        row(
            "Muon",
            &["muon"],
            &[
                LR,
                or("adam_beta_1", In(BelowOne), "0.9"),
                or("adam_beta_2", In(BelowOne), "0.999"),
                or("adam_weight_decay", In(NotNegative), "0.004"),
                EPSILON,
                or("weight_decay", In(NotNegative), "0.004"),
                CLIPNORM,
                CLIPVALUE,
                GLOBAL_CLIPNORM,
                USE_EMA,
                EMA_MOMENTUM,
                EMA_OVERWRITE,
                later("loss_scale_factor"),
                ACCUMULATION,
                NAME,
                or("exclude_layers", Kind::Names, "None"),
                or("exclude_embeddings", Kind::Flag, "True"),
                or("muon_a", In(Finite), "3.4445"),
                or("muon_b", In(Finite), "-4.775"),
                or("muon_c", In(Finite), "2.0315"),
                or("adam_lr_ratio", In(NotNegative), "1.0"),
                or("momentum", In(Unit), "0.95"),
                or("ns_steps", Whole(1), "5"),
                or("nesterov", Kind::Flag, "True"),
                or("rms_rate", In(NotNegative), "0.2"),
            ],
            "`Muon::new(lr).exclude_layers(&[\"dense_2\"])`: names of layers or arrays, or parts of them (Keras: regular \
             expressions); `rms_rate = None` is 0. With std only",
        ),
        row(
            "Nadam",
            &["nadam"],
            &[LR, BETA_1, BETA_2, EPSILON, later("schedule_decay")],
            "the same; default lr 0.001 as in Keras 3 (Keras 2: `Nadam::new(0.002)`); `schedule_decay` is absent, as in \
             Keras 3",
        ),
        row(
            "RMSprop",
            &["rmsprop"],
            &[
                LR,
                or("rho", In(BelowOne), "0.9"),
                MOMENTUM,
                EPSILON,
                or("centered", Switch, "False"),
            ],
            "`RMSprop::new(lr).rho(r).momentum(m).epsilon(e).centered()`; default lr 0.001. epsilon is under the root as \
             in Keras 3, in Keras 2 it was beside",
        ),
        row(
            "ScheduleFreeAdamW",
            &["schedulefreeadamw"],
            &[
                or("learning_rate", LearningRate, "0.0025"),
                or("beta_1", In(AboveZero), "0.9"),
                BETA_2,
                or("epsilon", InOrNone(Positive), "1e-8"),
                or("warmup_steps", Whole(0), "0"),
            ],
            "`ScheduleFreeAdamW::new(lr).warmup_steps(n)`; as Keras computes it on TensorFlow, where the average is found by the \
             `momentum` after the step",
        ),
        row(
            "SGD",
            &["sgd"],
            &[
                or("learning_rate", LearningRate, "0.01"),
                MOMENTUM,
                or("nesterov", Kind::Flag, "False"),
            ],
            "`SGD::new(lr).momentum(m).nesterov(true)`; `SGD::default()` is lr 0.01",
        ),
    ],
};
