//! Rows as they are kept until they are applied.

use super::*;

#[test]
fn an_import_whose_rows_cannot_be_read_fails_and_the_others_go_on() {
    let world = World::new();
    let acme = world.organization("acme");
    let broken = world.import(acme, asked(), vec![person(2, "ada", |_| {})]);
    let sound = world.import(acme, asked(), vec![person(2, "bob", |_| {})]);
    let number = record(broken) << 20;
    let spoilt = world.directory.inner.store.write(move |change| {
        let kind = crate::records::kinds::IMPORT_ROWS;
        change.put_secret(acme.partition(), kind, number, b"\xff").map_err(Error::from)
    });
    spoilt.unwrap();
    assert!(matches!(world.directory.advance_imports(world.now(), &|| true), Err(Error::Store(_))));
    assert!(matches!(world.state(acme, broken).state, ImportState::Failed(_)));
    world.work();
    assert_eq!(world.state(acme, sound).state, ImportState::Done);
    assert!(world.found(acme, "ada").is_none() && world.found(acme, "bob").is_some());
}

#[test]
fn chunks_of_before_there_were_versions_are_read_and_later_ones_are_not() {
    let world = World::new();
    let acme = world.organization("acme");
    let chunks = crate::imports::Chunks { partition: acme.partition(), import: 7 };
    let rows = vec![
        person(2, "ada", |user| {
            user.password = Some(RowPassword::Hash("{SSHA}x".into()));
            user.groups = vec!["g".into()];
        }),
        team(3, "g", vec![RowMember::User("ada".into()), alias("uid=bob", "bob")]),
    ];
    let outcome = RowOutcome {
        line: 2,
        kind: crate::imports::RowKind::User,
        name: "ada".into(),
        verdict: Verdict::Update,
        column: None,
        reason: None,
        notes: vec!["n".into()],
        changes: Vec::new(),
    };
    let kept = outcome.clone();
    let store = &world.directory.inner.store;
    let done = store.write(move |change| {
        chunks.put_rows(change, 0, &rows)?;
        chunks.put_outcomes(change, 0, &[kept])
    });
    done.unwrap();
    let kinds = [crate::records::kinds::IMPORT_ROWS, crate::records::kinds::IMPORT_OUTCOMES];
    let snapshot = store.read().unwrap();
    let number = 7 << 20;
    let octets = kinds.map(|kind| {
        let found = storage::Reading::secret(&snapshot, acme.partition(), kind, number).unwrap();
        hex(found.unwrap().expose())
    });
    // Nobody is named by an attribute, and nothing else stands beside a row.
    assert_eq!(octets, [format!("0003{ROWS_1}0000"), format!("0003{OUTCOMES}")]);
    let put = move |octets: [Vec<u8>; 2]| {
        let done = world.directory.inner.store.write(move |change| {
            for (kind, octets) in kinds.iter().zip(octets) {
                change.put_secret(acme.partition(), *kind, number, &octets)?;
            }
            Ok::<_, Error>(())
        });
        done.unwrap();
        let snapshot = world.directory.inner.store.read().unwrap();
        (chunks.rows(&snapshot, 0), chunks.outcomes(&snapshot, 0))
    };
    for (version, behind) in [(1, ""), (2, "00")] {
        let lists = [format!("{ROWS_1}{behind}"), OUTCOMES.to_owned()];
        let former = lists.map(|lists| unhex(&format!("000{version}{lists}")));
        let (rows, outcomes) = put(former);
        assert_eq!((rows.unwrap().len(), outcomes.unwrap().len()), (2, 1), "{version}");
    }
    let (rows, outcomes) = put([unhex(ROWS), unhex(OUTCOMES)]);
    let rows = rows.unwrap();
    let RowEntry::User(ada) = &rows[0].entry else { panic!("no user") };
    assert!(matches!(&ada.password, Some(RowPassword::Hash(hash)) if hash == "{SSHA}x"));
    assert_eq!((ada.fields.login.as_str(), ada.groups.as_slice()), ("ada", &["g".to_owned()][..]));
    let RowEntry::Group(group) = &rows[1].entry else { panic!("no group") };
    assert_eq!(group.members[1], alias("uid=bob", "bob"));
    assert_eq!(outcomes.unwrap(), [outcome]);
    let (rows, outcomes) = put([vec![0, 4, 0, 0, 0], vec![0, 4, 0]]);
    assert!(rows.is_err() && outcomes.is_err());
}

/// Two rows as version 1 has them, of which one says when the user's time ends, or not.
const ROWS_1: &str = "020201077569643d61646100036164610000000000000000000000000000000000010167\
                      00030104636e3d6701016700000002000361646102077569643d626f6203626f62000100\
                      01077b535348417d78";
/// Two rows and an outcome as commit fcdb713 wrote them.
const ROWS: &str = "020201077569643d6164610003616461000000000000000000000000000000000101670003\
                    0104636e3d6701016700000002000361646102077569643d626f6203626f620001000107\
                    7b535348417d78";
const OUTCOMES: &str = "0102000361646101000001016e00";

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
