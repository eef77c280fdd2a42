fn main() {
    {
        #[doc(hidden)]
        mod SequentialModel__errors {
            ::core::compile_error! {
                "layer 1 `dens_1`: unknown layer `Dens`; did you mean `Dense`?\n  help: your own layer is named by a path: `self::Dens(...)`"
            }
        }
        #[doc(hidden)]
        type SequentialModel__X0 = SequentialModel__errors::Missing;
        #[doc(hidden)]
        const SequentialModel__0_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::start(
            ::kseq::__core::shape::Shape::new(&[784]),
        );
        #[doc(hidden)]
        const SequentialModel__0_input: () = {
            use ::kseq::__core::chain::input as __kseq_input;
            __kseq_input(&SequentialModel__0_link)
        };
        #[doc(hidden)]
        const SequentialModel__1_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::unknown(
            &SequentialModel__0_link,
            1,
            "dens_1",
        );
        ///
        #[repr(C)]
        struct SequentialModel__Params {
            #[doc(hidden)]
            pub dens_1: SequentialModel__X0,
        }
        ::kseq::__core::__flat! {
            [] SequentialModel__Params, []
        }
        ///
        #[repr(C)]
        struct SequentialModel__State {}
        ::kseq::__core::__flat! {
            [] SequentialModel__State, []
        }
        #[doc(hidden)]
        const SequentialModel__0_plan: ::kseq::__core::plan::Plan<0> = {
            use ::kseq::__core::plan::{Facts, Plan};
            Plan::new::<::kseq::__core::activations::Linear>([])
        };
        struct SequentialModel;
        impl SequentialModel {
            #[doc(hidden)]
            #[allow(dead_code, clippy::result_large_err)]
            const fn __of_lengths(
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
        impl ::kseq::__core::model::Model for SequentialModel {
            type Input = SequentialModel__X0;
            type Output = SequentialModel__X0;
            type Params = SequentialModel__Params;
            type State = SequentialModel__State;
            type Head = ::kseq::__core::activations::Linear;
            type Units = <::kseq::__core::model::Units<
                true,
                ::kseq::__core::model::EndsAnyhow,
            > as ::kseq::__core::model::UnitsOf>::T;
            type Scratch = ::kseq::__core::scratch::Scratch<
                { ::kseq::__core::scratch::on_stack::<SequentialModel>() },
                { ::kseq::__core::scratch::fits::<SequentialModel>() },
                { SequentialModel__0_plan.stateful },
            >;
            type Table = ::kseq::__core::summary::Table<Self, 1452>;
            type Plan = ();
            const NAME: &'static ::core::primitive::str = "sequential_1";
            const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
                use ::kseq::__core::model::LayerInfo;
                &[]
            };
            const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &{
                SequentialModel__0_plan.placements
            };
            const REST: &'static [::kseq::__core::plan::Placement] = &{
                SequentialModel__0_plan.rest
            };
            const SPOTS: &'static [::kseq::__core::plan::Spot] = &{
                SequentialModel__0_plan.spots
            };
            const SIZES: ::kseq::__core::plan::Sizes = SequentialModel__0_plan.sizes;
            const BATCH: ::core::option::Option<::core::primitive::usize> = ::core::option::Option::None;
            const STATEFUL: ::core::primitive::bool = SequentialModel__0_plan.stateful;
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
                __t: &mut ::kseq::__core::tape::Tape<
                    '_,
                    impl ::kseq::__core::tape::Taped,
                >,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {}
            fn backward(
                __p: &mut Self::Params,
                __x: &[Self::Input],
                __t: &mut ::kseq::__core::tape::Tape<
                    '_,
                    impl ::kseq::__core::tape::Taped,
                >,
                __g: &mut ::kseq::__core::tape::Grads<
                    '_,
                    impl ::kseq::__core::tape::Sink,
                >,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {}
        }
        ::kseq::__core::model::build::<SequentialModel>()
    }
}
