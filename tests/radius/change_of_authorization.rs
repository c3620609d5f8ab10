//! What happens to users changes what their sessions go on with: FreeRADIUS takes orders in the place
//! of network gear (RFC 5176).

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::calendar::seconds;
use crate::harness::nas::Nas;
use crate::harness::office::{Client, Office, id_of};
use crate::harness::pause;

const PASSWORD: &str = "correct horse battery";
const CHANGE: &str = "change_of_authorization";

/// Gear that lets the staff into VLAN 20 and everybody else into VLAN 90, and takes orders.
struct Site {
    office: Office,
    client: Client,
    nas: Nas,
    staff: String,
    /// The reply profile of who is of no staff.
    others: String,
}

impl Site {
    fn new() -> Self {
        let office = Office::new();
        let staff = office.group("staff", &[], &[]);
        let [own, others] = [("staff", "20"), ("others", "90")].map(|(name, vlan)| {
            let fields = json!({"name": name, "vlan": vlan, "filters": [name]});
            id_of(&office.make("reply-profiles", &fields))
        });
        let rules = json!([{"name": "staff", "groups": [staff], "verdict": "accept",
                            "reply_profile": own}]);
        let fields = json!({"rules": rules, "reply_profile": others});
        let client = office.client("wifi", &fields);
        let nas = Nas::start(office.address, &client.secret);
        let orders = json!({"port": nas.port, "suspended": CHANGE, "left_group": CHANGE,
                            "joined_group": CHANGE, "policy_changed": CHANGE,
                            "disconnect_when_refused": true});
        let path = format!("radius-clients/{}", client.id);
        let shown = office.act("PATCH", &path, Some(&json!({"orders": orders})));
        assert_eq!(shown["orders"]["joined_group"], CHANGE, "{shown}");
        assert_eq!(shown["orders"]["password_changed"], "nothing", "{shown}");
        Self { office, client, nas, staff, others }
    }

    /// A user who is let in, and whose session begins; with the user's id.
    fn enter(&self, login: &str) -> String {
        let user = self.office.user(login, PASSWORD);
        self.let_into("90", login);
        user
    }

    /// Has a user let into a VLAN, and the session begin.
    fn let_into(&self, vlan: &str, login: &str) {
        let reply = self.office.login(&self.client, login, PASSWORD);
        assert!(reply.is("Access-Accept"), "{reply:?}");
        assert_eq!(reply.values("Tunnel-Private-Group-Id:0"), [vlan], "{reply:?}");
        let classes = reply.values("Class");
        assert_eq!(classes.len(), 1, "{reply:?}");
        self.begin(login, classes[0]);
    }

    fn begin(&self, login: &str, class: &str) {
        let report = format!(
            "Acct-Status-Type=Start,Acct-Session-Id=of-{login},User-Name={login},NAS-Port=7,\
             NAS-Identifier=ap-1,Calling-Station-Id=66-77-88-99-AA-BB,Class={class}"
        );
        let reply = self.office.report(&self.client, &report);
        assert!(reply.is("Accounting-Response"), "{reply:?}");
        // What gear says again for us is no class of the session.
        let sessions = self.office.read(&format!("sessions?open=true&login={login}"));
        assert_eq!(sessions["items"][0]["class"], "", "{sessions}");
    }

    fn members(&self, what: &str, user: &str) {
        let change = json!({what: {"users": [user]}});
        self.office.act("PATCH", &format!("groups/{}/members", self.staff), Some(&change));
    }

    /// The first event of an action that tells this under this name.
    fn event(&self, action: &str, (field, told): (&str, &str)) -> Value {
        let is_meant = |event: &Value| {
            let mut differences = event["differences"].as_array().unwrap().iter();
            event["action"] == action
                && differences.any(|it| it["field"] == field && it["after"] == told)
        };
        let found = (0..10_000).find_map(|_| self.office.events().into_iter().find(is_meant));
        found.unwrap_or_else(|| panic!("no {action} with {field}: {told}"))
    }
}

#[test]
fn section_3_who_comes_into_a_group_and_leaves_it_is_told_to_the_gear() {
    let site = Site::new();
    let ada = site.enter("ada");
    site.enter("bob");
    site.members("add", &ada);
    site.nas.says("Sent CoA-ACK");
    let said = site.nas.said();
    for text in [
        "Received CoA-Request",
        "Message-Authenticator = 0x",
        "User-Name = \"ada\"",
        "Acct-Session-Id = \"of-ada\"",
        "Calling-Station-Id = \"66-77-88-99-AA-BB\"",
        "NAS-Identifier = \"ap-1\"",
        "NAS-Port = 7",
        "Tunnel-Private-Group-Id:0 = \"20\"",
        "Filter-Id = \"staff\"",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let event = site.event("session_change", ("reply_profile", "staff"));
    assert_eq!((&event["success"], &event["actor"]["kind"]), (&json!(true), &json!("daemon")));
    site.event("session_change", ("because", "the user came into a group"));
    // The accept that the gear goes on telling of is not what the session has.
    site.members("remove", &ada);
    site.nas.says("Tunnel-Private-Group-Id:0 = \"90\"");
    site.event("session_change", ("reply_profile", "others"));
    let said = site.nas.said();
    assert_eq!(said.matches("Received CoA-Request").count(), 2, "{said}");
    assert!(!said.contains("of-bob") && !said.contains("Received Disconnect-Request"), "{said}");
}

#[test]
fn section_3_5_gear_that_refuses_a_change_is_told_to_end_the_session_where_its_client_says_so() {
    let site = Site::new();
    let fixed = site.enter("fixed");
    site.members("add", &fixed);
    site.nas.says("Sent Disconnect-ACK");
    let refused = site.event("session_change", ("reply_profile", "staff"));
    let reason = "the gear refused: the gear does not support an attribute (Error-Cause 401)";
    assert_eq!((&refused["success"], &refused["reason"]), (&json!(false), &json!(reason)));
    let why = ("instead_of_change", "the gear refused the change");
    assert_eq!(site.event("session_disconnect", why)["success"], true);
    let said = site.nas.said();
    assert!(said.contains("Sent CoA-NAK"), "{said}");
    // Once more with the least that names a session: it is the change that this gear cannot do.
    let (changes, _) = said.split_once("Received Disconnect-Request").unwrap();
    let changes: Vec<_> = changes.split("Received CoA-Request").skip(1).collect();
    assert_eq!(changes.len(), 2, "{said}");
    let [more, least] = [changes[0], changes[1]].map(|it| it.contains("NAS-Port = 7"));
    assert!(more && !least, "{said}");
}

#[test]
fn section_1_who_is_not_let_in_any_more_is_ended_where_a_change_is_asked_for() {
    let site = Site::new();
    let ada = site.enter("ada");
    site.office.act("POST", &format!("users/{ada}/suspend"), None);
    site.nas.says("Sent Disconnect-ACK");
    let why = ("instead_of_change", "the account is suspended");
    assert_eq!(site.event("session_disconnect", why)["success"], true);
    assert!(!site.nas.said().contains("Received CoA-Request"));
}

#[test]
fn the_user_behind_an_anonymous_outer_identity_is_known_by_what_the_gear_says_again() {
    let site = Site::new();
    let ada = site.office.user("ada", PASSWORD);
    let peer = site.office.peer(&site.client, "TTLS").quoted("anonymous_identity", "anonymous");
    let peer = peer.quoted("identity", "ada").quoted("password", PASSWORD);
    let verdict = peer.quoted("phase2", "auth=PAP").gets_in();
    let said = &verdict.output.stdout;
    let at = said.rfind("Attribute 25 (Class)").expect("a Class of the accept");
    let class = said[at..].split_once("Value: ").unwrap().1.split_whitespace().next().unwrap();
    site.begin("anonymous", &format!("0x{class}"));
    let sessions = site.office.read("sessions?open=true&login=anonymous");
    assert_eq!(sessions["items"][0]["user"], json!(ada), "{sessions}");
    site.members("add", &ada);
    site.nas.says("Sent CoA-ACK");
    let said = site.nas.said();
    assert!(said.contains("Acct-Session-Id = \"of-anonymous\""), "{said}");
    assert!(said.contains("Tunnel-Private-Group-Id:0 = \"20\""), "{said}");
}

#[test]
fn an_edited_reply_profile_and_edited_rules_are_told_to_the_gear() {
    let site = Site::new();
    site.enter("ada");
    let profile = format!("reply-profiles/{}", site.others);
    site.office.act("PATCH", &profile, Some(&json!({"vlan": "91"})));
    site.nas.says("Tunnel-Private-Group-Id:0 = \"91\"");
    site.event("session_change", ("because", "what the RADIUS client decides by was changed"));
    // Gear would go on with the filter, as nothing takes it away.
    site.office.act("PATCH", &profile, Some(&json!({"filters": []})));
    site.nas.says("Sent Disconnect-ACK");
    let why = "something that the gear was told before and the policy says no more would stay in \
               the session";
    let event = site.event("session_disconnect", ("instead_of_change", why));
    assert_eq!(event["success"], true, "{event}");
    let said = site.nas.said();
    assert_eq!(said.matches("Received CoA-Request").count(), 1, "{said}");
}

#[test]
fn a_second_class_tells_of_the_kinds_for_which_the_first_has_no_room() {
    let site = Site::new();
    let pair = |number| json!({"name": "Cisco-AVPair", "value": format!("pair-{number}=1")});
    let pairs: Vec<Value> = (0..32).map(pair).collect();
    let profile = format!("reply-profiles/{}", site.others);
    site.office.act("PATCH", &profile, Some(&json!({"attributes": pairs})));
    for (login, repeated) in [("ada", 2), ("bob", 1)] {
        site.office.user(login, PASSWORD);
        let asked = format!(
            "User-Name=\"{login}\",User-Password=\"{PASSWORD}\",NAS-Identifier=\"{}\",\
             Called-Station-Id=\"00-10-A4-23-19-C0:a network with a long name\",\
             Message-Authenticator=0x00,Packet-Src-IP-Address={}",
            "x".repeat(64),
            site.office.address
        );
        let reply = site.office.gear(&site.client).ask("auth", &asked);
        let classes = reply.values("Class");
        assert_eq!(classes.len(), 2, "{reply:?}");
        site.begin(login, &classes[..repeated].join(",Class="));
    }
    site.office.act("PATCH", &profile, Some(&json!({"vlan": "91"})));
    site.nas.says("Tunnel-Private-Group-Id:0 = \"91\"");
    assert_eq!(site.event("session_change", ("reply_profile", "others"))["subject"]["name"], "ada");
    // Of whose gear kept one of them it is not known what would stay.
    let why = "something that the gear was told before and the policy says no more would stay in \
               the session";
    let event = site.event("session_disconnect", ("instead_of_change", why));
    assert_eq!(event["subject"]["name"], "bob", "{event}");
}

#[test]
fn a_profile_of_more_kinds_than_classes_tell_of_is_sent_whole_and_an_edit_ends_the_session() {
    let site = Site::new();
    let named: Vec<Value> = (0..32)
        .map(|number| json!({"name": "Cisco-AVPair", "value": format!("pair-{number}=1")}))
        .collect();
    let numbered: Vec<Value> = (0..32)
        .map(|number| {
            let text = format!("more-{number}=1");
            json!({"vendor": 9, "number": 1, "value": {"text": text}})
        })
        .collect();
    let profile = format!("reply-profiles/{}", site.others);
    let fields = json!({"attributes": named, "vendor_attributes": numbered});
    site.office.act("PATCH", &profile, Some(&fields));
    site.enter("ada");
    let sessions = site.office.read("sessions?open=true&login=ada");
    let session = sessions["items"][0]["id"].as_str().unwrap();
    let change = json!({"reply_profile": site.others});
    let told = site.office.act("POST", &format!("sessions/{session}/change"), Some(&change));
    assert_eq!(told["outcome"], "done", "{told}");
    site.nas.says("Sent CoA-ACK");
    let said = site.nas.said();
    for pair in (0..32).flat_map(|number| [format!("pair-{number}=1"), format!("more-{number}=1")])
    {
        assert!(said.contains(&format!("Cisco-AVPair = \"{pair}\"")), "{pair}: {said}");
    }
    for name in ["Acct-Session-Id = \"of-ada\"", "NAS-Identifier = \"ap-1\"", "NAS-Port = 7"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    // Nobody knows of what was told before whether it would stay.
    site.office.act("PATCH", &profile, Some(&json!({"vlan": "91"})));
    site.nas.says("Sent Disconnect-ACK");
    let why = "something that the gear was told before and the policy says no more would stay in \
               the session";
    let event = site.event("session_disconnect", ("instead_of_change", why));
    assert_eq!(event["success"], true, "{event}");
    let said = site.nas.said();
    let (_, end) = said.split_once("Received Disconnect-Request").unwrap();
    assert!(end.contains("Acct-Session-Id = \"of-ada\""), "{said}");
    assert!(!end.contains("Cisco-AVPair"), "an end says nothing of a profile: {said}");
    assert_eq!(said.matches("Received CoA-Request").count(), 1, "{said}");
}

#[test]
fn a_rule_that_rejects_ends_the_sessions_of_whom_it_is_about() {
    let site = Site::new();
    let ada = site.enter("ada");
    site.enter("bob");
    site.members("add", &ada);
    site.nas.says("Sent CoA-ACK");
    site.event("session_change", ("reply_profile", "staff"));
    let path = format!("radius-clients/{}", site.client.id);
    let rules = json!([{"name": "staff", "groups": [site.staff], "verdict": "reject"}]);
    site.office.act("PATCH", &path, Some(&json!({"rules": rules})));
    site.nas.says("Sent Disconnect-ACK");
    site.event("session_disconnect", ("because", "what the RADIUS client decides by was changed"));
    let said = site.nas.said();
    assert_eq!(said.matches("Received Disconnect-Request").count(), 1, "{said}");
    assert!(!said.contains("of-bob"), "{said}");
}

/// So many seconds before the end of a minute it may be over before somebody is let in.
const TOO_LATE: u64 = 15;

/// A minute since 1970 began in UTC, as a rule says it by clocks in India: five hours and a half ahead,
/// all year.
fn minute_in_kolkata(minute: u64) -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let (day, minute) = ((minute + 330) / 1_440, (minute + 330) % 1_440);
    // The first one was a Thursday.
    let day = days[usize::try_from((day + 3) % 7).unwrap()];
    let shown = |minute: u64| format!("{:02}:{:02}", minute / 60, minute % 60);
    json!({"days": [day], "from": shown(minute), "to": shown(minute + 1)})
}

#[test]
fn a_time_that_ends_where_the_gear_stands_is_told_to_the_gear_within_the_minute() {
    let site = Site::new();
    let ada = site.office.user("ada", PASSWORD);
    site.office.user("bob", PASSWORD);
    site.members("add", &ada);
    let path = format!("radius-clients/{}", site.client.id);
    let own = site.office.read(&path)["rules"][0]["reply_profile"].clone();
    let now = seconds();
    let end = (now + TOO_LATE) / 60 + 1;
    let shift: Vec<Value> = (now / 60..end).map(minute_in_kolkata).collect();
    let rules = json!([
        {"name": "shift", "groups": [site.staff], "times": shift, "verdict": "accept",
         "reply_profile": own},
        {"name": "staff", "groups": [site.staff], "verdict": "accept",
         "reply_profile": site.others},
        {"name": "visits", "times": shift, "verdict": "accept", "reply_profile": site.others},
        {"name": "else", "verdict": "reject"}
    ]);
    let fields = json!({"time_zone": "Asia/Kolkata", "rules": rules});
    site.office.act("PATCH", &path, Some(&fields));
    site.let_into("20", "ada");
    site.let_into("90", "bob");
    pause(Duration::from_secs((end * 60).saturating_sub(seconds())));
    let orders = || {
        let said = site.nas.said();
        let count = |order: &str| said.matches(&format!("Received {order}-Request")).count();
        (count("CoA"), count("Disconnect"))
    };
    assert_eq!(orders(), (0, 0), "nothing is otherwise before: {}", site.nas.said());
    site.nas.says("Sent Disconnect-ACK");
    site.nas.says("Sent CoA-ACK");
    let said = site.nas.said();
    assert!(said.contains("Tunnel-Private-Group-Id:0 = \"90\""), "{said}");
    assert_eq!(orders(), (1, 1), "{said}");
    let why = ("because", "a time of a rule of the RADIUS client began or ended");
    for (action, login) in [("session_change", "ada"), ("session_disconnect", "bob")] {
        let event = site.event(action, why);
        assert_eq!((&event["success"], &event["subject"]["name"]), (&json!(true), &json!(login)));
    }
    let reply = site.office.login(&site.client, "bob", PASSWORD);
    assert!(reply.is("Access-Reject"), "{reply:?}");
}
