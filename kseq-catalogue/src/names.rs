//! Keras's names: `Conv2D` -> `conv2d_1`, counted per class from 1.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Hands out automatic names. A layer that has a name of its own does not count.
#[derive(Default)]
pub struct Counter(BTreeMap<String, usize>);

impl Counter {
    /// The next name of a class.
    pub fn next(&mut self, class: &str) -> String {
        let base = snake(class);
        let count = self.0.entry(base.clone()).or_insert(0);
        *count += 1;
        format!("{base}_{count}")
    }
}

/// Keras's `to_snake_case`: `MaxPooling2D` -> `max_pooling2d`, `LSTM` -> `lstm`.
#[must_use]
pub fn snake(class: &str) -> String {
    let c: Vec<char> = class.chars().collect();
    let is_upper = |i: usize| c.get(i).is_some_and(char::is_ascii_uppercase);
    let is_lower = |i: usize| c.get(i).is_some_and(char::is_ascii_lowercase);
    let mut name = String::new();
    for (i, letter) in c.iter().enumerate() {
        let word_begins = i > 0 && is_upper(i) && (is_lower(i + 1) || is_lower(i - 1));
        if word_begins && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// The other way: `random_normal` -> `RandomNormal`.
#[must_use]
pub fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_uppercase() + rest
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_is_keras_to_snake_case() {
        for (class, name) in [
            ("Dense", "dense"),
            ("Conv2D", "conv2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("MaxPooling2D", "max_pooling2d"),
            ("GlobalAveragePooling1D", "global_average_pooling1d"),
            ("LSTM", "lstm"),
            ("ConvLSTM2D", "conv_lstm2d"),
            ("ReLU", "re_lu"),
            ("LeakyReLU", "leaky_re_lu"),
            ("PReLU", "p_re_lu"),
            ("BatchNormalization", "batch_normalization"),
            ("UpSampling2D", "up_sampling2d"),
            ("SeparableConv1D", "separable_conv1d"),
            ("my_layer", "my_layer"),
        ] {
            assert_eq!(snake(class), name);
        }
    }

    #[test]
    fn names_count_per_class() {
        let mut names = Counter::default();
        let all = ["Dense", "Dropout", "Dense", "Conv2D"].map(|class| names.next(class));
        assert_eq!(all, ["dense_1", "dropout_1", "dense_2", "conv2d_1"]);
    }
}
