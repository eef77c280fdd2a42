//! What optimizers, losses and metrics are in Keras's words, for the files that Keras loads (the feature `import`).

use std::borrow::ToOwned;
use std::string::ToString;

use serde_json::{Map, Value as Json, json};

/// An argument as JSON.
pub(crate) trait Said {
    fn json(&self) -> Json;
}

impl Said for f32 {
    /// As a person writes it: 0.1, not the double that is nearest to the `f32`.
    fn json(&self) -> Json {
        let written: f64 = self.to_string().parse().unwrap_or(f64::from(*self));
        written.into()
    }
}

macro_rules! as_it_is {
    ($($ty:ty),*) => {
        $(impl Said for $ty {
            fn json(&self) -> Json {
                json!(self)
            }
        })*
    };
}
as_it_is!(bool, u32, u64, Option<u32>, &'static [&'static str]);

impl<T: Said, const N: usize> Said for [T; N] {
    fn json(&self) -> Json {
        self.iter().map(Said::json).collect()
    }
}

/// An object of Keras: its class, and arguments by name.
pub(crate) fn object(class: &str, arguments: &[(&str, &dyn Said)]) -> Json {
    let arguments = arguments.iter();
    let config = arguments.map(|(name, value)| ((*name).to_owned(), value.json()));
    json!({ "class_name": class, "config": config.collect::<Map<_, _>>() })
}
