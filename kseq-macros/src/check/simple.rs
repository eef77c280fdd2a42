//! Values of all kinds but layers and functions with arguments, which have arguments of their own.

use kseq_catalogue::{Kind, Param};
use syn::Expr;

use super::bind::Owner;
use super::value::Argument;
use super::{activation, lists, value};
use crate::ast::Errors;
use crate::ir::Value;

/// The value of a parameter: a [`Read`](super::bind::Read).
pub fn read(param: &Param, value: &Expr, owner: &Owner<'_>, errors: &mut Errors) -> Option<Value> {
    let (name, label) = (param.name, owner.label);
    match param.kind {
        Kind::Whole(_) => lists::whole(value, name, label, errors),
        Kind::Size if value::is_none(value) && param.default == Some("None") => None,
        Kind::Size => value::size(value, name, label, errors).map(Value::Size),
        Kind::SizesLike(..) | Kind::Extra(_) if value::is_none(value) => None,
        Kind::Sizes(n) | Kind::SizesLike(n, _) => {
            value::sizes(value, name, n, label, errors).map(Value::Sizes)
        }
        Kind::Margins(n) => lists::margins(value, name, n, label, errors).map(Value::Sizes),
        Kind::Extra(n) => lists::extra(value, name, n, label, errors).map(Value::Sizes),
        Kind::Permutation => lists::permutation(value, name, label, errors),
        Kind::TargetShape if value::is_none(value) && param.default == Some("None") => None,
        Kind::TargetShape => lists::target_shape(value, name, label, errors),
        Kind::Function => value::function(value, name, label, errors),
        Kind::NoiseShape | Kind::Seed if value::is_none(value) => None,
        Kind::NoiseShape => lists::noise_shape(value, name, label, errors),
        Kind::Seed => value::seed(value, name, label, errors),
        Kind::Axis => lists::axis(value, name, label, errors),
        Kind::Axes if value::is_none(value) && param.default == Some("None") => None,
        Kind::Axes | Kind::AxesOrNone => lists::axes(value, name, label, errors),
        Kind::Several(_) | Kind::Wholes if value::is_none(value) => None,
        Kind::Wholes => lists::wholes(value, name, label, errors),
        Kind::Several(_) => lists::reals(value, name, label, errors),
        Kind::Dict(_) if value::is_none(value) => None,
        Kind::Dict(keys) => lists::dict(value, name, keys, label, errors),
        Kind::InOrNone(_) if value::is_none(value) => None,
        Kind::Real | Kind::In(_) | Kind::InOrNone(_) => value::real(value, name, label, errors),
        Kind::Flag => value::flag(value, name, label, errors),
        Kind::Activation => {
            activation::activation(value, name, label, read, errors).map(Value::Activation)
        }
        Kind::Word(words) => {
            let argument = Argument {
                name,
                class: owner.class,
            };
            value::word(value, &argument, words, label, errors)
        }
        Kind::OneOf(numbers) => {
            let given = value::text_of(value);
            if !numbers.contains(&given.as_str()) {
                let expected = format!("one of {}", numbers.join(", "));
                value::refuse(value, name, &expected, label, errors);
                return None;
            }
            Some(Value::Word(given))
        }
        Kind::Later => {
            value::later(param, value, label, errors);
            None
        }
        Kind::Fixed(why) => {
            value::fixed(param, why, value, label, errors);
            None
        }
        // Those that have arguments of their own, and those of classes that a model is compiled with.
        _ => None,
    }
}
