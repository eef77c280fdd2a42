//! Tokens -> [`ast`]. A mistake in one layer or argument does not hide those of the others: the
//! parser notes it and goes on behind the next comma.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Ident, Result, Token, Visibility, token};

use crate::ast::{Ends, Errors, Form, Model};
use crate::python;
use call::{dotted, list, name_of_argument, named, repetition, skip, skip_to_comma};

pub use call::{argument, text_of};

mod call;

/// The models of one macro call; `errors` are those outside of any model.
pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Vec<Model> {
    let mut models = Vec::new();
    let whole = |input: ParseStream<'_>| {
        if let Err(error) = everything(input, &mut models, false) {
            match models.last_mut() {
                Some(model) => model.errors.push(error),
                None => errors.push(error),
            }
            skip(input, |_| false);
        }
        Ok(())
    };
    let read = whole.parse2(python::with_strings(tokens.clone()));
    if let Err(error) = read {
        errors.push(error);
    }
    for model in &mut models {
        model.errors.settle(&tokens);
    }
    errors.settle(&tokens);
    models
}

/// Of several statements of Python's the first is an error; `reported` says that it was.
fn everything(input: ParseStream<'_>, models: &mut Vec<Model>, mut reported: bool) -> Result<()> {
    // What comes before a model's beginning and does not belong there: the model is still made, with the error in it.
    if let Some(error) = before(input)? {
        if !has_header(input) {
            return Err(error);
        }
        let result = everything(input, models, true);
        return match models.first_mut() {
            Some(model) => {
                model.errors.push(error);
                result
            }
            None => Err(error),
        };
    }
    if !has_header(input) {
        read(input, Form::Value, models, value)?;
        return match input.is_empty() {
            true => Ok(()),
            false => Err(input.error("expected nothing after the list of layers")),
        };
    }
    while !input.is_empty() {
        if has_header(input) {
            let (form, [budgets, quantize]) = header(input)?;
            let before = models.len();
            let result = read(input, form, models, right_side);
            if let Some(model) = models.get_mut(before) {
                model.budgets = budgets;
                model.quantize = quantize;
            }
            result?;
            input.parse::<Option<Token![;]>>()?;
        } else if let Some(error) = python::comment(input) {
            return Err(error);
        } else if let Some(error) = python::statement(input) {
            if let Some(model) = models.last_mut().filter(|_| !reported) {
                model.errors.push(error);
            }
            reported = true;
        } else if let Some(model) = models.last_mut() {
            let mut errors = std::mem::take(&mut model.errors);
            let result = add(input, model, &mut errors);
            model.errors = errors;
            result?;
        }
    }
    Ok(())
}

/// The first error of what stands before the first model: Python, or a layer for a model that is not there yet.
fn before(input: ParseStream<'_>) -> Result<Option<Error>> {
    let mut first = None;
    loop {
        let ahead = input.fork();
        let variable = ahead.parse::<Ident>();
        let is_add = ahead.peek(Token![.]) && ahead.parse::<Token![.]>().is_ok();
        let is_add = is_add
            && ahead
                .call(Ident::parse_any)
                .is_ok_and(|method| method == "add");
        let error = match (python::comment(input), python::statement(input), variable) {
            (Some(error), ..) => {
                skip(input, has_header);
                error
            }
            (None, Some(error), _) => error,
            (None, None, Ok(variable)) if is_add && ahead.peek(token::Paren) => {
                skip(input, has_header);
                Error::new(
                    variable.span(),
                    format!(
                        "there is no `{variable}` yet to which a layer could be added\n  \
                         help: begin with `{variable} = Sequential()`"
                    ),
                )
            }
            _ => return Ok(first),
        };
        first.get_or_insert(error);
    }
}

/// Reads the layers of a new model.
fn read(
    input: ParseStream<'_>,
    form: Form,
    models: &mut Vec<Model>,
    layers: fn(ParseStream<'_>, &mut Model, &mut Errors) -> Result<()>,
) -> Result<()> {
    let mut errors = Errors::default();
    let mut model = Model {
        form,
        budgets: Vec::new(),
        quantize: Vec::new(),
        title: None,
        layers: Vec::new(),
        list: Ends::at(input.span()),
        errors: Errors::default(),
    };
    let result = layers(input, &mut model, &mut errors);
    model.errors = errors;
    models.push(model);
    result
}

/// Whether the input goes on with `pub Net =`, `let mut model =` or `model =`.
fn has_header(input: ParseStream<'_>) -> bool {
    // `# model = Sequential()` is a comment of Python's.
    if python::comment(input).is_some() {
        return false;
    }
    let ahead = input.fork();
    let _ = ahead.call(Attribute::parse_outer);
    ahead.peek(Token![pub]) || ahead.peek(Token![let]) || (ahead.peek(Ident) && named(&ahead))
}

/// `#[budget(..)] #[quantize] pub Net =`: the form, and these attributes.
fn header(input: ParseStream<'_>) -> Result<(Form, [Vec<Attribute>; 2])> {
    let attrs = input.call(Attribute::parse_outer)?.into_iter();
    let (budgets, attrs): (Vec<_>, Vec<_>) = attrs.partition(|attr| attr.path().is_ident("budget"));
    let attrs = attrs.into_iter();
    let (quantize, attrs): (Vec<_>, Vec<_>) =
        attrs.partition(|attr| attr.path().is_ident("quantize"));
    let vis: Visibility = input.parse()?;
    let variable = input.parse::<Option<Token![let]>>()?.is_some();
    input.parse::<Option<Token![mut]>>()?;
    let name: Ident = input.parse()?;
    input.parse::<Token![=]>()?;
    // `model = Model(...)` is no list, but it was to be a variable.
    let is_value = !input.peek(token::Bracket) && name.to_string().starts_with(char::is_lowercase);
    let is_plain = attrs.is_empty() && matches!(vis, Visibility::Inherited);
    let python = is_plain && (is_sequential(input) || is_value);
    let form = if variable || python {
        if let Some(attr) = attrs.first() {
            let text = "a model that is a variable takes no attributes but `budget` and `quantize`";
            return Err(Ends::of(attr).error(text));
        }
        Form::Variable { name }
    } else {
        Form::Item {
            attrs,
            vis,
            name,
            again: 0,
        }
    };
    Ok((form, [budgets, quantize]))
}

/// What stands after `Net =`.
fn right_side(input: ParseStream<'_>, model: &mut Model, errors: &mut Errors) -> Result<()> {
    if input.peek(token::Bracket) || is_sequential(input) {
        value(input, model, errors)
    } else {
        let ahead = input.fork();
        let class = dotted(&ahead).map_or_else(|_| String::new(), |path| text_of(&path));
        let help = match class.as_str() {
            "Model" => {
                "\n  help: `Model(inputs, outputs)` is absent: a `Sequential` has its layers in one list, one behind the other"
            }
            _ if ahead.parse::<TokenTree>().is_ok() && ahead.peek(token::Paren) => {
                "\n  help: a layer is not called on its input, it takes the output of the layer before"
            }
            _ => "",
        };
        Err(input.error(format_args!(
            "expected the list of layers: `[Dense(10, input_shape = (784,)), ...]`{help}"
        )))
    }
}

/// `[..]`, `Sequential(..)`, or the bare list up to the end.
fn value(input: ParseStream<'_>, model: &mut Model, errors: &mut Errors) -> Result<()> {
    if input.peek(token::Bracket) {
        let content;
        let brackets = syn::bracketed!(content in input);
        model.list = ends(brackets.span);
        model.layers = list(&content, errors);
    } else if is_sequential(input) {
        dotted(input)?;
        sequential(input, model, errors)?;
    } else {
        model.layers = list(input, errors);
        if let Some(first) = model.layers.first() {
            model.list = Ends::at(first.ends.last);
        }
    }
    Ok(())
}

fn ends(span: proc_macro2::extra::DelimSpan) -> Ends {
    Ends {
        first: span.open(),
        last: span.close(),
    }
}

/// Whether `Sequential(`, `keras.Sequential(` or the like comes next.
fn is_sequential(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    dotted(&ahead).is_ok_and(|path| path.path.is_ident("Sequential")) && ahead.peek(token::Paren)
}

/// The parentheses of `Sequential(layers, name)`.
fn sequential(input: ParseStream<'_>, model: &mut Model, errors: &mut Errors) -> Result<()> {
    let content;
    let parens = syn::parenthesized!(content in input);
    model.list = ends(parens.span);
    while !content.is_empty() {
        let name = name_of_argument(&content)?;
        match name {
            Some(name) if name == "name" => model.title = Some(content.parse()?),
            Some(name)
                if name == "trainable"
                    && content.fork().parse::<Ident>().is_ok_and(|v| v == "True") =>
            {
                // Keras's default.
                content.parse::<Ident>()?;
            }
            Some(name) if name != "layers" => {
                let text = format!("`Sequential` has no argument `{name}`; it takes: layers, name");
                errors.push(Error::new(name.span(), text));
                skip_to_comma(&content);
            }
            _ if content.peek(token::Bracket) => {
                let inner;
                syn::bracketed!(inner in content);
                model.layers.extend(list(&inner, errors));
            }
            None if content.peek(syn::LitStr) => {
                let given: syn::LitStr = content.parse()?;
                let text = format!(
                    "the name of a `Sequential` is given by name\n  help: write `name = {:?}`",
                    given.value()
                );
                errors.push(Error::new(given.span(), text));
            }
            _ => {
                errors.push(content.error("expected a list of layers: `Sequential([...])`"));
                skip_to_comma(&content);
            }
        }
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// `model.add(Dense(10));`
fn add(input: ParseStream<'_>, model: &mut Model, errors: &mut Errors) -> Result<()> {
    let built = match &model.form {
        Form::Item { name, .. } | Form::Variable { name } => name.clone(),
        Form::Value => return Ok(()),
    };
    if let Some(error) = repetition(input) {
        return Err(error);
    }
    let ahead = input.fork();
    let method = (|| {
        let variable: Ident = ahead.parse()?;
        ahead.parse::<Token![.]>()?;
        Ok::<_, Error>((variable, ahead.call(Ident::parse_any)?))
    })();
    let (variable, method) = method.map_err(|_| {
        input.error(format_args!(
            "expected `{built}.add(...)`: only layers stand inside of the macro"
        ))
    })?;
    if variable != built {
        let text = format!("the model that is built here is `{built}`, not `{variable}`");
        return Err(Error::new(variable.span(), text));
    }
    if method != "add" {
        let text = format!(
            "`{built}.{method}` belongs after the macro: only `{built}.add(...)` stands inside"
        );
        return Err(Error::new(method.span(), text));
    }
    input.parse::<Ident>()?;
    input.parse::<Token![.]>()?;
    input.call(Ident::parse_any)?;
    let content;
    let parens = syn::parenthesized!(content in input);
    let before = errors.count();
    let layers = list(&content, errors);
    let one = "`add` takes one layer";
    if let Some(second) = layers.get(1) {
        let all = Ends {
            first: second.ends.first,
            last: layers
                .last()
                .map_or(second.ends.last, |last| last.ends.last),
        };
        let help = format!("help: write `{built}.add(...)` for each");
        errors.push(all.error(format_args!("{one}, found {}\n  {help}", layers.len())));
    } else if layers.is_empty() && errors.count() == before {
        let help = format!("help: write `{built}.add(Dense(10))`");
        errors.push(ends(parens.span).error(format_args!("{one}, found none\n  {help}")));
    }
    model.layers.extend(layers);
    input.parse::<Option<Token![;]>>()?;
    Ok(())
}
