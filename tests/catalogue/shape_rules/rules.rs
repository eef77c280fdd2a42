//! The rule of each class.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kseq::__core::layers;

use super::draw::{Case, Draw, Input, NONE, Wanted, asked};
use super::equations::{attention, einsum};
use super::others::*;
use super::windows::*;

/// A rule for each class of the catalogue.
pub fn case(class: &str, d: &mut Draw) -> Option<Case> {
    use layers::*;
    Some(match class {
        "Activation" | "ReLU" | "LeakyReLU" | "ELU" => keeps(d, activation::shape),
        "ThresholdedReLU" => keeps(d, thresholded_relu::shape),
        "Identity" => keeps(d, identity::shape),
        "Masking" => keeps(d, masking::shape),
        "GaussianNoise" => keeps(d, gaussian_noise::shape),
        "GaussianDropout" => keeps(d, gaussian_dropout::shape),
        "ActivityRegularization" => keeps(d, activity_regularization::shape),
        "Dropout" | "AlphaDropout" => {
            let input = Input::draw(d, 2, false);
            let count = d.below(5);
            let noise: Vec<Option<usize>> = (0..count)
                .map(|i| match d.below(3) {
                    0 => None,
                    1 => Some(1),
                    _ => Some(match (input.dims.len() + 1 + i).checked_sub(count + 1) {
                        Some(at) if d.below(4) > 0 => {
                            input.dims.get(at).map_or(1, |dim| *dim as usize)
                        }
                        _ => d.arg("noise"),
                    }),
                })
                .collect();
            d.said.push(format!("{noise:?}"));
            // Broadcast against (batch, ..) from behind; the batch may be of any size.
            let fits = count <= input.dims.len() + 1
                && noise.iter().enumerate().all(|(i, size)| {
                    let at = (input.dims.len() + 1 + i - count).checked_sub(1);
                    size.is_none_or(|size| {
                        size == 1 || at.is_none_or(|at| input.dims[at] == size as u128)
                    })
                });
            let f = if class == "Dropout" {
                shared_dropout::shape
            } else {
                alpha_dropout::noise_shape
            };
            (
                asked(|| f(input.shape, &noise)),
                input.same().filter(|_| fits),
            )
        }
        "SpatialDropout1D" => spatial(d, 1),
        "SpatialDropout2D" => spatial(d, 2),
        "SpatialDropout3D" => spatial(d, 3),
        "Dense" => {
            let axes = 1 + d.below(4);
            let (input, units) = (Input::draw(d, axes, false), d.arg("units"));
            let fits = input.is_f32 && units > 0 && input.last() != NONE && !input.dims.is_empty();
            let wanted = fits.then(|| input.with_last(units as u128));
            (asked(|| dense::shape(input.shape, units)), wanted)
        }
        "EinsumDense" => einsum(d),
        "Embedding" => {
            let axes = 1 + d.below(3);
            let input = Input::draw(d, axes, true);
            let (tokens, features) = (d.arg("input_dim"), d.arg("output_dim"));
            let fits =
                !input.is_f32 && (1..=2).contains(&input.dims.len()) && tokens > 0 && features > 0;
            let wanted = fits.then(|| [input.dims.clone(), vec![features as u128]].concat());
            (
                asked(|| embedding::shape(input.shape, tokens, features, false)),
                wanted,
            )
        }
        "Lambda" => {
            let input = Input::draw(d, 2, false);
            let count = d.below(6);
            let sizes: Vec<Option<usize>> = (0..count)
                .map(|_| (!d.one_in(8)).then(|| d.arg("size")))
                .collect();
            let wanted: Wanted = sizes
                .iter()
                .map(|n| n.filter(|n| *n > 0).map(|n| n as u128))
                .collect();
            let fits = input.is_f32 && !input.is_open() && (1..=4).contains(&count);
            (
                asked(|| lambda::declared(input.shape, &sizes)),
                wanted.filter(|_| fits),
            )
        }
        "Glu" => {
            let axes = 1 + d.below(4);
            let input = Input::draw(d, axes, false);
            let fits = input.is_f32
                && input.last() != NONE
                && input.last().is_multiple_of(2)
                && !input.dims.is_empty();
            (
                asked(|| glu::shape(input.shape)),
                fits.then(|| input.with_last(input.last() / 2)),
            )
        }
        "Softmax" => normalized(d, softmax::shape),
        "UnitNormalization" => normalized(d, unit_normalization::shape),
        "LayerNormalization" => {
            let (input, axes) = (Input::draw(d, 3, false), d.axes("axis"));
            let all = input
                .axes(&axes)
                .filter(|all| all.windows(2).all(|two| two[0] + 1 == two[1]));
            let closed = all.is_some_and(|all| all.iter().all(|at| input.dims[*at] != NONE));
            let weights = catch_unwind(AssertUnwindSafe(|| {
                layer_normalization::weight(input.shape, &axes)
            }));
            let rule = asked(|| layer_normalization::shape(input.shape, &axes));
            (
                weights.map_err(|_| ()).and(rule),
                input.same().filter(|_| closed),
            )
        }
        "RMSNormalization" => {
            let (input, axes) = (Input::draw(d, 3, false), d.axes("axis"));
            // Keras multiplies a scale of the axes' sizes, in their order in the input, along the last ones.
            let fits = input.axes(&axes).is_some_and(|mut all| {
                all.sort_unstable();
                let last = input.dims.len() - all.len()..input.dims.len();
                all.into_iter().zip(last).all(|(at, last)| {
                    input.dims[at] == input.dims[last] && input.dims[last] != NONE
                })
            });
            (
                asked(|| rms_normalization::shape(input.shape, &axes)),
                input.same().filter(|_| fits),
            )
        }
        "BatchNormalization" | "GroupNormalization" => {
            let (input, axis) = (Input::draw(d, 3, false), d.axis_of(4));
            d.said.push(format!("axis = {axis}"));
            let at = input.axis(axis).filter(|at| input.dims[*at] != NONE);
            if class == "BatchNormalization" {
                let wanted = input.same().filter(|_| at.is_some());
                return Some((
                    asked(|| batch_normalization::shape(input.shape, axis)),
                    wanted,
                ));
            }
            let groups = d.axis_of(4);
            d.said.push(format!("groups = {groups}"));
            let fits = at.is_some_and(|at| {
                groups == -1 || groups > 0 && input.dims[at] % groups as u128 == 0
            });
            (
                asked(|| group_normalization::shape(input.shape, groups, axis)),
                input.same().filter(|_| fits),
            )
        }
        "Normalization" => {
            let (input, axes) = (Input::draw(d, 3, false), d.axes("axis"));
            let (mean, variance) = (
                d.numbers("mean", input.last() as usize),
                d.numbers("variance", input.last() as usize),
            );
            let mut kept: Vec<Option<usize>> = axes.iter().map(|axis| input.axis(*axis)).collect();
            kept.sort_unstable();
            kept.dedup();
            let closed = kept
                .iter()
                .all(|at| at.is_some_and(|at| input.dims[at] != NONE));
            let sizes: Vec<u128> = kept.iter().flatten().map(|at| input.dims[*at]).collect();
            let all = sizes
                .iter()
                .fold(1u128, |all, size| all.saturating_mul(*size));
            let count = mean.len() as u128;
            // One value, one for each of the last axis that is kept, or one for each place.
            let of_mean = count <= 1 || count == all || sizes.last() == Some(&count);
            let fits = closed && mean.len() == variance.len() && of_mean;
            (
                asked(|| normalization::shape(input.shape, &axes, &mean, &variance)),
                input.same().filter(|_| fits),
            )
        }
        "PReLU" => {
            let (input, axes) = (Input::draw(d, 3, false), d.axes("shared_axes"));
            let known = axes
                .iter()
                .all(|axis| *axis >= 1 && input.axis(*axis).is_some());
            let shared = |at: usize| axes.contains(&(at as isize + 1));
            let closed = (0..input.dims.len()).all(|at| input.dims[at] != NONE || shared(at));
            let weights = catch_unwind(AssertUnwindSafe(|| prelu::weight(input.shape, &axes)));
            let rule = asked(|| prelu::shape(input.shape, &axes));
            (
                weights.map_err(|_| ()).and(rule),
                input.same().filter(|_| known && closed),
            )
        }
        "MultiHeadAttention" => attention(d),
        "GroupQueryAttention" => {
            let (input, sizes) = (
                Input::draw(d, 2, false),
                d.args::<3>("head_dim, num_query_heads, num_key_value_heads"),
            );
            let [_, heads, key_heads] = sizes;
            let fits = input.has(1) && !sizes.contains(&0) && heads % key_heads == 0;
            (
                asked(|| multi_head_attention::group_shape(input.shape, sizes)),
                input.same().filter(|_| fits),
            )
        }
        "Conv1D" => conv::<1>(d, conv1d::shape),
        "Conv2D" => conv::<2>(d, conv2d::shape),
        "Conv3D" => conv::<3>(d, conv3d::shape),
        "DepthwiseConv1D" => depthwise::<1>(d),
        "DepthwiseConv2D" => depthwise::<2>(d),
        "SeparableConv1D" => separable::<1>(d),
        "SeparableConv2D" => separable::<2>(d),
        "LocallyConnected1D" => locally::<1>(d),
        "LocallyConnected2D" => locally::<2>(d),
        "Conv1DTranspose" => transposed::<1>(d),
        "Conv2DTranspose" => transposed::<2>(d),
        "Conv3DTranspose" => transposed::<3>(d),
        "MaxPooling1D" => pooling::<1>(d, max_pooling::shape),
        "MaxPooling2D" => pooling::<2>(d, max_pooling::shape),
        "MaxPooling3D" => pooling::<3>(d, max_pooling::shape),
        "AveragePooling1D" => pooling::<1>(d, average_pooling::shape),
        "AveragePooling2D" => pooling::<2>(d, average_pooling::shape),
        "AveragePooling3D" => pooling::<3>(d, average_pooling::shape),
        "AdaptiveMaxPooling1D" => adaptive::<1>(d, adaptive_pooling::max_shape),
        "AdaptiveMaxPooling2D" => adaptive::<2>(d, adaptive_pooling::max_shape),
        "AdaptiveMaxPooling3D" => adaptive::<3>(d, adaptive_pooling::max_shape),
        "AdaptiveAveragePooling1D" => adaptive::<1>(d, adaptive_pooling::average_shape),
        "AdaptiveAveragePooling2D" => adaptive::<2>(d, adaptive_pooling::average_shape),
        "AdaptiveAveragePooling3D" => adaptive::<3>(d, adaptive_pooling::average_shape),
        "GlobalMaxPooling1D" => global(d, 1, global_pooling::max_shape),
        "GlobalMaxPooling2D" => global(d, 2, global_pooling::max_shape),
        "GlobalMaxPooling3D" => global(d, 3, global_pooling::max_shape),
        "GlobalAveragePooling1D" => global(d, 1, global_pooling::average_shape),
        "GlobalAveragePooling2D" => global(d, 2, global_pooling::average_shape),
        "GlobalAveragePooling3D" => global(d, 3, global_pooling::average_shape),
        "ZeroPadding1D" => margins::<1>(d, zero_padding::shape, true),
        "ZeroPadding2D" => margins::<2>(d, zero_padding::shape, true),
        "ZeroPadding3D" => margins::<3>(d, zero_padding::shape, true),
        "Cropping1D" => margins::<1>(d, cropping::shape, false),
        "Cropping2D" => margins::<2>(d, cropping::shape, false),
        "Cropping3D" => margins::<3>(d, cropping::shape, false),
        "UpSampling1D" => up::<1>(d),
        "UpSampling2D" => up::<2>(d),
        "UpSampling3D" => up::<3>(d),
        "Reshape" => reshaped(d),
        "Flatten" => {
            let axes = 1 + d.below(4);
            let input = Input::draw(d, axes, false);
            let len = input
                .dims
                .iter()
                .fold(1u128, |all, dim| all.saturating_mul(*dim));
            let fits = input.is_f32 && !input.is_open();
            // What has no place is left to the chain, which refuses it.
            let wanted = if input.shape.len().is_some() {
                vec![len]
            } else {
                input.dims.clone()
            };
            (
                asked(|| flatten::shape(input.shape)),
                fits.then_some(wanted),
            )
        }
        "RepeatVector" => {
            let (input, n) = (Input::draw(d, 1, false), d.arg("n"));
            let wanted = (input.has(0) && n > 0).then(|| vec![n as u128, input.last()]);
            (asked(|| repeat_vector::shape(input.shape, n)), wanted)
        }
        "Permute" => {
            let axes = 1 + d.below(4);
            let input = Input::draw(d, axes, false);
            let count = if d.one_in(8) {
                d.below(6)
            } else {
                input.dims.len()
            };
            let mut dims: Vec<usize> = (1..=count).collect();
            (1..count).for_each(|i| dims.swap(i, d.below(i + 1)));
            if d.one_in(4) && count > 0 {
                let at = d.below(count);
                dims[at] = d.arg("dim");
            }
            d.said.push(format!("{dims:?}"));
            let mut sorted = dims.clone();
            sorted.sort_unstable();
            let is_permutation = sorted.into_iter().eq(1..=input.dims.len());
            let moved: Vec<u128> = dims
                .iter()
                .filter_map(|at| input.dims.get(at.wrapping_sub(1)).copied())
                .collect();
            // Axes of any length stay where they are.
            let stays = dims.iter().enumerate().all(|(i, at)| {
                let opens = [i, at.wrapping_sub(1)]
                    .iter()
                    .any(|at| input.dims.get(*at) == Some(&NONE));
                i + 1 == *at || !opens
            });
            let fits = input.is_f32 && is_permutation && stays;
            (
                asked(|| permute::shape(input.shape, &dims)),
                fits.then_some(moved),
            )
        }
        "LSTM" => recurrent(d, lstm::shape),
        "GRU" => recurrent(d, gru::shape),
        "SimpleRNN" | "RNN" => recurrent(d, simple_rnn::shape),
        "ConvLSTM1D" => conv_lstm::<1>(d),
        "ConvLSTM2D" => conv_lstm::<2>(d),
        "Bidirectional" => {
            let (input, concat) = (Input::draw(d, 2, false), d.flag("concat"));
            let (one, sequences) = (d.arg("units"), d.flag("return_sequences"));
            let other = if d.one_in(2) {
                one
            } else {
                d.arg("other units")
            };
            let rule = |units| lstm::shape(input.shape, units, sequences, None);
            let fits = input.has(1) && one > 0 && one == other;
            let units = one as u128 * if concat { 2 } else { 1 };
            let wanted = if sequences {
                input.with_last(units)
            } else {
                vec![units]
            };
            (
                asked(|| bidirectional::shape(rule(one), rule(other), concat)),
                fits.then_some(wanted),
            )
        }
        "TimeDistributed" => {
            let axes = 2 + d.below(3);
            let (input, units) = (Input::draw(d, axes, false), d.arg("units"));
            let fits = input.is_f32
                && input.dims.len() >= 2
                && input.last() != NONE
                && units > 0
                && input.dims[1] != NONE;
            let wanted = fits.then(|| input.with_last(units as u128));
            let rule = || {
                let each = dense::shape(time_distributed::step(input.shape)?, units);
                time_distributed::shape(input.shape, each)
            };
            (asked(rule), wanted)
        }
        "Residual" => {
            let (input, units) = (Input::draw(d, 2, false), d.arg("units"));
            let fits =
                input.is_f32 && units as u128 == input.last() && units > 0 && input.last() != NONE;
            let rule = || residual::shape(input.shape, dense::shape(input.shape, units));
            (
                asked(rule),
                input.same().filter(|_| fits && !input.dims.is_empty()),
            )
        }
        "Rescaling" => {
            let input = Input::draw(d, 2, false);
            let (scale, offset) = (
                d.numbers("scale", input.last() as usize),
                d.numbers("offset", input.last() as usize),
            );
            let fits = [&scale, &offset]
                .iter()
                .all(|list| list.len() == 1 || list.len() as u128 == input.last());
            (
                asked(|| rescaling::shape(input.shape, &scale, &offset)),
                input.same().filter(|_| fits),
            )
        }
        "Resizing" => resized(d, |input, height, width| {
            resizing::shape(input, height, width, false, false)
        }),
        "CenterCrop" => resized(d, resizing::center_shape),
        "RandomCrop" => resized(d, random_crop::shape),
        "CategoryEncoding" => encoded(d, &encoding::category_shape, 1),
        "Discretization" => encoded(
            d,
            &|input, bins, mode| discretization::shape(input, None, Some(bins), mode),
            1,
        ),
        "IntegerLookup" => encoded(
            d,
            &|input, max_tokens, mode| {
                integer_lookup::shape(
                    input,
                    &integer_lookup::Arguments {
                        max_tokens,
                        num_oov_indices: 1,
                        mask_token: &[],
                        oov_token: -1,
                        vocabulary: None,
                        idf_weights: &[],
                        invert: false,
                        mode,
                        pad_to_max_tokens: false,
                    },
                )
            },
            2,
        ),
        "RandomGrayscale" | "RandomHue" | "RandomSaturation" => {
            image(d, |input| augment::color_shape(input, "Random"), &[3])
        }
        "RandomColorDegeneration" => {
            image(d, |input| augment::grey_shape(input, "Random"), &[1, 3])
        }
        "RandomColorJitter" => image(d, |input| augment::jitter_shape(input, &[0.5], &[]), &[3]),
        "RandomErasing" => image(d, |input| augment::erasing_shape(input, &[0.0]), &[]),
        "RandomGaussianBlur" => image(d, |input| augment::blur_shape(input, &[3, 5]), &[]),
        _ => {
            let row = kseq_catalogue::layer(class)?;
            let kseq_catalogue::Emission::Stateless(how) = row.emission else {
                return None;
            };
            match how.rule {
                ["augment", "shape"] => image(d, |input| augment::shape(input, "Random"), &[]),
                ["augment", "color_shape"] => {
                    image(d, |input| augment::color_shape(input, "Random"), &[3])
                }
                ["augment", "grey_shape"] => {
                    image(d, |input| augment::grey_shape(input, "Random"), &[1, 3])
                }
                _ => return None,
            }
        }
    })
}
