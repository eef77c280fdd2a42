//! Images of another size.

use crate::call::Call;
use crate::tensor::Tensor;

/// By its name.
pub fn layer(call: &Call, x: Tensor) -> Tensor {
    let (rows, columns) = (x.shape[1], x.shape[2]);
    match call.class.as_str() {
        "UpSampling2D" => {
            let sizes = call.sizes("size", 2, 2);
            resized(
                &x,
                [rows * sizes[0], columns * sizes[1]],
                call.text("interpolation", "nearest"),
            )
        }
        "Resizing" => resized(
            &x,
            [call.must("height"), call.must("width")],
            call.text("interpolation", "bilinear"),
        ),
        "CenterCrop" => {
            let (height, width) = (call.must("height"), call.must("width"));
            assert!(height <= rows && width <= columns);
            let (top, left) = ((rows - height) / 2, (columns - width) / 2);
            Tensor::made(&[x.batch(), height, width, x.width()], |at| {
                x.at(&[at[0], at[1] + top, at[2] + left, at[3]])
            })
        }
        class => panic!("{class} is not interpreted"),
    }
}

/// Pixels have their centres at halves.
fn resized(x: &Tensor, size: [usize; 2], interpolation: &str) -> Tensor {
    let of = [x.shape[1], x.shape[2]];
    Tensor::made(&[x.batch(), size[0], size[1], x.width()], |at| {
        let place = |axis: usize| (at[1 + axis] as f64 + 0.5) * of[axis] as f64 / size[axis] as f64;
        if interpolation == "nearest" {
            let nearest = |axis: usize| (place(axis).floor() as usize).min(of[axis] - 1);
            return x.at(&[at[0], nearest(0), nearest(1), at[3]]);
        }
        assert_eq!(interpolation, "bilinear");
        let between = |axis: usize| {
            let place = (place(axis) - 0.5).clamp(0.0, (of[axis] - 1) as f64);
            let first = place.floor() as usize;
            [
                (first, 1.0 - place.fract()),
                ((first + 1).min(of[axis] - 1), place.fract()),
            ]
        };
        let mut sum = crate::tape::Var::ZERO;
        for (row, of_row) in between(0) {
            for (column, of_column) in between(1) {
                sum += x.at(&[at[0], row, column, at[3]]) * of_row * of_column;
            }
        }
        sum
    })
}
