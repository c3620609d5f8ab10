//! Files with which devices join the organization's wireless network.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use directory::access::View;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::body::Params;
use crate::caller::Within;
use crate::problem::Problem;
use crate::wifi::{Air, File, Format, Network, Proof};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_wifi_profile))
}

/// Who reads a file.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WifiFormat {
    /// Apple's systems: a configuration profile (`.mobileconfig`).
    Mobileconfig,
    /// Windows: a WLAN profile, for `netsh wlan add profile filename=wifi.xml`. The authority's
    /// certificate has to be among the trusted roots, and a PKCS#12 file is taken apart from it.
    Windows,
    /// NetworkManager: a connection, for `/etc/NetworkManager/system-connections`.
    NetworkManager,
    /// wpa_supplicant: a network of its configuration.
    WpaSupplicant,
}

/// How people prove themselves.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WifiMethod {
    /// By their passwords within EAP-TTLS (PAP), which needs no other setting.
    Ttls,
    /// By their passwords within PEAP (EAP-MSCHAPv2), where the organization keeps what that needs.
    Peap,
    /// By certificates that devices have already; for Windows alone. Files with a certificate come
    /// from where one is issued.
    Tls,
}

/// Which file.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WifiQuery {
    /// Who reads it.
    format: WifiFormat,
    /// The name of the wireless network.
    #[param(example = "Acme")]
    ssid: String,
    /// How people prove themselves.
    #[param(inline)]
    method: WifiMethod,
    /// Whether the network does not tell its name.
    hidden: Option<bool>,
    /// Whether the network is WPA3-Enterprise alone. Windows has to be told (from Windows 11 on); files of
    /// the other formats join either.
    wpa3_only: Option<bool>,
    /// The login of whose file it is; asked for on the device when absent.
    identity: Option<String>,
}

/// A file that is to bring a certificate onto a device, with the network that it is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"format": "mobileconfig", "ssid": "Acme"}))]
pub(crate) struct WifiWish {
    /// Who reads it.
    format: WifiFormat,
    /// The name of the wireless network.
    ssid: String,
    /// Whether the network does not tell its name.
    #[serde(default)]
    hidden: bool,
    /// Whether the network is WPA3-Enterprise alone. Windows has to be told (from Windows 11 on); files of
    /// the other formats join either.
    #[serde(default)]
    wpa3_only: bool,
}

/// A file with which a device joins the network by its certificate.
#[derive(Serialize, ToSchema)]
pub(crate) struct WifiProfile {
    /// What it may be called.
    name: &'static str,
    /// Its media type.
    media_type: &'static str,
    /// What stands in it. The key does too, except in Windows's.
    content: String,
}

/// Makes a file with which devices join the organization's wireless network (WPA2-Enterprise or
/// WPA3-Enterprise, not its mode of 192 bits).
///
/// It names the authority and the names of the server by the organization's server certificate, so
/// that no password is given to another network of the same name. No secret stands in it.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/wifi-profile",
    tag = "Wi-Fi",
    params(WifiQuery),
    responses(
        (
            status = 200,
            description = "The file, of the format's media type.",
            content(
                (String = "application/x-apple-aspen-config"),
                (String = "application/xml"),
                (String = "text/plain")
            )
        ),
        (
            status = 409,
            description = "No such file can be made of what the organization has; `detail` says what is missing.",
            body = Problem,
            content_type = "application/problem+json"
        )
    ),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_wifi_profile(
    within: Within<View>,
    Params(query): Params<WifiQuery>,
) -> Result<Response, Problem> {
    let WifiQuery { format, ssid, method, hidden, wpa3_only, identity } = query;
    let (hidden, wpa3_only) = (hidden.unwrap_or(false), wpa3_only.unwrap_or(false));
    let wish = WifiWish { format, ssid, hidden, wpa3_only };
    let (format, network) = wish.network(&within)?;
    if identity.as_ref().is_some_and(|login| login.chars().any(char::is_control)) {
        return Err(Problem::invalid("/identity", "must not contain control characters"));
    }
    let login = identity.as_deref();
    let file = network.file(
        format,
        &match method {
            WifiMethod::Ttls => Proof::Ttls(login),
            WifiMethod::Peap => Proof::Peap(login),
            WifiMethod::Tls => Proof::Certificate,
        },
    )?;
    let named = format!("attachment; filename=\"{}\"", file.name);
    let named = HeaderValue::try_from(named).map_err(|error| Problem::internal(&error))?;
    let kind = HeaderValue::from_static(file.kind);
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, named)], file.text).into_response())
}

impl WifiWish {
    /// The network of the organization, with how its server is known.
    pub(crate) fn network<P>(self, within: &Within<P>) -> Result<(Format, Network), Problem> {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(within.organization)?;
        let name = grant.own_organization()?.fields.name;
        let trust = grant.network_trust()?;
        let air = Air { ssid: self.ssid, hidden: self.hidden, wpa3_only: self.wpa3_only };
        let network = Network::new(air, name, trust.authorities, trust.names)?;
        Ok((self.format.into(), network))
    }
}

impl From<WifiFormat> for Format {
    fn from(format: WifiFormat) -> Self {
        match format {
            WifiFormat::Mobileconfig => Self::Mobileconfig,
            WifiFormat::Windows => Self::Windows,
            WifiFormat::NetworkManager => Self::NetworkManager,
            WifiFormat::WpaSupplicant => Self::WpaSupplicant,
        }
    }
}

impl From<File> for WifiProfile {
    fn from(file: File) -> Self {
        Self { name: file.name, media_type: file.kind, content: file.text }
    }
}
