//! The declared input: `input_shape`, `input_dim`, `batch_input_shape`, `Input(..)` (A2, A3, I).

use kseq_catalogue::{DTYPES, INPUT_PARAMS, LayerRow, TOKEN_DTYPES};
use syn::Expr;

use super::label::LayerLabel;
use super::value::Argument;
use super::{args, lists, naming, value};
use crate::ast::{Arg, Call, Ends, Errors};
use crate::ir::{Input, Value};
use crate::tokens::tokens;

/// What a layer says of its input.
pub struct Declared {
    /// The inputs that it declares; one with errors is `None`: they are reported.
    pub inputs: Vec<Option<Input>>,
    /// What the first layer takes if it declares none: an `Embedding` tokens, as many as come.
    pub unsaid: Option<Input>,
}

/// Takes the arguments that declare an input out of a layer's `common` arguments. Without a `dtype` the layer says
/// whether the samples are tokens.
pub fn declared(
    common: &mut Vec<Arg>,
    class: &str,
    row: Option<&LayerRow>,
    ends: Ends,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Declared {
    let mut take = |name: &str| {
        let at = common.iter().position(|arg| arg.is(name))?;
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
    let input = |Axes { sizes, open }, batch, ends| Input {
        tokens,
        dims: sizes,
        open,
        batch,
        of: None,
        length_only: false,
        ends,
    };
    for arg in shapes.into_iter().flatten() {
        let ends = arg.ends();
        let axes = axes(arg, false, label, errors);
        inputs.push(axes.map(|(_, axes)| input(axes, batch.clone(), ends)));
    }
    for arg in batch_shapes.into_iter().flatten() {
        let ends = arg.ends();
        let what = arg
            .name
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        let axes = axes(arg, true, label, errors);
        if let (Some((Some(size), _)), Some(batch)) = (&axes, &batch)
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
        inputs.push(axes.map(|(size, axes)| input(axes, size.or(batch.clone()), ends)));
    }
    // Keras: a sequence of `input_length` vectors of `input_dim` features; a recurrent layer has a sequence in any case.
    let given = [&length, &dim].into_iter().flatten().map(Arg::ends).next();
    if let Some(ends) = given {
        let length_only = dim.is_none();
        let open = length.is_none() && row.is_some_and(LayerRow::is_recurrent);
        let sizes = [
            length.map(|l| (l, "input_length")),
            dim.map(|d| (d, "input_dim")),
        ];
        let sizes = sizes.into_iter().flatten().map(|(arg, what)| {
            value::size(&arg.value, what, label, errors)?;
            Some(arg.value)
        });
        let any = open.then(|| Some(any_length()));
        let sizes: Vec<Option<Expr>> = any.into_iter().chain(sizes).collect();
        let sizes: Option<Vec<Expr>> = sizes.into_iter().collect();
        let open = usize::from(open);
        inputs.push(sizes.map(|sizes| Input {
            length_only,
            ..input(Axes { sizes, open }, batch.clone(), ends)
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
    let unsaid = on_tokens.then(|| Input {
        tokens: true,
        dims: vec![any_length()],
        open: 1,
        batch,
        of: None,
        length_only: false,
        ends,
    });
    Declared { inputs, unsaid }
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
    let Declared { mut inputs, .. } = declared(&mut common, &class, None, call.ends, label, errors);
    if inputs.is_empty() {
        errors.at(
            call.ends,
            format_args!(
                "{label}it must say the shape of a sample, without the batch axis\n  \
                 help: `{class}(shape = (784,))`"
            ),
        );
        return None;
    }
    if inputs.len() > 1 {
        errors.at(
            call.ends,
            format_args!("{label}the shape is given twice\n  help: keep one of the arguments"),
        );
    }
    inputs.remove(0)
}

/// The axes of a sample.
struct Axes {
    sizes: Vec<Expr>,
    /// How many of them, the first ones, are `None`.
    open: usize,
}

/// Keras's `None` as a size.
fn any_length() -> Expr {
    Expr::Verbatim(tokens! { ::kseq::__core::shape::Shape::NONE })
}

/// The axes of a shape, and the batch size before them if `batch` says that there is one.
fn axes(
    arg: Arg,
    batch: bool,
    label: &LayerLabel,
    errors: &mut Errors,
) -> Option<(Option<Expr>, Axes)> {
    let what = arg.name.map_or_else(String::new, |name| name.to_string());
    let example = if batch { "(32, 784)" } else { "(784,)" };
    let mut value = arg.value;
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    let ends = Ends::of(&value);
    let mut sizes: Vec<Expr> = match value {
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
    let size = match batch && !sizes.is_empty() {
        true => Some(sizes.remove(0)).filter(|size| !value::is_none(size)),
        false => None,
    };
    let open = sizes.iter().take_while(|size| value::is_none(size)).count();
    let mut fits = in_front(&sizes, open, &what, label, errors);
    for axis in sizes.iter().filter(|size| !value::is_none(size)) {
        fits &= lists::dim(axis, &what, label, errors);
    }
    if let Some(size) = &size {
        fits &= value::size(size, "the batch size", label, errors).is_some();
    }
    for axis in sizes.iter_mut().take(open) {
        *axis = any_length();
    }
    fits.then_some((size, Axes { sizes, open }))
}

/// Refuses `None` but for the first axes, of which `open` are so: at most two.
fn in_front(
    sizes: &[Expr],
    open: usize,
    what: &str,
    label: &LayerLabel,
    errors: &mut Errors,
) -> bool {
    let (first, rest) = sizes.split_at(open);
    if let Some(third) = first.get(2) {
        errors.at(
            Ends::of(third),
            format_args!(
                "{label}`{what}` has {open} axes of any length (`None`), a sample has at most two\n  \
                 help: the steps of a sequence, (None, 16), or height and width of an image, (None, None, 3), may be \
                 of any length"
            ),
        );
        return false;
    }
    let Some(behind) = rest.iter().find(|size| value::is_none(size)) else {
        return true;
    };
    errors.at(
        Ends::of(behind),
        format_args!(
            "{label}`{what}` has an axis of any length (`None`) behind one with a size\n  \
             help: only the first axes may be of any length, the steps of a sequence, (None, 16), or height and width \
             of an image, (None, None, 3): put it in front, or give its size"
        ),
    );
    false
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
