//! What expressions yield.

use super::*;
use crate::awscli::json::compact;

const REPLY: &str = r#"{"OperationId":"op","Service":{"Status":"RUNNING","Name":"a","Tags":[{"n":2,"k":"x"},{"n":1}],
    "At":"2020-11-20T19:05:25+00:00"}}"#;

fn yields(expression: &str) -> String {
    let reply: Value = serde_json::from_str(REPLY).unwrap();
    match Query::parse(expression).map(|query| query.apply(&reply)) {
        Ok(Ok(value)) => compact(&value),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn members_keep_their_order() {
    assert_eq!(yields("{b:OperationId,a:Service.Status}"), r#"{"b":"op","a":"RUNNING"}"#);
    assert_eq!(yields("keys(Service)"), r#"["Status","Name","Tags","At"]"#);
    assert_eq!(yields("Service.*|[:2]"), r#"["RUNNING","a"]"#);
    assert_eq!(yields("`{\"z\":1,\"a\":2}`"), r#"{"z":1,"a":2}"#);
    assert_eq!(yields("merge({z:`1`},{a:`2`,z:`3`})"), r#"{"z":3,"a":2}"#);
}

#[test]
fn plain_words_between_backquotes_are_text() {
    assert_eq!(yields("Service.Status==`RUNNING`"), "true");
    assert_eq!(yields("Service.Tags[?k==`x`].n"), "[2]");
    assert_eq!(yields("'`not a literal`'"), r#""`not a literal`""#);
    assert_eq!(yields("`a\\`b`"), r#""a`b""#);
}

#[test]
fn texts_are_compared_and_numbers_stay_whole() {
    assert_eq!(yields("Service.At>'2020'"), "true");
    assert_eq!(yields("Service.At>`1`"), "a number and a string have no order");
    assert_eq!(yields("sum(Service.Tags[].n)"), "3");
    assert_eq!(yields("avg(Service.Tags[].n)"), "1.5");
    assert_eq!(yields("sort_by(Service.Tags,&n)[0]"), r#"{"n":1}"#);
    assert_eq!(yields("Service.Tags[::-1].n"), "[1,2]");
    assert_eq!(yields("to_string(Service.Tags[1])"), r#""{\"n\":1}""#);
}

#[test]
fn errors_name_what_is_wrong() {
    assert!(yields("[[[").starts_with("`[[[` is not a valid JMESPath expression: "), "{}", yields("[[["));
    assert!(yields("").starts_with("`` is not a valid JMESPath expression: "), "{}", yields(""));
    assert_eq!(yields("abs(OperationId)"), "`abs` takes a number, but \"op\" was given");
    assert_eq!(yields("length()"), "`length` takes 1 argument(s), but 0 were given");
    assert_eq!(yields("nope(@)"), "there is no function `nope` in JMESPath");
    let deep = format!("{}@", "!".repeat(300));
    assert_eq!(yields(&deep), "the expression is nested more than 200 levels deep");
}
