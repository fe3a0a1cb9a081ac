//! How far the planner looks ahead, and each of its machines.

/// How far the planner looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// It follows the schedules for ever.
    Endless,
    /// It settles what is owed now and begins nothing new: `run --once`.
    WhatIsOwed,
}

/// How far a machine looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// It follows its schedule for ever.
    Endless,
    /// It settles what is owed and begins nothing new.
    WhatIsOwed,
    /// The same, and then it is gone: its service has left the file.
    Leaving,
    /// The same; its service is disabled, so of what is owed nothing begins that has not begun.
    Disabled,
}

impl Lifecycle {
    /// Whether the file has its service no longer, or disabled.
    pub(super) fn is_leaving(self) -> bool {
        matches!(self, Self::Leaving | Self::Disabled)
    }
}

impl From<Horizon> for Lifecycle {
    fn from(horizon: Horizon) -> Self {
        match horizon {
            Horizon::Endless => Self::Endless,
            Horizon::WhatIsOwed => Self::WhatIsOwed,
        }
    }
}
