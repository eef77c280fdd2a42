//! A layer as its config says it, with Keras's defaults, and its arrays.

use serde_json::{Map, Value};

use crate::array::Array;
use crate::translate::class_of;

/// A layer that is to be written.
pub struct Layer<'a> {
    /// Its class: `Conv2D`.
    pub class: &'a str,
    config: Option<&'a Map<String, Value>>,
    arrays: &'a [Array],
    /// What stands before the names of its arrays: `forward_layer.`
    prefix: String,
}

impl<'a> Layer<'a> {
    /// Of its object in the words of Keras 3.
    pub fn new(object: &'a Value, arrays: &'a [Array], prefix: String) -> Self {
        Layer {
            class: class_of(object).unwrap_or_default(),
            config: object.get("config").and_then(Value::as_object),
            arrays,
            prefix,
        }
    }

    /// A layer in it, whose arrays have a prefix more.
    pub fn inner(&self, object: &'a Value, prefix: &str) -> Self {
        Layer::new(object, self.arrays, format!("{}{prefix}", self.prefix))
    }

    /// What it says of a word, if anything.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.config?.get(key).filter(|value| !value.is_null())
    }

    /// Whether it says a word, be it `None`.
    pub fn says(&self, key: &str) -> bool {
        self.config.is_some_and(|config| config.contains_key(key))
    }

    /// True or false.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    /// A number.
    pub fn number(&self, key: &str, default: f32) -> f32 {
        let number = self.get(key).and_then(Value::as_f64);
        number.map_or(default, |number| number as f32)
    }

    /// A whole number.
    pub fn whole(&self, key: &str, default: i64) -> i64 {
        self.get(key).and_then(Value::as_i64).unwrap_or(default)
    }

    /// A word.
    pub fn text(&self, key: &str, default: &'a str) -> &'a str {
        self.get(key).and_then(Value::as_str).unwrap_or(default)
    }

    /// A number for each of some axes, which may be one for all.
    pub fn sizes(&self, key: &str, axes: usize, default: i64) -> Vec<i64> {
        let mut sizes = self.whole_numbers(key);
        if let ([one], true) = (sizes.as_slice(), axes > 1) {
            sizes = vec![*one; axes];
        }
        sizes.resize(axes, default);
        sizes
    }

    /// A whole number or a list of them.
    pub fn whole_numbers(&self, key: &str) -> Vec<i64> {
        match self.get(key) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_i64).collect(),
            Some(one) => one.as_i64().into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A number or a list of them, whatever its nesting.
    pub fn numbers(&self, key: &str) -> Vec<f32> {
        fn all(value: &Value, into: &mut Vec<f32>) {
            match value {
                Value::Array(list) => list.iter().for_each(|value| all(value, into)),
                // As Keras serialises an array.
                Value::Object(_) => {
                    if let Some(value) = value.pointer("/config/value") {
                        all(value, into);
                    }
                }
                value => into.extend(value.as_f64().map(|number| number as f32)),
            }
        }
        let mut numbers = Vec::new();
        if let Some(value) = self.get(key) {
            all(value, &mut numbers);
        }
        numbers
    }

    /// Two numbers for each of some axes, before and behind: `((1, 1), (2, 0))`, `(1, 2)`, `1`.
    pub fn margins(&self, key: &str, axes: usize) -> Vec<[i64; 2]> {
        let pair = |value: &Value| match value.as_array().map(Vec::as_slice) {
            Some([before, behind]) => [before, behind].map(|n| n.as_i64().unwrap_or(0)),
            _ => [value.as_i64().unwrap_or(0); 2],
        };
        match self.get(key) {
            Some(list @ Value::Array(_)) if axes == 1 => vec![pair(list)],
            Some(Value::Array(list)) => list.iter().map(pair).collect(),
            Some(one) => vec![pair(one); axes],
            None => vec![[1, 1]; axes],
        }
    }

    /// One of its arrays, if it has it.
    pub fn find(&self, name: &str) -> Option<&'a Array> {
        let name = format!("{}{name}", self.prefix);
        self.arrays.iter().find(|array| array.name == name)
    }

    /// One of its arrays, of so many axes.
    pub fn array(&self, name: &str, rank: usize) -> Result<&'a Array, String> {
        let array = self.find(name);
        let array = array.ok_or_else(|| format!("the file has no `{name}` of it"))?;
        match array.shape.len() == rank {
            true => Ok(array),
            false => Err(other_axes(name, rank, &array.shape)),
        }
    }

    /// The same, and the sizes of its axes.
    pub fn sized<const N: usize>(&self, name: &str) -> Result<(&'a Array, [usize; N]), String> {
        let array = self.array(name, N)?;
        let sizes = array.shape.as_slice().try_into();
        let sizes = sizes.map_err(|_| other_axes(name, N, &array.shape))?;
        Ok((array, sizes))
    }
}

fn other_axes(name: &str, expected: usize, found: &[usize]) -> String {
    format!("`{name}`: expected {expected} axes, found {found:?}")
}
