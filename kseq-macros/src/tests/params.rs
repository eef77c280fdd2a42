//! `#[derive(ParamBlock)]`

use expect_test::expect_file;
use quote::quote;

use super::pretty;
use crate::derive::param_block;

#[test]
fn impls() {
    let code = param_block(quote! {
        #[repr(C)]
        struct ScaleParams<const N: usize> {
            gamma: [f32; N],
            r#type: Matrix<N>,
        }
    });
    expect_file!["snapshots/param_block.rs"].assert_eq(&pretty(code));
}

#[test]
fn refusals() {
    for (input, message) in [
        (
            quote! { struct P { a: [f32; 3] } },
            "`ParamBlock` needs `#[repr(C)]`: it keeps",
        ),
        (
            quote! { #[repr(C, align(64))] struct P { a: f32 } },
            "needs `#[repr(C)]` alone",
        ),
        (
            quote! { #[repr(C)] struct P([f32; 3]); },
            "`ParamBlock` needs named fields",
        ),
        (
            quote! { #[repr(C)] struct P; },
            "the parameters of a layer without any are `NoParams`",
        ),
        (
            quote! { #[repr(C)] enum P { A } },
            "`ParamBlock` is for structs",
        ),
        (
            quote! { #[repr(C)] struct P<T> { a: T } },
            "takes only `const` parameters",
        ),
        (
            quote! { #[repr(C)] struct P { a: [[f64; 2]; 3] } },
            "field `a`: parameters are `f32` values, found `f64`",
        ),
        (
            quote! { #[repr(C)] struct P { a: (f32, f32) } },
            "field `a`: parameters are `f32` or",
        ),
    ] {
        let code = param_block(input).to_string();
        assert!(
            code.contains("compile_error") && code.contains(message),
            "{code}"
        );
    }
}
