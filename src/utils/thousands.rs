//! Numbers as people read them.

use std::string::{String, ToString};

/// `12,832`
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn commas() {
        assert_eq!(
            [0, 12, 832, 1_000, 1_234_567].map(thousands).join(" "),
            "0 12 832 1,000 1,234,567"
        );
    }
}
