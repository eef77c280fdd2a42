//! `None` in a shape (I).

use super::{accepted, begins};

#[test]
fn none_in_front() {
    for layers in [
        "Dense(8, input_shape = (None, 16))",
        "Input((None, None, 3)), Conv2D(8, 3)",
        "Input(shape = (None,), dtype = \"int32\"), Embedding(10, 4)",
        "LSTM(8, batch_input_shape = (4, None, 16), stateful = True)",
        "LSTM(8, batch_input_shape = (None, None, 16))",
        "LSTM(8, input_shape = (None, FEATURES))",
        "Embedding(10, 4), LSTM(8)",
        "Embedding(10, 4, input_length = None), LSTM(8)",
        "Embedding(10, 4, batch_size = 4), LSTM(8, stateful = True)",
        "LSTM(8, input_dim = 16)",
        "Dense(8, input_shape = (9, 16)), LSTM(8, input_shape = (None, 16))",
    ] {
        accepted(layers);
    }
}

#[test]
fn none_behind_a_size() {
    let behind = "layer 1 `dense_1`: `input_shape` has an axis of any length (`None`) behind one with a size";
    for shape in [
        "(16, None)",
        "(16, None, 3)",
        "(None, 16, None)",
        "(N, None)",
    ] {
        begins(&format!("Dense(8, input_shape = {shape})"), behind);
    }
    begins(
        "Input(batch_shape = (4, 16, None)), Dense(8)",
        "`Input`: `batch_shape` has an axis of any length (`None`) behind one with a size",
    );
    begins(
        "Dense(8, input_shape = (None, None, None, 3))",
        "layer 1 `dense_1`: `input_shape` has 3 axes of any length (`None`), a sample has at most two",
    );
    begins(
        "Dense(8, input_shape = (None, -1))",
        "layer 1 `dense_1`: an axis of `input_shape` must be a positive integer, found -1",
    );
    begins(
        "Reshape((None, 4), input_dim = 8)",
        "layer 1 `reshape_1`: a size in `target_shape` must be a positive integer or -1, found `None`",
    );
}
