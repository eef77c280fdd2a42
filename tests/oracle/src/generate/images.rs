//! Layers of windows over one to three axes.

use crate::call::{Call, Value};
use crate::generate::Place;
use crate::random::{Random, two_digits};

use super::layers::{activation, decorate, maybe, units, weighed};
use super::sequences::attention;

/// A layer for images of two or three axes.
pub fn layer(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let axes = place.shape.len() - 1;
    if place.only_predicts && axes == 2 && random.chance(0.5) {
        return Some(augmentation(random, place));
    }
    match random.between(0, 12) {
        0..=3 => convolution(random, place),
        4 => transposed(random, place),
        5..=7 => pooling(random, place),
        8 => frame(random, place),
        9 => conv_lstm(random, place),
        10 if axes == 2 => local(random, place),
        11 if place.shape[..axes].iter().product::<usize>() <= 36 => attention(random, place),
        _ => of_images(random, place),
    }
}

/// Sizes in one of the ways to write them.
fn sizes(random: &mut Random, all: &[usize]) -> Value {
    let list: Vec<Value> = all.iter().map(|size| Value::from(*size)).collect();
    match random.between(0, 2) {
        0 if all.iter().all(|size| *size == all[0]) => Value::from(all[0]),
        1 => Value::List(list),
        _ => Value::Tuple(list),
    }
}

/// A window that fits, and how it goes on.
struct Windows {
    size: Vec<usize>,
    strides: Vec<usize>,
    dilation: Vec<usize>,
    padding: &'static str,
}

fn windows(
    random: &mut Random,
    place: &Place<'_>,
    paddings: &[&'static str],
    alike: bool,
) -> Windows {
    let axes = place.shape.len() - 1;
    let padding = random.pick(paddings);
    let most = |axis: usize| {
        if padding == "valid" {
            place.shape[axis].min(4)
        } else {
            4
        }
    };
    let size: Vec<usize> = (0..axes)
        .map(|axis| random.between(1, most(axis)))
        .collect();
    let (mut strides, mut dilation) = (vec![1; axes], vec![1; axes]);
    match random.between(0, 3) {
        0 if alike => strides = vec![random.between(1, 3); axes],
        0 => strides
            .iter_mut()
            .for_each(|stride| *stride = random.between(1, 3)),
        1 => {
            for axis in 0..axes {
                let reach = |dilation: usize| (size[axis] - 1) * dilation < place.shape[axis];
                let dilations: Vec<usize> = (1..=3)
                    .filter(|dilation| padding != "valid" || reach(*dilation))
                    .collect();
                dilation[axis] = random.pick(&dilations);
            }
        }
        _ => {}
    }
    Windows {
        size,
        strides,
        dilation,
        padding,
    }
}

impl Windows {
    fn write(&self, random: &mut Random, call: &mut Call) {
        call.set("kernel_size", sizes(random, &self.size));
        if self.strides.iter().any(|stride| *stride > 1) {
            call.set("strides", sizes(random, &self.strides));
        }
        if self.dilation.iter().any(|dilation| *dilation > 1) {
            call.set("dilation_rate", sizes(random, &self.dilation));
        }
        if self.padding != "valid" {
            call.set("padding", self.padding);
        }
    }
}

/// Activation, bias, penalties.
fn end(random: &mut Random, call: &mut Call, arrays: &[(&str, Vec<usize>)], place: &Place<'_>) {
    maybe(random, call, 0.5, "activation", activation);
    maybe(random, call, 0.2, "use_bias", |_| false);
    decorate(random, call, arrays, place.shape);
}

/// A convolution of any kind but the transposed ones.
pub fn convolution(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let (axes, channels) = (place.shape.len() - 1, place.shape[place.shape.len() - 1]);
    let kind = if axes == 3 { 0 } else { random.between(0, 3) };
    let paddings: &[&str] = match (axes, kind) {
        (1, 0 | 1 | 3) => &["valid", "same", "causal"],
        _ => &["valid", "same"],
    };
    let windows = windows(random, place, paddings, kind > 1);
    let filters = units(random);
    let mut call;
    let mut arrays = vec![("bias", vec![filters])];
    match kind {
        0 | 1 => {
            let groups: Vec<usize> = (1..=channels)
                .filter(|n| channels.is_multiple_of(*n) && filters.is_multiple_of(*n))
                .collect();
            call = Call::new(&format!("Conv{axes}D")).with("filters", filters);
            windows.write(random, &mut call);
            let groups = if random.chance(0.4) {
                random.pick(&groups)
            } else {
                1
            };
            if groups > 1 {
                call.set("groups", groups);
            }
            arrays.push((
                "kernel",
                [&windows.size[..], &[channels / groups, filters]].concat(),
            ));
        }
        2 => {
            call = Call::new(&format!("DepthwiseConv{axes}D"));
            windows.write(random, &mut call);
            let multiplier = random.between(1, 3);
            maybe(random, &mut call, 0.6, "depth_multiplier", |_| multiplier);
            arrays = vec![(
                "depthwise",
                [
                    &windows.size[..],
                    &[channels, call.whole("depth_multiplier", 1)],
                ]
                .concat(),
            )];
            arrays.push(("bias", vec![channels * call.whole("depth_multiplier", 1)]));
        }
        _ => {
            call = Call::new(&format!("SeparableConv{axes}D")).with("filters", filters);
            windows.write(random, &mut call);
            let multiplier = random.between(1, 3);
            maybe(random, &mut call, 0.6, "depth_multiplier", |_| multiplier);
            let multiplier = call.whole("depth_multiplier", 1);
            arrays.push((
                "depthwise",
                [&windows.size[..], &[channels, multiplier]].concat(),
            ));
            arrays.push((
                "pointwise",
                [&vec![1; axes][..], &[channels * multiplier, filters]].concat(),
            ));
        }
    }
    end(random, &mut call, &arrays, place);
    Some(call)
}

/// A transposed convolution.
pub fn transposed(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let (axes, channels) = (place.shape.len() - 1, place.shape[place.shape.len() - 1]);
    let mut windows = windows(random, place, &["valid", "same"], false);
    let filters = units(random);
    let mut call = Call::new(&format!("Conv{axes}DTranspose")).with("filters", filters);
    if windows.strides.iter().all(|stride| *stride == 1) && random.chance(0.4) {
        windows.dilation = vec![1; axes];
        windows.strides = (0..axes).map(|_| random.between(1, 3)).collect();
    }
    windows.write(random, &mut call);
    let is_odd = windows
        .size
        .iter()
        .zip(&windows.dilation)
        .all(|(size, dilation)| (size - 1) * dilation % 2 == 0);
    if random.chance(0.3) && is_odd && windows.strides.iter().any(|stride| *stride > 1) {
        let extra: Vec<usize> = windows
            .strides
            .iter()
            .map(|stride| random.between(0, stride - 1))
            .collect();
        call.set("output_padding", sizes(random, &extra));
    }
    let arrays = [
        ("kernel", [&windows.size[..], &[filters, channels]].concat()),
        ("bias", vec![filters]),
    ];
    end(random, &mut call, &arrays, place);
    Some(call)
}

/// A convolution whose windows have weights of their own.
pub fn local(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let axes = place.shape.len() - 1;
    let mut windows = windows(random, place, &["valid", "valid", "same"], false);
    windows.dilation = vec![1; axes];
    let mut call =
        Call::new(&format!("LocallyConnected{axes}D")).with("filters", random.between(1, 4));
    windows.write(random, &mut call);
    if windows.padding == "same" || random.chance(0.3) {
        call.set("implementation", random.between(2, 3));
    }
    maybe(random, &mut call, 0.5, "activation", activation);
    maybe(random, &mut call, 0.2, "use_bias", |_| false);
    let kernel = [("kernel", vec![2, 2, 2])];
    decorate(random, &mut call, &kernel, place.shape);
    if call.flag("use_bias", true) {
        weighed(random, &mut call, &[("bias", vec![2; axes + 1])]);
    }
    Some(call)
}

/// A pooling of any kind.
pub fn pooling(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let axes = place.shape.len() - 1;
    let what = random.pick(&["Max", "Average"]);
    let mut call;
    match random.between(0, 5) {
        0 => {
            call = Call::new(&format!("Global{what}Pooling{axes}D"));
            maybe(random, &mut call, 0.3, "keepdims", |_| true);
        }
        1 => {
            let size: Vec<usize> = place.shape[..axes]
                .iter()
                .map(|len| random.between(1, *len))
                .collect();
            call = Call::new(&format!("Adaptive{what}Pooling{axes}D"))
                .with("output_size", sizes(random, &size));
        }
        _ => {
            let mut windows = windows(random, place, &["valid", "same"], false);
            // Side by side more often than not.
            if random.chance(0.5) {
                let fits = place.shape[..axes].iter().all(|len| *len >= 2);
                windows.size = vec![if fits { 2 } else { 1 }; axes];
                windows.strides = windows.size.clone();
            }
            call = Call::new(&format!("{what}Pooling{axes}D"))
                .with("pool_size", sizes(random, &windows.size));
            if windows.strides != windows.size {
                call.set("strides", sizes(random, &windows.strides));
            }
            if windows.padding != "valid" {
                call.set("padding", windows.padding);
            }
        }
    }
    Some(call)
}

/// Margins, and each place several times.
pub fn frame(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let axes = place.shape.len() - 1;
    if random.chance(0.25) {
        return of_images(random, place);
    }
    let is_larger = random.chance(0.6);
    let mut margins = |most: &dyn Fn(usize) -> usize| {
        let mut pair = |axis: usize| {
            let first = random.between(0, most(axis));
            let last = random.between(0, most(axis) - first);
            Value::Tuple(vec![Value::from(first), Value::from(last)])
        };
        match axes {
            1 => pair(0),
            _ => Value::Tuple((0..axes).map(pair).collect()),
        }
    };
    match axes {
        _ if place.shape.iter().product::<usize>() < 60 && is_larger => {
            let padding = margins(&|_| 2);
            Some(Call::new(&format!("ZeroPadding{axes}D")).with("padding", padding))
        }
        _ if place.shape[..axes].iter().any(|len| *len > 2) => {
            let cropping = margins(&|axis| (place.shape[axis] - 1).min(2));
            Some(Call::new(&format!("Cropping{axes}D")).with("cropping", cropping))
        }
        1 => Some(Call::new("UpSampling1D").with("size", random.between(1, 3))),
        _ => of_images(random, place),
    }
}

fn conv_lstm(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let axes = place.shape.len() - 2;
    let inner = Place {
        shape: &place.shape[1..],
        ..*place
    };
    let windows = windows(random, &inner, &["valid", "same"], false);
    let (filters, channels) = (random.between(1, 3), place.shape[axes + 1]);
    let mut call = Call::new(&format!("ConvLSTM{axes}D")).with("filters", filters);
    windows.write(random, &mut call);
    maybe(random, &mut call, 0.2, "activation", |random| {
        random.pick(&["relu", "sigmoid", "softsign"])
    });
    maybe(random, &mut call, 0.2, "recurrent_activation", |random| {
        random.pick(&["hard_sigmoid", "tanh"])
    });
    maybe(random, &mut call, 0.2, "use_bias", |_| false);
    maybe(random, &mut call, 0.6, "return_sequences", |_| true);
    maybe(random, &mut call, 0.25, "go_backwards", |_| true);
    maybe(random, &mut call, 0.2, "zero_output_for_mask", |_| true);
    if place.may_be_stateful {
        maybe(random, &mut call, 0.6, "stateful", |_| true);
    }
    let arrays = [
        (
            "kernel",
            [&windows.size[..], &[channels, 4 * filters]].concat(),
        ),
        (
            "recurrent",
            [&windows.size[..], &[filters, 4 * filters]].concat(),
        ),
        ("bias", vec![4 * filters]),
    ];
    decorate(random, &mut call, &arrays, place.shape);
    Some(call)
}

/// What changes images in a training alone.
fn augmentation(random: &mut Random, place: &Place<'_>) -> Call {
    let of_any = [
        "RandomFlip",
        "RandomRotation",
        "RandomZoom",
        "RandomTranslation",
        "RandomContrast",
        "RandomBrightness",
        "RandomInvert",
        "Solarization",
        "RandomPosterization",
        "RandomSharpness",
        "RandomGaussianBlur",
        "RandomShear",
        "RandomPerspective",
        "RandomErasing",
    ];
    let of_colors = [
        "RandomSaturation",
        "RandomHue",
        "RandomColorJitter",
        "RandomGrayscale",
        "RandomColorDegeneration",
    ];
    let class = match place.shape[2] == 3 && random.chance(0.5) {
        true => random.pick(&of_colors),
        false => random.pick(&of_any),
    };
    let call = Call::new(class);
    let factor = |random: &mut Random| two_digits(random, 0.1, 0.4);
    match class {
        "RandomFlip" | "Solarization" | "RandomGaussianBlur" | "RandomErasing"
        | "RandomColorJitter" | "RandomInvert" | "RandomPerspective" => call,
        "RandomZoom" => call.with("height_factor", factor(random)),
        "RandomTranslation" => call
            .with("height_factor", factor(random))
            .with("width_factor", factor(random)),
        "RandomShear" => call.with("x_factor", factor(random)),
        "RandomPosterization" => call.with("factor", random.between(2, 8)),
        _ => call.with("factor", factor(random)),
    }
}

/// Images of another size, or changed at random in training.
fn of_images(random: &mut Random, place: &Place<'_>) -> Option<Call> {
    let axes = place.shape.len() - 1;
    if axes == 3 {
        let size: Vec<usize> = (0..3).map(|_| random.between(1, 2)).collect();
        return Some(Call::new("UpSampling3D").with("size", sizes(random, &size)));
    }
    if axes == 1 {
        return Some(Call::new("UpSampling1D").with("size", random.between(1, 3)));
    }
    let between = random.pick(&["nearest", "bilinear"]);
    Some(match random.between(0, 3) {
        0 | 1 => {
            let size: Vec<usize> = (0..2).map(|_| random.between(1, 2)).collect();
            Call::new("UpSampling2D")
                .with("size", sizes(random, &size))
                .with("interpolation", between)
        }
        2 => {
            let call = Call::new("Resizing")
                .with("height", random.between(2, 6))
                .with("width", random.between(2, 6));
            call.with("interpolation", between)
        }
        _ => {
            let size = |random: &mut Random, axis: usize| random.between(1, place.shape[axis]);
            Call::new("CenterCrop")
                .with("height", size(random, 0))
                .with("width", size(random, 1))
        }
    })
}
