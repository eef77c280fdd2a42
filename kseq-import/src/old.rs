//! Arrays as Keras 1, other backends and cuDNN have them, in the form of Keras 3.
//!
//! The same conversions as in `hdf5_format.py` of tf_keras, which has them from Keras 2.

use serde_json::Value;

use crate::array::Array;
use crate::file::{File, Order};
use crate::numbers::{reordered, transposed};

/// What of a file says that its arrays are in an old form.
#[derive(Debug, Default)]
pub(crate) struct Old {
    /// Whether Keras 1 wrote it; as in Keras, so is a file that does not say.
    keras_1: bool,
    /// Theano turns the windows of convolutions round.
    theano: bool,
    /// The layers whose channels come first, by name.
    first_channels: Vec<String>,
    /// Models that are layers, by name, with the names of their layers.
    inside: Vec<(String, Vec<String>)>,
}

impl Old {
    /// What a file says of itself.
    pub(crate) fn of(file: &File) -> Self {
        // Names like `vars/0` are Keras 3's, whatever else is missing.
        let mut arrays = file.groups.iter().flat_map(|group| &group.arrays);
        let hdf5 = file.order == Order::Layers && !arrays.any(|array| array.name.contains("vars/"));
        let version = file.keras_version.as_deref().unwrap_or("1");
        let mut old = Old {
            keras_1: hdf5 && version.starts_with('1'),
            theano: file.backend.as_deref() == Some("theano"),
            ..Old::default()
        };
        if let Some(config) = &file.config {
            old.look_at(config);
        }
        old
    }

    /// The names of the layers in a model that is a layer, in their order. Keras 2 writes the arrays of frozen layers behind all others.
    pub(crate) fn inside(&self, layer: &str) -> Option<&[String]> {
        let found = self.inside.iter().find(|(name, _)| name == layer);
        found.map(|(_, names)| names.as_slice())
    }

    /// Notes what a model says of itself and of the models in it; its layers by name, those of such a model in its place.
    fn look_at(&mut self, model: &Value) -> Vec<String> {
        let layers = model.get("config");
        let layers = layers.map(|inner| inner.get("layers").unwrap_or(inner));
        let mut names = Vec::new();
        for layer in layers.and_then(Value::as_array).into_iter().flatten() {
            let said = |key: &str| layer.pointer(key).and_then(Value::as_str);
            let name = said("/config/name").map(str::to_owned);
            if said("/config/dim_ordering") == Some("th") {
                self.first_channels.extend(name.clone());
            }
            // A wrapper has a layer, which may be a model.
            let inner = layer.pointer("/config/layer").unwrap_or(layer);
            let inside = self.look_at(inner);
            if inside.is_empty() {
                names.extend(name);
            } else {
                names.extend(inside.iter().cloned());
                self.inside.extend(name.map(|name| (name, inside)));
            }
        }
        names
    }
}

/// The arrays of a layer of a class in the form of Keras 3.
pub(crate) fn modern(
    class: &str,
    layer: &str,
    arrays: Vec<Array>,
    old: &Old,
) -> Result<Vec<Array>, String> {
    match class {
        "Bidirectional" if arrays.len().is_multiple_of(2) => {
            let mut forward = arrays;
            let backward = forward.split_off(forward.len() / 2);
            let mut both = gates(forward)?;
            both.extend(gates(backward)?);
            Ok(both)
        }
        "LSTM" | "GRU" => gates(arrays),
        "TimeDistributed" => {
            let mut arrays = gates(arrays)?;
            let Some(kernel) = arrays.first_mut().filter(|array| array.shape.len() > 2) else {
                return Ok(arrays);
            };
            if old.keras_1 {
                let what = "a convolution at each step in a file of Keras 1 is not translated";
                return Err(what.to_owned());
            }
            if old.theano {
                turn(kernel);
            }
            Ok(arrays)
        }
        "ConvLSTM1D" | "ConvLSTM2D" => {
            let mut arrays = gates(arrays)?;
            for kernel in arrays.iter_mut().take(2) {
                if old.theano {
                    turn(kernel);
                }
            }
            Ok(arrays)
        }
        "Conv1D" | "Conv2D" | "Conv3D" | "Conv2DTranspose" => {
            let mut arrays = arrays;
            let filters = arrays.get(1).map(|bias| bias.values.len());
            if let Some(kernel) = arrays.first_mut() {
                let first = old.first_channels.iter().any(|name| name == layer);
                convolution(class, kernel, filters, first, old);
            }
            Ok(arrays)
        }
        "SpectralNormalization" => {
            let mut arrays = arrays;
            // Its first array is the kernel of the layer in it once more.
            arrays.retain(|array| array.name != "vars/0");
            Ok(arrays)
        }
        "DepthwiseConv1D" | "DepthwiseConv2D" => {
            let mut arrays = arrays;
            for array in &mut arrays {
                // Keras 2's name.
                array.name = array.name.replace("depthwise_kernel", "kernel");
            }
            Ok(arrays)
        }
        _ => Ok(arrays),
    }
}

/// A kernel of a convolution.
fn convolution(class: &str, kernel: &mut Array, filters: Option<usize>, first: bool, old: &Old) {
    if class == "Conv1D" && kernel.shape.len() == 4 {
        // Keras 1 had a convolution over two axes: `(length, 1, channels, filters)`, before 1.1 `(filters, channels, length, 1)`.
        if let &[first, .., last] = kernel.shape.as_slice()
            && filters.is_some_and(|n| last != n && first == n)
        {
            transpose(kernel, &[2, 3, 1, 0]);
        }
        if let &[length, 1, channels, filters] = kernel.shape.as_slice() {
            kernel.shape = vec![length, channels, filters];
        }
    } else if old.keras_1 {
        match (class, first) {
            ("Conv2D", true) => transpose(kernel, &[2, 3, 1, 0]),
            ("Conv3D", true) => transpose(kernel, &[2, 3, 4, 1, 0]),
            ("Conv2DTranspose", true) => transpose(kernel, &[2, 3, 0, 1]),
            ("Conv2DTranspose", false) => transpose(kernel, &[0, 1, 3, 2]),
            _ => {}
        }
    }
    if old.theano {
        turn(kernel);
    }
}

/// Another order of the axes, of an array that has as many.
fn transpose(array: &mut Array, axes: &[usize]) {
    if array.shape.len() == axes.len() {
        array.values = transposed(&array.shape, &array.values, axes);
        array.shape = reordered(&array.shape, axes);
    }
}

/// A window turned round along all of its axes, which are all but the last two.
fn turn(kernel: &mut Array) {
    let [.., channels, filters] = kernel.shape.as_slice() else {
        return;
    };
    let each = channels * filters;
    if each > 0 {
        let places = kernel.values.chunks_exact(each).rev();
        kernel.values = places.flatten().copied().collect();
    }
}

/// The gates of a recurrent layer, each with arrays of its own in Keras 1, in one kernel, one recurrent kernel, and one bias.
fn gates(arrays: Vec<Array>) -> Result<Vec<Array>, String> {
    match arrays.len() {
        // i, c, f, o; Keras 2 has i, f, c, o.
        12 => joined(&arrays, &[0, 2, 1, 3]),
        // z, r, h.
        9 => joined(&arrays, &[0, 1, 2]),
        3 => from_cudnn(arrays),
        _ => Ok(arrays),
    }
}

fn joined(arrays: &[Array], gates: &[usize]) -> Result<Vec<Array>, String> {
    let part = |part: usize, name: &str| {
        let array = |gate: &usize| arrays.chunks(3).nth(*gate)?.get(part);
        let parts: Vec<&Array> = gates.iter().filter_map(array).collect();
        beside(name, &parts)
    };
    Ok(vec![
        part(0, "kernel")?,
        part(1, "recurrent_kernel")?,
        part(2, "bias")?,
    ])
}

/// Arrays joined along their last axis.
fn beside(name: &str, parts: &[&Array]) -> Result<Array, String> {
    let shape = |array: &Array| array.shape.clone();
    let mut joined = parts.first().map(|array| shape(array)).unwrap_or_default();
    if parts.iter().any(|part| part.shape != joined) || joined.is_empty() {
        let shapes: Vec<_> = parts.iter().map(|part| shape(part)).collect();
        return Err(format!("expected gates of one shape, found {shapes:?}"));
    }
    let width = joined.last().copied().unwrap_or(0);
    let mut rows: Vec<_> = parts
        .iter()
        .map(|part| part.values.chunks_exact(width.max(1)))
        .collect();
    let mut values = Vec::new();
    loop {
        let row: Vec<&[f32]> = rows.iter_mut().filter_map(Iterator::next).collect();
        if row.is_empty() {
            break;
        }
        values.extend(row.concat());
    }
    if let Some(last) = joined.last_mut() {
        *last *= parts.len();
    }
    Ok(Array {
        name: name.to_owned(),
        shape: joined,
        values,
    })
}

/// `CuDNNLSTM` and `CuDNNGRU` have two biases, and each gate's kernels in Fortran's order or transposed; others stay as they are.
fn from_cudnn(mut arrays: Vec<Array>) -> Result<Vec<Array>, String> {
    let [kernel, recurrent, bias] = arrays.as_mut_slice() else {
        return Ok(arrays);
    };
    let &[units, all] = recurrent.shape.as_slice() else {
        return Ok(arrays);
    };
    let gates = all.checked_div(units).unwrap_or(0);
    let cudnn = bias.shape.len() == 1 && bias.values.len() == 2 * all && matches!(gates, 3 | 4);
    let &[inputs, columns] = kernel.shape.as_slice() else {
        return Ok(arrays);
    };
    if !cudnn || all != gates * units || columns != all {
        return Ok(arrays);
    }
    // Of each gate `(rows, units)`, read in C order, written in Fortran's.
    let fortran = |from: &[f32], rows: usize| {
        let value = |i: usize| {
            let (row, column) = (i / all, i % all);
            let (gate, unit) = (column / units, column % units);
            let at = row + unit * rows;
            from.get(at / units * all + gate * units + at % units)
        };
        (0..from.len()).filter_map(value).copied().collect()
    };
    kernel.values = fortran(&kernel.values, inputs);
    recurrent.values = fortran(&recurrent.values, units);
    if gates == 4 {
        let (input, state) = bias.values.split_at(all);
        bias.values = input.iter().zip(state).map(|(a, b)| a + b).collect();
        bias.shape = vec![all];
    } else {
        bias.shape = vec![2, all];
    }
    Ok(arrays)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(name: &str, shape: &[usize], values: &[f32]) -> Array {
        let (name, shape, values) = (name.to_owned(), shape.to_vec(), values.to_vec());
        Array {
            name,
            shape,
            values,
        }
    }

    fn counted(name: &str, shape: &[usize]) -> Array {
        let len: usize = shape.iter().product();
        let values: Vec<f32> = (0..len).map(|i| i as f32).collect();
        array(name, shape, &values)
    }

    /// As `_convert_rnn_weights` of tf_keras gives them for these numbers.
    #[test]
    fn cudnn() {
        let arrays = vec![
            counted("kernel", &[2, 9]),
            counted("recurrent_kernel", &[3, 9]),
            counted("bias", &[18]),
        ];
        let found = modern("GRU", "gru", arrays, &Old::default()).unwrap();
        let kernel = [
            0.0, 2.0, 10.0, 3.0, 5.0, 13.0, 6.0, 8.0, 16.0, 1.0, 9.0, 11.0, 4.0, 12.0, 14.0, 7.0,
            15.0, 17.0,
        ];
        let recurrent = [
            0.0, 9.0, 18.0, 3.0, 12.0, 21.0, 6.0, 15.0, 24.0, 1.0, 10.0, 19.0, 4.0, 13.0, 22.0,
            7.0, 16.0, 25.0, 2.0, 11.0, 20.0, 5.0, 14.0, 23.0, 8.0, 17.0, 26.0,
        ];
        assert_eq!(found[0].values, kernel);
        assert_eq!(found[1].values, recurrent);
        assert_eq!(found[2], counted("bias", &[2, 9]));
        let arrays = vec![
            counted("kernel", &[1, 4]),
            counted("recurrent_kernel", &[1, 4]),
            counted("bias", &[8]),
        ];
        let found = modern("LSTM", "lstm", arrays, &Old::default()).unwrap();
        assert_eq!(found[2], array("bias", &[4], &[4.0, 6.0, 8.0, 10.0]));
    }

    #[test]
    fn convolutions_of_keras_1() {
        let theano = Old {
            keras_1: true,
            theano: true,
            first_channels: vec!["a".to_owned()],
            ..Old::default()
        };
        // (filters, channels, rows, columns) of 2, 1, 2, 2.
        let arrays = vec![counted("a_W", &[2, 1, 2, 2]), counted("a_b", &[2])];
        let found = modern("Conv2D", "a", arrays, &theano).unwrap();
        let values = [3.0, 7.0, 2.0, 6.0, 1.0, 5.0, 0.0, 4.0];
        assert_eq!(found[0], array("a_W", &[2, 2, 1, 2], &values));
        let arrays = vec![counted("b_W", &[5, 3, 2, 1]), counted("b_b", &[5])];
        let found = modern("Conv1D", "b", arrays, &Old::default()).unwrap();
        assert_eq!(found[0].shape, [2, 3, 5]);
        assert_eq!(found[0].values[..3], [0.0, 6.0, 12.0]);
    }

    #[test]
    fn convolutions_at_each_step() {
        let kernel = || vec![counted("kernel", &[3, 1, 1])];
        let theano = Old {
            theano: true,
            ..Old::default()
        };
        let found = modern("TimeDistributed", "a", kernel(), &theano).unwrap();
        assert_eq!(found[0].values, [2.0, 1.0, 0.0]);
        let keras_1 = Old {
            keras_1: true,
            ..Old::default()
        };
        assert!(modern("TimeDistributed", "a", kernel(), &keras_1).is_err());
        let dense = vec![counted("W", &[3, 1])];
        assert!(modern("TimeDistributed", "a", dense, &keras_1).is_ok());
    }

    #[test]
    fn gates_of_other_shapes_are_refused() {
        let arrays: Vec<Array> = (0..12).map(|i| counted("x", &[1, 1 + i % 4])).collect();
        let why = modern("LSTM", "lstm", arrays, &Old::default()).unwrap_err();
        assert!(why.contains("expected gates of one shape"), "{why}");
    }
}
