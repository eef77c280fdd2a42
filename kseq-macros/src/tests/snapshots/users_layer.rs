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
        const SequentialModel__0_batch: usize = 7;
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
            { SequentialModel__0_link.shape().elem() as usize },
            { SequentialModel__0_link.shape().rank() },
            { SequentialModel__0_link.shape().dim(0) },
            { SequentialModel__0_link.shape().dim(1) },
            { SequentialModel__0_link.shape().dim(2) },
            { SequentialModel__0_link.shape().dim(3) },
        > as ::kseq::__core::tensor::Typed>::T;
        #[doc(hidden)]
        const SequentialModel__1_link: ::kseq::__core::chain::Link = {
            let mut next = ::kseq::__core::chain::Next::after(
                &SequentialModel__0_link,
                1,
                "pairs_1",
            );
            next.declare(::kseq::__core::shape::Shape::new(&[80]));
            {
                use ::kseq::__core::probe::{Missing as _, Probe};
                next.answer_of_type(
                    "my::Pairs::<2>",
                    Probe::<(SequentialModel__L1, SequentialModel__1_asked_input)>::RULE,
                );
            }
            next.link()
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
                    let is_layer = Probe::<
                        (
                            SequentialModel__L1,
                            SequentialModel__1_asked_input,
                            <::kseq::__core::tensor::S<
                                { SequentialModel__1_link.shape().elem() as usize },
                                { SequentialModel__1_link.shape().rank() },
                                { SequentialModel__1_link.shape().dim(0) },
                                { SequentialModel__1_link.shape().dim(1) },
                                { SequentialModel__1_link.shape().dim(2) },
                                { SequentialModel__1_link.shape().dim(3) },
                            > as ::kseq::__core::tensor::Typed>::T,
                        ),
                    >::IS_LAYER;
                    let is_in_place = Probe::<SequentialModel__L1>::IS_IN_PLACE;
                    layer(
                        (is_layer, is_in_place),
                        "my::Pairs::<2>",
                        &SequentialModel__0_link,
                        &SequentialModel__1_link,
                    )
                },
            )
        };
        #[doc(hidden)]
        const SequentialModel__0_shapes: &[::kseq::__core::shape::Shape] = {
            let _checked: [(); 3] = [
                SequentialModel__0_input,
                SequentialModel__pairs_1,
                SequentialModel__1_asked_layer,
            ];
            &[SequentialModel__0_link.shape(), SequentialModel__1_link.shape()]
        };
        #[doc(hidden)]
        type SequentialModel__X0 = <::kseq::__core::tensor::S<
            { SequentialModel__0_shapes[0].elem() as usize },
            { SequentialModel__0_shapes[0].rank() },
            { SequentialModel__0_shapes[0].dim(0) },
            { SequentialModel__0_shapes[0].dim(1) },
            { SequentialModel__0_shapes[0].dim(2) },
            { SequentialModel__0_shapes[0].dim(3) },
        > as ::kseq::__core::tensor::Typed>::T;
        #[doc(hidden)]
        type SequentialModel__X1 = <::kseq::__core::tensor::S<
            { SequentialModel__0_shapes[1].elem() as usize },
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
            type Table = ::kseq::__core::summary::Table<Self, 2152>;
            const NAME: &'static str = "sequential_1";
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
            const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &SequentialModel__0_plan
                .placements;
            const SIZES: ::kseq::__core::plan::Sizes = SequentialModel__0_plan.sizes;
            const BATCH: ::core::option::Option<usize> = ::core::option::Option::Some(
                SequentialModel__0_batch,
            );
            const STATEFUL: bool = SequentialModel__0_plan.stateful;
            fn init(p: &mut Self::Params, s: &mut Self::State, seed: u64) {
                use ::kseq::__core::layer::Layer;
                use ::kseq::__core::rng::{Purpose, Rng};
                let mut rng = Rng::new(seed, Purpose::Init, 0, 0);
                Layer::<
                    SequentialModel__X0,
                    SequentialModel__X1,
                >::init(
                    &SequentialModel__1_layer,
                    &mut p.pairs_1,
                    &mut s.pairs_1,
                    &mut rng,
                );
            }
            fn reset_states(s: &mut Self::State) {
                use ::kseq::__core::layer::Layer;
                Layer::<
                    SequentialModel__X0,
                    SequentialModel__X1,
                >::reset_states(&SequentialModel__1_layer, &mut s.pairs_1);
            }
            fn check(
                x: &[Self::Input],
            ) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
                ::kseq::__core::layer::Layer::<
                    SequentialModel__X0,
                    SequentialModel__X1,
                >::check(&SequentialModel__1_layer, x)
            }
            fn infer(
                p: &Self::Params,
                s: &Self::State,
                x: &[Self::Input],
                y: &mut [Self::Output],
                w: &mut ::kseq::__core::tape::Buffers<'_>,
                cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                ::kseq::__core::layer::Layer::<
                    SequentialModel__X0,
                    SequentialModel__X1,
                >::infer(&SequentialModel__1_layer, &p.pairs_1, &s.pairs_1, x, y, cx);
            }
            fn forward(
                p: &Self::Params,
                s: &mut Self::State,
                x: &[Self::Input],
                t: &mut ::kseq::__core::tape::Tape<'_>,
                cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                t.first::<
                        _,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >(&SequentialModel__1_layer, &p.pairs_1, &mut s.pairs_1, x, cx);
            }
            fn backward(
                p: &Self::Params,
                x: &[Self::Input],
                t: &mut ::kseq::__core::tape::Tape<'_>,
                g: &mut ::kseq::__core::tape::Grads<'_>,
                dp: &mut Self::Params,
                cx: &mut ::kseq::__core::layer::Ctx<'_>,
            ) {
                t.back_first::<
                        _,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >(&SequentialModel__1_layer, &p.pairs_1, x, g, &mut dp.pairs_1, cx);
            }
        }
        ::kseq::__core::model::build::<SequentialModel>()
    }
}
