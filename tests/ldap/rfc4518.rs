//! RFC 4518: how strings are prepared before they are compared.

use serde_json::json;

use crate::harness::office::Office;

#[test]
fn section_2_2_case_and_compatible_characters_do_not_count() {
    let office = Office::new();
    let client = office.ldap();
    let people = [
        ("one", "Ærøskøbing Østergård"),
        ("two", "ＦＵＬＬ Ｗｉｄｔｈ"),
        ("three", "Ève Noe\u{308}l"),
        ("four", "ﬁne Łódź"),
    ];
    for (login, name) in people {
        office.make("users", &json!({"login": login, "display_name": name, "surname": "X"}));
    }
    let cases = [
        ("one", "ÆRØSKØBING ØSTERGÅRD"),
        ("one", "ærøskøbing østerga\u{30a}rd"),
        ("two", "full width"),
        ("three", "ÈVE NOËL"),
        ("three", "e\u{300}ve no\u{eb}l"),
        ("four", "FINE ŁÓDŹ"),
        ("four", "\u{ad}fi\u{ad}ne łódź"),
        ("four", "fi\u{e0041}ne\u{2003}ł\u{70f}ódź"),
    ];
    for (login, spelling) in cases {
        let found = office.find(&client, &format!("(cn={spelling})"), &["1.1"]);
        assert_eq!(found.names(), [office.user_dn(login)], "{spelling}");
    }
    assert!(office.find(&client, "(cn=Eve Noel)", &["1.1"]).names().is_empty());
}

#[test]
fn section_2_2_control_characters_do_not_count() {
    let office = Office::new();
    let client = office.ldap();
    office.make("users", &json!({"login": "ada", "display_name": "Ada", "surname": "King"}));
    for filter in ["(uid=a\\00da)", "(uid=ada\\00)", "(uid=\\7fada)", "(cn=\\e2\\80\\8bada)"] {
        assert_eq!(office.find(&client, filter, &["1.1"]).names(), [office.user_dn("ada")]);
    }
}

#[test]
fn section_2_6_1_pieces_meet_spaces_around_values_and_two_between_words() {
    let office = Office::new();
    let client = office.ldap();
    for (name, syntax, indexed) in [
        ("costCenter", "text", true),
        ("deskName", "text", false),
        ("badgeCode", "exact_text", true),
    ] {
        let fields = json!({"name": name, "syntax": syntax, "indexed": indexed});
        office.make("custom-attributes", &fields);
    }
    let name = "Ada King";
    let custom = json!({"costCenter": name, "deskName": name, "badgeCode": name});
    let fields = json!({"login": "ada", "display_name": name, "surname": "X", "title": name,
        "custom": custom});
    office.make("users", &fields);
    let other = json!({"login": "bob", "display_name": "Adam Kingsley", "surname": "X"});
    office.make("users", &other);
    let ada = [office.user_dn("ada")];
    for attribute in ["cn", "title", "costCenter", "deskName"] {
        for (pieces, found) in [
            ("*\\20ada*", true),
            ("*king\\20*", true),
            ("*KING\\20\\20*", true),
            ("ada\\20*\\20king", true),
            ("ada\\20king\\20*", true),
            ("*ada\\20*\\20king*", true),
            ("*\\20*\\20*\\20*king\\20*", true),
            ("*\\20ing", false),
            ("*ad\\20*", false),
            ("*\\20*\\20*\\20*\\20*king*", false),
            ("*ada\\20*\\20*\\20king*", false),
        ] {
            let filter = format!("(&({attribute}={pieces})(!(uid=bob)))");
            let names = office.find(&client, &filter, &["1.1"]);
            let expected: &[String] = if found { &ada } else { &[] };
            assert_eq!(names.names(), expected, "{filter}");
        }
        // A name that only begins so has no space there.
        let filter = format!("({attribute}=ada\\20*)");
        assert_eq!(office.find(&client, &filter, &["1.1"]).names(), ada, "{filter}");
    }
    let exact = |filter| office.find(&client, filter, &["1.1"]);
    assert_eq!(exact("(badgeCode=*King\\20*)").names(), ada);
    assert!(exact("(badgeCode=*king\\20*)").names().is_empty());
}

#[test]
fn section_2_4_what_has_a_prohibited_character_is_undefined_and_not_written() {
    let office = Office::new();
    let client = office.ldap();
    let fields = json!({"login": "ada", "display_name": "Ada", "surname": "King"});
    office.make("users", &fields);
    for value in ["Ada\\ef\\bf\\bd", "\\ee\\80\\80", "Ada\\f4\\80\\80\\80", "\\ef\\b7\\90"] {
        for filter in [
            format!("(cn={value})"),
            format!("(!(cn={value}))"),
            format!("(!(cn=*{value}*))"),
            format!("(!(cn:caseExactMatch:={value}))"),
            format!("(!(cn>={value}))"),
            format!("(!(ou={value}))"),
            format!("(!(ou=*{value}*))"),
        ] {
            assert!(office.find(&client, &filter, &["1.1"]).names().is_empty(), "{filter}");
        }
    }
    let fields = json!({"login": "bob", "display_name": "Bob \u{e000}", "surname": "King"});
    let refused = office.top.send("POST", &office.path("users"), Some(&fields));
    assert_eq!(refused.status, 422, "{refused:?}");
}

#[test]
fn section_2_4_what_unicode_gave_out_later_or_not_yet_is_taken_and_matches_on_purpose() {
    let office = Office::new();
    let client = office.ldap();
    // A letter and a picture that came after Unicode 3.2, and what is no character so far.
    for (login, name) in [("one", "\u{1e9e}a"), ("two", "Fox \u{1f98a}"), ("three", "Ada \u{378}")]
    {
        office.make("users", &json!({"login": login, "display_name": name, "surname": "X"}));
        let ours = [office.user_dn(login)];
        for filter in [format!("(cn={name})"), format!("(&(cn=*)(cn=*{}))", name.to_lowercase())] {
            assert_eq!(office.find(&client, &filter, &["1.1"]).names(), ours, "{filter}");
        }
    }
    assert_eq!(office.find(&client, "(cn=SSA)", &["1.1"]).names(), [office.user_dn("one")]);
}
