//! Layers as they are written: defaults left out, the first arguments by position, lines of at most 100 columns.

use kseq_catalogue::{Kind, Param};

use crate::config::{Layer, Model};
use crate::translate::{Arg, Call, Written};

/// Columns of a line.
const WIDTH: usize = 100;

/// A call as it is written.
pub(super) struct Text {
    before: &'static str,
    class: String,
    args: Vec<(Option<String>, Value)>,
}

pub(super) enum Value {
    Text(String),
    Call(Text),
    List(Vec<Text>),
}

/// `sequential! { pub Net = [..] }`
#[must_use]
pub fn sequential(model: &Model, head: &str) -> String {
    let mut text = format!("sequential! {{\n    {head} = [\n");
    for layer in layers(model) {
        for line in layer.lines() {
            text += &format!("        {line}\n");
        }
    }
    text + "    ]\n}\n"
}

/// The layers, each with a comma behind it and without the margin of the list.
#[must_use]
pub fn layers(model: &Model) -> Vec<String> {
    let mut lines = Vec::new();
    let dims = |batch: bool| {
        let batch = batch.then_some(model.batch);
        let all = batch.into_iter().chain(model.input.iter().copied());
        let sizes = all.map(|size| size.map_or_else(|| "None".to_owned(), |n| n.to_string()));
        crate::translate::tuple(&sizes.collect::<Vec<_>>())
    };
    let (argument, dims) = match model.batch {
        Some(_) => ("batch_input_shape", dims(true)),
        None => ("input_shape", dims(false)),
    };
    let first = model.layers.first();
    let first_is_model = first.is_some_and(|layer| layer.call.class == "Sequential");
    let is_tokens =
        model.takes_tokens() && first.is_some_and(|layer| !is_on_tokens(&layer.call.class));
    // An `Embedding` takes tokens, of any number if nothing is said.
    let is_said = first.is_some_and(|layer| layer.call.class == "Embedding")
        && model.input == [None]
        && model.batch.is_none();
    if first_is_model {
        let argument = argument
            .trim_start_matches("input_")
            .replace("batch_input_", "batch_");
        lines.push(format!("Input({argument} = {dims}),"));
    }
    for (i, layer) in model.layers.iter().enumerate() {
        let mut text = written(
            &layer.call,
            is_over_one(model.layers.get(..=i).unwrap_or_default()),
        );
        if i == 0 && !first_is_model && !is_said {
            text.push(argument, dims.clone());
        }
        if i == 0 && is_tokens {
            text.push("dtype", "\"int32\"".to_owned());
        }
        if layer.is_named {
            text.push("name", format!("{:?}", layer.name));
        }
        lines.push(format!("{},", text.pretty(8)));
    }
    lines
}

/// Whether a layer takes tokens by itself.
fn is_on_tokens(class: &str) -> bool {
    kseq_catalogue::layer(class).is_some_and(|row| row.on_tokens)
}

/// Whether the softmax of the last of these layers is one over a single unit.
fn is_over_one(layers: &[Layer]) -> bool {
    let Some((last, before)) = layers.split_last() else {
        return false;
    };
    let units = |call: &Call| {
        let units = call
            .args
            .iter()
            .find(|arg| matches!(arg.name, "units" | "filters"))?;
        Some(units.value == Written::Text("1".to_owned()))
    };
    let keeps = |layer: &&Layer| {
        let row = kseq_catalogue::layer(&layer.call.class);
        row.is_some_and(|row| row.keeps_shape)
    };
    let inner = match last.call.args.first().map(|arg| &arg.value) {
        Some(Written::Call(inner)) if last.call.class != "Activation" => units(inner),
        _ => None,
    };
    let own = units(&last.call).or(inner);
    let behind = || units(&before.iter().rev().find(|layer| !keeps(layer))?.call);
    last.call.insists && own.or_else(behind).unwrap_or(false)
}

impl Text {
    pub(super) fn push(&mut self, name: &str, value: String) {
        self.args.push((Some(name.to_owned()), Value::Text(value)));
    }

    pub(super) fn flat(&self) -> String {
        let args = self.args.iter().map(|(name, value)| match name {
            Some(name) => format!("{name} = {}", value.flat()),
            None => value.flat(),
        });
        let args: Vec<String> = args.collect();
        format!("{}{}({})", self.before, self.class, args.join(", "))
    }

    /// On several lines if one is too short; it stands behind so many columns.
    pub(super) fn pretty(&self, margin: usize) -> String {
        let flat = self.flat();
        if margin + flat.len() < WIDTH {
            return flat;
        }
        let mut text = format!("{}{}(\n", self.before, self.class);
        for (name, value) in &self.args {
            let name = name.as_ref().map(|name| format!("{name} = "));
            let name = name.unwrap_or_default();
            let value = match value {
                Value::Text(text) => text.clone(),
                Value::Call(call) => call.pretty(margin + 4 + name.len()),
                Value::List(calls) => {
                    let calls: Vec<String> = calls
                        .iter()
                        .map(|call| call.pretty(margin + 8))
                        .map(|call| format!("    {},\n", call.replace('\n', "\n    ")))
                        .collect();
                    format!("[\n{}]", calls.concat())
                }
            };
            let value = value.replace('\n', "\n    ");
            text += &format!("    {name}{value},\n");
        }
        text + ")"
    }
}

impl Value {
    fn flat(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Call(call) => call.flat(),
            Value::List(calls) => {
                let calls: Vec<String> = calls.iter().map(Text::flat).collect();
                format!("[{}]", calls.join(", "))
            }
        }
    }
}

/// A call without its defaults.
fn written(call: &Call, insists: bool) -> Text {
    let row = kseq_catalogue::layer(&call.class).or_else(|| kseq_catalogue::cell(&call.class));
    let params = row.map(|row| row.params).unwrap_or_default();
    let mut args = Vec::new();
    // As long as no argument is missing before it, one is known by its position.
    let mut place = 0;
    for arg in call.args.iter().filter(|arg| !is_default(arg, call)) {
        let is_next = params
            .get(place)
            .is_some_and(|param| param.name == arg.name);
        let is_positional = match (row, arg.param) {
            (Some(_), Some(param)) => is_next && by_position(param, place),
            // The number of a regularizer.
            (None, Some(_)) => call.args.len() == 1,
            _ => false,
        };
        place += 1;
        let value = match &arg.value {
            Written::Text(text) => Value::Text(short(text, arg.param, arg.name)),
            Written::Call(inner) => Value::Call(written(inner, false)),
            Written::List(calls) => {
                let calls = calls.iter().map(|call| written(call, is_one(call)));
                Value::List(calls.collect())
            }
        };
        args.push(((!is_positional).then(|| arg.name.to_owned()), value));
        if !is_positional {
            place = usize::MAX / 2;
        }
    }
    Text {
        before: if insists { "#[insist] " } else { "" },
        class: call.class.clone(),
        args,
    }
}

/// A softmax over one unit within a list.
fn is_one(call: &Call) -> bool {
    let units = call.args.iter().find(|arg| arg.name == "units");
    call.insists && units.is_none_or(|arg| arg.value == Written::Text("1".to_owned()))
}

/// What must be given, and the sizes that stand first.
fn by_position(param: &Param, place: usize) -> bool {
    let is_size = matches!(param.kind, Kind::Size | Kind::Sizes(_) | Kind::Margins(_));
    param.default.is_none() || place == 0 && is_size
}

/// Whether nobody would write it.
fn is_default(arg: &Arg, call: &Call) -> bool {
    let (Some(param), Written::Text(value)) = (arg.param, &arg.value) else {
        return false;
    };
    let is = |name: &str, value: &str| {
        let arg = call.args.iter().find(|arg| arg.name == name);
        arg.is_none_or(|arg| arg.value == Written::Text(value.to_owned()))
    };
    let Some(default) = param.default else {
        return false;
    };
    match param.kind {
        Kind::SizesLike(_, other) => {
            value == "None"
                || is(other, value) && call.args.iter().any(|arg| arg.name == other)
                || one(value).is_some_and(|size| {
                    call.args.iter().all(|arg| arg.name != other) && size == "2"
                })
        }
        // It says how masks of dropout are made.
        Kind::OneOf(_) if is("dropout", "0.0") && is("recurrent_dropout", "0.0") => true,
        Kind::Sizes(_) | Kind::Margins(_) => one(value) == Some(default),
        Kind::Activation if default == "None" => value == "\"linear\"",
        Kind::Real | Kind::In(_) | Kind::InOrNone(_) | Kind::Several(_) => {
            let number = |text: &str| text.parse::<f32>().ok();
            number(value).is_some() && number(value) == number(default) || value == default
        }
        Kind::Flag => value.eq_ignore_ascii_case(default),
        _ => value == default,
    }
}

/// The size that all are: `3` of `(3, 3)`.
fn one(tuple: &str) -> Option<&str> {
    let mut sizes = tuple
        .split([',', '(', ')', ' '])
        .filter(|part| !part.is_empty());
    let first = sizes.next()?;
    sizes.all(|size| size == first).then_some(first)
}

/// `3` for `(3,)`: of one axis; `1.0 / 255.0` for 0.003921569.
fn short(text: &str, param: Option<&Param>, name: &str) -> String {
    let kind = param.map(|param| param.kind);
    // The most frequent scale of pictures is no number that anybody writes.
    if name == "scale" && text.parse() == Ok(1.0_f32 / 255.0) {
        return "1.0 / 255.0".to_owned();
    }
    let sizes = match kind {
        Some(Kind::Sizes(axes) | Kind::SizesLike(axes, _) | Kind::Extra(axes)) => axes,
        Some(Kind::Margins(_)) => usize::MAX,
        _ => return text.to_owned(),
    };
    match one(text) {
        Some(size) if sizes == 1 || sizes == usize::MAX => size.to_owned(),
        // A window is written with its axes, a step as one number.
        Some(size) if name != "kernel_size" && name != "pool_size" => size.to_owned(),
        _ => text.to_owned(),
    }
}
