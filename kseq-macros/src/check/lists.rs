//! Values that are several numbers: paddings, shapes, axes (A8, A10).

use kseq_catalogue::Kind;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Expr;

use super::function;
use super::label::LayerLabel;
use super::value::{self, Literally, elements, literally, peel, refuse};
use crate::ast::{Ends, Errors};
use crate::ir::Value;

/// An integer that is not negative, as far as the macro can see.
fn count(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<TokenStream> {
    let fits = match literally(e) {
        Literally::Int(negative, int) => !negative || int == Some(0),
        Literally::Float | Literally::Other => false,
        Literally::No => true,
    };
    if !fits {
        refuse(e, what, "an integer of at least 0", label, errors);
    }
    fits.then(|| peel(e).to_token_stream())
}

/// Before and behind each of `n` axes: one number for all, one for each axis (if there are several), or pairs.
pub fn margins(
    e: &Expr,
    what: &str,
    n: usize,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Vec<TokenStream>> {
    let sides: Vec<&Expr> = match elements(e) {
        None => vec![e],
        // `(1, 2)`: for one axis its two sides.
        Some(sides) if n == 1 && sides.len() == 2 => sides,
        Some(axes) if axes.len() == n => {
            let pairs: Vec<_> = axes.iter().filter_map(|axis| elements(axis)).collect();
            match pairs.len() {
                0 if n > 1 => axes,
                pair if pair == n && pairs.iter().all(|pair| pair.len() == 2) => pairs.concat(),
                _ => {
                    refuse(e, what, Kind::Margins(n).describe(), label, errors);
                    return None;
                }
            }
        }
        Some(_) => {
            refuse(e, what, Kind::Margins(n).describe(), label, errors);
            return None;
        }
    };
    let side = format!("a side of `{what}`");
    counts(sides, &side, label, errors)
}

/// One number for all of `n` axes, or one for each.
pub fn extra(
    e: &Expr,
    what: &str,
    n: usize,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Vec<TokenStream>> {
    match elements(e) {
        None => counts(vec![e], what, label, errors),
        Some(axes) if axes.len() == n => {
            counts(axes, &format!("a size of `{what}`"), label, errors)
        }
        Some(_) => {
            refuse(e, what, Kind::Extra(n).describe(), label, errors);
            None
        }
    }
}

fn counts(
    list: Vec<&Expr>,
    what: &str,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Vec<TokenStream>> {
    let all = list.len();
    let list = list.into_iter();
    let counts: Vec<_> = list.filter_map(|e| count(e, what, label, errors)).collect();
    (counts.len() == all).then_some(counts)
}

/// A tuple, or an error with `kind`.
fn tuple<'a>(
    e: &'a Expr,
    what: &str,
    kind: Kind,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Vec<&'a Expr>> {
    let elements = elements(e);
    if elements.is_none() {
        refuse(e, what, kind.describe(), label, errors);
    }
    elements
}

fn constant(ty: TokenStream, value: TokenStream) -> Value {
    Value::Const { ty, value }
}

/// `dict(rmax = 3.0)`, as which `{"rmax": 3.0}` is read: an array of `Option<f32>`s, in the order of the keys.
pub fn dict(
    e: &Expr,
    what: &str,
    keys: &[&'static str],
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Value> {
    let entries = match peel(e) {
        Expr::Call(call) if value::ident(&call.func).is_some_and(|name| name == "dict") => {
            &call.args
        }
        _ => {
            refuse(e, what, Kind::Dict(&[]).describe(), label, errors);
            return None;
        }
    };
    let mut values = vec![quote!(::core::option::Option::None); keys.len()];
    let before = errors.count();
    for entry in entries {
        let entry = function::argument(entry);
        let name = entry.name.as_ref().map(ToString::to_string);
        let at = keys.iter().position(|key| name.as_deref() == Some(*key));
        let Some(place) = at.and_then(|at| values.get_mut(at)) else {
            let known: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
            let (found, known) = (name.unwrap_or_default(), known.join(", "));
            errors.at(
                entry.ends,
                format_args!("{label}`{what}` has no key \"{found}\"\n  help: known are {known}"),
            );
            continue;
        };
        if value::is_none(&entry.value) {
            continue;
        }
        if let Some(Value::Real(number)) = value::real(&entry.value, what, label, errors) {
            *place = quote!(::core::option::Option::Some(#number));
        }
    }
    let count = keys.len();
    let ty = quote!([::core::option::Option<::core::primitive::f32>; #count]);
    (errors.count() == before).then(|| constant(ty, quote!([#(#values),*])))
}

/// `(2, 1)`
pub fn permutation(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    let elements = tuple(e, what, Kind::Permutation, label, errors)?;
    let all = elements.len();
    if let Some(zero) = elements
        .iter()
        .find(|e| matches!(literally(e), Literally::Int(_, Some(0))))
    {
        errors.at(
            Ends::of(*zero),
            format_args!(
                "{label}the axes in `{what}` count from 1, found 0: that is the batch\n  \
                 help: `Permute((2, 1))` swaps two axes"
            ),
        );
        return None;
    }
    if twice(&elements, what, label, errors) {
        return None;
    }
    let dims: Vec<_> = elements
        .into_iter()
        .filter_map(|e| value::size(e, &format!("an axis of `{what}`"), label, errors))
        .collect();
    let value = quote!(&[#(#dims),*]);
    (dims.len() == all).then(|| constant(quote!(&[::core::primitive::usize]), value))
}

/// `(7, -1)`
pub fn target_shape(
    e: &Expr,
    what: &str,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<Value> {
    let elements = tuple(e, what, Kind::TargetShape, label, errors)?;
    let mut sizes = Vec::new();
    let mut fits = true;
    for e in elements {
        if matches!(literally(e), Literally::Int(true, Some(1))) {
            sizes.push(quote!(::core::option::Option::None));
        } else if value::is_none(e) {
            errors.at(
                Ends::of(e),
                format_args!(
                    "{label}a size in `{what}` must be a positive integer or -1, found `None`\n  \
                     help: write -1 for what is left"
                ),
            );
            fits = false;
        } else if dim(e, what, label, errors) {
            let size = peel(e);
            sizes.push(quote!(::core::option::Option::Some(#size)));
        } else {
            fits = false;
        }
    }
    let value = quote!(&[#(#sizes),*]);
    fits.then(|| {
        constant(
            quote!(&[::core::option::Option<::core::primitive::usize>]),
            value,
        )
    })
}

/// `-1`
pub fn axis(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    let axis = integer(e, what, Kind::Axis, label, errors)?;
    Some(constant(quote!(::core::primitive::isize), axis))
}

/// Whether an axis is named twice, as far as the macro can see; reports it.
fn twice(axes: &[&Expr], what: &str, label: &LayerLabel, errors: &mut Errors) -> bool {
    let mut seen = Vec::new();
    for e in axes {
        let Literally::Int(negative, Some(axis)) = literally(e) else {
            continue;
        };
        if seen.contains(&(negative, axis)) {
            let axis = value::text_of(e);
            errors.at(
                Ends::of(*e),
                format_args!(
                    "{label}`{what}` names axis {axis} twice\n  help: name each axis once"
                ),
            );
            return true;
        }
        seen.push((negative, axis));
    }
    false
}

/// `-1` or `(1, 2)`
pub fn axes(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    let elements = match value::is_none(e) {
        true => Vec::new(),
        false => elements(e).unwrap_or_else(|| vec![e]),
    };
    if twice(&elements, what, label, errors) {
        return None;
    }
    let all = elements.len();
    let axes: Vec<_> = elements
        .into_iter()
        .filter_map(|e| integer(e, what, Kind::Axes, label, errors))
        .collect();
    let value = quote!(&[#(#axes),*]);
    (axes.len() == all).then(|| constant(quote!(&[::core::primitive::isize]), value))
}

/// `(None, 1, None)`
pub fn noise_shape(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    // Keras takes a number for a shape of one axis, but of noise.
    let elements = match elements(e) {
        None if what == "output_shape" => vec![e],
        _ => tuple(e, what, Kind::NoiseShape, label, errors)?,
    };
    let all = elements.len();
    let size = |e: &Expr| match value::is_none(e) {
        true => Some(quote!(::core::option::Option::None)),
        false => value::size(e, &format!("a size in `{what}`"), label, errors)
            .map(|size| quote!(::core::option::Option::Some(#size))),
    };
    let sizes: Vec<_> = elements.into_iter().filter_map(size).collect();
    let value = quote!(&[#(#sizes),*]);
    let ty = quote!(&[::core::option::Option<::core::primitive::usize>]);
    (sizes.len() == all).then(|| constant(ty, value))
}

/// `0.5`, `[0.1, 0.2]`, `((0.1, 0.2), (0.3, 0.4))` or `&MEANS`
pub fn reals(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    if let Expr::Reference(reference) = peel(e) {
        return Some(several(reference.to_token_stream()));
    }
    let mut numbers = Vec::new();
    flatten(e, what, label, errors, &mut numbers).then(|| several(quote!(&[#(#numbers),*])))
}

/// A whole number that may be 0.
pub fn whole(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    count(e, what, label, errors).map(Value::Size)
}

/// `7` or `[12, 36]`
pub fn wholes(e: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> Option<Value> {
    if let Expr::Reference(reference) = peel(e) {
        let value = reference.to_token_stream();
        return Some(constant(quote!(&[::core::primitive::i64]), value));
    }
    let elements = elements(e).unwrap_or_else(|| vec![e]);
    let all = elements.len();
    let numbers: Vec<_> = elements
        .into_iter()
        .filter_map(|e| integer(e, what, Kind::Wholes, label, errors))
        .collect();
    let value = quote!(&[#(#numbers),*]);
    (numbers.len() == all).then(|| constant(quote!(&[::core::primitive::i64]), value))
}

/// Numbers as a slice.
pub fn several(numbers: TokenStream) -> Value {
    constant(quote!(&[::core::primitive::f32]), numbers)
}

/// Appends a number, or all that are in a list of them; whether there is nothing else in it.
fn flatten(
    e: &Expr,
    what: &str,
    label: &LayerLabel,
    errors: &mut Errors,
    numbers: &mut Vec<TokenStream>,
) -> bool {
    let Some(elements) = elements(e) else {
        let number = value::real(e, what, label, errors);
        return match number {
            Some(Value::Real(number)) => {
                numbers.push(number);
                true
            }
            _ => false,
        };
    };
    if elements.is_empty() {
        refuse(e, what, "a number, or a list of numbers", label, errors);
    }
    let fits = elements
        .iter()
        .map(|e| flatten(e, what, label, errors, numbers));
    fits.fold(!elements.is_empty(), |all, fits| all & fits)
}

fn integer(
    e: &Expr,
    what: &str,
    kind: Kind,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let fits = matches!(literally(e), Literally::Int(..) | Literally::No);
    if !fits {
        refuse(e, what, kind.describe(), label, errors);
    }
    fits.then(|| peel(e).to_token_stream())
}

/// One axis (A8, A10).
pub fn dim(axis: &Expr, what: &str, label: &LayerLabel, errors: &mut Errors) -> bool {
    value::size(axis, &format!("an axis of `{what}`"), label, errors).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check<T> = fn(&Expr, &str, &LayerLabel, &mut Errors) -> Option<T>;

    fn ask<T>(check: Check<T>, source: &str) -> Result<T, String> {
        let mut errors = Errors::default();
        let label = LayerLabel {
            number: 1,
            name: "it".to_owned(),
            within: String::new(),
            span: proc_macro2::Span::call_site(),
        };
        let e: Expr = syn::parse_str(source).map_err(|e| e.to_string())?;
        let messages = |errors: &Errors| errors.iter().map(ToString::to_string).collect();
        check(&e, "it", &label, &mut errors).ok_or_else(|| messages(&errors))
    }

    #[test]
    fn margins_of_two_axes() {
        let sides = |source: &str| {
            let check: Check<_> = |e, what, label, errors| margins(e, what, 2, label, errors);
            ask(check, source).map(|sides| sides.iter().map(ToString::to_string).collect())
        };
        let are = |expected: &[&str]| Ok(expected.iter().map(ToString::to_string).collect());
        assert_eq!(sides("0"), are(&["0"]));
        assert_eq!(sides("(1, N)"), are(&["1", "N"]));
        assert_eq!(sides("((1, 2), [3, 4])"), are(&["1", "2", "3", "4"]));
        for wrong in [
            "(1, 2, 3)",
            "((1, 2), 3)",
            "((1,), (2,))",
            "-1",
            "(1, -2)",
            "0.5",
        ] {
            let sides: Result<Vec<String>, _> = sides(wrong);
            assert!(sides.is_err(), "{wrong}");
        }
    }

    #[test]
    fn margins_of_one_axis() {
        let check: Check<_> = |e, what, label, errors| margins(e, what, 1, label, errors);
        for (source, count) in [("1", 1), ("(1, 2)", 2), ("((1, 2),)", 2)] {
            assert_eq!(
                ask(check, source).map(|sides| sides.len()),
                Ok(count),
                "{source}"
            );
        }
        assert!(ask(check, "(1,)").is_err());
    }

    #[test]
    fn extra_places() {
        let check: Check<_> = |e, what, label, errors| extra(e, what, 2, label, errors);
        for (source, count) in [("0", 1), ("(1, N)", 2), ("[0, 0]", 2)] {
            assert_eq!(ask(check, source).map(|all| all.len()), Ok(count));
        }
        for wrong in ["(1,)", "-1", "(0, -1)", "0.5", "\"1\""] {
            assert!(ask(check, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn targets_dims_and_axes() {
        let text = |check: Check<Value>, source| match ask(check, source) {
            Ok(Value::Const { value, .. }) => value.to_string().replace(' ', ""),
            Ok(_) => String::new(),
            Err(why) => why,
        };
        assert_eq!(
            text(target_shape, "(-1, N)"),
            "&[::core::option::Option::None,::core::option::Option::Some(N)]"
        );
        assert_eq!(text(permutation, "[2, 1]"), "&[2,1]");
        assert_eq!(text(axes, "-1"), "&[-1]");
        assert_eq!(text(axes, "(1, 2)"), "&[1,2]");
        assert_eq!(text(axis, "-2"), "-2");
        assert!(text(target_shape, "(-2, 3)").contains("found -2"));
        assert!(text(target_shape, "(0, 3)").contains("found 0"));
        assert!(text(target_shape, "12").contains("must be a tuple"));
        assert!(text(target_shape, "(None, 3)").contains("write -1 for what is left"));
        assert!(text(permutation, "(0, 1)").contains("count from 1, found 0"));
        assert!(text(permutation, "(2, 2)").contains("names axis 2 twice"));
        assert!(text(axes, "(-1, 1, -1)").contains("names axis -1 twice"));
        assert!(text(axis, "(1, 2)").contains("must be an integer"));
    }
}
