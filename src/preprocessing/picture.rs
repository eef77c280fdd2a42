//! Pictures in files: PPM and PGM (`P2`, `P3`, `P5`, `P6`), and BMP without compression.

use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

/// A picture of any size: rows of pixels of so many channels, values from 0 to 255.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Picture {
    /// How many rows there are.
    pub height: usize,
    /// How many pixels a row has.
    pub width: usize,
    /// How many values a pixel has: 1, 3 (red, green, blue) or 4 (and opacity).
    pub channels: usize,
    /// All values, pixel by pixel.
    pub values: Vec<f32>,
}

/// The most values of a picture.
const MOST: usize = 1 << 28;

/// How a picture gets another size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Interpolation {
    /// The nearest pixel, as Keras's `load_img` and `flow_from_directory`.
    Nearest,
    /// The mean of the four pixels around a place, as Keras's `image_dataset_from_directory` (default).
    #[default]
    Bilinear,
}

impl Picture {
    /// The picture of a file's bytes.
    ///
    /// # Errors
    /// What is wrong with it: it is of another format, compressed, or cut short.
    pub fn decode(bytes: &[u8]) -> Result<Picture, String> {
        match bytes.get(..2) {
            Some(b"P2" | b"P3" | b"P5" | b"P6") => pnm(bytes),
            Some(b"BM") => bmp(bytes).ok_or_else(|| {
                "expected a whole BMP of 24 or 32 bits without compression".to_string()
            }),
            _ => Err(
                "expected PPM, PGM or BMP: for other formats decode with a crate of your choice, \
                      `decode_with`"
                    .to_string(),
            ),
        }
    }

    /// The picture as PPM, of one channel as PGM; opacity is left out.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (kind, used) = if self.channels < 3 {
            ("P5", 1)
        } else {
            ("P6", 3)
        };
        let head = std::format!("{kind}\n{} {}\n255\n", self.width, self.height);
        let mut bytes = head.into_bytes();
        for pixel in self.values.chunks(self.channels.max(1)) {
            bytes.extend(pixel.iter().take(used).map(|v| *v as u8));
        }
        bytes
    }

    /// With so many channels: colours become grey as `0.299 r + 0.587 g + 0.114 b`, grey stands for all colours, and what had no
    /// opacity is opaque.
    #[must_use]
    pub fn with_channels(&self, channels: usize) -> Picture {
        let pixel = |pixel: &[f32], c: usize| match (pixel, channels) {
            ([r, g, b, ..], 1) => 0.299 * r + 0.587 * g + 0.114 * b,
            ([grey], _) if c < 3 => *grey,
            (pixel, _) => pixel.get(c).copied().unwrap_or(255.0),
        };
        let pixels = self.values.chunks(self.channels.max(1));
        Picture {
            channels,
            values: pixels
                .flat_map(|p| (0..channels).map(move |c| pixel(p, c)))
                .collect(),
            ..*self
        }
    }

    /// In another size.
    #[must_use]
    pub fn resized(&self, height: usize, width: usize, interpolation: Interpolation) -> Picture {
        if (height, width) == (self.height, self.width) {
            return self.clone();
        }
        let mut values = Vec::with_capacity(height * width * self.channels);
        for row in 0..height {
            for col in 0..width {
                // The middle of the pixel, as a place in the original.
                let y = (row as f64 + 0.5) * self.height as f64 / height as f64;
                let x = (col as f64 + 0.5) * self.width as f64 / width as f64;
                for c in 0..self.channels {
                    values.push(match interpolation {
                        Interpolation::Nearest => self.at(y as usize, x as usize, c),
                        Interpolation::Bilinear => self.between(y - 0.5, x - 0.5, c),
                    });
                }
            }
        }
        Picture {
            height,
            width,
            channels: self.channels,
            values,
        }
    }

    /// The largest part in the middle that has the ratio of these sides, in their size: Keras's `smart_resize`.
    #[must_use]
    pub fn smart_resized(
        &self,
        height: usize,
        width: usize,
        interpolation: Interpolation,
    ) -> Picture {
        let rows = self.height.min(self.width * height / width.max(1)).max(1);
        let cols = self.width.min(self.height * width / height.max(1)).max(1);
        let (top, left) = (
            (self.height.saturating_sub(rows)) / 2,
            (self.width.saturating_sub(cols)) / 2,
        );
        let values = (0..rows * cols * self.channels).map(|i| {
            let (pixel, c) = (i / self.channels, i % self.channels);
            self.at(top + pixel / cols, left + pixel % cols, c)
        });
        let part = Picture {
            height: rows,
            width: cols,
            channels: self.channels,
            values: values.collect(),
        };
        part.resized(height, width, interpolation)
    }

    fn at(&self, row: usize, col: usize, channel: usize) -> f32 {
        let row = row.min(self.height.saturating_sub(1));
        let col = col.min(self.width.saturating_sub(1));
        let at = (row * self.width + col) * self.channels + channel;
        self.values.get(at).copied().unwrap_or(0.0)
    }

    fn between(&self, y: f64, x: f64, channel: usize) -> f32 {
        let (y, x) = (y.max(0.0), x.max(0.0));
        let (row, col) = (y as usize, x as usize);
        let (dy, dx) = ((y - row as f64) as f32, (x - col as f64) as f32);
        let at = |i: usize, j: usize| self.at(row + i, col + j, channel);
        let (top, bottom) = (
            at(0, 0) + dx * (at(0, 1) - at(0, 0)),
            at(1, 0) + dx * (at(1, 1) - at(1, 0)),
        );
        top + dy * (bottom - top)
    }
}

/// A number of a header, and what is behind the one character that ends it; comments are passed over.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    loop {
        match bytes.first()? {
            b'#' => {
                let end = bytes.iter().position(|b| *b == b'\n')?;
                *bytes = bytes.get(end..)?;
            }
            b if b.is_ascii_whitespace() => *bytes = bytes.get(1..)?,
            _ => break,
        }
    }
    let end = bytes
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(bytes.len());
    let number = core::str::from_utf8(bytes.get(..end)?).ok()?.parse().ok()?;
    *bytes = bytes.get(end.saturating_add(1)..).unwrap_or(&[]);
    Some(number)
}

fn pnm(bytes: &[u8]) -> Result<Picture, String> {
    let is_text = matches!(bytes.get(1), Some(b'2' | b'3'));
    let channels = if matches!(bytes.get(1), Some(b'3' | b'6')) {
        3
    } else {
        1
    };
    let mut rest = bytes.get(2..).unwrap_or(&[]);
    let mut read = || number(&mut rest);
    let head = (read(), read(), read());
    let (Some(width), Some(height), Some(largest @ 1..=65535)) = head else {
        return Err("expected a width, a height and a largest value".to_string());
    };
    let count = width
        .checked_mul(height)
        .and_then(|n| n.checked_mul(channels));
    let Some(count) = count.filter(|count| (1..=MOST).contains(count)) else {
        return Err(std::format!(
            "expected at least a pixel and at most {MOST} values, found {width} by {height} pixels"
        ));
    };
    let each = if largest > 255 { 2 } else { 1 };
    // In this order the largest is 255 exactly.
    let scaled = |value: usize| value as f32 * 255.0 / largest as f32;
    let mut values = Vec::new();
    if is_text {
        while values.len() < count {
            match number(&mut rest) {
                Some(value) if value > largest => {
                    return Err(std::format!(
                        "expected values of at most {largest}, found {value}"
                    ));
                }
                Some(value) => values.push(scaled(value)),
                None => break,
            }
        }
    } else {
        let whole = |b: &[u8]| b.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        // What is larger than the largest is that, as for Pillow.
        let value = |b: &[u8]| scaled(whole(b).min(largest));
        values.extend(rest.chunks_exact(each).take(count).map(value));
    }
    match values.len() == count {
        true => Ok(Picture {
            height,
            width,
            channels,
            values,
        }),
        false => Err(std::format!(
            "expected {count} values, found {}",
            values.len()
        )),
    }
}

fn bmp(bytes: &[u8]) -> Option<Picture> {
    let word = |at: usize| {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(i32::from_le_bytes(bytes))
    };
    let half = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let (begin, width, height) = (word(10)?, word(18)?, word(22)?);
    let channels = match (half(28)?, word(30)?) {
        (24, 0) => 3,
        // 3: with masks, which are the usual ones.
        (32, 0 | 3) => 4,
        _ => return None,
    };
    let (begin, width) = (usize::try_from(begin).ok()?, usize::try_from(width).ok()?);
    // From the bottom up, unless the height is negative.
    let is_down = height < 0;
    let height = height.unsigned_abs() as usize;
    let count = width.checked_mul(height)?.checked_mul(channels)?;
    let line = width.checked_mul(channels)?.next_multiple_of(4);
    if !(1..=MOST).contains(&count) || bytes.len() < begin.checked_add(line.checked_mul(height)?)? {
        return None;
    }
    let mut values = vec![0.0; count];
    for (row, to) in values
        .chunks_exact_mut((width * channels).max(1))
        .enumerate()
    {
        let row = if is_down { row } else { height - 1 - row };
        let from = bytes.get(begin + row * line..)?;
        for (to, from) in to
            .chunks_exact_mut(channels)
            .zip(from.chunks_exact(channels))
        {
            for (c, to) in to.iter_mut().enumerate() {
                // Blue comes first.
                let from = if c < 3 { from.get(2 - c) } else { from.get(3) };
                *to = f32::from(*from?);
            }
        }
    }
    Some(Picture {
        height,
        width,
        channels,
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        Picture {
            height: 2,
            width: 3,
            channels: 3,
            values: (0..18).map(|i| (i * 10) as f32).collect(),
        }
    }

    #[test]
    fn there_and_back() {
        let picture = picture();
        assert_eq!(Picture::decode(&picture.encode()), Ok(picture.clone()));
        let grey = picture.with_channels(1);
        assert_eq!(Picture::decode(&grey.encode()).unwrap().values[1], 38.0);
        let text = b"P2 # grey\n3 1\n4\n0 2\n# on\n4\n";
        assert_eq!(Picture::decode(text).unwrap().values, [0.0, 127.5, 255.0]);
    }

    /// Sides that no memory could hold, of which one is 0; values that are larger than the largest.
    #[test]
    fn what_a_head_may_say() {
        for head in ["P6 18446744073709551615 0 255\n", "P2 0 3 255\n"] {
            let why = Picture::decode(head.as_bytes()).unwrap_err();
            assert!(why.contains("expected at least a pixel"), "{why}");
        }
        let mut none =
            b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\0\0\0\0\x02\0\0\0\x01\0\x18\0".to_vec();
        none.resize(54, 0);
        assert!(Picture::decode(&none).is_err());
        let why = Picture::decode(b"P2 2 1 4\n3 5\n").unwrap_err();
        assert_eq!(why, "expected values of at most 4, found 5");
        let clipped = Picture::decode(b"P5 2 1 4\n\x03\xff").unwrap();
        assert_eq!(clipped.values, [191.25, 255.0]);
        // The quotient, rounded, was more than a part of 255.
        for largest in 1..=65535u16 {
            let file = std::format!("P2 1 1 {largest}\n{largest}\n");
            assert_eq!(Picture::decode(file.as_bytes()).unwrap().values, [255.0]);
        }
    }

    #[test]
    fn bitmaps() {
        // Two by two pixels: blue, green below; red, white above.
        let mut bytes =
            b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0".to_vec();
        bytes.resize(54, 0);
        bytes.extend([255, 0, 0, 0, 255, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0]);
        let picture = Picture::decode(&bytes).unwrap();
        let rows = [
            [255.0, 0.0, 0.0],
            [255.0; 3],
            [0.0, 0.0, 255.0],
            [0.0, 255.0, 0.0],
        ];
        assert_eq!(picture.values, rows.as_flattened());
        for cut in 2..bytes.len() {
            assert!(Picture::decode(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn other_sizes_and_colours() {
        let grey = Picture {
            height: 1,
            width: 4,
            channels: 1,
            values: vec![0.0, 10.0, 20.0, 30.0],
        };
        assert_eq!(
            grey.resized(1, 2, Interpolation::Nearest).values,
            [10.0, 30.0]
        );
        assert_eq!(
            grey.resized(1, 2, Interpolation::Bilinear).values,
            [5.0, 25.0]
        );
        let wide = grey.resized(2, 8, Interpolation::Bilinear);
        assert_eq!(wide.values[..4], [0.0, 2.5, 7.5, 12.5]);
        assert_eq!(
            grey.with_channels(4).values[4..8],
            [10.0, 10.0, 10.0, 255.0]
        );
        assert_eq!(picture().with_channels(4).values[3], 255.0);
        // The two pixels in the middle.
        assert_eq!(grey.smart_resized(2, 4, Interpolation::Nearest).height, 2);
        assert_eq!(
            grey.smart_resized(1, 2, Interpolation::Nearest).values,
            [10.0, 20.0]
        );
    }

    #[test]
    fn what_is_none_is_refused() {
        for wrong in [
            b"".as_slice(),
            b"\x89PNG",
            b"P6",
            b"P6 1 1 0 ",
            b"P5 2 2 255 abc",
            b"P5 99999999 99999999 255 a",
        ] {
            assert!(Picture::decode(wrong).is_err());
        }
    }
}
