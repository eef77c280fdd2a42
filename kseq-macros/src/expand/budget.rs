//! A model's budget: a check for each of its numbers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::names::Names;
use super::spans;
use crate::ir::{Limit, Model};
use crate::tokens::tokens;

/// One constant for each limit.
pub fn checks(names: &Names, model: &Model) -> TokenStream {
    let (name, shapes) = (&names.model, names.shapes());
    let limits = model.budget.iter().map(|limit| {
        let Limit {
            measure,
            value,
            ends,
        } = limit;
        let bound = names.limit(measure);
        let measure = Ident::new(measure, Span::mixed_site());
        // Without a model there is nothing to check, and nothing to say.
        let numbers = quote_spanned! {shapes.span()=>
            {
                let _ = #shapes;
                ::kseq::__core::numbers::Numbers::of::<#name>()
            }
        };
        let check = spans::callee(
            *ends,
            "__kseq_within",
            tokens! { &#numbers, ::kseq::__core::numbers::Measure::#measure, #bound },
        );
        tokens! {
            #[doc(hidden)]
            const #bound: ::core::primitive::usize = #value;
            const _: () = {
                use ::kseq::__core::numbers::within as __kseq_within;
                #check
            };
        }
    });
    limits.collect()
}
