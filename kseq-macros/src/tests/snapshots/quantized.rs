#[doc(hidden)]
const Spotter__0_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::start(
    ::kseq::__core::shape::Shape::new(&[16, 16, 1]),
);
#[doc(hidden)]
const Spotter__0_input: () = {
    use ::kseq::__core::chain::input as __kseq_input;
    __kseq_input(&Spotter__0_link)
};
#[doc(hidden)]
const Spotter__1_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&Spotter__0_link, 1, "conv2d_1");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next
            .answer(
                ::kseq::__core::layers::conv2d::shape(
                    __input,
                    8,
                    [3, 3],
                    &::kseq::__core::layers::Window {
                        strides: [1, 1],
                        padding: ::kseq::__core::layers::Padding::Valid,
                        dilation_rate: [1, 1],
                        groups: 1,
                    },
                ),
            );
    }
    __next.link()
};
#[doc(hidden)]
const Spotter__conv2d_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Spotter__0_link, &Spotter__1_link)
};
#[doc(hidden)]
const Spotter__2_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(
        &Spotter__1_link,
        2,
        "batch_normalization_1",
    );
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next.answer(::kseq::__core::layers::batch_normalization::shape(__input, -1));
    }
    __next.link()
};
#[doc(hidden)]
const Spotter__batch_normalization_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Spotter__1_link, &Spotter__2_link)
};
#[doc(hidden)]
const Spotter__3_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&Spotter__2_link, 3, "re_lu_1");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next.answer(::kseq::__core::layers::activation::shape(__input));
    }
    __next.link()
};
#[doc(hidden)]
const Spotter__re_lu_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Spotter__2_link, &Spotter__3_link)
};
#[doc(hidden)]
const Spotter__4_target_shape: &[::core::option::Option<::core::primitive::usize>] = &[
    ::core::option::Option::Some(14),
    ::core::option::Option::None,
];
#[doc(hidden)]
const Spotter__4_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(
        &Spotter__3_link,
        4,
        "reshape_1",
    );
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next
            .answer(
                ::kseq::__core::layers::reshape::shape(__input, Spotter__4_target_shape),
            );
    }
    __next.link()
};
#[doc(hidden)]
const Spotter__reshape_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Spotter__3_link, &Spotter__4_link)
};
#[doc(hidden)]
const Spotter__5_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&Spotter__4_link, 5, "gru_1");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next
            .answer(
                ::kseq::__core::layers::gru::shape(
                    __input,
                    6,
                    false,
                    ::core::option::Option::None,
                ),
            );
    }
    __next.link()
};
#[doc(hidden)]
const Spotter__gru_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Spotter__4_link, &Spotter__5_link)
};
#[doc(hidden)]
const Spotter__6_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&Spotter__5_link, 6, "dense_1");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next
            .answer(
                ::kseq::__core::layers::activation::softmax(
                    ::kseq::__core::layers::dense::shape(__input, 4),
                    false,
                ),
            );
    }
    __next.link()
};
#[doc(hidden)]
const Spotter__dense_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Spotter__5_link, &Spotter__6_link)
};
#[doc(hidden)]
const Spotter__0_shapes: &[::kseq::__core::shape::Shape] = {
    let __checked: [(); 7] = [
        Spotter__0_input,
        Spotter__conv2d_1,
        Spotter__batch_normalization_1,
        Spotter__re_lu_1,
        Spotter__reshape_1,
        Spotter__gru_1,
        Spotter__dense_1,
    ];
    &[
        Spotter__0_link.shape(),
        Spotter__1_link.shape(),
        Spotter__2_link.shape(),
        Spotter__3_link.shape(),
        Spotter__4_link.shape(),
        Spotter__5_link.shape(),
        Spotter__6_link.shape(),
    ]
};
#[doc(hidden)]
type Spotter__X0 = <::kseq::__core::tensor::S<
    { Spotter__0_shapes[0].elem() as ::core::primitive::usize },
    { Spotter__0_shapes[0].rank() },
    { Spotter__0_shapes[0].dim(0) },
    { Spotter__0_shapes[0].dim(1) },
    { Spotter__0_shapes[0].dim(2) },
    { Spotter__0_shapes[0].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Spotter__X1 = <::kseq::__core::tensor::S<
    { Spotter__0_shapes[1].elem() as ::core::primitive::usize },
    { Spotter__0_shapes[1].rank() },
    { Spotter__0_shapes[1].dim(0) },
    { Spotter__0_shapes[1].dim(1) },
    { Spotter__0_shapes[1].dim(2) },
    { Spotter__0_shapes[1].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Spotter__L1 = ::kseq::__core::layers::Conv2D<
    { 3 },
    { 3 },
    { ::kseq::__core::layers::channels(Spotter__0_shapes[0], 1) },
    { 8 },
    { 0 },
    ::kseq::__core::activations::Linear,
>;
#[doc(hidden)]
const Spotter__1_layer: Spotter__L1 = ::kseq::__core::layers::Conv2D::new(
    ::kseq::__core::layers::Window {
        strides: [1, 1],
        padding: ::kseq::__core::layers::Padding::Valid,
        dilation_rate: [1, 1],
        groups: 1,
    },
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
#[doc(hidden)]
type Spotter__X2 = Spotter__X1;
#[doc(hidden)]
type Spotter__L2 = ::kseq::__core::layers::BatchNormalization<
    { ::kseq::__core::layers::batch_normalization::size(Spotter__0_shapes[1], -1) },
    { ::kseq::__core::layers::batch_normalization::size(Spotter__0_shapes[1], -1) },
    { ::kseq::__core::layers::batch_normalization::size(Spotter__0_shapes[1], -1) },
    { 0 },
>;
#[doc(hidden)]
const Spotter__2_layer: Spotter__L2 = ::kseq::__core::layers::BatchNormalization::new(
    -1,
    0.99,
    0.001,
    [
        ::kseq::__core::initializers::Initializer::ONES,
        ::kseq::__core::initializers::Initializer::ZEROS,
        ::kseq::__core::initializers::Initializer::ZEROS,
        ::kseq::__core::initializers::Initializer::ONES,
    ],
);
#[doc(hidden)]
type Spotter__X3 = Spotter__X2;
#[doc(hidden)]
type Spotter__L3 = ::kseq::__core::layers::Activation<
    ::kseq::__core::activations::ReluOf<2139095040, 0, 0>,
>;
#[doc(hidden)]
const Spotter__3_layer: Spotter__L3 = ::kseq::__core::layers::Activation::new();
#[doc(hidden)]
type Spotter__X4 = <::kseq::__core::tensor::S<
    { Spotter__0_shapes[4].elem() as ::core::primitive::usize },
    { Spotter__0_shapes[4].rank() },
    { Spotter__0_shapes[4].dim(0) },
    { Spotter__0_shapes[4].dim(1) },
    { Spotter__0_shapes[4].dim(2) },
    { Spotter__0_shapes[4].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Spotter__L4 = ::kseq::__core::layers::Reshape;
#[doc(hidden)]
const Spotter__4_layer: Spotter__L4 = ::kseq::__core::layers::Reshape::new();
#[doc(hidden)]
type Spotter__X5 = <::kseq::__core::tensor::S<
    { Spotter__0_shapes[5].elem() as ::core::primitive::usize },
    { Spotter__0_shapes[5].rank() },
    { Spotter__0_shapes[5].dim(0) },
    { Spotter__0_shapes[5].dim(1) },
    { Spotter__0_shapes[5].dim(2) },
    { Spotter__0_shapes[5].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Spotter__L5 = ::kseq::__core::layers::GRU<
    { Spotter__0_shapes[4].last() },
    { 6 },
    { ::kseq::__core::layers::recurrent::gate_columns(6, 3) },
    { 1 + true as ::core::primitive::usize },
    0,
    { true },
    false,
    ::kseq::__core::activations::Tanh,
    ::kseq::__core::activations::Sigmoid,
>;
#[doc(hidden)]
const Spotter__5_layer: Spotter__L5 = ::kseq::__core::layers::GRU::new(::kseq::__core::layers::recurrent::Recurrent {
    kernel_initializer: ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    recurrent_initializer: ::kseq::__core::initializers::Initializer::ORTHOGONAL,
    bias_initializer: ::kseq::__core::initializers::Initializer::ZEROS,
    go_backwards: false,
    dropout: 0.0,
    recurrent_dropout: 0.0,
    seed: ::core::option::Option::None,
    mask_for_each_gate: false,
    zero_output_for_mask: false,
});
#[doc(hidden)]
type Spotter__X6 = <::kseq::__core::tensor::S<
    { Spotter__0_shapes[6].elem() as ::core::primitive::usize },
    { Spotter__0_shapes[6].rank() },
    { Spotter__0_shapes[6].dim(0) },
    { Spotter__0_shapes[6].dim(1) },
    { Spotter__0_shapes[6].dim(2) },
    { Spotter__0_shapes[6].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Spotter__L6 = ::kseq::__core::layers::Dense<
    { Spotter__0_shapes[5].last() },
    { 4 },
    { 4 },
    ::kseq::__core::activations::Linear,
>;
#[doc(hidden)]
const Spotter__6_layer: Spotter__L6 = ::kseq::__core::layers::Dense::new(
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
/// Parameters of `Spotter`, one field a layer.
#[repr(C)]
pub struct Spotter__Params {
    /// Layer 1: `Conv2D`.
    pub conv2d_1: ::kseq::__core::layers::Conv2DParams<
        { 3 },
        { 3 },
        { ::kseq::__core::layers::channels(Spotter__0_shapes[0], 1) },
        { 8 },
        { 0 },
    >,
    /// Layer 2: `BatchNormalization`.
    pub batch_normalization_1: ::kseq::__core::layers::BatchNormalizationParams<
        { ::kseq::__core::layers::batch_normalization::size(Spotter__0_shapes[1], -1) },
        { ::kseq::__core::layers::batch_normalization::size(Spotter__0_shapes[1], -1) },
    >,
    /// Layer 3: `ReLU`.
    pub re_lu_1: ::kseq::__core::params::NoParams,
    /// Layer 4: `Reshape`.
    pub reshape_1: ::kseq::__core::params::NoParams,
    /// Layer 5: `GRU`.
    pub gru_1: ::kseq::__core::layers::GRUParams<
        { Spotter__0_shapes[4].last() },
        { 6 },
        { ::kseq::__core::layers::recurrent::gate_columns(6, 3) },
        { 1 + true as ::core::primitive::usize },
    >,
    /// Layer 6: `Dense`.
    pub dense_1: ::kseq::__core::layers::DenseParams<
        { Spotter__0_shapes[5].last() },
        { 4 },
        { 4 },
    >,
}
::kseq::__core::__flat! {
    [] Spotter__Params, []
}
/// What training of `Spotter` updates without a gradient, one field a layer.
#[repr(C)]
pub struct Spotter__State {
    /// Layer 1: `Conv2D`.
    pub conv2d_1: ::kseq::__core::params::NoParams,
    /// Layer 2: `BatchNormalization`.
    pub batch_normalization_1: ::kseq::__core::layers::BatchNormalizationState<
        { ::kseq::__core::layers::batch_normalization::size(Spotter__0_shapes[1], -1) },
        { 0 },
    >,
    /// Layer 3: `ReLU`.
    pub re_lu_1: ::kseq::__core::params::NoParams,
    /// Layer 4: `Reshape`.
    pub reshape_1: ::kseq::__core::params::NoParams,
    /// Layer 5: `GRU`.
    pub gru_1: ::kseq::__core::layers::recurrent::RecurrentState<0, { 6 }>,
    /// Layer 6: `Dense`.
    pub dense_1: ::kseq::__core::params::NoParams,
}
::kseq::__core::__flat! {
    [] Spotter__State, []
}
#[doc(hidden)]
const Spotter__0_plan: ::kseq::__core::plan::Plan<6> = {
    use ::kseq::__core::plan::{Facts, Plan};
    Plan::new::<
        ::kseq::__core::activations::Softmax,
    >([
        Facts::of::<Spotter__L1, Spotter__X0, Spotter__X1>()
            .walk(Spotter__1_layer.walk::<Spotter__X0, Spotter__X1>()),
        Facts::of::<Spotter__L2, Spotter__X1, Spotter__X2>(),
        Facts::in_place::<Spotter__L3, Spotter__X2, Spotter__X3>(),
        Facts::in_place::<Spotter__L4, Spotter__X3, Spotter__X4>(),
        Facts::of::<Spotter__L5, Spotter__X4, Spotter__X5>(),
        Facts::of::<Spotter__L6, Spotter__X5, Spotter__X6>(),
    ])
};
/// A `Sequential` model of the layers `conv2d_1`, `batch_normalization_1`, `re_lu_1`, `reshape_1`, `gru_1`, `dense_1`.
pub struct Spotter;
impl Spotter {
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
impl ::kseq::__core::model::Model for Spotter {
    type Input = Spotter__X0;
    type Output = Spotter__X6;
    type Params = Spotter__Params;
    type State = Spotter__State;
    type Head = ::kseq::__core::activations::Softmax;
    type Units = <::kseq::__core::model::Units<
        { Spotter__0_shapes[6].last() > 1 },
        ::kseq::__core::model::EndsWithSoftmax,
    > as ::kseq::__core::model::UnitsOf>::T;
    type Scratch = ::kseq::__core::scratch::Scratch<
        { ::kseq::__core::scratch::on_stack::<Spotter>() },
        { ::kseq::__core::scratch::fits::<Spotter>() },
        { Spotter__0_plan.stateful },
    >;
    type Table = ::kseq::__core::summary::Table<Self, 5911>;
    type Plan = ();
    const NAME: &'static ::core::primitive::str = "Spotter";
    const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
        use ::kseq::__core::model::LayerInfo;
        &[
            LayerInfo::of::<Spotter__L1, Spotter__X0, Spotter__X1>("conv2d_1", "Conv2D"),
            LayerInfo::of::<
                Spotter__L2,
                Spotter__X1,
                Spotter__X2,
            >("batch_normalization_1", "BatchNormalization"),
            LayerInfo::of::<Spotter__L3, Spotter__X2, Spotter__X3>("re_lu_1", "ReLU"),
            LayerInfo::of::<
                Spotter__L4,
                Spotter__X3,
                Spotter__X4,
            >("reshape_1", "Reshape"),
            LayerInfo::of::<Spotter__L5, Spotter__X4, Spotter__X5>("gru_1", "GRU"),
            LayerInfo::of::<Spotter__L6, Spotter__X5, Spotter__X6>("dense_1", "Dense"),
        ]
    };
    const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &{
        Spotter__0_plan.placements
    };
    const REST: &'static [::kseq::__core::plan::Placement] = &{ Spotter__0_plan.rest };
    const SPOTS: &'static [::kseq::__core::plan::Spot] = &{ Spotter__0_plan.spots };
    const SIZES: ::kseq::__core::plan::Sizes = Spotter__0_plan.sizes;
    const BATCH: ::core::option::Option<::core::primitive::usize> = ::core::option::Option::None;
    const STATEFUL: ::core::primitive::bool = Spotter__0_plan.stateful;
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
            Spotter__X0,
            Spotter__X1,
        >(&Spotter__1_layer, &mut __p.conv2d_1, &mut __s.conv2d_1, __seed, 0);
        init::<
            _,
            Spotter__X1,
            Spotter__X2,
        >(
            &Spotter__2_layer,
            &mut __p.batch_normalization_1,
            &mut __s.batch_normalization_1,
            __seed,
            1,
        );
        init::<
            _,
            Spotter__X4,
            Spotter__X5,
        >(&Spotter__5_layer, &mut __p.gru_1, &mut __s.gru_1, __seed, 4);
        init::<
            _,
            Spotter__X5,
            Spotter__X6,
        >(&Spotter__6_layer, &mut __p.dense_1, &mut __s.dense_1, __seed, 5);
    }
    fn reset_states(__s: &mut Self::State) {
        use ::kseq::__core::layer::Layer;
    }
    fn check(
        __x: &[Self::Input],
    ) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
        ::kseq::__core::layer::Layer::<
            Spotter__X0,
            Spotter__X1,
        >::check(&Spotter__1_layer, __x)
    }
    fn infer(
        __p: &Self::Params,
        __s: &Self::State,
        __x: &[Self::Input],
        __y: &mut [Self::Output],
        __w: &mut ::kseq::__core::tape::Buffers<'_>,
        __cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {
        __w.first_normalised::<
                _,
                _,
                Spotter__X0,
                Spotter__X1,
            >(
            &const { Spotter__0_plan.spots[0] },
            (&Spotter__1_layer, &__p.conv2d_1, &__s.conv2d_1),
            (
                &Spotter__2_layer,
                &__p.batch_normalization_1,
                &__s.batch_normalization_1,
                <Spotter__L3 as ::kseq::__core::layer::InPlace>::IS_RELU,
            ),
            __x,
            __cx,
        );
        __w.next::<
                _,
                Spotter__X1,
                Spotter__X2,
            >(
            &Self::SPOTS[1],
            &Spotter__2_layer,
            &__p.batch_normalization_1,
            &__s.batch_normalization_1,
            __cx,
        );
        __w.in_place::<
                _,
                Spotter__X3,
            >(&Self::SPOTS[2], &Spotter__3_layer, &__p.re_lu_1, &__s.re_lu_1, __cx);
        __w.in_place::<
                _,
                Spotter__X4,
            >(&Self::SPOTS[3], &Spotter__4_layer, &__p.reshape_1, &__s.reshape_1, __cx);
        __w.next::<
                _,
                Spotter__X4,
                Spotter__X5,
            >(&Self::SPOTS[4], &Spotter__5_layer, &__p.gru_1, &__s.gru_1, __cx);
        __w.last::<
                _,
                Spotter__X5,
                Spotter__X6,
            >(&Self::SPOTS[5], &Spotter__6_layer, &__p.dense_1, &__s.dense_1, __y, __cx);
    }
    fn forward(
        __p: &Self::Params,
        __s: &mut Self::State,
        __x: &[Self::Input],
        __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
        __cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {
        __t.first::<
                _,
                Spotter__X0,
                Spotter__X1,
            >(&Spotter__1_layer, &__p.conv2d_1, &mut __s.conv2d_1, __x, __cx);
        __t.next::<
                _,
                Spotter__X1,
                Spotter__X2,
            >(
            1,
            &Spotter__2_layer,
            &__p.batch_normalization_1,
            &mut __s.batch_normalization_1,
            __cx,
        );
        __t.in_place::<
                _,
                Spotter__X3,
            >(2, &Spotter__3_layer, &__p.re_lu_1, &mut __s.re_lu_1, __cx);
        __t.in_place::<
                _,
                Spotter__X4,
            >(3, &Spotter__4_layer, &__p.reshape_1, &mut __s.reshape_1, __cx);
        __t.next::<
                _,
                Spotter__X4,
                Spotter__X5,
            >(4, &Spotter__5_layer, &__p.gru_1, &mut __s.gru_1, __cx);
        __t.next::<
                _,
                Spotter__X5,
                Spotter__X6,
            >(5, &Spotter__6_layer, &__p.dense_1, &mut __s.dense_1, __cx);
    }
    fn backward(
        __p: &mut Self::Params,
        __x: &[Self::Input],
        __t: &mut ::kseq::__core::tape::Tape<'_, impl ::kseq::__core::tape::Taped>,
        __g: &mut ::kseq::__core::tape::Grads<'_, impl ::kseq::__core::tape::Sink>,
        __cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {
        __t.back::<
                _,
                Spotter__X5,
                Spotter__X6,
            >(5, &Spotter__6_layer, &mut __p.dense_1, __g, __cx);
        __t.back::<
                _,
                Spotter__X4,
                Spotter__X5,
            >(4, &Spotter__5_layer, &mut __p.gru_1, __g, __cx);
        __t.back_in_place::<
                _,
                Spotter__X4,
            >(3, &Spotter__4_layer, &mut __p.reshape_1, __g, __cx);
        __t.back_in_place::<
                _,
                Spotter__X3,
            >(2, &Spotter__3_layer, &mut __p.re_lu_1, __g, __cx);
        __t.back::<
                _,
                Spotter__X1,
                Spotter__X2,
            >(1, &Spotter__2_layer, &mut __p.batch_normalization_1, __g, __cx);
        __t.back_first::<
                _,
                Spotter__X0,
                Spotter__X1,
            >(&Spotter__1_layer, &mut __p.conv2d_1, __x, __g, __cx);
    }
}
#[doc(hidden)]
const Spotter__0_int8: ::kseq::__core::int8::graph::Graph<6> = {
    use ::kseq::__core::int8::graph::{Graph, Operator, ending, float, float_like};
    use ::kseq::__core::tensor::Tensor;
    Graph::new(
        [
            Spotter__1_layer.int8::<Spotter__X0, Spotter__X1>(),
            Spotter__2_layer.int8::<Spotter__X1, Spotter__X2>(),
            Spotter__3_layer.int8::<Spotter__X2, Spotter__X3>(),
            Operator::Same,
            float::<Spotter__L5, Spotter__X4, Spotter__X5>(),
            ending::<
                ::kseq::__core::activations::Softmax,
                Spotter__X6,
            >(Spotter__6_layer.int8::<Spotter__X5, Spotter__X6>()),
        ],
        &[
            <Spotter__X0 as Tensor>::LEN,
            <Spotter__X1 as Tensor>::LEN,
            <Spotter__X2 as Tensor>::LEN,
            <Spotter__X3 as Tensor>::LEN,
            <Spotter__X4 as Tensor>::LEN,
            <Spotter__X5 as Tensor>::LEN,
            <Spotter__X6 as Tensor>::LEN,
        ],
    )
};
const _: () = {
    use ::kseq::__core::int8::check::layer as __kseq_int8;
    __kseq_int8(&Spotter__0_int8, 0, "conv2d_1")
};
const _: () = {
    use ::kseq::__core::int8::check::layer as __kseq_int8;
    __kseq_int8(&Spotter__0_int8, 1, "batch_normalization_1")
};
const _: () = {
    use ::kseq::__core::int8::check::layer as __kseq_int8;
    __kseq_int8(&Spotter__0_int8, 2, "re_lu_1")
};
const _: () = {
    use ::kseq::__core::int8::check::layer as __kseq_int8;
    __kseq_int8(&Spotter__0_int8, 3, "reshape_1")
};
const _: () = {
    use ::kseq::__core::int8::check::layer as __kseq_int8;
    __kseq_int8(&Spotter__0_int8, 4, "gru_1")
};
const _: () = {
    use ::kseq::__core::int8::check::layer as __kseq_int8;
    __kseq_int8(&Spotter__0_int8, 5, "dense_1")
};
const _: () = {
    use ::kseq::__core::int8::check::model as __kseq_int8;
    __kseq_int8(&Spotter__0_int8)
};
impl ::kseq::__core::int8::pass::Quantizable for Spotter {
    type Block = [::core::primitive::f32; Spotter__0_int8.plan.block / 4];
    const STEPS: &'static [[::kseq::__core::int8::graph::Step; 4]] = &Spotter__0_int8
        .steps;
    const INT8: ::kseq::__core::int8::graph::Plan = Spotter__0_int8.plan;
    type Int8Table = ::kseq::__core::int8::summary::Table<Self, 21519>;
    #[inline(always)]
    fn int8(__q: &mut impl ::kseq::__core::int8::pass::Passes) {
        use ::kseq::__core::int8::pass::Passes;
        __q.layer([
            const { &{ Spotter__0_int8.steps[0][0] } },
            const { &{ Spotter__0_int8.steps[0][1] } },
            const { &{ Spotter__0_int8.steps[0][2] } },
            const { &{ Spotter__0_int8.steps[0][3] } },
        ]);
        __q.layer([
            const { &{ Spotter__0_int8.steps[1][0] } },
            const { &{ Spotter__0_int8.steps[1][1] } },
            const { &{ Spotter__0_int8.steps[1][2] } },
            const { &{ Spotter__0_int8.steps[1][3] } },
        ]);
        __q.layer([
            const { &{ Spotter__0_int8.steps[2][0] } },
            const { &{ Spotter__0_int8.steps[2][1] } },
            const { &{ Spotter__0_int8.steps[2][2] } },
            const { &{ Spotter__0_int8.steps[2][3] } },
        ]);
        __q.layer([
            const { &{ Spotter__0_int8.steps[3][0] } },
            const { &{ Spotter__0_int8.steps[3][1] } },
            const { &{ Spotter__0_int8.steps[3][2] } },
            const { &{ Spotter__0_int8.steps[3][3] } },
        ]);
        __q.float::<
                Spotter__L5,
                Spotter__X4,
                Spotter__X5,
            >(
            [
                const { &{ Spotter__0_int8.steps[4][0] } },
                const { &{ Spotter__0_int8.steps[4][1] } },
                const { &{ Spotter__0_int8.steps[4][2] } },
                const { &{ Spotter__0_int8.steps[4][3] } },
            ],
            &Spotter__5_layer,
        );
        __q.layer([
            const { &{ Spotter__0_int8.steps[5][0] } },
            const { &{ Spotter__0_int8.steps[5][1] } },
            const { &{ Spotter__0_int8.steps[5][2] } },
            const { &{ Spotter__0_int8.steps[5][3] } },
        ]);
    }
}
