//! What is done to a service.

use std::fmt;

/// What a schedule asks for: wake a service or put it to sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `PauseService`: compute goes to zero, the domain stays.
    Pause,
    /// `ResumeService`: the version deployed before the pause starts again.
    Resume,
}

impl Action {
    /// Pause for resume, and resume for pause.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Pause => Self::Resume,
            Self::Resume => Self::Pause,
        }
    }

    /// The word in files, logs and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
