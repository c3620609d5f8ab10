//! The text of an event: what its hash is of, and what an export says.
//!
//! It is JSON as RFC 8785 writes it: members sorted by name, no space, and only what must be
//! escaped is. (Names are sorted by their code points, and numbers that others might write otherwise
//! are texts.) What is absent is left out, so that the text of an old event stays the same when
//! events come to have more. `organization` says whose event it is; the provider's have none. The
//! hash of an event is SHA-256 of its text; an export adds it as the member `hash`.

mod writing;

use serde::Serialize;
use serde_json::{Map, Number, Value, json};
use storage::{EventHash, EventOwner, Link, Stored};
use uuid::Uuid;

use self::writing::Text;
use super::query::terms_of;
use super::spelled::{Id, Spelled, called};
use super::{
    Difference, Event, EventActor, EventRequest, EventVia, NetworkAccess, NetworkPlace, Outcome,
    SearchTold, Subject,
};
use crate::time::Time;

/// Appends the text that an event's hash is of, and adds what the event can be searched by.
///
/// The text is what [`canonical`] writes of [`members`], but written at once: there is one for each
/// event, and with values between them it would be the most of what an event costs.
pub(super) fn text(
    owner: Option<EventOwner>,
    sequence: u64,
    previous: EventHash,
    body: &[u8],
    out: &mut Vec<u8>,
    terms: &mut Vec<u64>,
) {
    let place = InChain { owner, sequence, previous };
    if let Some(event) = Event::in_place(body) {
        place.write(&event, out, terms);
    } else if let Some(event) = Event::decode(body) {
        place.write(&event, out, terms);
    } else {
        let mut text = Text::begin(out);
        place.write_beginning(&mut text);
        text.number("sequence", sequence);
        text.octets("stored", body);
        text.close();
    }
}

/// Where an event stands.
struct InChain {
    owner: Option<EventOwner>,
    sequence: u64,
    previous: EventHash,
}

impl InChain {
    fn write<S: AsRef<str>>(&self, event: &Event<S>, out: &mut Vec<u8>, terms: &mut Vec<u64>) {
        let spelled = Spelled::of(event);
        let mut text = Text::begin(out);
        text.beginning(event, &spelled);
        self.write_beginning(&mut text);
        text.end(event, &spelled, self.sequence);
        text.close();
        terms_of(event, &spelled, terms);
    }

    fn write_beginning(&self, text: &mut Text<'_>) {
        if let Some(owner) = self.owner {
            text.id("organization", &Id::of(&Uuid::from_bytes(owner)));
        }
        text.octets("previous", &self.previous.0);
    }
}

/// What an export says of an event, with its place in the chain where it has one.
pub(super) fn line(organization: Option<Uuid>, stored: &Stored) -> Map<String, Value> {
    let mut members = place(organization, stored.sequence, &stored.body);
    if let Some(Link { previous, hash }) = stored.link {
        members.insert("previous".into(), hexadecimal(&previous.0).into());
        members.insert("hash".into(), hexadecimal(&hash.0).into());
    }
    members
}

fn place(organization: Option<Uuid>, sequence: u64, body: &[u8]) -> Map<String, Value> {
    let mut members = Event::decode(body).map_or_else(|| unknown(body), members);
    members.extend(organization.map(|id| ("organization".to_owned(), id.to_string().into())));
    members.insert("sequence".into(), sequence.into());
    members
}

/// What an event says, without its place in the log.
pub(super) fn members(event: Event) -> Map<String, Value> {
    let Event { at, actor, source, action, subject, outcome, differences, access, request, search } =
        event;
    let (success, reason) = match outcome {
        Outcome::Success => (true, None),
        Outcome::Failure(reason) => (false, Some(reason)),
    };
    let (method, rule, place) = match access {
        Some(NetworkAccess { method, rule, place }) => (Some(word(method)), rule, place),
        None => (None, None, NetworkPlace::default()),
    };
    let NetworkPlace { calling, called, gear, profile } = place;
    let (request_id, client_request_id, via) = match request {
        Some(EventRequest { id, client_id, via }) => (Some(id), client_id, via),
        None => (None, None, None),
    };
    let subject = subject
        .map(|Subject { kind, id, name }| json!({"id": id, "kind": word(kind), "name": name}));
    let search = search.map(|search| {
        let SearchTold { base, scope, filter, entries, duration } = *search;
        json!({
            "base": base,
            "duration_ms": duration,
            "entries": entries,
            "filter": filter,
            "scope": scope,
        })
    });
    let differences: Vec<Value> = differences.into_iter().map(difference).collect();
    let all = [
        ("action", Some(word(action))),
        ("actor", Some(named(&actor))),
        ("at", Some(written(at).into())),
        ("called_station", called.map(Value::from)),
        ("calling_station", calling.map(Value::from)),
        ("client_request_id", client_request_id.map(Value::from)),
        ("differences", (!differences.is_empty()).then(|| differences.into())),
        ("gear", gear.map(Value::from)),
        ("method", method),
        ("reason", reason.map(Value::from)),
        ("reply_profile", profile.map(Value::from)),
        ("request_id", request_id.map(Value::from)),
        ("rule", rule.map(Value::from)),
        ("search", search),
        ("source", source.map(|source| source.to_string().into())),
        ("subject", subject),
        ("success", Some(success.into())),
        ("via", via.map(by_token)),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What is said of an event of a version that is not known.
fn unknown(body: &[u8]) -> Map<String, Value> {
    [("stored".to_owned(), hexadecimal(body).into())].into_iter().collect()
}

/// Whether some value that an event says is one that is looked for. It is asked of thousands of
/// events for a page, so what needs nothing to be written comes first, and only changes are written
/// whole.
pub(super) fn says(event: &Event, wanted: &dyn Fn(&str) -> bool) -> bool {
    let Event { at, actor, source, action, subject, outcome, differences, .. } = event;
    let Event { access, request, search, .. } = event;
    if !differences.is_empty() {
        return any(&Value::Object(members(event.clone())), wanted);
    }
    let (kind, id, name) = called(actor);
    let via = request.as_ref().and_then(|request| request.via.as_ref());
    let reason = match outcome {
        Outcome::Success => None,
        Outcome::Failure(reason) => Some(reason.as_str()),
    };
    let plain = [
        name,
        reason,
        subject.as_ref().map(|subject| subject.name.as_str()),
        access.as_ref().and_then(|access| access.rule.as_deref()),
        request.as_ref().map(|request| request.id.as_str()),
        request.as_ref().and_then(|request| request.client_id.as_deref()),
        via.and_then(|via| via.name.as_deref()),
        Some(kind.word()),
    ];
    let place = access.iter().flat_map(|access| {
        let NetworkPlace { calling, called, gear, profile } = &access.place;
        [calling, called, gear, profile].into_iter().flatten()
    });
    let looked = search.iter().flat_map(|it| [&it.base, &it.filter, &it.scope]);
    if plain.into_iter().flatten().any(wanted) || looked.chain(place).any(|it| wanted(it)) {
        return true;
    }
    let numbers = search.iter().flat_map(|it| [it.entries, it.duration]);
    let words = [
        Some(word(action)),
        subject.as_ref().map(|subject| word(subject.kind)),
        access.as_ref().map(|access| word(access.method)),
        via.map(|via| word(via.kind)),
    ];
    let ids = [id.copied(), subject.as_ref().map(|subject| subject.id), via.map(|via| via.id)];
    words.iter().flatten().any(|word| any(word, wanted))
        || source.is_some_and(|source| wanted(&source.to_string()))
        || ids.into_iter().flatten().any(|id| wanted(&id.to_string()))
        || numbers.into_iter().any(|number| wanted(&number.to_string()))
        || wanted(&written(*at))
}

fn any(value: &Value, wanted: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Object(members) => members.values().any(|it| any(it, wanted)),
        Value::Array(items) => items.iter().any(|it| any(it, wanted)),
        Value::String(text) => wanted(text),
        Value::Number(number) => wanted(&number.to_string()),
        Value::Null | Value::Bool(_) => false,
    }
}

fn named(actor: &EventActor) -> Value {
    let (kind, id, name) = called(actor);
    let mut members = Map::new();
    members.insert("kind".into(), kind.word().into());
    members.extend(id.map(|id| ("id".to_owned(), id.to_string().into())));
    members.extend(name.map(|name| ("name".to_owned(), name.into())));
    members.into()
}

fn by_token(EventVia { kind, id, name }: EventVia) -> Value {
    let mut members = Map::new();
    members.insert("kind".into(), word(kind));
    members.insert("id".into(), id.to_string().into());
    members.extend(name.map(|name| ("name".to_owned(), name.into())));
    members.into()
}

fn difference(Difference { field, before, after }: Difference) -> Value {
    let value = |text: String| parsed(&text);
    let mut members = Map::new();
    members.insert("field".into(), field.into());
    members.extend(before.map(|before| ("before".to_owned(), value(before))));
    members.extend(after.map(|after| ("after".to_owned(), value(after))));
    members.into()
}

/// A value of a difference, which is JSON in the log already.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn word<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// Writes JSON so that everybody writes the same.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut names: Vec<(&String, &Value)> = members.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            let members = names.into_iter().map(|(name, value)| {
                format!("{}:{}", Value::String(name.clone()), canonical(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        // Others may write fractions, and what does not fit into a double, otherwise.
        Value::Number(number) if !is_exact(number) => Value::String(number.to_string()).to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// Whether each implementation of JSON takes a number for the same integer (RFC 7493 section 2.2).
fn is_exact(number: &Number) -> bool {
    number.as_i64().is_some_and(|number| number.unsigned_abs() < 1 << 53)
}

pub(crate) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().flat_map(|octet| digits(*octet).map(char::from)).collect()
}

/// The two hexadecimal digits of an octet.
fn digits(octet: u8) -> [u8; 2] {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + (value - 10) };
    [digit(octet >> 4), digit(octet & 15)]
}

/// A time as RFC 3339 writes it, always to the millisecond.
pub(crate) fn written(time: Time) -> String {
    let mut text = Vec::new();
    write_time(time, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends a time as [`written`] has it.
fn write_time(Time(milliseconds): Time, out: &mut Vec<u8>) {
    let (days, within) = (milliseconds / 86_400_000, milliseconds % 86_400_000);
    let (year, month, day) = date(days);
    if year < 10_000 {
        out.extend_from_slice(&[digit(year / 1_000), digit(year / 100)]);
        out.extend_from_slice(&two(year));
    } else {
        out.extend_from_slice(year.to_string().as_bytes());
    }
    let (seconds, thousandths) = (within / 1_000, within % 1_000);
    let [[a, b], [c, d]] = [month, day].map(two);
    let [[e, f], [g, h], [i, j]] = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map(two);
    let (k, [l, m]) = (digit(thousandths / 100), two(thousandths));
    out.extend_from_slice(&[
        b'-', a, b, b'-', c, d, b'T', e, f, b':', g, h, b':', i, j, b'.', k, l, m, b'Z',
    ]);
}

/// The last two decimal digits of a number.
fn two(number: u64) -> [u8; 2] {
    [digit(number / 10), digit(number)]
}

/// The last decimal digit of a number.
fn digit(number: u64) -> u8 {
    u8::try_from(number % 10).map_or(b'0', |digit| b'0' + digit)
}

/// The date of so many days after 1970-01-01, in a calendar whose years begin in March.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(719_468);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{
        Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
    };
    use proptest::sample::select;

    use super::super::{Action, SubjectKind, ViaKind};
    use super::*;
    use crate::network::NetworkMethod;

    fn told(owner: Option<EventOwner>, sequence: u64, previous: EventHash, body: &[u8]) -> String {
        let mut told = Vec::new();
        text(owner, sequence, previous, body, &mut told, &mut Vec::new());
        String::from_utf8(told).unwrap()
    }

    fn actors() -> impl Strategy<Value = EventActor> {
        let id = any::<Option<u128>>().prop_map(|id| id.map(Uuid::from_u128));
        (0..7, id, any::<String>()).prop_map(|(kind, id, name)| match kind {
            0 => EventActor::Nobody,
            1 => EventActor::Daemon,
            2 => EventActor::Admin { id: id.unwrap_or_default(), login: name },
            3 => EventActor::User { id, login: name },
            4 => EventActor::ServiceAccount { id, name },
            5 => EventActor::Operator,
            _ => EventActor::Device { id, name },
        })
    }

    fn differences() -> impl Strategy<Value = Vec<Difference>> {
        let value = prop_oneof![
            Just(None),
            any::<String>().prop_map(Some),
            any::<String>().prop_map(|text| Some(json!(text).to_string())),
            any::<u64>().prop_map(|number| Some(number.to_string())),
            "[\"0-9a\\\\ \u{1}\u{7f}]{0,18}".prop_map(Some),
            any::<f64>().prop_map(|number| Some(json!({"b": number, "a": [number]}).to_string())),
        ];
        let one = (any::<String>(), value.clone(), value);
        let one = one.prop_map(|(field, before, after)| Difference { field, before, after });
        proptest::collection::vec(one, 0..3)
    }

    fn requests() -> impl Strategy<Value = EventRequest> {
        let kinds = select(vec![ViaKind::Session, ViaKind::ApiKey]);
        let via = (kinds, any::<u128>(), any::<Option<String>>())
            .prop_map(|(kind, id, name)| EventVia { kind, id: Uuid::from_u128(id), name });
        (any::<String>(), any::<Option<String>>(), proptest::option::of(via))
            .prop_map(|(id, client_id, via)| EventRequest { id, client_id, via })
    }

    fn searches() -> impl Strategy<Value = SearchTold> {
        (any::<[String; 3]>(), any::<(u64, u64)>()).prop_map(
            |([base, scope, filter], (entries, duration))| SearchTold {
                base,
                scope,
                filter,
                entries,
                duration,
            },
        )
    }

    fn events() -> impl Strategy<Value = Event> {
        let actions = select(vec![Action::Created, Action::RadiusAccess, Action::PasskeyCopied]);
        let kinds = select(vec![SubjectKind::User, SubjectKind::RadiusClient]);
        let subject = (kinds, any::<u128>(), any::<String>())
            .prop_map(|(kind, id, name)| Subject { kind, id: Uuid::from_u128(id), name });
        let outcome = proptest::option::of(any::<String>())
            .prop_map(|reason| reason.map_or(Outcome::Success, Outcome::Failure));
        let methods = select(vec![NetworkMethod::Pap, NetworkMethod::MsChapV2]);
        let access = (methods, any::<[Option<String>; 5]>()).prop_map(
            |(method, [rule, calling, called, gear, profile])| {
                let place = NetworkPlace { calling, called, gear, profile };
                NetworkAccess { method, rule, place }
            },
        );
        let at = 0..253_402_300_800_000_u64;
        (
            (at, actors(), any::<Option<std::net::IpAddr>>(), actions),
            (proptest::option::of(subject), outcome, differences(), proptest::option::of(access)),
            (proptest::option::of(requests()), proptest::option::of(searches())),
        )
            .prop_map(|(who, what, (request, search))| {
                let (at, actor, source, action) = who;
                let (subject, outcome, differences, access) = what;
                let (at, search) = (Time(at), search.map(Box::new));
                Event {
                    at,
                    actor,
                    source,
                    action,
                    subject,
                    outcome,
                    differences,
                    access,
                    request,
                    search,
                }
            })
    }

    proptest! {
        /// The text that is hashed and the one that an export is made of are written by two.
        #[test]
        fn the_text_is_that_of_the_members_in_canonical_form(
            event in events(), owner: Option<[u8; 16]>, sequence: u64, previous: [u8; 32],
        ) {
            let body = event.encode();
            let mut members = place(owner.map(Uuid::from_bytes), sequence, &body);
            members.insert("previous".into(), hexadecimal(&previous).into());
            let expected = canonical(&Value::Object(members));
            prop_assert_eq!(told(owner, sequence, EventHash(previous), &body), expected);
        }

        #[test]
        fn a_text_is_written_with_what_its_event_can_be_searched_by(event in events()) {
            let (body, mut beside, mut alone) = (event.encode(), Vec::new(), Vec::new());
            text(None, 7, EventHash::BEGINNING, &body, &mut Vec::new(), &mut beside);
            crate::events::query::terms(&body, &mut alone);
            prop_assert!(!alone.is_empty());
            prop_assert_eq!(beside, alone);
        }
    }

    /// These texts may never change: hashes in the field are of them.
    #[test]
    fn the_text_of_an_event_stays_what_it_was() {
        let event = Event {
            access: None,
            request: None,
            search: None,
            at: Time(1_700_000_000_005),
            actor: EventActor::Admin { id: Uuid::from_u128(1), login: "root".into() },
            source: Some("192.0.2.1".parse().unwrap()),
            action: Action::Changed,
            subject: Some(Subject {
                kind: SubjectKind::User,
                id: Uuid::from_u128(2),
                name: "ada".into(),
            }),
            outcome: Outcome::Success,
            differences: vec![Difference {
                field: "title".into(),
                before: None,
                after: Some(
                    r#"{"z":1,"a":"Grä\"fin\u0007","half":0.5,"big":9007199254740993}"#.into(),
                ),
            }],
        };
        let owner = Some(Uuid::from_u128(3).into_bytes());
        let text = told(owner, 7, EventHash([0xAB; 32]), &event.encode());
        let expected = concat!(
            r#"{"action":"changed","actor":{"id":"00000000-0000-0000-0000-000000000001","#,
            r#""kind":"admin","name":"root"},"at":"2023-11-14T22:13:20.005Z","differences":"#,
            r#"[{"after":{"a":"Grä\"fin\u0007","big":"9007199254740993","half":"0.5","z":1},"#,
            r#""field":"title"}],"#,
            r#""organization":"00000000-0000-0000-0000-000000000003","previous":"#,
            r#""abababababababababababababababababababababababababababababababab","#,
            r#""sequence":7,"source":"192.0.2.1","subject":{"id":"#,
            r#""00000000-0000-0000-0000-000000000002","kind":"user","name":"ada"},"#,
            r#""success":true}"#,
        );
        assert_eq!(text, expected);
        let client_id = Some("trace-7".into());
        let request = EventRequest { id: "00ff".into(), client_id, via: None };
        let asked = Event { request: Some(request), differences: Vec::new(), ..event.clone() };
        let text = told(None, 7, EventHash::BEGINNING, &asked.encode());
        let expected = concat!(
            r#"{"action":"changed","actor":{"id":"00000000-0000-0000-0000-000000000001","#,
            r#""kind":"admin","name":"root"},"at":"2023-11-14T22:13:20.005Z","#,
            r#""client_request_id":"trace-7","previous":"#,
            r#""0000000000000000000000000000000000000000000000000000000000000000","#,
            r#""request_id":"00ff","sequence":7,"source":"192.0.2.1","subject":{"id":"#,
            r#""00000000-0000-0000-0000-000000000002","kind":"user","name":"ada"},"#,
            r#""success":true}"#,
        );
        assert_eq!(text, expected);
        let (base, scope, filter) = ("dc=acme".into(), "sub".into(), "(uid=?)".into());
        let search = SearchTold { base, scope, filter, entries: 1, duration: 2 };
        let (subject, differences) = (None, Vec::new());
        let search = Event { search: Some(Box::new(search)), subject, differences, ..event };
        let text = told(None, 7, EventHash::BEGINNING, &search.encode());
        let expected = concat!(
            r#"{"action":"changed","actor":{"id":"00000000-0000-0000-0000-000000000001","#,
            r#""kind":"admin","name":"root"},"at":"2023-11-14T22:13:20.005Z","previous":"#,
            r#""0000000000000000000000000000000000000000000000000000000000000000","#,
            r#""search":{"base":"dc=acme","duration_ms":2,"entries":1,"filter":"(uid=?)","#,
            r#""scope":"sub"},"sequence":7,"source":"192.0.2.1","success":true}"#,
        );
        assert_eq!(text, expected);
        let text = told(None, 8, EventHash::BEGINNING, &[99, 1]);
        let expected =
            format!(r#"{{"previous":"{}","sequence":8,"stored":"6301"}}"#, "0".repeat(64));
        assert_eq!(text, expected);
    }

    /// Likewise.
    #[test]
    fn the_text_of_an_access_stays_what_it_was() {
        let place = NetworkPlace {
            calling: Some("66:77:88:99:aa:bb".into()),
            called: Some("00-10-A4-23-19-C0:staff".into()),
            gear: Some("ap-7".into()),
            profile: Some("VLAN 20".into()),
        };
        let (method, rule) = (NetworkMethod::Pap, Some("staff".into()));
        let event = Event {
            access: Some(NetworkAccess { method, rule, place }),
            request: None,
            search: None,
            at: Time(1_700_000_000_005),
            actor: EventActor::User { id: None, login: "ada".into() },
            source: Some("192.0.2.1".parse().unwrap()),
            action: Action::RadiusAccess,
            subject: None,
            outcome: Outcome::Success,
            differences: Vec::new(),
        };
        let with_place = concat!(
            r#"{"action":"radius_access","actor":{"kind":"user","name":"ada"},"#,
            r#""at":"2023-11-14T22:13:20.005Z","called_station":"00-10-A4-23-19-C0:staff","#,
            r#""calling_station":"66:77:88:99:aa:bb","gear":"ap-7","method":"pap","previous":"#,
            r#""0000000000000000000000000000000000000000000000000000000000000000","#,
            r#""reply_profile":"VLAN 20","rule":"staff","sequence":7,"source":"192.0.2.1","#,
            r#""success":true}"#,
        );
        assert_eq!(told(None, 7, EventHash::BEGINNING, &event.encode()), with_place);
        // As earlier versions stored it: version 3 had no place behind all else.
        let access = event.access.clone().unwrap();
        let access = NetworkAccess { place: NetworkPlace::default(), ..access };
        let mut former = Event { access: Some(access), ..event }.encode();
        assert_eq!((former[0], former.pop()), (4, Some(0)));
        former[0] = 3;
        let without = concat!(
            r#"{"action":"radius_access","actor":{"kind":"user","name":"ada"},"#,
            r#""at":"2023-11-14T22:13:20.005Z","method":"pap","previous":"#,
            r#""0000000000000000000000000000000000000000000000000000000000000000","#,
            r#""rule":"staff","sequence":7,"source":"192.0.2.1","success":true}"#,
        );
        assert_eq!(told(None, 7, EventHash::BEGINNING, &former), without);
    }

    /// As the texts above: it may never change.
    #[test]
    fn the_token_of_a_request_stands_at_the_end_of_the_text() {
        let of = |name: Option<String>, kind| {
            let via = Some(EventVia { kind, id: Uuid::from_u128(4), name });
            let event = Event {
                access: None,
                request: Some(EventRequest { id: "00ff".into(), client_id: None, via }),
                search: None,
                at: Time(0),
                actor: EventActor::Nobody,
                source: None,
                action: Action::Changed,
                subject: None,
                outcome: Outcome::Success,
                differences: Vec::new(),
            };
            let text = told(None, 7, EventHash::BEGINNING, &event.encode());
            text.split_once(r#""success":true,"#).unwrap().1.to_owned()
        };
        let id = r#""via":{"id":"00000000-0000-0000-0000-000000000004","kind":"#;
        let by_key = of(Some("backup".into()), ViaKind::ApiKey);
        assert_eq!(by_key, format!(r#"{id}"api_key","name":"backup"}}}}"#));
        assert_eq!(of(None, ViaKind::Session), format!(r#"{id}"session"}}}}"#));
    }

    #[test]
    fn what_an_event_says_is_what_is_written_of_it() {
        let subject =
            Subject { kind: SubjectKind::Group, id: Uuid::from_u128(9), name: "S".into() };
        let place = NetworkPlace {
            calling: Some("66:77".into()),
            called: Some("00-10:acme".into()),
            gear: Some("ap-7".into()),
            profile: Some("vlan".into()),
        };
        let (method, rule) = (NetworkMethod::Pap, Some("a rule".into()));
        let access = NetworkAccess { method, rule, place };
        let (base, scope, filter) = ("dc=acme".into(), "sub".into(), "(uid=?)".into());
        let search = SearchTold { base, scope, filter, entries: 77, duration: 88 };
        let full = Event {
            at: Time(1_700_000_000_005),
            actor: EventActor::User { id: Some(Uuid::from_u128(1)), login: "ada".into() },
            source: Some("192.0.2.1".parse().unwrap()),
            action: Action::LdapSearch,
            subject: Some(subject),
            outcome: Outcome::Failure("a reason".into()),
            differences: Vec::new(),
            access: Some(access),
            request: Some(EventRequest {
                id: "00ff".into(),
                client_id: Some("trace".into()),
                via: Some(EventVia {
                    kind: ViaKind::ApiKey,
                    id: Uuid::from_u128(8),
                    name: Some("backup".into()),
                }),
            }),
            search: Some(Box::new(search)),
        };
        let told = Difference {
            field: "title".into(),
            before: None,
            after: Some(r#"{"z":["Countess"]}"#.into()),
        };
        let changed = Event { differences: vec![told], ..full.clone() };
        for event in [full, changed] {
            let values = std::cell::RefCell::new(Vec::new());
            let whole = Value::Object(members(event.clone()));
            let gather = |text: &str| {
                values.borrow_mut().push(text.to_owned());
                false
            };
            assert!(!super::any(&whole, &gather));
            let values = values.into_inner();
            assert!(values.len() > 15, "{values:?}");
            for value in &values {
                assert!(says(&event, &|text| text == value), "{value}");
            }
            assert!(!says(&event, &|text| !values.iter().any(|value| value == text)));
        }
    }

    /// What was done stands in segments by its number, and in hashes by its word.
    #[test]
    fn the_words_of_what_was_done_stay_what_they_were() {
        let words = [
            "created",
            "changed",
            "deleted",
            "restored",
            "members_changed",
            "password_set",
            "secret_rotated",
            "secret_revealed",
            "locked",
            "unlocked",
            "mfa_reset",
            "mfa_enrolled",
            "sign_in",
            "sign_out",
            "ldap_bind",
            "radius_access",
            "radius_dropped",
            "refused",
            "password_changed",
            "password_change_required",
            "code_asked",
            "radius_unsigned",
            "session_disconnect",
            "session_change",
            "session_ended",
            "recovery_codes_made",
            "recovery_code_used",
            "purged",
            "invited",
            "invitation_revoked",
            "invitation_expired",
            "invitation_accepted",
            "user_cap_passed",
            "device_refused",
            "compliance_changed",
            "events_dropped",
            "passkey_copied",
            "mfa_due",
            "ldap_search",
            "event_delivery",
            "destination_tested",
            "dead_letters_redelivered",
            "dead_letters_discarded",
            "network_session_started",
            "network_session_ended",
            "certificate_ends",
            "list_fetched",
            "sign_in_begun",
            "device_cap_passed",
        ];
        for (number, expected) in (0_u8..).zip(words) {
            assert_eq!(word(storage::decode::<Action>(&[number]).unwrap()), expected);
        }
    }

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        for (milliseconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_798_761_599_120, "2026-12-31T23:59:59.120Z"),
        ] {
            assert_eq!(written(Time(milliseconds)), expected);
        }
    }
}
