//! A case of the golden suite, and the code that it becomes.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// A case of the folder.
pub(super) struct Case {
    pub(super) family: String,
    pub(super) name: String,
    pub(super) kind: String,
    /// What it becomes, or why kseq cannot express it.
    pub(super) emitted: Result<Emitted, String>,
}

/// What a case becomes.
pub(super) struct Emitted {
    /// Items, which stand in a module of their own.
    pub(super) items: TokenStream,
    /// The function that runs it.
    pub(super) run: TokenStream,
}

impl Emitted {
    /// A function that needs no items.
    pub(super) fn only(run: TokenStream) -> Emitted {
        Emitted {
            items: TokenStream::new(),
            run,
        }
    }
}

/// The name of the module of a case: its own may be taken, or no identifier.
pub(super) fn module(index: usize) -> Ident {
    format_ident!("case_{index}")
}

/// The module of a case, and its entry in `CASES`.
pub(super) fn tokens((index, case): (usize, &Case)) -> (TokenStream, TokenStream) {
    let Case {
        family, name, kind, ..
    } = case;
    let module = module(index);
    let (model, run) = match &case.emitted {
        Ok(Emitted { items, run }) if items.is_empty() => (TokenStream::new(), quote!(Ok(#run))),
        Ok(Emitted { items, run }) => (quote!(mod #module { #items }), quote!(Ok(#run))),
        Err(why) => (TokenStream::new(), quote!(Err(#why))),
    };
    let entry = quote!(Case { family: #family, name: #name, kind: #kind, run: #run });
    (model, entry)
}
