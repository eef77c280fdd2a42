//! A `Tokenizer` as JSON, as Keras writes and reads it.

use std::collections::HashMap;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::text::Note;

use super::json::Json;
use super::tokenizer::{Rules, Separators, Tokenizer, Word};

fn text(json: &Json) -> Json {
    let mut out = String::new();
    json.write(&mut out);
    Json::Text(out)
}

fn number(x: usize) -> Json {
    Json::Number(x as f64)
}

impl Tokenizer {
    /// The tokenizer as JSON, which `keras.preprocessing.text.tokenizer_from_json` reads, too.
    ///
    /// # Errors
    /// It separates words by a function ([`filters_by`](Tokenizer::filters_by)), which no file can hold.
    ///
    /// ```
    /// use kseq::preprocessing::text::{Tokenizer, tokenizer_from_json};
    /// let mut tokenizer = Tokenizer::new().num_words(3);
    /// tokenizer.fit_on_texts(&["the cat and the dog"]);
    /// let again = tokenizer_from_json(&tokenizer.to_json()?)?;
    /// assert_eq!(again.texts_to_sequences(&["the cat, the dog"]), [[1, 2, 1]]);
    /// # Ok::<(), kseq::error::Error>(())
    /// ```
    pub fn to_json(&self) -> Result<String, Error> {
        let Separators::Chars(filters) = &self.rules.separators else {
            return Err(Error::Argument {
                name: "to_json",
                why: Note::new().str(
                    "words are separated by a function: take `filters` in place of `filters_by`",
                ),
            });
        };
        let index_docs = self.words.iter().filter_map(|word| {
            let index = self.index.get(&word.word)?;
            let others = self.sequences.get(index).copied().unwrap_or(0);
            Some((index.to_string(), number(word.texts + others)))
        });
        let numbered = self.ordered.iter().zip(1..);
        let counts = |of: fn(&Word) -> usize| {
            let words = self
                .words
                .iter()
                .map(|word| (word.word.clone(), number(of(word))));
            text(&Json::Map(words.collect()))
        };
        let name = |name: &str, value: Json| (name.to_string(), value);
        let config = [
            name("num_words", self.num_words.map_or(Json::Null, number)),
            name("filters", Json::Text(filters.clone())),
            name("lower", Json::Bool(self.rules.lower)),
            name("split", Json::Text(" ".to_string())),
            name("char_level", Json::Bool(self.rules.char_level)),
            name(
                "oov_token",
                self.oov_token.clone().map_or(Json::Null, Json::Text),
            ),
            name("document_count", number(self.document_count)),
            name("word_counts", counts(|word| word.count)),
            name("word_docs", counts(|word| word.texts)),
            name("index_docs", text(&Json::Map(index_docs.collect()))),
            name("index_word", {
                let all = numbered
                    .clone()
                    .map(|(word, i): (&String, usize)| (i.to_string(), Json::Text(word.clone())));
                text(&Json::Map(all.collect()))
            }),
            name("word_index", {
                let all = numbered.map(|(word, i)| (word.clone(), number(i)));
                text(&Json::Map(all.collect()))
            }),
        ];
        let all = Json::Map(Vec::from([
            name("class_name", Json::Text("Tokenizer".to_string())),
            name("config", Json::Map(Vec::from(config))),
        ]));
        let mut out = String::new();
        all.write(&mut out);
        Ok(out)
    }
}

/// Keras's `tokenizer_from_json`: a tokenizer of a file that [`Tokenizer::to_json`] or Keras has written.
///
/// # Errors
/// The text is no such file, or its words are separated by something else than a space.
pub fn tokenizer_from_json(json: &str) -> Result<Tokenizer, Error> {
    let wrong = |what: &'static str| Error::Argument {
        name: "tokenizer_from_json",
        why: Note::new().str(what),
    };
    let all = Json::parse(json).ok_or_else(|| wrong("the text is no JSON"))?;
    let config = all
        .get("config")
        .ok_or_else(|| wrong("no `config`: no tokenizer"))?;
    let split = config.get("split").and_then(Json::text);
    if split.is_some_and(|split| split != " ") {
        return Err(wrong("`split` is another than the space"));
    }
    read(config).ok_or_else(|| wrong("the `config` is none of a tokenizer"))
}

fn read(config: &Json) -> Option<Tokenizer> {
    // Maps are JSON in a text.
    let inner = |key: &str| Json::parse(config.get(key)?.text()?);
    let flag = |key: &str| config.get(key).and_then(Json::flag);
    let (counts, docs) = (inner("word_counts")?, inner("word_docs")?);
    let docs: HashMap<&str, usize> = docs.counts()?.into_iter().collect();
    let mut tokenizer = Tokenizer::new();
    tokenizer.num_words = config
        .get("num_words")
        .and_then(Json::whole)
        .filter(|n| *n > 0);
    tokenizer.oov_token = config
        .get("oov_token")
        .and_then(Json::text)
        .map(ToString::to_string);
    tokenizer.document_count = config.get("document_count")?.whole()?;
    tokenizer.rules = Rules {
        separators: Separators::Chars(config.get("filters")?.text()?.to_string()),
        lower: flag("lower")?,
        char_level: flag("char_level")?,
    };
    for (word, count) in counts.counts()? {
        tokenizer
            .seen
            .insert(word.to_string(), tokenizer.words.len());
        tokenizer.words.push(Word {
            word: word.to_string(),
            count,
            texts: docs.get(word).copied().unwrap_or(0),
            last_text: 0,
        });
    }
    tokenizer.number();
    // What sequences have counted besides the texts.
    let of_index = inner("index_docs")?;
    for (index, all) in of_index.counts()? {
        let index: u32 = index.parse().ok()?;
        let word = tokenizer.ordered.get((index as usize).wrapping_sub(1));
        let texts = word
            .and_then(|word| docs.get(word.as_str()))
            .copied()
            .unwrap_or(0);
        if all > texts {
            tokenizer.sequences.insert(index, all - texts);
        }
    }
    Some(tokenizer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::text::Mode;

    /// What Keras 3.15 writes of `Tokenizer(num_words = 4, oov_token = "?")`, fitted on "b a é" and "a", but for the order of
    /// what it counts in sets.
    const KERAS: &str = r##"{"class_name": "Tokenizer", "config": {"num_words": 4, "filters": "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n", "lower": true, "split": " ", "char_level": false, "oov_token": "?", "document_count": 2, "word_counts": "{\"b\": 1, \"a\": 2, \"\\u00e9\": 1}", "word_docs": "{\"b\": 1, \"a\": 2, \"\\u00e9\": 1}", "index_docs": "{\"3\": 1, \"2\": 2, \"4\": 1}", "index_word": "{\"1\": \"?\", \"2\": \"a\", \"3\": \"b\", \"4\": \"\\u00e9\"}", "word_index": "{\"?\": 1, \"a\": 2, \"b\": 3, \"\\u00e9\": 4}"}}"##;

    #[test]
    fn as_keras_writes_it() {
        let mut tokenizer = Tokenizer::new().num_words(4).oov_token("?");
        tokenizer.fit_on_texts(&["b a é", "a"]);
        assert_eq!(tokenizer.to_json().unwrap(), KERAS);
        let again = tokenizer_from_json(KERAS).unwrap();
        assert_eq!(again.words(), ["?", "a", "b", "é"]);
        let texts = ["a b c", "é"];
        assert_eq!(
            again.texts_to_sequences(&texts),
            [[2, 3, 1].as_slice(), &[1]]
        );
        let rows = |t: &Tokenizer| t.texts_to_matrix::<4>(&texts, Mode::Tfidf).unwrap();
        assert_eq!(rows(&again), rows(&tokenizer));
        assert_eq!(again.to_json().unwrap(), KERAS);
    }

    #[test]
    fn what_is_no_tokenizer_is_refused() {
        let why = |text: &str| tokenizer_from_json(text).unwrap_err().to_string();
        assert_eq!(why("{"), "tokenizer_from_json: the text is no JSON");
        assert_eq!(why("{}"), "tokenizer_from_json: no `config`: no tokenizer");
        assert_eq!(
            why("{\"config\": {}}"),
            "tokenizer_from_json: the `config` is none of a tokenizer"
        );
        let mut by = Tokenizer::new().filters_by(char::is_whitespace);
        by.fit_on_texts(&["a"]);
        assert!(by.to_json().is_err());
    }

    #[test]
    fn sequences_count_too() {
        let mut tokenizer = Tokenizer::new();
        tokenizer.fit_on_texts(&["a b", "a"]);
        tokenizer.fit_on_sequences(&[[1, 1].as_slice(), &[2]]);
        assert_eq!(tokenizer.document_count(), 4);
        let rows = tokenizer
            .sequences_to_matrix::<3>(&[[1, 9]], Mode::Tfidf)
            .unwrap();
        // Four documents; a is in three of them.
        assert_eq!(rows, [[0.0, (1.0 + 4.0 / 4f64).ln() as f32, 0.0]]);
        let again = tokenizer_from_json(&tokenizer.to_json().unwrap()).unwrap();
        assert_eq!(
            again
                .sequences_to_matrix::<3>(&[[1, 9]], Mode::Tfidf)
                .unwrap(),
            rows
        );
        let counts: Vec<_> = tokenizer.word_counts().collect();
        assert_eq!(counts, [("a", 2), ("b", 1)]);
        assert_eq!(tokenizer.word_docs().last(), Some(("b", 1)));
    }
}
