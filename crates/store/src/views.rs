//! `views.toml`: views of the page that people keep with a repository, by name.
//!
//! It is small and read whole; a change writes it anew beside the old one and renames. Two processes that change it at
//! the same moment keep the change of the later one.

use std::path::Path;
use std::sync::PoisonError;
use std::time::SystemTime;

use toml::{Table, Value};
use trailmark_core::WallTime;

use crate::record::{from_micros, micros};
use crate::{Error, Repository, fs};

/// The file's name.
pub(crate) const VIEWS: &str = "views.toml";

/// A view that somebody kept.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// What people call it; one view a name.
    pub name: String,
    /// The address of the page without the server, such as `/runs?q=…`.
    pub url: String,
    /// When it was kept.
    pub kept: WallTime,
}

impl Repository {
    /// The kept views, by name.
    ///
    /// # Errors
    /// [`Error::Broken`], [`Error::Io`].
    pub fn views(&self) -> Result<Vec<View>, Error> {
        let place = &self.inner.place;
        let path = place.path.join(VIEWS);
        if !place.files.exists(&path) {
            return Ok(Vec::new());
        }
        read(&place.files.read(&path)?, &path)
    }

    /// Keeps a view, in the place of one that is called so already; answers the one that it replaced.
    ///
    /// # Errors
    /// As [`Self::views`], and [`Error::Full`].
    pub fn keep_view(&self, name: &str, url: &str) -> Result<Option<View>, Error> {
        let kept = WallTime::from(SystemTime::now());
        self.change_views(|views| {
            let before = take(views, name);
            views.push(View { name: name.to_owned(), url: url.to_owned(), kept });
            before
        })
    }

    /// Forgets a view; answers what it was.
    ///
    /// # Errors
    /// As [`Self::keep_view`].
    pub fn forget_view(&self, name: &str) -> Result<Option<View>, Error> {
        self.change_views(|views| take(views, name))
    }

    /// Makes the names in the repository's folder durable: what is asked for may be there because of a change whose sync
    /// failed.
    pub(crate) fn keep_names(&self) -> Result<(), Error> {
        let place = &self.inner.place;
        place.files.0.sync_folder(&place.path).map_err(fs::named("write a file", &place.path))
    }

    fn change_views(
        &self,
        change: impl FnOnce(&mut Vec<View>) -> Option<View>,
    ) -> Result<Option<View>, Error> {
        let _one = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.views()?;
        let mut views = before.clone();
        let taken = change(&mut views);
        if views != before {
            views.sort_by(|a, b| a.name.cmp(&b.name));
            let place = &self.inner.place;
            place.files.replace(&place.path.join(VIEWS), write(&views).as_bytes())?;
        } else {
            self.keep_names()?;
        }
        Ok(taken)
    }
}

fn take(views: &mut Vec<View>, name: &str) -> Option<View> {
    let at = views.iter().position(|view| view.name == name)?;
    Some(views.remove(at))
}

fn read(bytes: &[u8], path: &Path) -> Result<Vec<View>, Error> {
    let broken = |reason: String| Error::Broken { reason, path: path.to_owned() };
    let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
    let views = match table.get("view") {
        None => return Ok(Vec::new()),
        Some(views) => {
            views.as_array().ok_or_else(|| broken("got a view that is no table, want [[view]]".to_owned()))?
        }
    };
    let view = |value: &Value| {
        let word = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let kept = value.get("kept").and_then(Value::as_integer).unwrap_or_default();
        Some(View { name: word("name")?, url: word("url")?, kept: from_micros(kept) })
    };
    let views: Option<Vec<View>> = views.iter().map(view).collect();
    let mut views = views.ok_or_else(|| broken("got a view without a name or a url".to_owned()))?;
    views.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(views)
}

fn write(views: &[View]) -> String {
    let table = |view: &View| {
        Value::Table(Table::from_iter([
            ("name".to_owned(), Value::String(view.name.clone())),
            ("url".to_owned(), Value::String(view.url.clone())),
            ("kept".to_owned(), Value::Integer(micros(view.kept))),
        ]))
    };
    Table::from_iter([("view".to_owned(), Value::Array(views.iter().map(table).collect()))]).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(repository: &Repository) -> Vec<String> {
        repository.views().unwrap().into_iter().map(|view| view.name).collect()
    }

    #[test]
    fn views_are_kept_by_name_and_found_by_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        assert_eq!(repository.views().unwrap(), []);
        assert_eq!(repository.keep_view("lr × batch", "/metrics?color=lr,bs").unwrap(), None);
        assert_eq!(repository.keep_view("a \"quoted\"\nname", "/runs?q=run.name+==+'x'").unwrap(), None);
        let other = Repository::open(folder.path()).unwrap();
        assert_eq!(names(&other), ["a \"quoted\"\nname", "lr × batch"]);
        let before = other.keep_view("lr × batch", "/runs").unwrap().unwrap();
        assert_eq!(before.url, "/metrics?color=lr,bs");
        assert_eq!(repository.views().unwrap()[1].url, "/runs");
        assert_eq!(repository.forget_view("lr × batch").unwrap().unwrap().url, "/runs");
        assert_eq!(repository.forget_view("lr × batch").unwrap(), None);
        assert_eq!(names(&other).len(), 1);
    }

    #[test]
    fn views_that_many_threads_keep_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let repository = &repository;
                scope.spawn(move || repository.keep_view(&format!("view {n}"), "/runs").unwrap());
            }
        });
        assert_eq!(names(&repository).len(), 8);
    }

    #[test]
    fn a_file_that_is_no_list_of_views_is_told_and_left_as_it_is() {
        let path = Path::new("views.toml");
        for text in ["view = 3", "[[view]]\nname = \"a\"", "[[view"] {
            assert!(matches!(read(text.as_bytes(), path), Err(Error::Broken { .. })), "{text}");
        }
        assert_eq!(read(b"other = 1", path).unwrap(), []);
    }
}
