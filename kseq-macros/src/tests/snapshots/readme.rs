#[doc(hidden)]
const MnistMlp__0_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::start(
    ::kseq::__core::shape::Shape::new(&[784]),
);
#[doc(hidden)]
const MnistMlp__0_input: () = {
    use ::kseq::__core::chain::input as __kseq_input;
    __kseq_input(&MnistMlp__0_link)
};
#[doc(hidden)]
const MnistMlp__1_units: usize = 512;
#[doc(hidden)]
const MnistMlp__1_link: ::kseq::__core::chain::Link = {
    let mut next = ::kseq::__core::chain::Next::after(&MnistMlp__0_link, 1, "dense_1");
    while let ::core::option::Option::Some(input) = next.input() {
        next.answer(::kseq::__core::layers::dense::shape(input, MnistMlp__1_units));
    }
    next.link()
};
#[doc(hidden)]
const MnistMlp__dense_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__0_link, &MnistMlp__1_link)
};
#[doc(hidden)]
const MnistMlp__2_rate: f32 = 0.2;
const _: () = {
    use ::kseq::__core::chain::argument as __kseq_argument;
    __kseq_argument(
        &MnistMlp__1_link,
        2,
        "dropout_1",
        ::kseq::__core::layers::dropout::rate_rule(MnistMlp__2_rate),
    )
};
#[doc(hidden)]
const MnistMlp__2_link: ::kseq::__core::chain::Link = {
    let mut next = ::kseq::__core::chain::Next::after(&MnistMlp__1_link, 2, "dropout_1");
    while let ::core::option::Option::Some(input) = next.input() {
        next.answer(::kseq::__core::layers::dropout::shape(input));
    }
    next.link()
};
#[doc(hidden)]
const MnistMlp__dropout_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__1_link, &MnistMlp__2_link)
};
#[doc(hidden)]
const MnistMlp__3_units: usize = 512;
#[doc(hidden)]
const MnistMlp__3_link: ::kseq::__core::chain::Link = {
    let mut next = ::kseq::__core::chain::Next::after(&MnistMlp__2_link, 3, "dense_2");
    while let ::core::option::Option::Some(input) = next.input() {
        next.answer(::kseq::__core::layers::dense::shape(input, MnistMlp__3_units));
    }
    next.link()
};
#[doc(hidden)]
const MnistMlp__dense_2: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__2_link, &MnistMlp__3_link)
};
#[doc(hidden)]
const MnistMlp__4_rate: f32 = 0.2;
const _: () = {
    use ::kseq::__core::chain::argument as __kseq_argument;
    __kseq_argument(
        &MnistMlp__3_link,
        4,
        "dropout_2",
        ::kseq::__core::layers::dropout::rate_rule(MnistMlp__4_rate),
    )
};
#[doc(hidden)]
const MnistMlp__4_link: ::kseq::__core::chain::Link = {
    let mut next = ::kseq::__core::chain::Next::after(&MnistMlp__3_link, 4, "dropout_2");
    while let ::core::option::Option::Some(input) = next.input() {
        next.answer(::kseq::__core::layers::dropout::shape(input));
    }
    next.link()
};
#[doc(hidden)]
const MnistMlp__dropout_2: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__3_link, &MnistMlp__4_link)
};
#[doc(hidden)]
const MnistMlp__5_units: usize = 10;
#[doc(hidden)]
const MnistMlp__5_link: ::kseq::__core::chain::Link = {
    let mut next = ::kseq::__core::chain::Next::after(&MnistMlp__4_link, 5, "dense_3");
    while let ::core::option::Option::Some(input) = next.input() {
        next.answer(
            ::kseq::__core::layers::activation::softmax(
                ::kseq::__core::layers::dense::shape(input, MnistMlp__5_units),
            ),
        );
    }
    next.link()
};
#[doc(hidden)]
const MnistMlp__dense_3: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__4_link, &MnistMlp__5_link)
};
#[doc(hidden)]
const MnistMlp__0_shapes: &[::kseq::__core::shape::Shape] = {
    let _checked: [(); 6] = [
        MnistMlp__0_input,
        MnistMlp__dense_1,
        MnistMlp__dropout_1,
        MnistMlp__dense_2,
        MnistMlp__dropout_2,
        MnistMlp__dense_3,
    ];
    &[
        MnistMlp__0_link.shape(),
        MnistMlp__1_link.shape(),
        MnistMlp__2_link.shape(),
        MnistMlp__3_link.shape(),
        MnistMlp__4_link.shape(),
        MnistMlp__5_link.shape(),
    ]
};
#[doc(hidden)]
type MnistMlp__X0 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[0].elem() as usize },
    { MnistMlp__0_shapes[0].rank() },
    { MnistMlp__0_shapes[0].dim(0) },
    { MnistMlp__0_shapes[0].dim(1) },
    { MnistMlp__0_shapes[0].dim(2) },
    { MnistMlp__0_shapes[0].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__X1 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[1].elem() as usize },
    { MnistMlp__0_shapes[1].rank() },
    { MnistMlp__0_shapes[1].dim(0) },
    { MnistMlp__0_shapes[1].dim(1) },
    { MnistMlp__0_shapes[1].dim(2) },
    { MnistMlp__0_shapes[1].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L1 = ::kseq::__core::layers::Dense<
    { MnistMlp__0_shapes[0].last() },
    { MnistMlp__1_units },
    { MnistMlp__1_units },
    ::kseq::__core::activations::Relu,
>;
#[doc(hidden)]
const MnistMlp__1_layer: MnistMlp__L1 = ::kseq::__core::layers::Dense::new(
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
#[doc(hidden)]
type MnistMlp__X2 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[2].elem() as usize },
    { MnistMlp__0_shapes[2].rank() },
    { MnistMlp__0_shapes[2].dim(0) },
    { MnistMlp__0_shapes[2].dim(1) },
    { MnistMlp__0_shapes[2].dim(2) },
    { MnistMlp__0_shapes[2].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L2 = ::kseq::__core::layers::Dropout;
#[doc(hidden)]
const MnistMlp__2_layer: MnistMlp__L2 = ::kseq::__core::layers::Dropout::new(
    MnistMlp__2_rate,
);
#[doc(hidden)]
type MnistMlp__X3 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[3].elem() as usize },
    { MnistMlp__0_shapes[3].rank() },
    { MnistMlp__0_shapes[3].dim(0) },
    { MnistMlp__0_shapes[3].dim(1) },
    { MnistMlp__0_shapes[3].dim(2) },
    { MnistMlp__0_shapes[3].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L3 = ::kseq::__core::layers::Dense<
    { MnistMlp__0_shapes[2].last() },
    { MnistMlp__3_units },
    { MnistMlp__3_units },
    ::kseq::__core::activations::Relu,
>;
#[doc(hidden)]
const MnistMlp__3_layer: MnistMlp__L3 = ::kseq::__core::layers::Dense::new(
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
#[doc(hidden)]
type MnistMlp__X4 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[4].elem() as usize },
    { MnistMlp__0_shapes[4].rank() },
    { MnistMlp__0_shapes[4].dim(0) },
    { MnistMlp__0_shapes[4].dim(1) },
    { MnistMlp__0_shapes[4].dim(2) },
    { MnistMlp__0_shapes[4].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L4 = ::kseq::__core::layers::Dropout;
#[doc(hidden)]
const MnistMlp__4_layer: MnistMlp__L4 = ::kseq::__core::layers::Dropout::new(
    MnistMlp__4_rate,
);
#[doc(hidden)]
type MnistMlp__X5 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[5].elem() as usize },
    { MnistMlp__0_shapes[5].rank() },
    { MnistMlp__0_shapes[5].dim(0) },
    { MnistMlp__0_shapes[5].dim(1) },
    { MnistMlp__0_shapes[5].dim(2) },
    { MnistMlp__0_shapes[5].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L5 = ::kseq::__core::layers::Dense<
    { MnistMlp__0_shapes[4].last() },
    { MnistMlp__5_units },
    { MnistMlp__5_units },
    ::kseq::__core::activations::Linear,
>;
#[doc(hidden)]
const MnistMlp__5_layer: MnistMlp__L5 = ::kseq::__core::layers::Dense::new(
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
/// Parameters of `MnistMlp`, one field a layer.
#[repr(C)]
pub struct MnistMlp__Params {
    /// Layer 1: `Dense`.
    pub dense_1: ::kseq::__core::layers::DenseParams<
        { MnistMlp__0_shapes[0].last() },
        { MnistMlp__1_units },
        { MnistMlp__1_units },
    >,
    /// Layer 2: `Dropout`.
    pub dropout_1: ::kseq::__core::params::NoParams,
    /// Layer 3: `Dense`.
    pub dense_2: ::kseq::__core::layers::DenseParams<
        { MnistMlp__0_shapes[2].last() },
        { MnistMlp__3_units },
        { MnistMlp__3_units },
    >,
    /// Layer 4: `Dropout`.
    pub dropout_2: ::kseq::__core::params::NoParams,
    /// Layer 5: `Dense`.
    pub dense_3: ::kseq::__core::layers::DenseParams<
        { MnistMlp__0_shapes[4].last() },
        { MnistMlp__5_units },
        { MnistMlp__5_units },
    >,
}
::kseq::__core::__flat! {
    [] MnistMlp__Params, []
}
/// What training of `MnistMlp` updates without a gradient, one field a layer.
#[repr(C)]
pub struct MnistMlp__State {
    /// Layer 1: `Dense`.
    pub dense_1: ::kseq::__core::params::NoParams,
    /// Layer 2: `Dropout`.
    pub dropout_1: ::kseq::__core::params::NoParams,
    /// Layer 3: `Dense`.
    pub dense_2: ::kseq::__core::params::NoParams,
    /// Layer 4: `Dropout`.
    pub dropout_2: ::kseq::__core::params::NoParams,
    /// Layer 5: `Dense`.
    pub dense_3: ::kseq::__core::params::NoParams,
}
::kseq::__core::__flat! {
    [] MnistMlp__State, []
}
#[doc(hidden)]
const MnistMlp__0_plan: ::kseq::__core::plan::Plan<5> = {
    use ::kseq::__core::plan::{Facts, Plan};
    Plan::new::<
        ::kseq::__core::activations::Softmax,
    >([
        Facts::of::<MnistMlp__L1, MnistMlp__X0, MnistMlp__X1>(),
        Facts::in_place::<MnistMlp__L2, MnistMlp__X1, MnistMlp__X2>(),
        Facts::of::<MnistMlp__L3, MnistMlp__X2, MnistMlp__X3>(),
        Facts::in_place::<MnistMlp__L4, MnistMlp__X3, MnistMlp__X4>(),
        Facts::of::<MnistMlp__L5, MnistMlp__X4, MnistMlp__X5>(),
    ])
};
/// 784 -> 512 -> 512 -> 10
///
/// A `Sequential` model of the layers `dense_1`, `dropout_1`, `dense_2`, `dropout_2`, `dense_3`.
pub struct MnistMlp;
impl ::kseq::__core::model::Model for MnistMlp {
    type Input = MnistMlp__X0;
    type Output = MnistMlp__X5;
    type Params = MnistMlp__Params;
    type State = MnistMlp__State;
    type Head = ::kseq::__core::activations::Softmax;
    type Units = <::kseq::__core::model::Units<
        { MnistMlp__0_shapes[5].last() > 1 },
        ::kseq::__core::model::EndsWithSoftmax,
    > as ::kseq::__core::model::UnitsOf>::T;
    type Table = ::kseq::__core::summary::Table<Self, 4580>;
    const NAME: &'static str = "MnistMlp";
    const LAYERS: &'static [::kseq::__core::model::LayerInfo] = {
        use ::kseq::__core::model::LayerInfo;
        &[
            LayerInfo::of::<
                MnistMlp__L1,
                MnistMlp__X0,
                MnistMlp__X1,
            >("dense_1", "Dense"),
            LayerInfo::of::<
                MnistMlp__L2,
                MnistMlp__X1,
                MnistMlp__X2,
            >("dropout_1", "Dropout"),
            LayerInfo::of::<
                MnistMlp__L3,
                MnistMlp__X2,
                MnistMlp__X3,
            >("dense_2", "Dense"),
            LayerInfo::of::<
                MnistMlp__L4,
                MnistMlp__X3,
                MnistMlp__X4,
            >("dropout_2", "Dropout"),
            LayerInfo::of::<MnistMlp__L5, MnistMlp__X4, MnistMlp__X5>("dense_3", "Dense"),
        ]
    };
    const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &MnistMlp__0_plan
        .placements;
    const SIZES: ::kseq::__core::plan::Sizes = MnistMlp__0_plan.sizes;
    const BATCH: ::core::option::Option<usize> = ::core::option::Option::None;
    const STATEFUL: bool = MnistMlp__0_plan.stateful;
    fn init(p: &mut Self::Params, s: &mut Self::State, seed: u64) {
        use ::kseq::__core::layer::Layer;
        use ::kseq::__core::rng::{Purpose, Rng};
        let mut rng = Rng::new(seed, Purpose::Init, 0, 0);
        Layer::<
            MnistMlp__X0,
            MnistMlp__X1,
        >::init(&MnistMlp__1_layer, &mut p.dense_1, &mut s.dense_1, &mut rng);
        let mut rng = Rng::new(seed, Purpose::Init, 1, 0);
        Layer::<
            MnistMlp__X1,
            MnistMlp__X2,
        >::init(&MnistMlp__2_layer, &mut p.dropout_1, &mut s.dropout_1, &mut rng);
        let mut rng = Rng::new(seed, Purpose::Init, 2, 0);
        Layer::<
            MnistMlp__X2,
            MnistMlp__X3,
        >::init(&MnistMlp__3_layer, &mut p.dense_2, &mut s.dense_2, &mut rng);
        let mut rng = Rng::new(seed, Purpose::Init, 3, 0);
        Layer::<
            MnistMlp__X3,
            MnistMlp__X4,
        >::init(&MnistMlp__4_layer, &mut p.dropout_2, &mut s.dropout_2, &mut rng);
        let mut rng = Rng::new(seed, Purpose::Init, 4, 0);
        Layer::<
            MnistMlp__X4,
            MnistMlp__X5,
        >::init(&MnistMlp__5_layer, &mut p.dense_3, &mut s.dense_3, &mut rng);
    }
    fn reset_states(s: &mut Self::State) {
        use ::kseq::__core::layer::Layer;
        Layer::<
            MnistMlp__X0,
            MnistMlp__X1,
        >::reset_states(&MnistMlp__1_layer, &mut s.dense_1);
        Layer::<
            MnistMlp__X1,
            MnistMlp__X2,
        >::reset_states(&MnistMlp__2_layer, &mut s.dropout_1);
        Layer::<
            MnistMlp__X2,
            MnistMlp__X3,
        >::reset_states(&MnistMlp__3_layer, &mut s.dense_2);
        Layer::<
            MnistMlp__X3,
            MnistMlp__X4,
        >::reset_states(&MnistMlp__4_layer, &mut s.dropout_2);
        Layer::<
            MnistMlp__X4,
            MnistMlp__X5,
        >::reset_states(&MnistMlp__5_layer, &mut s.dense_3);
    }
    fn check(
        x: &[Self::Input],
    ) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
        ::kseq::__core::layer::Layer::<
            MnistMlp__X0,
            MnistMlp__X1,
        >::check(&MnistMlp__1_layer, x)
    }
    fn infer(
        p: &Self::Params,
        s: &Self::State,
        x: &[Self::Input],
        y: &mut [Self::Output],
        w: &mut ::kseq::__core::tape::Buffers<'_>,
        cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {
        w.first::<
                _,
                MnistMlp__X0,
                MnistMlp__X1,
            >(&MnistMlp__1_layer, &p.dense_1, &s.dense_1, x, cx);
        w.in_place::<
                _,
                MnistMlp__X2,
            >(&MnistMlp__2_layer, &p.dropout_1, &s.dropout_1, cx);
        w.next::<
                _,
                MnistMlp__X2,
                MnistMlp__X3,
            >(&MnistMlp__3_layer, &p.dense_2, &s.dense_2, cx);
        w.in_place::<
                _,
                MnistMlp__X4,
            >(&MnistMlp__4_layer, &p.dropout_2, &s.dropout_2, cx);
        w.last::<
                _,
                MnistMlp__X4,
                MnistMlp__X5,
            >(&MnistMlp__5_layer, &p.dense_3, &s.dense_3, y, cx);
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
                MnistMlp__X0,
                MnistMlp__X1,
            >(&MnistMlp__1_layer, &p.dense_1, &mut s.dense_1, x, cx);
        t.in_place::<
                _,
                MnistMlp__X2,
            >(1, &MnistMlp__2_layer, &p.dropout_1, &mut s.dropout_1, cx);
        t.next::<
                _,
                MnistMlp__X2,
                MnistMlp__X3,
            >(2, &MnistMlp__3_layer, &p.dense_2, &mut s.dense_2, cx);
        t.in_place::<
                _,
                MnistMlp__X4,
            >(3, &MnistMlp__4_layer, &p.dropout_2, &mut s.dropout_2, cx);
        t.next::<
                _,
                MnistMlp__X4,
                MnistMlp__X5,
            >(4, &MnistMlp__5_layer, &p.dense_3, &mut s.dense_3, cx);
    }
    fn backward(
        p: &Self::Params,
        x: &[Self::Input],
        t: &mut ::kseq::__core::tape::Tape<'_>,
        g: &mut ::kseq::__core::tape::Grads<'_>,
        dp: &mut Self::Params,
        cx: &mut ::kseq::__core::layer::Ctx<'_>,
    ) {
        t.back::<
                _,
                MnistMlp__X4,
                MnistMlp__X5,
            >(4, &MnistMlp__5_layer, &p.dense_3, g, &mut dp.dense_3, cx);
        t.back_in_place::<
                _,
                MnistMlp__X4,
            >(3, &MnistMlp__4_layer, &p.dropout_2, g, &mut dp.dropout_2, cx);
        t.back::<
                _,
                MnistMlp__X2,
                MnistMlp__X3,
            >(2, &MnistMlp__3_layer, &p.dense_2, g, &mut dp.dense_2, cx);
        t.back_in_place::<
                _,
                MnistMlp__X2,
            >(1, &MnistMlp__2_layer, &p.dropout_1, g, &mut dp.dropout_1, cx);
        t.back_first::<
                _,
                MnistMlp__X0,
                MnistMlp__X1,
            >(&MnistMlp__1_layer, &p.dense_1, x, g, &mut dp.dense_1, cx);
    }
}
