//! A file of any format, by what is in it: endings say nothing for sure (`model.keras` may be HDF5).

use std::path::Path;

use serde_json::Value;

use crate::array::Group;
use crate::error::{Refusal, Refusals};
use crate::file::{File, Order};
use crate::{hdf5, json, keras_h5, npz, safetensors, zip};

/// Reads a file.
///
/// # Errors
/// It cannot be read, is of no known format, or damaged.
pub fn read(path: impl AsRef<Path>) -> Result<File, Refusals> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| Refusal::new(&name, e.to_string()))?;
    read_bytes(&bytes, &name)
}

/// Reads a file that is in memory; `name` is what errors call it.
///
/// # Errors
/// It is of no known format, or damaged.
pub fn read_bytes(bytes: &[u8], name: &str) -> Result<File, Refusals> {
    of(bytes).map_err(|why| Refusal::new(name, why).into())
}

fn of(bytes: &[u8]) -> Result<File, String> {
    if bytes.starts_with(hdf5::SIGNATURE) {
        let mut file = keras_h5::read(bytes)?;
        if file.order == Order::Classes {
            keras_h5::named_by_config(&mut file);
        }
        Ok(file)
    } else if bytes.starts_with(zip::SIGNATURE) {
        archive(bytes)
    } else if bytes.starts_with(npz::SIGNATURE) {
        Ok(named(vec![Group {
            name: String::new(),
            arrays: vec![npz::array("", bytes)?],
        }]))
    } else if is_json(bytes) {
        text(bytes)
    } else if bytes.get(8) == Some(&b'{') {
        Ok(named(safetensors::arrays(bytes)?))
    } else {
        Err("expected a file of Keras (.keras, .h5, JSON), NumPy (.npz) or safetensors; its first bytes are those of none of them".to_owned())
    }
}

fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"{")
}

/// Arrays by name, or in a row.
fn named(groups: Vec<Group>) -> File {
    let order = match groups.as_slice() {
        [one] if one.name.is_empty() => Order::Sequence,
        _ => Order::Names,
    };
    File {
        groups,
        order,
        ..File::default()
    }
}

/// A `.keras`, or an `.npz`.
fn archive(bytes: &[u8]) -> Result<File, String> {
    const PARTS: [&str; 3] = ["metadata.json", "config.json", "model.weights.h5"];
    // Who packs the folder anew has its name before theirs; a Mac adds a folder of its own.
    let last = |name: &str| name.rsplit('/').next().map(str::to_owned);
    let is_part = |name: &str| {
        let is = last(name).is_some_and(|last| PARTS.contains(&last.as_str()));
        is && !name.starts_with("__MACOSX") && !name.contains("assets/")
    };
    let members = zip::members(bytes, &is_part)?;
    let part = |name: &str| {
        let found = members
            .iter()
            .find(|(n, _)| last(n).as_deref() == Some(name));
        found.map(|(_, bytes)| bytes)
    };
    let Some(config) = part("config.json") else {
        let groups = npz::arrays(bytes)?;
        if groups.is_empty() {
            return Err("a zip archive that has neither a `config.json` (.keras) nor arrays of NumPy (.npz)".to_owned());
        }
        return Ok(named(groups));
    };
    let Some(weights) = part("model.weights.h5") else {
        return Err(
            "a `.keras` without `model.weights.h5`; kseq reads no other weights in it".to_owned(),
        );
    };
    let mut file = keras_h5::read(weights).map_err(|why| format!("model.weights.h5: {why}"))?;
    let text = |name: &str, bytes: &[u8]| -> Result<Value, String> {
        json::parse(bytes).map_err(|why| format!("{name} is no JSON: {why}"))
    };
    let config = text("config.json", config)?;
    file.training = present(&config, "compile_config");
    file.config = Some(config);
    if let Some(metadata) = part("metadata.json") {
        let metadata = text("metadata.json", metadata)?;
        let version = metadata.get("keras_version").and_then(Value::as_str);
        file.keras_version = version.map(str::to_owned);
    }
    keras_h5::named_by_config(&mut file);
    Ok(file)
}

/// The text of `model.to_json()`.
fn text(bytes: &[u8]) -> Result<File, String> {
    let config = json::parse(bytes).map_err(|why| format!("no JSON: {why}"))?;
    if config.get("class_name").is_none() {
        return Err("JSON, but no model of Keras: it has no `class_name`".to_owned());
    }
    let said = |key: &str| config.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(File {
        keras_version: said("keras_version"),
        backend: said("backend"),
        training: present(&config, "compile_config"),
        config: Some(config),
        ..File::default()
    })
}

fn present(config: &Value, key: &str) -> Option<Value> {
    config.get(key).filter(|value| !value.is_null()).cloned()
}
