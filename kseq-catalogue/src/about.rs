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
            Kind::Margins(2) => "a number, or a tuple such as ((1, 2), (3, 4))",
            Kind::Margins(_) => "a number, or a tuple such as ((1, 2), (3, 4), (5, 6))",
            Kind::Extra(1) => "a number, or a tuple such as (1,)",
            Kind::Extra(2) => "a number, or a tuple such as (1, 0)",
            Kind::Extra(_) => "a number, or a tuple such as (1, 0, 1)",
            Kind::Permutation => "a tuple of positive integers such as (2, 1)",
            Kind::TargetShape => {
                "a tuple of positive integers such as (7, 7, 64), one of which may be -1"
            }
            Kind::NoiseShape => "a tuple such as (None, 1, None)",
            Kind::Seed => "a whole number, or `None`",
            Kind::Axis => "an integer such as -1",
            Kind::Axes => "an integer such as -1, or a tuple of them",
            Kind::AxesOrNone => "an integer such as -1, a tuple of them, or `None`",
            Kind::Real => "a number",
            Kind::Flag => "`true` or `false`",
            Kind::Activation => "an activation",
            Kind::Initializer => "an initializer",
            Kind::Regularizer => "a regularizer",
            Kind::Constraint => "a constraint",
            Kind::Layer => "a layer",
            Kind::Layers => "a list of layers, or the name of a model",
            Kind::Function => "a function",
            Kind::Word(_) => "a string",
            Kind::OneOf(_) => "one of some numbers",
            Kind::Later => "`None`",
            Kind::In(_) | Kind::InOrNone(_) => "a number",
            Kind::Whole(_) | Kind::Thresholds | Kind::Classes => "a whole number",
            Kind::LearningRate => "a number or a schedule",
            Kind::Switch => "`true` or `false`",
            Kind::Several(_) => "a number or a list of numbers",
            Kind::Reals | Kind::Wholes => "a list of numbers",
            Kind::Dict(_) => "a dict of numbers, `{\"name\": 0.5}`",
            Kind::Ids => "a list of class numbers",
            Kind::Names => "a list of names",
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
const CONVOLUTIONAL: &[&str] = &["ConvLSTM1D", "ConvLSTM2D"];
const POOLING: &[&str] = &[
    "MaxPooling1D",
    "MaxPooling2D",
    "AveragePooling1D",
    "AveragePooling2D",
    "MaxPooling3D",
    "AveragePooling3D",
];
const RESIZED: &[&str] = &["Resizing", "CenterCrop", "RandomCrop"];
/// Layers that make something else of some images.
const SOME: &[&str] = &[
    "RandomGaussianBlur",
    "RandomErasing",
    "RandomInvert",
    "RandomPerspective",
];
const WARPS: &[&str] = &[
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomShear",
    "RandomPerspective",
];

const TRANSPOSED: &[&str] = &["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"];
const LOCAL: &[&str] = &["LocallyConnected1D", "LocallyConnected2D"];

/// Classes, argument, and what it does there.
#[rustfmt::skip]
const ARGUMENTS: &[(&[&str], &str, &str)] = &[
    // Dense, and what many layers have.
    (ALL, "units", "how many features come out"),
    (RECURRENT, "units", "how many features come out of a step; the state has as many"),
    (ALL, "activation", "the function that the sums go through; `None`: they stay as they are"),
    (&["Activation"], "activation", "the function"),
    (&["LSTM"], "activation", "the function of the candidate and of what comes out"),
    (CONVOLUTIONAL, "activation", "the function of the candidate and of what comes out"),
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
    (ALL, "mask_zero", "whether token 0 is padding, which the recurrent layers behind it skip, and which the loss leaves out"),
    // Masking.
    (ALL, "mask_value", "a step that consists of this value is padding"),
    // Convolutions and pooling.
    (ALL, "filters", "how many channels come out"),
    (ALL, "kernel_size", "the size of the window"),
    (ALL, "strides", "how far the window moves from one output to the next"),
    (POOLING, "strides", "how far the window moves from one output to the next; `None`: as far as `pool_size`"),
    (ALL, "padding", "`\"valid\"`: windows lie within the input; `\"same\"`: zeros around it, so that with strides of 1 the size stays"),
    (&["Conv1D", "SeparableConv1D"], "padding", "`\"valid\"`: windows lie within the input; `\"same\"`: zeros around it, so that with strides of 1 the \
                              size stays; `\"causal\"`: all these zeros before it, so that no output sees what comes later"),
    (POOLING, "padding", "`\"valid\"`: windows lie within the input; `\"same\"`: they reach over its border, where nothing counts"),
    (TRANSPOSED, "strides", "how far the windows of neighbours in the input are from each other in the output"),
    (TRANSPOSED, "padding", "`\"valid\"`: all places that a window covers come out; `\"same\"`: as many as the size times the strides"),
    (TRANSPOSED, "output_padding", "how many places there are besides, less than `strides`: with `\"valid\"` behind all windows, with \
                                    `\"same\"` on `(n - 1) * strides + window % 2`; `None`: as `padding` says"),
    (LOCAL, "padding", "windows lie within the input"),
    (LOCAL, "kernel_initializer", "what the kernels begin with"),
    (LOCAL, "bias_initializer", "what the biases begin with"),
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
    (&["LocallyConnected1D", "LocallyConnected2D"], "implementation", "how Keras 2 computes, which changes nothing here; with 1 there is no `padding = \"same\"`"),
    (ALL, "implementation", "with 1 each gate has a dropout mask of its own, as with a `recurrent_dropout` (so in Keras 3); nothing else depends on it"),
    (ALL, "zero_output_for_mask", "whether a masked step gives zeros, and not the output of the step before"),
    (ALL, "return_state", "takes nothing but its default"),
    (ALL, "time_major", "takes nothing but its default"),
    (ALL, "cell", "the cell of a step, with its arguments, or a list of cells: `LSTMCell(8)`"),
    (&["Bidirectional"], "layer", "the layer that reads the sequence forwards: `LSTM(8)`; the one that reads it backwards is the same with weights of its own"),
    (ALL, "merge_mode", "how the two outputs become one: side by side, or as sum, product or mean"),
    (&["Bidirectional"], "weights", "takes nothing but its default"),
    (ALL, "backward_layer", "another layer for the way backwards, with `go_backwards = true`"),
    (ALL, "go_backwards", "whether the last step of the input comes first; outputs come in the order of the work"),
    (ALL, "stateful", "whether a batch goes on with the state that the one before has left; needs the batch size"),
    (ALL, "unroll", "is taken and changes nothing: it says how Keras builds its graph"),
    (ALL, "layer", "the layer of a step, with its arguments: `Dense(8)`"),
    (ALL, "layers", "the layers, `[Dense(8), Dense(4)]`, or a model that `sequential!` has made, by its name"),
    (&["Residual"], "layers", "the layers that compute what is added: `[Dense(8), Dense(4)]`, or a model that `sequential!` has made, by its name"),
    (ALL, "function", "`fn(f32) -> f32`, for each value; with `output_shape` `fn(&In, &mut Out)`, for each sample"),
    (&["Lambda"], "output_shape", "the shape of what the function gives, without the batch; `None`: it is one of single values"),
    (ALL, "gradient", "the derivative, `fn(f32) -> f32`; with `output_shape` `fn(&In, &Out, &mut In)`: from the sample and the gradient of the \
                       output that of the sample. (Keras finds it by itself)"),
    // Attention.
    (ALL, "num_heads", "in how many heads the steps look at each other"),
    (ALL, "key_dim", "how many features the queries and the keys of a head have"),
    (ALL, "value_dim", "how many features the values of a head have; `None`: as many as its keys"),
    (&["MultiHeadAttention", "GroupQueryAttention"], "dropout", "the share of the weights of the sums that training sets to 0; at least 0 and less than 1"),
    (ALL, "equation", "the axes of input, kernel and output, each a letter: `\"abc,cd->abd\"`; `...` stands for all others, that of the batch among them if it is in front"),
    (&["EinsumDense"], "output_shape", "the sizes of the axes of the output that the equation names, without the batch: `(None, 64)`; `None`: that of the input"),
    (ALL, "bias_axes", "the axes of the output, by their letters, for each of whose places there is a bias; `None`: no bias"),
    (&["MultiHeadAttention"], "output_shape", "the shape of what comes out of each step, `(16,)` or `(4, 8)`; `None`: as many features as come in"),
    (ALL, "attention_axes", "the axis, or axes side by side, whose places look at each other; the batch axis is 0; `None`: all but that of the features"),
    (ALL, "flash_attention", "is taken with its default: another way to compute the same, which Keras has on some devices"),
    (ALL, "sliding_window", "a step looks only at those that are fewer steps away; `None`: at all"),
    (ALL, "use_gate", "whether what the heads give is multiplied by a sigmoid of a product of the input"),
    (ALL, "head_dim", "how many features the queries, keys and values of a head have"),
    (ALL, "num_query_heads", "how many heads of queries there are: a multiple of those of keys and values"),
    (ALL, "num_key_value_heads", "how many heads of keys and values there are, each for as many heads of queries"),
    (ALL, "use_causal_mask", "whether a step looks only at itself and those before"),
    (&["MultiHeadAttention", "GroupQueryAttention"], "kernel_regularizer", "a penalty on each of the kernels, which is added to the loss"),
    (&["MultiHeadAttention", "GroupQueryAttention"], "bias_regularizer", "a penalty on each of the biases, which is added to the loss"),
    (&["MultiHeadAttention", "GroupQueryAttention"], "kernel_constraint", "what each of the kernels is projected to after each step of the training"),
    (&["MultiHeadAttention", "GroupQueryAttention"], "bias_constraint", "what each of the biases is projected to after each step of the training"),
    // Normalization.
    (&["BatchNormalization"], "axis", "the axis of the channels; the batch axis is 0, negative ones count from the end"),
    (&["LayerNormalization"], "axis", "the axis, or neighbouring axes in ascending order, over which mean and variance are taken; the batch axis is 0"),
    (&["GroupNormalization"], "axis", "the axis of the channels; the batch axis is 0, negative ones count from the end"),
    (&["GroupNormalization"], "groups", "into how many groups the channels are divided; -1: each is a group of its own"),
    (&["RMSNormalization"], "axis", "the axis, or the axes, over which the mean of the squares is taken; the batch axis is 0"),
    (&["RMSNormalization"], "epsilon", "is added to the mean of the squares; more than 0"),
    (&["UnitNormalization"], "axis", "the axis, or the axes, along which the length becomes 1; the batch axis is 0"),
    (&["SpectralNormalization"], "layer", "the layer whose kernel is divided, with its arguments: `Dense(8)`"),
    (ALL, "power_iterations", "how often a step of the training improves the estimate of the largest singular value"),
    (ALL, "rms_scaling", "whether the mean is not subtracted, and there is no beta; what the variance is stays"),
    (ALL, "momentum", "how much of the moving averages stays in a step of the training"),
    (&["Discretization"], "epsilon", "how exactly the ends are learned: with 0.01 from about 100 of the values in order"),
    (ALL, "epsilon", "is added to the variance; more than 0"),
    (ALL, "renorm", "whether training corrects the moments of a batch by moving averages of them (batch renormalization)"),
    (ALL, "renorm_clipping", "the largest and the smallest correction of the standard deviation, and the largest one of the mean"),
    (ALL, "renorm_momentum", "how much of these averages stays in a step of the training"),
    (ALL, "synchronized", "whether the moments of a training on several ranks are those of all, not of each by itself"),
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
    (&["GaussianDropout"], "rate", "the variance of the factors is `rate / (1 - rate)`; at least 0 and less than 1"),
    (&["AlphaDropout"], "rate", "the share of the values that training replaces; at least 0 and less than 1"),
    (ALL, "stddev", "the standard deviation of what training adds; from 0 to 1"),
    (ALL, "noise_shape", "for the batch and each axis `None` or its size, or 1 where what is dropped is the same all along; `None`: each value by itself"),
    (ALL, "seed", "`None`: the random numbers follow from the model's seed and the layer's place; a number: from it alone"),
    (ALL, "l1", "the factor of the sum of absolute values"),
    (ALL, "l2", "the factor of the sum of squares"),
    // Activations with arguments.
    (ALL, "max_value", "the largest output, not negative; `None`: there is none"),
    (ALL, "negative_slope", "what values below the threshold are multiplied by (what they lack of it, if it is not 0); not negative"),
    (&["LeakyReLU"], "negative_slope", "what negative values are multiplied by; not negative"),
    (ALL, "threshold", "up to this value the output is 0, or what `negative_slope` makes of it; not negative"),
    (&["ELU"], "alpha", "how far below 0 the output goes"),
    (&["Softmax"], "axis", "the axis, or the axes, along which the outputs sum to 1; the batch axis is 0"),
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
    (&["ZeroPadding3D"], "padding", "how many zeros: one number for all sides, a triple (planes, rows, columns), or a pair for each axis: ((before, behind), (above, below), (left, right))"),
    (&["Cropping3D"], "cropping", "how many go: one number for all sides, a triple (planes, rows, columns), or a pair for each axis: ((before, behind), (above, below), (left, right))"),
    (&["UpSampling3D"], "size", "how many times as large the volume becomes: one number, or a triple (planes, rows, columns)"),
    (&["UpSampling2D"], "interpolation", "`\"nearest\"`: each pixel is repeated; the others: values between the centres of the pixels, by two, four (`\"bicubic\"`), six or ten pixels on each axis"),
    (ALL, "output_size", "into how many parts each axis is divided: one number, or one for each axis"),
    // Preprocessing.
    (&["Rescaling"], "scale", "what values are multiplied by: one number, or one for each feature or channel"),
    (&["Rescaling"], "offset", "what is added: one number, or one for each feature or channel"),
    (&["Normalization"], "axis", "the axes that have a mean for each of their places; `None`: one mean for all; the batch axis is 0"),
    (&["Normalization"], "mean", "the mean, or one for each place on the axes; without it `adapt` learns it"),
    (&["Normalization"], "variance", "the variance, like the mean"),
    (&["IntegerLookup"], "invert", "whether the layer does the opposite: tokens for places"),
    (&["Normalization"], "invert", "whether the layer does the opposite: `mean + x * sqrt(variance)`"),
    (RESIZED, "height", "the rows that come out"),
    (RESIZED, "width", "the columns that come out"),
    (&["Resizing"], "interpolation", "how values between pixels come about: from the nearest one, from 2, 4, 6 or 10 of them on each axis, or as the average of an area"),
    (&["Resizing"], "crop_to_aspect_ratio", "whether an image of another ratio loses what is too long of it, in place of being stretched"),
    (&["Resizing"], "pad_to_aspect_ratio", "whether it gets borders"),
    (ALL, "value_range", "the smallest and the largest value of an image"),
    (&["RandomFlip"], "mode", "which sides change places: left and right, above and below, or both at once"),
    (&["RandomRotation"], "factor", "how far it turns, in full turns: two numbers are the ends of what is drawn, one is how far it goes on both sides"),
    (&["RandomZoom"], "height_factor", "how much more (or, negative, less) of the height is seen; two numbers, or one for both sides"),
    (&["RandomZoom"], "width_factor", "the same of the width; `None`: the ratio stays"),
    (&["RandomTranslation"], "height_factor", "how far it moves down, as a share of the height; two numbers, or one for both sides"),
    (&["RandomTranslation"], "width_factor", "how far it moves to the right, as a share of the width"),
    (&["RandomRotation", "RandomZoom", "RandomTranslation", "RandomShear"], "fill_mode", "what is beyond the borders: the image in a mirror, the image again, a value, or the pixels of the border"),
    (WARPS, "fill_value", "the value beyond the borders"),
    (WARPS, "interpolation", "from the nearest pixel, or between the four neighbours"),
    (&["RandomShear"], "x_factor", "how far a row moves for each row, from 0 to 1, to both sides"),
    (&["RandomShear"], "y_factor", "how far a column moves for each column"),
    (&["RandomContrast"], "factor", "from `1 - lower` to `1 + upper` is drawn what the distances from the mean are multiplied by; one number is the upper one"),
    (&["RandomBrightness"], "factor", "what is added, as a share of the range of values"),
    (&["RandomSaturation"], "factor", "`f / (1 - f)` is what the saturation is multiplied by"),
    (&["RandomHue"], "factor", "how far the hue turns, 1 is half of the circle"),
    (&["RandomColorJitter"], "brightness_factor", "that of `RandomBrightness`; `None`: nothing is done"),
    (&["RandomColorJitter"], "contrast_factor", "that of `RandomContrast`"),
    (&["RandomColorJitter"], "saturation_factor", "that of `RandomSaturation`"),
    (&["RandomColorJitter"], "hue_factor", "that of `RandomHue`"),
    (&["RandomGrayscale"], "factor", "the share of images that lose their colour"),
    (&["RandomColorDegeneration"], "factor", "how much of its colour an image loses"),
    (&["Solarization"], "addition_factor", "up to which share of the range something is added"),
    (&["Solarization"], "threshold_factor", "up to which share of the range the threshold is drawn, beyond which a value becomes its negative"),
    (&["RandomPosterization"], "factor", "how many of the eight bits of a value stay: two numbers (the second is not reached), or one that is not reached"),
    (&["RandomSharpness"], "factor", "0 is smooth, 0.5 as it is, 1 sharp"),
    (&["RandomGaussianBlur"], "sigma", "how wide the blur is; one number is the largest"),
    (&["RandomPerspective"], "scale", "how far the corners move, as a share of half the image"),
    (SOME, "factor", "the share of images, which itself is drawn: between two numbers, or up to one"),
    (&["RandomErasing"], "scale", "the share of the image that is covered, between two numbers"),
    (&["RandomErasing"], "fill_value", "what covers it: one number, or one for each channel; `None`: noise"),
    (ALL, "num_tokens", "how many different tokens there are: they count from 0"),
    (ALL, "output_mode", "`\"int\"`: the number of each value; `\"one_hot\"`: for each value ones and zeros; `\"multi_hot\"`: one vector with the ones of all values; `\"count\"`: how often each comes; `\"tf_idf\"`: the same, each count by the weight of its token"),
    (ALL, "bin_boundaries", "where an interval ends and the next begins, in ascending order; `None`: `adapt` learns it"),
    (ALL, "num_bins", "how many intervals `adapt` learns, with as many values in each"),
    (ALL, "vocabulary", "the tokens, in the order of their numbers; `None`: `adapt` learns them"),
    (ALL, "max_tokens", "how many places there are at most, those for padding and for what is not in the vocabulary among them; needed by `adapt`"),
    (ALL, "oov_token", "what stands for all that is not in the vocabulary, where `invert` gives tokens"),
    (ALL, "idf_weights", "of each token of the vocabulary the weight, for `output_mode = \"tf_idf\"`; what is not in it has their mean"),
    (ALL, "pad_to_max_tokens", "whether vectors have `max_tokens` places, also of a smaller vocabulary"),
    (ALL, "vocabulary_dtype", "the type of the tokens"),
    (ALL, "num_oov_indices", "how many numbers there are for what is not in the vocabulary; with several the remainder of a division decides"),
    (ALL, "mask_token", "the token that is padding: with `output_mode = \"int\"` it is 0, and else it does not count"),
    (&["Resizing"], "fill_mode", "what the borders are: all the same value"),
    (&["Resizing"], "fill_value", "that value"),
    (&["Resizing"], "antialias", "whether what is finer than the new pixels is taken out: for a smaller image; changes nothing with `\"nearest\"` and `\"area\"`"),
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
