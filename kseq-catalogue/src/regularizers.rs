//! Regularizers.

use crate::object::{ObjectFamily, ObjectRow};
use crate::param::Kind::Real;
use crate::param::{or, word};

/// The regularizers.
pub static REGULARIZERS: ObjectFamily = ObjectFamily {
    what: "regularizer",
    expected: "a regularizer such as L2(0.01)",
    module: "regularizers",
    ty: "Regularizer",
    rows: &[
        ObjectRow {
            name: "l1",
            aliases: &[],
            constant: None,
            params: &[or("l1", Real, "0.01")],
            note: "a negative factor does not compile, nor does `None`",
        },
        ObjectRow {
            name: "l2",
            aliases: &[],
            constant: None,
            params: &[or("l2", Real, "0.01")],
            note: "a negative factor does not compile, nor does `None`",
        },
        ObjectRow {
            name: "l1_l2",
            aliases: &[],
            constant: Some("L1_L2"),
            params: &[or("l1", Real, "0.0"), or("l2", Real, "0.0")],
            note: "a negative factor does not compile. As a string it is 0.01 for both, as Keras documents it; Keras 3.15 \
                   itself takes 0",
        },
        ObjectRow {
            name: "orthogonal_regularizer",
            aliases: &[],
            constant: None,
            params: &[
                or("factor", Real, "0.01"),
                or("mode", word(&["rows", "columns"]), "\"rows\""),
            ],
            note: "on anything but a matrix it does not compile. Of a single row or column it is 0 (Keras: NaN)",
        },
    ],
};
