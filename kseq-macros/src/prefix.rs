//! Python's dotted names: `keras.optimizers.SGD`, `tf.keras.layers.Dense`, and what of them is the module.

use proc_macro2::Ident;
use syn::{Expr, Member};

/// The modules of Keras and TensorFlow that stand before a name.
const MODULES: &[&str] = &[
    "keras",
    "tf",
    "tensorflow",
    "python",
    "layers",
    "activations",
    "optimizers",
    "schedules",
    "losses",
    "metrics",
    "regularizers",
    "initializers",
    "constraints",
];

/// A name with what stands before it.
pub struct Dotted<'e> {
    pub modules: Vec<&'e Ident>,
    pub name: &'e Ident,
}

impl Dotted<'_> {
    /// Whether all that stands before the name are modules of Keras.
    pub fn is_keras(&self) -> bool {
        self.modules
            .iter()
            .all(|module| MODULES.iter().any(|known| *module == known))
    }
}

/// `SGD`, `optimizers.SGD`, `tf.keras.optimizers.SGD`, and the same with Rust's `::`.
pub fn dotted(e: &Expr) -> Option<Dotted<'_>> {
    match e {
        Expr::Group(group) => dotted(&group.expr),
        Expr::Path(path) if path.qself.is_none() => {
            let mut modules: Vec<&Ident> = path.path.segments.iter().map(|s| &s.ident).collect();
            let plain = path.path.segments.iter().all(|s| s.arguments.is_none());
            let name = modules.pop()?;
            (plain && path.path.leading_colon.is_none()).then_some(Dotted { modules, name })
        }
        Expr::Field(field) => match &field.member {
            Member::Named(name) => after(&field.base, name),
            Member::Unnamed(_) => None,
        },
        _ => None,
    }
}

/// `name` after `base.`
pub fn after<'e>(base: &'e Expr, name: &'e Ident) -> Option<Dotted<'e>> {
    let Dotted {
        mut modules,
        name: last,
    } = dotted(base)?;
    modules.push(last);
    Some(Dotted { modules, name })
}
