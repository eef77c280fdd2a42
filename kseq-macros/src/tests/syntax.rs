//! What cannot be read, and several errors at once.

use super::{begins, said};

#[test]
fn all_errors_in_one_run() {
    let said = said(
        "pub Net = [
            Dens(512, input_shape = (784,)),
            Dense(512, activation = \"rellu\"),
            Dropout(rat = 0.2),
        ];
        Other = []",
    );
    let beginnings = [
        "layer 1 `dens_1`: unknown layer",
        "layer 2 `dense_1`: unknown activation",
        "layer 3 `dropout_1`: `Dropout` has no argument",
        "the list has no layers",
    ];
    assert_eq!(said.len(), beginnings.len(), "{said:?}");
    for (said, beginning) in said.iter().zip(beginnings) {
        assert!(said.starts_with(beginning), "{said}");
    }
}

/// What is commented out looks like a model: the reader stood still before it.
#[test]
fn a_model_that_is_commented_out() {
    let comment = "Python's comments begin with `#`, Rust's with `//`";
    for source in [
        "# model = Sequential()\nmodel = Sequential()\nmodel.add(Dense(3, input_dim = 2))",
        "# pub Net = [Dense(3, input_dim = 2)]",
        "# let",
    ] {
        let said = said(source);
        assert!(
            said.iter().any(|said| said.starts_with(comment)),
            "{said:?}"
        );
    }
}

#[test]
fn syntax() {
    for (source, message) in [
        ("pub Net = [Dense(3) Dense(4)]", "expected `,`"),
        (
            "pub Net = [Dense]",
            "a layer is written with parentheses: `Dense(...)`",
        ),
        ("pub Net = [3]", "expected a layer: `Dense(10)`"),
        ("pub", "unexpected end of input, expected identifier"),
        (
            "pub Net = [Dense(3, input_dim = 2), \"relu\"]",
            "expected a layer: `Dense(10)`\n  help: write `Activation(\"relu\")`",
        ),
        (
            "pub Net = [Dense(3, input_dim = 2).relu()]",
            "expected `,`: layers and arguments are separated by commas",
        ),
        ("pub Net = 3", "expected the list of layers"),
        (
            "model = Model(inputs = a, outputs = b)",
            "expected the list of layers: `[Dense(10, input_shape = (784,)), ...]`\n  help: `Model(inputs, outputs)` is absent",
        ),
        (
            "model = Sequential()\nmodel.add(Dense(3, input_dim = 2))\nx = Dense(3)(model)",
            "expected the list of layers: `[Dense(10, input_shape = (784,)), ...]`\n  help: a layer is not called",
        ),
        ("pub Net", "expected `=`"),
        (
            "[Dense(1, input_dim = 3)] 5",
            "expected nothing after the list of layers",
        ),
        (
            "let mut model = Sequential(); for _ in 0..3 { model.add(Dense(32)); }",
            "layers must be listed one by one: each is a field of the model's struct, so loops",
        ),
        (
            "Dense(10) for _ in 0..3",
            "layers must be listed one by one: each is a field of the model's struct, so loops",
        ),
        (
            "let mut model = Sequential(); modle.add(Dense(32));",
            "the model that is built here is `model`, not `modle`",
        ),
        (
            "model = Sequential([Dense(1)])\nmodel.compile()",
            "`model.compile` belongs after the macro: only `model.add(...)` stands inside",
        ),
        (
            "let mut model = Sequential(); println!()",
            "expected `model.add(...)`",
        ),
        (
            "Sequential([], nam = 3)",
            "`Sequential` has no argument `nam`; it takes: layers, name",
        ),
        (
            "Sequential(3)",
            "expected a list of layers: `Sequential([...])`",
        ),
    ] {
        begins(source, message);
    }
}
