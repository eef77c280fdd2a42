//! The declared input: `input_shape`, `input_dim`, `batch_input_shape`, `Input(..)` (A2, A3, A13).

use kseq_catalogue::{DTYPES, INPUT_PARAMS, LayerRow, TOKEN_DTYPES};
use syn::Expr;

use super::label::LayerLabel;
use super::value::Argument;
use super::{args, lists, naming, value};
use crate::ast::{Arg, Call, Ends, Errors};
use crate::ir::{Input, Value};

/// Takes the arguments that declare an input out of a layer's `common` arguments. A declaration
/// with errors is `None`: they are reported. Without a `dtype` the layer says whether the samples
/// are tokens.
pub fn declared(
    common: &mut Vec<Arg>,
    class: &str,
    row: Option<&LayerRow>,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Vec<Option<Input>> {
    let mut take = |name: &str| {
        let at = common.iter().position(|arg| is_named(arg, name))?;
        Some(common.remove(at)).filter(|arg| !value::is_none(&arg.value))
    };
    let batch_size = take("batch_size");
    let dtype = take("dtype");
    let shapes = [take("input_shape").or_else(|| take("shape"))];
    let batch_shapes = [take("batch_input_shape"), take("batch_shape")];
    let (dim, length) = (take("input_dim"), take("input_length"));

    let on_tokens = row.is_some_and(|row| row.on_tokens);
    let tokens = dtype.as_ref().map_or(on_tokens, |arg| {
        let integer = dtype_is_integer(&arg.value, class, label, errors);
        integer == Some(true)
    });
    let batch = batch_size.and_then(|arg| {
        value::size(&arg.value, "batch_size", label, errors)?;
        Some(arg.value)
    });
    let mut inputs = Vec::new();
    let input = |dims, batch, ends| Input {
        tokens,
        dims,
        batch,
        length_only: false,
        ends,
    };
    for arg in shapes.into_iter().flatten() {
        let ends = arg.ends();
        let dims = dims(arg, false, label, errors);
        inputs.push(dims.map(|(_, dims)| input(dims, batch.clone(), ends)));
    }
    for arg in batch_shapes.into_iter().flatten() {
        let ends = arg.ends();
        let what = arg
            .name
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        let dims = dims(arg, true, label, errors);
        if let (Some((Some(size), _)), Some(batch)) = (&dims, &batch)
            && value::text_of(size) != value::text_of(batch)
        {
            errors.at(
                ends,
                format_args!(
                    "{label}`batch_size` says {}, but the first number of `{what}` says {}\n  \
                     help: give the batch size once",
                    value::text_of(batch),
                    value::text_of(size)
                ),
            );
        }
        inputs.push(dims.map(|(size, dims)| input(dims, size.or(batch.clone()), ends)));
    }
    // Keras: a sequence of `input_length` vectors of `input_dim` features.
    let ends = [&length, &dim].into_iter().flatten().map(Arg::ends).next();
    if let Some(ends) = ends {
        let length_only = dim.is_none();
        let sizes = [
            length.map(|l| (l, "input_length")),
            dim.map(|d| (d, "input_dim")),
        ];
        let sizes = sizes.into_iter().flatten().map(|(arg, what)| {
            value::size(&arg.value, what, label, errors)?;
            Some(arg.value)
        });
        let sizes: Vec<Option<Expr>> = sizes.collect();
        let dims: Option<Vec<Expr>> = sizes.into_iter().collect();
        inputs.push(dims.map(|dims| Input {
            length_only,
            ..input(dims, batch.clone(), ends)
        }));
    }
    if let Some(dtype) = dtype
        && tokens
        && inputs.is_empty()
    {
        errors.at(
            Ends::of(&dtype.value),
            format_args!(
                "{label}only the model's input can hold integer tokens\n  \
                 help: give the first layer `dtype` together with `input_shape`"
            ),
        );
    }
    inputs
}

fn is_named(arg: &Arg, name: &str) -> bool {
    arg.name.as_ref().is_some_and(|given| given == name)
}

/// `Input(shape = (784,), dtype = "float32")`
pub fn of_input(call: Call, label: &LayerLabel, errors: &mut Errors) -> Option<Input> {
    let class = naming::class_of(&call);
    let named = args::name_positional(call.args, INPUT_PARAMS, &class, label, errors);
    let mut common = Vec::new();
    for arg in named {
        match &arg.name {
            Some(name) if INPUT_PARAMS.iter().any(|known| name == known) => common.push(arg),
            _ => args::unknown(&arg, &class, INPUT_PARAMS, false, label, errors),
        }
    }
    let mut declared = declared(&mut common, &class, None, label, errors);
    if declared.is_empty() {
        errors.at(
            call.ends,
            format_args!(
                "{label}it must say the shape of a sample, without the batch axis\n  \
                 help: `{class}(shape = (784,))`"
            ),
        );
        return None;
    }
    if declared.len() > 1 {
        errors.at(
            call.ends,
            format_args!("{label}the shape is given twice\n  help: keep one of the arguments"),
        );
    }
    declared.remove(0)
}

/// The axes of a shape, and the batch size before them if `batch` says that there is one.
fn dims(
    arg: Arg,
    batch: bool,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<(Option<Expr>, Vec<Expr>)> {
    let what = arg.name.map_or_else(String::new, |name| name.to_string());
    let example = if batch { "(32, 784)" } else { "(784,)" };
    let mut value = arg.value;
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    let ends = Ends::of(&value);
    let mut axes: Vec<Expr> = match value {
        Expr::Tuple(tuple) => tuple.elems.into_iter().collect(),
        Expr::Array(array) => array.elems.into_iter().collect(),
        Expr::Paren(paren) => {
            let inner = value::text_of(&paren.expr).replace('`', "");
            let text = format!("`{what}` must be a tuple, found the number ({inner})");
            let help = format!("a shape is a tuple: write `({inner},)`");
            errors.at(ends, format_args!("{label}{text}\n  help: {help}"));
            return None;
        }
        other => {
            let found = value::text_of(&other);
            let inner = match &other {
                Expr::Lit(lit) if !matches!(lit.lit, syn::Lit::Int(_)) => example.to_owned(),
                _ => format!("({},)", found.replace('`', "")),
            };
            let text = format!("`{what}` must be a tuple of sizes, found {found}");
            let help = format!("a shape is a tuple: write `{inner}`");
            errors.at(ends, format_args!("{label}{text}\n  help: {help}"));
            return None;
        }
    };
    let size = match batch && !axes.is_empty() {
        true => Some(axes.remove(0)).filter(|size| !value::is_none(size)),
        false => None,
    };
    let mut fits = true;
    for axis in &axes {
        fits &= lists::dim(axis, &what, label, errors);
    }
    if let Some(size) = &size {
        fits &= value::size(size, "the batch size", label, errors).is_some();
    }
    fits.then_some((size, axes))
}

/// Whether samples are integer tokens; `None` after an error.
fn dtype_is_integer(
    value: &Expr,
    class: &str,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<bool> {
    let argument = Argument {
        name: "dtype",
        class,
    };
    match value::word(value, &argument, DTYPES, label, errors)? {
        Value::Word(word) => Some(TOKEN_DTYPES.contains(&word.as_str())),
        _ => None,
    }
}
