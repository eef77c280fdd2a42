//! A call of a layer list, and what serialised objects look like.

use std::fmt;

use kseq_catalogue::Param;
use serde_json::{Map, Value};

/// A layer, a regularizer or a constraint with its arguments: `Dense(units = 7, activation = "relu")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The class, as kseq calls it.
    pub class: String,
    /// In the order of the catalogue.
    pub args: Vec<Arg>,
    /// Whether it ends with a softmax: that one may be over one unit, which Keras takes.
    pub insists: bool,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// Keras's name.
    pub name: &'static str,
    /// What the catalogue says of it; of what every layer takes nothing.
    pub param: Option<&'static Param>,
    /// What it is.
    pub value: Written,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// As it is written: `(3, 3)`.
    Text(String),
    /// A layer, a regularizer, ..
    Call(Call),
    /// Layers.
    List(Vec<Call>),
}

/// The class of a serialised object. (Keras writes a custom one as `package>Class`.)
pub fn class_of(object: &Value) -> Option<&str> {
    object.get("class_name").and_then(Value::as_str)
}

/// The config of a serialised object.
pub fn config_of(object: &Value) -> Map<String, Value> {
    let config = object.get("config").and_then(Value::as_object);
    config.cloned().unwrap_or_default()
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<String> = self.args.iter().map(ToString::to_string).collect();
        write!(f, "{}({})", self.class, args.join(", "))
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = ", self.name)?;
        match &self.value {
            Written::Text(text) => f.write_str(text),
            Written::Call(call) => call.fmt(f),
            Written::List(calls) => {
                let calls: Vec<String> = calls.iter().map(inner).collect();
                write!(f, "[{}]", calls.join(", "))
            }
        }
    }
}

/// A layer of a list.
pub fn inner(call: &Call) -> String {
    match call.insists {
        true => format!("#[insist] {call}"),
        false => call.to_string(),
    }
}
