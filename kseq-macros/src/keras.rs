//! From a serialised Keras layer (JSON) to the text of a `sequential!` layer list.
//!
//! The order of the arguments and the main name of a class are those of the catalogue. A config key is the argument of
//! that name; one that the catalogue does not know is kept, for the macro's own check to say so.

use serde_json::Value;

/// Keys of a config that say nothing about what the layer computes from given weights.
const SILENT: [&str; 9] = [
    "name",
    "trainable",
    "dtype",
    "seed",
    "quantization_config",
    "lora_rank",
    "lora_alpha",
    "registered_name",
    "build_config",
];

/// One layer, `{"class_name": .., "config": {..}}`, as `Dense(units = 7, activation = "relu")`.
pub fn layer(layer: &Value) -> Result<String, String> {
    let class = layer
        .get("class_name")
        .and_then(Value::as_str)
        .ok_or("a layer without class_name")?;
    let empty = serde_json::Map::new();
    let config = layer
        .get("config")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let row = kseq_catalogue::layer(class);
    let class = row.map_or(class, |row| row.class);
    let params = row.map_or(&[][..], |row| row.params);
    let place = |key: &str| {
        let place = params.iter().position(|param| param.name == key);
        place.unwrap_or(params.len())
    };
    let mut config: Vec<(&String, &Value)> = config.iter().collect();
    config.sort_by_key(|(key, _)| place(key.as_str()));
    let mut args = Vec::new();
    for (key, value) in config {
        if SILENT.contains(&key.as_str()) || key.ends_with("_initializer") || value.is_null() {
            continue;
        }
        args.push(format!("{key} = {}", argument(value)?));
    }
    Ok(format!("{class}({})", args.join(", ")))
}

/// A value of a config as Rust: tuples for lists, `Class(..)` for objects.
fn argument(value: &Value) -> Result<String, String> {
    Ok(match value {
        Value::Null => "None".to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => format!("{s:?}"),
        Value::Array(list) => {
            let items: Result<Vec<_>, _> = list.iter().map(argument).collect();
            format!("({},)", items?.join(", "))
        }
        Value::Object(_) => layer(value)?,
    })
}

/// A shape, `[5, 7]`, as `(5, 7,)`.
pub fn shape(dims: &[u64]) -> String {
    let dims: Vec<_> = dims.iter().map(u64::to_string).collect();
    format!("({},)", dims.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_becomes_the_call_that_made_it() {
        let json = r#"{"class_name": "Conv2D", "config": {"name": "c", "filters": 8,
            "kernel_size": [3, 3], "use_bias": false, "activation": "relu", "bias_regularizer": null,
            "kernel_initializer": {"class_name": "Zeros", "config": {}},
            "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.5}}}}"#;
        let call = serde_json::from_str(json).map(|value: Value| layer(&value));
        assert_eq!(
            call.ok().and_then(Result::ok).as_deref(),
            Some(
                "Conv2D(filters = 8, kernel_size = (3, 3,), activation = \"relu\", use_bias = false, \
                kernel_regularizer = L2(l2 = 0.5))"
            )
        );
    }
}
