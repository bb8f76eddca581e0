//! Values of tags as values of ours.

use trailmark_core::{Audio, ContentId, Image, Kept, Value};

use super::event::Body;
use super::histogram;
use super::tensor::Tensor;
use super::wire::{Fields, Malformed};

/// Bytes of a text at most.
const MOST_TEXT_BYTES: usize = 16 << 20;

/// What a tag's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Scalar,
    Histogram,
    Image,
    Audio,
    Text,
}

/// Plugins whose values say how something is shown, or what the model is made of: neither is kept, nor missed.
const ABOUT_MODELS: [&str; 7] = [
    "custom_scalars",
    "graph_keras_model",
    "graph_run_metadata",
    "graph_run_metadata_graph",
    "graphs",
    "hparams",
    "profile",
];

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It becomes a point.
    Point(Kind),
    /// It is not kept, nor missed.
    Pass,
    /// It has no place here, which is told.
    Tell,
}

impl Kind {
    /// The word that tells series of one tag apart.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Histogram => "histogram",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Text => "text",
        }
    }
}

impl Use {
    /// What becomes of a value whose tag belongs to a plugin.
    pub(super) fn of(body: &Body<'_>, plugin: &str) -> Self {
        match (body, plugin) {
            (_, "hparams") | (Body::None, _) => Self::Pass,
            (Body::Number(_), _) | (Body::Tensor(_), "scalars") => Self::Point(Kind::Scalar),
            (Body::Histogram(_), _) | (Body::Tensor(_), "histograms") => Self::Point(Kind::Histogram),
            (Body::Image(_), _) | (Body::Tensor(_), "images") => Self::Point(Kind::Image),
            (Body::Audio(_), _) | (Body::Tensor(_), "audio") => Self::Point(Kind::Audio),
            (Body::Tensor(_), "text") => Self::Point(Kind::Text),
            (Body::Tensor(_), plugin) if ABOUT_MODELS.contains(&plugin) => Self::Pass,
            (Body::Tensor(_), _) => Self::Tell,
        }
    }
}

/// Why a value is left out.
#[derive(Debug)]
pub(super) struct Unread(pub(super) &'static str);

impl From<&'static str> for Unread {
    fn from(reason: &'static str) -> Self {
        Self(reason)
    }
}

impl From<Malformed> for Unread {
    fn from(_: Malformed) -> Self {
        Self("a value that is no message that can be read")
    }
}

/// Files that values refer to, in their order.
pub(super) type Files = Vec<Vec<u8>>;

/// A value as it is kept here; files that it refers to are added to `files`.
pub(super) fn value_of(kind: Kind, body: &Body<'_>, files: &mut Files) -> Result<Value, Unread> {
    match (*body, kind) {
        (Body::Number(number), _) => Ok(Value::Float(f64::from(number))),
        (Body::Histogram(message), _) => Ok(Value::Distribution(Box::new(histogram::from_proto(message)??))),
        (Body::Image(message), _) => image(message, files),
        (Body::Audio(message), _) => audio(message, files),
        (Body::Tensor(message), kind) => from_tensor(kind, &Tensor::read(message)?, files),
        (Body::None, _) => Err("no value".into()),
    }
}

fn from_tensor(kind: Kind, tensor: &Tensor<'_>, files: &mut Files) -> Result<Value, Unread> {
    match kind {
        Kind::Scalar => match tensor.numbers()?.as_slice() {
            [number] => Ok(Value::Float(*number)),
            _ => Err("a scalar of several numbers".into()),
        },
        Kind::Histogram => Ok(Value::Distribution(Box::new(histogram::from_tensor(tensor)?))),
        Kind::Image => {
            let strings = tensor.strings()?;
            let [width, height, encoded @ ..] = strings.as_slice() else {
                return Err("images without width and height".into());
            };
            let (width, height) = (pixels(width), pixels(height));
            let images = encoded.iter().map(|file| picture(file, (width, height), files));
            list(images.collect::<Result<_, _>>()?)
        }
        Kind::Audio => {
            let strings = tensor.strings()?;
            // Since 2018 each sound has its label beside it.
            let width = if tensor.shape.len() == 2 { tensor.shape.get(1).copied().unwrap_or(1) } else { 1 };
            let width = usize::try_from(width).unwrap_or(1).max(1);
            let sounds = strings.chunks(width).map(|row| {
                let label = row.get(1).map(|label| String::from_utf8_lossy(label).into_owned());
                sound(row.first().copied().unwrap_or_default(), label.unwrap_or_default(), files)
            });
            list(sounds.collect::<Result<_, _>>()?)
        }
        Kind::Text => list(tensor.strings()?.into_iter().map(text).collect::<Result<_, _>>()?),
    }
}

/// One value as itself, several as a list.
fn list(mut values: Vec<Value>) -> Result<Value, Unread> {
    match values.len() {
        0 => Err("no value".into()),
        1 => Ok(values.remove(0)),
        _ => Ok(Value::List(values)),
    }
}

fn text(bytes: &[u8]) -> Result<Value, Unread> {
    if bytes.len() > MOST_TEXT_BYTES {
        return Err("a text of more than 16 MB".into());
    }
    Ok(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
}

fn keep(file: &[u8], files: &mut Files) -> Kept {
    files.push(file.to_vec());
    Kept { id: ContentId::of(file), n_bytes: file.len() as u64 }
}

/// `Summary.Image`.
fn image(message: &[u8], files: &mut Files) -> Result<Value, Unread> {
    let (mut height, mut width, mut file) = (0, 0, &[][..]);
    for field in Fields::of(message) {
        match field? {
            (1, wire) => height = wire.int()?,
            (2, wire) => width = wire.int()?,
            (4, wire) => file = wire.bytes()?,
            _ => {}
        }
    }
    let size = |pixels: i64| u32::try_from(pixels).unwrap_or(0);
    picture(file, (size(width), size(height)), files)
}

fn picture(file: &[u8], (width, height): (u32, u32), files: &mut Files) -> Result<Value, Unread> {
    let format = match file {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        [b'G', b'I', b'F', b'8', ..] => "gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        [b'B', b'M', ..] => "bmp",
        _ => return Err("an image that is neither PNG nor JPEG, GIF, WebP or BMP".into()),
    };
    let file = keep(file, files);
    Ok(Value::Image(Box::new(Image {
        file,
        format: format.to_owned(),
        width,
        height,
        caption: String::new(),
    })))
}

fn pixels(digits: &[u8]) -> u32 {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// `Summary.Audio`.
fn audio(message: &[u8], files: &mut Files) -> Result<Value, Unread> {
    let mut file = &[][..];
    for field in Fields::of(message) {
        if let (4, wire) = field? {
            file = wire.bytes()?;
        }
    }
    sound(file, String::new(), files)
}

fn sound(file: &[u8], caption: String, files: &mut Files) -> Result<Value, Unread> {
    let format = match file {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "wav",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => "mp3",
        _ => return Err("a sound that is neither WAV nor FLAC, Ogg or MP3".into()),
    };
    let file = keep(file, files);
    Ok(Value::Audio(Box::new(Audio { file, format: format.to_owned(), caption })))
}
