//! A class with its arguments, as Keras writes it and `compile!` and the layers of a list read it: `Huber(delta = 2.0)`. Plain data: the
//! generators make it, [`Call::source`] prints it, the interpreter reads it by Keras's names, with Keras's defaults.

use std::cell::Cell;
use std::fmt::{Display, Formatter};

use crate::random::single;

/// A class with arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Keras's class.
    pub class: String,
    /// A word that stands for all of it: `"mse"`.
    pub word: Option<String>,
    arguments: Vec<Argument>,
}

/// An argument: its name, its value, and whether somebody asked for it.
#[derive(Clone, Debug)]
struct Argument {
    name: String,
    value: Value,
    is_read: Cell<bool>,
}

impl PartialEq for Argument {
    fn eq(&self, other: &Argument) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`
    Nothing,
    /// A number with a point.
    Number(f64),
    /// A whole number.
    Whole(i64),
    /// `true` or `false`
    Flag(bool),
    /// A string.
    Word(String),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// Rust: a closure.
    Rust(String),
    /// Another class.
    Call(Call),
}

macro_rules! values {
    ($($from:ty => |$x:ident| $value:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($x: $from) -> Value {
                $value
            }
        }
    )*};
}
values! {
    // What the engine makes of the literal.
    f64 => |x| Value::Number(single(x));
    i64 => |x| Value::Whole(x);
    usize => |x| Value::Whole(i64::try_from(x).expect("an argument of a size that a model has"));
    bool => |x| Value::Flag(x);
    &str => |x| Value::Word(x.to_owned());
    Call => |x| Value::Call(x);
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Value {
        Value::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Nothing, Into::into)
    }
}

impl Call {
    /// A class without arguments.
    pub fn new(class: &str) -> Call {
        Call {
            class: class.to_owned(),
            word: None,
            arguments: Vec::new(),
        }
    }

    /// With an argument more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Call {
        self.set(name, value);
        self
    }

    /// Adds an argument.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.arguments.push(Argument {
            name: name.to_owned(),
            value: value.into(),
            is_read: Cell::new(false),
        });
    }

    /// The same without an argument.
    #[must_use]
    pub fn without(mut self, name: &str) -> Call {
        self.arguments.retain(|argument| argument.name != name);
        self
    }

    /// The names of the arguments that are given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(|argument| &*argument.name)
    }

    /// The arguments that nobody asked for, so that they changed nothing.
    pub fn unread(&self) -> Vec<&str> {
        let unread = self.arguments.iter().filter(|a| !a.is_read.get());
        unread.map(|argument| &*argument.name).collect()
    }

    /// As a user of kseq writes it.
    pub fn source(&self) -> String {
        self.to_string()
    }

    /// The value of an argument, unless it is not given or `None`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let argument = self.arguments.iter().find(|a| a.name == name)?;
        argument.is_read.set(true);
        match &argument.value {
            Value::Nothing => None,
            value => Some(value),
        }
    }

    /// Whether an argument is given as `None`.
    pub fn is_none(&self, name: &str) -> bool {
        let nothing = |a: &&Argument| a.name == name && a.value == Value::Nothing;
        let argument = self.arguments.iter().find(nothing);
        argument.is_some_and(|argument| {
            argument.is_read.set(true);
            true
        })
    }

    fn wrong(&self, name: &str, expected: &str) -> ! {
        let value = self.get(name);
        panic!("{}: {name} is {value:?}, and no {expected}", self.class)
    }

    /// A number, if there is one.
    pub fn some_number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Number(x) => Some(*x),
            Value::Whole(x) => Some(*x as f64),
            _ => self.wrong(name, "number"),
        }
    }

    /// A number with a default.
    pub fn number(&self, name: &str, default: f64) -> f64 {
        // Keras computes with the float32 of it.
        self.some_number(name).unwrap_or(single(default))
    }

    /// A whole number, if there is one.
    pub fn some_whole(&self, name: &str) -> Option<usize> {
        match self.get(name)? {
            Value::Whole(x) if *x >= 0 => Some(*x as usize),
            _ => self.wrong(name, "whole number"),
        }
    }

    /// A whole number with a default.
    pub fn whole(&self, name: &str, default: usize) -> usize {
        self.some_whole(name).unwrap_or(default)
    }

    /// A flag with a default.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        match self.get(name) {
            None => default,
            Some(Value::Flag(flag)) => *flag,
            Some(_) => self.wrong(name, "flag"),
        }
    }

    /// A word, if there is one.
    pub fn some_text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Word(word) => Some(word),
            _ => self.wrong(name, "word"),
        }
    }

    /// A word with a default.
    pub fn text<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.some_text(name).unwrap_or(default)
    }

    /// Numbers, if there are any; one alone is a list of one.
    pub fn some_numbers(&self, name: &str) -> Option<Vec<f64>> {
        let number = |value: &Value| match value {
            Value::Number(x) => *x,
            Value::Whole(x) => *x as f64,
            _ => self.wrong(name, "list of numbers"),
        };
        Some(match self.get(name)? {
            Value::List(list) | Value::Tuple(list) => list.iter().map(number).collect(),
            value => vec![number(value)],
        })
    }

    /// Whole numbers, if there are any; one alone is a list of one.
    pub fn some_wholes(&self, name: &str) -> Option<Vec<i64>> {
        let numbers = self.some_numbers(name)?;
        Some(numbers.into_iter().map(|x| x as i64).collect())
    }

    /// A whole number, which may be negative, with a default.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        match self.get(name) {
            None => default,
            Some(Value::Whole(x)) => *x,
            Some(_) => self.wrong(name, "whole number"),
        }
    }

    /// A size that must be given.
    pub fn must(&self, name: &str) -> usize {
        self.some_whole(name)
            .unwrap_or_else(|| self.wrong(name, "size"))
    }

    /// A size for each of some axes, of which one alone stands for all.
    pub fn sizes(&self, name: &str, axes: usize, default: usize) -> Vec<usize> {
        match self.some_wholes(name) {
            None => vec![default; axes],
            Some(sizes) if sizes.len() == 1 => vec![sizes[0] as usize; axes],
            Some(sizes) => sizes.into_iter().map(|size| size as usize).collect(),
        }
    }

    /// The layers of a list.
    pub fn calls(&self, name: &str) -> Vec<&Call> {
        let Some(Value::List(list)) = self.get(name) else {
            self.wrong(name, "list of layers")
        };
        let calls = list.iter().filter_map(|value| match value {
            Value::Call(call) => Some(call),
            _ => None,
        });
        calls.collect()
    }

    /// Whether training changes its arrays.
    pub fn trainable(&self) -> bool {
        self.flag("trainable", true)
    }

    /// Words.
    pub fn texts<'a>(&'a self, name: &str) -> Vec<&'a str> {
        match self.get(name) {
            None => Vec::new(),
            Some(Value::List(list)) => {
                let text = |value: &'a Value| match value {
                    Value::Word(word) => word.as_str(),
                    _ => self.wrong(name, "list of words"),
                };
                list.iter().map(text).collect()
            }
            Some(_) => self.wrong(name, "list of words"),
        }
    }

    /// Another class, if there is one.
    pub fn some_call(&self, name: &str) -> Option<&Call> {
        match self.get(name)? {
            Value::Call(call) => Some(call),
            _ => None,
        }
    }
}

/// An axis as Keras counts it, from the end if it is negative.
pub fn axis(number: i64, rank: usize) -> usize {
    let axis = if number < 0 {
        number + rank as i64
    } else {
        number
    };
    match usize::try_from(axis) {
        Ok(axis) if axis < rank => axis,
        _ => panic!("axis {number} of {rank}"),
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        if let Some(word) = &self.word {
            return write!(f, "{word:?}");
        }
        write!(f, "{}(", self.class)?;
        for (i, Argument { name, value, .. }) in self.arguments.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{name} = {value}")?;
        }
        write!(f, ")")
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Nothing => write!(f, "None"),
            // With the digits of an f32, which is what it is.
            Value::Number(x) => write!(f, "{:?}", *x as f32),
            Value::Whole(x) => write!(f, "{x}"),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Word(word) => write!(f, "{word:?}"),
            Value::List(list) => {
                let list: Vec<String> = list.iter().map(Value::to_string).collect();
                write!(f, "[{}]", list.join(", "))
            }
            Value::Tuple(list) if list.len() == 1 => write!(f, "({},)", list[0]),
            Value::Tuple(list) => {
                let list: Vec<String> = list.iter().map(Value::to_string).collect();
                write!(f, "({})", list.join(", "))
            }
            Value::Rust(text) => write!(f, "{text}"),
            Value::Call(call) => write!(f, "{call}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, axis};

    #[test]
    fn a_call_as_a_user_writes_it() {
        let rate = Call::new("ExponentialDecay")
            .with("initial_learning_rate", 0.1)
            .with("staircase", true);
        let call = Call::new("Some")
            .with("learning_rate", rate)
            .with("epsilon", 1e-7)
            .with("axis", vec![-1_i64, 2])
            .with("clipnorm", None::<f64>)
            .with("exclude_layers", vec!["dense"]);
        assert_eq!(
            call.source(),
            "Some(learning_rate = ExponentialDecay(initial_learning_rate = 0.1, staircase = true), epsilon = 1e-7, \
             axis = [-1, 2], clipnorm = None, exclude_layers = [\"dense\"])"
        );
    }

    #[test]
    fn what_nobody_asked_for_is_known() {
        let call = Call::new("Huber").with("delta", 2.0).with("other", 1_i64);
        assert_eq!(call.unread(), ["delta", "other"]);
        assert_eq!(call.number("delta", 1.0), 2.0);
        assert_eq!(call.number("gamma", 0.5), 0.5);
        assert_eq!(call.unread(), ["other"]);
        assert_eq!((axis(-1, 3), axis(1, 3)), (2, 1));
    }
}
