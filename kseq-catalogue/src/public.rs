//! The public names of Keras that are no row of a table: what they are here, or why they are not. `KERAS.md` has a table
//! of all names, made from `xtask/src/keras_names.txt` (`tests/keras_names.py`), and a test fails for a name without
//! exactly one answer.

/// Names of one of Keras's modules.
#[derive(Debug)]
pub struct Public {
    /// The module below `keras`: `layers`.
    pub module: &'static str,
    /// The names.
    pub names: &'static [&'static str],
    /// What they are here, or why they are not, Markdown.
    pub says: &'static str,
}

const fn public(
    module: &'static str,
    names: &'static [&'static str],
    says: &'static str,
) -> Public {
    Public {
        module,
        names,
        says,
    }
}

const MERGES: &str = "merges several inputs; a `Sequential` has one";
const ATTENDS: &str = "attends from one input to another; a `Sequential` has one input";
const SERIAL: &str = "a model is a program, and no configuration is read from a file";

/// Names that are no rows: where they are.
#[rustfmt::skip]
pub const ELSEWHERE: &[Public] = &[
    public("layers", &["Input", "InputLayer"], "the declared input"),
    public("layers", &["GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"], "what `RNN` is given"),
    public("layers", &["Layer", "Wrapper"], "the trait `Layer`, which a layer of your own implements"),
    public("activations", &["glu"], "the layer `Activation(\"glu\")`"),
    public("losses", &["Loss"], "the trait `Loss`, which a loss of your own implements"),
    public("losses", &["LossFunctionWrapper"], "`losses::function`"),
    public("metrics", &["Metric", "metric"], "the trait `Metric`, which a metric of your own implements"),
    public("metrics", &["MeanMetricWrapper", "mean_metric_wrapper"], "`metrics::MeanMetricWrapper`"),
    public("optimizers", &["Optimizer", "optimizer"], "the trait `Optimizer`, which an optimizer of your own implements"),
    public("optimizers.schedules", &["LearningRateSchedule"], "the trait `LearningRateSchedule`"),
    public("initializers", &["Initializer", "initializer"], "the type `Initializer`"),
    public("regularizers", &["Regularizer", "regularizer"], "the type `Regularizer`, with `Regularizer::Custom`"),
    public("constraints", &["Constraint", "constraint"], "the type `Constraint`, with `Constraint::Custom`"),
    public("callbacks", &["Callback"], "the trait `Callback`, which a callback of your own implements"),
    public(
        "callbacks",
        &[
            "BackupAndRestore", "CSVLogger", "EarlyStopping", "History", "LambdaCallback", "LearningRateScheduler",
            "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "SwapEMAWeights", "TensorBoard", "TerminateOnNaN",
        ],
        "the same",
    ),
    public("utils", &["PyDataset", "Sequence"], "the trait `Sequence`"),
    public("utils", &["set_random_seed"], "`Net::new(seed)`"),
    public("utils", &["model_to_dot", "plot_model"], "`utils::plot_model`, `utils::model_to_dot`"),
    public("utils", &["to_categorical"], "`to_categorical`"),
    public("utils", &["array_to_img", "img_to_array", "load_img", "save_img"], "the same in `preprocessing::image`"),
    public("preprocessing.image", &["array_to_img", "img_to_array", "load_img", "save_img"], "the same"),
    public("preprocessing.image", &["smart_resize"], "`Picture::smart_resized`"),
    public("utils", &["image_dataset_from_directory"], "`preprocessing::image::ImageFiles`"),
    public("utils", &["text_dataset_from_directory"], "`preprocessing::text::text_files`"),
    public("utils", &["normalize"], "`utils::normalize`"),
    public("utils", &["timeseries_dataset_from_array"], "`preprocessing::timeseries::TimeseriesDataset`"),
    public("utils", &["pad_sequences"], "`preprocessing::sequence::pad_sequences`"),
    public("layers", &["TextVectorization"], "`preprocessing::text::TextVectorization`, before the model"),
    public("layers", &["StringLookup"], "`preprocessing::text::StringLookup`, before the model"),
    public("layers", &["Pipeline"], "a list of layers in the list, `Sequential([..])`"),
    public("preprocessing.sequence", &["pad_sequences"], "`preprocessing::sequence::pad_sequences`"),
];

/// Names that are not here, and why.
#[rustfmt::skip]
pub const ABSENT: &[Public] = &[
    public("layers", &["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"], MERGES),
    public("layers", &["add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"], MERGES),
    public("layers", &["AdditiveAttention", "Attention"], ATTENDS),
    public("layers", &["Hashing"], "hashes as TensorFlow does; `IntegerLookup` and `preprocessing::text` give tokens numbers"),
    public("layers", &["AugMix", "RandAugment"], "chains other random layers at random; write those that are meant in the list"),
    public("layers", &["Equalization"], "counts the values of all images of a batch together in Keras 3.15, so that an image would depend on its neighbours; `AutoContrast` stretches the values of each one"),
    public("layers", &["RandomElasticTransform"], "puts the distorted first image in place of all others of a batch in a model of Keras 3.15 on TensorFlow; \
        `RandomPerspective` and `RandomShear` distort each image by itself"),
    public("layers", &["ContrastLimitedAdaptiveHistogramEqualization"], "makes the same of an image each time, and passes no gradient on; \
        do it once, with the images, before the model, or write `AutoContrast`"),
    public("layers", &["MelSpectrogram", "STFTSpectrogram"], "is a Fourier transform of sound, which kseq neither reads nor transforms; give a model the spectrograms of a crate for sound"),
    public("layers", &["ConvLSTM3D"], "takes samples of five axes, and a sample has at most four; `ConvLSTM2D` takes sequences of images, and its channels may be the planes of a volume"),
    public("layers", &["EinsumDense"], "takes an equation as a string, which Keras's own layers say by their names: the last axis of any input is `Dense`'s, \
        another one is the last behind a `Permute`, and several are one behind a `Reshape`"),
    public("layers", &["ReversibleEmbedding"], "is an `Embedding` that a model uses a second time, backwards; a list of layers uses each once, so write `Embedding`, and `Dense` at the end"),
    public("layers", &["HashedCrossing"], "crosses two inputs; a `Sequential` has one"),
    public("layers", &["CutMix", "MixUp"], "mixes samples with their targets, which a layer does not see"),
    public("layers", &["MaxNumBoundingBoxes"], "takes a dictionary of boxes and labels; a sample is one array"),
    public("layers", &["FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"], "holds a model of another framework"),
    public("layers", &["InputSpec"], "the compiler knows what a layer takes by its shape rule"),
    public("layers", &["deserialize", "serialize"], SERIAL),
    public("losses", &["deserialize", "get", "serialize"], SERIAL),
    public("metrics", &["deserialize", "get", "serialize"], SERIAL),
    public("optimizers", &["deserialize", "get", "serialize"], SERIAL),
    public("optimizers.schedules", &["deserialize", "serialize"], SERIAL),
    public("activations", &["deserialize", "get", "serialize"], SERIAL),
    public("activations", &["threshold"], "takes two arguments, which no string gives; `ReLU(threshold = 0.5)`"),
    public("initializers", &["deserialize", "get", "serialize"], SERIAL),
    public("regularizers", &["deserialize", "get", "serialize"], SERIAL),
    public("constraints", &["deserialize", "get", "serialize"], SERIAL),
    public(
        "metrics",
        &["io_u", "mean_io_u", "one_hot_io_u", "one_hot_mean_io_u", "precision_at_recall", "recall_at_precision",
          "sensitivity_at_specificity", "specificity_at_sensitivity"],
        "has an argument that must be given; the word alone is an error of Keras's, too",
    ),
    public("metrics", &["mean", "sum"], "a metric of values, not of targets and outputs"),
    public("optimizers", &["LossScaleOptimizer", "lossscaleoptimizer"], "scales gradients of half precision, which there is not"),
    public(
        "optimizers",
        &["MultiOptimizer", "OptimizerMap", "multioptimizer", "optimizermap"],
        "gives layers optimizers of their own; a model has one, and `trainable`",
    ),
    public("initializers", &["STFT", "STFTInitializer", "stft"], "initializes the kernels of `STFTSpectrogram`, which is no layer here"),
    public("callbacks", &["CallbackList"], "`fit` takes a list of callbacks"),
    public("callbacks", &["OrbaxCheckpoint"], "writes a format of JAX; `ModelCheckpoint` writes safetensors"),
    public("callbacks", &["RemoteMonitor"], "an HTTP client; a callback of your own can send what it likes"),
    public("utils", &["CustomObjectScope", "custom_object_scope", "deserialize_keras_object", "get_custom_objects",
        "get_registered_name", "get_registered_object", "register_keras_serializable", "serialize_keras_object"], SERIAL),
    public("utils", &["FeatureSpace"], "makes models of several inputs"),
    public("utils", &["get_file"], "kseq downloads nothing"),
    public("utils", &["audio_dataset_from_directory"], "kseq decodes no sound"),
    public("utils", &["Config", "clear_session", "get_source_inputs", "is_keras_tensor", "standardize_dtype"],
        "there is no global state and no graph, and numbers are `f32`"),
    public("utils", &["disable_interactive_logging", "enable_interactive_logging", "is_interactive_logging_enabled"],
        "`verbose` of `fit`, `evaluate` and `predict` says it"),
    public("utils", &["pack_x_y_sample_weight", "unpack_x_y_sample_weight"], "tuples of Rust"),
    public("utils", &["split_dataset"], "slices: `&x[..n]` and `&x[n..]`"),
    public("utils", &["Progbar"], "`fit` writes it; for loops of your own there are crates"),
];

/// Why a name of a module is not here.
#[must_use]
pub fn absent(module: &str, name: &str) -> Option<&'static str> {
    let mut rows = ABSENT.iter().filter(|row| row.module == module);
    rows.find(|row| row.names.contains(&name))
        .map(|row| row.says)
}
