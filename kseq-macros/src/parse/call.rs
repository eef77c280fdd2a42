//! Layers and their arguments, between commas.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Error, Expr, ExprPath, Ident, LitStr, Result, Token, token};

use crate::ast::{Arg, Call, Ends, Errors};
use crate::suggest::nearest;
use crate::{prefix, python};

/// The error for loops and conditions.
pub fn repetition(input: ParseStream<'_>) -> Option<Error> {
    let is_loop = input.peek(Token![for]) || input.peek(Token![while]) || input.peek(Token![loop]);
    (is_loop || input.peek(Token![if]) || input.peek(Token![match])).then(|| {
        input.error(
            "layers must be listed one by one: each is a field of the model's struct, \
             so loops and conditions cannot add them",
        )
    })
}

/// What is said of `Dense(3)(x)`.
const CALLED: &str =
    "expected `,`: a layer is not called on its input, it takes the output of the layer before";

/// The error for what people write behind a layer or an argument instead of a comma.
fn separator(input: ParseStream<'_>) -> Error {
    if input.peek(Token![:]) {
        input.error(python::words::colon("units = 32"))
    } else if input.peek(token::Paren) {
        input.error(CALLED)
    } else {
        input.error(python::words::no_comma("layers and arguments"))
    }
}

/// Layers up to the end of the input.
pub fn list(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Call> {
    separated(input, errors, call)
}

/// Things between commas; behind a mistake it goes on at the next comma.
pub fn separated<T>(
    input: ParseStream<'_>,
    errors: &mut Errors,
    one: fn(ParseStream<'_>, &mut Errors) -> Result<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    while !input.is_empty() {
        if let Some(error) = python::comment(input) {
            errors.push(error);
            skip(input, |_| false);
            break;
        }
        match one(input, errors) {
            Ok(thing) => {
                all.push(thing);
                if let Some(error) = python::comment(input) {
                    errors.push(error);
                    skip(input, |_| false);
                    break;
                }
                if !input.is_empty() && !input.peek(Token![,]) {
                    let error = repetition(input).unwrap_or_else(|| separator(input));
                    errors.push(error);
                }
            }
            Err(error) => errors.push(error),
        }
        skip_to_comma(input);
        let _ = input.parse::<Token![,]>();
    }
    all
}

pub fn skip_to_comma(input: ParseStream<'_>) {
    skip(input, |input| input.peek(Token![,]));
}

pub fn skip(input: ParseStream<'_>, stop: fn(ParseStream<'_>) -> bool) {
    while !input.is_empty() && !stop(input) {
        let _ = input.parse::<TokenTree>();
    }
}

/// `Dense(10, name = "out")`
fn call(input: ParseStream<'_>, errors: &mut Errors) -> Result<Call> {
    let docs = input.call(Attribute::parse_outer)?;
    if let Some(error) = repetition(input) {
        return Err(error);
    }
    if let Some(error) = python::list(input) {
        return Err(error);
    }
    if !(input.peek(Ident::peek_any) || input.peek(Token![::]) || input.peek(Token![<])) {
        let word = input.fork().parse::<LitStr>();
        let help = match word {
            Ok(word) if kseq_catalogue::activation_names().any(|name| name == word.value()) => {
                format!("\n  help: write `Activation({:?})`", word.value())
            }
            _ if input.peek(Token![*]) => {
                "\n  help: layers are not unpacked from a list: write each of them".to_owned()
            }
            _ => String::new(),
        };
        return Err(input.error(format_args!("expected a layer: `Dense(10)`{help}")));
    }
    let path = dotted(input)?;
    let first = Ends::of(&path);
    if !input.peek(token::Paren) {
        let class = text_of(&path);
        if path.path.get_ident().is_some() && class.starts_with(char::is_lowercase) {
            return Err(first.error(format_args!(
                "expected a layer, found `{class}`: a model that exists already, or a variable, is none\n  \
                 help: list the layers themselves: `Dense(10)`; a model of `sequential!` is named by its type: `Encoder`"
            )));
        }
        let is_layer = path.path.get_ident().is_some_and(is_keras_class);
        if is_layer || path.path.get_ident().is_some() && is_misspelt(&class) {
            return Err(first.error(format_args!(
                "a layer is written with parentheses: `{class}(...)`"
            )));
        }
        // A model that is there already.
        let model = Arg {
            name: None,
            value: Expr::Path(path),
            ends: first,
        };
        return Ok(Call {
            docs,
            path: syn::parse_quote!(Sequential),
            args: vec![model],
            ends: first,
        });
    }
    let content;
    let parens = syn::parenthesized!(content in input);
    let args = separated(&content, errors, argument);
    Ok(Call {
        docs,
        path,
        args,
        ends: Ends {
            first: first.first,
            last: parens.span.close(),
        },
    })
}

/// Whether a layer of Keras is probably meant.
fn is_misspelt(class: &str) -> bool {
    let known: Vec<&str> = kseq_catalogue::layers().map(|row| row.class).collect();
    nearest(class, &known).is_some()
}

/// A path as the user wrote it.
pub fn text_of(path: &ExprPath) -> String {
    quote::quote!(#path).to_string().replace(' ', "")
}

pub fn argument(input: ParseStream<'_>, _: &mut Errors) -> Result<Arg> {
    if let Some(error) = python::argument(input) {
        return Err(error);
    }
    let name = name_of_argument(input)?;
    if let Some(error) = python::value(input) {
        return Err(error);
    }
    let begin = input.fork();
    let value = value(input)?;
    let mut tokens = TokenStream::new();
    while begin.cursor() != input.cursor() {
        tokens.extend([begin.parse::<TokenTree>()?]);
    }
    Ok(Arg {
        name,
        value,
        ends: Ends::of_tokens(tokens),
    })
}

/// The value of an argument, in which Python's dicts are calls.
fn value(input: ParseStream<'_>) -> Result<Expr> {
    let (ahead, mut tokens) = (input.fork(), TokenStream::new());
    while !ahead.is_empty() && !ahead.peek(Token![,]) {
        tokens.extend([ahead.parse::<TokenTree>()?]);
    }
    match python::with_dicts(tokens)? {
        Some(tokens) => {
            skip_to_comma(input);
            syn::parse2(tokens)
        }
        None => input.parse(),
    }
}

pub fn name_of_argument(input: ParseStream<'_>) -> Result<Option<Ident>> {
    if !named(input) {
        return Ok(None);
    }
    let name = input.call(Ident::parse_any)?;
    input.parse::<Token![=]>()?;
    Ok(Some(name))
}

/// Whether a name and `=` come next.
pub fn named(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==])
}

/// A path; Python's `keras.layers.` is dropped.
pub fn dotted(input: ParseStream<'_>) -> Result<ExprPath> {
    let mut path: ExprPath = input.parse()?;
    while path.path.get_ident().is_some() && input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        path = input.parse()?;
    }
    // `keras::layers::Dense`
    if let Some(last) = prefix::last_of(&path.path)
        .filter(|last| prefix::is_pythons(&path.path) || is_keras_class(last))
    {
        path = syn::parse_quote!(#last);
    }
    Ok(path)
}

/// Whether Keras has a layer of that name, or it is one that kseq takes for a mistake and not for a user's.
fn is_keras_class(name: &Ident) -> bool {
    let name = name.to_string();
    let input = kseq_catalogue::INPUTS.contains(&name.as_str());
    input
        || kseq_catalogue::layer(&name).is_some()
        || kseq_catalogue::layers_missing().any(|later| later == name)
}
