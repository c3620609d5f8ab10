//! A WLAN profile of Windows (Microsoft's schemas `WLAN_profile`, `OneX`, `EapHostConfig` and those of
//! the methods).

use std::io;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{ANONYMOUS, File, Network, Proof};

const WLAN: &str = "http://www.microsoft.com/networking/WLAN/profile/v1";
const ONE_X: &str = "http://www.microsoft.com/networking/OneX/v1";
const HOST: &str = "http://www.microsoft.com/provisioning/EapHostConfig";
const COMMON: &str = "http://www.microsoft.com/provisioning/EapCommon";
const BASE: &str = "http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1";
const TLS_1: &str = "http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1";
const TLS_2: &str = "http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2";
const PEAP_1: &str = "http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV1";
const PEAP_2: &str = "http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV2";
const MS_CHAP: &str = "http://www.microsoft.com/provisioning/MsChapV2ConnectionPropertiesV1";
const TTLS: &str = "http://www.microsoft.com/provisioning/EapTtlsConnectionPropertiesV1";

pub(super) fn file(network: &Network, proof: &Proof<'_>) -> File {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing into memory does not fail.
    let _written = write(&mut xml, network, proof);
    File {
        name: "wifi.xml",
        kind: "application/xml; charset=utf-8",
        text: String::from_utf8_lossy(&xml.into_inner()).into_owned() + "\n",
    }
}

type Xml = Writer<Vec<u8>>;
type Written = io::Result<()>;

fn write(xml: &mut Xml, network: &Network, proof: &Proof<'_>) -> Written {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", None, None)))?;
    within(xml, "WLANProfile", Some(WLAN), |xml| {
        text(xml, "name", &network.ssid)?;
        within(xml, "SSIDConfig", None, |xml| {
            within(xml, "SSID", None, |xml| {
                let hex: String =
                    network.ssid.bytes().map(|octet| format!("{octet:02X}")).collect();
                text(xml, "hex", &hex)?;
                text(xml, "name", &network.ssid)
            })?;
            text(xml, "nonBroadcast", if network.hidden { "true" } else { "false" })
        })?;
        text(xml, "connectionType", "ESS")?;
        text(xml, "connectionMode", "auto")?;
        within(xml, "MSM", None, |xml| {
            within(xml, "security", None, |xml| {
                within(xml, "authEncryption", None, |xml| {
                    let sort = if network.wpa3_only { "WPA3ENT" } else { "WPA2" };
                    text(xml, "authentication", sort)?;
                    text(xml, "encryption", "AES")?;
                    text(xml, "useOneX", "true")
                })?;
                within(xml, "OneX", Some(ONE_X), |xml| {
                    let machine = matches!(proof, Proof::Identity(identity) if identity.device);
                    text(xml, "authMode", if machine { "machine" } else { "user" })?;
                    within(xml, "EAPConfig", None, |xml| host(xml, network, proof))
                })
            })
        })
    })
}

fn host(xml: &mut Xml, network: &Network, proof: &Proof<'_>) -> Written {
    // TTLS is a method of Microsoft's own making, whose number as an author is 311.
    let (method, author) = match proof {
        Proof::Ttls(_) => ("21", "311"),
        Proof::Peap(_) => ("25", "0"),
        Proof::Certificate | Proof::Identity(_) => ("13", "0"),
    };
    within(xml, "EapHostConfig", Some(HOST), |xml| {
        within(xml, "EapMethod", None, |xml| {
            for (name, value) in
                [("Type", method), ("VendorId", "0"), ("VendorType", "0"), ("AuthorId", author)]
            {
                text_in(xml, name, COMMON, value)?;
            }
            Ok(())
        })?;
        within(xml, "Config", Some(HOST), |xml| match proof {
            Proof::Ttls(_) => ttls(xml, network),
            Proof::Peap(_) => peap(xml, network),
            Proof::Certificate | Proof::Identity(_) => tls(xml, network),
        })
    })
}

fn tls(xml: &mut Xml, network: &Network) -> Written {
    within(xml, "Eap", Some(BASE), |xml| {
        text(xml, "Type", "13")?;
        within(xml, "EapType", Some(TLS_1), |xml| {
            within(xml, "CredentialsSource", None, |xml| {
                within(xml, "CertificateStore", None, |xml| {
                    text(xml, "SimpleCertSelection", "true")
                })
            })?;
            validation(xml, network)?;
            text(xml, "DifferentUsername", "false")?;
            text_in(xml, "PerformServerValidation", TLS_2, "true")?;
            text_in(xml, "AcceptServerName", TLS_2, "true")
        })
    })
}

fn peap(xml: &mut Xml, network: &Network) -> Written {
    within(xml, "Eap", Some(BASE), |xml| {
        text(xml, "Type", "25")?;
        within(xml, "EapType", Some(PEAP_1), |xml| {
            validation(xml, network)?;
            text(xml, "FastReconnect", "true")?;
            text(xml, "InnerEapOptional", "false")?;
            within(xml, "Eap", Some(BASE), |xml| {
                text(xml, "Type", "26")?;
                within(xml, "EapType", Some(MS_CHAP), |xml| {
                    text(xml, "UseWinLogonCredentials", "false")
                })
            })?;
            text(xml, "EnableQuarantineChecks", "false")?;
            text(xml, "RequireCryptoBinding", "false")?;
            within(xml, "PeapExtensions", None, |xml| {
                text_in(xml, "PerformServerValidation", PEAP_2, "true")?;
                text_in(xml, "AcceptServerName", PEAP_2, "true")?;
                within(xml, "IdentityPrivacy", Some(PEAP_2), |xml| {
                    text(xml, "EnableIdentityPrivacy", "true")?;
                    text(xml, "AnonymousUserName", ANONYMOUS)
                })
            })
        })
    })
}

fn ttls(xml: &mut Xml, network: &Network) -> Written {
    within(xml, "EapTtls", Some(TTLS), |xml| {
        within(xml, "ServerValidation", None, |xml| {
            text(xml, "ServerNames", &network.names.join(";"))?;
            for authority in &network.authorities {
                text(xml, "TrustedRootCAHash", &thumbprint(authority))?;
            }
            text(xml, "DisablePrompt", "true")
        })?;
        within(xml, "Phase2Authentication", None, |xml| {
            xml.create_element("PAPAuthentication").write_empty()?;
            Ok(())
        })?;
        within(xml, "Phase1Identity", None, |xml| {
            text(xml, "IdentityPrivacy", "true")?;
            text(xml, "AnonymousIdentity", ANONYMOUS)
        })
    })
}

fn validation(xml: &mut Xml, network: &Network) -> Written {
    within(xml, "ServerValidation", None, |xml| {
        text(xml, "DisableUserPromptForServerValidation", "true")?;
        text(xml, "ServerNames", &network.names.join(";"))?;
        for authority in &network.authorities {
            text(xml, "TrustedRootCA", &thumbprint(authority))?;
        }
        Ok(())
    })
}

/// What Windows knows a certificate by.
fn thumbprint(certificate: &[u8]) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate);
    let octets: Vec<String> = digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    octets.join(" ")
}

fn within(
    xml: &mut Xml,
    name: &str,
    space: Option<&str>,
    inner: impl FnOnce(&mut Xml) -> Written,
) -> Written {
    let mut element = xml.create_element(name);
    if let Some(space) = space {
        element = element.with_attribute(("xmlns", space));
    }
    element.write_inner_content(inner)?;
    Ok(())
}

fn text(xml: &mut Xml, name: &str, value: &str) -> Written {
    xml.create_element(name).write_text_content(BytesText::new(value))?;
    Ok(())
}

fn text_in(xml: &mut Xml, name: &str, space: &str, value: &str) -> Written {
    let element = xml.create_element(name).with_attribute(("xmlns", space));
    element.write_text_content(BytesText::new(value))?;
    Ok(())
}
