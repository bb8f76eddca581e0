//! A model in a Hugging Face folder: config.json and safetensors, read under the names of any age, written under today's.

use std::path::Path;

use crate::kernel::random::Mask;
use crate::layout::{Slot, Start};
use crate::{Config, Dropout, Error, Head, Loaded, Model, fs, weights};

/// Tensors of the head, which a base model lacks.
const HEAD: &str = "qa_outputs.";

impl Model {
    /// Loads a Hugging Face folder (config.json, model.safetensors or its shards) with a question-answering head.
    ///
    /// # Errors
    /// Any [`Error`] about a folder; [`Error::MissingHead`] when the model has no head yet.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let loaded = Self::load_or_new_head(folder, 0)?;
        match loaded.head {
            Head::Trained => Ok(loaded.model),
            Head::Fresh => Err(Error::MissingHead { path: folder.to_owned() }),
        }
    }

    /// As [`Self::load`], but a missing head is made: normal with the configuration's `initializer_range`, from `seed`.
    ///
    /// # Errors
    /// Any [`Error`] about a folder.
    pub fn load_or_new_head(folder: &Path, seed: u64) -> Result<Loaded, Error> {
        let file = folder.join("config.json");
        let config = Config::from_json(&fs::read_to_string(&file)?, &file)?;
        let mut tensors = weights::read_folder(folder)?;
        let mut model = Self::empty(config);
        let mut head = Head::Trained;
        let deviation = model.config.initializer_range;
        for slot in model.layout.slots() {
            let found =
                names(&slot.name, model.family.prefix).into_iter().find_map(|name| tensors.remove(&name));
            match found {
                Some(tensor) => {
                    let numbers = &mut model.numbers[slot.range.clone()];
                    tensor.copy_to(&slot.name, &slot.shape, numbers, folder)?;
                }
                None if slot.name.starts_with(HEAD) => {
                    head = Head::Fresh;
                    start(slot, &mut model.numbers, deviation, seed);
                }
                None => {
                    return Err(Error::MissingTensor { name: slot.name.clone(), path: folder.to_owned() });
                }
            }
        }
        Ok(Loaded { model, head, ignored: tensors.into_keys().collect() })
    }

    /// Writes config.json and model.safetensors, each beside its old self and then renamed. The folder is made.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Behind`] before [`crate::AdamW::materialise`].
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.check_current()?;
        fs::create_folder(folder)?;
        let slots = self.layout.slots().iter();
        let tensors = slots
            .map(|slot| (slot.name.clone(), slot.shape.clone(), &self.numbers[slot.range.clone()]))
            .collect();
        weights::write(&folder.join("model.safetensors"), tensors, &[("format", "pt")])?;
        let config = self.config.to_json(self.family.architecture);
        fs::replace(&folder.join("config.json"), config.as_bytes())
    }
}

/// What a tensor may be called: today's name, without the family's prefix, and norms by their old names.
fn names(name: &str, prefix: &str) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    names.extend(name.strip_prefix(prefix).map(str::to_owned));
    for index in 0..names.len() {
        for (today, old) in [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")] {
            if let Some(stem) = names[index].strip_suffix(today) {
                names.push(format!("{stem}{old}"));
            }
        }
    }
    names
}

/// Fills one tensor anew: normal numbers by Box and Muller from counted bits, or a constant.
pub(crate) fn start(slot: &Slot, numbers: &mut [f32], deviation: f32, seed: u64) {
    let numbers = &mut numbers[slot.range.clone()];
    match slot.start {
        Start::Zeros => numbers.fill(0.0),
        Start::Ones => numbers.fill(1.0),
        Start::Normal => {
            // The name picks the stream: a tensor's first numbers do not depend on what else the model has.
            let stream = slot.name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            let bits = Mask::new(Dropout { seed, step: stream }, u32::MAX, 0.0);
            for (index, chunk) in numbers.chunks_mut(2).enumerate() {
                let [a, b] = bits.uniform(index as u64);
                let radius = deviation * (-2.0 * a.ln()).sqrt();
                let turn = std::f32::consts::TAU * b;
                for (number, value) in chunk.iter_mut().zip([radius * turn.cos(), radius * turn.sin()]) {
                    *number = value;
                }
            }
        }
    }
}
