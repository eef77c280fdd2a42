//! `#[derive(ParamBlock)]`: a layer's parameters as one run of `f32`s.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Data, DeriveInput, Field, Fields, GenericParam, Type};

use crate::ast::{Ends, Errors};
use crate::root::Root;
use crate::tokens::tokens;

/// The impls, or the errors.
pub fn param_block(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input: DeriveInput = match syn::parse2(input.clone()) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            errors.settle(&input);
            return errors.iter().map(syn::Error::to_compile_error).collect();
        }
    };
    let fields = fields(&input, &mut errors);
    check_layout(&input, &mut errors);
    for param in &input.generics.params {
        if !matches!(param, GenericParam::Const(_)) {
            errors.at(
                Ends::of(param),
                "`ParamBlock` takes only `const` parameters: all fields are arrays of `f32`",
            );
        }
    }
    for field in &fields {
        check_field(field, &mut errors);
    }
    let root = root(&input, &mut errors);
    if errors.count() == 0 {
        root.replace(expand(&input, &fields))
    } else {
        errors.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// `#[param_block(crate = facade::kseq)]`
fn root(input: &DeriveInput, errors: &mut Errors) -> Root {
    let mut root = None;
    let attrs = input.attrs.iter();
    for attr in attrs.filter(|attr| attr.path().is_ident("param_block")) {
        let parsed = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("`param_block` takes `crate = path`: where kseq is"));
            }
            let path: syn::Path = meta.value()?.call(syn::Path::parse_mod_style)?;
            root = Some(Root::at(path.to_token_stream()));
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
    root.unwrap_or_else(Root::of_manifest)
}

fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<&'a Field> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return fields.named.iter().collect(),
            Fields::Unnamed(_) => errors.at(
                Ends::at(input.ident.span()),
                "`ParamBlock` needs named fields: their names are the names of the arrays, \
                 such as `kernel` and `bias`",
            ),
            Fields::Unit => errors.at(
                Ends::at(input.ident.span()),
                "`ParamBlock` needs fields; the parameters of a layer without any are `NoParams`",
            ),
        },
        Data::Enum(_) | Data::Union(_) => errors.at(
            Ends::at(input.ident.span()),
            "`ParamBlock` is for structs whose fields are all arrays of `f32`",
        ),
    }
    Vec::new()
}

/// The fields must lie one behind the other, as they are written.
fn check_layout(input: &DeriveInput, errors: &mut Errors) {
    let mut is_c = false;
    for attr in input
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("repr"))
    {
        let parsed = attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("C") {
                is_c = true;
            } else {
                errors.at(
                    Ends::of(&meta.path),
                    "`ParamBlock` needs `#[repr(C)]` alone: the struct may not have padding",
                );
            }
            // The number of `align(64)`.
            if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<TokenStream>()?;
            }
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
    if !is_c {
        errors.at(
            Ends::at(input.ident.span()),
            format_args!(
                "`ParamBlock` needs `#[repr(C)]`: it keeps the fields of `{}` in order",
                input.ident
            ),
        );
    }
}

/// Catches what is certainly not `f32`; the rest is up to the trait bounds.
fn check_field(field: &Field, errors: &mut Errors) {
    let mut ty = &field.ty;
    while let Type::Array(array) = ty {
        ty = &array.elem;
    }
    let name = field
        .ident
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let wrong = match ty {
        Type::Path(path) => path.path.get_ident().filter(|ident| {
            let name = ident.to_string();
            let numbers = [
                "f64", "bool", "char", "usize", "isize", "String", "Vec", "Box",
            ];
            let integer = name.strip_prefix(['i', 'u']);
            numbers.contains(&name.as_str())
                || integer.is_some_and(|bits| bits.chars().all(|c| c.is_ascii_digit()))
        }),
        _ => {
            errors.at(
                Ends::of(&field.ty),
                format_args!(
                    "field `{name}`: parameters are `f32` or nested arrays of it, such as \
                     `[[f32; O]; I]`"
                ),
            );
            return;
        }
    };
    if let Some(wrong) = wrong {
        errors.at(
            Ends::of(&field.ty),
            format_args!("field `{name}`: parameters are `f32` values, found `{wrong}`"),
        );
    }
}

fn expand(input: &DeriveInput, fields: &[&Field]) -> TokenStream {
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let names = fields.iter().filter_map(|field| field.ident.as_ref());
    let names = names.map(|ident| syn::ext::IdentExt::unraw(ident).to_string());
    let types: Vec<&Type> = fields.iter().map(|field| &field.ty).collect();
    tokens! {
        ::kseq::__core::__flat! { [#impl_generics] #name #ty_generics, [#where_clause] }
        impl #impl_generics ::kseq::__core::params::ParamBlock for #name #ty_generics
        #where_clause
        {
            const SPECS: &'static [::kseq::__core::params::ParamSpec] = {
                use ::kseq::__core::params::field as __kseq_field;
                &[#(__kseq_field::<#types>(#names)),*]
            };
        }
    }
}
