//! What the planner asks of App Runner, and what App Runner may say: the words on both sides of the door.
//!
//! The planner makes these calls and reads these replies; `apprunner/` carries them to AWS, `emulator/` answers them.

use crate::schedule::Action;
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

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

/// What App Runner answered when it took the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To [`Request::Act`]: the operation that began, if it named one, and the service's state.
    Accepted {
        /// Absent when nothing began, or when App Runner did not say.
        operation: Option<OperationId>,
        /// The state of the service in the same reply.
        status: ServiceStatus,
    },
    /// To [`Request::Describe`].
    Described {
        /// The state of the service.
        status: ServiceStatus,
    },
    /// To [`Request::ListOperations`].
    Operations {
        /// Newest first, as App Runner lists them.
        operations: Vec<Operation>,
        /// The token of the next page, if there is one.
        next_page: Option<String>,
    },
}

/// App Runner did not take the request, or nobody knows whether it did: the facts, not yet judged.
///
/// What they mean is decided in `planner/retry.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// How it failed.
    pub cause: Cause,
    /// What was said, for people. Never holds a credential.
    pub message: String,
}

/// How a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// App Runner (or something before it) answered with an error.
    Answered {
        /// The error's code, such as `InvalidStateException`; `None` for a reply that carries none (an HTML page, an
        /// empty body).
        code: Option<String>,
        /// The HTTP status.
        http_status: u16,
    },
    /// A success that could not be read: it may well have been carried out.
    Unreadable,
    /// No reply came: a timeout or a broken connection after the request may have left.
    NoReply,
    /// The request surely never left: no connection could be made.
    NotSent,
    /// No credentials could be found or fetched, so nothing was sent.
    NoCredentials,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Answered { code: Some(code), .. } => write!(f, "{code}: {}", self.message),
            Cause::Answered { code: None, http_status } => write!(f, "HTTP {http_status}: {}", self.message),
            Cause::Unreadable | Cause::NoReply | Cause::NotSent | Cause::NoCredentials => {
                f.write_str(&self.message)
            }
        }
    }
}

/// The id that App Runner gives to an operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(Arc<str>);

impl OperationId {
    /// Takes the id as App Runner wrote it.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The id as App Runner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of `ListOperations`. Every member is optional on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The operation's id.
    pub id: Option<OperationId>,
    /// What it does.
    pub kind: Option<OperationKind>,
    /// How far it is; `None` when App Runner did not say.
    pub status: Option<OperationStatus>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Operation {
    /// Whether it has ended, and how. One whose status nobody told goes on.
    pub(crate) fn outcome(&self) -> Outcome {
        self.status.as_ref().map_or(Outcome::GoesOn, OperationStatus::outcome)
    }
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    GoesOn,
    Succeeded,
    Failed,
}

/// Writes an enum whose values are App Runner's own words, with room for the words it will invent.
///
/// Words are compared without regard to case, for one client of App Runner has seen lower-case ones.
macro_rules! wire_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that this build does not know, as it came.
            Unknown(String),
        }

        impl $name {
            /// Every value this build knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)+];

            /// Reads App Runner's word, in any case.
            pub fn from_wire(word: &str) -> Self {
                $(if word.eq_ignore_ascii_case($word) {
                    return Self::$variant;
                })+
                Self::Unknown(word.to_owned())
            }

            /// App Runner's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown(word) => word,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

wire_words! {
    /// The state of a service (`ServiceStatus`).
    ServiceStatus {
        /// It could not be created.
        CreateFailed = "CREATE_FAILED",
        /// It is awake.
        Running = "RUNNING",
        /// It is gone.
        Deleted = "DELETED",
        /// It could not be deleted.
        DeleteFailed = "DELETE_FAILED",
        /// It is asleep.
        Paused = "PAUSED",
        /// It is changing; neither pause nor resume is taken.
        OperationInProgress = "OPERATION_IN_PROGRESS",
    }
}

wire_words! {
    /// How far an operation is (`OperationStatus`).
    OperationStatus {
        /// It has not begun.
        Pending = "PENDING",
        /// It goes on.
        InProgress = "IN_PROGRESS",
        /// It ended and changed nothing.
        Failed = "FAILED",
        /// It ended as asked.
        Succeeded = "SUCCEEDED",
        /// It failed and is being undone.
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        /// It failed, and so did undoing it.
        RollbackFailed = "ROLLBACK_FAILED",
        /// It failed and was undone.
        RollbackSucceeded = "ROLLBACK_SUCCEEDED",
    }
}

wire_words! {
    /// What an operation does (`OperationType`).
    OperationKind {
        /// A deployment.
        StartDeployment = "START_DEPLOYMENT",
        /// The service's creation.
        CreateService = "CREATE_SERVICE",
        /// A pause.
        PauseService = "PAUSE_SERVICE",
        /// A resume.
        ResumeService = "RESUME_SERVICE",
        /// The service's deletion.
        DeleteService = "DELETE_SERVICE",
        /// A change of its configuration.
        UpdateService = "UPDATE_SERVICE",
    }
}

impl ServiceStatus {
    /// The state in which an action leaves a service.
    pub(crate) fn after(action: Action) -> Self {
        match action {
            Action::Resume => Self::Running,
            Action::Pause => Self::Paused,
        }
    }
}

impl OperationKind {
    /// What an operation that carries out an action is called.
    pub(crate) fn of(action: Action) -> Self {
        match action {
            Action::Resume => Self::ResumeService,
            Action::Pause => Self::PauseService,
        }
    }
}

impl OperationStatus {
    /// Whether the operation has ended, and how. A status that this build does not know counts as still going on.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Succeeded => Outcome::Succeeded,
            Self::Failed | Self::RollbackFailed | Self::RollbackSucceeded => Outcome::Failed,
            Self::Pending | Self::InProgress | Self::RollbackInProgress | Self::Unknown(_) => Outcome::GoesOn,
        }
    }
}
