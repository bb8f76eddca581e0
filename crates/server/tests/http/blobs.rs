//! Kept bytes: whole, in ranges, and never as a document.

use trailmark_store::Repository;

use crate::empty;
use crate::served::{Answer, Served};

/// A server that keeps a megabyte and a bit, and its address.
fn kept() -> (tempfile::TempDir, Served, Vec<u8>, String) {
    let folder = empty();
    let bytes: Vec<u8> = (0..1_234_567u32).map(|n| (n % 251) as u8).collect();
    let id = Repository::open(folder.path()).unwrap().put_blob(&bytes).unwrap();
    let served = Served::start(folder.path());
    (folder, served, bytes, format!("/api/v1/blobs/{id}"))
}

fn range(served: &Served, path: &str, range: &str) -> Answer {
    served.send("GET", path, &[("range", range)], "")
}

#[test]
fn the_whole_comes_with_its_length_for_ever() {
    let (_folder, served, bytes, path) = kept();
    let whole = served.get(&path);
    assert_eq!(whole.status, 200);
    assert!(whole.body == bytes);
    for (name, want) in [
        ("content-length", "1234567"),
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(whole.header(name), Some(want), "{name}");
    }
    let n_policies = whole.headers.iter().filter(|(name, _)| name == "content-security-policy").count();
    assert_eq!(n_policies, 1);
    let etag = whole.header("etag").unwrap();
    let again = served.send("GET", &path, &[("if-none-match", etag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    let head = served.send("HEAD", &path, &[], "");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("1234567"), 0));
}

#[test]
fn a_range_is_answered_as_one() {
    let (_folder, served, bytes, path) = kept();
    for (wanted, want, said) in [
        ("bytes=0-99", 0..100, "bytes 0-99/1234567"),
        ("bytes=1000000-", 1_000_000..1_234_567, "bytes 1000000-1234566/1234567"),
        ("bytes=-567", 1_234_000..1_234_567, "bytes 1234000-1234566/1234567"),
    ] {
        let part = range(&served, &path, wanted);
        assert_eq!((part.status, part.header("content-range")), (206, Some(said)));
        assert!(part.body == bytes[want], "{wanted}");
    }
    let none = range(&served, &path, "bytes=1234567-");
    assert_eq!((none.status, none.header("content-range")), (416, Some("bytes */1234567")));
    assert_eq!(range(&served, &path, "bytes=0-1,5-6").body.len(), bytes.len());
    let other = [("range", "bytes=0-9"), ("if-range", "\"another\"")];
    assert_eq!(served.send("GET", &path, &other, "").status, 200, "of other content everything");
}

#[test]
fn only_known_formats_are_given_a_type() {
    let (_folder, served, _, path) = kept();
    for (format, want) in
        [("png", "image/png"), ("jpeg", "image/jpeg"), ("wav", "audio/wav"), ("json", "application/json")]
    {
        let shown = served.get(&format!("{path}?type={format}"));
        assert_eq!((shown.header("content-type"), shown.header("content-disposition")), (Some(want), None));
        assert_eq!(shown.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    }
    for format in ["svg", "html", "text/html", "pdf", "xml", ""] {
        let kept = served.get(&format!("{path}?type={format}"));
        assert_eq!(kept.header("content-type"), Some("application/octet-stream"), "{format}");
        assert_eq!(kept.header("content-disposition"), Some("attachment"), "{format}");
    }
    let named = served.get(&format!("{path}?type=png&name=plots/final%20%22one%22.png"));
    assert_eq!(named.header("content-type"), Some("application/octet-stream"));
    let disposition = "attachment; filename=\"final _one_.png\"; filename*=UTF-8''final%20%22one%22.png";
    assert_eq!(named.header("content-disposition"), Some(disposition));
}

#[test]
fn what_is_kept_nowhere_is_not_found() {
    let (_folder, served, _, path) = kept();
    let other = format!("blobs/{}", "0".repeat(64));
    for path in [other.as_str(), "blobs/zz", "blobs/..%2F..%2Ftrailmark.toml"] {
        let (status, code, _) = served.error(path);
        assert_eq!((status, code.as_str()), (404, "not_found"), "{path}");
    }
    assert_eq!(served.get(&format!("{path}?size=3")).status, 400);
}
