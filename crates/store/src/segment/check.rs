//! Whether the segments' files are what the manifest says.

use super::manifest::{self, Part};
use crate::{Error, Problem, Repository, fs};

impl Repository {
    /// Reads every byte of the segments again and says what is damaged or missing, and whose it is.
    pub(crate) fn check_segments(&self) -> Result<Vec<Problem>, Error> {
        let segments = self.segments()?;
        let files = &self.inner.place.files;
        let mut problems = Vec::new();
        for listed in &segments.manifest.segments {
            let here = segments.runs.iter().filter(|(_, (number, _))| *number == listed.number);
            let runs: Vec<String> = here.map(|(id, _)| id.to_string()).collect();
            for (part, hash) in &listed.files {
                let path = manifest::file(self.path(), listed.number, *part);
                let what = match files.0.open(&path) {
                    Ok(mut file) => {
                        let kept = crate::blob::hash(&mut file, |_| Ok(()));
                        let kept = kept.map_err(fs::named("read a segment", &path))?;
                        if kept.id.to_string() == *hash { continue } else { (kept.n_bytes, "damaged") }
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => (0, "missing"),
                    Err(error) => return Err(fs::named("read a segment", &path)(error)),
                };
                let whose = match (*part, runs.len()) {
                    (Part::Pyramid | Part::Sums, _) => "nothing is lost, it can be made again".to_owned(),
                    (_, 0) => format!("of {} runs", listed.n_runs),
                    (_, 1..=12) => format!("of runs {}", runs.join(", ")),
                    (_, n) => format!("of runs {} and {} more", runs[..12].join(", "), n - 12),
                };
                let reason = format!("{} {} of a segment, {whose}", what.1, part.name()).into();
                problems.push(Problem { path, offset: 0, n_bytes: what.0, reason });
            }
        }
        Ok(problems)
    }
}
