//! What an argument of a layer does, and what a function that it takes does, in a line: the pages of the layers say it.

use crate::layer::LayerRow;
use crate::object::ObjectRow;
use crate::param::{Kind, Param};

impl Kind {
    /// What it takes, in words: `a positive integer`.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Kind::Size => "a positive integer",
            Kind::Sizes(1) | Kind::SizesLike(1, _) => "a positive integer, or a tuple such as (3,)",
            Kind::Sizes(2) | Kind::SizesLike(2, _) => {
                "a positive integer, or a tuple such as (3, 3)"
            }
            Kind::Sizes(_) | Kind::SizesLike(..) => {
                "a positive integer, or a tuple such as (3, 3, 3)"
            }
            Kind::Margins(1) => "a number, or a tuple such as (1, 2)",
            Kind::Margins(_) => "a number, or a tuple such as ((1, 2), (3, 4))",
            Kind::Permutation => "a tuple of positive integers such as (2, 1)",
            Kind::TargetShape => {
                "a tuple of positive integers such as (7, 7, 64), one of which may be -1"
            }
            Kind::Axis => "an integer such as -1",
            Kind::Axes => "an integer such as -1, or a tuple of them",
            Kind::Real => "a number",
            Kind::Flag => "`true` or `false`",
            Kind::Activation => "an activation",
            Kind::Initializer => "an initializer",
            Kind::Regularizer => "a regularizer",
            Kind::Constraint => "a constraint",
            Kind::Layer => "a layer",
            Kind::Word(_) => "a string",
            Kind::Later => "`None`",
            Kind::In(_) | Kind::InOrNone(_) => "a number",
            Kind::Whole(_) | Kind::Thresholds | Kind::Classes => "a whole number",
            Kind::LearningRate => "a number or a schedule",
            Kind::Switch => "`true` or `false`",
            Kind::Several(_) => "a number or a list of numbers",
            Kind::Reals | Kind::Wholes => "a list of numbers",
            Kind::Ids => "a list of class numbers",
            Kind::Name | Kind::Dtype => "a string",
            Kind::Fixed(why) => why,
        }
    }
}

impl LayerRow {
    /// What an argument of the layer does, Markdown. Nothing for one that is not implemented.
    #[must_use]
    pub fn about(&self, param: &Param) -> Option<&'static str> {
        let said = |class: &str| {
            let mut rows = ARGUMENTS.iter();
            rows.find(|row| row.0.contains(&class) && row.1 == param.name)
        };
        let said = said(self.class).or_else(|| said(ANY))?;
        (param.kind != Kind::Later).then_some(said.2)
    }
}

impl ObjectRow {
    /// What the initializer, regularizer or constraint does, Markdown.
    #[must_use]
    pub fn about(&self) -> Option<&'static str> {
        let row = OBJECTS.iter().find(|row| row.0 == self.name)?;
        Some(row.1)
    }
}

/// In place of a class: all that have no row of their own.
const ANY: &str = "*";

const ALL: &[&str] = &[ANY];
const RECURRENT: &[&str] = &["LSTM", "GRU", "SimpleRNN"];
const BY_CHANNELS: &[&str] = &[
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
];
const POOLING: &[&str] = &[
    "MaxPooling1D",
    "MaxPooling2D",
    "AveragePooling1D",
    "AveragePooling2D",
];

/// Classes, argument, and what it does there.
#[rustfmt::skip]
const ARGUMENTS: &[(&[&str], &str, &str)] = &[
    // Dense, and what many layers have.
    (ALL, "units", "how many features come out"),
    (RECURRENT, "units", "how many features come out of a step; the state has as many"),
    (ALL, "activation", "the function that the sums go through; `None`: they stay as they are"),
    (&["Activation"], "activation", "the function"),
    (&["LSTM"], "activation", "the function of the candidate and of what comes out"),
    (&["GRU"], "activation", "the function of the candidate"),
    (&["SimpleRNN"], "activation", "the function that each step goes through"),
    (ALL, "use_bias", "whether a bias is added"),
    (ALL, "kernel_initializer", "what the kernel begins with"),
    (ALL, "bias_initializer", "what the bias begins with"),
    (ALL, "kernel_regularizer", "a penalty on the kernel, which is added to the loss"),
    (ALL, "bias_regularizer", "a penalty on the bias, which is added to the loss"),
    (ALL, "activity_regularizer", "a penalty on the output, divided by the samples of the batch, which is added to the loss"),
    (ALL, "kernel_constraint", "what the kernel is projected to after each step of the training"),
    (ALL, "bias_constraint", "what the bias is projected to after each step of the training"),
    // Embedding.
    (ALL, "input_dim", "how many different tokens there are: they count from 0, and all are less than this"),
    (ALL, "output_dim", "how many features a token becomes"),
    (ALL, "embeddings_initializer", "what the table begins with"),
    (ALL, "embeddings_regularizer", "a penalty on the table, which is added to the loss"),
    (ALL, "embeddings_constraint", "what the table is projected to after each step of the training"),
    (ALL, "mask_zero", "whether token 0 is padding, which the recurrent layers behind it skip"),
    // Convolutions and pooling.
    (ALL, "filters", "how many channels come out"),
    (ALL, "kernel_size", "the size of the window"),
    (ALL, "strides", "how far the window moves from one output to the next"),
    (POOLING, "strides", "how far the window moves from one output to the next; `None`: as far as `pool_size`"),
    (ALL, "padding", "`\"valid\"`: windows lie within the input; `\"same\"`: zeros around it, so that with strides of 1 the size stays"),
    (&["Conv1D", "SeparableConv1D"], "padding", "`\"valid\"`: windows lie within the input; `\"same\"`: zeros around it, so that with strides of 1 the \
                              size stays; `\"causal\"`: all these zeros before it, so that no output sees what comes later"),
    (POOLING, "padding", "`\"valid\"`: windows lie within the input; `\"same\"`: they reach over its border, where nothing counts"),
    (ALL, "data_format", "the order of the axes: the channels are the last one"),
    (ALL, "dilation_rate", "the distance between neighbours in the window; more than 1 only with strides of 1"),
    (BY_CHANNELS, "dilation_rate", "the distance between neighbours in the window"),
    (ALL, "depth_multiplier", "how many channels each channel becomes"),
    (ALL, "depthwise_initializer", "what the kernel of the channels begins with"),
    (ALL, "depthwise_regularizer", "a penalty on the kernel of the channels, which is added to the loss"),
    (ALL, "depthwise_constraint", "what the kernel of the channels is projected to after each step of the training"),
    (ALL, "pointwise_initializer", "what the kernel that mixes the channels begins with"),
    (ALL, "pointwise_regularizer", "a penalty on the kernel that mixes the channels, which is added to the loss"),
    (ALL, "pointwise_constraint", "what the kernel that mixes the channels is projected to after each step of the training"),
    (ALL, "groups", "into how many groups channels and filters are divided, each with a part of the kernel for itself"),
    (ALL, "pool_size", "the size of the window"),
    (ALL, "keepdims", "whether the axes that are pooled stay, with size 1"),
    // Recurrent layers.
    (ALL, "recurrent_activation", "the function of the gates"),
    (ALL, "recurrent_initializer", "what the recurrent kernel begins with"),
    (ALL, "recurrent_regularizer", "a penalty on the recurrent kernel, which is added to the loss"),
    (ALL, "recurrent_constraint", "what the recurrent kernel is projected to after each step of the training"),
    (ALL, "unit_forget_bias", "whether the bias of the forget gate begins with 1"),
    (ALL, "reset_after", "whether the reset gate comes after the product with the state (and the bias has two rows) or before it"),
    (ALL, "dropout", "the share of the input's features that training sets to 0, the same ones in all steps; at least 0 and less than 1"),
    (ALL, "recurrent_dropout", "the share of the state's units that training sets to 0, the same ones in all steps; at least 0 and less than 1"),
    (ALL, "return_sequences", "whether the outputs of all steps come out, or that of the last step alone"),
    (ALL, "go_backwards", "whether the last step of the input comes first; outputs come in the order of the work"),
    (ALL, "stateful", "whether a batch goes on with the state that the one before has left; needs the batch size"),
    (ALL, "unroll", "is taken and changes nothing: it says how Keras builds its graph"),
    (ALL, "layer", "the layer of a step, with its arguments: `Dense(8)`"),
    // Normalization.
    (&["BatchNormalization"], "axis", "the axis of the channels; the batch axis is 0, negative ones count from the end"),
    (&["LayerNormalization"], "axis", "the axis, or neighbouring axes in ascending order, over which mean and variance are taken; the batch axis is 0"),
    (ALL, "momentum", "how much of the moving averages stays in a step of the training"),
    (ALL, "epsilon", "is added to the variance; more than 0"),
    (ALL, "center", "whether beta is added"),
    (ALL, "scale", "whether there is a factor gamma"),
    (ALL, "beta_initializer", "what beta begins with"),
    (ALL, "gamma_initializer", "what gamma begins with"),
    (ALL, "moving_mean_initializer", "what the moving mean begins with"),
    (ALL, "moving_variance_initializer", "what the moving variance begins with"),
    (ALL, "beta_regularizer", "a penalty on beta, which is added to the loss"),
    (ALL, "gamma_regularizer", "a penalty on gamma, which is added to the loss"),
    (ALL, "beta_constraint", "what beta is projected to after each step of the training"),
    (ALL, "gamma_constraint", "what gamma is projected to after each step of the training"),
    // Regularization.
    (ALL, "rate", "the share of the values that training sets to 0; at least 0 and less than 1"),
    (ALL, "l1", "the factor of the sum of absolute values"),
    (ALL, "l2", "the factor of the sum of squares"),
    // Activations with arguments.
    (ALL, "theta", "the threshold; not negative"),
    (ALL, "alpha_initializer", "what the slopes begin with"),
    (ALL, "alpha_regularizer", "a penalty on the slopes, which is added to the loss"),
    (ALL, "alpha_constraint", "what the slopes are projected to after each step of the training"),
    (ALL, "shared_axes", "the axes along which one slope serves all places, counted from 1; `None`: each place has its own"),
    // Reshaping.
    (ALL, "target_shape", "the new shape, without the batch; -1 stands for what is left"),
    (ALL, "n", "how many times"),
    (ALL, "dims", "which axis of the input becomes the first, the second and so on; they count from 1"),
    (&["ZeroPadding1D"], "padding", "how many zeros: one number for both ends, or a pair (before, behind)"),
    (&["ZeroPadding2D"], "padding", "how many zeros: one number for all sides, a pair (rows, columns), or ((above, below), (left, right))"),
    (&["Cropping1D"], "cropping", "how many steps go: one number for both ends, or a pair (before, behind)"),
    (&["Cropping2D"], "cropping", "how many go: one number for all sides, a pair (rows, columns), or ((above, below), (left, right))"),
    (&["UpSampling1D"], "size", "how many times each step comes"),
    (&["UpSampling2D"], "size", "how many times as large the image becomes: one number, or a pair (rows, columns)"),
    (ALL, "interpolation", "`\"nearest\"`: each pixel is repeated; `\"bilinear\"`: values between the centres of the pixels"),
];

/// What the arguments of [`COMMON`](crate::COMMON) do, which every layer takes by name.
#[rustfmt::skip]
pub const ABOUT_COMMON: &[(&str, &str)] = &[
    ("name", "the layer's name, and that of the field with its weights; else `dense_1`, `dense_2` and so on"),
    ("input_shape", "the shape of a sample, without the batch: a tuple such as `(28, 28, 1)`, or with `None` in front, `(None, 16)`, for a sequence of any length. On the first layer, unless an `Input` says it"),
    ("input_dim", "the same for samples that are vectors (or, with `input_length`, the features of a step; of a recurrent layer without it those of any number of steps)"),
    ("input_length", "the number of steps of a sequence; a first `Embedding` without it takes any number of tokens"),
    ("batch_input_shape", "the shape with the batch size before it, such as `(32, 10, 4)`, for stateful layers"),
    ("batch_size", "the batch size alone, for stateful layers"),
    ("dtype", "`\"float32\"`, or `\"int32\"` for tokens"),
    ("trainable", "`false`: the weights stay as they are in training"),
    ("activity_regularizer", "a penalty on the output, divided by the samples of the batch, which is added to the loss"),
];

/// Initializers by what is drawn, regularizers by the penalty on the array `w`, constraints by what becomes of `w`.
#[rustfmt::skip]
const OBJECTS: &[(&str, &str)] = &[
    ("glorot_uniform", "uniform within `sqrt(6 / (fan_in + fan_out))`"),
    ("glorot_normal", "normal, of variance `2 / (fan_in + fan_out)`, cut at two standard deviations"),
    ("he_normal", "normal, of variance `2 / fan_in`, cut at two standard deviations"),
    ("he_uniform", "uniform within `sqrt(6 / fan_in)`"),
    ("lecun_normal", "normal, of variance `1 / fan_in`, cut at two standard deviations"),
    ("lecun_uniform", "uniform within `sqrt(3 / fan_in)`"),
    ("zeros", "0"),
    ("ones", "1"),
    ("constant", "the value"),
    ("random_normal", "normal"),
    ("random_uniform", "uniform from `minval` to `maxval`"),
    ("truncated_normal", "normal, drawn again beyond two standard deviations from the mean"),
    ("variance_scaling", "of variance `scale / n`, where n is `fan_in`, `fan_out` or their mean"),
    ("orthogonal", "a random orthogonal matrix times `gain`"),
    ("identity", "`gain` on the diagonal, else 0"),
    ("l1", "`l1 * sum(abs(w))`"),
    ("l2", "`l2 * sum(square(w))`"),
    ("l1_l2", "`l1 * sum(abs(w)) + l2 * sum(square(w))`"),
    ("orthogonal_regularizer", "`factor *` the mean of `abs(cos)` over all pairs of rows, or of columns"),
    ("max_norm", "`w * min(norm, max_value) / (epsilon + norm)`"),
    ("non_neg", "`max(w, 0)`"),
    ("unit_norm", "`w / (epsilon + norm)`"),
    ("min_max_norm", "`w * (rate * clip(norm, min_value, max_value) + (1 - rate) * norm) / (epsilon + norm)`"),
];

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::layers;
    use std::vec::Vec;

    #[test]
    fn each_argument_is_explained() {
        for row in layers() {
            for param in row.params.iter().filter(|param| param.kind != Kind::Later) {
                let explained = row.about(param).is_some();
                assert!(
                    explained,
                    "{} {}: no text in ARGUMENTS",
                    row.class, param.name
                );
            }
        }
        let common: Vec<&str> = ABOUT_COMMON.iter().map(|row| row.0).collect();
        assert_eq!(common, crate::COMMON);
    }

    #[test]
    fn each_function_is_explained() {
        let families = [
            &crate::INITIALIZERS,
            &crate::REGULARIZERS,
            &crate::CONSTRAINTS,
        ];
        let rows = || families.iter().flat_map(|family| family.rows);
        for row in rows() {
            assert!(row.about().is_some(), "{}: no text in OBJECTS", row.name);
        }
        assert_eq!(rows().count(), OBJECTS.len(), "a text of nothing");
    }

    #[test]
    fn each_text_is_of_an_argument() {
        for (classes, name, text) in ARGUMENTS {
            for class in classes.iter().filter(|class| **class != ANY) {
                let row = crate::layer(class).and_then(|row| row.param(name));
                assert!(row.is_some(), "{class} has no {name}");
            }
            let mut rows = layers();
            let used = rows.any(|row| row.param(name).and_then(|p| row.about(p)) == Some(text));
            assert!(used, "nobody reads the text of {name}: {text}");
        }
    }
}
