#[doc(hidden)]
mod Net__errors {
    ::core::compile_error! {
        "layer 1 `dens_1`: unknown layer `Dens`; did you mean `Dense`?\n  help: your own layer is named by a path: `self::Dens(...)`"
    }
}
#[doc(hidden)]
type Net__X0 = Net__errors::Missing;
#[doc(hidden)]
const Net__0_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::start(
    ::kseq::__core::shape::Shape::new(&[784]),
);
#[doc(hidden)]
const Net__0_input: () = {
    use ::kseq::__core::chain::input as __kseq_input;
    __kseq_input(&Net__0_link)
};
#[doc(hidden)]
const Net__1_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::unknown(
    &Net__0_link,
    1,
    "dens_1",
);
#[doc(hidden)]
const Net__2_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&Net__1_link, 2, "out");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next.answer(::kseq::__core::layers::dense::shape(__input, 10));
    }
    __next.link()
};
#[doc(hidden)]
const Net__out: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Net__1_link, &Net__2_link)
};
///
#[repr(C)]
pub struct Net__Params {
    #[doc(hidden)]
    pub dens_1: Net__X0,
    #[doc(hidden)]
    pub out: Net__X0,
}
::kseq::__core::__flat! {
    [] Net__Params, []
}
///
#[repr(C)]
pub struct Net__State {}
::kseq::__core::__flat! {
    [] Net__State, []
}
#[doc(hidden)]
const Net__0_plan: ::kseq::__core::plan::Plan<0> = {
    use ::kseq::__core::plan::{Facts, Plan};
    Plan::new::<::kseq::__core::activations::Linear>([])
};
/// A `Sequential` model of the layers .
pub struct Net;
impl Net {
    #[doc(hidden)]
    #[allow(dead_code, clippy::result_large_err)]
    pub const fn __of_lengths(
        __lengths: [::core::primitive::usize; 2],
    ) -> ::kseq::__core::submodel::OfThese {
        {
            let _ = __lengths;
            ::core::result::Result::Ok((
                <<Self as ::kseq::__core::model::Model>::Output as ::kseq::__core::tensor::Tensor>::SHAPE,
                <Self as ::kseq::__core::model::Model>::SIZES,
            ))
        }
    }
}
impl ::kseq::__core::model::Model for Net {
    type Input = Net__X0;
    type Output = Net__X0;
    type Params = Net__Params;
    type State = Net__State;
    type Head = ::kseq::__core::activations::Linear;
    type Units = <::kseq::__core::model::Units<
        true,
        ::kseq::__core::model::EndsAnyhow,
    > as ::kseq::__core::model::UnitsOf>::T;
    type Scratch = ::kseq::__core::scratch::Scratch<
        { ::kseq::__core::scratch::on_stack::<Net>() },
        { ::kseq::__core::scratch::fits::<Net>() },
        { Net__0_plan.stateful },
    >;
    type Table = ::kseq::__core::summary::Table<Self, 1443>;
    type Plan = ();
    const NAME: &'static ::core::primitive::str = "Net";
    const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
        use ::kseq::__core::model::LayerInfo;
        &[]
    };
    const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &{
        Net__0_plan.placements
    };
    const REST: &'static [::kseq::__core::plan::Placement] = &{ Net__0_plan.rest };
    const SPOTS: &'static [::kseq::__core::plan::Spot] = &{ Net__0_plan.spots };
    const SIZES: ::kseq::__core::plan::Sizes = Net__0_plan.sizes;
    const BATCH: ::core::option::Option<::core::primitive::usize> = ::core::option::Option::None;
    const STATEFUL: ::core::primitive::bool = Net__0_plan.stateful;
    #[inline(always)]
    fn plan(
        __lengths: [::core::primitive::usize; 2],
    ) -> ::core::result::Result<Self::Plan, ::kseq::__core::shape::Refusal> {
        ::core::result::Result::Ok(())
    }
    fn init(
        __p: &mut Self::Params,
        __s: &mut Self::State,
        __seed: ::core::primitive::u64,
    ) {
        use ::kseq::__core::layer::init;
    }
    fn reset_states(__s: &mut Self::State) {
        use ::kseq::__core::layer::Layer;
    }
    fn check(
        __x: &[Self::Input],
    ) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
        ::core::result::Result::Ok(())
    }
    fn infer(
        __p: &Self::Params,
        __s: &Self::State,
        __x: &[Self::Input],
        __y: &mut [Self::Output],
        __w: &mut ::kseq::__core::tape::Buffers<'_>,
        __cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {}
    fn forward(
        __p: &Self::Params,
        __s: &mut Self::State,
        __x: &[Self::Input],
        __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
        __cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {}
    fn backward(
        __p: &mut Self::Params,
        __x: &[Self::Input],
        __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
        __g: &mut ::kseq::__core::tape::Grads<'_, impl ::kseq::__core::tape::Sink>,
        __cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {}
}
