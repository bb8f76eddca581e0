//! One AdamW step on a slice of numbers.
//!
//! Decoupled weight decay (Loshchilov and Hutter, 2019), bias correction and the order of operations as in PyTorch's
//! `adamw`: decay first, then the moments, then the step.

use super::fast;

/// The figures of one step, worked out in double precision once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    /// 1 - learning rate × weight decay; 1 for parameters that do not decay.
    pub(crate) keep: f32,
    pub(crate) beta1: f32,
    pub(crate) beta2: f32,
    /// learning rate / (1 - beta1^step)
    pub(crate) step_size: f32,
    /// 1 / √(1 - beta2^step)
    pub(crate) root_correction: f32,
    pub(crate) epsilon: f32,
}

/// Weights and moments of the same numbers.
#[derive(Debug)]
pub(crate) struct State<'a> {
    pub(crate) weights: &'a mut [f32],
    pub(crate) mean: &'a mut [f32],
    pub(crate) square: &'a mut [f32],
}

/// One step with `gradients · factor`.
pub(crate) fn step(state: State<'_>, gradients: &[f32], factor: f32, rates: Rates) {
    fast(
        #[inline(always)]
        || {
            let numbers = state.weights.iter_mut().zip(state.mean).zip(state.square);
            for (((weight, mean), square), gradient) in numbers.zip(gradients) {
                update((weight, mean, square), gradient * factor, rates);
            }
        },
    );
}

/// One step with gradients of 0.
pub(crate) fn idle(state: State<'_>, rates: Rates) {
    fast(
        #[inline(always)]
        || {
            let numbers = state.weights.iter_mut().zip(state.mean).zip(state.square);
            for ((weight, mean), square) in numbers {
                update((weight, mean, square), 0.0, rates);
            }
        },
    );
}

/// The steps of weights whose gradients have been 0 for ever: decay alone, one product a step.
pub(crate) fn decay(weights: &mut [f32], steps: &[Rates]) {
    fast(
        #[inline(always)]
        || {
            for step in steps {
                for weight in weights.iter_mut() {
                    *weight *= step.keep;
                }
            }
        },
    );
}

#[inline(always)]
fn update((weight, mean, square): (&mut f32, &mut f32, &mut f32), gradient: f32, rates: Rates) {
    let decayed = *weight * rates.keep;
    *mean = rates.beta1.mul_add(*mean - gradient, gradient);
    *square = rates.beta2.mul_add(*square, (1.0 - rates.beta2) * gradient * gradient);
    let root = (*square).sqrt().mul_add(rates.root_correction, rates.epsilon);
    *weight = decayed - rates.step_size * *mean / root;
}
