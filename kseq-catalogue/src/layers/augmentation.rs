//! Layers that change images at random while training.

use crate::layer::Operand::{OneOf, Text, Value};
use crate::layer::{Emission, Group, LayerRow, Operand, Stateless, USUAL, ValueCheck, stateless};
use crate::param::Kind::{Real, Seed, Several, Size, Sizes};
use crate::param::{Param, data_format, must, or, word};
use crate::range::Range::{AtLeastOne, Finite};

const SEED: Param = or("seed", Seed, "None");
const RANGE: Param = or("value_range", Several(Finite), "(0, 255)");
const FACTOR: Param = must("factor", Several(Finite));
const FILL: Param = or("fill_value", Real, "0.0");
const MODE: Param = or(
    "fill_mode",
    word(&["reflect", "wrap", "constant", "nearest"]),
    "\"reflect\"",
);
const BETWEEN: Param = or(
    "interpolation",
    word(&["nearest", "bilinear"]),
    "\"bilinear\"",
);

const fn factor(name: &'static str, default: &'static str) -> Param {
    or(name, Several(Finite), default)
}

const fn check(argument: &'static str, rule: &'static str) -> ValueCheck {
    ValueCheck {
        argument,
        rule: ["augment", rule],
    }
}

/// A layer that keeps the shape of images.
macro_rules! random {
    (
        $class:literal, [$($param:expr),* $(,)?], $rule:literal, [$($rules:expr),*], [$($new:expr),*],
        [$($argument:literal $check:literal),*]
    ) => {
        LayerRow {
            class: $class,
            params: &[$($param),*],
            keeps_shape: true,
            emission: Emission::Stateless(Stateless {
                rule: ["augment", $rule],
                rule_takes: &[$($rules),*],
                new_takes: &[$($new),*],
                checks: &[$(check($argument, $check)),*],
                ..stateless("")
            }),
            takes: &[8, 6, 3],
            note: "in training only, drawn for each image by the seed",
            ..USUAL
        }
    };
}

const WAYS: [Operand; 2] = [
    OneOf("fill_mode", "FillMode"),
    OneOf("interpolation", "Interpolation"),
];

#[rustfmt::skip]
pub(super) const GROUP: Group = Group {
    name: "Image augmentation layers",
    layers: &[
        random!(
            "RandomFlip",
            [
                or(
                    "mode",
                    word(&["horizontal_and_vertical", "horizontal", "vertical"]),
                    "\"horizontal_and_vertical\"",
                ),
                SEED,
                data_format(),
            ],
            "shape", [Text("RandomFlip")], [OneOf("mode", "FlipMode")], []
        ),
        random!(
            "RandomRotation", [FACTOR, MODE, BETWEEN, SEED, FILL, data_format()],
            "shape", [Text("RandomRotation")], [Value("factor"), WAYS[0], WAYS[1], Value("fill_value")],
            ["factor" "signed_rule"]
        ),
        random!(
            "RandomZoom",
            [must("height_factor", Several(Finite)), factor("width_factor", "None"), MODE, BETWEEN, SEED, FILL, data_format()],
            "shape", [Text("RandomZoom")],
            [Value("height_factor"), Value("width_factor"), WAYS[0], WAYS[1], Value("fill_value")],
            ["height_factor" "zoom_rule", "width_factor" "zoom_rule"]
        ),
        random!(
            "RandomTranslation",
            [must("height_factor", Several(Finite)), must("width_factor", Several(Finite)), MODE, BETWEEN, SEED, FILL, data_format()],
            "shape", [Text("RandomTranslation")],
            [Value("height_factor"), Value("width_factor"), WAYS[0], WAYS[1], Value("fill_value")],
            ["height_factor" "signed_rule", "width_factor" "signed_rule"]
        ),
        LayerRow {
            class: "RandomCrop",
            params: &[must("height", Size), must("width", Size), SEED, data_format()],
            emission: Emission::Stateless(Stateless {
                rule_takes: &[Value("height"), Value("width")],
                ..stateless("random_crop")
            }),
            takes: &[8, 6, 3],
            note: "in training the same part of all images of a batch, as in Keras; outside of it the image is cut to the ratio and resized (what \
                   Keras's documentation says; Keras 3 itself leaves it as it is)",
            ..USUAL
        },
        random!(
            "RandomContrast", [FACTOR, RANGE, SEED, data_format()],
            "shape", [Text("RandomContrast")], [Value("factor"), Value("value_range")],
            ["factor" "unit_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomBrightness", [FACTOR, RANGE, SEED, data_format()],
            "shape", [Text("RandomBrightness")], [Value("factor"), Value("value_range")],
            ["factor" "signed_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomSaturation", [FACTOR, RANGE, data_format(), SEED],
            "color_shape", [Text("RandomSaturation")], [Value("factor"), Value("value_range")],
            ["factor" "signed_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomHue", [FACTOR, RANGE, data_format(), SEED],
            "color_shape", [Text("RandomHue")], [Value("factor"), Value("value_range")],
            ["factor" "unit_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomColorJitter",
            [
                RANGE,
                factor("brightness_factor", "None"),
                factor("contrast_factor", "None"),
                factor("saturation_factor", "None"),
                factor("hue_factor", "None"),
                SEED,
                data_format(),
            ],
            "jitter_shape", [Value("saturation_factor"), Value("hue_factor")],
            [
                Value("value_range"),
                Value("brightness_factor"),
                Value("contrast_factor"),
                Value("saturation_factor"),
                Value("hue_factor")
            ],
            [
                "value_range" "values_rule",
                "brightness_factor" "signed_rule",
                "contrast_factor" "unit_rule",
                "saturation_factor" "signed_rule",
                "hue_factor" "unit_rule"
            ]
        ),
        random!(
            "RandomGrayscale", [or("factor", Real, "0.5"), data_format(), SEED],
            "grey_shape", [Text("RandomGrayscale")], [Value("factor")], ["factor" "one_unit_rule"]
        ),
        random!(
            "RandomColorDegeneration", [FACTOR, RANGE, data_format(), SEED],
            "grey_shape", [Text("RandomColorDegeneration")], [Value("factor"), Value("value_range")],
            ["factor" "signed_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomInvert", [factor("factor", "1.0"), RANGE, SEED, data_format()],
            "shape", [Text("RandomInvert")], [Value("factor"), Value("value_range")],
            ["factor" "unit_rule", "value_range" "values_rule"]
        ),
        random!(
            "Solarization", [factor("addition_factor", "0.0"), factor("threshold_factor", "0.0"), RANGE, SEED, data_format()],
            "shape", [Text("Solarization")],
            [Value("addition_factor"), Value("threshold_factor"), Value("value_range")],
            ["addition_factor" "unit_rule", "threshold_factor" "unit_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomPosterization", [must("factor", Several(AtLeastOne)), RANGE, data_format(), SEED],
            "shape", [Text("RandomPosterization")], [Value("factor"), Value("value_range")],
            ["factor" "bits_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomSharpness", [FACTOR, RANGE, data_format(), SEED],
            "shape", [Text("RandomSharpness")], [Value("factor"), Value("value_range")],
            ["factor" "unit_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomGaussianBlur",
            [factor("factor", "1.0"), or("kernel_size", Sizes(2), "3"), factor("sigma", "1.0"), RANGE, data_format(), SEED],
            "blur_shape", [Value("kernel_size")],
            [Value("factor"), Value("kernel_size"), Value("sigma"), Value("value_range")],
            ["factor" "unit_rule", "sigma" "sigma_rule", "value_range" "values_rule"]
        ),
        random!(
            "RandomShear",
            [factor("x_factor", "0.0"), factor("y_factor", "0.0"), BETWEEN, MODE, FILL, data_format(), SEED],
            "shape", [Text("RandomShear")],
            [Value("x_factor"), Value("y_factor"), WAYS[1], WAYS[0], Value("fill_value")],
            ["x_factor" "signed_rule", "y_factor" "signed_rule"]
        ),
        random!(
            "RandomPerspective",
            [factor("factor", "1.0"), or("scale", Real, "1.0"), BETWEEN, FILL, SEED, data_format()],
            "shape", [Text("RandomPerspective")],
            [Value("factor"), Value("scale"), WAYS[1], Value("fill_value")],
            ["factor" "unit_rule", "scale" "one_unit_rule"]
        ),
        random!(
            "RandomErasing",
            [
                factor("factor", "1.0"),
                factor("scale", "(0.02, 0.33)"),
                factor("fill_value", "None"),
                RANGE,
                SEED,
                data_format(),
            ],
            "erasing_shape", [Value("fill_value")],
            [Value("factor"), Value("scale"), Value("fill_value"), Value("value_range")],
            ["factor" "unit_rule", "scale" "unit_rule", "value_range" "values_rule"]
        ),
        LayerRow {
            note: "outside training, too, as in Keras",
            ..random!(
                "AutoContrast", [RANGE, data_format()], "shape", [Text("AutoContrast")], [Value("value_range")],
                ["value_range" "values_rule"]
            )
        },
    ],
};
