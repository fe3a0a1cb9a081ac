//! What the model promises, one sentence a test.

use super::super::faults::{Effect, Fault};
use super::super::operation::OperationEnd;
use super::*;
use crate::api::OperationStatus;
use serde_json::json;

fn arn() -> ServiceArn {
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa"
        .parse()
        .unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn holding(status: ServiceStatus) -> Model {
    let mut model = Model::new(Settings::default(), 1);
    model.put(arn(), status, at(0)).unwrap();
    model
}

fn status(model: &mut Model, seconds: i64) -> String {
    model.describe(&arn(), at(seconds)).unwrap().status.to_string()
}

fn new_service(name: &str) -> NewService {
    let source = json!({ "ImageRepository": {} });
    NewService { name: name.to_owned(), source, instance: None, tags: Tags::new() }
}

#[test]
fn a_resume_goes_through_its_phases_and_wakes_the_service() {
    let mut model = holding(ServiceStatus::Paused);
    let accepted = model.resume(&arn(), at(10)).unwrap();
    assert_eq!(accepted.service.status, ServiceStatus::OperationInProgress);
    let id = accepted.operation.unwrap();

    for (seconds, service, operation) in [
        (10, "OPERATION_IN_PROGRESS", OperationStatus::Pending),
        (11, "OPERATION_IN_PROGRESS", OperationStatus::InProgress),
        (12, "OPERATION_IN_PROGRESS", OperationStatus::InProgress),
        (13, "RUNNING", OperationStatus::Succeeded),
    ] {
        assert_eq!(status(&mut model, seconds), service);
        let listed = model.list_operations(&arn(), None, None, at(seconds)).unwrap().items;
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0].id, &listed[0].status), (&Some(id.clone()), &Some(operation)));
    }
    let view = model.describe(&arn(), at(60)).unwrap();
    assert_eq!(view.updated_at, at(13), "it changed when the operation ended, not when somebody looked");
}

#[test]
fn what_is_not_legal_is_refused_and_begins_nothing() {
    let mut model = holding(ServiceStatus::Running);
    let refusal = model.resume(&arn(), at(1)).unwrap_err();
    assert_eq!(refusal.code, "InvalidStateException");
    assert!(refusal.message.ends_with("is RUNNING; RESUME_SERVICE is accepted in PAUSED"), "{refusal}");
    assert_eq!(model.operations(&arn(), at(1)), []);

    model.pause(&arn(), at(2)).unwrap();
    assert_eq!(model.pause(&arn(), at(3)).unwrap_err().code, "InvalidStateException");
    assert_eq!(model.delete(&arn(), at(3)).unwrap_err().code, "InvalidStateException");
    assert_eq!(model.start_deployment(&arn(), at(3)).unwrap_err().code, "InvalidRequestException");
    assert_eq!(model.start_deployment(&arn(), at(9)).unwrap_err().code, "InvalidRequestException");
    assert_eq!(model.operations(&arn(), at(9)).len(), 1);
}

#[test]
fn a_service_that_is_not_here_is_not_found() {
    let mut model = Model::new(Settings::default(), 1);
    let refusals = [
        model.resume(&arn(), at(0)).unwrap_err(),
        model.pause(&arn(), at(0)).unwrap_err(),
        model.delete(&arn(), at(0)).unwrap_err(),
        model.start_deployment(&arn(), at(0)).unwrap_err(),
        model.describe(&arn(), at(0)).unwrap_err(),
        model.list_operations(&arn(), None, None, at(0)).unwrap_err(),
        model.list_tags(&arn(), at(0)).unwrap_err(),
        model.maintenance(&arn(), at(0), Duration::ZERO).unwrap_err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal.code, "ResourceNotFoundException");
    }
    assert_eq!(model.operations(&arn(), at(0)), []);
}

#[test]
fn a_service_that_is_already_there_is_refused_or_accepted_as_set() {
    let settings = Settings { already: Already::Accepts, ..Settings::default() };
    let mut model = Model::new(settings, 1);
    model.put(arn(), ServiceStatus::Paused, at(0)).unwrap();
    let accepted = model.pause(&arn(), at(1)).unwrap();
    assert_eq!((accepted.operation, accepted.service.status), (None, ServiceStatus::Paused));
    assert_eq!(model.start_deployment(&arn(), at(1)).unwrap_err().code, "InvalidRequestException");
    assert_eq!(model.operations(&arn(), at(1)), []);
}

#[test]
fn an_operation_that_fails_leaves_the_service_as_it_was() {
    use OperationEnd::{Failed, RollbackFailed, RollbackSucceeded, SucceededInVain};
    for end in [Failed, RollbackSucceeded, RollbackFailed, SucceededInVain] {
        let mut model = holding(ServiceStatus::Paused);
        let effect = Effect::OperationEnds(end);
        model.order_fault(Fault { operation: None, arn: None, calls: 1, effect }).unwrap();
        model.resume(&arn(), at(0)).unwrap();
        assert_eq!(status(&mut model, 2), "OPERATION_IN_PROGRESS");
        assert_eq!(status(&mut model, 5), "PAUSED", "{end:?}");
        assert!(model.resume(&arn(), at(6)).is_ok(), "it can be tried again");
    }
}

#[test]
fn an_operation_that_never_ends_holds_the_service_until_it_is_set() {
    let mut model = holding(ServiceStatus::Paused);
    let effect = Effect::OperationNeverEnds;
    model.order_fault(Fault { operation: None, arn: Some(arn()), calls: 1, effect }).unwrap();
    model.resume(&arn(), at(0)).unwrap();
    assert_eq!(status(&mut model, 1_000_000), "OPERATION_IN_PROGRESS");
    model.put(arn(), ServiceStatus::Running, at(1_000_001)).unwrap();
    assert_eq!(status(&mut model, 1_000_002), "RUNNING");
    let operations = model.operations(&arn(), at(1_000_002));
    assert_eq!(operations[0].status, Some(OperationStatus::Failed));
}

#[test]
fn maintenance_is_busy_and_lists_nothing() {
    let mut model = holding(ServiceStatus::Paused);
    model.maintenance(&arn(), at(0), Duration::from_secs(300)).unwrap();
    assert_eq!(status(&mut model, 299), "OPERATION_IN_PROGRESS");
    assert_eq!(model.resume(&arn(), at(299)).unwrap_err().code, "InvalidStateException");
    assert_eq!(model.list_operations(&arn(), None, None, at(299)).unwrap().items, []);
    assert_eq!(status(&mut model, 300), "PAUSED");
    model.resume(&arn(), at(300)).unwrap();
    let refusal = model.maintenance(&arn(), at(301), Duration::ZERO).unwrap_err();
    assert!(refusal.message.ends_with("is OPERATION_IN_PROGRESS and cannot be maintained"), "{refusal}");
}

#[test]
fn a_service_is_created_and_deleted() {
    let mut model = Model::new(Settings::default(), 1);
    let arn = model.create(new_service("reports"), at(0)).unwrap().service.arn;
    assert_eq!(arn.service_name(), "reports");
    assert_eq!(model.describe(&arn, at(3)).unwrap().status, ServiceStatus::Running);
    let twice = model.create(new_service("reports"), at(3)).unwrap_err();
    assert_eq!(
        twice.to_string(),
        "InvalidRequestException: there is already a service with the name `reports`"
    );

    model.delete(&arn, at(4)).unwrap();
    assert!(model.create(new_service("reports"), at(6)).is_err(), "it is not gone yet");
    let second = model.create(new_service("reports"), at(7)).unwrap().service.arn;
    let view = model.describe(&arn, at(7)).unwrap();
    assert_eq!((view.status, view.deleted_at), (ServiceStatus::Deleted, Some(at(7))));
    assert_eq!(model.resume(&arn, at(8)).unwrap_err().code, "InvalidStateException");
    assert_eq!(model.tag(&arn, &Tags::new(), at(8)).unwrap_err().code, "InvalidStateException");
    let listed = model.list_services(None, None, at(8)).unwrap().items;
    assert_eq!(listed.into_iter().map(|view| view.arn).collect::<Vec<_>>(), [second]);
}

#[test]
fn a_creation_and_a_deletion_can_fail_and_leave_a_service_to_delete() {
    let mut model = Model::new(Settings::default(), 1);
    let effect = Effect::OperationEnds(OperationEnd::Failed);
    model.order_fault(Fault { operation: None, arn: None, calls: 2, effect }).unwrap();
    let arn = model.create(new_service("reports"), at(0)).unwrap().service.arn;
    assert_eq!(model.describe(&arn, at(3)).unwrap().status, ServiceStatus::CreateFailed);
    assert_eq!(model.resume(&arn, at(3)).unwrap_err().code, "InvalidStateException");
    model.delete(&arn, at(4)).unwrap();
    assert_eq!(model.describe(&arn, at(7)).unwrap().status, ServiceStatus::DeleteFailed);
    model.delete(&arn, at(8)).unwrap();
    assert_eq!(model.describe(&arn, at(11)).unwrap().status, ServiceStatus::Deleted);
}

#[test]
fn a_bad_creation_says_what_is_bad() {
    let mut model = Model::new(Settings::default(), 1);
    let no_source = NewService { source: json!("image"), ..new_service("reports") };
    let bad_tag = NewService { tags: [("aws:x".into(), String::new())].into(), ..new_service("reports") };
    let cases = [
        (new_service("app"), "`app` is not a service name: 4 to 40"),
        (no_source, "are structures, not single values"),
        (bad_tag, "the tag key `aws:x` is not accepted"),
    ];
    for (new, expected) in cases {
        let refusal = model.create(new, at(0)).unwrap_err();
        assert_eq!(refusal.code, "InvalidRequestException");
        assert!(refusal.message.contains(expected), "{refusal}");
    }
    assert_eq!(model.arns().count(), 0, "nothing half-made is left");
}

#[test]
fn tags_are_added_replaced_and_bounded() {
    let mut model = holding(ServiceStatus::Running);
    let tags = |n: usize| (0..n).map(|i| (format!("key-{i}"), "a".to_owned())).collect::<Tags>();
    model.tag(&arn(), &tags(2), at(0)).unwrap();
    model.tag(&arn(), &[("key-1".to_owned(), "b".to_owned())].into(), at(0)).unwrap();
    let kept = model.list_tags(&arn(), at(0)).unwrap();
    assert_eq!(kept, [("key-0".to_owned(), "a".to_owned()), ("key-1".to_owned(), "b".to_owned())].into());
    let refusal = model.tag(&arn(), &tags(51), at(0)).unwrap_err();
    assert_eq!(refusal.message, "a resource can have 50 tags, these would be 51");
    assert_eq!(model.list_tags(&arn(), at(0)).unwrap(), kept);
}

#[test]
fn time_in_the_model_never_goes_back() {
    let mut model = holding(ServiceStatus::Paused);
    model.resume(&arn(), at(10)).unwrap();
    assert_eq!(status(&mut model, 13), "RUNNING");
    model.pause(&arn(), at(5)).unwrap();
    let operations = model.operations(&arn(), at(6));
    assert_eq!(operations[0].status, Some(OperationStatus::Succeeded));
    assert_eq!(operations[1].started_at, Some(at(13)));
}

#[test]
fn the_same_seed_makes_the_same_ids() {
    let id = |seed| Model::new(Settings::default(), seed).new_id();
    assert_eq!(id(7), id(7));
    assert_ne!(id(7), id(8));
    let parts: Vec<usize> = id(7).split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
}
