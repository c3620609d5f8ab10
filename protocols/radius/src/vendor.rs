//! Vendor-Specific attributes, read tolerantly.

use crate::attribute::{AttributeType, Attributes};

/// One attribute of a vendor, borrowed from its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorAttribute<'a> {
    /// The vendor's private enterprise number.
    pub vendor: u32,
    /// The vendor's own number of the attribute's type.
    pub kind: u8,
    /// The value, at most 247 octets.
    pub value: &'a [u8],
}

/// All attributes of all vendors in a packet, in their order.
///
/// Follows the recommended layout of [RFC 2865, section 5.26]; what does not follow it is skipped,
/// up to the end of its Vendor-Specific attribute.
///
/// [RFC 2865, section 5.26]: https://www.rfc-editor.org/rfc/rfc2865#section-5.26
#[derive(Clone, Debug)]
pub struct VendorAttributes<'a> {
    outer: Attributes<'a>,
    vendor: u32,
    inner: Attributes<'a>,
}

impl<'a> VendorAttributes<'a> {
    pub(crate) const fn new(outer: Attributes<'a>) -> Self {
        Self { outer, vendor: 0, inner: Attributes::new(&[]) }
    }
}

impl<'a> Iterator for VendorAttributes<'a> {
    type Item = VendorAttribute<'a>;

    fn next(&mut self) -> Option<VendorAttribute<'a>> {
        loop {
            if let Some(found) = self.inner.next() {
                let (vendor, kind) = (self.vendor, found.kind.0);
                return Some(VendorAttribute { vendor, kind, value: found.value });
            }
            let outer = self.outer.find(|outer| outer.kind == AttributeType::VENDOR_SPECIFIC)?;
            if let Some((vendor, inner)) = outer.value.split_first_chunk() {
                self.vendor = u32::from_be_bytes(*vendor);
                self.inner = Attributes::new(inner);
            }
        }
    }
}
