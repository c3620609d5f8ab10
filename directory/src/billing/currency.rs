//! Currencies (ISO 4217): which there are, and how many digits their smallest unit has.

/// Those whose smallest unit has two digits.
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD \
CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL \
HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR \
MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD \
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR \
ZMW ZWG";
/// Those that have no smaller unit.
const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Those whose smallest unit has three digits.
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

/// Whether there is such a currency.
pub(crate) fn is_currency(code: &str) -> bool {
    [TWO, NONE, THREE].iter().any(|list| has(list, code))
}

/// How many digits the smallest unit of a currency has: amounts are counted in it.
pub fn minor_digits(code: &str) -> u8 {
    if has(NONE, code) {
        0
    } else if has(THREE, code) {
        3
    } else {
        2
    }
}

fn has(list: &str, code: &str) -> bool {
    list.split(' ').any(|known| known == code)
}
