//! Optimizers, schedules, losses and metrics: a class of Keras is a type in `kseq`, with a method for each argument.

/// Optimizers, schedules, losses, or metrics.
#[derive(Debug)]
pub struct ClassFamily {
    /// How messages name one: `optimizer`.
    pub what: &'static str,
    /// A value of one's own.
    pub example: &'static str,
    /// The module of `kseq`.
    pub module: &'static str,
    /// Whether the arguments are real numbers unless something else is said, and so may be written without a point.
    pub takes_reals: bool,
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
    /// The arguments that `new` takes; in `compile!` the first may come by position.
    pub new: &'static [&'static str],
    /// Whether `compile!` can make one: not if something of its type (a number of classes) must be said.
    pub by_name: bool,
    /// Whether its type has a number that the model says: how many outputs it has.
    pub is_generic: bool,
    /// The arguments as `KERAS.md` shows them.
    pub arguments: &'static str,
    /// What `KERAS.md` says of it, Markdown: how it is written, and how it differs from Keras.
    pub note: &'static str,
}

/// The usual: what a row does not say.
pub(crate) const USUAL: ClassRow = ClassRow {
    class: "",
    names: &[],
    new: &[],
    by_name: true,
    is_generic: false,
    arguments: "",
    note: "",
};

impl ClassFamily {
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
