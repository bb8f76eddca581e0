//! A repository: a folder with `trailmark.toml`, `runs/` and `blobs/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trailmark_core::{ContentId, RunId, WriterId};

use crate::codec::{Reader, Writer};
use crate::{Error, JournalWriter, RunData, fs, journal, run};

/// The newest format that this program writes.
const FORMAT: i64 = 1;

/// A repository on disk.
#[derive(Debug, Clone)]
pub struct Repository {
    path: PathBuf,
    id: String,
}

impl Repository {
    /// Opens a repository, or makes an empty one where there is none.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_or_create(path: &Path) -> Result<Self, Error> {
        let file = path.join("trailmark.toml");
        if !file.exists() {
            fs::create_folder(&path.join("runs"))?;
            fs::create_folder(&path.join("blobs"))?;
            let text = format!("format = {FORMAT}\nid = \"{}\"\n", WriterId::generate());
            fs::replace(&file, text.as_bytes())?;
        }
        Self::open(path)
    }

    /// Opens a repository.
    ///
    /// # Errors
    /// [`Error::NotARepository`], [`Error::Newer`], [`Error::Broken`], [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = path.join("trailmark.toml");
        if !file.exists() {
            return Err(Error::NotARepository { path: path.to_owned() });
        }
        let broken = |reason: String| Error::Broken { reason, path: file.clone() };
        let text = String::from_utf8(fs::read(&file)?).map_err(|error| broken(error.to_string()))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
        let format = table.get("format").and_then(toml::Value::as_integer);
        let format = format.ok_or_else(|| broken("got no format, want a whole number".to_owned()))?;
        if format > FORMAT {
            return Err(Error::Newer { got: format, want: FORMAT, path: path.to_owned() });
        }
        let id = table.get("id").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { path: path.to_owned(), id })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What tells this repository from others.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A new writer of a run, which may have others.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Full`].
    pub fn writer(&self, run: RunId) -> Result<JournalWriter, Error> {
        let folder = self.path.join("runs").join(run.to_string());
        fs::create_folder(&folder)?;
        JournalWriter::create(&folder, run, WriterId::generate())
    }

    /// All runs, oldest first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn runs(&self) -> Result<Vec<RunId>, Error> {
        let entries = fs::entries(&self.path.join("runs"))?;
        let mut runs: Vec<RunId> =
            entries.iter().filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect();
        runs.sort();
        Ok(runs)
    }

    /// Reads a run.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Io`]. Damage is no error: it is told in [`RunData::problems`].
    pub fn read_run(&self, id: RunId) -> Result<RunData, Error> {
        let mut journals = Vec::new();
        for path in fs::entries(&self.path.join("runs").join(id.to_string()))? {
            if path.extension().is_some_and(|extension| extension == "journal") {
                journals.extend(journal::read(&path)?);
            }
        }
        if journals.is_empty() {
            return Err(Error::NoRun { text: id.to_string() });
        }
        Ok(run::merge(id, journals))
    }

    /// Reads all runs, oldest first; one whose writer died before its first byte is passed over.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read_all(&self) -> Result<Vec<RunData>, Error> {
        let mut runs = Vec::new();
        for id in self.runs()? {
            match self.read_run(id) {
                Ok(run) => runs.push(run),
                Err(Error::NoRun { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(runs)
    }

    /// The run that a person means by an id, its first digits, or a name.
    ///
    /// # Errors
    /// [`Error::NoRun`] when there is none, or more than one.
    pub fn find(&self, text: &str) -> Result<RunData, Error> {
        let none = || Error::NoRun { text: text.to_owned() };
        let ids = self.runs()?;
        let mut by_id = ids.iter().filter(|id| !text.is_empty() && id.to_string().starts_with(text));
        match (by_id.next(), by_id.next()) {
            (Some(id), None) => return self.read_run(*id),
            (Some(_), Some(_)) => return Err(none()),
            (None, _) => {}
        }
        let mut by_name = self.read_all()?.into_iter().filter(|run| run.name == text);
        match (by_name.next(), by_name.next()) {
            (Some(run), None) => Ok(run),
            _ => Err(none()),
        }
    }

    /// Keeps bytes by content.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Full`].
    pub fn put_blob(&self, bytes: &[u8]) -> Result<ContentId, Error> {
        let id = ContentId::of(bytes);
        let path = self.blob_path(&id);
        if !path.exists() {
            fs::create_folder(path.parent().unwrap_or(&self.path))?;
            fs::replace(&path, bytes)?;
        }
        Ok(id)
    }

    fn blob_path(&self, id: &ContentId) -> PathBuf {
        let name = id.to_string();
        self.path.join("blobs").join(&name[..2]).join(&name)
    }

    /// Keeps texts as one compressed blob; says the blob's id. The same texts in several runs are kept once.
    ///
    /// # Errors
    /// As [`Self::put_blob`].
    pub fn put_texts(&self, texts: &[&str]) -> Result<ContentId, Error> {
        let mut writer = Writer::default();
        texts.iter().for_each(|text| writer.text(text));
        let packed = zstd::bulk::compress(&writer.0, 3).map_err(fs::named("compress texts", &self.path))?;
        self.put_blob(&packed)
    }

    /// The texts of a pack, by their ids.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Broken`].
    pub fn texts(&self, pack: &ContentId) -> Result<BTreeMap<ContentId, String>, Error> {
        let path = self.blob_path(pack);
        let bytes =
            zstd::stream::decode_all(&fs::read(&path)?[..]).map_err(fs::named("unpack texts", &path))?;
        let mut reader = Reader(&bytes);
        let mut texts = BTreeMap::new();
        while !reader.is_empty() {
            let text = reader.text().ok_or_else(|| Error::Broken {
                reason: "got a damaged pack of texts".to_owned(),
                path: path.clone(),
            })?;
            texts.insert(ContentId::of(&text), text);
        }
        Ok(texts)
    }
}
