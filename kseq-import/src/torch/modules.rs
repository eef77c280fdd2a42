//! The modules of a `state_dict`, and their arrays as Keras has them.

use std::collections::HashMap;

use crate::array::{Array, Group};
use crate::numbers::{reordered, transposed};
use crate::weights::{Wanted, WantedArray};

/// A module, or one layer of a recurrent one: `lstm`, of which the arrays end with `_l0`.
pub(super) struct Module {
    /// Its name: `features.0`, `lstm.l1`.
    pub name: String,
    /// Its arrays under their names: `weight`, `weight_ih`, `bias_hh_reverse`.
    pub arrays: Vec<(String, Array)>,
}

/// An array as Keras has it.
pub(super) struct Source {
    /// Its name says from which arrays it is.
    pub array: Array,
    /// The names of these in the module.
    pub parts: Vec<String>,
}

/// The modules in the order of their names, with numbers as numbers.
pub(super) fn modules(groups: &[Group]) -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let arrays = groups.iter().flat_map(|group| &group.arrays);
    for array in arrays.filter(|array| !array.name.ends_with("num_batches_tracked")) {
        let (module, name) = array.name.rsplit_once('.').unwrap_or(("", &array.name));
        let (module, name) = of_recurrent(module, name);
        let place = *places.entry(module).or_insert_with_key(|module| {
            modules.push(Module {
                name: module.clone(),
                arrays: Vec::new(),
            });
            modules.len() - 1
        });
        if let Some(known) = modules.get_mut(place) {
            known.arrays.push((name, array.clone()));
        }
    }
    modules.sort_by_key(|module| key(&module.name));
    modules
}

/// `lstm`, `weight_ih_l1_reverse` as `lstm.l1`, `weight_ih_reverse`.
fn of_recurrent(module: &str, name: &str) -> (String, String) {
    let of_layer = |name: &str| {
        let (word, layer) = name.rsplit_once("_l")?;
        let (number, reverse) = match layer.strip_suffix("_reverse") {
            Some(number) => (number, "_reverse"),
            None => (layer, ""),
        };
        number.parse::<usize>().ok()?;
        Some((format!("{module}.l{number}"), format!("{word}{reverse}")))
    };
    of_layer(name).unwrap_or_else(|| (module.to_owned(), name.to_owned()))
}

/// A name by which `10` comes behind `2`.
fn key(name: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0u64)];
    for letter in name.chars() {
        let starts_anew = letter == '.'
            || parts
                .last()
                .is_some_and(|(_, n)| *n > 0 && !letter.is_ascii_digit());
        if starts_anew {
            parts.push((String::new(), 0));
        }
        if let Some((text, number)) = parts.last_mut() {
            match letter.to_digit(10) {
                // One more, so that 0 is a number, too.
                Some(digit) => {
                    let so_far = number.saturating_sub(1).saturating_mul(10);
                    *number = so_far.saturating_add(u64::from(digit) + 1);
                }
                None => text.push(letter),
            }
        }
    }
    parts
}

impl Module {
    /// Whether it has the name of a layer: as it is, or its last part.
    pub fn is_called(&self, layer: &str) -> bool {
        let name = self.name.strip_suffix(".l0").unwrap_or(&self.name);
        let last = name.rsplit('.').next().unwrap_or(name);
        layer == name || layer == last || layer == name.replace('.', "_")
    }

    fn find(&self, name: &str) -> Result<&Array, String> {
        let found = self.arrays.iter().find(|(known, _)| known == name);
        found.map(|(_, array)| array).ok_or_else(|| {
            let has = |(name, array): &(String, Array)| format!("`{name}` {:?}", array.shape);
            let has: Vec<String> = self.arrays.iter().map(has).collect();
            let module = &self.name;
            format!(
                "expected `{name}`, found the module `{module}` with {}",
                has.join(", ")
            )
        })
    }

    /// What is an array of a layer.
    pub fn array(&self, layer: &Wanted, wanted: &WantedArray) -> Result<Source, String> {
        let (way, name) = match wanted.name.split_once('.') {
            Some(("backward_layer", name)) => ("_reverse", name),
            Some(("forward_layer", name)) => ("", name),
            _ => ("", wanted.name.as_str()),
        };
        let is_recurrent = layer
            .arrays
            .iter()
            .any(|a| a.name.ends_with("recurrent_kernel"));
        let of = |array: &Array, parts: &[String], shape: Vec<usize>, values: Vec<f32>| Source {
            array: Array {
                name: format!("`{}` {:?}", array.name, array.shape),
                shape,
                values,
            },
            parts: parts.to_vec(),
        };
        let as_it_is = |name: &str| {
            let array = self.find(name)?;
            let parts = [name.to_owned()];
            Ok(of(array, &parts, array.shape.clone(), array.values.clone()))
        };
        match name {
            "kernel" | "recurrent_kernel" if is_recurrent => {
                let part = if name == "kernel" {
                    "weight_ih"
                } else {
                    "weight_hh"
                };
                let part = format!("{part}{way}");
                let array = self.find(&part)?;
                let (shape, values) = turned(&self.in_gates(array, way)?);
                Ok(of(array, &[part], shape, values))
            }
            "bias" if is_recurrent => {
                let parts = ["bias_ih", "bias_hh"].map(|part| format!("{part}{way}"));
                let [given, kept] = [self.find(&parts[0])?, self.find(&parts[1])?];
                if given.shape != kept.shape {
                    let [given, kept] = [given, kept].map(|a| (&a.name, &a.shape));
                    return Err(format!(
                        "expected two biases of one shape, found `{}` {:?} and `{}` {:?}",
                        given.0, given.1, kept.0, kept.1
                    ));
                }
                let (one, two) = (self.in_gates(given, way)?, self.in_gates(kept, way)?);
                if self.gates(way)? == 3 {
                    let shape = [vec![2], given.shape.clone()].concat();
                    return Ok(of(given, &parts, shape, [one.values, two.values].concat()));
                }
                let sums = one.values.iter().zip(&two.values).map(|(a, b)| a + b);
                Ok(of(given, &parts, given.shape.clone(), sums.collect()))
            }
            "kernel" if layer.class.starts_with("Depthwise") => {
                // (channels multiplier, 1, k..) -> (k.., channels, multiplier)
                let array = self.find("weight")?;
                let channels = wanted
                    .shape
                    .as_ref()
                    .and_then(|shape| shape.iter().rev().nth(1));
                let (out, channels) = (array.shape.first(), channels.copied().unwrap_or(1).max(1));
                let (&out, Some(windows)) = (out.unwrap_or(&0), array.shape.get(2..)) else {
                    return as_it_is("weight");
                };
                if array.shape.get(1) != Some(&1) || !out.is_multiple_of(channels) {
                    return as_it_is("weight");
                }
                let shape = [&[channels, out / channels], windows].concat();
                let axes: Vec<usize> = (2..shape.len()).chain([0, 1]).collect();
                let values = transposed(&shape, &array.values, &axes);
                let shape = reordered(&shape, &axes);
                Ok(of(array, &["weight".to_owned()], shape, values))
            }
            "kernel" => {
                let array = self.find("weight")?;
                let (shape, values) = match array.shape.len() {
                    0 | 1 => (array.shape.clone(), array.values.clone()),
                    // (out, in, k..) -> (k.., in, out)
                    rank => {
                        let axes: Vec<usize> = (2..rank).chain([1, 0]).collect();
                        let shape = reordered(&array.shape, &axes);
                        (shape, transposed(&array.shape, &array.values, &axes))
                    }
                };
                Ok(of(array, &["weight".to_owned()], shape, values))
            }
            "gamma" | "embeddings" | "scale" => as_it_is("weight"),
            "bias" | "beta" => as_it_is("bias"),
            "moving_mean" => as_it_is("running_mean"),
            "moving_variance" => as_it_is("running_var"),
            name => Err(format!(
                "no module of PyTorch has an array like `{name}` of {}",
                layer.class
            )),
        }
    }

    /// How many gates a recurrent module has.
    fn gates(&self, way: &str) -> Result<usize, String> {
        let array = self.find(&format!("weight_hh{way}"))?;
        match array.shape.as_slice() {
            [rows, units] if *units > 0 => Ok(rows / units),
            shape => Err(format!("`weight_hh` has the shape {shape:?}")),
        }
    }

    /// The blocks of a GRU, r, z, n, as z, r, h; of an LSTM i, f, g, o are i, f, c, o.
    fn in_gates(&self, array: &Array, way: &str) -> Result<Array, String> {
        let mut array = array.clone();
        if self.gates(way)? == 3 {
            let block = array.values.len() / 3;
            let mut blocks = array.values.chunks_exact_mut(block.max(1));
            if let (Some(reset), Some(update)) = (blocks.next(), blocks.next()) {
                reset.swap_with_slice(update);
            }
        }
        Ok(array)
    }
}

/// (rows, columns) -> (columns, rows)
fn turned(array: &Array) -> (Vec<usize>, Vec<f32>) {
    match array.shape.as_slice() {
        &[rows, columns] => (
            vec![columns, rows],
            transposed(&array.shape, &array.values, &[1, 0]),
        ),
        shape => (shape.to_vec(), array.values.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arrays: &[&str]) -> Vec<String> {
        let array = |name: &&str| Array {
            name: (*name).to_owned(),
            shape: vec![1],
            values: vec![0.0],
        };
        let group = Group {
            name: String::new(),
            arrays: arrays.iter().map(array).collect(),
        };
        let modules = modules(&[group]).into_iter();
        modules.map(|module| module.name).collect()
    }

    #[test]
    fn numbers_are_in_order() {
        let given = ["10.bias", "10.weight", "2.weight", "0.weight"];
        assert_eq!(names(&given), ["0", "2", "10"]);
        let given = [
            "fc.weight",
            "conv10.0.weight",
            "conv2.1.bias",
            "conv2.0.bias",
        ];
        assert_eq!(names(&given), ["conv2.0", "conv2.1", "conv10.0", "fc"]);
    }

    #[test]
    fn a_recurrent_module_is_its_layers() {
        let given = [
            "rnn.bias_hh_l1",
            "rnn.weight_ih_l0",
            "rnn.weight_ih_l0_reverse",
            "rnn.weight_ih_l1",
            "norm.num_batches_tracked",
            "norm.weight",
        ];
        assert_eq!(names(&given), ["norm", "rnn.l0", "rnn.l1"]);
    }

    /// An LSTM's second bias of one number was added to the first of the first, and nothing to all others.
    #[test]
    fn two_biases_of_other_shapes() {
        let named = |name: &str, shape: &[usize]| Array {
            name: format!("rnn.{name}"),
            shape: shape.to_vec(),
            values: vec![1.0; shape.iter().product()],
        };
        let source = |state: usize| {
            let arrays = vec![
                named("weight_hh_l0", &[8, 2]),
                named("bias_ih_l0", &[8]),
                named("bias_hh_l0", &[state]),
            ];
            let group = Group {
                name: String::new(),
                arrays,
            };
            let names = ["kernel", "recurrent_kernel", "bias"];
            let arrays = names.map(|name| WantedArray {
                name: name.to_owned(),
                shape: None,
            });
            let layer = Wanted {
                class: "LSTM".to_owned(),
                arrays: arrays.to_vec(),
                ..Wanted::default()
            };
            let modules = modules(&[group]);
            modules[0].array(&layer, &layer.arrays[2])
        };
        let whole = source(8).map(|source| source.array.values);
        assert_eq!(whole.ok(), Some(vec![2.0; 8]));
        let why = source(1).err().unwrap_or_default();
        let expected =
            "expected two biases of one shape, found `rnn.bias_ih_l0` [8] and `rnn.bias_hh_l0` [1]";
        assert_eq!(why, expected);
    }
}
