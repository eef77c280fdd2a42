//! Keras's modules before a name, as Python writes them and as Rust does: `tf.keras.losses.Huber`, `keras::layers::Dense`.

use proc_macro2::Ident;
use syn::{Expr, Member, Path};

/// The packages that Keras's modules lie in.
const PACKAGES: [&str; 4] = ["keras", "tf", "tensorflow", "kseq"];

/// The modules whose names a model's words may say; `nn` is TensorFlow's.
const MODULES: [&str; 11] = [
    "activations",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "nn",
    "optimizers",
    "regularizers",
    "schedules",
];

/// Modules between the packages and the rest that say nothing: `tf.compat.v1.keras`, `keras.layers.core`.
const BETWEEN: [&str; 9] = [
    "python",
    "compat",
    "v1",
    "v2",
    "api",
    "core",
    "convolutional",
    "recurrent",
    "pooling",
];

/// Whether names are a path to a module of Keras: packages, then modules.
pub fn is_module<'a>(mut names: impl Iterator<Item = &'a Ident>) -> bool {
    let known = |name: &Ident, words: &[&str]| words.iter().any(|word| name == word);
    let Some(first) = names.next() else {
        return false;
    };
    (known(first, &PACKAGES) || known(first, &MODULES))
        && names.all(|name| {
            [&PACKAGES[..], &MODULES, &BETWEEN]
                .iter()
                .any(|w| known(name, w))
        })
}

/// The last name of a path with `::` behind modules of Keras: `keras::layers::Dense`, `regularizers::l2`.
pub fn last_of(path: &Path) -> Option<&Ident> {
    let last = path.segments.last()?;
    let modules = path.segments.iter().take(path.segments.len() - 1);
    let is_plain = path.leading_colon.is_none() && last.arguments.is_none();
    (is_plain && is_module(modules.map(|segment| &segment.ident))).then_some(&last.ident)
}

/// Whether a path begins with Python's package, so that it can be nothing but Keras's.
pub fn is_pythons(path: &Path) -> bool {
    let first = path.segments.first().map(|segment| &segment.ident);
    first.is_some_and(|first| first == "keras" || first == "tf" || first == "tensorflow")
}

/// A name with what stands before it.
pub struct Qualified<'e> {
    pub modules: Vec<&'e Ident>,
    pub name: &'e Ident,
}

impl Qualified<'_> {
    /// Whether all that stands before the name, if anything, are modules of Keras.
    pub fn is_keras(&self) -> bool {
        self.modules.is_empty() || is_module(self.modules.iter().copied())
    }
}

/// `SGD`, `optimizers.SGD`, `tf.keras.optimizers.SGD`, and the same with Rust's `::`.
pub fn qualified(e: &Expr) -> Option<Qualified<'_>> {
    match e {
        Expr::Group(group) => qualified(&group.expr),
        Expr::Path(path) if path.qself.is_none() && path.path.leading_colon.is_none() => {
            let segments = &path.path.segments;
            let mut modules: Vec<&Ident> = segments.iter().map(|s| &s.ident).collect();
            let name = modules.pop()?;
            let is_plain = segments.iter().all(|s| s.arguments.is_none());
            is_plain.then_some(Qualified { modules, name })
        }
        Expr::Field(field) => match &field.member {
            Member::Named(name) => after(&field.base, name),
            Member::Unnamed(_) => None,
        },
        _ => None,
    }
}

/// `name` after `base.`
pub fn after<'e>(base: &'e Expr, name: &'e Ident) -> Option<Qualified<'e>> {
    let Qualified {
        mut modules,
        name: last,
    } = qualified(base)?;
    modules.push(last);
    Some(Qualified { modules, name })
}

/// The names of `tf.keras.losses`, if an expression is nothing else.
pub fn dotted(e: &Expr) -> Option<Vec<&Ident>> {
    let Qualified { mut modules, name } = qualified(e)?;
    modules.push(name);
    Some(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_keras() {
        let last = |source: &str| {
            let path: Path = syn::parse_str(source).ok()?;
            last_of(&path).map(ToString::to_string)
        };
        for source in [
            "keras::layers::Dense",
            "layers::Dense",
            "tf::keras::Dense",
            "keras::Dense",
        ] {
            assert_eq!(last(source).as_deref(), Some("Dense"), "{source}");
        }
        for source in [
            "Dense",
            "self::Dense",
            "::layers::Dense",
            "my::layers::Dense",
            "layers::Dense::<2>",
        ] {
            assert_eq!(last(source), None, "{source}");
        }
        let names = |source: &str| {
            let e: Expr = syn::parse_str(source).ok()?;
            let names = dotted(&e)?
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>();
            Some(names.join("/"))
        };
        assert_eq!(names("tf.keras.losses").as_deref(), Some("tf/keras/losses"));
        assert_eq!(names("x.f().y"), None);
    }
}
