const SequentialModel__1_units: usize = 1;
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
            use ::kseq::__core::shape::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_input,
                1,
                "dense_1",
                ::kseq::__core::probe::initializer(SequentialModel__1_kernel_initializer),
            )
        };
        const _: () = {
            use ::kseq::__core::shape::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_input,
                1,
                "dense_1",
                ::kseq::__core::probe::initializer(SequentialModel__1_bias_initializer),
            )
        };
        #[doc(hidden)]
        type SequentialModel__L1 = ::kseq::__core::layers::Dense<
            { SequentialModel__0_input.shape().last() },
            { SequentialModel__1_units },
            { SequentialModel__1_units },
            SequentialModel__1_activation,
        >;
        #[doc(hidden)]
        type SequentialModel__1_activation = self::Snake;
        #[doc(hidden)]
        const SequentialModel__1_asked_activation: () = {
            use ::kseq::__core::shape::argument as __kseq_argument;
            __kseq_argument(
                &SequentialModel__0_input,
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
        const SequentialModel__dense_1: ::kseq::__core::shape::Step = {
            let () = SequentialModel__1_asked_activation;
            {
                use ::kseq::__core::shape::layer as __kseq_layer;
                __kseq_layer(
                    &SequentialModel__0_input,
                    1,
                    "dense_1",
                    ::kseq::__core::layers::dense::shape(
                        SequentialModel__0_input.shape(),
                        SequentialModel__1_units,
                    ),
                )
            }
        };
        #[doc(hidden)]
        type SequentialModel__X1 = <::kseq::__core::tensor::S<
            { SequentialModel__dense_1.shape().elem() as usize },
            { SequentialModel__dense_1.shape().rank() },
            { SequentialModel__dense_1.shape().dim(0) },
            { SequentialModel__dense_1.shape().dim(1) },
            { SequentialModel__dense_1.shape().dim(2) },
            { SequentialModel__dense_1.shape().dim(3) },
        > as ::kseq::__core::tensor::Typed>::T;
        #[doc(hidden)]
        const SequentialModel__1_layer: SequentialModel__L1 = ::kseq::__core::layers::Dense::new(
            SequentialModel__1_kernel_initializer,
            SequentialModel__1_bias_initializer,
        );
        