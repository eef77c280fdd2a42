fn main() {
    {
        #[doc(hidden)]
        const SequentialModel__0_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::start(
            ::kseq::__core::shape::Shape::tokens(&[80]),
        );
        #[doc(hidden)]
        const SequentialModel__0_input: () = {
            use ::kseq::__core::chain::input as __kseq_input;
            __kseq_input(&SequentialModel__0_link)
        };
        #[doc(hidden)]
        const SequentialModel__0_batch: ::core::primitive::usize = 7;
        const _: () = {
            use ::kseq::__core::chain::agrees as __kseq_agrees;
            __kseq_agrees(
                &SequentialModel__0_link,
                1,
                "pairs_1",
                ::kseq::__core::shape::Shape::new(&[80]),
            )
        };
        #[doc(hidden)]
        type SequentialModel__L1 = my::Pairs<2>;
        #[doc(hidden)]
        type SequentialModel__1_asked_input = <::kseq::__core::tensor::S<
            { SequentialModel__0_link.shape().elem() as ::core::primitive::usize },
            { SequentialModel__0_link.shape().rank() },
            { SequentialModel__0_link.shape().dim(0) },
            { SequentialModel__0_link.shape().dim(1) },
            { SequentialModel__0_link.shape().dim(2) },
            { SequentialModel__0_link.shape().dim(3) },
        > as ::kseq::__core::tensor::Typed>::T;
        #[doc(hidden)]
        const SequentialModel__1_link: ::kseq::__core::chain::Link = {
            let mut __next = ::kseq::__core::chain::Next::after(
                &SequentialModel__0_link,
                1,
                "pairs_1",
            );
            __next.declare(::kseq::__core::shape::Shape::new(&[80]));
            {
                use ::kseq::__core::probe::{Missing as _, Probe};
                __next
                    .answer_of_type(
                        "my::Pairs::<2>",
                        Probe::<
                            (SequentialModel__L1, SequentialModel__1_asked_input),
                        >::RULE,
                    );
            }
            __next.link()
        };
        #[doc(hidden)]
        const SequentialModel__pairs_1: () = {
            use ::kseq::__core::chain::layer as __kseq_layer;
            __kseq_layer(&SequentialModel__0_link, &SequentialModel__1_link)
        };
        #[doc(hidden)]
        const SequentialModel__1_asked_layer: () = {
            use ::kseq::__core::chain::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_link,
                1,
                "pairs_1",
                {
                    use ::kseq::__core::probe::{Missing as _, Probe, layer};
                    let __is_layer = Probe::<
                        (
                            SequentialModel__L1,
                            SequentialModel__1_asked_input,
                            <::kseq::__core::tensor::S<
                                {
                                    SequentialModel__1_link.shape().elem()
                                        as ::core::primitive::usize
                                },
                                { SequentialModel__1_link.shape().rank() },
                                { SequentialModel__1_link.shape().dim(0) },
                                { SequentialModel__1_link.shape().dim(1) },
                                { SequentialModel__1_link.shape().dim(2) },
                                { SequentialModel__1_link.shape().dim(3) },
                            > as ::kseq::__core::tensor::Typed>::T,
                        ),
                    >::IS_LAYER;
                    let __is_in_place = Probe::<SequentialModel__L1>::IS_IN_PLACE;
                    layer(
                        (__is_layer, __is_in_place),
                        "my::Pairs::<2>",
                        &SequentialModel__0_link,
                        &SequentialModel__1_link,
                    )
                },
            )
        };
        #[doc(hidden)]
        const SequentialModel__0_shapes: &[::kseq::__core::shape::Shape] = {
            let __checked: [(); 3] = [
                SequentialModel__0_input,
                SequentialModel__pairs_1,
                SequentialModel__1_asked_layer,
            ];
            &[SequentialModel__0_link.shape(), SequentialModel__1_link.shape()]
        };
        #[doc(hidden)]
        type SequentialModel__X0 = <::kseq::__core::tensor::S<
            { SequentialModel__0_shapes[0].elem() as ::core::primitive::usize },
            { SequentialModel__0_shapes[0].rank() },
            { SequentialModel__0_shapes[0].dim(0) },
            { SequentialModel__0_shapes[0].dim(1) },
            { SequentialModel__0_shapes[0].dim(2) },
            { SequentialModel__0_shapes[0].dim(3) },
        > as ::kseq::__core::tensor::Typed>::T;
        #[doc(hidden)]
        type SequentialModel__X1 = <::kseq::__core::tensor::S<
            { SequentialModel__0_shapes[1].elem() as ::core::primitive::usize },
            { SequentialModel__0_shapes[1].rank() },
            { SequentialModel__0_shapes[1].dim(0) },
            { SequentialModel__0_shapes[1].dim(1) },
            { SequentialModel__0_shapes[1].dim(2) },
            { SequentialModel__0_shapes[1].dim(3) },
        > as ::kseq::__core::tensor::Typed>::T;
        #[doc(hidden)]
        const SequentialModel__1_layer: ::kseq::__core::fusion::Own<
            SequentialModel__L1,
        > = ::kseq::__core::fusion::Own(SequentialModel__L1::new(2 * 3));
        /// Parameters of `SequentialModel`, one field a layer.
        #[repr(C)]
        struct SequentialModel__Params {
            /// Layer 1: `Pairs`.
            pub pairs_1: <SequentialModel__L1 as ::kseq::__core::layer::Layer<
                SequentialModel__X0,
                SequentialModel__X1,
            >>::Params,
        }
        ::kseq::__core::__flat! {
            [] SequentialModel__Params, []
        }
        /// What training of `SequentialModel` updates without a gradient, one field a layer.
        #[repr(C)]
        struct SequentialModel__State {
            /// Layer 1: `Pairs`.
            pub pairs_1: <SequentialModel__L1 as ::kseq::__core::layer::Layer<
                SequentialModel__X0,
                SequentialModel__X1,
            >>::State,
        }
        ::kseq::__core::__flat! {
            [] SequentialModel__State, []
        }
        #[doc(hidden)]
        const SequentialModel__0_plan: ::kseq::__core::plan::Plan<1> = {
            use ::kseq::__core::plan::{Facts, Plan};
            Plan::new::<
                ::kseq::__core::activations::Linear,
            >([
                Facts::of::<
                    ::kseq::__core::fusion::Own<SequentialModel__L1>,
                    SequentialModel__X0,
                    SequentialModel__X1,
                >(),
            ])
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
            type Output = SequentialModel__X1;
            type Params = SequentialModel__Params;
            type State = SequentialModel__State;
            type Head = ::kseq::__core::activations::Linear;
            type Units = <::kseq::__core::model::Units<
                { SequentialModel__0_shapes[1].last() > 1 },
                ::kseq::__core::model::EndsAnyhow,
            > as ::kseq::__core::model::UnitsOf>::T;
            type Scratch = ::kseq::__core::scratch::Scratch<
                { ::kseq::__core::scratch::on_stack::<SequentialModel>() },
                { ::kseq::__core::scratch::fits::<SequentialModel>() },
                { SequentialModel__0_plan.stateful },
            >;
            type Table = ::kseq::__core::summary::Table<Self, 2152>;
            type Plan = ();
            const NAME: &'static ::core::primitive::str = "sequential_1";
            const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
                use ::kseq::__core::model::LayerInfo;
                &[
                    LayerInfo::of::<
                        ::kseq::__core::fusion::Own<SequentialModel__L1>,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >("pairs_1", "Pairs"),
                ]
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
            const BATCH: ::core::option::Option<::core::primitive::usize> = ::core::option::Option::Some(
                SequentialModel__0_batch,
            );
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
                init::<
                    _,
                    SequentialModel__X0,
                    SequentialModel__X1,
                >(
                    &SequentialModel__1_layer,
                    &mut __p.pairs_1,
                    &mut __s.pairs_1,
                    __seed,
                    0,
                );
            }
            fn reset_states(__s: &mut Self::State) {
                use ::kseq::__core::layer::Layer;
                Layer::<
                    SequentialModel__X0,
                    SequentialModel__X1,
                >::reset_states(&SequentialModel__1_layer, &mut __s.pairs_1);
            }
            fn check(
                __x: &[Self::Input],
            ) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
                ::kseq::__core::layer::Layer::<
                    SequentialModel__X0,
                    SequentialModel__X1,
                >::check(&SequentialModel__1_layer, __x)
            }
            fn infer(
                __p: &Self::Params,
                __s: &Self::State,
                __x: &[Self::Input],
                __y: &mut [Self::Output],
                __w: &mut ::kseq::__core::tape::Buffers<'_>,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                ::kseq::__core::layer::Layer::<
                    SequentialModel__X0,
                    SequentialModel__X1,
                >::infer(
                    &SequentialModel__1_layer,
                    &__p.pairs_1,
                    &__s.pairs_1,
                    __x,
                    __y,
                    __cx,
                );
            }
            fn forward(
                __p: &Self::Params,
                __s: &mut Self::State,
                __x: &[Self::Input],
                __t: &mut ::kseq::__core::tape::Tape<
                    '_,
                    impl ::kseq::__core::tape::Taped,
                >,
                __cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                __t.first::<
                        _,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >(
                    &SequentialModel__1_layer,
                    &__p.pairs_1,
                    &mut __s.pairs_1,
                    __x,
                    __cx,
                );
            }
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
            ) {
                __t.back_first::<
                        _,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >(&SequentialModel__1_layer, &mut __p.pairs_1, __x, __g, __cx);
            }
        }
        ::kseq::__core::model::build::<SequentialModel>()
    }
}
