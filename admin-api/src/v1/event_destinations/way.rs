//! How events get to a destination.

use directory::records::DeliveryWay;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// How events get to a destination.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventDestinationKind)]
pub(crate) enum Kind {
    /// As syslog messages (RFC 5424) over TLS (RFC 5425).
    Syslog,
    /// As lines of JSON in requests over HTTPS, signed.
    Webhook,
    /// As lines of JSON in files on the server's machine, one of each day or several, in the folder
    /// that its operator names.
    Files,
}

/// What takes syslog messages.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SyslogReceiver, example = json!({"host": "siem.example", "port": 6514}))]
pub(crate) struct Syslog {
    /// Its name or address.
    host: String,
    /// Its port.
    #[serde(default = "usual_port")]
    #[schema(default = 6514, minimum = 1)]
    port: u16,
    /// What messages travel in: TLS, unless the server's operator lets them go in clear.
    #[serde(default)]
    transport: Transport,
    /// The name in its certificate; the host's when null.
    #[serde(default)]
    #[schema(required = false)]
    server_name: Option<String>,
    /// The certificates of who may vouch for it, in PEM; whoever the server's machine believes when
    /// null.
    #[serde(default)]
    #[schema(required = false)]
    authorities: Option<String>,
}

/// What syslog messages travel in.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyslogTransport)]
pub(crate) enum Transport {
    /// TLS.
    #[default]
    Tls,
    /// TCP alone: whoever is on the way reads and changes them.
    Tcp,
}

/// What takes lines of JSON over HTTPS.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookReceiver, example = json!({"url": "https://siem.example/events"}))]
pub(crate) struct Webhook {
    /// Its address. What stands behind the host, where a token may be, is shown to those alone who have
    /// `manage_configuration`, and told in no event: others see `https://siem.example/…`.
    #[schema(max_length = 2048)]
    url: String,
    /// The certificates of who may vouch for it, in PEM; whoever the server's machine believes when
    /// null.
    #[serde(default)]
    #[schema(required = false)]
    authorities: Option<String>,
}

const fn usual_port() -> u16 {
    6514
}

/// What is shown of a way.
pub(super) fn shown(way: DeliveryWay) -> (Kind, Option<Syslog>, Option<Webhook>) {
    match way {
        DeliveryWay::Syslog { host, port, in_clear, server_name, authorities } => {
            let transport = if in_clear { Transport::Tcp } else { Transport::Tls };
            let syslog = Syslog { host, port, transport, server_name, authorities };
            (Kind::Syslog, Some(syslog), None)
        }
        DeliveryWay::Webhook { url, authorities } => {
            (Kind::Webhook, None, Some(Webhook { url, authorities }))
        }
        DeliveryWay::Files => (Kind::Files, None, None),
    }
}

/// The way of a new destination.
pub(super) fn chosen(
    kind: Kind,
    syslog: Option<Syslog>,
    webhook: Option<Webhook>,
) -> Result<DeliveryWay, Problem> {
    let surplus = |pointer: &str| Problem::invalid(pointer, "is of another kind of destination");
    match (kind, syslog, webhook) {
        (Kind::Syslog, Some(syslog), None) => Ok(syslog.into()),
        (Kind::Webhook, None, Some(webhook)) => Ok(webhook.into()),
        (Kind::Files, None, None) => Ok(DeliveryWay::Files),
        (Kind::Syslog, None, _) => Err(Problem::invalid("/syslog", "must say where to")),
        (Kind::Webhook, _, None) => Err(Problem::invalid("/webhook", "must say where to")),
        (Kind::Syslog | Kind::Files, _, Some(_)) => Err(surplus("/webhook")),
        (Kind::Webhook | Kind::Files, Some(_), _) => Err(surplus("/syslog")),
    }
}

impl From<Syslog> for DeliveryWay {
    fn from(syslog: Syslog) -> Self {
        let Syslog { host, port, transport, server_name, authorities } = syslog;
        let in_clear = transport == Transport::Tcp;
        Self::Syslog { host, port, in_clear, server_name, authorities }
    }
}

impl From<Webhook> for DeliveryWay {
    fn from(Webhook { url, authorities }: Webhook) -> Self {
        Self::Webhook { url, authorities }
    }
}
