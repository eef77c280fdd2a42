//! The names of layers, which are Keras's, as names of fields.

pub use kseq_catalogue::{Counter, camel, snake};

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
