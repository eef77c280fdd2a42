//! `import_keras!`: a model of Keras's file as the layer list that it is here, and its weights in the program.
//!
//! The file is read here, by `kseq-import`, whose text is expanded as if it stood in the program. The values of the weights become one
//! literal of bytes, in the form of a safetensors file.

use std::path::Path;

use kseq_import::import::{Imported, import};
use kseq_import::source;
use kseq_safetensors::File;
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Token, Visibility};

use crate::ast::{Ends, Errors};
use crate::include_weights::{described, folder, in_program, missing};
use crate::sequential::expand_in_crate;

/// `pub Net = "model.keras"`, `pub static NET: Net = "model.keras"`
struct Call {
    attrs: Vec<Attribute>,
    vis: Visibility,
    /// The value in the program.
    value: Option<Ident>,
    model: Ident,
    path: LitStr,
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const FORM: &str = "expected a model and its file: `pub Net = \"model.keras\"`, or with its weights in the program \
                            `pub static NET: Net = \"model.keras\"`";
        let form = |error: syn::Error| syn::Error::new(error.span(), FORM);
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let is_static = input.parse::<Option<Token![static]>>()?.is_some();
        let first: Ident = input.parse().map_err(form)?;
        let (value, model) = match is_static {
            true => {
                input.parse::<Token![:]>().map_err(form)?;
                (Some(first), input.parse().map_err(form)?)
            }
            false => (None, first),
        };
        input.parse::<Token![=]>().map_err(form)?;
        let path = input.parse().map_err(form)?;
        Ok(Call {
            attrs,
            vis,
            value,
            model,
            path,
        })
    }
}

/// The models, or what is wrong with their files.
pub fn import_keras(tokens: TokenStream) -> TokenStream {
    let calls = |input: ParseStream<'_>| Punctuated::<Call, Token![;]>::parse_terminated(input);
    match syn::parse::Parser::parse2(calls, tokens.clone()) {
        Err(error) => {
            let mut errors = Errors::default();
            errors.push(error);
            errors.settle(&tokens);
            errors.iter().map(syn::Error::to_compile_error).collect()
        }
        Ok(calls) => calls.iter().map(|call| imported(call, &folder())).collect(),
    }
}

fn imported(call: &Call, folder: &Path) -> TokenStream {
    let path = call.path.value();
    let full = folder.join(&path);
    let found = import(&full, None).map_err(|why| match full.exists() {
        true => format!("`{path}`:\n  {}", why.to_string().replace('\n', "\n  ")),
        false => missing(
            &path,
            &full,
            &[".keras", ".h5", ".hdf5", ".json"],
            "`model.save(\"model.keras\")` writes one in Python",
        ),
    });
    let found = found.and_then(|found| match full.to_str() {
        Some(full) => Ok((found, full.to_owned())),
        None => Err(format!("`{}`: the path is no Unicode", full.display())),
    });
    match found.and_then(|(found, full)| expanded(call, &found, &full)) {
        Ok(tokens) => tokens,
        Err(why) => {
            let mut errors = Errors::default();
            errors.at(Ends::at(call.path.span()), why);
            errors.iter().map(syn::Error::to_compile_error).collect()
        }
    }
}

fn expanded(call: &Call, found: &Imported, full: &str) -> Result<TokenStream, String> {
    let Call {
        attrs,
        vis,
        value,
        model,
        path,
    } = call;
    let layers = source::layers(&found.model).concat();
    let layers: TokenStream = layers.parse().map_err(|e| format!("{layers}: {e}"))?;
    // What is wrong with a layer is wrong with the file.
    let layers = at(layers, path.span());
    let docs = match value {
        None => quote!(#(#attrs)*),
        Some(_) => {
            let doc = format!(" The layers of `{}`.", path.value());
            quote!(#[doc = #doc])
        }
    };
    let list = quote_spanned!(path.span()=> #docs #vis #model = [#layers]);
    let mut tokens = expand_in_crate(list).tokens;
    // A changed file is built anew.
    let full = LitStr::new(full, Span::mixed_site());
    tokens.extend(quote!(
        const _: &[u8] = ::core::include_bytes!(#full);
    ));
    if let Some(value) = value {
        let bytes = found.safetensors();
        let file = File::parse(bytes.clone())?;
        let arrays: Vec<TokenStream> = file
            .arrays()
            .iter()
            .map(|array| described(&file, array))
            .collect();
        let literal = Literal::byte_string(&bytes);
        let baked = in_program(
            &syn::Path::from(model.clone()),
            path,
            &arrays,
            &quote!(#literal),
        );
        tokens.extend(quote! {
            #(#attrs)*
            #vis static #value: ::kseq::baked::Baked<#model> = #baked;
        });
    }
    Ok(tokens)
}

/// The same tokens, all at this place.
fn at(tokens: TokenStream, span: Span) -> TokenStream {
    let moved = |token| match token {
        TokenTree::Group(group) => {
            let mut group = Group::new(group.delimiter(), at(group.stream(), span));
            group.set_span(span);
            TokenTree::Group(group)
        }
        mut token => {
            token.set_span(span);
            token
        }
    };
    tokens.into_iter().map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The errors of a call in the folder of the project's own files.
    fn said(call: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../kseq-import/tests/files");
        let call = syn::parse_str::<Call>(call);
        match call {
            Ok(call) => imported(&call, Path::new(folder)).to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_refused_file_is_one_error_with_all_reasons() {
        for (call, parts) in [
            (
                "Net = \"refused_branches.keras\"",
                [
                    "layer 3 `dense_1` (Dense): takes the output",
                    "layer 4 `add` (Add): merges",
                ],
            ),
            (
                "pub static NET: Net = \"k3_mpl.keras\"",
                [
                    "there is no file `k3_mpl.keras`; did you mean `k3_mlp.keras`?",
                    "model.save",
                ],
            ),
            (
                "Net = net",
                ["expected a model and its file", "model.keras"],
            ),
            (
                "static NET = \"k3_mlp.keras\"",
                ["expected a model and its file", "static NET: Net"],
            ),
        ] {
            let found = said(call);
            assert!(
                parts.iter().all(|part| found.contains(part)),
                "{call}: {found}"
            );
            assert!(found.matches("compile_error").count() <= 1, "{found}");
        }
    }

    #[test]
    fn the_list_is_the_source() {
        let found = said("/// Docs.\npub Net = \"k3_mlp.keras\"");
        let list = "sequential! { pub Net = [Dense(8, activation = \"relu\", input_shape = (6,)), Dropout(0.25), \
                    Dense(5, activation = \"tanh\", use_bias = false), BatchNormalization(), \
                    Dense(3, activation = \"softmax\", name = \"head\")] }";
        let list = list
            .replace("sequential! {", "/// Docs.\n")
            .replace("] }", "]");
        let list: TokenStream = list.parse().unwrap_or_default();
        let expected = crate::sequential::expand(list).tokens.to_string();
        assert!(found.starts_with(&expected), "{found}\n\n{expected}");
        assert!(found.contains("include_bytes"));
    }
}
