//! Against what real Keras 3.15.1 makes of the same images by the same transformations.

// Keras writes its float32 numbers with the digits of float64.
#![allow(clippy::excessive_precision)]

use std::vec;
use std::vec::Vec;

use super::blur::Bell;
use super::colors::Drawn;
use super::warp::{Fill, homography, rotation, zoom};
use super::*;
use crate::layers::Interpolation;
use crate::pool::Pool;

const GREY_IMAGE: Image = Image {
    height: 4,
    width: 5,
    channels: 1,
};
const COLORED: Image = Image {
    height: 2,
    width: 3,
    channels: 3,
};

/// The values of an image.
fn pixels(image: Image) -> Vec<f32> {
    let values = 0..image.len();
    values.map(|i| (i * 37 % 101) as f32 * 2.5).collect()
}

#[track_caller]
fn close(y: &[f32], keras: &[f32]) {
    assert_eq!(y.len(), keras.len());
    for (i, (y, keras)) in y.iter().zip(keras).enumerate() {
        assert!((y - keras).abs() < 1e-3, "{i}: {y}, Keras has {keras}");
    }
}

fn done<A: Augmentation>(layer: &Augment<A>, drawn: &A::Drawn, image: Image) -> Vec<f32> {
    let x = pixels(image);
    let mut y = vec![f32::NAN; x.len()];
    layer.how.apply(drawn, image, &x, &mut y);
    y
}

#[test]
fn places_beyond_the_borders() {
    let turn = rotation(40.0f32.to_radians(), GREY_IMAGE);
    let far = [1.0, 0.0, -13.0, 0.0, 1.0, 11.5, 0.0, 0.0];
    let (nearest, bilinear) = (Interpolation::Nearest, Interpolation::Bilinear);
    for (mode, how, matrix, keras) in [
        (FillMode::Reflect, nearest, turn, TURNED_REFLECT_NEAREST),
        (FillMode::Reflect, bilinear, turn, TURNED_REFLECT_BILINEAR),
        (FillMode::Wrap, nearest, turn, TURNED_WRAP_NEAREST),
        (FillMode::Wrap, bilinear, turn, TURNED_WRAP_BILINEAR),
        (FillMode::Constant, nearest, turn, TURNED_CONSTANT_NEAREST),
        (FillMode::Constant, bilinear, turn, TURNED_CONSTANT_BILINEAR),
        (FillMode::Nearest, nearest, turn, TURNED_NEAREST_NEAREST),
        (FillMode::Nearest, bilinear, turn, TURNED_NEAREST_BILINEAR),
        (FillMode::Reflect, bilinear, far, FAR_REFLECT),
        (FillMode::Wrap, bilinear, far, FAR_WRAP),
        (
            FillMode::Reflect,
            bilinear,
            zoom(0.8, 1.3, GREY_IMAGE),
            ZOOMED,
        ),
    ] {
        let mut y = [f32::NAN; 20];
        Fill::new(mode, how, 7.0).warp(&matrix, GREY_IMAGE, &pixels(GREY_IMAGE), &mut y);
        close(&y, &keras);
    }
}

#[test]
fn corners_that_move() {
    let corners = [[0.0, 0.0], [4.0, 0.0], [0.0, 3.0], [4.0, 3.0]];
    let factors = [[0.1, 0.2], [-0.2, 0.3], [0.3, -0.1], [-0.3, -0.2]];
    let mut moved = corners;
    for (corner, factors) in moved
        .as_flattened_mut()
        .iter_mut()
        .zip(factors.as_flattened())
    {
        *corner += *corner * factors;
    }
    let matrix = homography(&corners, &moved).expect("a matrix");
    let mut y = [f32::NAN; 20];
    let fill = Fill::new(FillMode::Constant, Interpolation::Bilinear, 3.0);
    fill.warp(&matrix, GREY_IMAGE, &pixels(GREY_IMAGE), &mut y);
    close(&y, &SIDE);
    assert!(homography(&corners, &[[1.0; 2]; 4]).is_none());
}

#[test]
fn colors() {
    const RANGE: &[f32] = &[0.0, 255.0];
    let nothing = Drawn::default();
    let contrast = Drawn {
        contrast: Some(1.7),
        ..nothing
    };
    close(
        &done(&RandomContrast::new(&[0.5], RANGE), &contrast, COLORED),
        &CONTRASTED,
    );
    let delta = Drawn {
        delta: Some(60.0),
        ..nothing
    };
    close(
        &done(&RandomBrightness::new(&[0.5], RANGE), &delta, COLORED),
        &BRIGHTENED,
    );
    let saturation = Drawn {
        saturation: Some(0.6),
        ..nothing
    };
    close(
        &done(&RandomSaturation::new(&[0.5], RANGE), &saturation, COLORED),
        &SATURATED,
    );
    let hue = Drawn {
        hue: Some(0.3),
        ..nothing
    };
    close(&done(&RandomHue::new(&[0.5], RANGE), &hue, COLORED), &HUED);
    close(
        &done(&RandomPosterization::new(&[3.0], RANGE), &5, COLORED),
        &POSTERIZED,
    );
    let solarization = Solarization::new(&[0.5], &[0.5], RANGE);
    close(&done(&solarization, &[30.0, 128.0], COLORED), &SOLARIZED);
    close(&done(&RandomGrayscale::new(1.0), &true, COLORED), &GREY);
    close(
        &done(&RandomColorDegeneration::new(&[0.5], RANGE), &0.4, COLORED),
        &DEGENERATED,
    );
    close(&done(&AutoContrast::new(RANGE), &(), COLORED), &STRETCHED);
}

#[test]
fn sharp_and_blurred() {
    const RANGE: &[f32] = &[0.0, 255.0];
    let sharp = RandomSharpness::new(&[0.5], RANGE);
    close(&done(&sharp, &(1.0 - 2.0 * 0.9), COLORED), &SHARPENED);
    for (size, keras) in [([3, 3], BLURRED), ([3, 5], BLURRED_WIDE)] {
        let blur = RandomGaussianBlur::new(&[1.0], size, &[1.0], RANGE);
        close(
            &done(&blur, &Some(Bell::new(size, [0.8, 1.5])), COLORED),
            &keras,
        );
    }
}

type Net = [[[f32; 3]; 8]; 8];

/// The images of a batch in a step of the training.
fn step<A: Augmentation>(layer: &Augment<A>, seed: u64, step: u64) -> Vec<Net> {
    let x: Vec<f32> = (0..40 * 192).map(|i| (i * 7919 % 251) as f32).collect();
    let mut y = vec![[[[f32::NAN; 3]; 8]; 8]; 40];
    let mut cx = Ctx::new(&Pool::Serial, seed, step);
    layer.forward(
        &NoParams,
        &mut NoParams,
        Net::view(&x),
        &mut y,
        &mut [],
        &mut cx,
    );
    assert!(
        y.as_flattened()
            .as_flattened()
            .as_flattened()
            .iter()
            .all(|y| y.is_finite())
    );
    y
}

/// Each step and each seed is another one, the same one is the same, and a seed of its own does not ask the model's.
fn random<A: Augmentation + Copy>(layer: fn() -> Augment<A>) {
    let first = step(&layer(), 1, 0);
    assert_eq!(first, step(&layer(), 1, 0));
    assert_ne!(first, step(&layer(), 1, 1));
    assert_ne!(first, step(&layer(), 2, 0));
    let seeded = step(&layer().seed(7), 1, 0);
    assert_eq!(seeded, step(&layer().seed(7), 2, 0));
    assert_ne!(seeded, step(&layer().seed(8), 2, 0));
}

#[test]
fn each_step_is_another_one() {
    const RANGE: &[f32] = &[0.0, 255.0];
    use FillMode::{Constant, Nearest, Reflect, Wrap};
    use Interpolation::Bilinear;
    random(|| RandomFlip::new(FlipMode::HorizontalAndVertical));
    random(|| RandomRotation::new(&[0.2], Reflect, Bilinear, 0.0));
    random(|| RandomZoom::new(&[-0.2, 0.3], &[], Wrap, Bilinear, 0.0));
    random(|| RandomTranslation::new(&[0.5], &[0.2], Nearest, Bilinear, 0.0));
    random(|| RandomShear::new(&[0.5], &[0.2], Bilinear, Constant, 9.0));
    random(|| RandomPerspective::new(&[1.0], 0.5, Bilinear, 0.0));
    random(|| RandomColorJitter::new(RANGE, &[0.2], &[0.3], &[0.4], &[0.5]));
    random(|| RandomErasing::new(&[0.8], &[0.02, 0.33], &[], RANGE));
    random(|| RandomInvert::new(&[1.0], RANGE));
    random(|| RandomGrayscale::new(0.5));
    random(|| RandomPosterization::new(&[1.0, 8.0], RANGE));
    random(|| RandomSharpness::new(&[1.0], RANGE));
    random(|| RandomGaussianBlur::new(&[1.0], [3, 5], &[0.1, 1.0], RANGE));
}

#[test]
fn as_often_as_the_factor_says() {
    let images = step(&RandomGrayscale::new(0.3), 5, 0);
    let grey = images.iter().filter(|image| {
        image
            .as_flattened()
            .iter()
            .all(|[r, g, b]| r == g && g == b)
    });
    assert!((4..22).contains(&grey.count()));
    let covered = step(
        &RandomErasing::new(&[1.0, 1.0], &[0.25, 0.25], &[300.0], &[0.0, 255.0]),
        5,
        0,
    );
    for image in covered {
        let pixels = image
            .as_flattened()
            .iter()
            .filter(|pixel| **pixel == [255.0; 3])
            .count();
        assert_eq!(pixels, 16, "a quarter of the image");
    }
}

#[test]
fn factors_and_channels_that_are_refused() {
    assert!(signed_rule(&[-1.0, 1.0]).is_none() && signed_rule(&[1.5]).is_some());
    assert!(unit_rule(&[0.5]).is_none() && unit_rule(&[-0.5]).is_some());
    assert!(unit_rule(&[0.1, 0.2, 0.3]).is_some() && zoom_rule(&[-1.0]).is_some());
    assert!(values_rule(&[0.0, 1.0]).is_none() && values_rule(&[1.0]).is_some());
    assert!(bits_rule(&[0.0, 8.0]).is_some() && one_unit_rule(f32::NAN).is_some());
    let image = |channels| Shape::new(&[8, 8, channels]);
    assert!(color_shape(image(1), "RandomHue").is_err() && grey_shape(image(1), "It").is_ok());
    assert!(shape(Shape::new(&[8]), "RandomFlip").is_err());
    assert!(
        jitter_shape(image(1), &[], &[]).is_ok() && jitter_shape(image(1), &[0.5], &[]).is_err()
    );
    assert!(erasing_shape(image(3), &[1.0; 2]).is_err() && erasing_shape(image(3), &[]).is_ok());
    assert!(blur_shape(image(3), &[2, 3]).is_err() && blur_shape(image(3), &[3, 5]).is_ok());
}

#[rustfmt::skip]
const TURNED_REFLECT_NEAREST: [f32; 20] = [92.5, 185.0, 25.0, 75.0, 32.5, 92.5, 185.0, 142.5, 192.5, 32.5, 210.0, 50.0, 100.0, 57.5, 150.0, 210.0, 167.5, 217.5, 57.5, 150.0];
#[rustfmt::skip]
const TURNED_REFLECT_BILINEAR: [f32; 20] = [132.4685516357422, 153.29811096191406, 101.25305938720703, 118.00301361083984, 47.94839096069336, 73.01069641113281, 123.71673583984375, 167.25735473632812, 188.71986389160156, 125.586181640625, 116.91381072998047, 53.78015899658203, 75.24263000488281, 118.78327178955078, 169.48928833007812, 194.55160522460938, 124.49697875976562, 141.2469482421875, 89.201904296875, 110.03142547607422];
#[rustfmt::skip]
const TURNED_WRAP_NEAREST: [f32; 20] = [217.5, 57.5, 25.0, 75.0, 167.5, 217.5, 185.0, 142.5, 192.5, 32.5, 210.0, 50.0, 100.0, 57.5, 25.0, 75.0, 167.5, 217.5, 185.0, 25.0];
#[rustfmt::skip]
const TURNED_WRAP_BILINEAR: [f32; 20] = [148.36520385742188, 75.82765197753906, 101.25305938720703, 118.00301361083984, 182.94839477539062, 198.01071166992188, 123.71673583984375, 167.25735473632812, 188.71986389160156, 125.586181640625, 116.91381072998047, 53.78015899658203, 75.24263000488281, 118.78327178955078, 44.489288330078125, 59.551612854003906, 124.49697875976562, 141.2469482421875, 166.67233276367188, 94.13482666015625];
#[rustfmt::skip]
const TURNED_CONSTANT_NEAREST: [f32; 20] = [7.0, 185.0, 25.0, 75.0, 32.5, 92.5, 185.0, 142.5, 192.5, 32.5, 210.0, 50.0, 100.0, 57.5, 150.0, 210.0, 167.5, 217.5, 57.5, 7.0];
#[rustfmt::skip]
const TURNED_CONSTANT_BILINEAR: [f32; 20] = [15.200393676757812, 110.60037994384766, 101.25305938720703, 118.00301361083984, 27.62692642211914, 61.881465911865234, 123.71673583984375, 167.25735473632812, 188.71986389160156, 125.586181640625, 116.91381072998047, 53.78015899658203, 75.24263000488281, 118.78327178955078, 142.0940399169922, 101.47531127929688, 124.49697875976562, 141.2469482421875, 65.21092224121094, 13.733943939208984];
#[rustfmt::skip]
const TURNED_NEAREST_NEAREST: [f32; 20] = [92.5, 185.0, 25.0, 75.0, 32.5, 92.5, 185.0, 142.5, 192.5, 32.5, 210.0, 50.0, 100.0, 57.5, 150.0, 210.0, 167.5, 217.5, 57.5, 150.0];
#[rustfmt::skip]
const TURNED_NEAREST_BILINEAR: [f32; 20] = [132.4685516357422, 153.29811096191406, 101.25305938720703, 118.00301361083984, 47.94839096069336, 73.01069641113281, 123.71673583984375, 167.25735473632812, 188.71986389160156, 125.586181640625, 116.91381072998047, 53.78015899658203, 75.24263000488281, 118.78327178955078, 169.48928833007812, 194.55160522460938, 124.49697875976562, 141.2469482421875, 89.201904296875, 110.03142547607422];
#[rustfmt::skip]
const FAR_REFLECT: [f32; 20] = [57.5, 217.5, 125.0, 125.0, 217.5, 78.75, 112.5, 146.25, 146.25, 112.5, 121.25, 28.75, 188.75, 188.75, 28.75, 163.75, 71.25, 105.0, 105.0, 71.25];
#[rustfmt::skip]
const FAR_WRAP: [f32; 20] = [117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5, 117.5];
#[rustfmt::skip]
const ZOOMED: [f32; 20] = [62.999996185302734, 74.72500610351562, 172.25001525878906, 93.02500915527344, 104.75000762939453, 205.75, 93.74999237060547, 138.25, 182.75, 70.75, 171.75, 59.74999237060547, 104.25, 148.75001525878906, 36.75, 137.75, 149.47500610351562, 70.25, 167.77500915527344, 179.50001525878906];
#[rustfmt::skip]
const SIDE: [f32; 20] = [0.0, 105.11363983154297, 125.68965911865234, 91.24996948242188, 3.0, 209.6886444091797, 66.45958709716797, 185.71530151367188, 76.58293914794922, 3.0, 161.8992156982422, 65.3370132446289, 147.85845947265625, 101.7955322265625, 3.0, 76.80247497558594, 71.822509765625, 36.728702545166016, 8.458171844482422, 3.0];
#[rustfmt::skip]
const CONTRASTED: [f32; 18] = [0.0, 48.75, 229.625, 0.0, 91.25, 255.0, 41.25, 133.75, 255.0, 83.75, 176.25, 0.0, 126.25, 218.75, 0.0, 168.75, 255.0, 12.875];
#[rustfmt::skip]
const BRIGHTENED: [f32; 18] = [60.0, 152.5, 245.0, 85.0, 177.5, 255.0, 110.0, 202.5, 255.0, 135.0, 227.5, 67.5, 160.0, 252.5, 92.5, 185.0, 255.0, 117.5];
#[rustfmt::skip]
const SATURATED: [f32; 18] = [73.99999237060547, 129.49996948242188, 185.0, 99.0, 154.49998474121094, 210.0, 123.99999237060547, 179.49996948242188, 235.0, 112.0, 167.5, 71.49999237060547, 137.0, 192.5, 96.49999237060547, 162.00001525878906, 217.5, 121.5];
#[rustfmt::skip]
const HUED: [f32; 18] = [185.0, 0.0, 129.49996948242188, 210.0, 24.99999237060547, 154.4999542236328, 235.0, 49.99999237060547, 179.49996948242188, 7.500003814697266, 107.00000762939453, 167.5, 32.50000762939453, 132.0, 192.5, 57.5, 157.0, 217.5];
#[rustfmt::skip]
const POSTERIZED: [f32; 18] = [0.0, 64.0, 160.0, 0.0, 96.0, 192.0, 32.0, 128.0, 224.0, 64.0, 160.0, 0.0, 96.0, 192.0, 32.0, 96.0, 192.0, 32.0];
#[rustfmt::skip]
const SOLARIZED: [f32; 18] = [30.0, 122.5, 40.0, 55.0, 107.5, 15.0, 80.0, 82.5, 0.0, 105.0, 57.5, 37.5, 125.0, 32.5, 62.5, 100.0, 7.5, 87.5];
#[rustfmt::skip]
const SHARPENED: [f32; 18] = [0.0, 108.65384674072266, 255.0, 15.769229888916016, 125.34615325927734, 255.0, 59.23076629638672, 180.1923065185547, 255.0, 104.23076629638672, 225.19229125976562, 0.0, 132.3076934814453, 241.88461303710938, 5.730770111083984, 175.76922607421875, 255.0, 56.42307662963867];
#[rustfmt::skip]
const BLURRED: [f32; 18] = [21.70368194580078, 70.42964172363281, 60.010372161865234, 40.39006805419922, 104.41845703125, 90.72698211669922, 39.770469665527344, 88.49642944335938, 78.07715606689453, 26.0754337310791, 74.80139923095703, 49.66389465332031, 46.13477325439453, 110.16316223144531, 77.1312026977539, 44.142215728759766, 92.8681869506836, 67.73067474365234];
#[rustfmt::skip]
const BLURRED_WIDE: [f32; 18] = [16.547792434692383, 53.385955810546875, 59.90433120727539, 22.1993465423584, 62.83998107910156, 66.29329681396484, 27.702150344848633, 72.55120849609375, 65.21289825439453, 32.90468215942383, 77.75374603271484, 52.364356994628906, 32.72043228149414, 73.3610610961914, 40.25106430053711, 33.2335090637207, 70.07167053222656, 36.6713981628418];
#[rustfmt::skip]
const GREY: [f32; 18] = [75.38749694824219, 75.38749694824219, 75.38749694824219, 100.385009765625, 100.385009765625, 100.385009765625, 125.38249969482422, 125.38249969482422, 125.38249969482422, 121.59500885009766, 121.59500885009766, 121.59500885009766, 146.59251403808594, 146.59251403808594, 146.59251403808594, 171.58999633789062, 171.58999633789062, 171.58999633789062];
#[rustfmt::skip]
const DEGENERATED: [f32; 18] = [30.154998779296875, 85.65499877929688, 141.15499877929688, 55.15400695800781, 110.65400695800781, 166.1540069580078, 80.15299987792969, 135.6529998779297, 191.1529998779297, 93.63800048828125, 149.13800048828125, 53.138004302978516, 118.63700866699219, 174.1370086669922, 78.13700866699219, 143.63600158691406, 199.13600158691406, 103.13600158691406];
#[rustfmt::skip]
const STRETCHED: [f32; 18] = [0.0, 0.0, 198.9560546875, 51.0, 51.0, 226.97802734375, 102.0, 101.99998474121094, 255.0, 153.0, 152.99998474121094, 0.0, 204.0, 203.99998474121094, 28.02198028564453, 255.0, 254.99998474121094, 56.04396057128906];
