//! RADIUS, by RFC.

mod change_of_authorization;
mod eap_matrix;
mod flood;
mod ieee_802_1x;
mod issued_certificates;
mod mac_authentication;
mod peap;
mod pyrad;
mod reply_attributes;
mod resumption;
mod rfc2759;
mod rfc2865;
mod rfc2866;
mod rfc2868;
mod rfc3579;
mod rfc3748;
mod rfc5080;
mod rfc5176;
mod rfc5216;
mod rfc5280;
mod rfc5281;
mod rfc5997;
mod rfc6614;
mod rfc9190;
mod rfc9765;
mod rules;
