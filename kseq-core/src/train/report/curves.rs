//! Curves over the epochs in a terminal, of Braille's dots: what `fit` draws with `verbose(3)`.

use core::fmt::Write;
use std::format;
use std::string::{String, ToString};
use std::time::{Duration, Instant};
use std::vec::Vec;

use super::chart::{Axis, Chart, Curve, Style};
use super::history::History;
use super::progress::number;
use super::say::{KEEP_ON_LINE, WRAP, columns, is_colored, put};
use crate::summary::width;

/// Characters: of the curves, and to their left, with the line that they begin at.
const WIDTH: usize = 28;
const HEIGHT: usize = 8;
const LABEL: usize = 9;

/// Between two charts.
const GAP: usize = 2;

/// How wide the output is if nobody says it.
const COLUMNS: usize = 80;

const PLAIN: &str = "\x1b[0m";

impl Style {
    const fn terminal(self) -> &'static str {
        match self {
            Style::Training => "\x1b[36m",
            Style::Validation => "\x1b[33m",
        }
    }

    /// What stands before the last value.
    const fn sample(self) -> &'static str {
        match self {
            Style::Training => "━━ ",
            Style::Validation => "╍╍ ",
        }
    }
}

/// The charts of a training, as many as there is room for beside each other: the loss, then metrics. Nothing before its first epoch.
pub(in crate::train) fn curves(history: &History) -> Vec<String> {
    let columns = columns().unwrap_or(COLUMNS);
    lines(&history.charts(), columns, is_colored())
}

fn lines(charts: &[Chart<'_>], columns: usize, colored: bool) -> Vec<String> {
    let count = (columns + GAP) / (LABEL + WIDTH + GAP);
    let mut charts = charts
        .iter()
        .take(count.max(1))
        .map(|chart| chart.dots(colored));
    let mut lines = charts.next().unwrap_or_default();
    for chart in charts {
        for (line, next) in lines.iter_mut().zip(chart) {
            line.extend(core::iter::repeat_n(' ', GAP));
            line.push_str(&next);
        }
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_string())
        .collect()
}

/// The curves that stay where they are while a training goes on, with the line of its epoch below them.
#[derive(Default)]
pub(in crate::train) struct Live {
    /// The lines above the cursor that are its own.
    lines: usize,
    drawn: Option<Instant>,
}

impl Live {
    /// Draws the epochs so far, and the line of the one that begins; ten times a second at most.
    pub fn show(&mut self, history: &History, epoch: &str) {
        let wait = Duration::from_millis(100);
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= wait) {
            self.draw(history, epoch);
            self.drawn = Some(Instant::now());
        }
    }

    /// Draws them now.
    pub fn draw(&mut self, history: &History, epoch: &str) {
        let mut lines = curves(history);
        lines.push(epoch.to_string());
        put(&[&self.frame(&lines)]);
    }

    /// Takes back what was drawn before, and a line that is not yet at its end.
    fn frame(&mut self, lines: &[String]) -> String {
        let mut text = String::from("\r");
        if self.lines > 0 {
            // Writing into a string does not fail.
            let _ = write!(text, "\x1b[{}A", self.lines);
        }
        text += "\x1b[J";
        text += KEEP_ON_LINE;
        for line in lines {
            text += line;
            text.push('\n');
        }
        text += WRAP;
        self.lines = lines.len();
        text
    }
}

/// A line of a chart, and how wide it is: colours have no width.
#[derive(Default)]
struct Line {
    text: String,
    width: usize,
}

impl Line {
    /// Appends what there is room for.
    fn push(&mut self, text: &str, color: Option<&str>) {
        text.chars().for_each(|c| self.push_char(c, color));
    }

    fn push_char(&mut self, c: char, color: Option<&str>) {
        let mut bytes = [0; 4];
        let c = c.encode_utf8(&mut bytes);
        let wide = width(c);
        if self.width + wide > LABEL + WIDTH {
            return;
        }
        self.width += wide;
        match color.filter(|_| c != " ") {
            // Not again before each dot of a curve.
            Some(color) => {
                let goes_on = self.text.strip_suffix(PLAIN);
                let goes_on = goes_on.filter(|text| {
                    text.rfind('\x1b')
                        .is_some_and(|at| text.get(at..at + color.len()) == Some(color))
                });
                match goes_on.map(str::len) {
                    Some(len) => self.text.truncate(len),
                    None => self.text.push_str(color),
                }
                self.text.extend([c, PLAIN]);
            }
            None => self.text.push_str(c),
        }
    }

    /// The line up to the chart's edge.
    fn whole(mut self) -> String {
        let space = (LABEL + WIDTH).saturating_sub(self.width);
        self.text.extend(core::iter::repeat_n(' ', space));
        self.text
    }
}

/// Which of its eight dots a character has, and whose the last one is.
type Dots = [[(u8, Option<Style>); WIDTH]; HEIGHT];

impl Chart<'_> {
    /// Its lines: the title, the last values, the curves, the epochs.
    fn dots(&self, colored: bool) -> Vec<String> {
        let color = |style: Style| colored.then_some(style.terminal());
        let (mut title, mut values) = (Line::default(), Line::default());
        title.push(self.title, None);
        for curve in &self.curves {
            let Some((_, last)) = curve.points.last() else {
                continue;
            };
            let (space, name) = match curve.style {
                Style::Training => ("", ""),
                Style::Validation => ("  ", " validation"),
            };
            values.push(space, None);
            values.push(curve.style.sample(), color(curve.style));
            values.push(&format!("{}{name}", number(*last as f32)), None);
        }
        let mut lines = Vec::from([title.whole(), values.whole()]);

        let x = [0.0, (2 * WIDTH - 1) as f64];
        let y = [(4 * HEIGHT - 1) as f64, 0.0];
        let (x, y) = self.axes([x, y], [WIDTH as f64, 6.0]);
        let mut dots: Dots = [[(0, None); WIDTH]; HEIGHT];
        for curve in &self.curves {
            curve.dot(&mut dots, &x, &y);
        }
        for (row, dots) in dots.iter().enumerate() {
            let mark = y
                .marks()
                .find(|mark| (y.at(*mark).round() as usize) / 4 == row);
            let mut line = Line::default();
            let label = mark.map(|mark| y.label(mark)).unwrap_or_default();
            line.push(&format!("{label:>0$}", LABEL - 1), None);
            line.push(if mark.is_some() { "┤" } else { "│" }, None);
            for (dots, style) in dots {
                let shown = match dots {
                    0 => ' ',
                    dots => char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' '),
                };
                line.push_char(shown, style.and_then(color));
            }
            lines.push(line.whole());
        }

        let epochs = || {
            self.curves
                .iter()
                .flat_map(|curve| &curve.points)
                .map(|point| point.0)
        };
        let first = epochs().fold(f64::INFINITY, f64::min).to_string();
        let last = epochs().fold(0.0, f64::max).to_string();
        let mut line = Line::default();
        line.push(&format!("{:LABEL$}{first}", ""), None);
        if first != last {
            line.push(
                &format!("{last:>0$}", WIDTH.saturating_sub(first.len())),
                None,
            );
        }
        lines.push(line.whole());
        lines
    }
}

impl Curve<'_> {
    fn dot(&self, dots: &mut Dots, x: &Axis, y: &Axis) {
        let at = |(epoch, value): &(f64, f64)| (x.at(*epoch), y.at(*value));
        let mut before = self.points.first().map(at);
        let mut gone = 0;
        for (x, y) in self.points.iter().map(at) {
            let (from_x, from_y) = before.unwrap_or((x, y));
            let steps = (x - from_x).abs().max((y - from_y).abs()).ceil().max(1.0);
            for step in 1..=steps as usize {
                let part = step as f64 / steps;
                gone += 1;
                // The validation is dashed, but its points are there.
                let is_gap = matches!(self.style, Style::Validation) && gone % 5 >= 3;
                if !is_gap || part == 1.0 {
                    let [x, y] = [(from_x, x), (from_y, y)]
                        .map(|(a, b)| (a + (b - a) * part).round() as usize);
                    self.set(dots, x, y);
                }
            }
            before = Some((x, y));
        }
    }

    fn set(&self, dots: &mut Dots, x: usize, y: usize) {
        // Dots 1 to 6 stand in three rows, 7 and 8 came later, below them.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let bit = BITS.get(x % 2).and_then(|bits| bits.get(y % 4));
        let cell = dots.get_mut(y / 4).and_then(|row| row.get_mut(x / 2));
        if let (Some(bit), Some(cell)) = (bit, cell) {
            *cell = (cell.0 | bit, Some(self.style));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWN: &str = "\
loss                                   acc
━━ 0.0859  ╍╍ 0.3000 validation        ━━ 0.9141
     1.0┤⠢⡀                                    │                     ⢀⣀⣀⡠⠤⠤⠔
     0.8┤ ⠘⢄                                0.8┤               ⣀⡠⠔⠒⠊⠉⠁
        │   ⠑⢄                                 │          ⢀⡠⠔⠊⠉
     0.6┤     ⠑⠤⡀                           0.6┤       ⢀⡠⠎⠁
     0.4┤       ⠈⠑⠦⣀                        0.4┤     ⣀⠔⠁
        │           ⠉⠒⠤⢤⣄⠤⠠⠤⠄⠤⠤⠠⠤⠄⠤⠤⠠          │   ⢀⠎
     0.2┤                ⠉⠒⠒⠤⠤⢄⣀⣀⡀          0.2┤ ⢀⠖⠁
       0┤                        ⠈⠉⠉⠉         0┤⡰⠁
         1                         12           1                         12";

    /// A training of so many epochs whose validation stops falling.
    fn history(epochs: usize) -> History {
        let mut history = History::default();
        for epoch in 0..epochs {
            let loss = 0.8_f32.powi(epoch as i32);
            let logs = [
                ("loss", loss),
                ("acc", 1.0 - loss),
                ("val_loss", loss.max(0.3)),
            ];
            history.record(epoch, &logs);
        }
        history
    }

    /// What a terminal shows behind all that was written to it.
    fn screen(written: &str) -> String {
        let mut lines: Vec<String> = Vec::from([String::new()]);
        let mut at = 0;
        let mut chars = written.chars();
        while let Some(c) = chars.next() {
            match c {
                '\n' => {
                    at += 1;
                    lines.resize(lines.len().max(at + 1), String::new());
                }
                '\r' => {}
                '\x1b' => {
                    let code: String = chars
                        .by_ref()
                        .skip(1)
                        .take_while(|c| !c.is_ascii_alphabetic() || *c == '[')
                        .collect();
                    // `take_while` has taken the letter, too: a number is `A`, nothing is `J`.
                    match code.parse::<usize>() {
                        Ok(up) => at -= up,
                        Err(_) if code.is_empty() => {
                            lines.truncate(at + 1);
                            lines[at].clear();
                        }
                        Err(_) => {}
                    }
                }
                c => lines[at].push(c),
            }
        }
        lines.join("\n")
    }

    #[test]
    fn a_chart_in_a_terminal() {
        let history = history(12);
        let drawn = lines(&history.charts(), 80, false);
        assert_eq!(drawn.join("\n"), DRAWN);
        // One beside the other where there is room, else the first.
        assert_eq!(lines(&history.charts(), 50, false).len(), drawn.len());
        assert!(
            lines(&history.charts(), 20, false)
                .iter()
                .all(|line| width(line) <= LABEL + WIDTH)
        );
        let colored = lines(&history.charts(), 80, true).join("\n");
        let plain = ["\x1b[36m", "\x1b[33m", PLAIN]
            .iter()
            .fold(colored, |text, code| text.replace(code, ""));
        assert_eq!(plain, drawn.join("\n"));
        assert!(lines(&History::default().charts(), 80, false).is_empty());
    }

    #[test]
    fn one_drawing_takes_the_place_of_the_last() {
        let mut live = Live::default();
        let mut written = String::from("before\n");
        for (epochs, bar) in [(0, "3/8 ━━"), (1, "4/8 ━━━"), (2, "")] {
            let mut now = lines(&history(epochs).charts(), 80, false);
            now.push(format!("Epoch {}/3", epochs + 1));
            written += &live.frame(&now);
            written += bar;
        }
        let mut expected = lines(&history(2).charts(), 80, false).join("\n");
        expected += "\nEpoch 3/3\n";
        assert_eq!(screen(&written), format!("before\n{expected}"));
    }
}
