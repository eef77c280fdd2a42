//! Wording errors of convolutions.

use super::{accepted, refused};

#[test]
fn convolutions() {
    let conv = |args: &str| format!("Conv2D({args}, input_shape = (8, 8, 2))");
    for args in [
        "8, 3",
        "8, (3, 5)",
        "8, [3, K], strides = (2, 2)",
        "8, K, (1, 1), \"same\"",
        "filters = 8, kernel_size = (K, K), padding = \"valid\", dilation_rate = 2, groups = 2",
        "8, 3, activation = \"relu\", use_bias = False, data_format = \"channels_last\"",
        "8, 3, kernel_regularizer = None",
    ] {
        accepted(&conv(args));
    }
    accepted("Conv1D(8, 3, padding = \"causal\", input_shape = (8, 2))");
    accepted("Conv1D(8, (3,), input_shape = (8, 2))");
    let conv2d = "layer 1 `conv2d_1`: ";
    let refused =
        |args: &str, message: &str| refused(&conv(args), &[&format!("{conv2d}{message}")]);
    let sizes = "must be a positive integer, or a tuple such as (3, 3), found";
    refused("8, (3,)", &format!("`kernel_size` {sizes} (3,)"));
    refused(
        "8, 3, strides = \"2\"",
        &format!("`strides` {sizes} \"2\"\n  help: write it without quotes: `2`"),
    );
    refused("8, 0", "`kernel_size` must be a positive integer, found 0");
    refused(
        "8, (3, -1)",
        "`kernel_size` must be a positive integer, found -1",
    );
    refused("0, 3", "`filters` must be a positive integer, found 0");
    refused(
        "8",
        "`Conv2D` needs `kernel_size`, a positive integer, or a tuple such as (3, 3)\n  \
         help: `Conv2D(..., kernel_size = 3)`",
    );
    refused(
        "8, 3, padding = \"causal\"",
        "`padding = \"causal\"` is for `Conv1D`, not for `Conv2D`\n  \
         help: `Conv2D` takes \"valid\", \"same\"",
    );
    refused(
        "8, 3, padding = \"sme\"",
        "unknown padding \"sme\"; did you mean \"same\"?\n  help: known: \"valid\", \"same\"",
    );
    refused(
        "8, 3, data_format = \"channels_first\"",
        "`data_format = \"channels_first\"` of `Conv2D` is known to Keras, but not\n        \
         implemented in kseq yet\n  help: implemented: \"channels_last\"",
    );
}
