use proptest::prelude::*;

use super::*;

const CHEAP: HashParameters = HashParameters { memory_kib: 64, iterations: 1, parallelism: 1 };

fn password(text: &str) -> Password {
    Password::new(text.as_bytes()).unwrap()
}

fn stored(text: &str) -> StoredHash {
    StoredHash::parse(text).map_err(|error| format!("{text}: {error}")).unwrap()
}

fn refusal(text: &str) -> UnusableHash {
    StoredHash::parse(text).err().unwrap_or_else(|| panic!("{text} must be refused"))
}

/// All of them are of the password `correct horse`, written by slapd, crypt(3) and Python.
const HASHES: &[&str] = &[
    "{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$2OLGdzh9n9dixQo4RcJxhw$vhpKk99Z84RTkEnzL5pfD/qwe3cVRbNMDXYcI3vaJqo",
    "{SSHA}leuikmb2qSjiojOI/TSZamTgHWApiU83",
    "{ssha}NSZEu/ZzEMKdBO5ESNEYml3qKRYBAgMEBQYHCA==",
    "{SSHA256}CFsq5JPfiBQ0W3uR5Dnao+9mknEq9a739V+FPkJ6yjABAgMEBQYHCA==",
    "{SSHA512}ggObOJHDWCqgI5uFv/j9yDNYMvdTgt+Toj8d6cGrSG/e+E9GbH4DkQ8y5jY3NblhoGens+zNVX1mZaFy0qwRwwECAwQFBgcI",
    "{SSHA512}XreubGmmv09UkJpjseq/rOxAzNwEIh9oLsI0j0Npg2coxPYybOfiHFE4nTHpK1HdxI0XFG/7vwj0bS5udw9Gr+gaPAA9+9fX",
    "{CRYPT}$5$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
    "$5$rounds=1400$anotherlong$ClCy35lzhj7Yx5kP2LTbRxCvufSWPtOKzhAZN/qg1zB",
    "$6$saltstring$.r0X7ub5wGR2v4Xz7svCIozfnlorFh19V89t8KC9Umd81uGhFgsyTRNyzQDXDIm17fFcR9z3z7oBNdsyYBbtm/",
    "{crypt}$6$rounds=10000$saltstringsaltst$uWkfitxWIj/pKw1nBSBgiQR8Pwbr7IMycYT33N8JITrE33DUmC8bV6rVVtFeP/iZRI3xx58jHgvVgQRG8FBmF/",
    "$2a$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    "{CRYPT}$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$2y$04$abcdefghijklmnopqrstuvjydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$pbkdf2$1000$..................../w$2lA2ZCRn/GNf/GY7T/L8r5aZVMU",
    "{PBKDF2}1000$..................../w$2lA2ZCRn/GNf/GY7T/L8r5aZVMU",
    "{PBKDF2-SHA1}1000$..................../w$2lA2ZCRn/GNf/GY7T/L8r5aZVMU",
    "$pbkdf2-sha256$1000$..................../w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
    "{PBKDF2-SHA256}1000$..................../w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
    "$pbkdf2-sha256$i=1000,l=32$++++++++++++++++++++/w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
    "$pbkdf2-sha512$1000$..................../w$OSatFYsuFH2sYI0/OAI0tX8OOXrlCqQJKRERisOlO2g/ENH2137kftDwn3D36aizH5GzvzRXHZmwHpq4Hg.DEA",
    "{PBKDF2-SHA512}1000$..................../w$OSatFYsuFH2sYI0/OAI0tX8OOXrlCqQJKRERisOlO2g/ENH2137kftDwn3D36aizH5GzvzRXHZmwHpq4Hg.DEA",
    "$pbkdf2-sha512$i=1000$++++++++++++++++++++/w$OSatFYsuFH2sYI0/OAI0tX8OOXrlCqQJKRERisOlO2g/ENH2137kftDwn3D36aizH5GzvzRXHZmwHpq4Hg+DEA",
    "{PBKDF2_SHA256}AAAD6AABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj+GVx7+pnPQe0x0iNyJ+ZvgeljcV2GgQ00yAElTX/iZTbFrX7RQWrT6irgO/u20X531sWY/PhuSz9z52nZ/fpWmfd95YWiBSccQBc6+gq7y96qpjyGwe9qPX0npUTeSR406uBau1xK1if0WrDY3nBCDTzyfQF1ZNH0XMOopz9lQMrc+D2mp6DlEG/fExgBBOXh/Ta8AZRAm3dfnBXDXlgAC9YwjVB4yRwc2Fvq1V0R3alfGBdMKtZAa5q1hxvfIemgEqZsf+57T9I75sMObK98il2R/IKDaTVLxsVG8idq+nFJuS6QXHHDuDqP/QOwourAPpRMtDPVaFIuyihcY+y3J",
];

#[test]
fn every_imported_format_verifies_its_password_and_asks_to_be_replaced() {
    for text in HASHES {
        let hash = stored(text);
        assert!(hash.verify(&password("correct horse")).unwrap(), "{text}");
        assert!(hash.needs_upgrade(&HashParameters::default()), "{text}");
    }
}

#[test]
fn every_imported_format_refuses_another_password() {
    for text in HASHES {
        let hash = stored(text);
        for wrong in ["Correct horse", "correct horse ", "correct hors", "c", text] {
            assert!(!hash.verify(&password(wrong)).unwrap(), "{text} took {wrong}");
        }
    }
}

#[test]
fn reference_vectors_of_argon2_verify() {
    for text in [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
    ] {
        assert!(stored(text).verify(&password("password")).unwrap(), "{text}");
        assert!(!stored(text).verify(&password("passwore")).unwrap(), "{text}");
    }
}

#[test]
fn a_new_hash_is_a_phc_string_that_verifies_and_is_current() {
    let text = hash(&password("correct horse"), &CHEAP, [7; 16]).unwrap();
    assert!(text.starts_with("$argon2id$v=19$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$"));
    assert!(stored(&text).verify(&password("correct horse")).unwrap());
    assert!(!stored(&text).verify(&password("correct horsf")).unwrap());
    assert!(!stored(&text).needs_upgrade(&CHEAP));
}

#[test]
fn a_hash_of_an_nt_hash_verifies_the_password_and_not_the_nt_hash() {
    let right = NtHash::of(&password("correct horse")).unwrap();
    let text = hash_nt(&right, &CHEAP, [7; 16]).unwrap();
    assert!(text.starts_with("{NT-ARGON2}$argon2id$v=19$m=64,t=1,p=1$"), "{text}");
    let read = stored(&text);
    assert!(read.verify(&password("correct horse")).unwrap());
    assert!(!read.verify(&password("Correct horse")).unwrap());
    assert!(read.needs_upgrade(&CHEAP) && !read.is_quick());
    // Neither what is kept for answers, as octets or as text, nor what is no text.
    for wrong in [&right.expose()[..], &right.text().as_bytes()[4..], b"\xff\xfe"] {
        assert!(!read.verify(&Password::new(wrong).unwrap()).unwrap(), "{wrong:?}");
    }
}

#[test]
fn another_salt_gives_another_hash() {
    let hash = |salt| hash(&password("correct horse"), &CHEAP, salt).unwrap();
    assert_ne!(hash([1; 16]), hash([2; 16]));
}

#[test]
fn a_hash_with_other_parameters_asks_to_be_replaced() {
    let stored = stored(&hash(&password("correct horse"), &CHEAP, [7; 16]).unwrap());
    for (memory_kib, iterations, parallelism) in [(128, 1, 1), (64, 2, 1), (64, 1, 2), (32, 1, 1)] {
        let other = HashParameters::new(memory_kib, iterations, parallelism).unwrap();
        assert!(stored.needs_upgrade(&other));
    }
}

#[test]
fn an_argon2d_hash_is_read_and_replaced() {
    let text = "$argon2d$v=19$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(!stored(text).verify(&password("correct horse")).unwrap());
    assert!(stored(text).needs_upgrade(&CHEAP));
}

#[test]
fn no_password_is_the_dummys() {
    let dummy = StoredHash::dummy(&CHEAP);
    for text in ["correct horse", "\0", "password"] {
        assert!(!dummy.verify(&password(text)).unwrap());
    }
    assert!(!dummy.needs_upgrade(&CHEAP));
}

#[test]
fn the_default_parameters_are_19_mebibytes_and_two_passes() {
    let default = HashParameters::default();
    assert_eq!(HashParameters::new(19_456, 2, 1), Ok(default));
}

#[test]
fn parameters_that_argon2_lacks_or_that_cost_too_much_are_refused() {
    for (memory_kib, iterations, parallelism, error) in [
        (19_456, 0, 1, UnusableParameters::Undefined),
        (19_456, 1, 0, UnusableParameters::Undefined),
        (15, 1, 2, UnusableParameters::Undefined),
        (MAX_ARGON2_MEMORY_KIB + 1, 1, 1, UnusableParameters::TooCostly),
        (64, MAX_ARGON2_ITERATIONS + 1, 1, UnusableParameters::TooCostly),
        (1024, 1, MAX_ARGON2_PARALLELISM + 1, UnusableParameters::TooCostly),
        (MAX_ARGON2_MEMORY_KIB, 5, 1, UnusableParameters::TooCostly),
        (u32::MAX, u32::MAX, 1, UnusableParameters::TooCostly),
    ] {
        let parameters = HashParameters::new(memory_kib, iterations, parallelism);
        assert_eq!(parameters, Err(error));
    }
}

#[test]
fn a_password_has_from_1_to_512_octets_of_any_kind() {
    assert_eq!(Password::new(b"").err(), Some(InvalidPassword::Empty));
    assert_eq!(
        Password::new(&[b'a'; MAX_PASSWORD_LENGTH + 1]).err(),
        Some(InvalidPassword::TooLong)
    );
    assert!(Password::new(&[0xff; MAX_PASSWORD_LENGTH]).is_ok());
    assert_eq!(Password::new(b" \0\xff ").unwrap().expose(), b" \0\xff ");
}

#[test]
fn octets_after_a_nul_and_spaces_at_the_end_count() {
    let stored = stored(&hash(&password("a\0b"), &CHEAP, [7; 16]).unwrap());
    assert!(stored.verify(&password("a\0b")).unwrap());
    for wrong in ["a", "a\0", "a\0c", "a\0b "] {
        assert!(!stored.verify(&password(wrong)).unwrap());
    }
}

#[test]
fn bcrypt_takes_72_octets_and_refuses_the_73rd() {
    let stored = stored("$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i");
    assert!(stored.verify(&password(&"x".repeat(72))).unwrap());
    assert!(!stored.verify(&password(&"x".repeat(71))).unwrap());
    assert!(!stored.verify(&password(&"x".repeat(73))).unwrap());
    assert!(!stored.verify(&password(&"x".repeat(MAX_PASSWORD_LENGTH))).unwrap());
}

#[test]
fn bcrypt_refuses_the_password_repeated_after_a_nul() {
    let stored = stored("$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e");
    assert!(!stored.verify(&password("correct horse\0correct horse")).unwrap());
    assert!(!stored.verify(&password("correct horse\0")).unwrap());
}

#[test]
fn unsalted_hashes_are_refused_as_such() {
    for text in [
        "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
        "{MD5}PLTnMmMfR+brlh80VUt83g==",
        "{SSHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
        "$5$$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
        "{PBKDF2-SHA256}1000$$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
    ] {
        assert_eq!(refusal(text), UnusableHash::Unsalted, "{text}");
    }
}

#[test]
fn clear_text_and_unknown_schemes_are_refused() {
    for text in [
        "",
        "secret",
        "$",
        "$$",
        "{",
        "{CLEARTEXT}secret",
        "{SASL}ada@example",
        "{CRYPT}ab.1234567890",
        "$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1",
        "$2x$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "{BCRYPT}$2x$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$argon2id$v=20$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(refusal(text), UnusableHash::Unknown, "{text}");
    }
}

#[test]
fn malformed_hashes_are_refused() {
    for text in [
        "{SSHA}",
        "{SSHA}AAAA",
        "{SSHA}####",
        "{SSHA256}NSZEu/ZzEMKdBO5ESNEYml3qKRYBAgMEBQYHCA==",
        "$5$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqE",
        "$5$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqE!",
        "$5$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC$",
        "$5$seventeen-letters$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
        "$5$rounds=999$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
        "$5$rounds=+5000$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
        "$5$rounds=5000$saltstring",
        "$2b$03$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$2b$4$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6",
        "$2b$04$äääääääääääääääääääääääääääääääää",
        "{PBKDF2-SHA256}0$..................../w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
        "{PBKDF2-SHA256}1000$..................../w$Fmdb1minWw",
        "{PBKDF2-SHA256}1000$..................../w",
        "$pbkdf2-sha256$i=1000,l=31$++++++++++++++++++++/w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
        "{PBKDF2_SHA256}AAAD6AABAgME",
        "$argon2id$v=19$m=64,t=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1,keyid=AA$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=0,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$BwcHBw$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAA",
        "$argon2id$v=19$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw",
    ] {
        assert_eq!(refusal(text), UnusableHash::Malformed, "{text}");
    }
    let long = format!("{{SSHA}}{}", "A".repeat(MAX_STORED_HASH_LENGTH));
    assert_eq!(refusal(&long), UnusableHash::Malformed);
}

#[test]
fn a_hash_that_would_hold_a_thread_for_long_is_refused() {
    for text in [
        "$5$rounds=1000001$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
        "$5$rounds=99999999999$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
        "$2b$16$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "{PBKDF2-SHA256}2000001$..................../w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
        "$argon2id$v=19$m=262145,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=262144,t=64,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(refusal(text), UnusableHash::TooCostly, "{text}");
    }
}

#[test]
fn passlibs_default_rounds_are_within_the_limits() {
    stored("$5$rounds=535000$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC");
    stored("$argon2id$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
        let _read = StoredHash::parse(&text);
        for scheme in ["{SSHA}", "{CRYPT}", "$5$", "$6$", "$2b$", "$pbkdf2-sha256$", "$argon2id$"] {
            let _read = StoredHash::parse(&format!("{scheme}{text}"));
        }
    }

    #[test]
    fn no_damage_to_a_hash_makes_the_reader_panic(
        hash in prop::sample::select(HASHES),
        place in 0_usize..400,
        damage in "\\PC{0,3}",
        lost in 0_usize..4,
    ) {
        let mut text: Vec<char> = hash.chars().collect();
        let start = place.min(text.len());
        let end = (start + lost).min(text.len());
        text.splice(start..end, damage.chars());
        let _read = StoredHash::parse(&text.into_iter().collect::<String>());
    }
}
