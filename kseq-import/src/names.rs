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

/// Keras's `to_snake_case`: `BatchNormalization` is `batch_normalization`, `Conv2D` `conv2d`, `ReLU` `re_lu`.
fn snake(class: &str) -> String {
    let class = class.rsplit('>').next().unwrap_or(class);
    let kept = class.chars().filter(|c| c.is_alphanumeric() || *c == '_');
    let chars: Vec<char> = kept.collect();
    // Two substitutions: (.)([A-Z][a-z]+) -> \1_\2, then ([a-z])([A-Z]) -> \1_\2.
    let mut first = Vec::with_capacity(chars.len() + 8);
    let mut i = 0;
    while let Some(&c) = chars.get(i) {
        first.push(c);
        i += 1;
        let word = chars.get(i).is_some_and(char::is_ascii_uppercase)
            && chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
        if word {
            first.extend(['_', chars[i]]);
            i += 1;
            while let Some(c) = chars.get(i).filter(|c| c.is_ascii_lowercase()) {
                first.push(*c);
                i += 1;
            }
        }
    }
    let mut name = String::with_capacity(first.len() + 8);
    for (i, c) in first.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| first.get(i));
        if c.is_ascii_uppercase() && before.is_some_and(char::is_ascii_lowercase) {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name
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
