//! The tokenizer of a Hugging Face folder, with what a window needs to know about it.
//!
//! Truncation and padding that the file carries are taken off: the file of all-MiniLM-L6-v2, for instance, would cut
//! everything at 128 tokens.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokenizers::PostProcessorWrapper;

use crate::{Error, fs};

/// Files that belong to a tokenizer; those that were there are saved again.
const FILES: [&str; 6] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
];

/// A tokenizer and the files that it came from.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    /// Without its post-processor, which would move offsets already while a part is encoded alone, and again when
    /// question and context are joined.
    pub(crate) inner: tokenizers::Tokenizer,
    pub(crate) processor: Option<PostProcessorWrapper>,
    files: Vec<(&'static str, Vec<u8>)>,
    model_max_length: usize,
    cls_id: u32,
    pad_id: u32,
}

impl Tokenizer {
    /// Loads `tokenizer.json`, or a BERT-like `vocab.txt` where that is missing.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`], [`Error::Tokenizer`].
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let mut files = Vec::new();
        for name in FILES {
            let path = folder.join(name);
            if path.exists() {
                files.push((name, fs::read(&path)?));
            }
        }
        let file = |name: &str| files.iter().find(|(known, _)| *known == name).map(|(_, bytes)| bytes);
        let settings = match file("tokenizer_config.json") {
            Some(bytes) => {
                let path = folder.join("tokenizer_config.json");
                serde_json::from_slice(bytes).map_err(|error| Error::json(&error, 0, &path))?
            }
            None => Value::Null,
        };
        let (path, bytes) = match (file("tokenizer.json"), file("vocab.txt")) {
            (Some(bytes), _) => (folder.join("tokenizer.json"), bytes.clone()),
            (None, Some(vocab)) => (folder.join("vocab.txt"), wordpiece(vocab, &settings)),
            (None, None) => {
                let reason = "got neither tokenizer.json nor vocab.txt".to_owned();
                return Err(Error::Tokenizer { reason, path: folder.to_owned() });
            }
        };
        let mut inner = inner(&bytes, &path)?;
        let processor = inner.get_post_processor().cloned();
        inner.with_post_processor(None::<PostProcessorWrapper>);
        let special = |key: &str, usual: [&str; 2]| {
            let named = match &settings[key] {
                Value::String(text) => Some(text.as_str()),
                other => other["content"].as_str(),
            };
            named.into_iter().chain(usual).find_map(|token| inner.token_to_id(token))
        };
        let missing = |what: &str| Error::Tokenizer { reason: format!("got no {what}"), path: path.clone() };
        let cls_id = special("cls_token", ["[CLS]", "<s>"]).ok_or_else(|| missing("classification token"))?;
        let pad_id = special("pad_token", ["[PAD]", "<pad>"]).unwrap_or(0);
        // Files without a limit hold 1e30.
        let limit = settings["model_max_length"].as_f64().unwrap_or(f64::INFINITY);
        let model_max_length = if limit < 1e9 { limit as usize } else { usize::MAX };
        Ok(Self { inner, processor, files, model_max_length, cls_id, pad_id })
    }

    /// The largest id and one.
    pub fn vocab_size(&self) -> usize {
        let vocab = self.inner.get_vocab(true);
        vocab.values().max().map_or(0, |id| *id as usize + 1)
    }

    /// How many tokens the model was made for; `usize::MAX` where the files do not say.
    pub fn model_max_length(&self) -> usize {
        self.model_max_length
    }

    /// The id of the classification token, which stands for "no answer".
    pub fn cls_id(&self) -> u32 {
        self.cls_id
    }

    /// The id of padding.
    pub fn pad_id(&self) -> u32 {
        self.pad_id
    }

    /// Writes the files as they were read into `folder`, which must exist.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.files.iter().try_for_each(|(name, bytes)| fs::replace(&folder.join(name), bytes))
    }
}

fn inner(bytes: &[u8], path: &Path) -> Result<tokenizers::Tokenizer, Error> {
    let broken = |reason: String| Error::Tokenizer { reason, path: PathBuf::from(path) };
    let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| broken(error.to_string()))?;
    inner.with_truncation(None).map_err(|error| broken(error.to_string()))?;
    inner.with_padding(None);
    Ok(inner)
}

/// The tokenizer.json that BERT's own vocabulary file stands for.
fn wordpiece(vocab: &[u8], settings: &Value) -> Vec<u8> {
    let text = String::from_utf8_lossy(vocab);
    let ids: serde_json::Map<String, Value> =
        text.lines().enumerate().map(|(id, token)| (token.to_owned(), json!(id))).collect();
    let id = |token: &str| ids.get(token).and_then(Value::as_u64);
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let added: Vec<Value> = special
        .into_iter()
        .filter_map(|token| {
            id(token).map(|id| {
                json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                       "normalized": false, "special": true})
            })
        })
        .collect();
    let flag = |name: &str| settings[name].as_bool().unwrap_or(true);
    let processor = json!({"type": "BertProcessing",
        "sep": ["[SEP]", id("[SEP]").unwrap_or(0)], "cls": ["[CLS]", id("[CLS]").unwrap_or(0)]});
    let whole = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true,
            "handle_chinese_chars": flag("tokenize_chinese_chars"), "strip_accents": settings["strip_accents"],
            "lowercase": flag("do_lower_case")},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": processor,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids}
    });
    whole.to_string().into_bytes()
}
