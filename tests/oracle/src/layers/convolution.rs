//! Convolutions of one to three axes: sums over windows, output by output.

use crate::call::Call;
use crate::layers::{activation, axes_of};
use crate::run::{Fill, Run};
use crate::tape::Var;
use crate::tensor::{Tensor, each};

/// How windows lie on the axes of an image.
#[derive(Clone, Debug)]
pub struct Window {
    /// The taps on each axis.
    pub size: Vec<usize>,
    /// From window to window.
    pub strides: Vec<usize>,
    /// From tap to tap.
    pub dilation: Vec<usize>,
    /// Where the first window begins, in front of the image.
    pub before: Vec<usize>,
    /// How many windows there are.
    pub windows: Vec<usize>,
}

impl Window {
    /// TensorFlow's rule: `valid` windows lie inside, `same` ones are as many as strides, with the padding behind if it is odd, `causal`
    /// ones end where their output is.
    pub fn new(
        image: &[usize],
        size: &[usize],
        strides: &[usize],
        dilation: &[usize],
        padding: &str,
    ) -> Window {
        let (mut before, mut windows) = (Vec::new(), Vec::new());
        for axis in 0..image.len() {
            let (len, stride) = (image[axis], strides[axis]);
            let reach = (size[axis] - 1) * dilation[axis] + 1;
            let (first, n) = match padding {
                "valid" => (0, (len + 1).saturating_sub(reach).div_ceil(stride)),
                "same" => {
                    let n = len.div_ceil(stride);
                    (((n - 1) * stride + reach).saturating_sub(len) / 2, n)
                }
                "causal" => (reach - 1, len.div_ceil(stride)),
                other => panic!("{other} is no padding"),
            };
            before.push(first);
            windows.push(n);
        }
        Window {
            size: size.to_vec(),
            strides: strides.to_vec(),
            dilation: dilation.to_vec(),
            before,
            windows,
        }
    }

    /// Where a tap of a window lies.
    pub fn place(&self, window: &[usize], tap: &[usize]) -> Vec<isize> {
        let axis = |i: usize| {
            (window[i] * self.strides[i] + tap[i] * self.dilation[i]) as isize
                - self.before[i] as isize
        };
        (0..window.len()).map(axis).collect()
    }
}

/// The window that a layer's arguments say.
fn window(call: &Call, image: &[usize]) -> Window {
    let axes = image.len();
    let (size, strides) = (
        call.sizes("kernel_size", axes, 1),
        call.sizes("strides", axes, 1),
    );
    Window::new(
        image,
        &size,
        &strides,
        &call.sizes("dilation_rate", axes, 1),
        call.text("padding", "valid"),
    )
}

/// An index of a batch of images: the sample, places on the axes, the channel.
fn index(sample: usize, place: &[isize], channel: usize) -> Vec<isize> {
    [&[sample as isize], place, &[channel as isize]].concat()
}

/// A convolution; each of the groups of filters sees a group of channels.
pub fn convolve(x: &Tensor, kernel: &Tensor, window: &Window, groups: usize) -> Tensor {
    let axes = window.size.len();
    let (channels, filters) = (kernel.shape[axes], kernel.shape[axes + 1]);
    let shape = [&[x.batch()], &window.windows[..], &[filters]].concat();
    Tensor::made(&shape, |at| {
        let filter = at[axes + 1];
        let group = filter / (filters / groups);
        let mut sum = Var::ZERO;
        each(&window.size, |tap| {
            let place = window.place(&at[1..=axes], tap);
            for channel in 0..channels {
                if let Some(x) = x.inside(&index(at[0], &place, group * channels + channel)) {
                    sum += x * kernel.at(&[tap, &[channel, filter]].concat());
                }
            }
        });
        sum
    })
}

/// Of each channel by itself: output `c * multiplier + m` is that of channel `c`.
fn by_channels(x: &Tensor, kernel: &Tensor, window: &Window) -> Tensor {
    let axes = window.size.len();
    let multiplier = kernel.shape[axes + 1];
    let shape = [&[x.batch()], &window.windows[..], &[x.width() * multiplier]].concat();
    Tensor::made(&shape, |at| {
        let (channel, m) = (at[axes + 1] / multiplier, at[axes + 1] % multiplier);
        let mut sum = Var::ZERO;
        each(&window.size, |tap| {
            if let Some(x) = x.inside(&index(at[0], &window.place(&at[1..=axes], tap), channel)) {
                sum += x * kernel.at(&[tap, &[channel, m]].concat());
            }
        });
        sum
    })
}

/// The bias of each channel, then the activation.
fn finished(call: &Call, y: Tensor, run: &mut Run<'_>) -> Tensor {
    let width = y.width();
    let bias = run.bias(call, &[width]);
    let values = y
        .values
        .iter()
        .enumerate()
        .map(|(i, y)| *y + bias.at(&[i % width]));
    activation(
        call,
        "activation",
        "linear",
        Tensor {
            values: values.collect(),
            shape: y.shape.clone(),
        },
    )
}

/// `Conv1D`, `Conv2D`, `Conv3D`.
pub fn plain(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let axes = axes_of(&call.class);
    let (window, groups) = (window(call, &x.shape[1..=axes]), call.whole("groups", 1));
    let channels = x.width() / groups;
    let shape = [&window.size[..], &[channels, call.must("filters")]].concat();
    let terms = window.size.iter().product::<usize>() * channels;
    let kernel = run.param(call, "kernel", "kernel", &shape, Fill::Sum(terms));
    finished(call, convolve(&x, &kernel, &window, groups), run)
}

/// `DepthwiseConv1D`, `DepthwiseConv2D`.
pub fn depthwise(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let window = window(call, &x.shape[1..=axes_of(&call.class)]);
    let shape = [
        &window.size[..],
        &[x.width(), call.whole("depth_multiplier", 1)],
    ]
    .concat();
    // In Keras the array is called `kernel`.
    let kernel = run.param(
        call,
        "depthwise",
        "kernel",
        &shape,
        Fill::Sum(window.size.iter().product()),
    );
    finished(call, by_channels(&x, &kernel, &window), run)
}

/// `SeparableConv1D`, `SeparableConv2D`: each channel by itself, then a product along the channels.
pub fn separable(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let window = window(call, &x.shape[1..=axes_of(&call.class)]);
    let multiplier = call.whole("depth_multiplier", 1);
    let shape = [&window.size[..], &[x.width(), multiplier]].concat();
    let kernel = run.param(
        call,
        "depthwise",
        "depthwise_kernel",
        &shape,
        Fill::Sum(window.size.iter().product()),
    );
    let y = by_channels(&x, &kernel, &window);
    let pixel = Window::new(
        &window.windows,
        &vec![1; window.size.len()],
        &vec![1; window.size.len()],
        &vec![1; window.size.len()],
        "valid",
    );
    let shape = [&pixel.size[..], &[y.width(), call.must("filters")]].concat();
    let kernel = run.param(
        call,
        "pointwise",
        "pointwise_kernel",
        &shape,
        Fill::Sum(y.width()),
    );
    finished(call, convolve(&y, &kernel, &pixel, 1), run)
}

/// `Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`: what a convolution of the output would take from each place, given back.
pub fn transposed(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let axes = axes_of(&call.class);
    let (size, strides) = (
        call.sizes("kernel_size", axes, 1),
        call.sizes("strides", axes, 1),
    );
    let dilation = call.sizes("dilation_rate", axes, 1);
    let padding = call.text("padding", "valid");
    let extra = call
        .get("output_padding")
        .map(|_| call.sizes("output_padding", axes, 0));
    let output: Vec<usize> = (0..axes)
        .map(|i| {
            let (len, stride, reach) =
                (x.shape[1 + i], strides[i], (size[i] - 1) * dilation[i] + 1);
            match (&extra, padding) {
                (None, "same") => len * stride,
                (None, _) => len * stride + reach.saturating_sub(stride),
                (Some(extra), "same") => (len - 1) * stride + reach + extra[i] - 2 * (reach / 2),
                (Some(extra), _) => (len - 1) * stride + reach + extra[i],
            }
        })
        .collect();
    let (filters, channels) = (call.must("filters"), x.width());
    let shape = [&size[..], &[filters, channels]].concat();
    let terms = size.iter().product::<usize>() * channels / strides.iter().product::<usize>();
    let kernel = run.param(call, "kernel", "kernel", &shape, Fill::Sum(terms));
    let window = Window::new(&output, &size, &strides, &dilation, padding);
    let mut y = Tensor::zeros(&[&[x.batch()], &output[..], &[filters]].concat());
    each(&x.shape[..=axes], |at| {
        each(&size, |tap| {
            let place = window.place(&at[1..], tap);
            if y.inside(&index(at[0], &place, 0)).is_none() {
                return;
            }
            let place: Vec<usize> = place.iter().map(|place| *place as usize).collect();
            for filter in 0..filters {
                let to = y.place(&[&[at[0]], &place[..], &[filter]].concat());
                for channel in 0..channels {
                    y.values[to] += x.at(&[at, &[channel]].concat())
                        * kernel.at(&[tap, &[filter, channel]].concat());
                }
            }
        });
    });
    finished(call, y, run)
}

/// `LocallyConnected1D`, `LocallyConnected2D`: each window has weights of its own.
pub fn locally_connected(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let window = window(call, &x.shape[1..=axes_of(&call.class)]);
    let (axes, channels, filters) = (window.size.len(), x.width(), call.must("filters"));
    let (windows, taps) = (
        window.windows.iter().product(),
        window.size.iter().product::<usize>(),
    );
    let kernel = run.param(
        call,
        "kernel",
        "kernel",
        &[windows, taps * channels, filters],
        Fill::Sum(taps * channels),
    );
    let bias = run.bias(call, &[&window.windows[..], &[filters]].concat());
    let shape = [&[x.batch()], &window.windows[..], &[filters]].concat();
    let number =
        |at: &[usize], of: &[usize]| at.iter().zip(of).fold(0, |n, (at, len)| n * len + at);
    let y = Tensor::made(&shape, |at| {
        let mut sum = bias.at(&at[1..]);
        each(&window.size, |tap| {
            let place = window.place(&at[1..=axes], tap);
            for channel in 0..channels {
                if let Some(x) = x.inside(&index(at[0], &place, channel)) {
                    let row = number(tap, &window.size) * channels + channel;
                    sum +=
                        x * kernel.at(&[number(&at[1..=axes], &window.windows), row, at[axes + 1]]);
                }
            }
        });
        sum
    });
    activation(call, "activation", "linear", y)
}
