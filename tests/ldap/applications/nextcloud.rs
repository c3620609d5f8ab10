//! Nextcloud's wizard and logins.

use crate::harness::office::Office;

#[test]
fn the_wizard_finds_out_how_groups_name_members_and_logins_go_by_name_or_mail() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("staff", &[&ada], &[]);
    office.lay_out("rfc2307");
    let (_, _, client) = office.profiled("nextcloud");
    let counted = office.find(&client, "(objectClass=*)", &["1.1"]);
    assert!(counted.names().len() >= 6);
    for (attribute, there) in [("member", true), ("uniqueMember", false), ("memberUid", false)] {
        let found = office.find(&client, &format!("({attribute}=*)"), &["1.1"]);
        assert_eq!(!found.names().is_empty(), there, "{attribute}");
    }
    let filter = "(&(|(objectclass=inetOrgPerson))(|(uid=ada)(mailPrimaryAddress=ada)(mail=ada)))";
    let found = office.find(&client, filter, &[]);
    assert_eq!(found.only().values("memberOf").len(), 1, "{found:?}");
    let id = format!("(entryUUID={ada})");
    assert_eq!(office.find(&client, &id, &["1.1"]).only().dn, office.user_dn("ada"));
    let chain =
        "(memberOf:1.2.840.113556.1.4.1941:=cn=staff,ou=groups,".to_owned() + &office.base + ")";
    assert_eq!(office.find(&client, &chain, &["1.1"]).names(), [office.user_dn("ada")]);
}
