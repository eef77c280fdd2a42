//! The twin by numbers that can be checked by hand, its table, and its file when it is damaged.

use kseq::int8::BakedQuantized;
use kseq::params::Flat;
use kseq::prelude::*;

use super::{Mixed, Series, samples};

sequential! {
    #[quantize]
    Spotter = [
        Conv2D(4, 3, use_bias = false, input_shape = (8, 8, 1)),
        BatchNormalization(),
        ReLU(),
        Dropout(0.1),
        SeparableConv2D(6, 2, activation = "tanh"),
        Flatten(),
        #[float]
        Dense(5, activation = "gelu"),
        Dense(3, activation = "softmax"),
    ];

    #[quantize]
    Line = [Dense(1, use_bias = false, input_shape = (2,))]
}

#[test]
fn the_table_says_what_is_fused_and_converted() {
    let table = Quantized::<Spotter>::SUMMARY;
    println!("{table}{}", Quantized::<Mixed>::SUMMARY);
    assert_eq!(table, BakedQuantized::<Spotter>::SUMMARY);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with('│'))
        .map(|line| {
            line.split('│')
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let expected: [&[&str]; 11] = [
        &["conv2d_1 (Conv2D)", "(None, 6, 6, 4)", "CONV_2D, RELU"],
        &[
            "batch_normalization_1 (BatchNormalization)",
            "(None, 6, 6, 4)",
            "in conv2d_1",
        ],
        &["re_lu_1 (ReLU)", "(None, 6, 6, 4)", "in conv2d_1"],
        &["dropout_1 (Dropout)", "(None, 6, 6, 4)", "-"],
        &[
            "separable_conv2d_1.depthwise",
            "(None, 5, 5, 4)",
            "DEPTHWISE_CONV_2D",
        ],
        &[
            "separable_conv2d_1 (SeparableConv2D)",
            "(None, 5, 5, 6)",
            "CONV_2D",
        ],
        &["separable_conv2d_1.activation", "(None, 5, 5, 6)", "TANH"],
        &["flatten_1 (Flatten)", "(None, 150)", "-"],
        &["dense_1.conversion", "(None, 150)", "DEQUANTIZE"],
        &["dense_1 (Dense)", "(None, 5)", "f32"],
        &["dense_2.conversion", "(None, 5)", "QUANTIZE"],
    ];
    assert_eq!(rows.len(), expected.len() + 2, "{table}");
    for (row, expected) in rows.iter().zip(expected) {
        assert_eq!(row[..3], *expected, "{table}");
    }
    let bytes: usize = rows
        .iter()
        .filter_map(|row| row.get(3)?.replace(',', "").parse::<usize>().ok())
        .sum();
    assert_eq!(bytes + 16, Quantized::<Spotter>::bytes(), "{table}");
}

/// One step of the training, by hand: the kernel is seen in steps of a 127th of its largest weight, the output in steps of a 255th of
/// the range that was seen before, and what is changed are the weights as they are.
#[test]
fn a_step_that_is_aware_of_the_integers() {
    let mut net = Line::new(0);
    net.dense_1.kernel = [[1.27], [-0.3349]];
    let mut model = net
        .compile(SGD::new(0.1), MeanSquaredError::new(), ())
        .quantize_aware();
    let (x, y) = ([[1.0, 1.0], [0.0, -1.0]], [[0.5], [0.0]]);
    // 1.27 and -0.33 in steps of 0.01; no range was seen yet.
    let seen = [1.27 - 0.33, 0.33];
    let errors = [seen[0] - 0.5, seen[1]];
    // The mean over two samples of `2 error x`.
    let gradient = [errors[0], errors[0] - errors[1]];
    let expected = [1.27 - 0.1 * gradient[0], -0.3349 - 0.1 * gradient[1]];
    let one = || Fit::new().epochs(1).batch_size(2).verbose(0);
    model.fit(&x, &y, one()).unwrap();
    let found = model.dense_1.kernel;
    let near = |found: [[f32; 1]; 2], expected: [f32; 2]| {
        found
            .iter()
            .zip(expected)
            .all(|(w, e)| (w[0] - e).abs() < 1e-6)
    };
    assert!(near(found, expected), "{found:?} {expected:?}");
    // Now the output is seen within 0 and 0.94, in steps of 0.94 / 255.
    let scale = expected[0] / 127.0;
    let kernel = expected.map(|w| (w / scale).round() * scale);
    let step = seen[0] / 255.0;
    let round = |y: f32| ((y / step).round() * step).clamp(0.0, seen[0]);
    let seen = [round(kernel[0] + kernel[1]), round(-kernel[1])];
    let errors = [seen[0] - 0.5, seen[1]];
    let gradient = [errors[0], errors[0] - errors[1]];
    let expected = [
        expected[0] - 0.1 * gradient[0],
        expected[1] - 0.1 * gradient[1],
    ];
    model.fit(&x, &y, one()).unwrap();
    let found = model.dense_1.kernel;
    assert!(near(found, expected), "{found:?} {expected:?}");
}

#[test]
fn a_model_that_has_diverged_has_no_twin() {
    let x: Vec<[f32; 2]> = samples(4);
    let mut net = Line::new(0);
    net.dense_1.kernel[0] = [f32::NAN];
    let said = net
        .quantize(&Calibration::new(&x))
        .err()
        .unwrap()
        .to_string();
    assert!(
        said.contains("`dense_1` has parameters that are not finite"),
        "{said}"
    );
    net.dense_1.kernel = [[3e38], [3e38]];
    let said = net
        .quantize(&Calibration::new(&[[2.0, 2.0]]))
        .err()
        .unwrap()
        .to_string();
    assert!(
        said.contains("`dense_1` has values that are not finite"),
        "{said}"
    );
    let said = net
        .quantize(&Calibration::new(&[[f32::NAN, 2.0]]))
        .err()
        .unwrap()
        .to_string();
    assert!(said.contains("quantize"), "{said}");
    for percent in [-1.0, 49.0, 100.1, f64::NAN] {
        let calibration = Calibration::new(&x).percentile(percent);
        let said = net.quantize(&calibration).err().unwrap().to_string();
        assert!(said.contains("percentile"), "{said}");
    }
    let said = net
        .quantize(&Calibration::new(&x).classes(&[0]))
        .err()
        .unwrap()
        .to_string();
    assert!(said.contains('4') && said.contains('1'), "{said}");
}

/// Whatever is done to a file: an error in words, or a twin that predicts something.
#[test]
fn a_damaged_file() {
    let folder = std::env::temp_dir().join(format!("kseq-twin-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("twin.safetensors");
    let x: Vec<<Series as Model>::Input> = samples(3);
    let twin = Series::new(5).quantize(&Calibration::new(&x)).unwrap();
    twin.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let tried = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        match Quantized::<Series>::load(&path) {
            Ok(twin) => drop(twin.predict(&x).unwrap()),
            Err(error) => assert!(error.to_string().contains("twin.safetensors"), "{error}"),
        }
    };
    for len in (0..whole.len()).step_by(97) {
        tried(&whole[..len]);
    }
    // Without the checksum, which would refuse all that follows.
    let text = String::from_utf8_lossy(&whole[8..]);
    let at = 8 + text.find("\"checksum\"").unwrap();
    let mut bytes = whole.clone();
    bytes[at + 1] = b'x';
    let file = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Quantized::<Series>::load(&path)
    };
    assert_eq!(
        file(&bytes).unwrap().predict(&x).unwrap(),
        twin.predict(&x).unwrap()
    );
    let header = 8 + usize::try_from(u64::from_le_bytes(whole[..8].try_into().unwrap())).unwrap();
    for (number, at) in (8..whole.len()).step_by(61).enumerate() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (number % 8);
        if at >= header {
            changed[at..(at + 16).min(whole.len())].fill(255);
        }
        tried(&changed);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A normalization in the kernel before it is what it is by itself: `gamma (x W + b - mean) / sqrt(variance + epsilon) + beta`.
#[test]
fn a_normalization_in_a_kernel() {
    sequential! {
        #[quantize]
        Folded = [Dense(2, input_shape = (2,)), BatchNormalization(epsilon = 0.001)]
    }
    let mut net = Folded::new(0);
    net.dense_1.kernel = [[0.5, -0.25], [1.0, 0.75]];
    net.dense_1.bias = [0.125, -0.5];
    let mut params: Vec<f32> = net.as_f32s().to_vec();
    params[6..].copy_from_slice(&[2.0, 0.5, -1.0, 0.25]);
    net.as_f32s_mut().copy_from_slice(&params);
    net.state_mut()
        .as_f32s_mut()
        .copy_from_slice(&[0.5, -0.5, 4.0, 0.25]);
    let x = [
        [1.0, -1.0],
        [-1.0, 1.0],
        [1.0, 1.0],
        [-1.0, -1.0],
        [0.5, -0.25],
    ];
    let twin = net.quantize(&Calibration::new(&x)).unwrap();
    let of = |x: [f32; 2]| {
        let z = [0.5 * x[0] + x[1] + 0.125, -0.25 * x[0] + 0.75 * x[1] - 0.5];
        [
            2.0 * (z[0] - 0.5) / (4.0_f32 + 0.001).sqrt() - 1.0,
            0.5 * (z[1] + 0.5) / (0.25_f32 + 0.001).sqrt() + 0.25,
        ]
    };
    let (scale, _) = twin.output_scale();
    for (y, x) in twin.predict(&x).unwrap().iter().zip(x) {
        let near = y
            .iter()
            .zip(of(x))
            .all(|(y, e)| (y - e).abs() < 1.5 * scale);
        assert!(near, "{y:?} {:?} in steps of {scale}", of(x));
    }
    assert_eq!(twin.report().layers.len(), 1);
}

/// What a report says of a range that leaves values out.
#[test]
fn a_report_of_what_is_cut() {
    let mut net = Line::new(0);
    net.dense_1.kernel = [[1.0], [0.0]];
    // Of a thousand samples one is far out.
    let x: Vec<[f32; 2]> = (0..1000)
        .map(|i| {
            [
                if i == 999 {
                    100.0
                } else {
                    (i % 100) as f32 / 100.0
                },
                0.0,
            ]
        })
        .collect();
    let whole = net.quantize(&Calibration::new(&x)).unwrap();
    let cut = net
        .quantize(&Calibration::new(&x).percentile(99.0))
        .unwrap();
    let (whole, cut) = (&whole.report().layers[0], &cut.report().layers[0]);
    assert_eq!(whole.saturated, 0.0);
    assert!((cut.saturated - 0.001).abs() < 1e-9, "{cut:?}");
    assert!(
        (whole.range[1] - 100.0).abs() < 0.5 && cut.range[1] < 2.0,
        "{cut:?}"
    );
    assert_eq!(whole.operator, "FULLY_CONNECTED");
}
