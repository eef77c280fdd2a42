//! Curves over the epochs as a chart of an SVG.

use std::fmt::Write;
use std::format;
use std::string::String;
use std::vec::Vec;

/// A chart: a value, epoch by epoch.
pub(super) struct Chart<'a> {
    pub title: &'a str,
    pub curves: Vec<Curve<'a>>,
}

/// One line of it.
pub(super) struct Curve<'a> {
    pub name: &'a str,
    pub style: Style,
    /// (epoch, value), all of them finite.
    pub points: Vec<(f64, f64)>,
}

/// Colours that people tell apart who do not see all of them (Okabe and Ito); on paper without colours the dashes say it.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Training,
    Validation,
}

impl Style {
    const fn attributes(self) -> &'static str {
        match self {
            Style::Training => "stroke=\"#0072b2\"",
            Style::Validation => "stroke=\"#d55e00\" stroke-dasharray=\"6 4\"",
        }
    }

    const fn color(self) -> &'static str {
        match self {
            Style::Training => "#0072b2",
            Style::Validation => "#d55e00",
        }
    }
}

/// Pixels: of a chart, and around the curves.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 48.0;

/// More points than this are a line by themselves.
const MARKED: usize = 40;

/// The picture: two charts beside each other, and the next two below.
pub(super) fn svg(charts: &[Chart<'_>]) -> String {
    let columns = charts.len().clamp(1, 2);
    let rows = charts.len().div_ceil(columns);
    let (width, height) = (WIDTH * columns as f64, HEIGHT * rows as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#333333\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (i, chart) in charts.iter().enumerate() {
        let (x, y) = (WIDTH * (i % columns) as f64, HEIGHT * (i / columns) as f64);
        // Writing into a string does not fail.
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        chart.draw(&mut svg);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// An axis: which values it shows, and on which pixels.
pub(super) struct Axis {
    low: f64,
    high: f64,
    pixels: [f64; 2],
    /// Between two marks.
    step: f64,
}

impl Axis {
    pub(super) fn at(&self, value: f64) -> f64 {
        let [from, to] = self.pixels;
        from + (value - self.low) / (self.high - self.low) * (to - from)
    }

    /// The values that are marked: multiples of the step.
    pub(super) fn marks(&self) -> impl Iterator<Item = f64> + '_ {
        let first = (self.low / self.step).ceil();
        let count = (self.high / self.step).floor() - first;
        (0..=count as usize).map(move |i| (first + i as f64) * self.step)
    }

    /// A value with as many digits as tell two marks apart.
    pub(super) fn label(&self, value: f64) -> String {
        // What is 0 but for roundings.
        let value = if value.abs() < self.step / 2.0 {
            0.0
        } else {
            value
        };
        let (step, largest) = (
            digits(self.step),
            digits(self.high.abs().max(self.low.abs())),
        );
        match largest {
            _ if value == 0.0 => "0".into(),
            -3..=5 => format!("{value:.*}", step.min(0).unsigned_abs() as usize),
            _ => {
                let after = (digits(value) - step).max(0);
                format!("{value:.*e}", after as usize)
            }
        }
    }
}

/// The power of ten of a number: -2 of 0.05.
fn digits(value: f64) -> i32 {
    // A step that is a power of ten may be a little below it.
    (value.abs() * (1.0 + 1e-9)).log10().floor() as i32
}

/// The smallest of 1, 2, 5, 10, 20, .. (and 0.5, 0.2, ..) of which not more than `count` fit into a range.
fn step(range: f64, count: f64) -> f64 {
    let raw = range / count;
    let power = 10_f64.powi(digits(raw));
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    let fits = steps.into_iter().find(|step| *step >= raw);
    fits.unwrap_or(10.0 * power)
}

/// The smallest and the largest one.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    })
}

impl Chart<'_> {
    /// The axes of epochs and values on these pixels, with at most so many steps between marks.
    pub(super) fn axes(&self, pixels: [[f64; 2]; 2], steps: [f64; 2]) -> (Axis, Axis) {
        let [across, up] = pixels;
        let [epochs, values] = steps;
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let (first, last) = range(points().map(|point| point.0));
        let (low, high) = range(points().map(|point| point.1));
        // A single value needs room, too, and what differs in its last digits only is drawn as one.
        let largest = high.abs().max(low.abs());
        let margin = match largest {
            0.0 => 0.1,
            _ => ((high - low) * 0.05).max(1e-3 * largest),
        };
        let room = if first < last { 0.0 } else { 0.5 };
        let x = Axis {
            low: first - room,
            high: last + room,
            pixels: across,
            step: step(last - first, epochs).max(1.0),
        };
        let (low, high) = match low {
            // What nearly reaches 0 is shown from there.
            0.0.. if low < (high - low) * 0.2 => (0.0, high + margin),
            _ => (low - margin, high + margin),
        };
        let y = Axis {
            low,
            high,
            pixels: up,
            step: step(high - low, values),
        };
        (x, y)
    }

    fn draw(&self, svg: &mut String) {
        let [left, right] = [LEFT, WIDTH - RIGHT];
        let [bottom, top] = [HEIGHT - BOTTOM, TOP];
        let (x, y) = self.axes([[left, right], [bottom, top]], [10.0, 8.0]);
        // Writing into a string does not fail.
        let _ = writeln!(
            svg,
            "<text x=\"{left}\" y=\"24\" font-size=\"15\" font-weight=\"bold\">{}</text>",
            escaped(self.title)
        );
        self.legend(svg, right);
        for mark in y.marks() {
            let (at, label) = (y.at(mark), y.label(mark));
            let _ = writeln!(
                svg,
                "<path d=\"M{left} {at:.1}H{right}\" stroke=\"#e4e4e4\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                left - 8.0,
                at + 4.0
            );
        }
        for mark in x.marks() {
            let at = x.at(mark);
            let _ = writeln!(
                svg,
                "<path d=\"M{at:.1} {bottom}v4\" stroke=\"#888888\"/>\
                 <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>",
                bottom + 18.0
            );
        }
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#888888\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">epoch</text>",
            f64::midpoint(left, right),
            bottom + 38.0
        );
        for curve in &self.curves {
            curve.draw(svg, &x, &y);
        }
    }

    /// The names of the curves, above them and to the right; of a single one the title says it.
    fn legend(&self, svg: &mut String, right: f64) {
        if self.curves.len() < 2 {
            return;
        }
        for (i, curve) in self.curves.iter().rev().enumerate() {
            let at = right - 96.0 * (i + 1) as f64;
            let _ = writeln!(
                svg,
                "<path d=\"M{at} 20h26\" stroke-width=\"2\" {}/><text x=\"{}\" y=\"24\">{}</text>",
                curve.style.attributes(),
                at + 32.0,
                curve.name
            );
        }
    }
}

impl Curve<'_> {
    fn draw(&self, svg: &mut String, x: &Axis, y: &Axis) {
        let points = || self.points.iter().map(|(e, v)| (x.at(*e), y.at(*v)));
        let line: Vec<String> = points().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" {}/>",
            line.join(" "),
            self.style.attributes()
        );
        // One epoch is a point, and no line.
        if self.points.len() <= MARKED {
            for (x, y) in points() {
                let color = self.style.color();
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{color}\"/>"
                );
            }
        }
    }
}

/// A text in XML: a key is any name of a metric.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(low: f64, high: f64) -> Axis {
        let curves = [low, high].map(|v| (v, v)).to_vec();
        let chart = Chart {
            title: "loss",
            curves: std::vec![Curve {
                name: "training",
                style: Style::Training,
                points: curves
            }],
        };
        chart.axes([[0.0, 1.0]; 2], [10.0, 8.0]).1
    }

    #[test]
    fn marks_have_as_many_digits_as_they_need() {
        for (low, high, expected) in [
            (0.1, 1.0, "0 0.2 0.4 0.6 0.8 1.0"),
            (0.91, 0.968, "0.91 0.92 0.93 0.94 0.95 0.96 0.97"),
            (2.0, 40.0, "0 10 20 30 40"),
            (-1.0, 1.0, "-1.0 -0.5 0 0.5 1.0"),
            (1e-5, 2e-5, "1.0e-5 1.2e-5 1.4e-5 1.6e-5 1.8e-5 2.0e-5"),
            (0.0, 5e7, "0 1e7 2e7 3e7 4e7 5e7"),
            (0.5, 0.500_000_1, "0.4996 0.4998 0.5000 0.5002 0.5004"),
            (0.0, 0.0, "-0.10 -0.05 0 0.05 0.10"),
        ] {
            let axis = axis(low, high);
            let marks: Vec<String> = axis.marks().map(|mark| axis.label(mark)).collect();
            assert_eq!(marks.join(" "), expected, "{low}..{high}");
        }
    }

    #[test]
    fn steps_are_round() {
        for (range, expected) in [(1.0, 0.2), (0.06, 0.01), (100.0, 20.0), (7.0, 2.0)] {
            let found = step(range, 6.0);
            assert!((found - expected).abs() < 1e-12, "{range}: {found}");
        }
    }
}
