//! `compile!`: what Keras's words become, and what is said of unknown ones.

use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn expansion(tokens: TokenStream) -> String {
    crate::compile::compile(tokens).to_string().replace(' ', "")
}

#[track_caller]
fn is(given: TokenStream, expected: TokenStream) {
    assert_eq!(expansion(given), expected.to_string().replace(' ', ""));
}

#[test]
fn words_are_classes() {
    is(
        quote! { model, "adam", "mse" },
        quote! {
            model.compile(
                <::kseq::optimizers::Adam as ::core::default::Default>::default(),
                <::kseq::losses::MeanSquaredError as ::core::default::Default>::default(),
                ()
            )
        },
    );
}

#[test]
fn keras_s_arguments_are_builders() {
    is(
        quote! {
            model,
            loss = Huber(delta = 2.0),
            optimizer = SGD(lr = 1, decay = 0, momentum = 0.9, nesterov = True, use_ema = False),
        },
        quote! {
            model.compile(
                ::kseq::optimizers::SGD::new(1.0).momentum(0.9).nesterov(true).decay(0.0),
                <::kseq::losses::Huber as ::core::default::Default>::default().delta(2.0),
                ()
            )
        },
    );
    is(
        quote! { net, Adam(0.1, ema_momentum = 0.5, amsgrad = True, use_ema = True), own::Loss(3) },
        quote! {
            net.compile(
                ::kseq::optimizers::Adam::new(0.1).use_ema().amsgrad().ema_momentum(0.5),
                own::Loss(3),
                ()
            )
        },
    );
}

#[test]
fn keras_s_modules_are_understood() {
    is(
        quote! {
            model, keras.optimizers.SGD(lr = 0.01, nesterov = False), loss = keras.losses.mean_squared_error,
            metrics = [tf.keras.metrics.Precision(), metrics.mae]
        },
        quote! {
            model.compile(
                ::kseq::optimizers::SGD::new(0.01).nesterov(false),
                <::kseq::losses::MeanSquaredError as ::core::default::Default>::default(),
                (
                    <::kseq::metrics::Precision as ::core::default::Default>::default(),
                    <::kseq::metrics::MeanAbsoluteError as ::core::default::Default>::default(),
                )
            )
        },
    );
    // What only looks like it.
    is(
        quote! { model, my.optimizers.first, self.losses.mse },
        quote! { model.compile(my.optimizers.first, self.losses.mse, ()) },
    );
}

#[test]
fn metrics_and_weights() {
    is(
        quote! {
            model, opt(), loss = (poisson), metrics = [["acc", mean_pred, AUC::new()]],
            weighted_metrics = [TopKCategoricalAccuracy(k = 3)], loss_weights = [0.5],
            sample_weight_mode = None
        },
        quote! {
            model.compile(
                opt(),
                (poisson),
                (
                    ::kseq::metrics::Named("acc", <::kseq::metrics::Accuracy as ::core::default::Default>::default()),
                    ::kseq::metrics::function("mean_pred", mean_pred),
                    AUC::new(),
                    ::kseq::metrics::Weighted(
                        <::kseq::metrics::TopKCategoricalAccuracy as ::core::default::Default>::default().k(3)
                    ),
                )
            ).loss_weights(0.5)
        },
    );
}

#[test]
fn metrics_with_arguments() {
    is(
        quote! {
            model, own(), own(),
            metrics = [PrecisionAtRecall(recall = 0.5), AUC(num_thresholds = 100, name = "roc")]
        },
        quote! {
            model.compile(own(), own(), (
                ::kseq::metrics::PrecisionAtRecall::new(0.5),
                ::kseq::metrics::Named(
                    "roc",
                    <::kseq::metrics::AUC as ::core::default::Default>::default().num_thresholds::<{ 100 }>()
                ),
            ))
        },
    );
}

/// The number of outputs in the types of some metrics is for the compiler to infer.
#[test]
fn metrics_of_a_number_of_outputs() {
    is(
        quote! { model, own(), own(), metrics = ["f1_score"] },
        quote! {
            model.compile(own(), own(), (
                <::kseq::metrics::F1Score<_> as ::core::default::Default>::default(),
            ))
        },
    );
}

#[test]
fn what_is_unknown_is_said() {
    for (given, expected) in [
        (
            quote! { model, "rmsprob", "mse" },
            "unknown optimizer \"rmsprob\"; did you mean \"rmsprop\"?",
        ),
        (
            quote! { model, keras.optimizers.Adan(), "mse" },
            "unknown optimizer `Adan`; did you mean `Adam`?",
        ),
        (
            quote! { model, "sgd", keras.losses.mse_loss },
            "unknown loss `mse_loss`",
        ),
        (
            quote! { model, "sgd", "entropy" },
            "unknown loss \"entropy\"",
        ),
        (
            quote! { model, optimizer = "sgd" },
            "`compile!` needs a `loss`",
        ),
        (
            quote! { model, "sgd", "mse", metric = ["acc"] },
            "`compile!` does not take `metric`; did you mean `metrics`?",
        ),
        (
            quote! { model, "sgd", "mse", metrics = "acc" },
            "`compile!`: metrics are a list\n  help: write `[\"acc\"]`",
        ),
        (
            quote! { model, "sgd", "mse", sample_weight_mode = "temporal" },
            "`compile!`: `sample_weight_mode` is not an argument here",
        ),
        (
            quote! { model, "sgd", optimizer = "adam", loss = "mse" },
            "`compile!`: `optimizer` is given twice",
        ),
        (
            quote! { model, "sgd", "mse", epochs = 10 },
            "`compile!` does not take `epochs`: it is an argument of `fit`",
        ),
        (
            quote! { model, "sgd", "mse", lr = 0.1 },
            "`compile!` does not take `lr`: it is an argument of the optimizer",
        ),
        (
            quote! { model, "mse", "mse" },
            "\"mse\" is a loss, not an optimizer",
        ),
        (
            quote! { model, "sgd", loss = mse },
            "`mse` is a word of Keras's and goes in quotes\n  help: write \"mse\"",
        ),
        (
            quote! { model, Adm(0.1), "mse" },
            "unknown optimizer `Adm`; did you mean `Adam`?",
        ),
        (
            quote! { model, "sgd", "mse", ["a"; 3] },
            "metrics are a list",
        ),
        (
            quote! { &model, "sgd", "mse" },
            "the model is given by value, and comes back compiled\n  help: write `let mut model = compile!(model, ...)`",
        ),
        (
            quote! { model, "sgd", "mse", metrics = ["acc", val_loss] },
            "`compile!`: a metric cannot be named `val_loss`: the history itself has `loss`",
        ),
        (
            quote! { model, "sgd", "mse", metrics = [AUC(name = "loss")] },
            "`compile!`: a metric cannot be named `loss`",
        ),
        (
            quote! { model, "sgd", "mse", weighted_metrics = [keras.metrics.AUC(name = "epoch")] },
            "`compile!`: a metric cannot be named `epoch`",
        ),
        (
            quote! { model, "sgd", "mse", metrics = [Named("learning_rate", own)] },
            "`compile!`: a metric cannot be named `learning_rate`",
        ),
        (
            quote! { model, "sgd", "mse", metrics = [metrics::function("val_", own)] },
            "`compile!`: a metric cannot be named `val_`",
        ),
        (
            quote! { model, "sgd", nn.CrossEntropyLoss() },
            "unknown loss `CrossEntropyLoss`\n  help: in Keras it is `CategoricalCrossentropy(from_logits = True)`",
        ),
        (
            quote! { model, torch.optim.Adam(lr = 0.1), "mse" },
            "`torch.optim` is no module of Keras's\n  help: write `Adam(...)`",
        ),
        (
            quote! { model, torch::optim::Adam(lr = 0.1), "mse" },
            "`torch.optim` is no module of Keras's",
        ),
        (
            quote! { model, "sgd", keras.losses.mse() },
            "`mse` is a word, not a class\n  help: write \"mse\", or `MeanSquaredError(...)`",
        ),
        (
            quote! { model, "sgd", mse() },
            "`mse` is a word of Keras's and goes in quotes\n  help: write \"mse\"",
        ),
        (
            quote! { model, "adam(lr=0.1)", "mse" },
            "\"adam(lr=0.1)\" is no word\n  help: write \"adam\", or without quotes `Adam(...)`",
        ),
        (
            quote! { model, "sgd", "mse", metrics = ["acc"] + ["mae"] },
            "metrics are a list\n  help: write `[\"accuracy\", \"mae\"]`",
        ),
        (
            quote! { model, Adam, "mse" },
            "`Adam` is a class, and the optimizer is a value of it\n  help: write `Adam()`",
        ),
        (
            quote! { model, ("adam", 0.1), "mse" },
            "found (\"adam\", 0.1)\n  help: its arguments are those of the class: `Adam(...)`",
        ),
        (
            quote! { model, "sgd", None },
            "`loss` is `None`, and there is nothing to train for",
        ),
    ] {
        let text = crate::compile::compile(given.clone()).to_string();
        let text = text.replace("\\\"", "\"").replace("\\n", "\n");
        assert!(text.contains(expected), "{given}\n{text}");
    }
}

/// Positions, words, numbers for lists, and modules of Keras: as Python writes them.
#[test]
fn arguments_come_as_in_keras() {
    is(
        quote! { model, SGD(0.01, 0.9), Huber(2) },
        quote! {
            model.compile(
                ::kseq::optimizers::SGD::new(0.01).momentum(0.9),
                <::kseq::losses::Huber as ::core::default::Default>::default().delta(2.0),
                ()
            )
        },
    );
    is(
        quote! {
            model,
            tf.keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 1e3, decay_rate = 0.5, staircase = True)),
            losses::MeanSquaredError(reduction = "sum", name = "l", dtype = None)
        },
        quote! {
            model.compile(
                ::kseq::optimizers::Adam::new(
                    ::kseq::optimizers::schedules::ExponentialDecay::new(0.1, 1000, 0.5).staircase(true)
                ),
                <::kseq::losses::MeanSquaredError as ::core::default::Default>::default()
                    .reduction(::kseq::losses::Reduction::Sum),
                ()
            )
        },
    );
    is(
        quote! { model, schedules(), own(), metrics = [
            AUC(curve = "PR", num_thresholds = 50), F1Score("macro", 0.5), Precision(thresholds = 0.6),
            IoU(num_classes = 3, target_class_ids = [0, 2]), MeanIoU(3), FBetaScore(),
            BinaryCrossentropy(from_logits = True, name = "bce"), Huber(), CosineSimilarity(axis = 1)
        ] },
        quote! {
            model.compile(schedules(), own(), (
                <::kseq::metrics::AUC as ::core::default::Default>::default()
                    .num_thresholds::<{ 50 }>().curve(::kseq::metrics::Curve::PR),
                <::kseq::metrics::F1Score<_> as ::core::default::Default>::default()
                    .average(::kseq::metrics::Average::Macro).threshold(0.5),
                <::kseq::metrics::Precision as ::core::default::Default>::default().thresholds([0.6]),
                ::kseq::metrics::IoU::<{ 3 }>::new(&[0, 2]),
                ::kseq::metrics::MeanIoU::<{ 3 }>::new(),
                ::kseq::metrics::FBetaScore::new(1.0),
                ::kseq::metrics::Named("bce", ::kseq::metrics::MeanMetricWrapper::new(
                    <::kseq::losses::BinaryCrossentropy as ::core::default::Default>::default().from_logits(true)
                )),
                ::kseq::metrics::MeanMetricWrapper::new(
                    <::kseq::losses::Huber as ::core::default::Default>::default()
                ),
                ::kseq::metrics::MeanMetricWrapper::new(
                    <::kseq::losses::CosineSimilarity as ::core::default::Default>::default().axis(1)
                ),
            ))
        },
    );
}

/// Keras's own defaults, and what Keras has that means nothing here.
#[test]
fn defaults_may_be_said() {
    is(
        quote! {
            model, loss = ("mse",),
            optimizer = Adam(epsilon = None, weight_decay = None, clipnorm = None, loss_scale_factor = None, ema_momentum = 0.5),
            metrics = None, run_eagerly = False, jit_compile = "auto", steps_per_execution = 1, auto_scale_loss = True
        },
        quote! {
            model.compile(
                <::kseq::optimizers::Adam as ::core::default::Default>::default(),
                <::kseq::losses::MeanSquaredError as ::core::default::Default>::default(),
                ()
            )
        },
    );
}

/// A user's types and functions are not Keras's, however they are named.
#[test]
fn ones_own_is_left_alone() {
    is(
        quote! { model, (Adm(0.1)), Own(delta), metrics = [Mine(3), metrics::function("f", f), (mse), Adam2::new()] },
        quote! {
            model.compile((Adm(0.1)), Own(delta), (
                Mine(3), metrics::function("f", f), (mse), Adam2::new(),
            ))
        },
    );
    is(
        quote! { model, Foo::<A, B>::new(x, y), sgd },
        quote! { model.compile(Foo::<A, B>::new(x, y), sgd, ()) },
    );
}

/// All mistakes in one run, and then a value of a type that does not exist: nothing is invented after it.
#[test]
fn one_error_for_each_mistake() {
    let count = |given: TokenStream| expansion(given).matches("compile_error").count();
    let refused = quote! {
        model, optimizer = SGD(momentum = 2.0, clipnorm = 1.0, clipvalue = 0.5), loss = Huber(delta = 0),
        metrics = [AUC(curve = "RP"), "acuracy"]
    };
    assert_eq!(count(refused.clone()), 5);
    assert!(expansion(refused).ends_with("let_=model;{userefused::Missing;Missing}}"));
    for one in [
        quote! { model, "sgd", loss = lambda y, p: y },
        quote! { model, SGD(nesterov = not True), "mse" },
        quote! { model, "sgd" loss = "mse" },
        quote! { "sgd", "mse" },
        quote! { optimizer = "sgd" },
        quote! { model, SGD(ExponentialDecay(0.1)), "mse" },
        quote! {},
    ] {
        assert_eq!(count(one.clone()), 1, "{one}\n{}", expansion(one.clone()));
    }
}

/// A word is the key, as in Keras, unless it is the metric's own name.
#[test]
fn a_metric_is_reported_under_its_word() {
    is(
        quote! { model, own(), own(), metrics = ["mean_squared_error", "MeanSquaredError", "mse", MeanSquaredError] },
        quote! {
            model.compile(own(), own(), (
                <::kseq::metrics::MeanSquaredError as ::core::default::Default>::default(),
                ::kseq::metrics::Named(
                    "MeanSquaredError",
                    <::kseq::metrics::MeanSquaredError as ::core::default::Default>::default()
                ),
                ::kseq::metrics::Named(
                    "mse",
                    <::kseq::metrics::MeanSquaredError as ::core::default::Default>::default()
                ),
                <::kseq::metrics::MeanSquaredError as ::core::default::Default>::default(),
            ))
        },
    );
}
