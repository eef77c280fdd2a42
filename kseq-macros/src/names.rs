//! Keras's names: `Conv2D` -> `conv2d_1`, counted per class from 1.

use std::collections::HashMap;

/// Hands out automatic names. A layer that has a name of its own does not count.
#[derive(Default)]
pub struct Counter(HashMap<String, usize>);

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
pub fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_uppercase() + rest
    });
    words.collect()
}

/// Why a name cannot be the name of a layer, which becomes the name of a field.
pub fn refusal(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("a layer's name must not be empty".to_owned());
    }
    // `r#type` is an identifier, but not a name.
    let is_name = syn::parse_str::<syn::Ident>(name).is_ok() && !name.contains('#');
    if is_name && name.starts_with(|c| c != '_') {
        return None;
    }
    let name = name.strip_prefix("r#").unwrap_or(name);
    let mut better: String = name.replace(|c: char| !c.is_alphanumeric(), "_");
    better = better.trim_start_matches('_').to_owned();
    if better.is_empty() || better.starts_with(|c: char| c.is_numeric()) {
        better.insert_str(0, "layer_");
    } else if better == name {
        better.push_str("_1");
    }
    Some(format!(
        "the name {name:?} cannot be the name of a struct's field\n  \
         help: use letters, digits and `_`, and no keyword of Rust: {better:?}"
    ))
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

    #[test]
    fn a_name_must_fit_a_field() {
        assert_eq!(refusal("encoder"), None);
        for (name, better) in [
            ("my-layer", "\"my_layer\""),
            ("block1/conv", "\"block1_conv\""),
            ("type", "\"type_1\""),
            ("r#type", "\"type_1\""),
            ("r#x y", "\"x_y\""),
            ("1st", "\"layer_1st\""),
            ("_x", "\"x\""),
            ("_", "\"layer_\""),
        ] {
            let message = refusal(name).unwrap_or_default();
            assert!(message.ends_with(better), "{message}");
        }
    }
}
