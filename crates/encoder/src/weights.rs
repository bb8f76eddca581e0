//! Tensors on disk: safetensors, and nothing else. A pickle can run code when it is read, so none is ever opened.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{Error, fs};

/// One tensor, as `f32`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Tensor {
    /// Copies the numbers, if the shape is `want`.
    pub(crate) fn copy_to(
        &self,
        name: &str,
        want: &[usize],
        numbers: &mut [f32],
        path: &Path,
    ) -> Result<(), Error> {
        if self.shape != want {
            return Err(Error::Shape {
                name: name.to_owned(),
                got: self.shape.clone(),
                want: want.to_vec(),
                path: path.to_owned(),
            });
        }
        numbers.copy_from_slice(&self.data);
        Ok(())
    }
}

/// Tensors by name, and the file's metadata.
pub(crate) type Contents = (BTreeMap<String, Tensor>, HashMap<String, String>);

/// Reads a file; half precision becomes `f32`, whole numbers (`position_ids`) are left out.
pub(crate) fn read(path: &Path) -> Result<Contents, Error> {
    let bytes = fs::read(path)?;
    let broken = |reason: String| Error::Tensors { reason, path: path.to_owned() };
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| broken(error.to_string()))?;
    let metadata = metadata.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(&bytes).map_err(|error| broken(error.to_string()))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        if let Some(data) = numbers(&view) {
            tensors.insert(name.to_owned(), Tensor { shape: view.shape().to_vec(), data });
        }
    }
    Ok((tensors, metadata))
}

fn numbers(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F32 => bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F64 => bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        Dtype::F16 => {
            bytes.as_chunks::<2>().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect()
        }
        Dtype::BF16 => {
            bytes.as_chunks::<2>().0.iter().map(|b| half::bf16::from_le_bytes(*b).to_f32()).collect()
        }
        _ => return None,
    })
}

/// Writes a file beside its old self and renames it.
pub(crate) fn write(
    path: &Path,
    tensors: Vec<(String, Vec<usize>, &[f32])>,
    metadata: &[(&str, &str)],
) -> Result<(), Error> {
    let broken = |error: safetensors::SafeTensorError| Error::Tensors {
        reason: error.to_string(),
        path: path.to_owned(),
    };
    let mut views = Vec::new();
    for (name, shape, data) in tensors {
        let view = TensorView::new(Dtype::F32, shape, bytemuck::cast_slice(data)).map_err(broken)?;
        views.push((name, view));
    }
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(broken)?;
    fs::replace(path, &bytes)
}

/// The tensors of a folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
pub(crate) fn read_folder(folder: &Path) -> Result<BTreeMap<String, Tensor>, Error> {
    let whole = folder.join("model.safetensors");
    let index = folder.join("model.safetensors.index.json");
    if whole.exists() || !index.exists() {
        let pickle = folder.join("pytorch_model.bin");
        if !whole.exists() && pickle.exists() {
            return Err(Error::Pickle { path: pickle });
        }
        return Ok(read(&whole)?.0);
    }
    let text = fs::read_to_string(&index)?;
    let parsed: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Error::json(&error, &index))?;
    let map = parsed.get("weight_map").and_then(serde_json::Value::as_object);
    let map =
        map.ok_or_else(|| Error::Tensors { reason: "got no weight_map".to_owned(), path: index.clone() })?;
    let mut shards: Vec<&str> = map.values().filter_map(serde_json::Value::as_str).collect();
    shards.sort_unstable();
    shards.dedup();
    let mut tensors = BTreeMap::new();
    for shard in shards {
        if shard.contains(['/', '\\']) || shard.starts_with('.') {
            let reason = format!("got a shard called {shard:?}, want a plain file name");
            return Err(Error::Tensors { reason, path: index });
        }
        tensors.extend(read(&folder.join(shard))?.0);
    }
    Ok(tensors)
}
