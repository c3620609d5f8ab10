//! What gear, or whoever says to be it, answers to an order.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use radius::{AttributeType, Downstream, Obedience, Order, OrderKind, Reply, Secret, Version};

const SECRET: &[u8] = b"a shared secret, long enough";
const SECONDS: u32 = 0x6543_2100;

/// The first octet says which order it was and whether what follows it, an answer, is signed. Tells
/// whether it was believed.
///
/// # Panics
/// When an answer is believed that says nothing of the order, or that nobody signed.
pub(crate) fn run(octets: &[u8]) -> bool {
    let Some((flags, answer)) = octets.split_first() else { return false };
    let kind = if flags & 1 == 0 { OrderKind::Disconnect } else { OrderKind::Change };
    let secret = Secret::new(SECRET).unwrap();
    let mut session = Reply::new();
    session.text(AttributeType::ACCT_SESSION_ID, "5f3a").unwrap();
    let order = Order::new(kind, 7, &secret, &session, SECONDS).unwrap();
    let mut answer = answer.to_vec();
    if flags & 2 != 0 {
        sign(&mut answer, order.octets());
    }
    goes_down(&secret, (kind, &session), &answer, order.read(&answer));
    let Some(obedience) = order.read(&answer) else { return false };
    let [done, refused] = if flags & 1 == 0 { [41, 42] } else { [44, 45] };
    let expected = if obedience == Obedience::Done { done } else { refused };
    assert_eq!(answer[..2], [expected, 7]);
    // Whoever changes an octet of it is not believed; behind its length is none of it.
    let length = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
    for at in [0, 1, 4, 19, length - 1] {
        let mut forged = answer.clone();
        forged[at] ^= 0x80;
        assert_eq!(order.read(&forged), None, "octet {at}");
    }
    true
}

/// Down a connection the same is believed of the same order, and with tokens what has its token.
fn goes_down(
    secret: &Secret,
    order: (OrderKind, &Reply),
    answer: &[u8],
    obedience: Option<Obedience>,
) {
    let read = |version| {
        let mut machine = Downstream::new(version, secret.clone(), 7);
        machine.write((), order, SECONDS).unwrap();
        machine.receive(answer).ok().flatten().map(|((), obedience)| obedience)
    };
    assert_eq!(read(Version::V1_0), obedience);
    assert!(read(Version::V1_1).is_none() || answer[4..8] == [0, 0, 0, 7]);
}

/// Makes length and authenticators right, whatever else is not.
fn sign(answer: &mut [u8], order: &[u8]) {
    let Ok(length) = u16::try_from(answer.len()) else { return };
    if answer.len() < 20 {
        return;
    }
    answer[2..4].copy_from_slice(&length.to_be_bytes());
    answer[4..20].copy_from_slice(&order[4..20]);
    let mut at = 20;
    while at + 18 <= answer.len() {
        let length = usize::from(answer[at + 1]);
        if answer[at] == 80 && length == 18 {
            answer[at + 2..at + 18].fill(0);
            let mut mac = Hmac::<Md5>::new_from_slice(SECRET).unwrap();
            mac.update(answer);
            answer[at + 2..at + 18].copy_from_slice(&mac.finalize().into_bytes());
            break;
        }
        at += length.max(2);
    }
    let digest = Md5::new().chain_update(&*answer).chain_update(SECRET).finalize();
    answer[4..20].copy_from_slice(&digest);
}
