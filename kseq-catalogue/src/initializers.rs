//! Initializers.

use crate::object::{ObjectFamily, ObjectRow};
use crate::param::Kind::{self, Real};
use crate::param::{Param, later, or, word};

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    constant: &'static str,
    params: &'static [Param],
) -> ObjectRow {
    ObjectRow {
        name,
        aliases,
        constant: Some(constant),
        params,
        note: "",
    }
}

/// Of those whose scale depends on the shape.
const SCALED: &[Param] = &[
    or("seed", Kind::Seed, "None"),
    later("input_axes"),
    later("output_axes"),
];
const GAIN: Param = or("gain", Real, "1.0");
const NORMAL: &[Param] = &[
    or("mean", Real, "0.0"),
    or("stddev", Real, "0.05"),
    or("seed", Kind::Seed, "None"),
];
const UNIFORM: &[Param] = &[
    or("minval", Real, "-0.05"),
    or("maxval", Real, "0.05"),
    or("seed", Kind::Seed, "None"),
];
const SCALING: &[Param] = &[
    or("scale", Real, "1.0"),
    or(
        "mode",
        word(&["fan_in", "fan_out", "fan_avg"]),
        "\"fan_in\"",
    ),
    or(
        "distribution",
        word(&["truncated_normal", "untruncated_normal", "uniform"]),
        "\"truncated_normal\"",
    ),
    or("seed", Kind::Seed, "None"),
    later("input_axes"),
    later("output_axes"),
];

/// The initializers.
#[rustfmt::skip]
pub static INITIALIZERS: ObjectFamily = ObjectFamily {
    what: "initializer",
    expected: "an initializer such as \"glorot_uniform\"",
    module: "initializers",
    ty: "Initializer",
    rows: &[
        row("glorot_uniform", &[], "GLOROT_UNIFORM", SCALED),
        row("glorot_normal", &[], "GLOROT_NORMAL", SCALED),
        row("he_normal", &[], "HE_NORMAL", SCALED),
        row("he_uniform", &[], "HE_UNIFORM", SCALED),
        row("lecun_normal", &[], "LECUN_NORMAL", SCALED),
        row("lecun_uniform", &[], "LECUN_UNIFORM", SCALED),
        row("zeros", &["zero"], "ZEROS", &[]),
        row("ones", &["one"], "ONES", &[]),
        row("constant", &[], "ZEROS", &[or("value", Real, "0.0")]),
        row("random_normal", &["normal"], "RANDOM_NORMAL", NORMAL),
        row("random_uniform", &["uniform"], "RANDOM_UNIFORM", UNIFORM),
        row("truncated_normal", &[], "TRUNCATED_NORMAL", NORMAL),
        row("variance_scaling", &[], "VARIANCE_SCALING", SCALING),
        row("orthogonal", &[], "ORTHOGONAL", &[GAIN, or("seed", Kind::Seed, "None")]),
        row("identity", &[], "IDENTITY", &[GAIN]),
    ],
};
