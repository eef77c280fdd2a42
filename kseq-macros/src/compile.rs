//! `compile!`: Keras's arguments of `compile`, strings among them, as the types that they name.
//!
//! | step | file | from | to |
//! | --- | --- | --- | --- |
//! | parse | `call.rs` | tokens | the arguments as the user wrote them; `crate::python` knows what is Python |
//! | check | `arguments.rs`, `class.rs`, `bind.rs`, `value.rs` | words | rows of the catalogue with their arguments; all errors are collected |
//! | expand | `emit.rs` | bound classes | calls of `new` and of methods |

mod arguments;
mod bind;
mod call;
mod class;
mod emit;
mod message;
mod value;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Expr;

use crate::ast::Errors;

#[cfg(feature = "golden")]
pub use class::one;

/// The call of the method `compile`, or what is wrong with the words.
pub fn compile(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let call = call::parse(tokens.clone(), &mut errors);
    let model = call.model.clone();
    let expansion = arguments::expand(call, &mut errors);
    errors.settle(&tokens);
    match errors.count() {
        0 => expansion,
        _ => refused(model.as_ref(), &errors),
    }
}

/// The errors, and a value of a type that does not exist, in a module that contains them: whatever is done with it rustc
/// takes as reported (see `fallback.rs`).
pub fn refused(model: Option<&Expr>, errors: &Errors) -> TokenStream {
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let site = Span::mixed_site();
    let (module, missing) = (Ident::new("refused", site), Ident::new("Missing", site));
    // The model is used, so that it is no unused variable.
    let model = model.map(|model| quote!(let _ = #model;));
    quote! {{
        mod #module { #(#errors)* }
        #model
        { use #module::#missing; #missing }
    }}
}
