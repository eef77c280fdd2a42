//! Constraints.

use crate::object::{ObjectFamily, ObjectRow};
use crate::param::Kind::{Axes, Real};
use crate::param::{Param, or};

const fn row(name: &'static str, params: &'static [Param]) -> ObjectRow {
    ObjectRow {
        name,
        aliases: &[],
        constant: None,
        params,
        note: match params {
            [] => "",
            _ => "an axis that the array does not have does not compile",
        },
    }
}

const MAX: Param = or("max_value", Real, "2.0");
const AXIS: Param = or("axis", Axes, "0");

/// The constraints.
pub static CONSTRAINTS: ObjectFamily = ObjectFamily {
    what: "constraint",
    expected: "a constraint such as MaxNorm(2.0)",
    module: "constraints",
    ty: "Constraint",
    rows: &[
        row("max_norm", &[MAX, AXIS]),
        row("non_neg", &[]),
        row("unit_norm", &[AXIS]),
        row(
            "min_max_norm",
            &[
                or("min_value", Real, "0.0"),
                or("max_value", Real, "1.0"),
                or("rate", Real, "1.0"),
                AXIS,
            ],
        ),
    ],
};
