//! Networks with random parameters.

use kseq_import::tflite::Network;
use kseq_int8::op::{Clamp, Function};

use crate::growing::{Growing, ONE, Padding, window};
use crate::random::Random;

const CLAMPS: [Clamp; 4] = [Clamp::None, Clamp::Relu, Clamp::Relu6, Clamp::ReluN1To1];

const FUNCTIONS: [Function; 12] = [
    Function::Clamp(Clamp::None),
    Function::Clamp(Clamp::Relu),
    Function::Clamp(Clamp::Relu6),
    Function::Clamp(Clamp::ReluN1To1),
    Function::Sigmoid,
    Function::Tanh,
    Function::Elu,
    Function::LeakyRelu(0.2),
    Function::LeakyRelu(0.013),
    Function::HardSwish,
    Function::Gelu(false),
    Function::Gelu(true),
];

/// LiteRT has no reference kernel of it: it stands alone in a network.
const ELU: usize = 6;

/// One for each operator.
pub fn of_one_operator(random: &mut Random) -> Vec<Network> {
    let [same, valid] = [Padding::Same, Padding::Valid];
    let mut all = Vec::new();
    for (i, clamp) in CLAMPS.into_iter().enumerate() {
        let mut grow = |name: &str, shape: &[usize], build: &dyn Fn(Growing<'_>) -> Growing<'_>| {
            let begun = Growing::new(format!("one_{name}_{i}"), shape, random);
            all.push(build(begun).done());
        };
        grow("dense", &[17], &|n| n.dense(9, clamp));
        grow("dense_rows", &[3, 5, 17], &|n| n.dense(20, clamp));
        grow("conv_same", &[9, 8, 3], &|n| {
            n.conv(
                [window(3, 2, 1, same), window(4, 1, 1, same)],
                5,
                false,
                clamp,
            )
        });
        grow("conv_valid", &[9, 8, 3], &|n| {
            n.conv(
                [window(3, 2, 1, valid), window(2, 1, 3, valid)],
                18,
                false,
                clamp,
            )
        });
        grow("conv_pixels", &[5, 4, 7], &|n| {
            n.conv([ONE, ONE], 6, false, clamp)
        });
        grow("conv_mixed", &[9, 8, 3], &|n| {
            n.conv(
                [window(3, 1, 1, same), window(2, 2, 1, valid)],
                4,
                false,
                clamp,
            )
        });
        grow("conv1d", &[11, 4], &|n| {
            n.conv([ONE, window(3, 1, 2, same)], 5, false, clamp)
        });
        grow("conv1d_causal", &[11, 4], &|n| {
            n.conv([ONE, window(3, 2, 2, Padding::Causal)], 5, false, clamp)
        });
        grow("depthwise", &[9, 8, 3], &|n| {
            n.conv(
                [window(3, 2, 1, same), window(4, 1, 1, same)],
                1,
                true,
                clamp,
            )
        });
        grow("depthwise_more", &[9, 8, 3], &|n| {
            n.conv(
                [window(3, 1, 2, valid), window(2, 1, 2, valid)],
                4,
                true,
                clamp,
            )
        });
        grow("depthwise_of_one", &[9, 8, 1], &|n| {
            n.conv(
                [window(3, 2, 1, same), window(4, 2, 1, same)],
                6,
                true,
                clamp,
            )
        });
        grow("depthwise1d", &[12, 5], &|n| {
            n.conv([ONE, window(3, 1, 1, Padding::Causal)], 2, true, clamp)
        });
        grow("pad", &[4, 5, 3], &|n| n.pad([1, 0], [2, 3]));
        grow("mean", &[7, 6 + i, 5], &|n| n.mean());
        grow("mean1d", &[9 + i, 5], &|n| n.mean());
        grow("softmax", &[10 + i], &|n| n.softmax());
        grow("softmax_rows", &[3, 4, 5 + i], &|n| n.softmax());
        for is_max in [false, true] {
            let kind = if is_max { "max" } else { "average" };
            grow(&format!("{kind}_same"), &[9, 8, 3], &|n| {
                n.pool([window(3, 2, 1, same), window(2 + i, 1, 1, same)], is_max)
            });
            grow(&format!("{kind}_valid"), &[9, 8, 3], &|n| {
                n.pool([window(2, 2, 1, valid), window(3, 1 + i, 1, valid)], is_max)
            });
            grow(&format!("{kind}_1d"), &[10, 3], &|n| {
                n.pool([ONE, window(3, 2, 1, same)], is_max)
            });
        }
    }
    for (i, function) in FUNCTIONS.into_iter().enumerate() {
        // Scales are drawn: several of each.
        for (j, shape) in [&[200][..], &[20, 9], &[4, 5, 9], &[2, 3, 4, 8]]
            .into_iter()
            .enumerate()
        {
            let begun = Growing::new(format!("one_function_{i}_{j}"), shape, random);
            all.push(begun.function(function).done());
        }
    }
    all
}

/// Networks like those that people train, and what is rare.
pub fn chosen(random: &mut Random) -> Vec<Network> {
    let [same, valid] = [Padding::Same, Padding::Valid];
    let mut all = Vec::new();
    let mut grow = |name: &str, shape: &[usize], build: &dyn Fn(Growing<'_>) -> Growing<'_>| {
        all.push(build(Growing::new(name, shape, random)).done());
    };
    grow("speech", &[49, 40, 1], &|n| {
        let n = n.conv(
            [window(10, 2, 1, same), window(8, 2, 1, same)],
            8,
            true,
            Clamp::Relu,
        );
        n.reshape(&[4000]).dense(4, Clamp::None).softmax()
    });
    grow("sequences", &[20, 3], &|n| {
        let n = n.conv(
            [ONE, window(3, 1, 1, Padding::Causal)],
            8,
            false,
            Clamp::Relu,
        );
        let n = n.conv([ONE, window(3, 1, 2, same)], 8, false, Clamp::Relu);
        let n = n
            .pool([ONE, window(2, 2, 1, valid)], true)
            .dense(6, Clamp::Relu);
        n.function(Function::HardSwish)
            .mean()
            .dense(3, Clamp::None)
            .softmax()
    });
    grow("separable", &[16, 16, 3], &|n| {
        let n = n.conv(
            [window(3, 2, 1, same), window(3, 2, 1, same)],
            8,
            false,
            Clamp::Relu6,
        );
        let n = n.conv(
            [window(3, 1, 1, same), window(3, 1, 1, same)],
            1,
            true,
            Clamp::Relu6,
        );
        let n = n.conv([ONE, ONE], 16, false, Clamp::Relu6);
        n.mean().dense(10, Clamp::None).softmax()
    });
    grow("ranks", &[24], &|n| {
        let n = n
            .reshape(&[2, 3, 4])
            .dense(5, Clamp::None)
            .reshape(&[5, 6])
            .dense(4, Clamp::Relu);
        let n = n
            .reshape(&[2, 2, 5, 1])
            .function(Function::Sigmoid)
            .softmax();
        n.reshape(&[4, 5, 1]).pad([1, 1], [0, 1]).reshape(&[5, 7])
    });
    // The same axes again: nothing is left of it in the file.
    grow("there_and_back", &[4, 6], &|n| {
        n.reshape(&[24]).reshape(&[4, 6]).dense(3, Clamp::None)
    });
    grow("five_axes", &[2, 3, 2, 2, 4], &|n| {
        n.dense(3, Clamp::Relu)
            .function(Function::HardSwish)
            .softmax()
    });
    grow("of_two", &[8, 5], &|n| {
        n.of_batch(2)
            .reshape(&[40])
            .dense(4, Clamp::None)
            .reshape(&[2, 2])
            .softmax()
    });
    for i in 0..6 {
        grow(&format!("lstm_steps_{i}"), &[7 + i, 3 + i], &|n| {
            n.lstm(5 + 3 * i, true).dense(3, Clamp::None)
        });
        grow(&format!("lstm_last_{i}"), &[7 + i, 3 + i], &|n| {
            n.lstm(4 + 5 * i, false).dense(3, Clamp::None)
        });
    }
    grow("lstm_of_one_step", &[1, 6], &|n| n.lstm(4, false));
    grow("lstm_of_two", &[4, 3], &|n| {
        n.of_batch(2).lstm(6, true).lstm(5, false).softmax()
    });
    grow("lstm_behind", &[12, 3], &|n| {
        let n = n.conv([ONE, window(3, 1, 1, same)], 8, false, Clamp::Relu);
        n.pool([ONE, window(2, 2, 1, valid)], true)
            .lstm(9, false)
            .dense(4, Clamp::None)
            .softmax()
    });
    // All of it in `f32`, and only its begin or its end.
    grow("float_images", &[9, 8, 3], &|n| {
        let n = n.of_floats();
        let n = n.conv(
            [window(3, 2, 1, same), window(4, 1, 1, same)],
            6,
            false,
            Clamp::Relu,
        );
        let n = n.conv(
            [window(3, 1, 2, same), window(2, 1, 1, valid)],
            2,
            true,
            Clamp::None,
        );
        let n = n.pool([window(2, 1, 1, same), window(2, 1, 1, same)], false);
        n.pool([ONE, window(2, 2, 1, valid)], true)
            .mean()
            .dense(4, Clamp::None)
            .softmax()
    });
    grow("float_sequences", &[12, 3], &|n| {
        let n = n.of_floats().conv(
            [ONE, window(3, 1, 2, Padding::Causal)],
            5,
            false,
            Clamp::Relu6,
        );
        n.dense(7, Clamp::ReluN1To1)
            .reshape(&[84])
            .dense(5, Clamp::None)
    });
    for (i, function) in FUNCTIONS.into_iter().enumerate() {
        grow(&format!("float_function_{i}"), &[6, 5], &|n| {
            n.of_floats().dense(5, Clamp::None).function(function)
        });
    }
    grow("mixed_ends", &[6, 5], &|n| {
        let n = n
            .of_floats()
            .quantize()
            .dense(9, Clamp::Relu)
            .dense(4, Clamp::None);
        n.softmax().dequantize()
    });
    grow("mixed_begin", &[6, 5], &|n| {
        n.of_floats()
            .dense(4, Clamp::None)
            .quantize()
            .dense(3, Clamp::None)
    });
    grow("mixed_end", &[9, 5, 2], &|n| {
        let n = n
            .conv([ONE, window(3, 1, 1, same)], 4, false, Clamp::Relu)
            .dequantize()
            .reshape(&[180]);
        n.dense(6, Clamp::None).softmax()
    });
    all
}

/// Any network.
pub fn any(random: &mut Random, number: usize) -> Network {
    let layers = random.whole(2, 6);
    let choices: Vec<[usize; 8]> = (0..layers)
        .map(|_| [(); 8].map(|()| random.whole(0, 1000)))
        .collect();
    let (is_image, with_mean) = (random.whole(0, 1) == 0, random.whole(0, 2) == 0);
    let shape = match is_image {
        true => vec![
            random.whole(1, 12),
            random.whole(1, 12),
            random.whole(1, 20),
        ],
        false => vec![random.whole(1, 40), random.whole(1, 20)],
    };
    let mut net = Growing::new(format!("any_{number}"), &shape, random);
    for [kind, a, b, c, d, e, f, g] in choices {
        let clamp = CLAMPS[a % 4];
        let paddings = [
            Padding::Same,
            Padding::Same,
            Padding::Valid,
            Padding::Causal,
        ];
        let (kernel, dilation) = ([1 + b % 4, 1 + c % 4], if d % 3 == 0 { 2 } else { 1 });
        let stride = if dilation == 1 {
            [1 + d % 3, 1 + e % 3]
        } else {
            [1; 2]
        };
        let of = |i: usize, dilation, padding| window(kernel[i], stride[i], dilation, padding);
        net = match kind % 8 {
            0 => net.dense(1 + f % 33, clamp),
            1 | 2 if net.holds(kernel, dilation) => {
                let windows = [0, 1].map(|i| of(i, dilation, paddings[g % 4]));
                net.conv(
                    windows,
                    1 + f % if kind % 8 == 1 { 33 } else { 3 },
                    kind % 8 == 2,
                    clamp,
                )
            }
            3 | 4 if net.holds(kernel, 1) => {
                net.pool([0, 1].map(|i| of(i, 1, paddings[g % 3])), kind % 8 == 3)
            }
            5 if f % FUNCTIONS.len() != ELU => net.function(FUNCTIONS[f % FUNCTIONS.len()]),
            6 => net.softmax(),
            7 if net.is_image() => net.pad([a % 2, b % 3], [c % 2, d % 3]),
            _ => net,
        };
    }
    if with_mean {
        net = net.mean();
    }
    // An end that is always something.
    net.dense(5, Clamp::None).softmax().done()
}
