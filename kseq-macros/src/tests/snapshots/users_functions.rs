fn main() {
    {
        #[doc(hidden)]
        const SequentialModel__0_link: ::kseq::__core::chain::Link = ::kseq::__core::chain::start(
            ::kseq::__core::shape::Shape::new(&[3]),
        );
        #[doc(hidden)]
        const SequentialModel__0_input: () = {
            use ::kseq::__core::chain::input as __kseq_input;
            __kseq_input(&SequentialModel__0_link)
        };
        #[doc(hidden)]
        const SequentialModel__1_kernel_initializer: ::kseq::__core::initializers::Initializer = ::kseq::__core::initializers::Initializer::VarianceScaling {
            scale: 2.0,
            mode: ::kseq::__core::initializers::Mode::FanOut,
            distribution: ::kseq::__core::initializers::Distribution::TruncatedNormal,
        };
        #[doc(hidden)]
        const SequentialModel__1_bias_initializer: ::kseq::__core::initializers::Initializer = ::kseq::__core::initializers::Initializer::Constant(
            0.1,
        );
        const _: () = {
            use ::kseq::__core::chain::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_link,
                1,
                "dense_1",
                ::kseq::__core::probe::initializer(SequentialModel__1_kernel_initializer),
            )
        };
        const _: () = {
            use ::kseq::__core::chain::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_link,
                1,
                "dense_1",
                ::kseq::__core::probe::initializer(SequentialModel__1_bias_initializer),
            )
        };
        #[doc(hidden)]
        const SequentialModel__1_link: ::kseq::__core::chain::Link = {
            let mut __next = ::kseq::__core::chain::Next::after(
                &SequentialModel__0_link,
                1,
                "dense_1",
            );
            while let ::core::option::Option::Some(__input) = __next.input() {
                __next.answer(::kseq::__core::layers::dense::shape(__input, 1));
            }
            __next.link()
        };
        #[doc(hidden)]
        const SequentialModel__dense_1: () = {
            use ::kseq::__core::chain::layer as __kseq_layer;
            __kseq_layer(&SequentialModel__0_link, &SequentialModel__1_link)
        };
        #[doc(hidden)]
        type SequentialModel__1_activation = self::Snake;
        #[doc(hidden)]
        const SequentialModel__1_asked_activation: () = {
            use ::kseq::__core::chain::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_link,
                1,
                "dense_1",
                {
                    use ::kseq::__core::probe::{Missing as _, Probe, activation};
                    activation(
                        Probe::<SequentialModel__1_activation>::IS_ACTIVATION,
                        "self::Snake",
                    )
                },
            )
        };
        #[doc(hidden)]
        const SequentialModel__0_shapes: &[::kseq::__core::shape::Shape] = {
            let __checked: [(); 3] = [
                SequentialModel__0_input,
                SequentialModel__dense_1,
                SequentialModel__1_asked_activation,
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
        type SequentialModel__L1 = ::kseq::__core::layers::Dense<
            { SequentialModel__0_shapes[0].last() },
            { 1 },
            { 1 },
            SequentialModel__1_activation,
        >;
        #[doc(hidden)]
        const SequentialModel__1_layer: SequentialModel__L1 = ::kseq::__core::layers::Dense::new(
            SequentialModel__1_kernel_initializer,
            SequentialModel__1_bias_initializer,
        );
        const _: () = {
            use ::kseq::__core::chain::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_link,
                1,
                "dense_1",
                ::kseq::__core::initializers::rule(
                    &SequentialModel__1_kernel_initializer,
                    <::kseq::__core::layers::DenseParams<
                        { SequentialModel__0_shapes[0].last() },
                        { 1 },
                        { 1 },
                    > as ::kseq::__core::params::ParamBlock>::SPECS,
                    "kernel",
                ),
            )
        };
        const _: () = {
            use ::kseq::__core::chain::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_link,
                1,
                "dense_1",
                ::kseq::__core::initializers::rule(
                    &SequentialModel__1_bias_initializer,
                    <::kseq::__core::layers::DenseParams<
                        { SequentialModel__0_shapes[0].last() },
                        { 1 },
                        { 1 },
                    > as ::kseq::__core::params::ParamBlock>::SPECS,
                    "bias",
                ),
            )
        };
        