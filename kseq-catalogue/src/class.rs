//! Optimizers, schedules, losses and metrics: a class of Keras is a type in `kseq`, with a method for each argument.

use crate::param::{Kind, Param};

/// Optimizers, schedules, losses, or metrics.
#[derive(Debug)]
pub struct ClassFamily {
    /// How messages name one: `optimizer`.
    pub what: &'static str,
    /// A value of one's own.
    pub example: &'static str,
    /// The module of `kseq`.
    pub module: &'static str,
    /// The arguments that all classes have behind their own, in Keras's order.
    pub common: &'static [Param],
    /// Whether a value is reported under the name by which it was asked for.
    pub is_reported: bool,
    /// The classes.
    pub rows: &'static [ClassRow],
}

/// A class.
#[derive(Debug)]
pub struct ClassRow {
    /// Keras's class, and the type in `kseq`.
    pub class: &'static str,
    /// Keras's names for it as a string: the class in lower case first, then the others.
    pub names: &'static [&'static str],
    /// The arguments of its own, in Keras's order.
    pub params: &'static [Param],
    /// Those that `new` takes.
    pub new: &'static [&'static str],
    /// Whether `compile!` can make one.
    pub by_name: bool,
    /// Whether its type has a number that the model says: how many outputs it has.
    pub is_generic: bool,
    /// The loss that this metric is.
    pub loss: Option<&'static str>,
    /// What `KERAS.md` says of it, Markdown: how it is written, and how it differs from Keras.
    pub note: &'static str,
}

/// The usual: what a row does not say.
pub(crate) const USUAL: ClassRow = ClassRow {
    class: "",
    names: &[],
    params: &[],
    new: &[],
    by_name: true,
    is_generic: false,
    loss: None,
    note: "",
};

impl ClassRow {
    /// The arguments of its own that are implemented, as `KERAS.md` shows them.
    pub fn own(&self) -> impl Iterator<Item = &'static Param> {
        let fixed = |kind| {
            matches!(
                kind,
                Kind::Later | Kind::Fixed(_) | Kind::Name | Kind::Dtype
            )
        };
        self.params.iter().filter(move |param| !fixed(param.kind))
    }
}

impl ClassFamily {
    /// All arguments of a class, in Keras's order.
    pub fn params(&self, row: &ClassRow) -> impl Iterator<Item = &'static Param> {
        let (own, common) = (row.params, self.common);
        let is_own = move |param: &&Param| own.iter().any(|other| other.name == param.name);
        own.iter()
            .chain(common.iter().filter(move |param| !is_own(param)))
    }

    /// The argument of a class with this name.
    #[must_use]
    pub fn param(&self, row: &ClassRow, name: &str) -> Option<&'static Param> {
        self.params(row).find(|param| param.name == name)
    }

    /// The rows that `compile!` knows.
    pub fn by_name(&self) -> impl Iterator<Item = &'static ClassRow> {
        self.rows.iter().filter(|row| row.by_name)
    }

    /// The row that a word names: the class, or a name of it.
    #[must_use]
    pub fn named(&self, word: &str) -> Option<&'static ClassRow> {
        self.by_name()
            .find(|row| row.class == word || row.names.contains(&word))
    }

    /// The row of a class.
    #[must_use]
    pub fn class(&self, class: &str) -> Option<&'static ClassRow> {
        self.by_name().find(|row| row.class == class)
    }
}
