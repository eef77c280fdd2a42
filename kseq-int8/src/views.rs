//! Bytes as what they are.
#![allow(unsafe_code)]

/// Bytes as `i8`s.
pub const fn signed(bytes: &[u8]) -> &[i8] {
    // SAFETY: `u8` and `i8` have the same size and alignment, and any bits are a value of both; the borrow goes over.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

/// Bytes as words in the order of this machine; none if they do not begin at a multiple of 4.
pub(crate) fn words(bytes: &[u8]) -> &[i32] {
    if !bytes.as_ptr().cast::<i32>().is_aligned() {
        return &[];
    }
    // SAFETY: the alignment is compared above, the length is a quarter, rounded down; any bits are an `i32`; the borrow goes over.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / 4) }
}

/// The same, to be written.
pub const fn signed_mut(bytes: &mut [u8]) -> &mut [i8] {
    // SAFETY: as above; the slice is borrowed exclusively.
    unsafe { core::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// `i8`s as words in the order of this machine; none if they do not begin at a multiple of 4.
pub(crate) fn signed_words(bytes: &[i8]) -> &[i32] {
    if !bytes.as_ptr().cast::<i32>().is_aligned() {
        return &[];
    }
    // SAFETY: the alignment is compared above, the length is a quarter, rounded down; any bits are an `i32`; the borrow goes over.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / 4) }
}
