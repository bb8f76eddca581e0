//! Windows: a question with a slice of its context, as token ids.
//!
//! As Hugging Face's `run_qa` makes them: the question first, its leading blanks off; the context cut into slices that
//! overlap by `doc_stride` tokens. A context is tokenised once for all its questions.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tokenizers::{Encoding, PostProcessor as _, TruncationDirection};

use crate::{Error, Example, Tokenizer};

/// How contexts are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowOptions {
    /// Tokens of a window at most, special tokens and question included.
    pub max_length: usize,
    /// Tokens that two neighbouring windows share.
    pub doc_stride: usize,
}

/// A question with a slice of its context.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Index of the example.
    pub example: usize,
    /// Token ids.
    pub ids: Vec<u32>,
    /// Token types.
    pub type_ids: Vec<u32>,
    /// For each token of the context its first character and one past its last; none for other tokens.
    pub offsets: Vec<Option<(u32, u32)>>,
    /// For each token of the context the index of its word.
    pub words: Vec<Option<u32>>,
    /// The tokens of the context.
    pub context: Range<usize>,
    /// The classification token.
    pub cls: usize,
}

/// Cuts all examples; windows of one example stand together, in order.
///
/// # Errors
/// [`Error::QuestionTooLong`], [`Error::Stride`], [`Error::Empty`], [`Error::Encode`].
pub fn windows(
    tokenizer: &Tokenizer,
    examples: &[Example],
    options: &WindowOptions,
) -> Result<Vec<Window>, Error> {
    cut_all(tokenizer, examples, options, true)
}

/// As [`windows`], with leading blanks of the question kept, as the old pipeline does.
///
/// # Errors
/// As [`windows`].
pub fn pipeline_windows(
    tokenizer: &Tokenizer,
    examples: &[Example],
    options: &WindowOptions,
) -> Result<Vec<Window>, Error> {
    cut_all(tokenizer, examples, options, false)
}

fn cut_all(
    tokenizer: &Tokenizer,
    examples: &[Example],
    options: &WindowOptions,
    strips: bool,
) -> Result<Vec<Window>, Error> {
    let mut contexts: HashMap<Arc<str>, Encoding> = HashMap::new();
    let mut all = Vec::with_capacity(examples.len());
    for (index, example) in examples.iter().enumerate() {
        let question = if strips { example.question.trim_start() } else { &example.question };
        for (what, text) in [("question", question), ("context", &*example.context)] {
            if text.is_empty() {
                return Err(Error::Empty { id: example.id.clone(), what });
            }
        }
        if !contexts.contains_key(&example.context) {
            contexts.insert(example.context.clone(), encode(tokenizer, &example.context, &example.id)?);
        }
        let context = contexts[&example.context].clone();
        let question = encode(tokenizer, question, &example.id)?;
        cut(tokenizer, (index, example), (question, context), options, &mut all)?;
    }
    Ok(all)
}

fn encode(tokenizer: &Tokenizer, text: &str, id: &str) -> Result<Encoding, Error> {
    tokenizer
        .inner
        .encode_char_offsets(text, false)
        .map_err(|error| Error::Encode { id: id.to_owned(), reason: error.to_string() })
}

fn cut(
    tokenizer: &Tokenizer,
    (index, example): (usize, &Example),
    (question, mut context): (Encoding, Encoding),
    options: &WindowOptions,
    all: &mut Vec<Window>,
) -> Result<(), Error> {
    let id = || example.id.clone();
    let max_length = options.max_length;
    let n_special = tokenizer.processor.as_ref().map_or(0, |processor| processor.added_tokens(true));
    let for_question = max_length.saturating_sub(n_special + 1);
    if question.len() > for_question {
        let question = question.len();
        return Err(Error::QuestionTooLong { id: id(), question, room: for_question, max_length });
    }
    let room = max_length - n_special - question.len();
    // Which families have token types is the post-processor's business; it starts from these.
    context.set_type_ids(vec![1; context.len()]);
    if context.len() > room {
        if options.doc_stride >= room {
            return Err(Error::Stride { id: id(), stride: options.doc_stride, room, max_length });
        }
        context.truncate(room, options.doc_stride, TruncationDirection::Right);
    }
    let joined = match &tokenizer.processor {
        Some(processor) => processor.process(question, Some(context), true),
        None => tokenizer.inner.post_process(question, Some(context), true),
    };
    let mut whole = joined.map_err(|error| Error::Encode { id: id(), reason: error.to_string() })?;
    let rest = whole.take_overflowing();
    for encoding in std::iter::once(whole).chain(rest) {
        all.push(window(&encoding, index, tokenizer.cls_id()));
    }
    Ok(())
}

fn window(encoding: &Encoding, example: usize, cls_id: u32) -> Window {
    let of_context: Vec<bool> = encoding.get_sequence_ids().iter().map(|id| *id == Some(1)).collect();
    let start = of_context.iter().position(|is| *is).unwrap_or(0);
    let end = of_context.iter().rposition(|is| *is).map_or(start, |last| last + 1);
    let offsets = encoding.get_offsets().iter().zip(&of_context);
    let words = encoding.get_word_ids().iter().zip(&of_context);
    Window {
        example,
        ids: encoding.get_ids().to_vec(),
        type_ids: encoding.get_type_ids().to_vec(),
        offsets: offsets.map(|((from, to), is)| is.then_some((*from as u32, *to as u32))).collect(),
        words: words.map(|(word, is)| word.filter(|_| *is)).collect(),
        context: start..end,
        cls: encoding.get_ids().iter().position(|id| *id == cls_id).unwrap_or(0),
    }
}

/// First and last token of the answer, for training: those of the classification token when there is no answer or it
/// is not wholly inside the window. Only the first gold counts.
///
/// An answer that begins in the last token of the window's context gets the window's very last token as its first:
/// `run_qa` walks on over the special tokens behind the context, and so do all models that were trained with it.
pub fn label(window: &Window, example: &Example) -> (u32, u32) {
    let nothing = (window.cls as u32, window.cls as u32);
    let Some(gold) = example.answers.first() else { return nothing };
    let start = gold.start as u32;
    let end = start + gold.text.chars().count() as u32;
    let tokens = &window.offsets[window.context.clone()];
    let is_inside = match (tokens.first(), tokens.last()) {
        (Some(Some(first)), Some(Some(last))) => first.0 <= start && last.1 >= end,
        _ => false,
    };
    if !is_inside {
        return nothing;
    }
    let reaches = |token: &Option<(u32, u32)>| token.is_some_and(|token| token.0 <= start);
    let ends = |token: &Option<(u32, u32)>| token.is_some_and(|token| token.1 < end);
    // The token before the first that begins behind the answer's start, and the one after the last that ends before
    // the answer's end.
    let n_before = tokens.iter().take_while(|token| reaches(token)).count();
    let first = if n_before == tokens.len() {
        window.ids.len() - 1
    } else {
        window.context.start + n_before.saturating_sub(1)
    };
    let n_behind = tokens.iter().rev().take_while(|token| !ends(token)).count();
    let last = window.context.end - n_behind;
    (first as u32, last as u32)
}
