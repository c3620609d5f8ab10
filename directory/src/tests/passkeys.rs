//! Passkeys of admins, by an authenticator of the tests' own.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use storage::Reading;

use super::admin_sessions::uses;
use super::sign_in::{SECRET, code, enrolled, request, send};
use super::world::{HERE, World, fields, password, refusal};
use crate::access::{Context, ManageAdmins, Role};
use crate::authentication::{
    Arrival, Assertion, ClaimedAdmin, NewCredential, PASSKEY_PATIENCE, RelyingParty, Reproof,
    Second, SignInOutcome, SignInRequest,
};
use crate::collections::PasskeyWish;
use crate::directory::OpenOptions;
use crate::error::Error;
use crate::events::{Action, Outcome};
use crate::id::{AdminNumber, Place};
use crate::records::{AdminScope, AdminState, Carrier, Passkey, SecondProof};

const DOMAIN: &str = "admin.example";
const PAGE: &str = "https://admin.example";

/// A key in an authenticator, and what it says.
struct Authenticator {
    key: EcdsaKeyPair,
    credential: Vec<u8>,
    user: Vec<u8>,
    counter: u32,
    /// Present, verified.
    flags: u8,
    origin: &'static str,
    domain: &'static str,
}

impl Authenticator {
    fn new(name: u8) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let (credential, user) = (vec![name; 16], Vec::new());
        Self { key, credential, user, counter: 1, flags: 5, origin: PAGE, domain: DOMAIN }
    }

    fn client_data(&self, kind: &str, challenge: [u8; 32]) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let said = json!({"type": kind, "challenge": challenge, "origin": self.origin});
        said.to_string().into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let party = Sha256::digest(self.domain);
        [&party[..], &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// Makes a passkey.
    fn make(&mut self, wish: &PasskeyWish) -> NewCredential {
        self.user = wish.user.to_vec();
        let point = self.key.public_key().as_ref();
        let length = u8::try_from(self.credential.len()).unwrap();
        let data = [
            &self.data(self.flags | 0x40)[..],
            &[7; 16],
            &[0, length],
            &self.credential,
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32],
            &point[1..33],
            &[0x22, 0x58, 32],
            &point[33..],
        ]
        .concat();
        let length = u8::try_from(data.len()).unwrap();
        let attestation =
            [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"[..], &[0x58, length], &data]
                .concat();
        let client_data = self.client_data("webauthn.create", wish.challenge);
        NewCredential { client_data, attestation }
    }

    /// Uses it once more.
    fn answer(&mut self, challenge: [u8; 32]) -> Assertion {
        self.counter += 1;
        let client_data = self.client_data("webauthn.get", challenge);
        let authenticator_data = self.data(self.flags);
        let signed = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let algorithm = &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1;
        let key = UnparsedPublicKey::new(algorithm, self.key.public_key().as_ref());
        key.verify(&signed, signature.as_ref()).unwrap();
        let (credential, user) = (self.credential.clone(), self.user.clone());
        let signature = signature.as_ref().to_vec();
        Assertion { credential, client_data, authenticator_data, signature, user }
    }
}

fn world() -> World {
    let passkeys = Some(RelyingParty::new(DOMAIN, &[]).unwrap());
    let authentication = super::world::options();
    World::of(OpenOptions { passkeys, authentication, ..OpenOptions::default() })
}

fn wish(world: &World, by: Context) -> Result<PasskeyWish, Error> {
    let by = Context { now: world.now(), ..by };
    world.directory.read(by)?.oneself()?.begin_passkey()
}

fn add(world: &World, by: Context, made: NewCredential) -> Result<Passkey, Error> {
    let by = Context { now: world.now(), ..by };
    world.directory.change(by, move |it| it.oneself()?.add_passkey("laptop".into(), &made))
}

/// An enrolled admin with a passkey: the number, the authenticator's URI, who asks, the passkey.
fn registered(world: &World) -> (AdminNumber, String, Context, Authenticator) {
    let (number, uri, session) = enrolled(world);
    let by = uses(world, &session.text, HERE).unwrap();
    let mut authenticator = Authenticator::new(1);
    let made = authenticator.make(&wish(world, by).unwrap());
    add(world, by, made).unwrap();
    (number, uri, by, authenticator)
}

fn challenge(world: &World, login: Option<&str>) -> [u8; 32] {
    let claimed = login.map(|login| ClaimedAdmin { organization: None, login: login.into() });
    let asked = world.directory.begin_passkey_sign_in(claimed.as_ref(), HERE, world.now());
    asked.unwrap().challenge
}

fn sign_in(world: &World, answer: &Assertion) -> SignInOutcome {
    let arrival = Arrival::plain(HERE, world.now());
    world.directory.sign_in_with_passkey(answer, arrival).unwrap()
}

fn is_let_in(world: &World, authenticator: &mut Authenticator) -> bool {
    let answer = authenticator.answer(challenge(world, None));
    matches!(sign_in(world, &answer), SignInOutcome::Session(_))
}

/// Why the last sign-in failed.
fn objection(world: &World) -> String {
    let event = world.events(Place::Provider, 1).remove(0);
    assert_eq!(event.action, Action::SignIn);
    let Outcome::Failure(reason) = event.outcome else { panic!("it succeeded") };
    reason
}

#[test]
fn a_passkey_stands_for_password_and_code() {
    let world = world();
    let (_, _, by, mut authenticator) = registered(&world);
    let told = world.events(Place::Provider, 1).remove(0);
    assert_eq!((told.action, told.subject.unwrap().name), (Action::Created, "laptop".into()));
    let answer = authenticator.answer(challenge(&world, None));
    let SignInOutcome::Session(session) = sign_in(&world, &answer) else { panic!("not let in") };
    let told = world.events(Place::Provider, 1).remove(0);
    assert_eq!((told.action, told.outcome), (Action::SignIn, Outcome::Success));
    assert_eq!(told.differences[0].after.as_deref(), Some("\"laptop\""));
    assert!(matches!(sign_in(&world, &answer), SignInOutcome::Rejected), "an answer counts once");
    let context = uses(&world, &session.text, HERE).unwrap();
    let reading = world.directory.read(context).unwrap();
    let sessions = reading.oneself().unwrap().sessions().list().unwrap();
    let own = sessions.iter().find(|session| session.is_asking).unwrap();
    assert_eq!(own.token.origin.proof, Some(SecondProof::Passkey));
    let passkey = reading.oneself().unwrap().passkeys().unwrap().remove(0);
    assert_eq!((passkey.counter, passkey.used), (2, Some(world.now())));
    assert!(wish(&world, by).unwrap().known == [vec![1; 16]]);
    world.pass(11 * 60 * 60_000);
    assert!(uses(&world, &session.text, HERE).is_err(), "it lasts as long as any other session");
    world.assert_sound();
}

#[test]
fn whoever_says_a_name_signs_in_as_that_one_alone() {
    let world = world();
    let (_, _, _, mut authenticator) = registered(&world);
    let try_as = |authenticator: &mut Authenticator, login: &str| {
        let answer = authenticator.answer(challenge(&world, Some(login)));
        matches!(sign_in(&world, &answer), SignInOutcome::Session(_))
    };
    assert!(try_as(&mut authenticator, "Grace"));
    assert!(!try_as(&mut authenticator, "nobody"));
    assert_eq!(objection(&world), "the passkey is another admin's");
}

#[test]
fn what_is_wrong_with_an_answer_is_told_in_the_event_alone() {
    let world = world();
    let (_, _, _, mut authenticator) = registered(&world);
    let mut judge = |change: &dyn Fn(&mut Authenticator), spoil: &dyn Fn(&mut Assertion)| {
        let (flags, domain) = (authenticator.flags, authenticator.domain);
        change(&mut authenticator);
        let mut answer = authenticator.answer(challenge(&world, None));
        spoil(&mut answer);
        let rejected = matches!(sign_in(&world, &answer), SignInOutcome::Rejected);
        (authenticator.flags, authenticator.domain) = (flags, domain);
        authenticator.origin = PAGE;
        world.pass(10 * 60_000);
        assert!(rejected);
        objection(&world)
    };
    let as_it_is = |_: &mut Authenticator| {};
    let unspoiled = |_: &mut Assertion| {};
    let elsewhere = judge(&|it| it.origin = "https://evil.example", &unspoiled);
    assert!(elsewhere.ends_with("in the configuration: https://evil.example"), "{elsewhere}");
    assert!(judge(&|it| it.domain = "evil.example", &unspoiled).ends_with("another domain"));
    assert!(judge(&|it| it.flags = 1, &unspoiled).ends_with("did not ask who is there"));
    assert!(judge(&|it| it.flags = 4, &unspoiled).ends_with("did not ask who is there"));
    assert!(judge(&|it| it.flags = 0x0d, &unspoiled).starts_with("the passkey was portable"));
    assert!(judge(&as_it_is, &|it| it.signature[8] ^= 1).ends_with("signature is wrong"));
    assert!(judge(&as_it_is, &|it| it.client_data.clear()).ends_with("cannot be read"));
    let unasked = judge(&as_it_is, &|it| {
        it.client_data = br#"{"type":"webauthn.get","challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","origin":"https://admin.example"}"#.to_vec();
    });
    assert!(unasked.starts_with("it was not asked for"), "{unasked}");
    let answer = authenticator.answer(challenge(&world, None));
    world.pass(PASSKEY_PATIENCE);
    assert!(matches!(sign_in(&world, &answer), SignInOutcome::Rejected), "it took too long");
    for spoil in [
        |it: &mut Assertion| it.credential[0] ^= 1,
        |it: &mut Assertion| it.user[19] ^= 1,
        |it: &mut Assertion| it.user[3] ^= 1,
        |it: &mut Assertion| it.user.clear(),
    ] {
        let told = world.events(Place::Provider, 1);
        let mut answer = authenticator.answer(challenge(&world, None));
        spoil(&mut answer);
        assert!(matches!(sign_in(&world, &answer), SignInOutcome::Rejected));
        assert_eq!(world.events(Place::Provider, 1), told, "nobody is known");
    }
    world.pass(60_000);
    assert!(is_let_in(&world, &mut authenticator));
}

#[test]
fn a_copy_shows_by_its_counter_and_suspends_the_passkey_until_its_owner_activates_it() {
    let world = world();
    let (_, _, own, mut authenticator) = registered(&world);
    authenticator.counter = 9;
    assert!(is_let_in(&world, &mut authenticator));
    let by_passkey = || {
        let sessions = world.directory.read(own).unwrap().oneself().unwrap().sessions().list();
        let proofs = sessions.unwrap().into_iter().map(|session| session.token.origin.proof);
        proofs.filter(|proof| *proof == Some(SecondProof::Passkey)).count()
    };
    assert_eq!(by_passkey(), 1);
    authenticator.counter = 9;
    assert!(!is_let_in(&world, &mut authenticator), "as often as before");
    assert_eq!(by_passkey(), 0, "a copy may have begun it");
    let told = world.events(Place::Provider, 3);
    assert!(told.iter().any(|event| event.action == Action::PasskeyCopied
        && event.subject.as_ref().unwrap().name == "laptop"));
    authenticator.counter = 4;
    assert!(!is_let_in(&world, &mut authenticator));
    authenticator.counter = 10;
    assert!(!is_let_in(&world, &mut authenticator), "which one runs ahead may be the copy");
    assert!(objection(&world).contains("suspended"), "{}", objection(&world));
    let kept =
        || world.directory.read(own).unwrap().oneself().unwrap().passkeys().unwrap().remove(0);
    assert!(kept().suspended && kept().counter == 10);
    let uuid = kept().uuid;
    let activated =
        world.directory.change(own, move |change| change.oneself()?.activate_passkey(uuid));
    assert!(!activated.unwrap().suspended);
    authenticator.counter = 5;
    assert!(is_let_in(&world, &mut authenticator), "where its owner says so it counts anew");
    assert!(kept().counter >= 5);
    let told = world.events(Place::Provider, 10);
    assert!(told.iter().any(|event| event.action == Action::Changed
        && event.differences.iter().any(|difference| difference.field == "suspended")));
}

#[test]
fn in_a_session_that_a_passkey_began_another_authenticator_needs_no_code() {
    let world = world();
    let (.., mut authenticator) = registered(&world);
    let answer = authenticator.answer(challenge(&world, None));
    let SignInOutcome::Session(session) = sign_in(&world, &answer) else { panic!("not let in") };
    let by = uses(&world, &session.text, HERE).unwrap();
    let begun = world.directory.begin_own_authenticator(by, None).unwrap();
    assert!(matches!(begun, Reproof::Proven(_)));
}

#[test]
fn suspended_admins_networks_and_failures_count_as_with_a_password() {
    let world = world();
    let (number, _, _, mut authenticator) = registered(&world);
    let edit = |edit: fn(&mut crate::records::Admin)| {
        let changed = world.change(move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
                edit(admin);
                Ok(())
            })
        });
        changed.unwrap();
    };
    edit(|admin| admin.state = AdminState::Suspended);
    assert!(!is_let_in(&world, &mut authenticator));
    edit(|admin| admin.state = AdminState::Active);
    edit(|admin| admin.fields.sources = vec!["198.51.100.0/24".parse().unwrap()]);
    assert!(!is_let_in(&world, &mut authenticator));
    assert_eq!(objection(&world), "the admin is suspended, or may not come from there");
    edit(|admin| admin.fields.sources.clear());
    assert!(is_let_in(&world, &mut authenticator));
    for _ in 0..6 {
        send(&world, request(&world, "wrong", None));
    }
    let answer = authenticator.answer(challenge(&world, None));
    assert!(matches!(sign_in(&world, &answer), SignInOutcome::TooEarly(_)), "of the password");
    world.pass(60_000);
    let mut unknown = |login| {
        let mut answer = authenticator.answer(challenge(&world, login));
        answer.credential.clear();
        matches!(sign_in(&world, &answer), SignInOutcome::TooEarly(_))
    };
    for login in [Some("grace"), Some("nobody"), None] {
        world.pass(60 * 60_000);
        let early = (0..7).filter(|_| unknown(login)).count();
        assert_eq!(early, 1, "{login:?}");
    }
}

#[test]
fn passkeys_are_named_and_the_last_one_goes_only_where_a_code_was_given() {
    let world = world();
    let (_, uri, by, mut authenticator) = registered(&world);
    let list = |by: Context| world.directory.read(by).unwrap().oneself().unwrap().passkeys();
    let uuid = list(by).unwrap()[0].uuid;
    let rename = |by: Context, name: &'static str| {
        world.directory.change(by, move |it| it.oneself()?.rename_passkey(uuid, None, name.into()))
    };
    assert_eq!(rename(by, "phone").unwrap().name, "phone");
    let told = world.events(Place::Provider, 1).remove(0);
    assert_eq!(
        (told.action, told.differences[0].before.as_deref()),
        (Action::Changed, Some("\"laptop\""))
    );
    assert!(matches!(rename(by, " "), Err(Error::Invalid(_))));
    let seen = list(by).unwrap()[0].revision();
    let rename_seen = |name: &'static str| {
        world
            .directory
            .change(by, move |it| it.oneself()?.rename_passkey(uuid, Some(seen), name.into()))
    };
    assert_eq!(rename_seen("watch").unwrap().name, "watch");
    assert!(matches!(rename_seen("ring"), Err(Error::Stale)));
    assert_eq!(list(by).unwrap()[0].name, "watch");
    assert!(matches!(rename(world.top(), "theirs"), Err(Error::Missing)));
    let delete = |by: Context, uuid| {
        let by = Context { now: world.now(), ..by };
        world.directory.change(by, move |it| it.oneself()?.delete_passkey(uuid))
    };
    let answer = authenticator.answer(challenge(&world, None));
    let SignInOutcome::Session(session) = sign_in(&world, &answer) else { panic!("not let in") };
    let by_passkey = uses(&world, &session.text, HERE).unwrap();
    assert!(refusal(delete(by_passkey, uuid)).starts_with("the last passkey goes"));
    let mut second = Authenticator::new(2);
    let made = second.make(&wish(&world, by_passkey).unwrap());
    let added = add(&world, by_passkey, made).unwrap();
    delete(by_passkey, added.uuid).unwrap();
    assert_eq!(world.events(Place::Provider, 2)[1].action, Action::Deleted);
    assert!(!is_let_in(&world, &mut second));
    assert!(matches!(delete(by_passkey, added.uuid), Err(Error::Missing)));
    world.pass(15 * 60_000);
    assert!(refusal(delete(by_passkey, uuid)).starts_with("sign in again first"));
    assert!(refusal(wish(&world, by_passkey)).starts_with("sign in again first"));
    let second = Some(Second::Totp(code(&world, &uri)));
    let with_code = SignInRequest { second, ..request(&world, SECRET, None) };
    let SignInOutcome::Session(session) = send(&world, with_code) else { panic!("no code") };
    let by = uses(&world, &session.text, HERE).unwrap();
    delete(by, uuid).unwrap();
    assert!(list(by).unwrap().is_empty());
    world.assert_sound();
}

#[test]
fn with_a_deleted_passkey_end_the_sessions_that_it_may_have_begun_and_all_but_the_one_that_asks() {
    let world = world();
    let (_, uri, by, mut authenticator) = registered(&world);
    let answer = authenticator.answer(challenge(&world, None));
    let SignInOutcome::Session(stolen) = sign_in(&world, &answer) else { panic!("not let in") };
    let second = Some(Second::Totp(code(&world, &uri)));
    let with_code = SignInRequest { second, ..request(&world, SECRET, None) };
    let SignInOutcome::Session(other) = send(&world, with_code) else { panic!("no code") };
    let uuid = world.directory.read(by).unwrap().oneself().unwrap().passkeys().unwrap()[0].uuid;
    world.directory.change(by, move |it| it.oneself()?.delete_passkey(uuid)).unwrap();
    for session in [stolen, other] {
        assert!(uses(&world, &session.text, HERE).is_err());
    }
    assert!(world.directory.read(by).unwrap().oneself().is_ok(), "who asks goes on");
    let told = world.events(Place::Provider, 3).into_iter().map(|event| event.action);
    let ended = [Action::SessionEnded, Action::SessionEnded, Action::Deleted];
    assert_eq!(told.collect::<Vec<_>>(), ended);
    world.assert_sound();
}

#[test]
fn an_answer_is_for_the_session_that_asked_and_a_credential_for_one_admin() {
    let world = world();
    let (_, _, by, mut authenticator) = registered(&world);
    let again = authenticator.make(&wish(&world, by).unwrap());
    assert!(matches!(add(&world, by, again), Err(Error::Taken { .. })));
    let other = world.admin(Place::Provider, Role::Manager, AdminScope::None);
    let theirs = Authenticator::new(3).make(&wish(&world, other).unwrap());
    assert!(refusal(add(&world, by, theirs)).starts_with("it was not asked for"));
    for name in 4..19 {
        let made = Authenticator::new(name).make(&wish(&world, by).unwrap());
        add(&world, by, made).unwrap();
    }
    let made = Authenticator::new(20).make(&wish(&world, by).unwrap());
    assert!(refusal(add(&world, by, made)).starts_with("an admin has at most 16"));
}

#[test]
fn a_reset_a_new_password_and_a_deleted_admin_leave_no_passkeys() {
    let world = world();
    let (number, _, _, mut authenticator) = registered(&world);
    let kept = || {
        let snapshot = world.directory.inner.store.read().unwrap();
        snapshot.scan::<Passkey>(Place::Provider.partition(), None).count()
    };
    let reset = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    reset.unwrap();
    assert_eq!(kept(), 0);
    assert!(!is_let_in(&world, &mut authenticator));
    let enrolment = super::sign_in::enrolment(&world);
    let session = super::sign_in::confirm(&world, &enrolment).unwrap();
    let by = uses(&world, &session.text, HERE).unwrap();
    let made = authenticator.make(&wish(&world, by).unwrap());
    add(&world, by, made).unwrap();
    assert_eq!(kept(), 1);
    let new = world.password(SECRET);
    let set = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, new)
    });
    set.unwrap();
    assert_eq!(kept(), 0);
    world.pass(60_000);
    assert!(!is_let_in(&world, &mut authenticator));
    let second = Some(Second::Totp(code(&world, &enrolment.uri)));
    let new_password = Some(password("chosen by nobody else"));
    let with_code = SignInRequest { second, new_password, ..request(&world, SECRET, None) };
    let SignInOutcome::Session(session) = send(&world, with_code) else { panic!("no code") };
    let by = uses(&world, &session.text, HERE).unwrap();
    let made = authenticator.make(&wish(&world, by).unwrap());
    add(&world, by, made).unwrap();
    assert_eq!(kept(), 1);
    let deleted = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().delete(number, None)
    });
    deleted.unwrap();
    assert_eq!(kept(), 0);
    world.assert_sound();
}

#[test]
fn an_organizations_own_admin_signs_in_while_the_organization_answers() {
    let world = world();
    let acme = world.organization("acme");
    world.invited(acme.into(), fields("grace", Role::Manager, AdminScope::None), SECRET);
    let at_acme =
        SignInRequest { organization: Some("acme".into()), ..request(&world, SECRET, None) };
    let SignInOutcome::Enrol(enrolment) = send(&world, at_acme) else { panic!("no enrolment") };
    let session = super::sign_in::confirm(&world, &enrolment).unwrap();
    let by = uses(&world, &session.text, HERE).unwrap();
    let mut authenticator = Authenticator::new(1);
    let made = authenticator.make(&wish(&world, by).unwrap());
    add(&world, by, made).unwrap();
    assert!(is_let_in(&world, &mut authenticator));
    let mut as_named = |login: &str| {
        let claimed = ClaimedAdmin { organization: Some("acme".into()), login: login.into() };
        let asked = world.directory.begin_passkey_sign_in(Some(&claimed), HERE, world.now());
        let answer = authenticator.answer(asked.unwrap().challenge);
        matches!(sign_in(&world, &answer), SignInOutcome::Session(_))
    };
    assert!(as_named("grace") && !as_named("x"));
    world.change(move |change| change.authorize(acme)?.own()?.set_suspended(None, true)).unwrap();
    assert!(!is_let_in(&world, &mut authenticator));
}

#[test]
fn where_no_domain_is_named_passkeys_are_off_and_say_why() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    assert!(refusal(wish(&world, by)).contains("passkey_domain"));
    let asked = world.directory.begin_passkey_sign_in(None, HERE, world.now());
    assert!(refusal(asked).contains("passkey_domain"));
    let answer = Authenticator::new(1).answer([0; 32]);
    let arrival = Arrival { carrier: Carrier::Cookie, ..Arrival::plain(HERE, world.now()) };
    assert!(
        refusal(world.directory.sign_in_with_passkey(&answer, arrival))
            .contains("passkeys are off")
    );
}
