//! The built files of the page, embedded, so that one program holds everything and building it needs no Node.
//!
//! `dist/` is made by `cargo xtask ui` and committed; `cargo xtask ui --check` fails when it is stale.

/// A built file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// What the file holds.
    pub bytes: &'static [u8],
    /// Whether the bytes are packed by gzip.
    pub is_packed: bool,
    /// Its media type, for the header `Content-Type`.
    pub media_type: &'static str,
}

/// Every built file by its path below `dist/`.
const ASSETS: [(&str, Asset); 4] = [
    ("index.html", plain(include_bytes!("dist/index.html"), "text/html; charset=utf-8")),
    ("app.js", plain(include_bytes!("dist/app.js"), "text/javascript; charset=utf-8")),
    ("app.css", plain(include_bytes!("dist/app.css"), "text/css; charset=utf-8")),
    (
        "plotly.js",
        Asset {
            is_packed: true,
            ..plain(include_bytes!("dist/plotly.js.gz"), "text/javascript; charset=utf-8")
        },
    ),
];

const fn plain(bytes: &'static [u8], media_type: &'static str) -> Asset {
    Asset { bytes, is_packed: false, media_type }
}

/// Finds a built file by its path below `dist/`, such as `app.js`; the document itself is `index.html`.
pub fn asset(path: &str) -> Option<Asset> {
    ASSETS.iter().find(|(name, _)| *name == path).map(|(_, asset)| *asset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_only_files_that_are_embedded() {
        let document = asset("index.html").expect("the document is embedded");
        let text = std::str::from_utf8(document.bytes).expect("the document is UTF-8");
        let named: Vec<&str> =
            text.split("/assets/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(named, ["app.css", "app.js"]);
        assert!(named.into_iter().all(|name| asset(name).is_some()));
    }

    #[test]
    fn what_draws_figures_is_packed() {
        let script = asset("plotly.js").expect("the library is embedded");
        assert!(script.is_packed && script.bytes.starts_with(&[0x1f, 0x8b]));
    }

    #[test]
    fn what_was_not_built_is_not_found() {
        assert_eq!(asset("../Cargo.toml"), None);
        assert_eq!(asset(""), None);
    }

    #[test]
    fn the_page_names_no_other_server() {
        let document = asset("index.html").expect("the document is embedded");
        let text = std::str::from_utf8(document.bytes).expect("the document is UTF-8");
        assert!(!text.contains("://"), "{text}");
    }
}
