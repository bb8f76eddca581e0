//! Tracked values and artifacts as ours, and back.
//!
//! What Aim keeps of an object and we do not: Pillow's mode (read again from a PNG), the version of plotly, the type of a
//! histogram's numbers (real numbers here), the time inside a log record (its point has one).

use trailmark_core::{
    Artifact, Audio, ContentId, Distribution, Figure, Image, Kept, LogLine, LogRecord, ParamValue, Stream,
    Value,
};

use crate::words::{node_from_param, param_from_node};
use crate::{Branch, Node, media};

/// A tracked value as ours; the bytes that it refers to are added to `blobs`. None for what has no place among our values.
pub fn value_from_node(node: Node, blobs: &mut Vec<Vec<u8>>) -> Option<Value> {
    match node {
        Node::Bool(_) | Node::Int(_) => node.as_int().map(Value::Int),
        Node::Float(float) => Some(Value::Float(float)),
        Node::Text(text) => Some(Value::Text(text)),
        Node::Object { name, fields } => object(&name, fields, blobs),
        Node::List(elements) => {
            let values = elements.into_iter().map(|element| match element {
                // Lists of lists have no place.
                Node::List(_) => None,
                element => value_from_node(element, blobs),
            });
            let values = values.collect::<Option<Vec<Value>>>()?;
            let kind = values.first().map(std::mem::discriminant);
            let is_one_kind = values.iter().all(|value| Some(std::mem::discriminant(value)) == kind);
            is_one_kind.then_some(Value::List(values))
        }
        _ => None,
    }
}

fn object(name: &str, mut fields: Branch, blobs: &mut Vec<Vec<u8>>) -> Option<Value> {
    let mut data = fields.remove(&"data".into()).and_then(Node::into_bytes);
    let mut kept = || data.take().map(|bytes| keep(bytes, blobs));
    let text = |key: &str| fields.get(&key.into()).and_then(Node::as_text).unwrap_or_default().to_owned();
    let int = |key: &str| fields.get(&key.into()).and_then(Node::as_int);
    let format = || text("format").to_lowercase();
    Some(match name {
        "aim.image" => {
            let size = |key| int(key).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            let (width, height) = (size("width"), size("height"));
            Value::Image(Box::new(Image {
                file: kept()?,
                format: format(),
                width,
                height,
                caption: text("caption"),
            }))
        }
        "aim.audio" => {
            Value::Audio(Box::new(Audio { file: kept()?, format: format(), caption: text("caption") }))
        }
        "aim.figure" => Value::Figure(Box::new(Figure { file: kept()?, caption: text("caption") })),
        "aim.text" => Value::Text(String::from_utf8(data?).ok()?),
        "aim.log_line" => {
            Value::Log(LogLine { stream: Stream::Stdout, text: String::from_utf8(data?).ok()? })
        }
        "aim.distribution" => {
            let Some(Node::List(range)) = fields.get(&"range".into()) else { return None };
            let [low, high] = range.as_slice() else { return None };
            let weights = media::numbers(&data?, &text("dtype"))?;
            Value::Distribution(Box::new(Distribution {
                low: low.as_float()?,
                high: high.as_float()?,
                weights,
            }))
        }
        "aim.log_record" => Value::LogRecord(Box::new(log_record(&fields))),
        _ => return None,
    })
}

fn log_record(fields: &Branch) -> LogRecord {
    let origin = match fields.get(&"__logger_info".into()) {
        Some(Node::List(parts)) => match parts.as_slice() {
            [file, line] => {
                let line = line.as_int().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
                file.as_text().map(|file| (file.to_owned(), line))
            }
            _ => None,
        },
        _ => None,
    };
    let extra = match fields.get(&"extra_args".into()).map(param_from_node) {
        Some(ParamValue::Map(extra)) => extra,
        _ => Default::default(),
    };
    let message = fields.get(&"message".into()).and_then(Node::as_text).unwrap_or_default().to_owned();
    let level = fields.get(&"log_level".into()).and_then(Node::as_int).unwrap_or(0);
    LogRecord { level, message, extra, origin }
}

fn keep(bytes: Vec<u8>, blobs: &mut Vec<Vec<u8>>) -> Kept {
    let kept = Kept { id: ContentId::of(&bytes), n_bytes: bytes.len() as u64 };
    blobs.push(bytes);
    kept
}

/// One of our values as Aim's, tracked at a time in seconds; `open` reads kept bytes. Answers, which Aim does not know,
/// are None.
pub fn node_from_value(value: &Value, time: f64, open: &mut dyn FnMut(&Kept) -> Option<Vec<u8>>) -> Node {
    let mut file = |kept: &Kept| Node::Blob(Box::new(open(kept).map_or(Node::None, Node::Bytes)));
    match value {
        Value::Float(float) => Node::Float(*float),
        Value::Int(int) => Node::Int(*int),
        Value::Text(text) => made("aim.text", [("data", Node::blob_text(text))]),
        Value::Log(line) => made("aim.log_line", [("data", Node::blob_text(&line.text))]),
        Value::Image(image) => {
            let data = file(&image.file);
            let mode = match &data {
                Node::Blob(inner) => match &**inner {
                    Node::Bytes(bytes) => media::mode(bytes),
                    _ => "RGB",
                },
                _ => "RGB",
            };
            let fields = [
                ("data", data),
                ("source", Node::text("PIL.Image")),
                ("mode", Node::text(mode)),
                ("format", Node::text(&image.format)),
                ("width", Node::Int(image.width.into())),
                ("height", Node::Int(image.height.into())),
                ("caption", Node::text(&image.caption)),
            ];
            made("aim.image", fields)
        }
        Value::Audio(audio) => {
            let (format, caption) = (Node::text(&audio.format), Node::text(&audio.caption));
            made("aim.audio", [("data", file(&audio.file)), ("format", format), ("caption", caption)])
        }
        Value::Figure(figure) => {
            let json = open(&figure.file).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
            let (source, format) = (Node::text("plotly"), Node::text("raw_json"));
            let version = ("version", Node::text(""));
            let data = Node::blob_text(&json);
            made("aim.figure", [("data", data), ("source", source), ("format", format), version])
        }
        Value::Distribution(distribution) => {
            let bytes = distribution.weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
            let range = vec![Node::Float(distribution.low), Node::Float(distribution.high)];
            let fields = [
                ("data", Node::Blob(Box::new(Node::Bytes(bytes)))),
                ("dtype", Node::text("float64")),
                ("range", Node::List(range)),
                ("bin_count", Node::Int(distribution.weights.len() as i64)),
            ];
            made("aim.distribution", fields)
        }
        Value::LogRecord(record) => node_from_log_record(record, time),
        Value::List(values) => {
            Node::List(values.iter().map(|value| node_from_value(value, time, open)).collect())
        }
        _ => Node::None,
    }
}

fn node_from_log_record(record: &LogRecord, time: f64) -> Node {
    let (file, line) = record.origin.clone().unwrap_or_default();
    let mut node = made(
        "aim.log_record",
        [
            ("message", Node::text(&record.message)),
            ("log_level", Node::Int(record.level)),
            ("timestamp", Node::Float(time)),
            ("__logger_info", Node::List(vec![Node::Text(file), Node::Int(line.into())])),
        ],
    );
    if let Node::Object { fields, .. } = &mut node
        && !record.extra.is_empty()
    {
        fields.insert("extra_args".into(), node_from_param(&ParamValue::Map(record.extra.clone())));
    }
    node
}

fn made<const N: usize>(name: &str, fields: [(&str, Node); N]) -> Node {
    Node::Object { name: name.to_owned(), fields: fields.map(|(key, value)| (key.into(), value)).into() }
}

/// An `aim.artifact` as ours: where it lies; the client has put it there itself.
pub fn artifact_from_node(node: &Node) -> Option<Artifact> {
    Some(Artifact { file: None, uri: node.get("uri")?.as_text()?.to_owned() })
}

/// One of our artifacts as an `aim.artifact`.
pub fn node_from_artifact(name: &str, artifact: &Artifact) -> Node {
    let base = artifact.uri.strip_suffix(name).map_or("", |base| base.trim_end_matches('/'));
    let fields = [
        ("name", Node::text(name)),
        ("path", Node::text("")),
        ("base_uri", Node::text(base)),
        ("uri", Node::text(&artifact.uri)),
    ];
    made("aim.artifact", fields)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Makes ours of a value, and Aim's of that; both must say what was given.
    fn check(node: Node, want: impl Fn(&Value) -> bool) {
        let mut blobs = Vec::new();
        let value = value_from_node(node.clone(), &mut blobs).unwrap();
        assert!(want(&value), "{value:?}");
        let by_id: BTreeMap<_, _> = blobs.into_iter().map(|bytes| (ContentId::of(&bytes), bytes)).collect();
        assert_eq!(node_from_value(&value, 5.0, &mut |kept| by_id.get(&kept.id).cloned()), node);
    }

    #[test]
    fn objects_come_back_as_they_were() {
        check(made("aim.text", [("data", Node::blob_text("hello"))]), |v| *v == Value::from("hello"));
        check(made("aim.log_line", [("data", Node::blob_text("x\u{1b}[0m"))]), |v| {
            matches!(v, Value::Log(_))
        });
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\x06rest".to_vec();
        let image = made(
            "aim.image",
            [
                ("data", Node::Blob(Box::new(Node::Bytes(png)))),
                ("source", Node::text("PIL.Image")),
                ("mode", Node::text("RGBA")),
                ("format", Node::text("png")),
                ("width", Node::Int(2)),
                ("height", Node::Int(3)),
                ("caption", Node::text("a cat")),
            ],
        );
        check(
            Node::List(vec![image.clone(), image.clone()]),
            |v| matches!(v, Value::List(all) if all.len() == 2),
        );
        check(image, |v| matches!(v, Value::Image(image) if image.width == 2 && image.caption == "a cat"));
        let weights: Vec<u8> = [1.0f64, 2.5].iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let distribution = made(
            "aim.distribution",
            [
                ("data", Node::Blob(Box::new(Node::Bytes(weights)))),
                ("dtype", Node::text("float64")),
                ("range", Node::List(vec![Node::Float(-1.0), Node::Float(1.0)])),
                ("bin_count", Node::Int(2)),
            ],
        );
        check(
            distribution,
            |v| matches!(v, Value::Distribution(d) if d.weights == [1.0, 2.5] && d.low == -1.0),
        );
        let record = made(
            "aim.log_record",
            [
                ("message", Node::text("disk is full")),
                ("log_level", Node::Int(40)),
                ("timestamp", Node::Float(5.0)),
                ("extra_args", Node::map([("free", Node::Int(0))])),
                ("__logger_info", Node::List(vec![Node::text("train.py"), Node::Int(12)])),
            ],
        );
        check(record, |v| matches!(v, Value::LogRecord(r) if r.level == 40 && r.extra.len() == 1));
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let unknown = made("my.object", [("data", Node::Int(1))]);
        let mixed = Node::List(vec![Node::Int(1), Node::text("x")]);
        let no_bytes = made("aim.image", [("format", Node::text("png"))]);
        let nested = Node::List(vec![Node::List(vec![])]);
        for node in [unknown, mixed, no_bytes, nested, Node::None, Node::Map(Branch::new())] {
            assert_eq!(value_from_node(node.clone(), &mut Vec::new()), None, "{node:?}");
        }
    }

    #[test]
    fn an_artifact_keeps_where_it_lies() {
        let artifact = Artifact { file: None, uri: "s3://bucket/run/model/a.bin".to_owned() };
        let node = node_from_artifact("model/a.bin", &artifact);
        assert_eq!(node.get("base_uri"), Some(&Node::text("s3://bucket/run")));
        assert_eq!(artifact_from_node(&node), Some(artifact));
    }
}
