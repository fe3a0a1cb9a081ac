//! The shape of App Runner's replies: which members there are, in the model's order, and which are instants.
//!
//! A reply is printed by its shape: members in this order, those that the shape does not know left out, and
//! everything else as it came.

use super::timestamp::{InvalidTime, TimeFormat};
use super::value::{Members, Value};
use Shape::{Map, Structure, Time};

/// What a member holds.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Text, a number or a word: kept as it came.
    Scalar(Sample),
    /// Seconds since 1970, or a text that names an instant.
    Time,
    /// Members of any name, each kept as it came.
    Map,
    /// Known members, in the model's order.
    Structure(&'static [(&'static str, Self)]),
}

/// What a sample shows where a scalar would be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sample {
    /// The name of the member.
    Name,
    Zero,
    Yes,
}

const TEXT: Shape = Shape::Scalar(Sample::Name);
const NUMBER: Shape = Shape::Scalar(Sample::Zero);
const FLAG: Shape = Shape::Scalar(Sample::Yes);

/// App Runner's name of what is asked.
pub(crate) const OPERATION: &str = "ResumeService";

/// The reply to `ResumeService`, of `apprunner/2020-05-15`.
pub(crate) static RESUME_SERVICE: Shape = Structure(&[("Service", SERVICE), ("OperationId", TEXT)]);

const SERVICE: Shape = Structure(&[
    ("ServiceName", TEXT),
    ("ServiceId", TEXT),
    ("ServiceArn", TEXT),
    ("ServiceUrl", TEXT),
    ("CreatedAt", Time),
    ("UpdatedAt", Time),
    ("DeletedAt", Time),
    ("Status", TEXT),
    ("SourceConfiguration", SOURCE),
    ("InstanceConfiguration", Structure(&[("Cpu", TEXT), ("Memory", TEXT), ("InstanceRoleArn", TEXT)])),
    ("EncryptionConfiguration", Structure(&[("KmsKey", TEXT)])),
    ("HealthCheckConfiguration", HEALTH_CHECK),
    ("AutoScalingConfigurationSummary", AUTO_SCALING),
    ("NetworkConfiguration", NETWORK),
    (
        "ObservabilityConfiguration",
        Structure(&[("ObservabilityEnabled", FLAG), ("ObservabilityConfigurationArn", TEXT)]),
    ),
]);

const SOURCE: Shape = Structure(&[
    ("CodeRepository", CODE_REPOSITORY),
    ("ImageRepository", IMAGE_REPOSITORY),
    ("AutoDeploymentsEnabled", FLAG),
    ("AuthenticationConfiguration", Structure(&[("ConnectionArn", TEXT), ("AccessRoleArn", TEXT)])),
]);

const CODE_REPOSITORY: Shape = Structure(&[
    ("RepositoryUrl", TEXT),
    ("SourceCodeVersion", Structure(&[("Type", TEXT), ("Value", TEXT)])),
    (
        "CodeConfiguration",
        Structure(&[("ConfigurationSource", TEXT), ("CodeConfigurationValues", CODE_CONFIGURATION)]),
    ),
    ("SourceDirectory", TEXT),
]);

const CODE_CONFIGURATION: Shape = Structure(&[
    ("Runtime", TEXT),
    ("BuildCommand", TEXT),
    ("StartCommand", TEXT),
    ("Port", TEXT),
    ("RuntimeEnvironmentVariables", Map),
    ("RuntimeEnvironmentSecrets", Map),
]);

const IMAGE_REPOSITORY: Shape = Structure(&[
    ("ImageIdentifier", TEXT),
    (
        "ImageConfiguration",
        Structure(&[
            ("RuntimeEnvironmentVariables", Map),
            ("StartCommand", TEXT),
            ("Port", TEXT),
            ("RuntimeEnvironmentSecrets", Map),
        ]),
    ),
    ("ImageRepositoryType", TEXT),
]);

const HEALTH_CHECK: Shape = Structure(&[
    ("Protocol", TEXT),
    ("Path", TEXT),
    ("Interval", NUMBER),
    ("Timeout", NUMBER),
    ("HealthyThreshold", NUMBER),
    ("UnhealthyThreshold", NUMBER),
]);

const AUTO_SCALING: Shape = Structure(&[
    ("AutoScalingConfigurationArn", TEXT),
    ("AutoScalingConfigurationName", TEXT),
    ("AutoScalingConfigurationRevision", NUMBER),
    ("Status", TEXT),
    ("CreatedAt", Time),
    ("HasAssociatedService", FLAG),
    ("IsDefault", FLAG),
]);

const NETWORK: Shape = Structure(&[
    ("EgressConfiguration", Structure(&[("EgressType", TEXT), ("VpcConnectorArn", TEXT)])),
    ("IngressConfiguration", Structure(&[("IsPubliclyAccessible", FLAG)])),
    ("IpAddressType", TEXT),
]);

/// A reply that does not have its shape.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misshapen {
    /// Something that is no object stands where one belongs.
    #[error("App Runner's reply has no object at `{0}`; is the endpoint App Runner's?")]
    NoObject(String),
    /// An instant that cannot be read.
    #[error("App Runner's reply has no time at `{0}`: {1}")]
    NoTime(String, InvalidTime),
}

impl Shape {
    /// Takes from a reply what this shape knows, in the shape's order.
    pub(crate) fn read(&self, value: &Value, instants: &TimeFormat) -> Result<Value, Misshapen> {
        self.read_at("the top", value, instants)
    }

    fn read_at(&self, name: &str, value: &Value, instants: &TimeFormat) -> Result<Value, Misshapen> {
        match self {
            Self::Scalar(_) => Ok(value.clone()),
            Time => instants.show(value).map_err(|error| Misshapen::NoTime(name.to_owned(), error)),
            Map if matches!(value, Value::Map(_)) => Ok(value.clone()),
            Structure(known) if matches!(value, Value::Map(_)) => {
                let mut members = Members::new();
                for (name, shape) in *known {
                    if let Some(member) = value.get(name).filter(|member| !matches!(member, Value::Null)) {
                        members.push(((*name).to_owned(), shape.read_at(name, member, instants)?));
                    }
                }
                Ok(Value::map(members))
            }
            Map | Structure(_) => Err(Misshapen::NoObject(name.to_owned())),
        }
    }

    /// A value of this shape in which every member has something, as an example of what a reply looks like.
    pub(crate) fn sample(&self, name: &str) -> Value {
        match self {
            Self::Scalar(Sample::Name) => Value::text(name),
            Self::Scalar(Sample::Zero) => Value::Int(0),
            Self::Scalar(Sample::Yes) => Value::Bool(true),
            Time => Value::text("1970-01-01T00:00:00"),
            Map => Value::map(vec![("KeyName".to_owned(), Value::text(name))]),
            Structure(known) => {
                let member = |(name, shape): &(&str, Self)| ((*name).to_owned(), shape.sample(name));
                Value::map(known.iter().map(member).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<String, String> {
        let value: Value = serde_json::from_str(json).unwrap();
        let read = RESUME_SERVICE.read(&value, &TimeFormat::AsOnTheWire);
        read.map(|value| value.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn members_come_in_the_models_order_and_strangers_are_left_out() {
        let json = r#"{"OperationId":"x","New":1,"Service":{"Status":"NEW","ServiceName":"a","Is":{},"DeletedAt":null}}"#;
        assert_eq!(
            read(json),
            Ok("{'Service': {'ServiceName': 'a', 'Status': 'NEW'}, 'OperationId': 'x'}".into())
        );
        assert_eq!(read("{}"), Ok("{}".into()));
    }

    #[test]
    fn a_reply_of_another_shape_is_reported_with_the_place() {
        let no_object =
            "App Runner's reply has no object at `Service`; is the endpoint App Runner's?".to_owned();
        assert_eq!(read(r#"{"Service":"x"}"#), Err(no_object.clone()));
        assert_eq!(read(r#"{"Service":[]}"#), Err(no_object));
        assert!(read("[]").unwrap_err().contains("`the top`"));
    }
}
