//! Names that Keras makes of classes.

/// What Keras 3 calls the layers of these classes in a file of weights: `dense`, `dense_1`; each class is counted by itself.
pub(crate) fn containers(classes: &[&str]) -> Vec<String> {
    let mut used: Vec<(String, usize)> = Vec::new();
    let mut names = Vec::with_capacity(classes.len());
    for class in classes {
        let name = snake(class);
        match used.iter_mut().find(|(n, _)| *n == name) {
            Some((_, count)) => {
                *count += 1;
                names.push(format!("{name}_{count}"));
            }
            None => {
                used.push((name.clone(), 0));
                names.push(name);
            }
        }
    }
    names
}

/// A layer's name as a name of Rust could be: `block/dense` is `block_dense`.
pub(crate) fn plain(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(kept).collect()
}

/// Keras's `to_snake_case` of a class, without the package of a custom one.
fn snake(class: &str) -> String {
    let class = class.rsplit('>').next().unwrap_or(class);
    let kept = |c: char| (c.is_alphanumeric() || c == '_').then_some(c);
    kseq_catalogue::snake(&class.chars().filter_map(kept).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `keras.src.utils.naming.to_snake_case` gives them.
    #[test]
    fn classes_as_keras_names_them() {
        for (class, name) in [
            ("Dense", "dense"),
            ("LSTM", "lstm"),
            ("GRU", "gru"),
            ("SimpleRNN", "simple_rnn"),
            ("BatchNormalization", "batch_normalization"),
            ("Conv2D", "conv2d"),
            ("Conv1DTranspose", "conv1d_transpose"),
            ("MaxPooling2D", "max_pooling2d"),
            ("SeparableConv1D", "separable_conv1d"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("LeakyReLU", "leaky_re_lu"),
            ("ELU", "elu"),
            ("ConvLSTM2D", "conv_lstm2d"),
            ("RMSNormalization", "rms_normalization"),
            ("TimeDistributed", "time_distributed"),
            ("Custom>MyDense", "my_dense"),
        ] {
            assert_eq!(snake(class), name);
        }
        let counted = containers(&["Dense", "Dropout", "Dense", "Dense"]);
        assert_eq!(counted, ["dense", "dropout", "dense_1", "dense_2"]);
    }
}
