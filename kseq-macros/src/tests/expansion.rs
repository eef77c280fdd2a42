//! The generated code, reviewed like code: `UPDATE_EXPECT=1 cargo test -p kseq-macros` writes it.

use expect_test::expect_file;
use proc_macro2::TokenStream;
use quote::quote;

use super::pretty;

/// The expansion, inside of a function where it is no item.
fn expanded(tokens: TokenStream, is_item: bool) -> String {
    let expansion = crate::sequential::expand(tokens).tokens;
    pretty(match is_item {
        true => expansion,
        false => quote! { fn main() { #expansion } },
    })
}

#[test]
fn item_form() {
    let model = quote! {
        /// 784 -> 512 -> 512 -> 10
        pub MnistMlp = [
            Dense(512, activation = "relu", input_shape = (784,)),
            Dropout(0.2),
            Dense(512, activation = "relu"),
            Dropout(0.2),
            Dense(10, activation = "softmax"),
        ]
    };
    expect_file!["snapshots/readme.rs"].assert_eq(&expanded(model, true));
}

#[test]
fn any_length() {
    let model = quote! {
        pub Listener = [
            Conv1D(8, 3, padding = "causal", input_shape = (None, 16)),
            GRU(12, return_sequences = true),
            Dense(4, activation = "softmax"),
        ]
    };
    expect_file!["snapshots/any_length.rs"].assert_eq(&expanded(model, true));
}

#[test]
fn quantized() {
    let model = quote! {
        #[quantize]
        pub Spotter = [
            Conv2D(8, 3, use_bias = false, input_shape = (16, 16, 1)),
            BatchNormalization(),
            ReLU(),
            Reshape((14, -1)),
            #[float]
            GRU(6),
            Dense(4, activation = "softmax"),
        ]
    };
    expect_file!["snapshots/quantized.rs"].assert_eq(&expanded(model, true));
}

#[test]
fn list_form() {
    let model = quote! { Dense(HIDDEN, relu, input_dim = SIDE * SIDE), Dense(1, use_bias = BIAS) };
    expect_file!["snapshots/list.rs"].assert_eq(&expanded(model, false));
}

#[test]
fn statement_form() {
    let model = quote! {
        let mut model = Sequential();
        model.add(Dense(32, input_dim = 784));
        model.add(Flatten(name = "flat"));
    };
    expect_file!["snapshots/statements.rs"].assert_eq(&expanded(model, false));
}

#[test]
fn users_layer() {
    let model = quote! {
        Input((80,), batch_size = 7, dtype = "int32"),
        my::Pairs::<2>(2 * 3, input_shape = (80,)),
    };
    expect_file!["snapshots/users_layer.rs"].assert_eq(&expanded(model, false));
}

#[test]
fn users_functions() {
    let model = quote! {
        Dense(
            1,
            activation = self::Snake,
            kernel_initializer = VarianceScaling(scale = 2, mode = "fan_out"),
            bias_initializer = Constant(0.1),
            input_dim = 3,
        )
    };
    let code = expanded(model, false);
    let begin = code
        .find("const SequentialModel__1_units")
        .unwrap_or_default();
    let end = code.find("/// Parameters").unwrap_or_default();
    expect_file!["snapshots/users_functions.rs"].assert_eq(&code[begin..end]);
}

#[test]
fn stub_after_an_error() {
    let model = quote! { pub Net = [Dens(512, input_shape = (784,)), Dense(10, name = "out")] };
    expect_file!["snapshots/stub.rs"].assert_eq(&expanded(model, true));
    let model = quote! { Dens(512, input_shape = (784,)) };
    expect_file!["snapshots/stub_list.rs"].assert_eq(&expanded(model, false));
}

#[test]
fn python_is_the_same_model() {
    let rust = quote! {
        let mut model = Sequential([
            Dense(32, activation = "relu", input_shape = (784,)),
            Dropout(0.5),
            Dense(1, use_bias = false),
        ]);
    };
    let python = quote! {
        model = keras.Sequential([layers.Input(shape=(784,))])
        model.add(layers.Dense(32, activation=tf.nn.relu))
        model.add(tf.keras.layers.Dropout(rate=0.5, seed=None))
        model.add(layers.Dense(1, None, False))
    };
    assert_eq!(expanded(rust, false), expanded(python, false));
}
