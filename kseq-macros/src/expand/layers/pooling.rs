//! The pooling layers.

use super::{Given, Parts, tokens};

/// `MaxPooling`, `AveragePooling` over `n` axes, whose rule is in `module`.
fn windows(given: &Given<'_>, module: &str, n: usize) -> Parts {
    let (input, class) = (given.input(), given.class());
    let module = given.module(module);
    let pool_size = given.dims("pool_size", n);
    let strides = match given.has("strides") {
        true => given.dims("strides", n),
        false => pool_size.clone(),
    };
    let same = given.word("padding") == "same";
    let sizes = tokens! { [#(#pool_size),*], [#(#strides),*] };
    let rule = tokens! {
        ::kseq::__core::layers::#module::shape(
            #input, &[#(#pool_size),*], &[#(#strides),*], #same
        )
    };
    given.plain(
        rule,
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::#class::new(#sizes) },
    )
}

pub fn max_1d(given: &Given<'_>) -> Parts {
    windows(given, "max_pooling", 1)
}

pub fn max_2d(given: &Given<'_>) -> Parts {
    windows(given, "max_pooling", 2)
}

pub fn average_1d(given: &Given<'_>) -> Parts {
    windows(given, "average_pooling", 1)
}

pub fn average_2d(given: &Given<'_>) -> Parts {
    windows(given, "average_pooling", 2)
}

/// Over `n` axes; the rule is called `rule`.
fn global(given: &Given<'_>, rule: &str, n: usize) -> Parts {
    let (input, class) = (given.input(), given.class());
    let rule = given.module(rule);
    let keepdims = given.choose("keepdims", &tokens! { true }, &tokens! { false });
    given.plain(
        tokens! { ::kseq::__core::layers::global_pooling::#rule(#input, #n, #keepdims) },
        tokens! { ::kseq::__core::layers::#class },
        tokens! { ::kseq::__core::layers::#class::new() },
    )
}

pub fn global_max_1d(given: &Given<'_>) -> Parts {
    global(given, "max_shape", 1)
}

pub fn global_max_2d(given: &Given<'_>) -> Parts {
    global(given, "max_shape", 2)
}

pub fn global_average_1d(given: &Given<'_>) -> Parts {
    global(given, "average_shape", 1)
}

pub fn global_average_2d(given: &Given<'_>) -> Parts {
    global(given, "average_shape", 2)
}
