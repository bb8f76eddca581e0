//! AdamW as PyTorch computes it, with a word embedding that is brought forward only where it is needed.
//!
//! A step touches a few hundred of the word embedding's tens of thousands of rows. The others get a gradient of 0,
//! which still moves them: they decay, and those that ever had a gradient coast on their moments. Both are replayed,
//! step by step with the very same arithmetic, when a row is next read; so no bit differs from updating all rows in
//! every step, and the cost of a step does not depend on the size of the vocabulary.

use std::path::Path;

use crate::kernel::adam::{self, Rates, State};
use crate::kernel::each_part;
use crate::{Error, Gradients, Model, Workspace, weights};

/// Numbers that one task updates.
const CHUNK: usize = 1 << 14;

/// The rates of AdamW that do not change in a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamWOptions {
    /// Decay of the mean of gradients, 0.9.
    pub beta1: f64,
    /// Decay of the mean of squared gradients, 0.999.
    pub beta2: f64,
    /// Added to the root of the mean square, 1e-8.
    pub epsilon: f64,
    /// Decoupled weight decay, for the parameters that decay.
    pub weight_decay: f64,
}

/// What changes in each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// Factor of the gradients: see [`clip_factor`]; 1.0 for none.
    pub gradient_factor: f32,
}

/// The optimiser's state.
#[derive(Debug)]
pub struct AdamW {
    options: AdamWOptions,
    /// Mean of gradients of every number, in the model's layout.
    mean: Vec<f32>,
    /// Mean of squared gradients.
    square: Vec<f32>,
    /// The figures of the steps since the state was made or loaded, for rows that lag behind.
    history: Vec<Rates>,
    /// Steps done before `history`.
    loaded_steps: u64,
    /// For each row of the word embedding: how many entries of `history` it has seen.
    seen: Vec<u32>,
    /// Whether a row ever had a gradient; the others have moments of 0.
    moved: Vec<bool>,
    /// Whether the step updates every row at once; the lazy way is checked against it.
    dense: bool,
}

/// What clipping to `max_norm` multiplies gradients of norm `norm` with: `min(1, max_norm / (norm + 1e-6))`.
pub fn clip_factor(norm: f64, max_norm: f64) -> f32 {
    (max_norm / (norm + 1e-6)).min(1.0) as f32
}

impl AdamW {
    /// A state without history.
    pub fn new(model: &Model, options: AdamWOptions) -> Self {
        let layout = model.layout();
        Self {
            options,
            mean: vec![0.0; layout.n_numbers()],
            square: vec![0.0; layout.n_numbers()],
            history: Vec::new(),
            loaded_steps: 0,
            seen: vec![0; layout.n_words()],
            moved: vec![false; layout.n_words()],
            dense: false,
        }
    }

    /// The rates.
    pub fn options(&self) -> AdamWOptions {
        self.options
    }

    /// How many steps were done.
    pub fn step_count(&self) -> u64 {
        self.loaded_steps + self.history.len() as u64
    }

    /// Brings the word embeddings of these tokens up to date; call it before each forward while training.
    pub fn prepare(&mut self, model: &mut Model, ids: &[u32], _workspace: &mut Workspace) {
        for id in ids {
            self.catch_up(model, *id as usize);
        }
    }

    /// Brings all word embeddings up to date; call it before evaluating or saving. It changes no later bit.
    pub fn materialise(&mut self, model: &mut Model, workspace: &mut Workspace) {
        let threads = workspace.threads().clone();
        let (words, width) = model.layout().words();
        let history = &self.history;
        let rows = model.numbers_mut()[words.clone()]
            .chunks_exact_mut(width)
            .zip(self.mean[words.clone()].chunks_exact_mut(width))
            .zip(self.square[words].chunks_exact_mut(width))
            .zip(self.seen.iter_mut().zip(&self.moved));
        let mut rows: Vec<_> = rows.collect();
        threads.enter(|| {
            each_part(&threads, rows.chunks_mut(256), |_, _, rows| {
                for (((weights, mean), square), (seen, moved)) in rows {
                    replay(State { weights, mean, square }, **moved, &history[**seen as usize..]);
                    **seen = history.len() as u32;
                }
            });
        });
        model.set_behind(None);
    }

    fn catch_up(&mut self, model: &mut Model, row: usize) {
        let (words, width) = model.layout().words();
        let Some(seen) = self.seen.get_mut(row) else { return };
        if *seen as usize == self.history.len() {
            return;
        }
        let range = words.start + row * width..words.start + (row + 1) * width;
        let state = State {
            weights: &mut model.numbers_mut()[range.clone()],
            mean: &mut self.mean[range.clone()],
            square: &mut self.square[range],
        };
        replay(state, self.moved[row], &self.history[*seen as usize..]);
        *seen = self.history.len() as u32;
    }

    /// One step.
    ///
    /// # Errors
    /// [`Error::Foreign`] when model, gradients and state do not belong together.
    pub fn step(
        &mut self,
        model: &mut Model,
        gradients: &Gradients,
        update: Update,
        workspace: &mut Workspace,
    ) -> Result<(), Error> {
        let want = model.layout().n_numbers();
        for (what, got) in
            [("gradients", gradients.numbers().len()), ("an optimiser's state", self.mean.len())]
        {
            if got != want {
                return Err(Error::Foreign { what, got, want });
            }
        }
        let touched: Vec<u32> =
            if self.dense { (0..self.seen.len() as u32).collect() } else { gradients.touched().to_vec() };
        for row in &touched {
            // A row that was read was prepared; one that was not is brought forward here, before its step.
            self.catch_up(model, *row as usize);
        }
        let rates = rates(&self.options, self.step_count(), update.learning_rate);
        self.history.push(rates);
        let n_steps = self.history.len() as u32;
        let (words, width) = model.layout().words();
        for row in &touched {
            let row = *row as usize;
            let range = words.start + row * width..words.start + (row + 1) * width;
            let state = State {
                weights: &mut model.numbers_mut()[range.clone()],
                mean: &mut self.mean[range.clone()],
                square: &mut self.square[range.clone()],
            };
            adam::step(state, &gradients.numbers()[range], update.gradient_factor, rates);
            self.seen[row] = n_steps;
            self.moved[row] = true;
        }
        self.step_dense(model, gradients, (update.gradient_factor, rates), workspace);
        let behind = (touched.len() < self.seen.len()).then_some(self.step_count());
        model.set_behind(behind);
        Ok(())
    }

    /// The step of all parameters but the word embedding.
    fn step_dense(
        &mut self,
        model: &mut Model,
        gradients: &Gradients,
        (factor, rates): (f32, Rates),
        workspace: &mut Workspace,
    ) {
        let threads = workspace.threads().clone();
        let ranges = model.layout().dense_ranges();
        threads.enter(|| {
            for (range, decays) in &ranges {
                let rates = Rates { keep: if *decays { rates.keep } else { 1.0 }, ..rates };
                let gradients = gradients.numbers()[range.clone()].chunks(CHUNK);
                let parts = model.numbers_mut()[range.clone()]
                    .chunks_mut(CHUNK)
                    .zip(self.mean[range.clone()].chunks_mut(CHUNK))
                    .zip(self.square[range.clone()].chunks_mut(CHUNK))
                    .zip(gradients);
                each_part(&threads, parts, |_, _, (((weights, mean), square), gradients)| {
                    adam::step(State { weights, mean, square }, gradients, factor, rates);
                });
            }
        });
    }

    /// Writes the state (`NAME.exp_avg`, `NAME.exp_avg_sq`, the step) as safetensors, beside and then renamed.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Behind`] before [`Self::materialise`].
    pub fn save(&self, model: &Model, file: &Path) -> Result<(), Error> {
        model.check_current()?;
        let mut tensors = Vec::new();
        for slot in model.layout().slots() {
            for (suffix, numbers) in [("exp_avg", &self.mean), ("exp_avg_sq", &self.square)] {
                let data = &numbers[slot.range.clone()];
                tensors.push((format!("{}.{suffix}", slot.name), slot.shape.clone(), data));
            }
        }
        let step = self.step_count().to_string();
        // One entry alone: with two, their order in the file would be by chance.
        weights::write(file, tensors, &[("step", &step)])
    }

    /// Reads a state that [`Self::save`] wrote; training goes on with the same bits.
    ///
    /// # Errors
    /// Any [`Error`] about tensors.
    pub fn load(model: &Model, options: AdamWOptions, file: &Path) -> Result<Self, Error> {
        let mut state = Self::new(model, options);
        let (tensors, metadata) = weights::read(file)?;
        for slot in model.layout().slots() {
            for (suffix, numbers) in [("exp_avg", &mut state.mean), ("exp_avg_sq", &mut state.square)] {
                let name = format!("{}.{suffix}", slot.name);
                let tensor = tensors
                    .get(&name)
                    .ok_or_else(|| Error::MissingTensor { name: name.clone(), path: file.to_owned() })?;
                tensor.copy_to(&name, &slot.shape, &mut numbers[slot.range.clone()], file)?;
            }
        }
        state.loaded_steps = metadata.get("step").and_then(|step| step.parse().ok()).ok_or_else(|| {
            Error::Tensors { reason: "got no step in the metadata".to_owned(), path: file.to_owned() }
        })?;
        let (words, width) = model.layout().words();
        for (row, moved) in state.moved.iter_mut().enumerate() {
            let range = words.start + row * width..words.start + (row + 1) * width;
            *moved =
                state.square[range.clone()].iter().chain(&state.mean[range]).any(|number| *number != 0.0);
        }
        Ok(state)
    }

    /// Updates every row in every step from now on: the plain way, which the lazy one must equal.
    #[doc(hidden)]
    pub fn make_dense(&mut self) {
        self.dense = true;
    }
}

/// The figures of the step that comes after `n_done` steps.
fn rates(options: &AdamWOptions, n_done: u64, learning_rate: f64) -> Rates {
    let step = (n_done + 1) as f64;
    Rates {
        keep: (1.0 - learning_rate * options.weight_decay) as f32,
        beta1: options.beta1 as f32,
        beta2: options.beta2 as f32,
        step_size: (learning_rate / (1.0 - options.beta1.powf(step))) as f32,
        root_correction: (1.0 / (1.0 - options.beta2.powf(step)).sqrt()) as f32,
        epsilon: options.epsilon as f32,
    }
}

/// The steps that a row missed, each with a gradient of 0.
fn replay(state: State<'_>, moved: bool, missed: &[Rates]) {
    if moved {
        let State { weights, mean, square } = state;
        for rates in missed {
            adam::idle(State { weights, mean, square }, *rates);
        }
    } else if missed.iter().any(|rates| rates.keep != 1.0) {
        adam::decay(state.weights, missed);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use std::io::Write as _;
    use std::path::PathBuf;

    use serde_json::Value;

    use super::*;

    /// Says that something is not tested; the harness, which keeps what tests print to itself, does not get hold of it.
    fn skipped(what: &str) {
        // A closed standard error is no reason to fail.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
    }

    fn files() -> Vec<Value> {
        let mut roots = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hf")];
        match std::env::var_os("TRAILMARK_FIXTURES") {
            Some(root) => roots.push(PathBuf::from(root).join("fixtures/hf")),
            None => skipped("TRAILMARK_FIXTURES is not set; only testdata/ is compared"),
        }
        let read = |root: PathBuf| {
            let text = std::fs::read_to_string(root.join("schedules/schedules_adamw.json")).unwrap();
            serde_json::from_str::<Value>(&text).unwrap()["adamw"].clone()
        };
        roots.into_iter().map(read).collect()
    }

    fn floats(value: &Value) -> Vec<f32> {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
    }

    #[test]
    fn steps_are_those_of_pytorch() {
        let mut compared = 0;
        for file in files() {
            let number = |value: &Value| value.as_f64().unwrap();
            let (beta1, beta2) = (number(&file["betas"][0]), number(&file["betas"][1]));
            for (key, weight_decay) in
                [("wd_0", 0.0), ("wd_0_01", 0.01), ("wd_0_1", 0.1), ("fused_wd_0_01", 0.01)]
            {
                let options = AdamWOptions { beta1, beta2, epsilon: number(&file["eps"]), weight_decay };
                let mut weights = floats(&file["p0"]);
                let (mut mean, mut square) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
                for (step, want) in file[key].as_array().unwrap().iter().enumerate() {
                    let rates = rates(&options, step as u64, number(&file["lr"]));
                    let state = State { weights: &mut weights, mean: &mut mean, square: &mut square };
                    adam::step(state, &floats(&file["grads"][step]), 1.0, rates);
                    for (got, want) in weights.iter().zip(floats(want)) {
                        assert!((got - want).abs() < 1e-6, "{key}, step {step}: {got} {want}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared >= 120, "{compared}");
    }

    #[test]
    fn clipping_is_that_of_pytorch() {
        for file in files() {
            let clip = &file["clip"];
            if clip.is_null() {
                continue;
            }
            let (norm, most) = (clip["total_norm"].as_f64().unwrap(), clip["max_norm"].as_f64().unwrap());
            let factor = clip_factor(norm, most);
            let pairs = clip["grads"].as_array().unwrap().iter().zip(clip["clipped"].as_array().unwrap());
            for (gradients, want) in pairs {
                for (gradient, want) in floats(gradients).iter().zip(floats(want)) {
                    assert!((gradient * factor - want).abs() < 1e-7, "{gradient} {want}");
                }
            }
        }
        // Small gradients stay what they are.
        assert_eq!(clip_factor(0.5, 1.0), 1.0);
        assert!((clip_factor(13.0, 1.0) - 1.0 / 13.000_001).abs() < 1e-9);
    }
}
