//! Functions with arguments of one kind that layers take: initializers, regularizers, constraints. Each kind is an enum in
//! `kseq_core`, and a row is one of its variants.

use crate::param::Param;

/// Initializers, regularizers, or constraints.
#[derive(Debug)]
pub struct ObjectFamily {
    /// How messages name one: `initializer`.
    pub what: &'static str,
    /// What an argument must be: `an initializer such as "glorot_uniform"`.
    pub expected: &'static str,
    /// The module in `kseq`.
    pub module: &'static str,
    /// The enum there.
    pub ty: &'static str,
    /// Its variants, and the constants that are special cases of one.
    pub rows: &'static [ObjectRow],
}

/// One of a family.
#[derive(Debug)]
pub struct ObjectRow {
    /// Keras's name: `random_normal`; its class, and the variant of the enum, is `RandomNormal`.
    pub name: &'static str,
    /// Keras's other names.
    pub aliases: &'static [&'static str],
    /// The constant of the enum that a name without arguments means; `None`: the variant with its
    /// default arguments.
    pub constant: Option<&'static str>,
    /// The arguments of the class, which are the fields of the variant.
    pub params: &'static [Param],
    /// What `KERAS.md` says of it, Markdown: how it differs from Keras.
    pub note: &'static str,
}

impl ObjectFamily {
    /// All names: first those of the rows, then Keras's other ones.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let aliases = self.rows.iter().flat_map(|row| row.aliases.iter().copied());
        self.rows.iter().map(|row| row.name).chain(aliases)
    }

    /// The name in a class that ends with what it is: `IdentityInitializer`. (`OrthogonalRegularizer` is called so.)
    #[must_use]
    pub fn stem<'a>(&self, name: &'a str) -> &'a str {
        match self.what {
            "initializer" => name.strip_suffix("Initializer").unwrap_or(name),
            _ => name,
        }
    }

    /// The first row of which a name is the one that is meant.
    pub fn find(&self, mut is_meant: impl FnMut(&str) -> bool) -> Option<&'static ObjectRow> {
        let mut rows = self.rows.iter();
        rows.find(|row| is_meant(row.name) || row.aliases.iter().any(|name| is_meant(name)))
    }
}
