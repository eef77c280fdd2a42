//! `tokens!`: the `quote!` of this crate.

/// Tokens of the macro: user's names are visible to them, and lints do not report them.
macro_rules! tokens {
    ($($t:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($t)*)
    };
}
pub(crate) use tokens;
