//! Responses other than entries.

use bytes::BytesMut;

use crate::ber::{self, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE};
use crate::{Outcome, ResultCode};

pub(crate) const BIND_RESPONSE: u8 = 0x61;
pub(crate) const SEARCH_DONE: u8 = 0x65;
pub(crate) const MODIFY_RESPONSE: u8 = 0x67;
pub(crate) const COMPARE_RESPONSE: u8 = 0x6f;
pub(crate) const EXTENDED_RESPONSE: u8 = 0x78;
const INTERMEDIATE_RESPONSE: u8 = 0x79;

const SERVER_SASL_CREDENTIALS: u8 = 0x87;
const RESPONSE_NAME: u8 = 0x8a;
const RESPONSE_VALUE: u8 = 0x8b;
const CONTROLS: u8 = 0xa0;
const NOTICE_OF_DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";

/// What an extended response carries besides its result (RFC 4511 section 4.12).
#[derive(Clone, Copy, Default)]
pub(crate) struct Extension<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) value: Option<&'a [u8]>,
}

/// Appends a response with a plain result.
pub(crate) fn result(output: &mut BytesMut, id: u32, operation: u8, outcome: &Outcome) {
    message(output, id, |output| body(output, operation, outcome, Extension::default()));
}

/// Appends an extended response.
pub(crate) fn extended(
    output: &mut BytesMut,
    id: u32,
    outcome: &Outcome,
    extension: Extension<'_>,
) {
    message(output, id, |output| body(output, EXTENDED_RESPONSE, outcome, extension));
}

/// Appends an extended response with the controls that `fill` puts beside it.
pub(crate) fn extended_with_controls(
    output: &mut BytesMut,
    id: u32,
    outcome: &Outcome,
    extension: Extension<'_>,
    fill: impl FnOnce(&mut ControlWriter<'_>),
) {
    message(output, id, |output| {
        body(output, EXTENDED_RESPONSE, outcome, extension);
        beside(output, fill);
    });
}

/// Appends an intermediate response (RFC 4511 section 4.13).
pub(crate) fn intermediate(
    output: &mut BytesMut,
    id: u32,
    name: &str,
    write: impl FnOnce(&mut BytesMut),
) {
    const NAME: u8 = 0x80;
    const VALUE: u8 = 0x81;
    message(output, id, |output| {
        let opened = ber::open_large(output, INTERMEDIATE_RESPONSE);
        ber::put(output, NAME, name.as_bytes());
        let value = ber::open_large(output, VALUE);
        write(output);
        ber::close(output, value);
        ber::close(output, opened);
    });
}

/// Appends a response with the controls that `fill` puts beside it.
pub(crate) fn with_controls(
    output: &mut BytesMut,
    id: u32,
    operation: u8,
    outcome: &Outcome,
    fill: impl FnOnce(&mut ControlWriter<'_>),
) {
    message(output, id, |output| {
        body(output, operation, outcome, Extension::default());
        beside(output, fill);
    });
}

/// Appends the controls that `fill` puts, if it puts any, behind a message's operation.
pub(crate) fn beside(output: &mut BytesMut, fill: impl FnOnce(&mut ControlWriter<'_>)) {
    let controls = ber::open(output, CONTROLS);
    let empty = output.len();
    fill(&mut ControlWriter(output));
    if output.len() == empty {
        output.truncate(controls.start());
    } else {
        ber::close(output, controls);
    }
}

/// Writes the controls of one response (RFC 4511 section 4.1.11).
pub(crate) struct ControlWriter<'a>(&'a mut BytesMut);

impl ControlWriter<'_> {
    /// Writes a control whose value `write` writes.
    pub(crate) fn put(&mut self, oid: &str, write: impl FnOnce(&mut BytesMut)) {
        let control = ber::open(self.0, SEQUENCE);
        ber::put(self.0, OCTET_STRING, oid.as_bytes());
        let value = ber::open(self.0, OCTET_STRING);
        write(self.0);
        ber::close(self.0, value);
        ber::close(self.0, control);
    }
}

/// Appends a BindResponse with an empty challenge (RFC 4513 section 5.2.1.2).
pub(crate) fn challenge(output: &mut BytesMut, id: u32) {
    message(output, id, |output| {
        let opened = ber::open(output, BIND_RESPONSE);
        ber::put(
            output,
            ENUMERATED,
            ber::integer(ResultCode::SaslBindInProgress.number().into()).as_slice(),
        );
        for tag in [OCTET_STRING, OCTET_STRING, SERVER_SASL_CREDENTIALS] {
            ber::put(output, tag, b"");
        }
        ber::close(output, opened);
    });
}

/// Appends the Notice of Disconnection (RFC 4511 section 4.4.1).
pub(crate) fn disconnection(output: &mut BytesMut, code: ResultCode, message: &'static str) {
    let name = Some(NOTICE_OF_DISCONNECTION);
    extended(output, 0, &Outcome::new(code, message), Extension { name, value: None });
}

fn message(output: &mut BytesMut, id: u32, write: impl FnOnce(&mut BytesMut)) {
    let message = ber::open(output, SEQUENCE);
    ber::put(output, INTEGER, ber::integer(id).as_slice());
    write(output);
    ber::close(output, message);
}

fn body(output: &mut BytesMut, operation: u8, outcome: &Outcome, extension: Extension<'_>) {
    let opened = ber::open(output, operation);
    ber::put(output, ENUMERATED, ber::integer(outcome.code.number().into()).as_slice());
    ber::put(output, OCTET_STRING, outcome.matched.as_bytes());
    ber::put(output, OCTET_STRING, outcome.message.as_bytes());
    if let Some(name) = extension.name {
        ber::put(output, RESPONSE_NAME, name.as_bytes());
    }
    if let Some(value) = extension.value {
        ber::put(output, RESPONSE_VALUE, value);
    }
    ber::close(output, opened);
}
