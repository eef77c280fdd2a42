//! The golden data: what real Keras computed, in `tests/golden/data`, or in the folder `KSEQ_GOLDEN`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value as Json};

use crate::call::{Call, Value};

/// A case: the words, and the arrays with their shapes.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) json: Json,
    arrays: BTreeMap<String, (Vec<f64>, Vec<usize>)>,
}

fn folder() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../golden/data");
    std::env::var_os("KSEQ_GOLDEN").map_or(own, PathBuf::from)
}

/// The cases of a family whose names begin so.
pub(crate) fn cases(family: &str, kind: &str) -> Vec<Case> {
    let files = std::fs::read_dir(folder().join(family))
        .into_iter()
        .flatten();
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let is_meant = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with(kind) && name.ends_with(".json")
    };
    paths
        .into_iter()
        .filter(is_meant)
        .map(|path| read(&path))
        .collect()
}

fn read(path: &PathBuf) -> Case {
    let json = std::fs::read(path).expect("a readable file");
    let json: Json = serde_json::from_slice(&json).expect("JSON");
    let bytes = std::fs::read(path.with_extension("safetensors")).expect("the arrays of a case");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let arrays = file.tensors().into_iter().map(|(name, view)| {
        let each = |size: usize, number: &dyn Fn(&[u8]) -> f64| -> Vec<f64> {
            view.data().chunks(size).map(number).collect()
        };
        let word = |b: &[u8]| -> [u8; 4] { b.try_into().expect("four bytes") };
        let long = |b: &[u8]| -> [u8; 8] { b.try_into().expect("eight bytes") };
        let values = match view.dtype() {
            Dtype::F32 => each(4, &|b| f32::from_le_bytes(word(b)).into()),
            Dtype::F64 => each(8, &|b| f64::from_le_bytes(long(b))),
            Dtype::I32 => each(4, &|b| i32::from_le_bytes(word(b)).into()),
            Dtype::I64 => each(8, &|b| i64::from_le_bytes(long(b)) as f64),
            Dtype::BOOL | Dtype::U8 => each(1, &|b| b[0].into()),
            other => panic!("{name} of {other:?}"),
        };
        // Of the words, which have the scalars' shapes too.
        let shape = json
            .pointer(&format!("/tensors/{name}/shape"))
            .and_then(Json::as_array);
        let shape = shape.map_or(view.shape().to_vec(), |dims| {
            dims.iter()
                .map(|d| d.as_u64().expect("a size") as usize)
                .collect()
        });
        (name, (values, shape))
    });
    Case {
        name: path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        arrays: arrays.collect(),
        json,
    }
}

impl Case {
    pub(crate) fn get(&self, name: &str) -> (&[f64], &[usize]) {
        let found = self.find(name);
        found.unwrap_or_else(|| panic!("{}: no array {name}", self.name))
    }

    pub(crate) fn find(&self, name: &str) -> Option<(&[f64], &[usize])> {
        let (values, shape) = self.arrays.get(name)?;
        Some((values, shape))
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.json.get(key)?.as_str()
    }

    pub(crate) fn call(&self, class: &str, arguments: &[&str]) -> Call {
        let given = arguments
            .iter()
            .find_map(|key| self.json.get(*key)?.as_object());
        call(class, given.unwrap_or(&Map::new()))
    }

    /// That all of `found` are what Keras found, to ten times the difference of its own float32 and float64 results, or to a part of the
    /// largest number.
    pub(crate) fn compare(&self, name: &str, found: &[f64], part: f64) {
        self.compare_to(name, found, part, 1e-9);
    }

    /// The same, with a difference that is no matter.
    pub(crate) fn compare_to(&self, name: &str, found: &[f64], part: f64, least: f64) {
        let (expected, _) = self.get(name);
        assert_eq!(expected.len(), found.len(), "{}: {name}", self.name);
        let noise = self.json.pointer(&format!("/f32_vs_f64/{name}/max_abs"));
        let noise = noise.and_then(Json::as_f64).unwrap_or(0.0);
        let largest = expected
            .iter()
            .filter(|x| x.is_finite())
            .fold(0.0, |a: f64, b| a.max(b.abs()));
        let tolerance = (10.0 * noise).max(part * largest).max(least);
        for (i, (expected, found)) in expected.iter().zip(found).enumerate() {
            let is_near = expected == found
                || (expected - found).abs() <= tolerance
                || expected.is_nan() && found.is_nan();
            let case = &self.json;
            assert!(
                is_near,
                "{}: {name}[{i}] is {found}, in Keras {expected}\n{}",
                self.name, case
            );
        }
    }
}

/// Says how many cases there were. The project's own folder has some of each family; others need not.
pub(crate) fn enough(seen: usize, least: usize, what: &str) {
    println!("{seen} {what}");
    assert!(
        seen > least || std::env::var_os("KSEQ_GOLDEN").is_some(),
        "{seen} {what}"
    );
}

/// A class with the arguments of a config.
fn call(class: &str, arguments: &Map<String, Json>) -> Call {
    let given = arguments
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "name" | "dtype" | "loss_scale_factor"));
    given.fold(Call::new(class), |call, (name, value)| {
        call.with(name, self::value(value))
    })
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nothing,
        Json::Bool(flag) => Value::Flag(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Whole(whole),
            None => Value::from(number.as_f64().expect("a number")),
        },
        Json::String(word) => Value::Word(word.clone()),
        Json::Array(list) => Value::List(list.iter().map(value).collect()),
        Json::Object(object) => Value::Call(of_object(object)),
    }
}

/// A serialised object.
pub(crate) fn of_object(object: &Map<String, Json>) -> Call {
    let class = object.get("class_name").or(object.get("schedule"));
    let class = class.and_then(Json::as_str).expect("the name of a class");
    let config = object.get("config").and_then(Json::as_object);
    call(class, config.unwrap_or(&Map::new()))
}
