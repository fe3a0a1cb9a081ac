//! A bound on the looks ahead, which would otherwise take as long as a file has schedules.

/// How many steps all the looks of one file may take together, so that a check stays within a second.
const MAX_STEPS: usize = 20_000;

/// How many steps the looks may still take.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_STEPS)
    }
}

impl Budget {
    /// Takes so many steps, if they are left.
    pub(super) fn take(&mut self, steps: usize) -> Option<()> {
        self.0 = self.0.checked_sub(steps)?;
        Some(())
    }

    pub(super) fn left(&self) -> usize {
        self.0
    }
}
