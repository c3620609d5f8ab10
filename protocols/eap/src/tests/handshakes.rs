//! What a peer may send until its handshake is over.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, SignatureScheme, SupportedProtocolVersion,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{Peer, VERSIONS, failure, sent};
use crate::{BadFragment, Command, Failure, Method, Proof};

/// Takes any certificate.
#[derive(Debug)]
pub(super) struct Anybody;

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What follows when a peer shows a certificate and two others behind it, each of so many octets.
fn shown(octets: usize, version: &'static SupportedProtocolVersion) -> Command {
    let between = vec![CertificateDer::from(vec![0x30_u8; octets]); 2];
    let mut peer = Peer::showing(Some(&between), Method::Tls, version, Some(1_000));
    let command = peer.speak();
    peer.hear(command);
    peer.speak()
}

#[test]
fn a_chain_of_certificates_is_taken_as_long_as_those_of_rsa_are() {
    for version in VERSIONS {
        // Four of RSA with 4096 bits are shorter.
        let Command::Ask(question) = shown(4_000, version) else { panic!("nobody is asked") };
        let Proof::Certificate(chain) = question.proof else { panic!("it is no certificate") };
        assert_eq!((chain.len(), chain[2].len()), (3, 4_000));
        let ended = failure(shown(6_500, version));
        assert_eq!(ended, Failure::Fragment(BadFragment::TooLong));
        assert!(ended.to_string().contains("more octets than any handshake"), "{ended}");
    }
}

#[test]
fn a_record_of_tls_may_come_in_two_messages() {
    for version in VERSIONS {
        let mut peer = Peer::new(Method::Ttls, version, None);
        let mut hello = Vec::new();
        peer.tls.write_tls(&mut hello).unwrap();
        let (first, second) = hello.split_at(hello.len() / 2);
        let packet = sent(peer.respond(&[&[0][..], first].concat()));
        assert_eq!(packet[5..], [0], "there is nothing to say yet");
        peer.identifier = packet[1];
        let command = peer.respond(&[&[0][..], second].concat());
        peer.hear(command);
        assert!(peer.tls.protocol_version().is_some());
    }
}

#[test]
fn a_hello_without_end_ends_the_conversation() {
    for version in VERSIONS {
        let mut peer = Peer::new(Method::Ttls, version, None);
        let mut octets = 0;
        let ended = loop {
            // Of a message of 60 000 octets, each record a message of EAP of its own.
            let mut record = [&[0_u8, 22, 3, 1, 3, 0xe8][..], &[0; 1_000]].concat();
            if octets == 0 {
                record[6..10].copy_from_slice(&[1, 0, 0xea, 0x60]);
            }
            octets += record.len() - 1;
            match peer.respond(&record) {
                Command::Send(packet) => peer.identifier = packet[1],
                Command::Fail(failure) => break failure,
                Command::Ask(_) | Command::Succeed(_) | Command::Admit(_) | Command::Ignore => {
                    panic!("it was heard")
                }
            }
        };
        assert_eq!(ended, Failure::Fragment(BadFragment::TooLong));
        assert!((12_000..14_000).contains(&octets), "{octets}");
    }
}
