//! The model behind its lock.

use super::model::Model;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The model, as connections share it. Never held while waiting.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Mutex<Model>>);

impl Shared {
    pub(super) fn new(model: Model) -> Self {
        Self(Arc::new(Mutex::new(model)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Model> {
        // A panic elsewhere leaves the model as it was between two steps, which is good enough to go on with.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
