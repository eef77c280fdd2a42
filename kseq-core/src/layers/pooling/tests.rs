//! The kernels beside what their windows say, with few and many channels, windows inside and at the borders.

use std::vec;
use std::vec::Vec;

use super::*;
use crate::shape::Shape;

/// Numbers of which several are the largest of their window.
fn numbers(n: usize, seed: usize) -> Vec<f32> {
    (0..n)
        .map(|i| ((i * 7919 + seed) % 13) as f32 - 6.0)
        .collect()
}

/// Windows over images of `channels` channels: (size, strides, padded).
fn windows(channels: usize) -> Vec<Windows> {
    let mut all = Vec::new();
    for [height, width] in [[9, 11], [1, 12], [4, 4]] {
        for size in [[2, 2], [3, 3], [1, 2], [1, 3], [2, 3], [4, 4]] {
            for stride in [1, 2, 3] {
                for same in [false, true] {
                    let of = |len: usize, size: usize| match same {
                        true => len.div_ceil(stride),
                        false => (len + stride).saturating_sub(size) / stride,
                    };
                    let (h, w) = (of(height, size[0]), of(width, size[1]));
                    if h > 0 && w > 0 {
                        let (size, strides) = ([1, size[0], size[1]], [1, stride, stride]);
                        let input = Shape::new(&[height, width, channels]);
                        let output = Shape::new(&[h, w, channels]);
                        all.push(Windows::new(input, output, size, strides));
                    }
                }
            }
        }
    }
    all
}

#[test]
fn any_channels_and_windows() {
    for channels in [1, 3, 4, 6, 9, 16, 17, 21, 32, 50] {
        for w in windows(channels) {
            let (len, out) = (w.input_len(), w.output_len());
            let (x, dy) = (numbers(2 * len, 1), numbers(2 * out, 5));
            let [mut largest, mut mean] = [vec![0.0; 2 * out], vec![0.0; 2 * out]];
            let [mut of_max, mut of_mean] = [vec![0.0; 2 * len], vec![0.0; 2 * len]];
            for i in 0..2 * out {
                let (sample, i, channel) = (i / out, i % out / channels, i % channels);
                let (mut places, window) = (Vec::new(), w.window(i));
                window.each(channel, |place| places.push(sample * len + place));
                let at = sample * out + i * channels + channel;
                let top = places.iter().fold(f32::MIN, |top, p| top.max(x[*p]));
                let first = places.iter().find(|p| x[**p] == top);
                largest[at] = top;
                of_max[*first.expect("a value")] += dy[at];
                mean[at] = places.iter().map(|p| x[*p]).sum::<f32>() / places.len() as f32;
                for p in &places {
                    of_mean[*p] += dy[at] * (1.0 / places.len() as f32);
                }
            }
            let (mut y, mut dx) = (vec![7.0; 2 * out], vec![7.0; 2 * len]);
            max(&x, &mut y, &w, &Pool::Serial);
            assert_eq!(y, largest, "{w:?}");
            max_back(&x, &dy, &mut dx, &w, &Pool::Serial);
            assert_eq!(dx, of_max, "{w:?}");
            average(&x, &mut y, &w, &Pool::Serial);
            assert_eq!(y, mean, "{w:?}");
            average_back(&dy, &mut dx, &w, &Pool::Serial);
            assert_eq!(dx, of_mean, "{w:?}");
        }
    }
}
