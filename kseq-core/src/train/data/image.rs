//! Images that are turned, shifted, zoomed and flipped: one [`Transform`] at a time.
//!
//! Source: Keras 3.15 `legacy/preprocessing/image.py`; the warp is `scipy.ndimage.affine_transform` of
//! order 1.
#![expect(
    clippy::indexing_slicing,
    reason = "rows and columns are those of the image, or lie where the fill mode has put them"
)]

use crate::tensor::Tensor;

/// An image: rows of pixels of `C` channels, `[[[f32; C]; W]; H]`.
pub trait Image: Tensor<Elem = f32> {
    /// Height, width and channels.
    const SIZE: [usize; 3];
}

impl<const H: usize, const W: usize, const C: usize> Image for [[[f32; C]; W]; H] {
    const SIZE: [usize; 3] = [H, W, C];
}

/// What a pixel is whose place in the original lies outside; of a row `a b c d`:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FillMode {
    /// `a a a a | a b c d | d d d d`
    #[default]
    Nearest,
    /// `k k k k | a b c d | k k k k` with `k` of [`ImageDataGenerator::cval`](crate::train::ImageDataGenerator::cval).
    Constant,
    /// `d c b a | a b c d | d c b a`
    Reflect,
    /// `a b c d | a b c d | a b c d`
    Wrap,
}

impl FillMode {
    /// Which pixel of a row of `n` stands for the one at `i`; for a constant none, if it lies outside.
    fn index(self, i: i64, n: usize) -> Option<usize> {
        let last = n as i64 - 1;
        let i = match self {
            FillMode::Nearest => i.clamp(0, last),
            FillMode::Constant if (0..=last).contains(&i) => i,
            FillMode::Constant => return None,
            FillMode::Wrap => i.rem_euclid(n as i64),
            FillMode::Reflect => {
                let i = i.rem_euclid(2 * n as i64);
                i.min(2 * last + 1 - i)
            }
        };
        Some(i as usize)
    }
}

/// Pixels further away are not told apart: whole numbers up to here are floats, and one more is an `i64`.
const FARTHEST: f64 = (1_u64 << 52) as f64;

/// A place or a distance that can be counted; NaN stays.
fn near(x: f64) -> f64 {
    x.clamp(-FARTHEST, FARTHEST)
}

/// One transformation of an image, under Keras's names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    /// The angle in degrees; a positive one turns the image counter-clockwise.
    pub theta: f32,
    /// The shift to the left in pixels.
    pub tx: f32,
    /// The shift upwards in pixels.
    pub ty: f32,
    /// The angle in degrees by which columns lean.
    pub shear: f32,
    /// The width of what is seen, as a part of the image's: below 1 enlarges.
    pub zx: f32,
    /// The height of what is seen.
    pub zy: f32,
    /// Left and right are exchanged, after this.
    pub flip_horizontal: bool,
    /// Top and bottom are exchanged, after this.
    pub flip_vertical: bool,
    /// What is added to every value, which stays between the least and the largest of the image.
    pub channel_shift_intensity: f32,
    /// What the image, of values from 0 to 255, is multiplied with in the end, in whole numbers; `None` leaves it alone.
    pub brightness: Option<f32>,
}

impl Default for Transform {
    fn default() -> Self {
        Transform {
            theta: 0.0,
            tx: 0.0,
            ty: 0.0,
            shear: 0.0,
            zx: 1.0,
            zy: 1.0,
            flip_horizontal: false,
            flip_vertical: false,
            channel_shift_intensity: 0.0,
            brightness: None,
        }
    }
}

impl Transform {
    /// From the place of a pixel, seen from the centre, to that in the original:
    /// `[a, b, c, d, e, f]` for `x' = a x + b y + c`, `y' = d x + e y + f`. It is
    /// rotation * shift * shear * zoom.
    fn matrix(&self) -> [f64; 6] {
        let theta = f64::from(self.theta).to_radians();
        let (sin, cos) = match self.theta {
            0.0 => (0.0, 1.0),
            _ => (libm::sin(theta), libm::cos(theta)),
        };
        let lean = f64::from(self.shear).to_radians();
        let (lean_sin, lean_cos) = match self.shear {
            0.0 => (0.0, 1.0),
            _ => (libm::sin(lean), libm::cos(lean)),
        };
        let [tx, ty, zx, zy] = [self.tx, self.ty, self.zx, self.zy].map(f64::from);
        let [tx, ty, zx, zy] = [tx, ty, zx, zy].map(near);
        [
            cos * zx,
            -(cos * lean_sin + sin * lean_cos) * zy,
            cos * tx - sin * ty,
            sin * zx,
            (cos * lean_cos - sin * lean_sin) * zy,
            sin * tx + cos * ty,
        ]
    }

    /// Writes the transformed image of `size` (height, width, channels).
    pub(super) fn apply(
        &self,
        from: &[f32],
        to: &mut [f32],
        [height, width, channels]: [usize; 3],
        (fill, cval): (FillMode, f32),
        interpolates: bool,
    ) {
        self.warp(
            from,
            to,
            [height, width, channels],
            (fill, cval),
            interpolates,
        );
        if self.channel_shift_intensity != 0.0 {
            let (least, most) = ends(to);
            for v in to.iter_mut() {
                *v = (*v + self.channel_shift_intensity).clamp(least, most);
            }
        }
        if let Some(brightness) = self.brightness {
            brighten(to, brightness);
        }
    }

    fn warp(
        &self,
        from: &[f32],
        to: &mut [f32],
        [height, width, channels]: [usize; 3],
        (fill, cval): (FillMode, f32),
        interpolates: bool,
    ) {
        let still = *self
            == Transform {
                flip_horizontal: self.flip_horizontal,
                flip_vertical: self.flip_vertical,
                channel_shift_intensity: self.channel_shift_intensity,
                brightness: self.brightness,
                ..Transform::default()
            };
        let [a, b, c, d, e, f] = self.matrix();
        let centre = |n: usize| (n as f64 - 1.0) / 2.0;
        let (cx, cy) = (centre(width), centre(height));
        for (row, to) in to.chunks_exact_mut(width * channels).enumerate() {
            let row = if self.flip_vertical {
                height - 1 - row
            } else {
                row
            };
            for (col, to) in to.chunks_exact_mut(channels).enumerate() {
                let col = if self.flip_horizontal {
                    width - 1 - col
                } else {
                    col
                };
                if still {
                    let at = (row * width + col) * channels;
                    to.copy_from_slice(&from[at..at + channels]);
                    continue;
                }
                let (x, y) = (col as f64 - cx, row as f64 - cy);
                let (x, y) = (a * x + b * y + c + cx, d * x + e * y + f + cy);
                let inside = |v: f64, n: usize| v >= 0.0 && v <= n as f64 - 1.0;
                if fill == FillMode::Constant && !(inside(x, width) && inside(y, height)) {
                    to.fill(cval);
                    continue;
                }
                if x.is_nan() || y.is_nan() {
                    to.fill(f32::NAN);
                    continue;
                }
                let (x, y) = match interpolates {
                    true => (near(x), near(y)),
                    // The nearest pixel alone.
                    false => (libm::floor(near(x) + 0.5), libm::floor(near(y) + 0.5)),
                };
                // The four pixels around the place, each with its share.
                let (left, top) = (libm::floor(x), libm::floor(y));
                let (right_share, low_share) = ((x - left) as f32, (y - top) as f32);
                to.fill(0.0);
                for (dy, share_y) in [(0, 1.0 - low_share), (1, low_share)] {
                    for (dx, share_x) in [(0, 1.0 - right_share), (1, right_share)] {
                        let share = share_y * share_x;
                        if share == 0.0 {
                            continue;
                        }
                        let row = fill.index(top as i64 + dy, height);
                        let col = fill.index(left as i64 + dx, width);
                        let (Some(row), Some(col)) = (row, col) else {
                            continue;
                        };
                        let at = (row * width + col) * channels;
                        for (to, from) in to.iter_mut().zip(&from[at..at + channels]) {
                            *to += share * from;
                        }
                    }
                }
            }
        }
    }
}

/// The least and the largest value.
fn ends(values: &[f32]) -> (f32, f32) {
    let ends = (f32::INFINITY, f32::NEG_INFINITY);
    let (least, most) = values.iter().fold(ends, |(a, b), v| (a.min(*v), b.max(*v)));
    if least <= most {
        (least, most)
    } else {
        (f32::NEG_INFINITY, f32::INFINITY)
    }
}

/// As Pillow does it for Keras, in bytes: an image of other values than 0 to 255 is scaled to them meanwhile.
fn brighten(image: &mut [f32], brightness: f32) {
    let (least, most) = ends(image);
    let scaled = least < 0.0 || most > 255.0;
    let range = if most > least { most - least } else { 1.0 };
    for v in image {
        let byte = if scaled {
            (*v - least) / range * 255.0
        } else {
            *v
        };
        let bright = libm::truncf(byte) * brightness;
        *v = libm::truncf(bright.clamp(0.0, 255.0));
        if scaled {
            *v = *v / 255.0 * (most - least) + least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Small = [[[f32; 1]; 4]; 3];
    const IMAGE: Small = [
        [[1.0], [2.0], [3.0], [4.0]],
        [[5.0], [6.0], [7.0], [8.0]],
        [[9.0], [10.0], [11.0], [12.0]],
    ];

    fn apply(transform: Transform, fill: FillMode) -> [[f32; 4]; 3] {
        let mut to = [Small::default()];
        let (from, fill) = (Small::flat(&[IMAGE]).to_vec(), (fill, -1.0));
        transform.apply(&from, Small::flat_mut(&mut to), Small::SIZE, fill, true);
        to[0].map(|row| row.map(|[v]| v))
    }

    #[test]
    fn shifts_fill_as_asked() {
        let shift = |fill, tx, ty| {
            let transform = Transform {
                tx,
                ty,
                ..Transform::default()
            };
            apply(transform, fill)
        };
        let first = |fill, tx| shift(fill, tx, 0.0)[0];
        assert_eq!(first(FillMode::Nearest, 2.0), [3.0, 4.0, 4.0, 4.0]);
        assert_eq!(first(FillMode::Constant, 2.0), [3.0, 4.0, -1.0, -1.0]);
        assert_eq!(first(FillMode::Reflect, 2.0), [3.0, 4.0, 4.0, 3.0]);
        assert_eq!(first(FillMode::Wrap, 2.0), [3.0, 4.0, 1.0, 2.0]);
        assert_eq!(first(FillMode::Nearest, -1.0), [1.0, 1.0, 2.0, 3.0]);
        assert_eq!(first(FillMode::Reflect, -3.0), [3.0, 2.0, 1.0, 1.0]);
        assert_eq!(first(FillMode::Wrap, -5.0), [4.0, 1.0, 2.0, 3.0]);
        // Half a pixel is the mean of two.
        assert_eq!(first(FillMode::Nearest, 0.5), [1.5, 2.5, 3.5, 4.0]);
        assert_eq!(first(FillMode::Constant, 0.5), [1.5, 2.5, 3.5, -1.0]);
        let up = shift(FillMode::Nearest, 0.0, 1.0);
        assert_eq!(up[0], [5.0, 6.0, 7.0, 8.0]);
        assert_eq!(up[2], [9.0, 10.0, 11.0, 12.0]);
    }

    /// An infinite shift gives what the largest one gives; what has no place is NaN.
    #[test]
    fn a_shift_of_any_size() {
        let shift = |fill, tx| {
            let transform = Transform {
                tx,
                ..Transform::default()
            };
            apply(transform, fill)[1]
        };
        for tx in [1e10, f32::MAX, f32::INFINITY] {
            assert_eq!(shift(FillMode::Nearest, tx), [8.0; 4], "{tx}");
            assert_eq!(shift(FillMode::Nearest, -tx), [5.0; 4], "{tx}");
            assert_eq!(shift(FillMode::Constant, tx), [-1.0; 4], "{tx}");
            for fill in [FillMode::Reflect, FillMode::Wrap] {
                let row = shift(fill, tx);
                assert!(row.iter().all(|v| (5.0..=8.0).contains(v)), "{tx}: {row:?}");
            }
        }
        assert!(shift(FillMode::Wrap, f32::NAN).iter().all(|v| v.is_nan()));
        let zoom = |zx| {
            let transform = Transform {
                zx,
                ..Transform::default()
            };
            apply(transform, FillMode::Nearest)[0]
        };
        assert_eq!(zoom(f32::INFINITY), [1.0, 1.0, 4.0, 4.0]);
        assert!(zoom(f32::NAN).iter().all(|v| v.is_nan()));
    }

    #[test]
    fn leaning_shifted_and_bright() {
        let with = |transform: Transform| apply(transform, FillMode::Nearest);
        // By 45 degrees: a row above the centre comes from as far to the right as it is above, times sin and cos.
        let lean = with(Transform {
            shear: 45.0,
            ..Transform::default()
        });
        let half = 0.5f32.sqrt();
        // Row 0 is 1 above: x' = x + half, y' = -half, seen from the centre.
        let expected = |x: f32, y: f32| 1.0 + x + 4.0 * y;
        assert!((lean[0][1] - expected(1.0 + half, 1.0 - half)).abs() < 1e-5);
        assert!((lean[1][2] - 7.0).abs() < 1e-5);
        // Nothing leaves the range of the image.
        let shifted = with(Transform {
            channel_shift_intensity: 3.0,
            ..Transform::default()
        });
        assert_eq!(shifted[2], [12.0; 4]);
        assert_eq!(shifted[0], [4.0, 5.0, 6.0, 7.0]);
        let bright = with(Transform {
            brightness: Some(1.5),
            ..Transform::default()
        });
        assert_eq!(bright[0], [1.0, 3.0, 4.0, 6.0]);
        let mut wide = [-100.0, 0.0, 155.0];
        brighten(&mut wide, 0.5);
        assert_eq!(wide, [-100.0, -50.0, 27.0]);
    }

    #[test]
    fn flips_zooms_and_turns() {
        let with = |f: &dyn Fn(&mut Transform)| {
            let mut transform = Transform::default();
            f(&mut transform);
            apply(transform, FillMode::Nearest)
        };
        let original = IMAGE.map(|row| row.map(|[v]| v));
        assert_eq!(with(&|_| {}), original);
        let flipped = with(&|t| t.flip_horizontal = true);
        assert_eq!(flipped[1], [8.0, 7.0, 6.0, 5.0]);
        let flipped = with(&|t| t.flip_vertical = true);
        assert_eq!(flipped, [original[2], original[1], original[0]]);
        // After the shift.
        let both = with(&|t| {
            t.tx = 1.0;
            t.flip_horizontal = true;
        });
        assert_eq!(both[0], [4.0, 4.0, 3.0, 2.0]);
        // Half of the width is seen: from the centre 1.5 at distances 0.25 and 0.75.
        assert_eq!(with(&|t| t.zx = 0.5)[0], [1.75, 2.25, 2.75, 3.25]);
        // Half of the height: rows 0.5, 1 and 1.5.
        let zoomed = with(&|t| t.zy = 0.5).map(|row| row[0]);
        assert_eq!(zoomed, [3.0, 5.0, 7.0]);
        let close = |found: [[f32; 4]; 3], expected: [[f32; 4]; 3]| {
            let pairs = found.as_flattened().iter().zip(expected.as_flattened());
            for (found, expected) in pairs {
                assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
            }
        };
        let turned = with(&|t| t.theta = 180.0);
        let mut expected = [original[2], original[1], original[0]];
        expected.iter_mut().for_each(|row| row.reverse());
        close(turned, expected);
        // A quarter turn: x' = -y, y' = x from the centre (1.5, 1), halves between the pixels.
        let turned = with(&|t| t.theta = 90.0);
        let centre = |row: f32, col: f32| 1.0 + col + 4.0 * row;
        let expected = core::array::from_fn(|row| {
            core::array::from_fn(|col| {
                let (x, y) = (col as f32 - 1.5, row as f32 - 1.0);
                centre((1.0 + x).clamp(0.0, 2.0), (1.5 - y).clamp(0.0, 3.0))
            })
        });
        close(turned, expected);
    }
}
