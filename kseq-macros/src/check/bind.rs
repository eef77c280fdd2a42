//! The arguments of a class and its parameters: what is given, by default, missing or unknown (A6, A7).

use kseq_catalogue::{FORMER, INITIALIZERS, Kind, Param};
use proc_macro2::{Ident, Span};
use syn::Expr;

use super::args::unknown;
use super::kinds::example;
use super::label::LayerLabel;
use super::{lists, value};
use crate::ast::{Arg, Ends, Errors};
use crate::ir::{self, Activation, Object, Value};
use crate::suggest::nearest;
use crate::tokens::tokens;

/// Whose arguments are bound.
pub struct Owner<'a> {
    pub class: &'a str,
    /// Where a missing argument is missed.
    pub ends: Ends,
    /// Whether it takes the arguments of every layer, too.
    pub takes_common: bool,
    /// The layer that it is, or belongs to.
    pub label: &'a LayerLabel,
}

/// Reads a value of a parameter; `None` after an error, and for parameters without a meaning here.
pub type Read = fn(&Param, &Expr, &Owner<'_>, &mut Errors) -> Option<Value>;

/// The values of all parameters of a built-in layer (or an initializer), in order; `None` after an error that leaves
/// the layer's shape open.
pub fn bind(
    params: &'static [Param],
    mut args: Vec<Arg>,
    owner: &Owner<'_>,
    read: Read,
    errors: &mut Errors,
) -> Option<Vec<ir::Arg>> {
    let Owner {
        class,
        ends: whole,
        takes_common,
        label,
    } = *owner;
    let mut bound = Vec::new();
    let mut missing = Vec::new();
    let mut is_known = true;
    for param in params {
        let at = args.iter().position(|arg| arg.is(param.name));
        let given = at.map(|at| args.remove(at));
        let ends = given.as_ref().map_or(whole, |arg| arg.ends);
        // Of an activation `None` is no function, of axes it may be a value, whatever the default.
        let is_said = |arg: &Arg| {
            matches!(param.kind, Kind::Activation | Kind::AxesOrNone) || !value::is_none(&arg.value)
        };
        let given = given.filter(is_said);
        let by_default = given.is_none();
        let value = match (given, param.default) {
            (Some(arg), _) => arg.value,
            (None, Some(_)) if matches!(param.kind, Kind::Later | Kind::Fixed(_)) => continue,
            (None, Some(default)) => match syn::parse_str::<Expr>(default) {
                Ok(value) => value,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            },
            (None, None) => {
                missing.push(param);
                continue;
            }
        };
        let before = errors.count();
        let mut value = read(param, &value, owner, errors);
        if errors.count() > before {
            value = stand_in(param.kind);
            let no_matter = matches!(
                param.kind,
                Kind::Later
                    | Kind::Fixed(_)
                    | Kind::Regularizer
                    | Kind::Constraint
                    | Kind::Seed
                    | Kind::NoiseShape
            );
            is_known &= value.is_some() || no_matter;
        }
        if let Some(value) = value {
            bound.push(ir::Arg {
                name: param.name,
                value,
                ends,
                by_default,
            });
        }
    }
    is_known &= missing.is_empty();
    let implemented = params.iter().filter(|param| param.kind != Kind::Later);
    let own: Vec<&str> = implemented.map(|param| param.name).collect();
    for arg in &args {
        unknown(arg, class, &own, takes_common, label, errors);
        // `Dense(unit = 3)` is one mistake, not two.
        let meant = arg.name.as_ref().and_then(|n| {
            let mut former = FORMER.iter();
            let former = former.find(|former| n == former.name && own.contains(&former.here));
            let former = former.map(|former| former.here);
            former.or_else(|| nearest(&n.to_string(), &own))
        });
        missing.retain(|param| Some(param.name) != meant);
    }
    for param in missing {
        let (name, kind, example) = (param.name, param.kind.describe(), example(param.kind));
        let help = match params.first().is_some_and(|first| first.name == name) {
            true => format!("`{class}({example})` or `{class}({name} = {example})`"),
            false => format!("`{class}(..., {name} = {example})`"),
        };
        errors.at(
            whole,
            format_args!("{label}`{class}` needs `{name}`, {kind}\n  help: {help}"),
        );
    }
    is_known.then_some(bound)
}

/// What stands for a value with errors, if it makes no difference to shapes.
fn stand_in(kind: Kind) -> Option<Value> {
    let linear = || Ident::new("Linear", Span::mixed_site());
    let zeros = || Ident::new("ZEROS", Span::mixed_site());
    match kind {
        Kind::Activation => Some(Value::Activation(Activation::Builtin(linear()))),
        Kind::Initializer => Some(Value::Object(&INITIALIZERS, Object::Builtin(zeros()))),
        Kind::Real | Kind::In(_) | Kind::InOrNone(_) => Some(Value::Real(tokens! { 0.5 })),
        Kind::Several(_) => Some(lists::several(tokens! { &[0.5] })),
        _ => None,
    }
}
