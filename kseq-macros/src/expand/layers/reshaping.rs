//! The layers that move values: `Reshape`, `Permute`, `RepeatVector`, paddings, croppings, `UpSampling`.

use proc_macro2::{Ident, TokenStream};

use super::{Given, Parts, Value, tokens};

pub fn reshape(given: &Given<'_>) -> Parts {
    let (input, class, target) = (given.input(), given.class(), given.arg("target_shape"));
    given.in_place(
        tokens! { ::kseq::__core::layers::reshape::shape(#input, #target) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::Reshape::new() },
    )
}

pub fn permute(given: &Given<'_>) -> Parts {
    let (input, class, dims) = (given.input(), given.class(), given.arg("dims"));
    given.plain(
        tokens! { ::kseq::__core::layers::permute::shape(#input, #dims) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::Permute::new(#dims) },
    )
}

pub fn repeat_vector(given: &Given<'_>) -> Parts {
    let (input, class, n) = (given.input(), given.class(), given.arg("n"));
    given.plain(
        tokens! { ::kseq::__core::layers::repeat_vector::shape(#input, #n) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::RepeatVector::new() },
    )
}

/// `[[top, bottom], [left, right]]` of `n` axes, from 1, `n` or `2 n` numbers.
fn margins(given: &Given<'_>, name: &str, n: usize) -> TokenStream {
    let numbers = match given.find(name).map(|arg| &arg.value) {
        Some(Value::Sizes(numbers)) => numbers.len(),
        _ => 1,
    };
    let side = |side: usize| given.names.dim(given.layer, name, side * numbers / (2 * n));
    let axes = (0..n).map(|axis| {
        let sides: [Ident; 2] = [side(2 * axis), side(2 * axis + 1)];
        tokens! { [#(#sides),*] }
    });
    tokens! { [#(#axes),*] }
}

/// A layer with margins, whose rule is in `module`.
fn framed(given: &Given<'_>, module: &str, name: &str, n: usize) -> Parts {
    let (input, class) = (given.input(), given.class());
    let (module, margins) = (given.module(module), margins(given, name, n));
    given.plain(
        tokens! { ::kseq::__core::layers::#module::shape(#input, &#margins) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::#class::new(#margins) },
    )
}

pub fn zero_padding_1d(given: &Given<'_>) -> Parts {
    framed(given, "zero_padding", "padding", 1)
}

pub fn zero_padding_2d(given: &Given<'_>) -> Parts {
    framed(given, "zero_padding", "padding", 2)
}

pub fn cropping_1d(given: &Given<'_>) -> Parts {
    framed(given, "cropping", "cropping", 1)
}

pub fn cropping_2d(given: &Given<'_>) -> Parts {
    framed(given, "cropping", "cropping", 2)
}

pub fn up_sampling_1d(given: &Given<'_>) -> Parts {
    let (input, class, size) = (given.input(), given.class(), given.arg("size"));
    given.plain(
        tokens! { ::kseq::__core::layers::up_sampling::shape(#input, &[#size]) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::UpSampling1D::new() },
    )
}

pub fn up_sampling_2d(given: &Given<'_>) -> Parts {
    let (input, class, size) = (given.input(), given.class(), given.dims("size", 2));
    let bilinear = given.word("interpolation") == "bilinear";
    given.plain(
        tokens! { ::kseq::__core::layers::up_sampling::shape(#input, &[#(#size),*]) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::UpSampling2D::new(#bilinear) },
    )
}
