//! The busy schedule that is killed at any instant and rehearsed, and the App Runner that it is played against.

use reveille::api::ServiceArn;
use reveille::api::ServiceStatus;
use reveille::clock;
use reveille::emulator::{Emulator, Model, OperationTimes, Settings};
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// How many services there are.
pub(crate) const SERVICES: usize = 6;

/// How long an operation waits, and how long it is at work.
pub(crate) const OPERATION: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(400));

/// How long a new operation is missing in the list.
pub(crate) const LISTED_LATE_BY: Duration = Duration::from_millis(150);

/// Awake for ten seconds, asleep for ten: many edges, and room to catch up between them.
const RULES: (&str, &str) = ("0,20,40 * * * * *", "10,30,50 * * * * *");

pub(crate) fn arn(number: usize) -> ServiceArn {
    format!("arn:aws:apprunner:us-east-1:123456789012:service/app-{number}/{number:032x}").parse().unwrap()
}

/// A file in which each service has the rules that it is given.
pub(crate) fn file(rules: impl Fn(usize) -> String) -> String {
    let mut file =
        "timezone = \"UTC\"\n[daemon]\nlog-format = \"json\"\n[limits]\ncalls-per-second = 100\n".to_owned();
    for number in 0..SERVICES {
        write!(file, "[[service]]\narn = \"{}\"\n{}", arn(number), rules(number)).unwrap();
    }
    file
}

/// The busy schedule.
pub(crate) fn busy() -> String {
    file(|_| format!("resume = \"{}\"\npause = \"{}\"\n", RULES.0, RULES.1))
}

/// An App Runner in which all services are asleep.
pub(crate) async fn start_emulator() -> Emulator {
    let times = OperationTimes { pending: OPERATION.0, in_progress: OPERATION.1 };
    let settings = Settings { times, listed_late_by: LISTED_LATE_BY, ..Settings::default() };
    let mut model = Model::new(settings, 1);
    for number in 0..SERVICES {
        model.put(arn(number), ServiceStatus::Paused, clock::wall()).unwrap();
    }
    Emulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), model).await.unwrap()
}
