//! What each layer computes, from Keras's definition: forward only.

use crate::activations;
use crate::call::{Call, Value, axis};
use crate::run::Run;
use crate::tape::Var;
use crate::tensor::Tensor;

mod attention;
mod convolution;
mod dense;
mod images;
mod normalization;
mod pooling;
mod preprocessing;
mod recurrent;
mod reshaping;
mod simple;
mod wrappers;

/// A layer; the mask goes on, is found, or ends.
pub fn layer(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let class = call.class.as_str();
    let mask = run.mask.clone();
    let (shape, y) = (x.shape.clone(), computed(class, call, x, run));
    let keeps = match class {
        // They have said themselves what becomes of it.
        "Masking" | "Embedding" | "Sequential" | "Residual" | "RNN" | "Bidirectional" => return y,
        "Activation"
        | "Dense"
        | "Softmax"
        | "ReLU"
        | "LeakyReLU"
        | "ELU"
        | "PReLU"
        | "ThresholdedReLU"
        | "Identity"
        | "Rescaling"
        | "Normalization"
        | "ActivityRegularization"
        | "Dropout"
        | "SpatialDropout1D"
        | "GaussianNoise"
        | "GaussianDropout"
        | "AlphaDropout"
        | "BatchNormalization"
        | "LayerNormalization"
        | "GroupNormalization"
        | "UnitNormalization"
        | "TimeDistributed"
        | "MultiHeadAttention"
        | "GroupQueryAttention" => true,
        "LSTM" | "GRU" | "SimpleRNN" | "ConvLSTM1D" | "ConvLSTM2D" => {
            call.flag("return_sequences", false)
        }
        _ => false,
    };
    run.mask = mask.filter(|_| keeps);
    debug_assert_eq!(shape[0], y.shape[0]);
    y
}

fn computed(class: &str, call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    match class {
        "Dense" => dense::dense(call, x, run),
        "EinsumDense" => dense::einsum_dense(call, x, run),
        "Embedding" => dense::embedding(call, x, run),
        "Activation" => activation(call, "activation", "linear", x),
        "Identity" => x,
        "Lambda" => simple::lambda(call, x),
        "Masking" => simple::masking(call, x, run),
        "ReLU" | "LeakyReLU" | "ELU" | "ThresholdedReLU" | "Softmax" => {
            simple::with_arguments(call, x)
        }
        "PReLU" => simple::prelu(call, x, run),
        "ActivityRegularization" => simple::activity_regularization(call, x, run),
        "Dropout" | "SpatialDropout1D" | "SpatialDropout2D" | "SpatialDropout3D"
        | "GaussianNoise" | "GaussianDropout" | "AlphaDropout" => simple::noise(call, x, run),
        "Sequential" => wrappers::sequential(call, x, run),
        "Residual" => wrappers::residual(call, x, run),
        "TimeDistributed" => wrappers::time_distributed(call, x, run),
        "SpectralNormalization" => wrappers::spectral_normalization(call, x, run),
        "Conv1D" | "Conv2D" | "Conv3D" => convolution::plain(call, x, run),
        "DepthwiseConv1D" | "DepthwiseConv2D" => convolution::depthwise(call, x, run),
        "SeparableConv1D" | "SeparableConv2D" => convolution::separable(call, x, run),
        "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose" => {
            convolution::transposed(call, x, run)
        }
        "LocallyConnected1D" | "LocallyConnected2D" => convolution::locally_connected(call, x, run),
        "BatchNormalization" => normalization::batch(call, x, run),
        "LayerNormalization" => normalization::layer(call, x, run),
        "GroupNormalization" => normalization::group(call, x, run),
        "RMSNormalization" => normalization::rms(call, x, run),
        "UnitNormalization" => normalization::unit(call, x),
        "LSTM" | "GRU" | "SimpleRNN" => recurrent::layer(call, x, run),
        "ConvLSTM1D" | "ConvLSTM2D" => recurrent::conv_lstm(call, x, run),
        "Bidirectional" => recurrent::bidirectional(call, x, run),
        "RNN" => recurrent::rnn(call, x, run),
        "MultiHeadAttention" | "GroupQueryAttention" => attention::attention(call, x, run),
        "Reshape" => reshaping::reshape(call, x),
        "Flatten" => reshaping::flatten(x),
        "RepeatVector" => reshaping::repeat_vector(call, x),
        "Permute" => reshaping::permute(call, x),
        "ZeroPadding1D" | "ZeroPadding2D" | "ZeroPadding3D" => reshaping::zero_padding(call, x),
        "Cropping1D" | "Cropping2D" | "Cropping3D" => reshaping::cropping(call, x),
        "UpSampling1D" | "UpSampling3D" => reshaping::up_sampling(call, x),
        "UpSampling2D" | "Resizing" | "CenterCrop" => images::layer(call, x),
        "Rescaling" => preprocessing::rescaling(call, x),
        "Normalization" => preprocessing::normalization(call, x, run),
        "CategoryEncoding" => preprocessing::category_encoding(call, x),
        "Discretization" => preprocessing::discretization(call, x),
        "IntegerLookup" => preprocessing::integer_lookup(call, x),
        _ if class.contains("Pooling") => pooling::layer(call, x, run),
        // Outside training they do nothing.
        _ if class.starts_with("Random") || class == "Solarization" => {
            assert!(!run.training, "{class} is random");
            x
        }
        _ => panic!("{class} is not interpreted"),
    }
}

/// How many axes of a sample a class with a number in its name works on.
fn axes_of(class: &str) -> usize {
    let digit = class
        .chars()
        .find(char::is_ascii_digit)
        .expect("a class such as Conv2D");
    digit.to_digit(10).expect("a digit") as usize
}

/// Axes by Keras's numbers, one or several, in ascending order.
fn axes(call: &Call, name: &str, default: i64, rank: usize) -> Vec<usize> {
    let mut axes: Vec<usize> = match call.get(name) {
        Some(Value::Tuple(all) | Value::List(all)) => {
            all.iter().map(|number| axis(whole(number), rank)).collect()
        }
        _ => vec![axis(call.int(name, default), rank)],
    };
    axes.sort_unstable();
    axes
}

fn whole(arg: &Value) -> i64 {
    match arg {
        Value::Whole(number) => *number,
        other => panic!("{other} is no whole number"),
    }
}

/// What an argument says is an activation.
pub fn activation(call: &Call, name: &str, default: &str, x: Tensor) -> Tensor {
    let width = x.width();
    match call.get(name) {
        Some(Value::Call(call)) => simple::with_arguments(call, x),
        Some(Value::Word(word)) if word == "glu" => simple::glu(x),
        Some(Value::Word(word)) => rows(x, width, |row| activations::activation(word, row, width)),
        _ => rows(x, width, |row| activations::activation(default, row, width)),
    }
}

/// A function of each row of so many values.
fn rows(x: Tensor, width: usize, f: impl Fn(&[Var]) -> Vec<Var>) -> Tensor {
    let values = x.values.chunks(width).flat_map(f).collect();
    Tensor { values, ..x }
}
