//! The operations of App Runner's API, by name.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The operations of App Runner's API that the emulator knows, spelled as App Runner spells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is described where the model carries it out")]
pub enum ApiOperation {
    CreateService,
    DeleteService,
    DescribeService,
    ListOperations,
    ListServices,
    ListTagsForResource,
    PauseService,
    ResumeService,
    StartDeployment,
    TagResource,
}

impl ApiOperation {
    /// Every operation that the emulator implements, in the order of the alphabet.
    pub const ALL: &'static [Self] = &[
        Self::CreateService,
        Self::DeleteService,
        Self::DescribeService,
        Self::ListOperations,
        Self::ListServices,
        Self::ListTagsForResource,
        Self::PauseService,
        Self::ResumeService,
        Self::StartDeployment,
        Self::TagResource,
    ];

    /// The operation with App Runner's name for it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.as_str() == name)
    }

    /// App Runner's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateService => "CreateService",
            Self::DeleteService => "DeleteService",
            Self::DescribeService => "DescribeService",
            Self::ListOperations => "ListOperations",
            Self::ListServices => "ListServices",
            Self::ListTagsForResource => "ListTagsForResource",
            Self::PauseService => "PauseService",
            Self::ResumeService => "ResumeService",
            Self::StartDeployment => "StartDeployment",
            Self::TagResource => "TagResource",
        }
    }

    /// Whether it begins an operation that goes on after the reply.
    pub fn begins_operation(self) -> bool {
        match self {
            Self::CreateService
            | Self::DeleteService
            | Self::PauseService
            | Self::ResumeService
            | Self::StartDeployment => true,
            Self::DescribeService
            | Self::ListOperations
            | Self::ListServices
            | Self::ListTagsForResource
            | Self::TagResource => false,
        }
    }
}

impl fmt::Display for ApiOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_its_name() {
        for operation in ApiOperation::ALL {
            assert_eq!(ApiOperation::from_name(operation.as_str()), Some(*operation));
            let json = serde_json::to_string(operation).unwrap();
            assert_eq!(json, format!("\"{operation}\""));
        }
        assert_eq!(ApiOperation::from_name("UpdateService"), None);
    }
}
