//! A function of one value, as a table.

/// `y[i] = table[x[i]]`, where the table has the values of 0, 1 .. 127, -128 .. -1.
pub(crate) fn table(table: &[i8], x: &[i8], y: &mut [i8]) {
    let Ok(table) = <&[i8; 256]>::try_from(table) else {
        return;
    };
    for (y, x) in y.iter_mut().zip(x) {
        if let Some(value) = table.get(usize::from(*x as u8)) {
            *y = *value;
        }
    }
}
