//! A model as plain data, and its source as a user of kseq writes it.

use std::fmt;

/// What an argument is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// `0.25`
    Number(f64),
    /// `3`
    Whole(i64),
    /// `true`
    Flag(bool),
    /// `"same"`
    Word(String),
    /// `(2, 3)`
    Tuple(Vec<Arg>),
    /// `Dense(3)`, `L2(0.01)`
    Call(Call),
    /// `[Dense(3), Dense(4)]`
    List(Vec<Call>),
    /// `None`
    None,
    /// Rust.
    Rust(String),
}

/// A layer, or what else is written like one: a name with arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Keras's class.
    pub class: String,
    /// The arguments that are given, by name.
    pub args: Vec<(String, Arg)>,
}

impl Call {
    /// Without arguments.
    pub fn new(class: &str) -> Call {
        Call { class: class.to_owned(), args: Vec::new() }
    }

    /// With an argument more.
    #[must_use]
    pub fn with(mut self, name: &str, arg: impl Into<Arg>) -> Call {
        self.args.push((name.to_owned(), arg.into()));
        self
    }

    /// What an argument is given; nothing if it is left out or `None`.
    pub fn get(&self, name: &str) -> Option<&Arg> {
        let arg = self.args.iter().find(|arg| arg.0 == name)?;
        Some(&arg.1).filter(|arg| **arg != Arg::None)
    }

    fn wrong(&self, name: &str) -> ! {
        panic!("{self}: `{name}` is not what it must be")
    }

    /// A number.
    pub fn number(&self, name: &str, default: f64) -> f64 {
        match self.get(name) {
            None => default,
            Some(Arg::Number(number)) => *number,
            Some(Arg::Whole(number)) => *number as f64,
            Some(_) => self.wrong(name),
        }
    }

    /// A whole number.
    pub fn whole(&self, name: &str, default: i64) -> i64 {
        match self.get(name) {
            None => default,
            Some(Arg::Whole(number)) => *number,
            Some(_) => self.wrong(name),
        }
    }

    /// A size.
    pub fn size(&self, name: &str, default: usize) -> usize {
        self.whole(name, default as i64) as usize
    }

    /// A size that must be given.
    pub fn must(&self, name: &str) -> usize {
        if self.get(name).is_none() {
            self.wrong(name);
        }
        self.size(name, 0)
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        match self.get(name) {
            None => default,
            Some(Arg::Flag(flag)) => *flag,
            Some(_) => self.wrong(name),
        }
    }

    /// A word.
    pub fn word<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        match self.get(name) {
            None => default,
            Some(Arg::Word(word)) => word,
            Some(_) => self.wrong(name),
        }
    }

    /// So many sizes, of which one may stand for all.
    pub fn sizes(&self, name: &str, axes: usize, default: usize) -> Vec<usize> {
        match self.get(name) {
            Some(Arg::Tuple(sizes)) => sizes.iter().map(|size| self.number_of(name, size) as usize).collect(),
            _ => vec![self.size(name, default); axes],
        }
    }

    /// Numbers, of which one may be written without brackets.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        match self.get(name)? {
            Arg::Tuple(numbers) => Some(numbers.iter().map(|number| self.number_of(name, number)).collect()),
            number => Some(vec![self.number_of(name, number)]),
        }
    }

    fn number_of(&self, name: &str, arg: &Arg) -> f64 {
        match arg {
            Arg::Number(number) => *number,
            Arg::Whole(number) => *number as f64,
            _ => self.wrong(name),
        }
    }

    /// A layer in this one.
    pub fn call(&self, name: &str) -> Option<&Call> {
        match self.get(name)? {
            Arg::Call(call) => Some(call),
            _ => self.wrong(name),
        }
    }

    /// The layers in this one.
    pub fn list(&self, name: &str) -> &[Call] {
        match self.get(name) {
            Some(Arg::List(list)) => list,
            _ => self.wrong(name),
        }
    }

    /// Whether training changes its arrays.
    pub fn trainable(&self) -> bool {
        self.flag("trainable", true)
    }
}

impl From<f64> for Arg {
    fn from(number: f64) -> Arg {
        Arg::Number(number)
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Arg {
        Arg::Whole(number as i64)
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Arg {
        Arg::Whole(number)
    }
}

impl From<bool> for Arg {
    fn from(flag: bool) -> Arg {
        Arg::Flag(flag)
    }
}

impl From<&str> for Arg {
    fn from(word: &str) -> Arg {
        Arg::Word(word.to_owned())
    }
}

impl From<Call> for Arg {
    fn from(call: Call) -> Arg {
        Arg::Call(call)
    }
}

impl From<Vec<Call>> for Arg {
    fn from(list: Vec<Call>) -> Arg {
        Arg::List(list)
    }
}

impl From<Vec<usize>> for Arg {
    fn from(sizes: Vec<usize>) -> Arg {
        Arg::Tuple(sizes.into_iter().map(Arg::from).collect())
    }
}

impl From<Vec<f64>> for Arg {
    fn from(numbers: Vec<f64>) -> Arg {
        Arg::Tuple(numbers.into_iter().map(Arg::from).collect())
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Number(number) => write!(f, "{number:?}"),
            Arg::Whole(number) => write!(f, "{number}"),
            Arg::Flag(flag) => write!(f, "{flag}"),
            Arg::Word(word) => write!(f, "{word:?}"),
            Arg::Tuple(all) if all.len() == 1 => write!(f, "({},)", all[0]),
            Arg::Tuple(all) => {
                let all: Vec<String> = all.iter().map(Arg::to_string).collect();
                write!(f, "({})", all.join(", "))
            }
            Arg::Call(call) => write!(f, "{call}"),
            Arg::List(all) => {
                let all: Vec<String> = all.iter().map(Call::to_string).collect();
                write!(f, "[{}]", all.join(", "))
            }
            Arg::None => write!(f, "None"),
            Arg::Rust(text) => write!(f, "{text}"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<String> = self.args.iter().map(|(name, arg)| format!("{name} = {arg}")).collect();
        write!(f, "{}({})", self.class, args.join(", "))
    }
}
