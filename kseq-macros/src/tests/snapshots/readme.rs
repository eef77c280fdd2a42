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
const MnistMlp__1_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&MnistMlp__0_link, 1, "dense_1");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next.answer(::kseq::__core::layers::dense::shape(__input, 512));
    }
    __next.link()
};
#[doc(hidden)]
const MnistMlp__dense_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__0_link, &MnistMlp__1_link)
};
#[doc(hidden)]
const MnistMlp__2_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(
        &MnistMlp__1_link,
        2,
        "dropout_1",
    );
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next.answer(::kseq::__core::layers::dropout::shape(__input));
    }
    __next.link()
};
#[doc(hidden)]
const MnistMlp__dropout_1: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__1_link, &MnistMlp__2_link)
};
#[doc(hidden)]
const MnistMlp__3_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&MnistMlp__2_link, 3, "dense_2");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next.answer(::kseq::__core::layers::dense::shape(__input, 512));
    }
    __next.link()
};
#[doc(hidden)]
const MnistMlp__dense_2: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__2_link, &MnistMlp__3_link)
};
#[doc(hidden)]
const MnistMlp__4_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(
        &MnistMlp__3_link,
        4,
        "dropout_2",
    );
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next.answer(::kseq::__core::layers::dropout::shape(__input));
    }
    __next.link()
};
#[doc(hidden)]
const MnistMlp__dropout_2: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__3_link, &MnistMlp__4_link)
};
#[doc(hidden)]
const MnistMlp__5_link: ::kseq::__core::chain::Link = {
    let mut __next = ::kseq::__core::chain::Next::after(&MnistMlp__4_link, 5, "dense_3");
    while let ::core::option::Option::Some(__input) = __next.input() {
        __next
            .answer(
                ::kseq::__core::layers::activation::softmax(
                    ::kseq::__core::layers::dense::shape(__input, 10),
                    false,
                ),
            );
    }
    __next.link()
};
#[doc(hidden)]
const MnistMlp__dense_3: () = {
    use ::kseq::__core::chain::layer as __kseq_layer;
    __kseq_layer(&MnistMlp__4_link, &MnistMlp__5_link)
};
#[doc(hidden)]
const MnistMlp__0_shapes: &[::kseq::__core::shape::Shape] = {
    let __checked: [(); 6] = [
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
    { MnistMlp__0_shapes[0].elem() as ::core::primitive::usize },
    { MnistMlp__0_shapes[0].rank() },
    { MnistMlp__0_shapes[0].dim(0) },
    { MnistMlp__0_shapes[0].dim(1) },
    { MnistMlp__0_shapes[0].dim(2) },
    { MnistMlp__0_shapes[0].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__X1 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[1].elem() as ::core::primitive::usize },
    { MnistMlp__0_shapes[1].rank() },
    { MnistMlp__0_shapes[1].dim(0) },
    { MnistMlp__0_shapes[1].dim(1) },
    { MnistMlp__0_shapes[1].dim(2) },
    { MnistMlp__0_shapes[1].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L1 = ::kseq::__core::layers::Dense<
    { MnistMlp__0_shapes[0].last() },
    { 512 },
    { 512 },
    ::kseq::__core::activations::Relu,
>;
#[doc(hidden)]
const MnistMlp__1_layer: MnistMlp__L1 = ::kseq::__core::layers::Dense::new(
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
#[doc(hidden)]
type MnistMlp__X2 = MnistMlp__X1;
#[doc(hidden)]
type MnistMlp__L2 = ::kseq::__core::layers::Dropout;
#[doc(hidden)]
const MnistMlp__2_layer: MnistMlp__L2 = ::kseq::__core::layers::Dropout::new(0.2);
#[doc(hidden)]
type MnistMlp__X3 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[3].elem() as ::core::primitive::usize },
    { MnistMlp__0_shapes[3].rank() },
    { MnistMlp__0_shapes[3].dim(0) },
    { MnistMlp__0_shapes[3].dim(1) },
    { MnistMlp__0_shapes[3].dim(2) },
    { MnistMlp__0_shapes[3].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L3 = ::kseq::__core::layers::Dense<
    { MnistMlp__0_shapes[2].last() },
    { 512 },
    { 512 },
    ::kseq::__core::activations::Relu,
>;
#[doc(hidden)]
const MnistMlp__3_layer: MnistMlp__L3 = ::kseq::__core::layers::Dense::new(
    ::kseq::__core::initializers::Initializer::GLOROT_UNIFORM,
    ::kseq::__core::initializers::Initializer::ZEROS,
);
#[doc(hidden)]
type MnistMlp__X4 = MnistMlp__X3;
#[doc(hidden)]
type MnistMlp__L4 = ::kseq::__core::layers::Dropout;
#[doc(hidden)]
const MnistMlp__4_layer: MnistMlp__L4 = ::kseq::__core::layers::Dropout::new(0.2);
#[doc(hidden)]
type MnistMlp__X5 = <::kseq::__core::tensor::S<
    { MnistMlp__0_shapes[5].elem() as ::core::primitive::usize },
    { MnistMlp__0_shapes[5].rank() },
    { MnistMlp__0_shapes[5].dim(0) },
    { MnistMlp__0_shapes[5].dim(1) },
    { MnistMlp__0_shapes[5].dim(2) },
    { MnistMlp__0_shapes[5].dim(3) },
> as ::kseq::__core::tensor::Typed>::T;
#[doc(hidden)]
type MnistMlp__L5 = ::kseq::__core::layers::Dense<
    { MnistMlp__0_shapes[4].last() },
    { 10 },
    { 10 },
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
        { 512 },
        { 512 },
    >,
    /// Layer 2: `Dropout`.
    pub dropout_1: ::kseq::__core::params::NoParams,
    /// Layer 3: `Dense`.
    pub dense_2: ::kseq::__core::layers::DenseParams<
        { MnistMlp__0_shapes[2].last() },
        { 512 },
        { 512 },
    >,
    /// Layer 4: `Dropout`.
    pub dropout_2: ::kseq::__core::params::NoParams,
    /// Layer 5: `Dense`.
    pub dense_3: ::kseq::__core::layers::DenseParams<
        { MnistMlp__0_shapes[4].last() },
        { 10 },
        { 10 },
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
impl MnistMlp {
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
    type Scratch = ::kseq::__core::scratch::Scratch<
        { ::kseq::__core::scratch::on_stack::<MnistMlp>() },
        { ::kseq::__core::scratch::fits::<MnistMlp>() },
        { MnistMlp__0_plan.stateful },
    >;
    type Table = ::kseq::__core::summary::Table<Self, 4580>;
    type Plan = ();
    const NAME: &'static ::core::primitive::str = "MnistMlp";
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
    const PLACEMENTS: &'static [::kseq::__core::plan::Placement] = &{
        MnistMlp__0_plan.placements
    };
    const REST: &'static [::kseq::__core::plan::Placement] = &{ MnistMlp__0_plan.rest };
    const SPOTS: &'static [::kseq::__core::plan::Spot] = &{ MnistMlp__0_plan.spots };
    const SIZES: ::kseq::__core::plan::Sizes = MnistMlp__0_plan.sizes;
    const BATCH: ::core::option::Option<::core::primitive::usize> = ::core::option::Option::None;
    const STATEFUL: ::core::primitive::bool = MnistMlp__0_plan.stateful;
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
            MnistMlp__X0,
            MnistMlp__X1,
        >(&MnistMlp__1_layer, &mut __p.dense_1, &mut __s.dense_1, __seed, 0);
        init::<
            _,
            MnistMlp__X2,
            MnistMlp__X3,
        >(&MnistMlp__3_layer, &mut __p.dense_2, &mut __s.dense_2, __seed, 2);
        init::<
            _,
            MnistMlp__X4,
            MnistMlp__X5,
        >(&MnistMlp__5_layer, &mut __p.dense_3, &mut __s.dense_3, __seed, 4);
    }
    fn reset_states(__s: &mut Self::State) {
        use ::kseq::__core::layer::Layer;
    }
    fn check(
        __x: &[Self::Input],
    ) -> ::core::result::Result<(), ::kseq::__core::error::Error> {
        ::kseq::__core::layer::Layer::<
            MnistMlp__X0,
            MnistMlp__X1,
        >::check(&MnistMlp__1_layer, __x)
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
                MnistMlp__X0,
                MnistMlp__X1,
            >(
            &Self::SPOTS[0],
            &MnistMlp__1_layer,
            &__p.dense_1,
            &__s.dense_1,
            __x,
            __cx,
        );
        __w.in_place::<
                _,
                MnistMlp__X2,
            >(&Self::SPOTS[1], &MnistMlp__2_layer, &__p.dropout_1, &__s.dropout_1, __cx);
        __w.next::<
                _,
                MnistMlp__X2,
                MnistMlp__X3,
            >(&Self::SPOTS[2], &MnistMlp__3_layer, &__p.dense_2, &__s.dense_2, __cx);
        __w.in_place::<
                _,
                MnistMlp__X4,
            >(&Self::SPOTS[3], &MnistMlp__4_layer, &__p.dropout_2, &__s.dropout_2, __cx);
        __w.last::<
                _,
                MnistMlp__X4,
                MnistMlp__X5,
            >(
            &Self::SPOTS[4],
            &MnistMlp__5_layer,
            &__p.dense_3,
            &__s.dense_3,
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
                MnistMlp__X0,
                MnistMlp__X1,
            >(&MnistMlp__1_layer, &__p.dense_1, &mut __s.dense_1, __x, __cx);
        __t.in_place::<
                _,
                MnistMlp__X2,
            >(1, &MnistMlp__2_layer, &__p.dropout_1, &mut __s.dropout_1, __cx);
        __t.next::<
                _,
                MnistMlp__X2,
                MnistMlp__X3,
            >(2, &MnistMlp__3_layer, &__p.dense_2, &mut __s.dense_2, __cx);
        __t.in_place::<
                _,
                MnistMlp__X4,
            >(3, &MnistMlp__4_layer, &__p.dropout_2, &mut __s.dropout_2, __cx);
        __t.next::<
                _,
                MnistMlp__X4,
                MnistMlp__X5,
            >(4, &MnistMlp__5_layer, &__p.dense_3, &mut __s.dense_3, __cx);
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
                MnistMlp__X4,
                MnistMlp__X5,
            >(4, &MnistMlp__5_layer, &mut __p.dense_3, __g, __cx);
        __t.back_in_place::<
                _,
                MnistMlp__X4,
            >(3, &MnistMlp__4_layer, &mut __p.dropout_2, __g, __cx);
        __t.back::<
                _,
                MnistMlp__X2,
                MnistMlp__X3,
            >(2, &MnistMlp__3_layer, &mut __p.dense_2, __g, __cx);
        __t.back_in_place::<
                _,
                MnistMlp__X2,
            >(1, &MnistMlp__2_layer, &mut __p.dropout_1, __g, __cx);
        __t.back_first::<
                _,
                MnistMlp__X0,
                MnistMlp__X1,
            >(&MnistMlp__1_layer, &mut __p.dense_1, __x, __g, __cx);
    }
}
