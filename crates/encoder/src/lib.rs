//! The encoder of extractive question answering: weights, forward, backward, optimiser. It knows no text.
//!
//! A [`Batch`] holds sequences of token ids laid end to end without padding. A [`Model`] turns it into a start and an
//! end logit for each row ([`Model::span_logits`], `&self`: many threads may share one model, each with its own
//! [`Workspace`]), or into a loss and [`Gradients`] ([`Model::loss_and_gradients`]), which [`AdamW`] applies:
//!
//! ```text
//! let threads = Threads::new(2)?;
//! let mut workspace = Workspace::new(&threads);
//! let Loaded { mut model, head, .. } = Model::load_or_new_head(folder, seed)?;   // or Model::load(folder)?
//!
//! let mut gradients = Gradients::new(&model);
//! let mut optimiser = AdamW::new(&model, AdamWOptions { beta1, beta2, epsilon, weight_decay });
//! loop {
//!     gradients.clear();
//!     for micro_batch in …  {
//!         optimiser.prepare(&mut model, micro_batch.ids(), &mut workspace);       // rows catch up
//!         let pass = Pass { dropout: Some(Dropout { seed, step }), scale: 1.0 / n_micro };
//!         let loss = model.loss_and_gradients(Labelled { batch, targets }, pass, &mut gradients, &mut workspace)?;
//!     }
//!     let norm = gradients.norm(&mut workspace);                                  // before clipping
//!     let factor = clip_factor(norm, max_grad_norm);                              // min(1, max / (norm + 1e-6))
//!     optimiser.step(&mut model, &gradients, Update { learning_rate, gradient_factor: factor }, &mut workspace)?;
//! }
//! optimiser.materialise(&mut model, &mut workspace);                              // before evaluating or saving
//! model.save(folder)?;  optimiser.save(&model, file)?;                            // later AdamW::load(&model, file)
//! ```
//!
//! In reading order: the batch, the model and its folder, the families, the tape of fused operations, the
//! backend that runs them, the optimiser.

mod adamw;
mod batch;
mod config;
mod error;
mod family;
mod folder;
mod fs;
mod kernel;
mod layout;
mod model;
mod tape;
mod threads;
mod weights;

pub use adamw::{AdamW, AdamWOptions, Update, clip_factor};
pub use batch::{Batch, Labelled, SpanTarget};
pub use config::Config;
pub use error::Error;
pub use model::{Dropout, Gradients, Head, Loaded, Model, Parameter, Pass, SpanLogits, Workspace};
pub use threads::Threads;
