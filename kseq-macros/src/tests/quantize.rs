//! `#[quantize]` before a model and `#[float]` before a layer.

use kseq_catalogue::{layer, quantized, quantized_classes};

use super::{accepted, begins, refused};

#[test]
fn every_form_of_a_model_may_have_a_twin() {
    for source in [
        "#[quantize] pub Net = [Dense(3, input_dim = 2)]",
        "/// Why.\n#[quantize] #[derive(Debug)] pub(crate) Net = [Dense(3, input_dim = 2)];",
        "#[budget(flash = 4096)] #[quantize] Net = [Dense(3, input_dim = 2)]",
        "#[quantize] #[budget(flash = 4096)] Net = [Dense(3, input_dim = 2)]",
        "#[quantize] let mut model = Sequential([Dense(3, input_dim = 2)]);",
        "#[quantize] model = Sequential()\nmodel.add(Dense(3, input_dim = 2))",
        "#[quantize] Net = [#[float] GRU(3, input_shape = (4, 2)), /// Why.\n#[float] Dense(1)]",
        "#[quantize] Net = [#[float] mine::Layer(input_shape = (4, 2)), MaxPool1D(), #[float] Sequential([Dense(3), Dense(2)])]",
        "#[quantize] Net = [Dense(3, input_dim = 2)]; Other = [GRU(3, input_shape = (4, 2))]",
    ] {
        accepted(source);
    }
}

#[test]
fn what_is_wrong_with_the_words() {
    let twice = "`#[quantize]` is given twice";
    begins(
        "#[quantize] #[quantize] Net = [Dense(3, input_dim = 2)]",
        twice,
    );
    let arguments = "`#[quantize]` takes no arguments";
    for words in ["quantize(8)", "quantize()", "quantize = \"int8\""] {
        begins(
            &format!("#[{words}] Net = [Dense(3, input_dim = 2)]"),
            arguments,
        );
    }
    begins(
        "Net = [#[float] Dense(3, input_dim = 2)]",
        "layer 1 `dense_1`: `#[float]` is for a model with an int8 twin",
    );
    begins(
        "#[quantize] Net = [#[float(16)] Dense(3, input_dim = 2)]",
        "layer 1 `dense_1`: `#[float]` takes no arguments",
    );
    begins(
        "Net = [#[quantize] Dense(3, input_dim = 2)]",
        "layer 1 `dense_1`: `#[quantize]` is for a whole model",
    );
    begins(
        "#[quantize] Net = [Input(shape = (2,)), #[float] Sequential([#[float] Dense(3)])]",
        "layer 1 `sequential_1.dense_1`: `#[float]` is for a layer of the model",
    );
}

#[test]
fn what_has_no_twin() {
    refused(
        "#[quantize] Net = [GRU(3, input_shape = (4, 2)), Dense(2), mine::Layer()]",
        &[
            "layer 1 `gru_1`: `GRU` has no int8 operator\n  \
             help: write `#[float]` before it: it stays in f32, and what lies between is converted",
            "layer 3 `layer_1`: `Layer` has no int8 operator\n  \
             help: write `#[float]` before it: it stays in f32, and what lies between is converted",
        ],
    );
    begins(
        "#[quantize] Net = [Conv1D(3, 2, input_shape = (None, 2))]",
        "`#[quantize]`: a sample of any length (`None`) has no int8 twin",
    );
    begins(
        "#[quantize] Net = [Embedding(10, 3, input_length = 4), Flatten(), Dense(2)]",
        "`#[quantize]`: integer tokens have no int8 twin",
    );
}

/// A mistake in a layer's words is one error: that it may have no operator is not said of what is not understood.
#[test]
fn a_mistake_in_words_is_one_error() {
    begins(
        "#[quantize] Net = [Dens(3, input_dim = 2)]",
        "layer 1 `dens_1`: unknown layer",
    );
    begins(
        "#[quantize] Net = [Dense(3, activation = \"rellu\", input_dim = 2)]",
        "layer 1 `dense_1`: unknown activation",
    );
}

#[test]
fn classes_with_an_operator_are_rows_under_their_first_name() {
    let mut classes: Vec<&str> = quantized_classes().collect();
    for class in &classes {
        assert_eq!(layer(class).map(|row| row.class), Some(*class));
        assert!(quantized(class).is_some(), "{class}");
    }
    classes.sort_unstable();
    classes.dedup();
    assert_eq!(classes.len(), quantized_classes().count(), "a class twice");
    // Another name of a class is the class.
    accepted(
        "#[quantize] Net = [MaxPool2D(input_shape = (4, 4, 1)), GlobalAvgPool2D(), keras.layers.Dense(2)]",
    );
}
