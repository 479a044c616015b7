use sqlink_guest::Error;
use sqlink_guest::hooks::{Action, Request, Verdict};

use crate::rules::Rules;

fn rules(settings: &[(&str, &str)]) -> Result<Rules, Error> {
    Rules::read(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
}

fn ask(rules: &Rules, action: Action, first: &str, second: &str) -> Verdict {
    rules.decide(&Request { action, first: Some(first), second: Some(second), ..Request::default() })
}

#[test]
fn tables_columns_functions_and_actions() -> Result<(), Error> {
    let rules = rules(&[
        ("read_only", "Prices, log"),
        ("deny_read", "secrets people.ssn"),
        ("hide", "people.phone;notes.*"),
        ("deny_function", "load_extension,RANDOMBLOB"),
        ("deny", "attach;drop"),
    ])?;
    for (action, first, second, expected) in [
        (Action::Insert, "PRICES", "", Verdict::Deny),
        (Action::Update, "log", "x", Verdict::Deny),
        (Action::Delete, "other", "", Verdict::Allow),
        (Action::AlterTable, "main", "prices", Verdict::Deny),
        (Action::CreateTrigger, "t", "prices", Verdict::Deny),
        (Action::Read, "prices", "x", Verdict::Allow),
        (Action::Read, "secrets", "", Verdict::Deny),
        (Action::Read, "people", "SSN", Verdict::Deny),
        (Action::Read, "people", "phone", Verdict::Ignore),
        (Action::Read, "people", "name", Verdict::Allow),
        (Action::Read, "notes", "x", Verdict::Ignore),
        (Action::Function, "", "randomblob", Verdict::Deny),
        (Action::Function, "", "upper", Verdict::Allow),
        (Action::Attach, "f", "", Verdict::Deny),
        (Action::DropView, "v", "", Verdict::Deny),
        (Action::Select, "", "", Verdict::Allow),
    ] {
        assert_eq!(ask(&rules, action, first, second), expected, "{action:?} {first} {second}");
    }
    Ok(())
}

#[test]
fn a_star_means_all() -> Result<(), Error> {
    let rules = rules(&[("read_only", "*"), ("hide", "*.password")])?;
    assert_eq!(ask(&rules, Action::Insert, "sqlite_master", ""), Verdict::Deny);
    assert_eq!(ask(&rules, Action::Read, "users", "password"), Verdict::Ignore);
    assert_eq!(ask(&rules, Action::Read, "users", "name"), Verdict::Allow);
    Ok(())
}

#[test]
fn transactions_have_a_limit() -> Result<(), Error> {
    let limited = rules(&[("max_changes", "10")])?;
    assert_eq!(limited.check_changes(10), Ok(()));
    assert_eq!(
        limited.check_changes(11).unwrap_err().message(),
        "the transaction changes 11 rows, over the limit `max_changes` of 10"
    );
    assert_eq!(rules(&[])?.check_changes(u64::MAX), Ok(()));
    Ok(())
}

#[test]
fn what_is_misspelt_is_refused() {
    for (key, value, message) in [
        ("readonly", "t", "unknown setting `readonly`"),
        ("deny", "attach,atach", "unknown action `atach`, expected some of alter, "),
        ("hide", "people", "`people` names no column"),
        ("max_changes", "many", "`many` is no number of rows"),
    ] {
        let error = rules(&[(key, value)]).unwrap_err();
        assert!(error.code() == Error::MISUSE && error.message().contains(message), "{}", error.message());
    }
}

#[test]
fn rules_are_listed() -> Result<(), Error> {
    let rules = rules(&[("deny", "drop"), ("hide", "A.b"), ("max_changes", "5")])?;
    assert_eq!(
        rules.list(),
        [("hide", "a.b".to_owned()), ("deny", "drop".to_owned()), ("max_changes", "5".to_owned())]
    );
    Ok(())
}
