//! Remote Authentication Dial In User Service.

mod section_3_packets;
mod section_4_4_access_challenge;
mod section_4_access;
mod section_5_2_user_password;
mod section_5_33_proxy_state;
mod section_5_3_chap_password;
