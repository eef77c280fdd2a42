//! `include_weights!`: a file of weights as a model in the program.
//!
//! The file is read here: whether it is one, its checksum, names, types and shapes, and whether all values are finite. What
//! the model needs is known only to the compiler, which compares both in a constant (`kseq-core/src/network/baked.rs`). The
//! values are no tokens: `include_bytes!` has them.

use std::path::{Path, PathBuf};

use kseq_safetensors::{ArrayInFile, File, beside, is_checkpoint};
use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

use crate::ast::{Ends, Errors};
use crate::compile::refused;
use crate::expand::spans::callee;
use crate::suggest::did_you_mean;
use crate::tokens::tokens;

/// What is included, and where errors of the file are shown.
struct Call {
    model: syn::Path,
    /// Whether it is the model's int8 twin: `Quantized<Net>`.
    quantized: bool,
    path: LitStr,
}

/// `Net`, or `Quantized<Net>`.
fn model(input: ParseStream<'_>) -> syn::Result<(syn::Path, bool)> {
    let ahead = input.fork();
    let named = ahead
        .parse::<syn::Ident>()
        .is_ok_and(|name| name == "Quantized");
    if !(named && ahead.peek(Token![<])) {
        return Ok((input.call(syn::Path::parse_mod_style)?, false));
    }
    input.parse::<syn::Ident>()?;
    input.parse::<Token![<]>()?;
    let model = input.call(syn::Path::parse_mod_style)?;
    input.parse::<Token![>]>()?;
    Ok((model, true))
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const FORM: &str = "expected a model and the path of its weights: `include_weights!(Net, \"net.safetensors\")`";
        let form = |error: syn::Error| syn::Error::new(error.span(), FORM);
        let (model, quantized) = model(input).map_err(form)?;
        input.parse::<Token![,]>().map_err(form)?;
        let path = input.parse::<LitStr>().map_err(|error| {
            let why = "the path is a string literal: the file is read while the macro is expanded, before any constant is known";
            syn::Error::new(error.span(), why)
        })?;
        input.parse::<Option<Token![,]>>()?;
        match input.is_empty() {
            true => Ok(Call {
                model,
                quantized,
                path,
            }),
            false => Err(input.error(FORM)),
        }
    }
}

/// The model in the program, or what is wrong with the file.
pub fn include_weights(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2::<Call>(tokens.clone()) {
        Err(error) => {
            errors.push(error);
            errors.settle(&tokens);
        }
        Ok(call) => match read(&call.path.value(), &folder(), call.quantized) {
            Ok(found) => return expand(&call, &found),
            Err(why) => errors.at(Ends::at(call.path.span()), why),
        },
    }
    refused(None, &errors)
}

/// The folder of the caller's Cargo.toml.
pub fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from)
}

/// A file that can be included.
struct Found {
    /// Absolute, so that it is the same file for the compiler.
    path: String,
    /// Of each array the arguments of `FileArray::new`.
    arrays: Vec<TokenStream>,
}

fn read(path: &str, folder: &Path, quantized: bool) -> Result<Found, String> {
    let full = folder.join(path);
    let save = match quantized {
        true => "`model.quantize(..)?.save(..)`",
        false => "`model.save_weights(..)`",
    };
    let bytes = std::fs::read(&full).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => missing(
            path,
            &full,
            &[".safetensors"],
            &format!("{save} writes the file, on the host that has trained the model"),
        ),
        _ => format!("`{path}` cannot be read ({}): {error}", full.display()),
    })?;
    let damaged = |why: String| {
        format!(
            "`{path}`: {why}\n  help: {save}, on the host that has trained the model, writes a file anew"
        )
    };
    let file = File::parse(bytes).map_err(damaged)?;
    let is_int8 = file.metadata("format") == Some("kseq int8");
    if is_int8 != quantized {
        return Err(match is_int8 {
            true => format!(
                "`{path}` is an int8 twin's\n  help: write `include_weights!(Quantized<Net>, ..)`"
            ),
            false => format!(
                "`{path}` is no int8 twin's\n  help: `model.quantize(..)?.save(..)`, on the host that has trained the model, writes one"
            ),
        });
    }
    if !quantized {
        is_checkpoint(&file).map_err(damaged)?;
    }
    let beside = beside(&file);
    let weights = file.arrays().iter().filter(|array| !beside(&array.name));
    let arrays = weights.map(|array| described(&file, array)).collect();
    let Some(path) = full.to_str().map(str::to_owned) else {
        return Err(format!("`{}`: the path is no Unicode", full.display()));
    };
    Ok(Found { path, arrays })
}

/// There is no such file: which ones with these endings there are beside it, of which one may be meant, and how one is made.
pub fn missing(path: &str, full: &Path, endings: &[&str], how: &str) -> String {
    let others: Vec<String> = full
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.to_owned()))
        .filter(|name| endings.iter().any(|ending| name.ends_with(ending)))
        .collect();
    let known: Vec<&str> = others.iter().map(String::as_str).collect();
    let name = full.file_name().and_then(|name| name.to_str());
    let near = did_you_mean(name.unwrap_or_default(), &known, '`');
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    format!(
        "there is no file `{path}`{near}\n  help: the path begins in the folder of the Cargo.toml of `{package}`; {how}"
    )
}

/// The arguments of `FileArray::new`.
pub fn described(file: &File, array: &ArrayInFile) -> TokenStream {
    let (name, dtype) = (&array.name, &array.dtype);
    let number = |n: usize| Literal::usize_unsuffixed(n);
    let shape = array.shape.iter().copied().map(number);
    let start = number(array.start());
    let values = file.f32s(array).into_iter().flatten();
    let not_finite = match values.enumerate().find(|(_, value)| !value.is_finite()) {
        Some((at, _)) => {
            let at = number(at);
            quote!(::core::option::Option::Some(#at))
        }
        None => quote!(::core::option::Option::None),
    };
    quote!(#name, #dtype, &[#(#shape),*], #start, #not_finite)
}

fn expand(call: &Call, found: &Found) -> TokenStream {
    let path = LitStr::new(&found.path, Span::mixed_site());
    let bytes = quote!(::core::include_bytes!(#path));
    if call.quantized {
        return quantized(call, &found.arrays, &bytes);
    }
    in_program(&call.model, &call.path, &found.arrays, &bytes)
}

/// The int8 twin of the model.
fn quantized(call: &Call, arrays: &[TokenStream], bytes: &TokenStream) -> TokenStream {
    let model = &call.model;
    let check = callee(
        Ends::at(call.path.span()),
        "__kseq_check",
        tokens!(__MODEL, __FILE),
    );
    tokens! {
        {
            const __MODEL: &::kseq::__core::int8::check::Demands =
                &::kseq::__core::int8::check::Demands::of::<#model>();
            const __FILE: &[::kseq::__core::baked::FileArray] =
                &[#(::kseq::__core::baked::FileArray::new(#arrays)),*];
            const _: () = {
                use ::kseq::__core::int8::check::file as __kseq_check;
                #check
            };
            ::kseq::__core::int8::check::assemble::<#model>(__FILE, #bytes)
        }
    }
}

/// The model with the arrays of a file, whose bytes are an expression; what is wrong with them is reported at its path.
pub fn in_program(
    model: &syn::Path,
    path: &LitStr,
    arrays: &[TokenStream],
    bytes: &TokenStream,
) -> TokenStream {
    let check = callee(
        Ends::at(path.span()),
        "__kseq_check",
        tokens!(__MODEL, __FILE),
    );
    tokens! {
        {
            const __MODEL: &::kseq::__core::baked::Demands =
                &::kseq::__core::baked::Demands::of::<#model>();
            const __FILE: &[::kseq::__core::baked::FileArray] =
                &[#(::kseq::__core::baked::FileArray::new(#arrays)),*];
            const _: () = {
                use ::kseq::__core::baked::check as __kseq_check;
                #check
            };
            ::kseq::__core::baked::assemble::<#model>(__FILE, #bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of the rejected programs.
    fn found(name: &str) -> Result<Found, String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui-tests/weights");
        read(name, Path::new(folder), false)
    }

    #[test]
    fn of_a_file_only_its_header_becomes_tokens() {
        let net = found("net.safetensors").unwrap_or_else(|why| unreachable!("{why}"));
        let arrays: Vec<String> = net.arrays.iter().map(ToString::to_string).collect();
        assert_eq!(arrays.len(), 8);
        let kernel = arrays.first().map(String::as_str).unwrap_or_default();
        assert!(
            kernel.starts_with("\"dense_1.kernel\" , \"F32\" , & [4 , 3] ,"),
            "{kernel}"
        );
        assert!(
            kernel.ends_with(":: core :: option :: Option :: None"),
            "{kernel}"
        );
        let diverged = found("diverged.safetensors").map(|found| found.arrays);
        let diverged = diverged.unwrap_or_default();
        let ends = |array: &&TokenStream| array.to_string().ends_with("Some (4)");
        assert_eq!(diverged.iter().filter(ends).count(), 1);
    }

    #[test]
    fn what_is_wrong_with_a_file() {
        for (name, why) in [
            (
                "nte.safetensors",
                "no file `nte.safetensors`; did you mean `net.safetensors`?",
            ),
            ("damaged.safetensors", "its checksum is"),
            ("cut.safetensors", "its checksum is"),
            ("keras.h5", "found an HDF5 file"),
            (".", "cannot be read"),
        ] {
            let said = found(name).err().unwrap_or_default();
            assert!(said.contains(why), "{name}: {said}");
        }
    }

    #[test]
    fn forms() {
        for (call, why) in [
            ("", "expected a model and the path"),
            ("Net", "expected a model and the path"),
            ("\"net.safetensors\"", "expected a model and the path"),
            ("Net, NAME", "a string literal"),
            ("Net, \"a\", 3", "expected a model and the path"),
        ] {
            let tokens: TokenStream = call.parse().unwrap_or_default();
            let said = include_weights(tokens).to_string();
            assert!(
                said.contains("compile_error") && said.contains(why),
                "{call}: {said}"
            );
        }
    }
}
