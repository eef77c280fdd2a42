//! "Did you mean": the nearest of the known words.

/// `"; did you mean `units`?"`, or nothing if no word is near.
pub fn did_you_mean(word: &str, known: &[&str], quote: char) -> String {
    match nearest(word, known) {
        Some(near) => format!("; did you mean {quote}{near}{quote}?"),
        None => String::new(),
    }
}

/// The known word that is most likely meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let written = plain(word);
    let same = known.iter().find(|k| plain(k) == written);
    // `kernel_init` for `kernel_initializer`.
    let prefix = || {
        let long_enough = written.len() >= 3;
        known
            .iter()
            .find(|k| long_enough && plain(k).starts_with(&written))
    };
    let close = || {
        let limit = (written.len() / 3).max(1);
        known
            .iter()
            .map(|k| (distance(&written, &plain(k)), k))
            .filter(|(distance, _)| *distance <= limit)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, k)| k)
    };
    // `glorott` for `glorot_uniform`: a misspelt beginning.
    let beginning = || {
        let limit = written.len() / 4;
        let long_enough = |_: &&&str| written.len() >= 6;
        known
            .iter()
            .filter(long_enough)
            .map(|k| (distance(&written, &begin(k, written.len())), k))
            .filter(|(distance, _)| *distance <= limit)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, k)| k)
    };
    same.or_else(close)
        .or_else(prefix)
        .or_else(beginning)
        .copied()
}

/// The first letters of a word.
fn begin(word: &str, letters: usize) -> String {
    plain(word).chars().take(letters).collect()
}

/// A word without its style: `ReLU`, `re_lu` and `relu` are the same.
pub fn plain(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Levenshtein's distance: insertions, deletions and replacements, and swapped neighbours as one.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&row, j) + usize::from(x != *y))
                .min(at(&row, j + 1) + 1)
                .min(at(&next, j) + 1);
            let crossed = j > 0 && last == Some(*y) && b.get(j - 1) == Some(&x);
            if crossed {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(x);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, d) in [
            ("", "", 0),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("relu", "rleu", 1),
            ("unit", "units", 1),
        ] {
            assert_eq!(distance(a, b), d, "{a} {b}");
            assert_eq!(distance(b, a), d, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_word() {
        let known = ["Dense", "Dropout", "Activation", "Flatten"];
        assert_eq!(nearest("Dens", &known), Some("Dense"));
        assert_eq!(nearest("dense", &known), Some("Dense"));
        assert_eq!(nearest("Droput", &known), Some("Dropout"));
        assert_eq!(nearest("Conv", &known), None);
        let known = ["kernel_initializer", "kernel_regularizer"];
        assert_eq!(nearest("kernel_init", &known), Some("kernel_initializer"));
        let known = ["he_normal", "glorot_uniform", "glorot_normal"];
        assert_eq!(nearest("glorott", &known), Some("glorot_uniform"));
        assert_eq!(nearest("kaiming", &known), None);
        assert_eq!(nearest("x", &["y", "alpha"]), Some("y"));
    }
}
