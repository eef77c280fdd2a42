fn main() {
    let mut model = {
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
        const SequentialModel__1_link: ::kseq::__core::chain::Link = {
            let mut __next = ::kseq::__core::chain::Next::after(
                &SequentialModel__0_link,
                1,
                "dense_1",
            );
            while let ::core::option::Option::Some(__input) = __next.input() {
                __next.answer(::kseq::__core::layers::dense::shape(__input, 32));
            }
            __next.link()
        };
        #[doc(hidden)]
        const SequentialModel__dense_1: () = {
            use ::kseq::__core::chain::layer as __kseq_layer;
            __kseq_layer(&SequentialModel__0_link, &SequentialModel__1_link)
        };
        #[doc(hidden)]
        const SequentialModel__2_link: ::kseq::__core::chain::Link = {
            let mut __next = ::kseq::__core::chain::Next::after(
                &SequentialModel__1_link,
                2,
                "flat",
            );
            while let ::core::option::Option::Some(__input) = __next.input() {
                __next.answer(::kseq::__core::layers::flatten::shape(__input));
            }
            __next.link()
        };
        #[doc(hidden)]
        const SequentialModel__flat: () = {
            use ::kseq::__core::chain::layer as __kseq_layer;
            __kseq_layer(&SequentialModel__1_link, &SequentialModel__2_link)
        };
        #[doc(hidden)]
        const SequentialModel__0_shapes: &[::kseq::__core::shape::Shape] = {
            let __checked: [(); 3] = [
                SequentialModel__0_input,
                SequentialModel__dense_1,
                SequentialModel__flat,
            ];
            &[
                SequentialModel__0_link.shape(),
                SequentialModel__1_link.shape(),
                SequentialModel__2_link.shape(),
            ]
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
        type SequentialModel__L1 = ::kseq::__core::layers::Dense<
            { SequentialModel__0_shapes[0].last() },
            { 32 },
            { 32 },
            ::kseq::__core::activations::Linear,
        >;
        #[doc(hidden)]
        const SequentialModel__1_layer: SequentialModel__L1 = ::kseq::__core::layers::Dense::new(
            ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
            ::kseq::__core::initializers::Initializer::ZEROS,
        );
        #[doc(hidden)]
        type SequentialModel__X2 = <::kseq::__core::tensor::S<
            { SequentialModel__0_shapes[2].elem() as ::core::primitive::usize },
            { SequentialModel__0_shapes[2].rank() },
            { SequentialModel__0_shapes[2].dim(0) },
            { SequentialModel__0_shapes[2].dim(1) },
            { SequentialModel__0_shapes[2].dim(2) },
            { SequentialModel__0_shapes[2].dim(3) },
        > as ::kseq::__core::tensor::Typed>::T;
        #[doc(hidden)]
        type SequentialModel__L2 = ::kseq::__core::layers::Flatten;
        #[doc(hidden)]
        const SequentialModel__2_layer: SequentialModel__L2 = ::kseq::__core::layers::Flatten::new();
        /// Parameters of `SequentialModel`, one field a layer.
        #[repr(C)]
        struct SequentialModel__Params {
            /// Layer 1: `Dense`.
            pub dense_1: ::kseq::__core::layers::DenseParams<
                { SequentialModel__0_shapes[0].last() },
                { 32 },
                { 32 },
            >,
            /// Layer 2: `Flatten`.
            pub flat: ::kseq::__core::params::NoParams,
        }
        ::kseq::__core::__flat! {
            [] SequentialModel__Params, []
        }
        /// What training of `SequentialModel` updates without a gradient, one field a layer.
        #[repr(C)]
        struct SequentialModel__State {
            /// Layer 1: `Dense`.
            pub dense_1: ::kseq::__core::params::NoParams,
            /// Layer 2: `Flatten`.
            pub flat: ::kseq::__core::params::NoParams,
        }
        ::kseq::__core::__flat! {
            [] SequentialModel__State, []
        }
        #[doc(hidden)]
        const SequentialModel__0_plan: ::kseq::__core::plan::Plan<2> = {
            use ::kseq::__core::plan::{Facts, Plan};
            Plan::new::<
                ::kseq::__core::activations::Linear,
            >([
                Facts::of::<
                    SequentialModel__L1,
                    SequentialModel__X0,
                    SequentialModel__X1,
                >(),
                Facts::in_place::<
                    SequentialModel__L2,
                    SequentialModel__X1,
                    SequentialModel__X2,
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
            type Output = SequentialModel__X2;
            type Params = SequentialModel__Params;
            type State = SequentialModel__State;
            type Head = ::kseq::__core::activations::Linear;
            type Units = <::kseq::__core::model::Units<
                { SequentialModel__0_shapes[2].last() > 1 },
                ::kseq::__core::model::EndsAnyhow,
            > as ::kseq::__core::model::UnitsOf>::T;
            type Scratch = ::kseq::__core::scratch::Scratch<
                { ::kseq::__core::scratch::on_stack::<SequentialModel>() },
                { ::kseq::__core::scratch::fits::<SequentialModel>() },
                { SequentialModel__0_plan.stateful },
            >;
            type Table = ::kseq::__core::summary::Table<Self, 2732>;
            type Plan = ();
            const NAME: &'static ::core::primitive::str = "sequential_1";
            const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
                use ::kseq::__core::model::LayerInfo;
                &[
                    LayerInfo::of::<
                        SequentialModel__L1,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >("dense_1", "Dense"),
                    LayerInfo::of::<
                        SequentialModel__L2,
                        SequentialModel__X1,
                        SequentialModel__X2,
                    >("flat", "Flatten"),
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
                init::<
                    _,
                    SequentialModel__X0,
                    SequentialModel__X1,
                >(
                    &SequentialModel__1_layer,
                    &mut __p.dense_1,
                    &mut __s.dense_1,
                    __seed,
                    0,
                );
            }
            fn reset_states(__s: &mut Self::State) {
                use ::kseq::__core::layer::Layer;
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
                __w.first::<
                        _,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >(
                    &Self::SPOTS[0],
                    &SequentialModel__1_layer,
                    &__p.dense_1,
                    &__s.dense_1,
                    __x,
                    __cx,
                );
                __w.last::<
                        _,
                        SequentialModel__X1,
                        SequentialModel__X2,
                    >(
                    &Self::SPOTS[1],
                    &SequentialModel__2_layer,
                    &__p.flat,
                    &__s.flat,
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
                    &__p.dense_1,
                    &mut __s.dense_1,
                    __x,
                    __cx,
                );
                __t.in_place::<
                        _,
                        SequentialModel__X2,
                    >(1, &SequentialModel__2_layer, &__p.flat, &mut __s.flat, __cx);
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
                __t.back_in_place::<
                        _,
                        SequentialModel__X2,
                    >(1, &SequentialModel__2_layer, &mut __p.flat, __g, __cx);
                __t.back_first::<
                        _,
                        SequentialModel__X0,
                        SequentialModel__X1,
                    >(&SequentialModel__1_layer, &mut __p.dense_1, __x, __g, __cx);
            }
        }
        ::kseq::__core::model::build::<SequentialModel>()
    };
}
