//! What is kept beside the runs: blobs, texts, views, labels.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek as _, SeekFrom};

use trailmark_core::{ContentId, Kept};

use super::Subject;
use crate::codec::Writer;
use crate::{Error, Label, LabelOf, Store, View};

pub(super) fn check(subject: &Subject<'_>) {
    blobs_are_kept_once_and_read_back(subject);
    what_a_reader_fails_at_is_not_kept(subject);
    texts_are_found_in_their_pack(subject);
    views_are_kept_by_name(subject);
    labels_are_kept_by_what_they_are_of(subject);
}

fn read(store: &dyn Store, id: &ContentId) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.open_blob(id).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn blobs_are_kept_once_and_read_back(subject: &Subject<'_>) {
    let store = subject.store();
    let large: Vec<u8> = (0..2_500_000u32).map(|number| (number % 251) as u8).collect();
    for bytes in [&b""[..], b"some bytes", &[0; 300], &large] {
        let id = store.put_blob(bytes).unwrap();
        assert_eq!(id, ContentId::of(bytes));
        let kept = store.put_blob_from(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(kept, Kept { id, n_bytes: bytes.len() as u64 });
        assert_eq!(store.put_blob(bytes).unwrap(), id);
        assert_eq!(read(&*store, &id), bytes);
    }
    let stats = store.stats().unwrap();
    assert_eq!((stats.n_blobs, stats.blob_bytes), (4, 310 + large.len() as u64), "each once");
    let store = (subject.again)(store);
    let mut opened = store.open_blob(&ContentId::of(&large)).unwrap();
    opened.seek(SeekFrom::Start(1_000_000)).unwrap();
    let mut part = [0; 5];
    opened.read_exact(&mut part).unwrap();
    assert_eq!(part[..], large[1_000_000..1_000_005]);
    let nothing = store.open_blob(&ContentId::of("never kept"));
    assert!(matches!(nothing, Err(Error::Io { .. })));
    assert_eq!(store.check().unwrap(), []);
}

/// Gives some bytes, then fails.
struct Failing(usize);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("the line broke"));
        }
        let count = self.0.min(buffer.len());
        self.0 -= count;
        buffer[..count].fill(7);
        Ok(count)
    }
}

fn what_a_reader_fails_at_is_not_kept(subject: &Subject<'_>) {
    let store = subject.store();
    for n_bytes in [0, 10, 3_000_000] {
        let failed = store.put_blob_from(&mut Failing(n_bytes));
        assert!(matches!(failed, Err(Error::Io { .. })), "{failed:?}");
    }
    assert_eq!(store.stats().unwrap().n_blobs, 0);
    assert_eq!(store.check().unwrap(), []);
}

fn texts_are_found_in_their_pack(subject: &Subject<'_>) {
    let store = subject.store();
    let texts = ["Who?", "", "A paragraph. ".repeat(1000).leak(), "é"];
    let mut writer = Writer::default();
    texts.iter().for_each(|text| writer.text(text));
    let pack = store.put_blob(&zstd::bulk::compress(&writer.0, 3).unwrap()).unwrap();
    let want: BTreeMap<ContentId, String> =
        texts.iter().map(|text| (ContentId::of(text), (*text).to_owned())).collect();
    assert_eq!(store.texts(&pack).unwrap(), want);
    assert!(matches!(store.texts(&ContentId::of("never kept")), Err(Error::Io { .. })));
    let mut broken = Vec::from(b"not packed".as_slice());
    for _ in 0..2 {
        let pack = store.put_blob(&broken).unwrap();
        assert!(store.texts(&pack).is_err());
        broken = zstd::bulk::compress(&[200, 1, 1], 3).unwrap();
    }
}

fn views_are_kept_by_name(subject: &Subject<'_>) {
    let store = subject.store();
    assert_eq!(store.views().unwrap(), []);
    let said = |view: Option<View>| view.map(|view| (view.name, view.url));
    let pair = |name: &str, url: &str| Some((name.to_owned(), url.to_owned()));
    assert_eq!(store.keep_view("b", "/runs?q=1").unwrap(), None);
    assert_eq!(store.keep_view("a \"quoted\"\n", "/é").unwrap(), None);
    assert_eq!(said(store.keep_view("b", "/runs?q=2").unwrap()), pair("b", "/runs?q=1"));
    let store = (subject.again)(store);
    let views = store.views().unwrap();
    let names: Vec<_> = views.into_iter().map(|view| said(Some(view))).collect();
    assert_eq!(names, [pair("a \"quoted\"\n", "/é"), pair("b", "/runs?q=2")]);
    assert_eq!(said(store.forget_view("b").unwrap()), pair("b", "/runs?q=2"));
    assert_eq!(store.forget_view("b").unwrap(), None);
    assert_eq!(store.views().unwrap().len(), 1);
}

fn labels_are_kept_by_what_they_are_of(subject: &Subject<'_>) {
    let store = subject.store();
    assert!(store.labels().unwrap().is_empty());
    let label = |color: &str, text: &str| Label { color: color.to_owned(), description: text.to_owned() };
    let set = |of, name: &str, new: Label| store.set_label(of, name, new).unwrap();
    assert_eq!(set(LabelOf::Tag, "é", label("#ff0000", "")), Label::default());
    assert_eq!(set(LabelOf::Experiment, "é", label("", "of\n\"all\"")), Label::default());
    assert_eq!(set(LabelOf::Tag, "é", label("#00ff00", "b")), label("#ff0000", ""));
    assert_eq!(store.labels().unwrap().len(), 2);
    assert_eq!(set(LabelOf::Tag, "é", Label::default()), label("#00ff00", "b"));
    let store = (subject.again)(store);
    let want = BTreeMap::from([((LabelOf::Experiment, "é".to_owned()), label("", "of\n\"all\""))]);
    assert_eq!(store.labels().unwrap(), want);
}
