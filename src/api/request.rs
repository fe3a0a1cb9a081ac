//! What is asked of App Runner.

use super::action::Action;

/// One request to App Runner about one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `ResumeService` or `PauseService`: the call that changes something.
    Act(Action),
    /// `DescribeService`: which state is it in?
    Describe,
    /// `ListOperations`: one page, newest first; `page` is the token of a later page.
    ListOperations {
        /// The `NextToken` of the page before, `None` for the first page.
        page: Option<String>,
    },
}

impl Request {
    /// App Runner's own name of the operation.
    pub fn api_name(&self) -> &'static str {
        match self {
            Self::Act(Action::Resume) => "ResumeService",
            Self::Act(Action::Pause) => "PauseService",
            Self::Describe => "DescribeService",
            Self::ListOperations { .. } => "ListOperations",
        }
    }
}
