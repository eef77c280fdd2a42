#[doc(hidden)]
const Listener__0_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::start_open(
    ::kseq::__core::shape::Shape::new(&[::kseq::__core::shape::Shape::NONE, 16]),
    1,
);
#[doc(hidden)]
const Listener__0_input: () = {
    use ::kseq::__core::chain::input as __kseq_input;
    __kseq_input(&Listener__0_link)
};
#[doc(hidden)]
const Listener__1_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(
        &Listener__0_link,
        1,
        "conv1d_1",
    );
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next
            .answer(
                ::kseq::__core::layers::conv1d::shape(
                    __input,
                    8,
                    [3],
                    &::kseq::__core::layers::Window {
                        strides: [1],
                        padding: ::kseq::__core::layers::Padding::Causal,
                        dilation_rate: [1],
                        groups: 1,
                    },
                ),
            );
    }
    __next.link()
};
#[doc(hidden)]
const Listener__conv1d_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Listener__0_link, &Listener__1_link)
};
#[doc(hidden)]
const Listener__2_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&Listener__1_link, 2, "gru_1");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next
            .answer(
                ::kseq::__core::layers::gru::shape(
                    __input,
                    12,
                    true,
                    ::core::option::Option::None,
                ),
            );
    }
    __next.link()
};
#[doc(hidden)]
const Listener__gru_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Listener__1_link, &Listener__2_link)
};
#[doc(hidden)]
const Listener__3_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&Listener__2_link, 3, "dense_1");
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
const Listener__dense_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&Listener__2_link, &Listener__3_link)
};
#[doc(hidden)]
const Listener__0_shapes: &[::kseq::__core::shape::Shape] = {
    let __checked: [(); 4] = [
        Listener__0_input,
        Listener__conv1d_1,
        Listener__gru_1,
        Listener__dense_1,
    ];
    &[
        Listener__0_link.shape(),
        Listener__1_link.shape(),
        Listener__2_link.shape(),
        Listener__3_link.shape(),
    ]
};
#[doc(hidden)]
type Listener__X0 = <::kseq::__core::open::O<
    { Listener__0_shapes[0].open_axes() },
    { Listener__0_shapes[0].elem() as ::core::primitive::usize },
    { Listener__0_shapes[0].rank() },
    { Listener__0_shapes[0].dim(0) },
    { Listener__0_shapes[0].dim(1) },
    { Listener__0_shapes[0].dim(2) },
    { Listener__0_shapes[0].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Listener__X1 = <::kseq::__core::open::O<
    { Listener__0_shapes[1].open_axes() },
    { Listener__0_shapes[1].elem() as ::core::primitive::usize },
    { Listener__0_shapes[1].rank() },
    { Listener__0_shapes[1].dim(0) },
    { Listener__0_shapes[1].dim(1) },
    { Listener__0_shapes[1].dim(2) },
    { Listener__0_shapes[1].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Listener__L1 = ::kseq::__core::layers::Conv1D<
    { 3 },
    { ::kseq::__core::layers::channels(Listener__0_shapes[0], 1) },
    { 8 },
    { 8 },
    ::kseq::__core::activations::Linear,
>;
#[doc(hidden)]
const Listener__1_layer: Listener__L1 = ::kseq::__core::layers::Conv1D::new(
    ::kseq::__core::layers::Window {
        strides: [1],
        padding: ::kseq::__core::layers::Padding::Causal,
        dilation_rate: [1],
        groups: 1,
    },
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
#[doc(hidden)]
type Listener__X2 = <::kseq::__core::open::O<
    { Listener__0_shapes[2].open_axes() },
    { Listener__0_shapes[2].elem() as ::core::primitive::usize },
    { Listener__0_shapes[2].rank() },
    { Listener__0_shapes[2].dim(0) },
    { Listener__0_shapes[2].dim(1) },
    { Listener__0_shapes[2].dim(2) },
    { Listener__0_shapes[2].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Listener__L2 = ::kseq::__core::layers::GRU<
    { Listener__0_shapes[1].last() },
    { 12 },
    { ::kseq::__core::layers::recurrent::gate_columns(12, 3) },
    { 1 + true as ::core::primitive::usize },
    0,
    { true },
    false,
    ::kseq::__core::activations::Tanh,
    ::kseq::__core::activations::Sigmoid,
>;
#[doc(hidden)]
const Listener__2_layer: Listener__L2 = ::kseq::__core::layers::GRU::new(::kseq::__core::layers::recurrent::Recurrent {
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
type Listener__X3 = <::kseq::__core::open::O<
    { Listener__0_shapes[3].open_axes() },
    { Listener__0_shapes[3].elem() as ::core::primitive::usize },
    { Listener__0_shapes[3].rank() },
    { Listener__0_shapes[3].dim(0) },
    { Listener__0_shapes[3].dim(1) },
    { Listener__0_shapes[3].dim(2) },
    { Listener__0_shapes[3].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type Listener__L3 = ::kseq::__core::layers::Dense<
    { Listener__0_shapes[2].last() },
    { 4 },
    { 4 },
    ::kseq::__core::activations::Linear,
>;
#[doc(hidden)]
const Listener__3_layer: Listener__L3 = ::kseq::__core::layers::Dense::new(
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
/// Parameters of `Listener`, one field a layer.
#[repr(C)]
pub struct Listener__Params {
    /// Layer 1: `Conv1D`.
    pub conv1d_1: ::kseq::__core::layers::Conv1DParams<
        { 3 },
        { ::kseq::__core::layers::channels(Listener__0_shapes[0], 1) },
        { 8 },
        { 8 },
    >,
    /// Layer 2: `GRU`.
    pub gru_1: ::kseq::__core::layers::GRUParams<
        { Listener__0_shapes[1].last() },
        { 12 },
        { ::kseq::__core::layers::recurrent::gate_columns(12, 3) },
        { 1 + true as ::core::primitive::usize },
    >,
    /// Layer 3: `Dense`.
    pub dense_1: ::kseq::__core::layers::DenseParams<
        { Listener__0_shapes[2].last() },
        { 4 },
        { 4 },
    >,
}
::kseq::__core::__flat! {
    [] Listener__Params, []
}
/// What training of `Listener` updates without a gradient, one field a layer.
#[repr(C)]
pub struct Listener__State {
    /// Layer 1: `Conv1D`.
    pub conv1d_1: ::kseq::__core::params::NoParams,
    /// Layer 2: `GRU`.
    pub gru_1: ::kseq::__core::layers::recurrent::RecurrentState<0, { 12 }>,
    /// Layer 3: `Dense`.
    pub dense_1: ::kseq::__core::params::NoParams,
}
::kseq::__core::__flat! {
    [] Listener__State, []
}
#[doc(hidden)]
const Listener__0_streaming: [::kseq::__core::plan::Streaming; 3] = {
    use ::kseq::__core::plan::{at_steps, streaming};
    [
        at_steps::<
            Listener__L1,
            Listener__X0,
            Listener__X1,
        >({
            let __input = Listener__0_shapes[0]
                .with_dim(0, Listener__1_layer.reach() - 1);
            Listener__1_layer
                .streaming::<
                    Listener__X0,
                    Listener__X1,
                >(
                    ::kseq::__core::layers::conv1d::shape(
                            __input,
                            8,
                            [3],
                            &::kseq::__core::layers::Window {
                                strides: [1],
                                padding: ::kseq::__core::layers::Padding::Causal,
                                dilation_rate: [1],
                                groups: 1,
                            },
                        )
                        .is_ok(),
                )
        }),
        at_steps::<
            Listener__L2,
            Listener__X1,
            Listener__X2,
        >(Listener__2_layer.streaming::<Listener__X1, Listener__X2>()),
        at_steps::<
            Listener__L3,
            Listener__X2,
            Listener__X3,
        >(streaming::<Listener__L3, Listener__X2, Listener__X3>()),
    ]
};
#[doc(hidden)]
const Listener__0_streams: ::kseq::__core::plan::Streams = ::kseq::__core::plan::Streams::new::<
    Listener__X0,
>(&Listener__0_streaming);
#[doc(hidden)]
const fn Listener__0_plan_of_lengths(
    __lengths: [::core::primitive::usize; 2],
) -> ::core::result::Result<
    ::kseq::__core::plan::PlanOfLengths<
        3,
        4,
        { Listener__0_streams.memory },
        { Listener__0_streams.causal },
    >,
    ::kseq::__core::shape::Refusal,
> {
    use ::kseq::__core::plan::{Facts, PlanOfLengths};
    let __s0 = Listener__0_shapes[0].with_open(__lengths);
    let __s1 = {
        let __input = __s0;
        match ::kseq::__core::layers::conv1d::shape(
            __input,
            8,
            [3],
            &::kseq::__core::layers::Window {
                strides: [1],
                padding: ::kseq::__core::layers::Padding::Causal,
                dilation_rate: [1],
                groups: 1,
            },
        ) {
            ::core::result::Result::Ok(__shape) => __shape,
            ::core::result::Result::Err(__why) => {
                return ::core::result::Result::Err(__why.at(1, "conv1d_1"));
            }
        }
    };
    let __s2 = {
        let __input = __s1;
        match ::kseq::__core::layers::gru::shape(
            __input,
            12,
            true,
            ::core::option::Option::None,
        ) {
            ::core::result::Result::Ok(__shape) => __shape,
            ::core::result::Result::Err(__why) => {
                return ::core::result::Result::Err(__why.at(2, "gru_1"));
            }
        }
    };
    let __s3 = {
        let __input = __s2;
        match ::kseq::__core::layers::dense::shape(__input, 4) {
            ::core::result::Result::Ok(__shape) => __shape,
            ::core::result::Result::Err(__why) => {
                return ::core::result::Result::Err(__why.at(3, "dense_1"));
            }
        }
    };
    ::core::result::Result::Ok(
        PlanOfLengths::new::<
            ::kseq::__core::activations::Softmax,
            Listener__X0,
            Listener__X3,
        >(
            __lengths,
            [
                Facts::of::<Listener__L1, Listener__X0, Listener__X1>()
                    .of_lengths::<Listener__L1, Listener__X0, Listener__X1>(__s0, __s1),
                Facts::of::<Listener__L2, Listener__X1, Listener__X2>()
                    .of_lengths::<Listener__L2, Listener__X1, Listener__X2>(__s1, __s2),
                Facts::of::<Listener__L3, Listener__X2, Listener__X3>()
                    .of_lengths::<Listener__L3, Listener__X2, Listener__X3>(__s2, __s3),
            ],
            [__s0, __s1, __s2, __s3],
        ),
    )
}
#[doc(hidden)]
const Listener__0_plan: ::kseq::__core::plan::Plan<3> = {
    let mut __length = 1;
    loop {
        match Listener__0_plan_of_lengths([__length; 2]) {
            ::core::result::Result::Ok(__plan) => break __plan.plan(),
            ::core::result::Result::Err(_) => __length *= 2,
        }
    }
};
/// A `Sequential` model of the layers `conv1d_1`, `gru_1`, `dense_1`.
pub struct Listener;
impl Listener {
    /// The `f32`s of memory for the prediction of one sample of this length, or a shorter one.
    #[must_use]
    #[allow(dead_code)]
    pub const fn scratch(__steps: ::core::primitive::usize) -> ::core::primitive::usize {
        let __plan = match Listener__0_plan_of_lengths([__steps, 1]) {
            ::core::result::Result::Ok(__plan) => __plan,
            ::core::result::Result::Err(__why) => ::kseq::__core::plan::refused(&__why),
        };
        __plan.sizes().predict()
    }
    /// The `f32`s of a `TrainerMemory` for batches of so many samples of this length, or shorter ones.
    #[must_use]
    #[allow(dead_code)]
    pub const fn trainer_memory<O: ::kseq::__core::optimizers::Optimizer>(
        __batch: ::core::primitive::usize,
        __steps: ::core::primitive::usize,
    ) -> ::core::primitive::usize {
        let __plan = match Listener__0_plan_of_lengths([__steps, 1]) {
            ::core::result::Result::Ok(__plan) => __plan,
            ::core::result::Result::Err(__why) => ::kseq::__core::plan::refused(&__why),
        };
        ::kseq::__core::trainer::trainer_memory_of::<
            Listener,
            O,
        >(
            __plan.sizes(),
            __plan.output_len::<<Listener as ::kseq::__core::model::Model>::Output>(),
            __batch,
        )
    }
}
impl Listener {
    #[doc(hidden)]
    #[allow(dead_code, clippy::result_large_err)]
    pub const fn __of_lengths(
        __lengths: [::core::primitive::usize; 2],
    ) -> ::kseq::__core::submodel::OfThese {
        match Listener__0_plan_of_lengths(__lengths) {
            ::core::result::Result::Ok(__plan) => {
                ::core::result::Result::Ok((__plan.output(), *__plan.sizes()))
            }
            ::core::result::Result::Err(__why) => ::core::result::Result::Err(__why),
        }
    }
}
impl ::kseq::__core::model::Model for Listener {
    type Input = Listener__X0;
    type Output = Listener__X3;
    type Params = Listener__Params;
    type State = Listener__State;
    type Head = ::kseq::__core::activations::Softmax;
    type Units = <::kseq::__core::model::Units<
        { Listener__0_shapes[3].last() > 1 },
        ::kseq::__core::model::EndsWithSoftmax,
    > as ::kseq::__core::model::UnitsOf>::T;
    type Scratch = ::kseq::__core::scratch::Scratch<
        { ::kseq::__core::scratch::on_stack::<Listener>() },
        { ::kseq::__core::scratch::fits::<Listener>() },
        { Listener__0_plan.stateful },
    >;
    type Table = ::kseq::__core::summary::Table<Self, 3348>;
    type Plan = ::kseq::__core::plan::PlanOfLengths<
        3,
        4,
        { Listener__0_streams.memory },
        { Listener__0_streams.causal },
    >;
    const NAME: &'static ::core::primitive::str = "Listener";
    const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
        use ::kseq::__core::model::LayerInfo;
        &[
            LayerInfo::of::<
                Listener__L1,
                Listener__X0,
                Listener__X1,
            >("conv1d_1", "Conv1D"),
            LayerInfo::of::<Listener__L2, Listener__X1, Listener__X2>("gru_1", "GRU"),
            LayerInfo::of::<Listener__L3, Listener__X2, Listener__X3>("dense_1", "Dense"),
        ]
    };
    const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &{
        Listener__0_plan.placements
    };
    const REST: &'static [::kseq::__core::plan::Placement] = &{ Listener__0_plan.rest };
    const SPOTS: &'static [::kseq::__core::plan::Spot] = &{ Listener__0_plan.spots };
    const SIZES: ::kseq::__core::plan::Sizes = Listener__0_plan.sizes;
    const BATCH: ::core::option::Option<::core::primitive::usize> = ::core::option::Option::None;
    const STATEFUL: ::core::primitive::bool = Listener__0_plan.stateful;
    #[inline(always)]
    fn plan(
        __lengths: [::core::primitive::usize; 2],
    ) -> ::core::result::Result<Self::Plan, ::kseq::__core::shape::Refusal> {
        Listener__0_plan_of_lengths(__lengths)
    }
    const STREAMS: ::kseq::__core::plan::Streams = Listener__0_streams;
    fn step(
        __p: &Self::Params,
        __s: &Self::State,
        __x: &[Self::Input],
        __w: &mut ::kseq::__core::tape::Steps<'_>,
        __cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {
        __w.first::<
                _,
                Listener__X0,
                Listener__X1,
            >(
            Listener__0_streaming[0].state,
            &Listener__1_layer,
            &__p.conv1d_1,
            &__s.conv1d_1,
            __x,
            __cx,
        );
        __w.next::<
                _,
                Listener__X1,
                Listener__X2,
            >(
            (1, Listener__0_streaming[1].state),
            &Listener__2_layer,
            &__p.gru_1,
            &__s.gru_1,
            __cx,
        );
        __w.next::<
                _,
                Listener__X2,
                Listener__X3,
            >(
            (2, Listener__0_streaming[2].state),
            &Listener__3_layer,
            &__p.dense_1,
            &__s.dense_1,
            __cx,
        );
    }
    fn init(
        __p: &mut Self::Params,
        __s: &mut Self::State,
        __seed: ::core::primitive::u64,
    ) {
        use ::kseq::__core::layer::init;
        init::<
            _,
            Listener__X0,
            Listener__X1,
        >(&Listener__1_layer, &mut __p.conv1d_1, &mut __s.conv1d_1, __seed, 0);
        init::<
            _,
            Listener__X1,
            Listener__X2,
        >(&Listener__2_layer, &mut __p.gru_1, &mut __s.gru_1, __seed, 1);
        init::<
            _,
            Listener__X2,
            Listener__X3,
        >(&Listener__3_layer, &mut __p.dense_1, &mut __s.dense_1, __seed, 2);
    }
    fn reset_states(__s: &mut Self::State) {
        use ::kseq::__core::layer::Layer;
    }
    fn check(
        __x: &[Self::Input],
    ) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
        ::kseq::__core::layer::Layer::<
            Listener__X0,
            Listener__X1,
        >::check(&Listener__1_layer, __x)
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
                Listener__X0,
                Listener__X1,
            >(
            &Self::SPOTS[0],
            &Listener__1_layer,
            &__p.conv1d_1,
            &__s.conv1d_1,
            __x,
            __cx,
        );
        __w.next::<
                _,
                Listener__X1,
                Listener__X2,
            >(&Self::SPOTS[1], &Listener__2_layer, &__p.gru_1, &__s.gru_1, __cx);
        __w.last::<
                _,
                Listener__X2,
                Listener__X3,
            >(
            &Self::SPOTS[2],
            &Listener__3_layer,
            &__p.dense_1,
            &__s.dense_1,
            __y,
            __cx,
        );
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
                Listener__X0,
                Listener__X1,
            >(&Listener__1_layer, &__p.conv1d_1, &mut __s.conv1d_1, __x, __cx);
        __t.next::<
                _,
                Listener__X1,
                Listener__X2,
            >(1, &Listener__2_layer, &__p.gru_1, &mut __s.gru_1, __cx);
        __t.next::<
                _,
                Listener__X2,
                Listener__X3,
            >(2, &Listener__3_layer, &__p.dense_1, &mut __s.dense_1, __cx);
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
                Listener__X2,
                Listener__X3,
            >(2, &Listener__3_layer, &mut __p.dense_1, __g, __cx);
        __t.back::<
                _,
                Listener__X1,
                Listener__X2,
            >(1, &Listener__2_layer, &mut __p.gru_1, __g, __cx);
        __t.back_first::<
                _,
                Listener__X0,
                Listener__X1,
            >(&Listener__1_layer, &mut __p.conv1d_1, __x, __g, __cx);
    }
}
